// Package kraken reads an account at Kraken: its ledger, which is the base,
// its trades, and what is known of deposits and withdrawals beside it.
//
// The ledger of the API and the file ledgers.csv say the same in the same
// words and with the same ids, so both are read by pkg/statement/kraken and
// make the same events. Trades, deposits and withdrawals are fetched to prove
// that nothing is missing and to name transactions on the chain; they make no
// event of their own where the ledger tells them.
package kraken

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
)

const (
	name = "kraken"
	host = "api.kraken.com"
)

// The streams.
const (
	ledgerStream     = "ledger"
	tradeStream      = "trades"
	depositStream    = "deposits"
	withdrawalStream = "withdrawals"
)

// Exchange describes Kraken.
func Exchange() exchange.Exchange {
	return exchange.Exchange{
		Name: name, Title: "Kraken", Venue: "Kraken",
		Passes: []egress.Pass{
			{Method: http.MethodGet, Host: host, Path: "/0/public/Time"},
			private("GetApiKeyInfo"), private("BalanceEx"), private("Ledgers"), private("TradesHistory"),
			private("DepositStatus"), private("WithdrawStatus"),
		},
		Form: exchange.Form{
			Key: "API key", Secret: "Private key",
			Rights: "Query Funds, Query closed orders and trades, Query ledger entries. Nothing else.",
		},
		Streams: []exchange.Stream{
			{Name: ledgerStream, Kind: exchange.Base, Endpoint: endpoint("Ledgers")},
			{Name: tradeStream, Kind: exchange.Trades, Endpoint: endpoint("TradesHistory"), Optional: true},
			{Name: depositStream, Kind: exchange.Deposits, Endpoint: endpoint("DepositStatus"), Optional: true},
			{Name: withdrawalStream, Kind: exchange.Withdrawals, Endpoint: endpoint("WithdrawStatus"), Optional: true},
		},
		Absent: []exchange.Absent{
			{Kind: exchange.Conversions, What: "Conversions and small balances swept together", Within: ledgerStream},
			{Kind: exchange.Rewards, What: "Staking, earn, airdrops and dividends", Within: ledgerStream},
			{Kind: exchange.Fiat, What: "Deposits and withdrawals of money", Within: ledgerStream},
			{Kind: exchange.Other, What: "Kraken Futures", Instead: "account log of Kraken Futures, as Ledgersys CSV"},
		},
		// 15 of a counter that falls by one in three seconds, for the lowest tier.
		Limits: []exchange.Limit{{Bucket: "counter", Weight: 15, Per: 45 * time.Second, ByKey: true}},
		Judge:  Judge, Open: open, Events: Events, Step: step,
	}
}

func endpoint(method string) string { return "POST /0/private/" + method }

func private(method string) egress.Pass {
	return egress.Pass{Method: http.MethodPost, Host: host, Path: "/0/private/" + method}
}

// client is one connection. Nonces rise within it.
type client struct {
	wire   *exchange.Wire
	secret []byte // decoded
	nonce  int64
}

func open(c exchange.Config) (exchange.Client, error) {
	secret, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(c.Key.Secret.Reveal())))
	if err != nil || len(secret) == 0 || c.Key.ID == "" {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("the private key is not base64")}
	}
	k := &client{secret: secret}
	k.wire = &exchange.Wire{Exchange: name, Config: c, Faults: faults}
	return k, nil
}

// call makes a private call and returns the members of its result.
func (k *client) call(ctx context.Context, method string, cost int, form url.Values) (json.RawMessage, error) {
	body, err := k.wire.Send(ctx, exchange.Call{
		Endpoint: endpoint(method),
		Cost:     []exchange.Cost{{Bucket: "counter", Weight: cost}},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			return k.request(ctx, now, method, form)
		},
	})
	if err != nil {
		return nil, err
	}
	f, err := exchange.ParseFields(body)
	if err != nil || f.IsNull("result") {
		return nil, k.wire.Malform(endpoint(method), errors.New("no result"))
	}
	return f["result"], nil
}

// request signs a form. The nonce is the time in microseconds, or one more
// than the last if the clock stood still.
func (k *client) request(ctx context.Context, now time.Time, method string, form url.Values) (*http.Request, error) {
	k.nonce = max(k.nonce+1, now.UnixMicro())
	nonce := strconv.FormatInt(k.nonce, 10)
	body := "nonce=" + nonce
	if rest := form.Encode(); rest != "" {
		body += "&" + rest
	}
	path := "/0/private/" + method
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("API-Key", k.wire.Config.Key.ID)
	r.Header.Set("API-Sign", sign(k.secret, path, nonce, body))
	return r, nil
}

// sign is HMAC-SHA512 over the path and SHA-256 of nonce and form.
func sign(secret []byte, path, nonce, body string) string {
	inner := sha256.Sum256([]byte(nonce + body))
	mac := hmac.New(sha512.New, secret)
	mac.Write([]byte(path))
	mac.Write(inner[:])
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// troubles are the codes of Kraken, by how they begin.
var troubles = []struct {
	code    string
	trouble exchange.Trouble
}{
	{"EAPI:Rate limit", exchange.RateLimited},
	{"EGeneral:Temporary lockout", exchange.RateLimited},
	{"EService:Throttled", exchange.RateLimited},
	{"EGeneral:Too many requests", exchange.RateLimited},
	{"EAPI:Invalid key", exchange.KeyRejected},
	{"EAPI:Invalid signature", exchange.KeyRejected},
	{"EAPI:Feature disabled", exchange.NoPermission},
	{"EAPI:Invalid nonce", exchange.ClockSkew},
	{"EAPI:Bad request", exchange.BadRequest},
	{"EGeneral:Permission denied", exchange.NoPermission},
	{"EAuth:", exchange.KeyRejected},
	{"EAccount:Invalid permissions", exchange.NoPermission},
	{"EService:Unavailable", exchange.Maintenance},
	{"EService:Busy", exchange.Maintenance},
	{"EService:", exchange.Upstream},
	{"EGeneral:Internal error", exchange.Upstream},
	{"EGeneral:Unknown method", exchange.NotOffered},
	{"EAPI:Unknown method", exchange.NotOffered},
}

// lockout is how long Kraken closes an account that asked too often.
const lockout = 15 * time.Minute

// faults reads the list of errors that stands in every answer, of any status.
func faults(a *exchange.Answer) *exchange.Fault {
	code := firstError(a.Body)
	if code == "" {
		return nil
	}
	f := &exchange.Fault{Trouble: exchange.BadRequest, Code: code}
	for _, t := range troubles {
		if strings.HasPrefix(code, t.code) {
			f.Trouble = t.trouble
			break
		}
	}
	if strings.HasPrefix(code, "EGeneral:Temporary lockout") {
		f.RetryAfter = lockout
	}
	return f
}

// firstError returns the first error of an answer; those that begin with W are
// warnings.
func firstError(body []byte) string {
	var in struct {
		Error []string `json:"error"`
	}
	if json.Unmarshal(body, &in) != nil {
		return ""
	}
	for _, e := range in.Error {
		if !strings.HasPrefix(e, "W") {
			return e
		}
	}
	return ""
}
