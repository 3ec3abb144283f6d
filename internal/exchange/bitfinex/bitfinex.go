// Package bitfinex reads an account at Bitfinex: its ledger, its trades and its
// movements. The ledger has every change of a balance but tells what it was in
// words only; so trades and movements tell what they are about, and the ledger
// the rest.
package bitfinex

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
)

const (
	name = "bitfinex"
	host = "api.bitfinex.com"

	rightsPath    = "v2/auth/r/permissions"
	walletsPath   = "v2/auth/r/wallets"
	ledgersPath   = "v2/auth/r/ledgers/hist"
	tradesPath    = "v2/auth/r/trades/hist"
	movementsPath = "v2/auth/r/movements/hist"

	ledgerStream   = "ledger"
	tradeStream    = "trades"
	movementStream = "movements"
)

// epoch is before the first account at Bitfinex.
var epoch = time.Date(2012, 10, 1, 0, 0, 0, 0, time.UTC)

// Exchange describes Bitfinex.
func Exchange() exchange.Exchange {
	x := exchange.Exchange{
		Name: name, Title: "Bitfinex", Venue: "Bitfinex",
		Form: exchange.Form{Key: "API key", Secret: "API key secret", Rights: "Account info, Account history and Wallets: Get only. Nothing in the column Write."},
		Streams: []exchange.Stream{
			{Name: ledgerStream, Kind: exchange.Base, Endpoint: "POST /" + ledgersPath},
			{Name: tradeStream, Kind: exchange.Trades, Endpoint: "POST /" + tradesPath},
			{Name: movementStream, Kind: exchange.Deposits, Endpoint: "POST /" + movementsPath},
		},
		Absent: []exchange.Absent{
			{Kind: exchange.Withdrawals, What: "Withdrawals", Within: movementStream},
			{Kind: exchange.Fiat, What: "Money from banks and to them", Within: movementStream},
			{Kind: exchange.Conversions, What: "Conversions are trades", Within: tradeStream},
			{Kind: exchange.Rewards, What: "Lending, staking and rebates", Within: ledgerStream},
			{Kind: exchange.Other, What: "Margin positions and derivatives", Instead: "Ledgers (CSV), as Ledgersys CSV"},
		},
		Judge: Judge, Open: open, Events: Events, Step: step,
	}
	for _, path := range []string{rightsPath, walletsPath, ledgersPath, tradesPath, movementsPath} {
		x.Passes = append(x.Passes, egress.Pass{Method: http.MethodPost, Host: host, Path: "/" + path})
		x.Limits = append(x.Limits, exchange.Limit{Bucket: path, Weight: 45, Per: time.Minute})
	}
	return x
}

type client struct {
	wire  *exchange.Wire
	nonce int64
}

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key and secret are needed")}
	}
	return &client{wire: &exchange.Wire{Exchange: name, Config: c, Faults: faults}}, nil
}

// post makes a signed call with a body of JSON.
func (b *client) post(ctx context.Context, path string, members map[string]any) ([]byte, error) {
	return b.wire.Send(ctx, exchange.Call{
		Endpoint: "POST /" + path, Cost: []exchange.Cost{{Bucket: path, Weight: 1}},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			if members == nil {
				members = map[string]any{}
			}
			body, err := json.Marshal(members)
			if err != nil {
				return nil, err
			}
			b.nonce = max(b.nonce+1, now.UnixMicro())
			nonce := strconv.FormatInt(b.nonce, 10)
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+"/"+path, strings.NewReader(string(body)))
			if err != nil {
				return nil, err
			}
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("bfx-nonce", nonce)
			r.Header.Set("bfx-apikey", b.wire.Config.Key.ID)
			r.Header.Set("bfx-signature", sign(b.wire.Config.Key.Secret.Reveal(), "/api/"+path+nonce+string(body)))
			return r, nil
		},
	})
}

// sign is HMAC-SHA384 over path, nonce and body.
func sign(secret []byte, text string) string {
	mac := hmac.New(sha512.New384, secret)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// faults reads errors, which are lists too: the word error, a number, a text.
func faults(a *exchange.Answer) *exchange.Fault {
	if f := exchange.Object(a.Body); strings.Contains(f.Text("error"), "ERR_RATE_LIMIT") {
		return &exchange.Fault{Trouble: exchange.RateLimited, Code: "ERR_RATE_LIMIT", RetryAfter: max(a.RetryAfter, time.Minute)}
	}
	f, _ := exchange.ParseFields(a.Body) // what cannot be parsed has no words
	if f.Text("0") != "error" {
		return nil
	}
	text := strings.ToLower(f.Text("2"))
	out := &exchange.Fault{Code: f.Text("1"), Trouble: exchange.BadRequest}
	switch {
	case strings.Contains(text, "ratelimit"), strings.Contains(text, "rate limit"), out.Code == "11010":
		out.Trouble, out.RetryAfter = exchange.RateLimited, max(a.RetryAfter, time.Minute)
	case strings.Contains(text, "nonce"):
		out.Trouble = exchange.ClockSkew
	case strings.Contains(text, "digest"), strings.Contains(text, "apikey: invalid"), out.Code == "10100":
		out.Trouble = exchange.KeyRejected
	case strings.Contains(text, "permission"), strings.Contains(text, "not allowed"), strings.Contains(text, "action: disabled"):
		out.Trouble = exchange.NoPermission
	case out.Code == "20060", strings.Contains(text, "maintenance"):
		out.Trouble = exchange.Maintenance
	case a.Status >= 500:
		out.Trouble = exchange.Upstream
	}
	return out
}

// Judge reads the answer of permissions: rows of scope, may read, may write. No
// scope may write, known or not.
func Judge(status int, body []byte) exchange.Rights {
	if status != http.StatusOK || exchange.CheckJSON(body) != nil {
		return exchange.NoVerdict()
	}
	list, err := exchange.ParseList(body)
	if err != nil || len(list) == 0 {
		return exchange.NoVerdict()
	}
	var r exchange.Rights
	reads := make(map[string]bool)
	for _, raw := range list {
		row, err := exchange.ParseList(raw)
		if err != nil || len(row) < 3 {
			return exchange.NoVerdict()
		}
		f, err := exchange.ParseFields(raw)
		if err != nil {
			return exchange.NoVerdict()
		}
		scope := f.Text("0")
		if f.Text("1") == "1" {
			reads[scope] = true
			r.Found = append(r.Found, scope+" read")
		}
		if write := f.Text("2"); write != "0" {
			r.Found = append(r.Found, scope+" write")
			r.TooMuch = append(r.TooMuch, scope+" write")
		}
		if len(row) > 3 { // a fourth right nobody knows
			for i := 3; i < len(row); i++ {
				if text := f.Text(strconv.Itoa(i)); text != "" && text != "0" {
					r.TooMuch = append(r.TooMuch, scope+" "+exchange.Unknown)
				}
			}
		}
	}
	for _, need := range []string{"history", "wallets"} {
		if !reads[need] {
			r.Missing = append(r.Missing, need+" read")
		}
	}
	return r.Decide()
}

// Probe implements exchange.Client.
func (b *client) Probe(ctx context.Context) (exchange.Rights, error) {
	body, err := b.post(ctx, rightsPath, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return Judge(http.StatusOK, body), nil
}

// Balances implements exchange.Client.
func (b *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	body, err := b.post(ctx, walletsPath, nil)
	if err != nil {
		return nil, err
	}
	list, err := exchange.ParseList(body)
	if err != nil {
		return nil, b.wire.Malform("POST /"+walletsPath, err)
	}
	var out []exchange.Balance
	for _, raw := range list {
		f, err := exchange.ParseFields(raw)
		if err != nil {
			return nil, b.wire.Malform("POST /"+walletsPath, err)
		}
		a, err := exchange.ParseAmount(f.Text("2"))
		if err != nil || f.Text("1") == "" {
			return nil, b.wire.Malform("POST /"+walletsPath, errors.New("a balance that is no number, or without a currency"))
		}
		out = append(out, exchange.Balance{Wallet: f.Text("0"), Asset: asset(f.Text("1")), Amount: a})
	}
	return out, nil
}

// asset returns the ticker for a code of Bitfinex.
func asset(code string) string {
	if ticker, ok := tickers[code]; ok {
		return ticker
	}
	return code
}

// tickers are the codes of Bitfinex that others write in another way.
var tickers = map[string]string{
	"UST": "USDT", "EUT": "EURT", "UDC": "USDC", "ALG": "ALGO", "DSH": "DASH", "IOT": "IOTA", "QTM": "QTUM", "ATO": "ATOM",
}
