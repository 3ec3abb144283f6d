// Package gemini reads an account at Gemini: trades, transfers and what staking
// paid. Gemini has no ledger that its interface for programs offers.
package gemini

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
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
	name = "gemini"
	host = "api.gemini.com"

	rolesPath     = "/v1/roles"
	balancesPath  = "/v1/balances"
	tradesPath    = "/v1/mytrades"
	transfersPath = "/v1/transfers"
	stakingPath   = "/v1/staking/history"
	symbolPath    = "/v1/symbols/details/"

	tradeStream    = "trades"
	transferStream = "transfers"
	stakingStream  = "staking"
)

// epoch is before the first account at Gemini.
var epoch = time.Date(2015, 10, 1, 0, 0, 0, 0, time.UTC)

// Exchange describes Gemini.
func Exchange() exchange.Exchange {
	post := func(path string) egress.Pass {
		return egress.Pass{Method: http.MethodPost, Host: host, Path: path}
	}
	return exchange.Exchange{
		Name: name, Title: "Gemini", Venue: "Gemini",
		Passes: []egress.Pass{
			post(rolesPath), post(balancesPath), post(tradesPath), post(transfersPath), post(stakingPath),
			{Method: http.MethodGet, Host: host, Path: symbolPath + "{}"},
		},
		Form: exchange.Form{Key: "API key", Secret: "API secret", Rights: "The role Auditor only."},
		Streams: []exchange.Stream{
			{Name: transferStream, Kind: exchange.Deposits, Endpoint: "POST " + transfersPath},
			{Name: tradeStream, Kind: exchange.Trades, Endpoint: "POST " + tradesPath},
			{Name: stakingStream, Kind: exchange.Rewards, Endpoint: "POST " + stakingPath, Optional: true},
		},
		Absent: []exchange.Absent{
			{Kind: exchange.Base, What: "One ledger of all changes", Instead: "Transaction history (XLSX), as Ledgersys CSV"},
			{Kind: exchange.Withdrawals, What: "Withdrawals", Within: transferStream},
			{Kind: exchange.Fiat, What: "Money from banks and to them", Within: transferStream},
			{Kind: exchange.Conversions, What: "Conversions are trades", Within: tradeStream},
			{Kind: exchange.Other, What: "Earn and credit card rewards", Instead: "Transaction history (XLSX), as Ledgersys CSV"},
		},
		Limits: []exchange.Limit{{Bucket: "private", Weight: 600, Per: time.Minute}, {Bucket: "public", Weight: 120, Per: time.Minute}},
		Judge:  Judge, Open: open, Events: Events,
	}
}

type client struct {
	wire  *exchange.Wire
	nonce int64
	pairs map[string]pair
}

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key and secret are needed")}
	}
	return &client{wire: &exchange.Wire{Exchange: name, Config: c, Faults: faults}, pairs: make(map[string]pair)}, nil
}

// post makes a call: everything stands in a signed header, the body is empty.
func (g *client) post(ctx context.Context, path string, members map[string]any) ([]byte, error) {
	return g.wire.Send(ctx, exchange.Call{
		Endpoint: "POST " + path, Cost: []exchange.Cost{{Bucket: "private", Weight: 1}},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			g.nonce = max(g.nonce+1, now.UnixMilli())
			all := map[string]any{"request": path, "nonce": strconv.FormatInt(g.nonce, 10)}
			for k, v := range members {
				all[k] = v
			}
			text, err := json.Marshal(all)
			if err != nil {
				return nil, err
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+host+path, http.NoBody)
			if err != nil {
				return nil, err
			}
			payload := base64.StdEncoding.EncodeToString(text)
			r.Header.Set("Content-Type", "text/plain")
			r.Header.Set("Cache-Control", "no-cache")
			r.Header.Set("X-GEMINI-APIKEY", g.wire.Config.Key.ID)
			r.Header.Set("X-GEMINI-PAYLOAD", payload)
			r.Header.Set("X-GEMINI-SIGNATURE", sign(g.wire.Config.Key.Secret.Reveal(), payload))
			return r, nil
		},
	})
}

// sign is HMAC-SHA384 over the base64 of the payload.
func sign(secret []byte, payload string) string {
	mac := hmac.New(sha512.New384, secret)
	mac.Write([]byte(payload))
	return hex.EncodeToString(mac.Sum(nil))
}

var troubles = map[string]exchange.Trouble{
	"InvalidSignature": exchange.KeyRejected, "InvalidApiKey": exchange.KeyRejected, "MissingApikeyHeader": exchange.KeyRejected, "InvalidNonce": exchange.ClockSkew,
	"InvalidTimestampInPayload": exchange.ClockSkew, "MissingRole": exchange.NoPermission, "RateLimit": exchange.RateLimited, "Maintenance": exchange.Maintenance,
	"System": exchange.Upstream, "EndpointNotFound": exchange.NotOffered, "InvalidJson": exchange.BadRequest,
}

func faults(a *exchange.Answer) *exchange.Fault {
	f := exchange.Object(a.Body)
	if f.Text("result") != "error" {
		return nil
	}
	code := f.Text("reason")
	if t, ok := troubles[code]; ok {
		return &exchange.Fault{Trouble: t, Code: code}
	}
	if a.Status < 300 {
		return &exchange.Fault{Trouble: exchange.BadRequest, Code: code}
	}
	return nil
}

// Judge reads the answer of roles: an auditor, and nothing else.
func Judge(status int, body []byte) exchange.Rights {
	if status != http.StatusOK || exchange.CheckJSON(body) != nil {
		return exchange.NoVerdict()
	}
	f := exchange.Object(body)
	if _, ok := f.Bool("isAuditor"); !ok {
		return exchange.NoVerdict()
	}
	var r exchange.Rights
	for member := range f {
		on, flag := f.Bool(member)
		switch {
		case flag && on:
			r.Found = append(r.Found, member)
			if member != "isAuditor" {
				r.TooMuch = append(r.TooMuch, member)
			}
		case !flag && strings.HasPrefix(member, "is"), len(f[member]) > 0 && (f[member][0] == '{' || f[member][0] == '['):
			r.TooMuch = append(r.TooMuch, member)
		}
	}
	if on, _ := f.Bool("isAuditor"); !on {
		r.Missing = append(r.Missing, "isAuditor")
	}
	return r.Decide()
}

// Probe implements exchange.Client.
func (g *client) Probe(ctx context.Context) (exchange.Rights, error) {
	body, err := g.post(ctx, rolesPath, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return Judge(http.StatusOK, body), nil
}

// Balances implements exchange.Client.
func (g *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	body, err := g.post(ctx, balancesPath, nil)
	if err != nil {
		return nil, err
	}
	list, err := exchange.ParseList(body)
	if err != nil {
		return nil, g.wire.Malform("POST "+balancesPath, err)
	}
	var out []exchange.Balance
	for _, raw := range list {
		f := exchange.Object(raw)
		a, err := exchange.ParseAmount(f.Text("amount"))
		if err != nil || f.Text("currency") == "" {
			return nil, g.wire.Malform("POST "+balancesPath, errors.New("a balance that is no number, or without a currency"))
		}
		out = append(out, exchange.Balance{Wallet: f.Text("type"), Asset: f.Text("currency"), Amount: a})
	}
	return out, nil
}

// pair is what is traded for what.
type pair struct {
	Base  string `json:"base"`
	Quote string `json:"quote"`
}

// pairOf asks what a symbol stands for.
func (g *client) pairOf(ctx context.Context, symbol string) (pair, error) {
	if p, ok := g.pairs[symbol]; ok {
		return p, nil
	}
	path := symbolPath + strings.ToLower(symbol)
	body, err := g.wire.Send(ctx, exchange.Call{
		Endpoint: "GET " + symbolPath + "{}", Cost: []exchange.Cost{{Bucket: "public", Weight: 1}},
		Build: func(ctx context.Context, _ time.Time) (*http.Request, error) {
			return http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+path, nil)
		},
	})
	if err != nil && !exchange.Is(err, exchange.NotOffered, exchange.BadRequest) {
		return pair{}, err
	}
	f := exchange.Object(body)
	p := pair{f.Text("base_currency"), f.Text("quote_currency")}
	if p.Base == "" || p.Quote == "" {
		p = pair{} // the symbol is gone: the trade is held
	}
	g.pairs[symbol] = p
	return p, nil
}
