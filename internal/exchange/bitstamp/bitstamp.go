// Package bitstamp reads an account at Bitstamp: its user transactions, which
// the newer statement files hold too, with the same ids. Both are read by
// pkg/statement/bitstamp. A list of transactions on the chains adds their
// hashes.
//
// Bitstamp tells nobody what a key may do: the person's own statement is
// recorded.
package bitstamp

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
)

const (
	name = "bitstamp"
	host = "www.bitstamp.net"

	balancesPath = "/api/v2/account_balances/"
	historyPath  = "/api/v2/user_transactions/"
	chainPath    = "/api/v2/crypto-transactions/"

	historyStream    = "transactions"
	depositStream    = "crypto-deposits"
	withdrawalStream = "crypto-withdrawals"
)

// epoch is before the first account at Bitstamp.
var epoch = time.Date(2011, 8, 1, 0, 0, 0, 0, time.UTC)

// Exchange describes Bitstamp.
func Exchange() exchange.Exchange {
	post := func(path string) egress.Pass {
		return egress.Pass{Method: http.MethodPost, Host: host, Path: path}
	}
	within := func(kind exchange.StreamKind, what string) exchange.Absent {
		return exchange.Absent{Kind: kind, What: what, Within: historyStream}
	}
	return exchange.Exchange{
		Name: name, Title: "Bitstamp", Venue: "Bitstamp", Silent: true,
		Passes: []egress.Pass{post(balancesPath), post(historyPath), post(chainPath)},
		Form: exchange.Form{
			Key: "API key", Secret: "API secret",
			Rights: "Account balance and User transactions only. Bitstamp does not tell us what a key may do: you have to state it.",
		},
		Streams: []exchange.Stream{
			{Name: historyStream, Kind: exchange.Base, Endpoint: "POST " + historyPath},
			{Name: depositStream, Kind: exchange.Deposits, Endpoint: "POST " + chainPath, Optional: true},
			{Name: withdrawalStream, Kind: exchange.Withdrawals, Endpoint: "POST " + chainPath, Optional: true},
		},
		Absent: []exchange.Absent{
			within(exchange.Trades, "Trades"), within(exchange.Rewards, "Staking and referral rewards"), within(exchange.Fiat, "Money from banks and to them"),
			{Kind: exchange.Conversions, What: "Conversions are trades", Within: historyStream},
			{Kind: exchange.Other, What: "Other sub-accounts: a key sees one of them", Instead: "a key of each, or Transactions (CSV)"},
		},
		Limits: []exchange.Limit{{Bucket: "calls", Weight: 10000, Per: 10 * time.Minute}},
		Judge:  func(int, []byte) exchange.Rights { return exchange.NoVerdict() },
		Open:   open, Events: Events,
	}
}

type client struct{ wire *exchange.Wire }

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key and secret are needed")}
	}
	return &client{&exchange.Wire{Exchange: name, Config: c, Faults: faults}}, nil
}

const formType = "application/x-www-form-urlencoded"

func (b *client) post(ctx context.Context, path string, form url.Values) ([]byte, error) {
	return b.wire.Send(ctx, exchange.Call{
		Endpoint: "POST " + path, Cost: []exchange.Cost{{Bucket: "calls", Weight: 1}},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			body := form.Encode()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+path, strings.NewReader(body))
			if err != nil {
				return nil, err
			}
			nonce, err := uuid()
			if err != nil {
				return nil, err
			}
			s := signing{
				key: b.wire.Config.Key.ID, method: http.MethodPost, host: host, path: path, nonce: nonce,
				timestamp: strconv.FormatInt(now.UnixMilli(), 10), body: body,
			}
			if body != "" { // a type without a body is refused
				s.contentType = formType
				r.Header.Set("Content-Type", formType)
			}
			r.Header.Set("X-Auth", "BITSTAMP "+s.key)
			r.Header.Set("X-Auth-Signature", s.sign(b.wire.Config.Key.Secret.Reveal()))
			r.Header.Set("X-Auth-Nonce", s.nonce)
			r.Header.Set("X-Auth-Timestamp", s.timestamp)
			r.Header.Set("X-Auth-Version", "v2")
			return r, nil
		},
	})
}

// signing is what a signature is about.
type signing struct {
	key, method, host, path, query, contentType, nonce, timestamp, body string
}

func (s signing) text() string {
	return "BITSTAMP " + s.key + s.method + s.host + s.path + s.query + s.contentType + s.nonce + s.timestamp + "v2" + s.body
}

func (s signing) sign(secret []byte) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(s.text()))
	return hex.EncodeToString(mac.Sum(nil))
}

// uuid makes a random id of version 4.
func uuid() (string, error) {
	var b [16]byte
	if _, err := rand.Read(b[:]); err != nil {
		return "", err
	}
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]), nil
}

var troubles = map[string]exchange.Trouble{
	"API0001": exchange.KeyRejected, "API0002": exchange.KeyRejected, "API0003": exchange.NoPermission, "API0004": exchange.ClockSkew, "API0005": exchange.KeyRejected,
	"API0006": exchange.KeyRejected, "API0008": exchange.KeyRejected, "API0009": exchange.KeyRejected, "API0010": exchange.KeyRejected, "API0011": exchange.KeyRejected,
	"API0012": exchange.BadRequest, "API0013": exchange.ClockSkew, "API0017": exchange.ClockSkew, "API0019": exchange.NoPermission,
	"API5001": exchange.Upstream, "API5002": exchange.RateLimited,
}

// faults reads the code of an error.
func faults(a *exchange.Answer) *exchange.Fault {
	f := exchange.Object(a.Body)
	code := f.Text("code")
	if code == "" {
		code = f.Text("response_code")
	}
	if t, ok := troubles[code]; ok {
		return &exchange.Fault{Trouble: t, Code: code}
	}
	if a.Status < 300 && f.Text("status") == "error" {
		return &exchange.Fault{Trouble: exchange.BadRequest, Code: code}
	}
	return nil
}

// Probe implements exchange.Client: it can only see that the key reads.
func (b *client) Probe(ctx context.Context) (exchange.Rights, error) {
	_, err := b.Balances(ctx)
	return exchange.NoVerdict(), err
}

// Balances implements exchange.Client. The call answers with a list; its
// predecessor answered with one object of all currencies.
func (b *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	body, err := b.post(ctx, balancesPath, nil)
	if err != nil {
		return nil, err
	}
	var out []exchange.Balance
	add := func(currency, text string) error {
		a, err := exchange.ParseAmount(text)
		if err != nil || currency == "" {
			return errors.New("a balance that is no number, or without a currency")
		}
		out = append(out, exchange.Balance{Asset: strings.ToUpper(currency), Amount: a})
		return nil
	}
	if list, err := exchange.ParseList(body); err == nil {
		for _, raw := range list {
			f := exchange.Object(raw)
			if err := add(f.Text("currency"), f.Text("total")); err != nil {
				return nil, b.wire.Malform("POST "+balancesPath, err)
			}
		}
		return out, nil
	}
	members, err := exchange.ParseMembers(json.RawMessage(body))
	if err != nil {
		return nil, b.wire.Malform("POST "+balancesPath, err)
	}
	for _, m := range members {
		if currency, ok := strings.CutSuffix(m.Name, "_balance"); ok {
			if err := add(currency, exchange.Object(body).Text(m.Name)); err != nil {
				return nil, b.wire.Malform("POST "+balancesPath, err)
			}
		}
	}
	return out, nil
}
