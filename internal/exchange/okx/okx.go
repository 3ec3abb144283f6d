// Package okx reads an account at OKX: fills, deposits, withdrawals and
// conversions, and the bills of the trading and the funding account, which
// prove the balances. OKX answers for three months only.
package okx

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
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
	name = "okx"
	host = "www.okx.com"

	rightsPath  = "/api/v5/account/config"
	balancePath = "/api/v5/account/balance"
	fundingPath = "/api/v5/asset/balances"
	savingsPath = "/api/v5/finance/savings/balance"
	timePath    = "/api/v5/public/time"

	pageRows = 100 // the most of every list

	day   = 24 * time.Hour
	reach = 90 * day
)

// epoch is before the first account at OKX.
var epoch = time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)

// stream is a list with the member that its pages are asked for behind.
type stream struct {
	exchange.Stream
	path  string
	query url.Values
	shape exchange.Shape
	back  time.Duration
	// after is the member that the next page is asked for behind: an id, or the
	// time, which leaves its own millisecond out.
	after string
}

// streams lists all of them.
func streams() []stream {
	of := func(name string, kind exchange.StreamKind, path string) stream {
		s := stream{Stream: exchange.Stream{Name: name, Kind: kind, Endpoint: "GET " + path, Reach: reach}, path: path, query: url.Values{"limit": {strconv.Itoa(pageRows)}}, after: "billId"}
		s.shape = exchange.Shape{Stream: name, Endpoint: s.Endpoint, ID: []string{"billId"}, Time: "ts", Unit: exchange.Milli}
		return s
	}
	fills := of("fills", exchange.Trades, "/api/v5/trade/fills-history")
	fills.query.Set("instType", "SPOT")
	fills.shape.Words, fills.shape.Amounts, fills.shape.Signed = []string{"instId", "side", "billId"}, []string{"fillSz", "fillPx"}, []string{"fee"}
	bills := of("bills", exchange.Base, "/api/v5/account/bills-archive")
	funding := of("funding-bills", exchange.Rewards, "/api/v5/asset/bills")
	for _, s := range []*stream{&bills, &funding} {
		s.shape.Words, s.shape.Signed, s.shape.Maybe = []string{"billId", "ccy", "type"}, []string{"balChg"}, []string{"bal"}
	}
	bills.shape.Maybe = append(bills.shape.Maybe, "fee")
	deposits := of("deposits", exchange.Deposits, "/api/v5/asset/deposit-history")
	deposits.shape.ID, deposits.shape.Words, deposits.shape.Amounts = []string{"depId", "state"}, []string{"ccy", "state"}, []string{"amt"}
	withdrawals := of("withdrawals", exchange.Withdrawals, "/api/v5/asset/withdrawal-history")
	withdrawals.shape.ID, withdrawals.shape.Words, withdrawals.shape.Amounts = []string{"wdId", "state"}, []string{"ccy", "state"}, []string{"amt"}
	withdrawals.shape.Maybe = []string{"fee"}
	for _, s := range []*stream{&deposits, &withdrawals} {
		s.after, s.back, s.Reach = "ts", 14*day, 0
	}
	converts := of("converts", exchange.Conversions, "/api/v5/asset/convert/history")
	converts.shape.ID, converts.shape.Words, converts.shape.Amounts = []string{"tradeId", "state"}, []string{"instId", "side", "state"}, []string{"fillBaseSz", "fillQuoteSz"}
	converts.after, converts.Reach, converts.Optional = "ts", 0, true
	return []stream{bills, fills, deposits, withdrawals, converts, funding}
}

// Exchange describes OKX.
func Exchange() exchange.Exchange {
	x := exchange.Exchange{
		Name: name, Title: "OKX", Venue: "OKX",
		Form: exchange.Form{Key: "API key", Secret: "Secret key", Passphrase: "Passphrase", Rights: "Read only."},
		Absent: []exchange.Absent{
			{Kind: exchange.Fiat, What: "Money from banks and to them", Instead: "Funding account history (CSV), as Ledgersys CSV"},
			{Kind: exchange.Trades, What: "What is older than three months", Instead: "Trading history (CSV), as Ledgersys CSV"},
			{Kind: exchange.Other, What: "Margin, futures, options, on-chain earn", Instead: "Trading history (CSV), as Ledgersys CSV"},
		},
		Judge: Judge, Open: open, Events: Events, Step: step, Partial: true,
	}
	add := func(path string, query ...string) {
		x.Passes = append(x.Passes, egress.Pass{Method: http.MethodGet, Host: host, Path: path, Query: query})
		x.Limits = append(x.Limits, exchange.Limit{Bucket: path, Weight: 5, Per: 2 * time.Second, ByKey: true})
	}
	for _, path := range []string{timePath, rightsPath, balancePath, fundingPath, savingsPath} {
		add(path)
	}
	for _, s := range streams() {
		x.Streams = append(x.Streams, s.Stream)
		add(s.path, "limit", "after", "instType")
	}
	return x
}

type client struct{ wire *exchange.Wire }

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() || c.Key.Passphrase.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key, secret and passphrase are needed")}
	}
	o := &client{}
	o.wire = &exchange.Wire{Exchange: name, Config: c, Faults: faults, Clock: o.serverTime}
	return o, nil
}

// get makes a signed call and returns the list that every answer has.
func (o *client) get(ctx context.Context, path string, query url.Values) ([]json.RawMessage, error) {
	body, err := o.wire.Send(ctx, exchange.Call{
		Endpoint: "GET " + path, Cost: []exchange.Cost{{Bucket: path, Weight: 1}},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			full := path
			if len(query) > 0 {
				full += "?" + query.Encode()
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+full, nil)
			if err != nil {
				return nil, err
			}
			at := now.UTC().Format("2006-01-02T15:04:05.000Z")
			r.Header.Set("OK-ACCESS-KEY", o.wire.Config.Key.ID)
			r.Header.Set("OK-ACCESS-SIGN", sign(o.wire.Config.Key.Secret.Reveal(), at+http.MethodGet+full))
			r.Header.Set("OK-ACCESS-TIMESTAMP", at)
			r.Header.Set("OK-ACCESS-PASSPHRASE", string(o.wire.Config.Key.Passphrase.Reveal()))
			return r, nil
		},
	})
	if err != nil {
		return nil, err
	}
	list, err := exchange.Object(body).List("data")
	if err != nil {
		return nil, o.wire.Malform("GET "+path, err)
	}
	return list, nil
}

// sign is HMAC-SHA256 over time, method, path with query and body.
func sign(secret []byte, text string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (o *client) serverTime(ctx context.Context) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+timePath, nil)
	if err != nil {
		return time.Time{}, err
	}
	a, err := o.wire.Ask(r)
	if err != nil {
		return time.Time{}, err
	}
	list, err := exchange.Object(a.Body).List("data")
	if err != nil || len(list) == 0 {
		return time.Time{}, errors.New("no time")
	}
	at, ok := exchange.ParseTime(exchange.Object(list[0]).Text("ts"), exchange.Milli)
	if !ok {
		return time.Time{}, errors.New("no time")
	}
	return at, nil
}

var troubles = map[string]exchange.Trouble{
	"50001": exchange.Maintenance, "50004": exchange.Upstream, "50011": exchange.RateLimited, "50013": exchange.Upstream, "50026": exchange.Upstream, "50040": exchange.RateLimited,
	"50061": exchange.RateLimited, "50100": exchange.KeyRejected, "50101": exchange.KeyRejected, "50102": exchange.ClockSkew, "50103": exchange.KeyRejected, "50104": exchange.KeyRejected,
	"50105": exchange.KeyRejected, "50106": exchange.KeyRejected, "50107": exchange.ClockSkew, "50110": exchange.KeyRejected, "50111": exchange.KeyRejected, "50112": exchange.ClockSkew,
	"50113": exchange.KeyRejected, "50114": exchange.KeyRejected, "50119": exchange.KeyRejected, "50120": exchange.NoPermission, "50030": exchange.NoPermission,
}

// faults reads the code that every answer has.
func faults(a *exchange.Answer) *exchange.Fault {
	code := exchange.Object(a.Body).Text("code")
	if code == "" || code == "0" {
		return nil
	}
	if t, ok := troubles[code]; ok {
		return &exchange.Fault{Trouble: t, Code: code}
	}
	if a.Status < 300 {
		return &exchange.Fault{Trouble: exchange.BadRequest, Code: code}
	}
	return nil
}

// Judge reads the answer of config: the list of rights must be read_only alone.
func Judge(status int, body []byte) exchange.Rights {
	f := exchange.Object(body)
	list, err := f.List("data")
	if status != http.StatusOK || exchange.CheckJSON(body) != nil || f.Text("code") != "0" || err != nil || len(list) != 1 {
		return exchange.NoVerdict()
	}
	data := exchange.Object(list[0])
	perm := data.Text("perm")
	if perm == "" {
		return exchange.NoVerdict()
	}
	r := exchange.Rights{IPTold: true}
	for _, word := range strings.Split(perm, ",") {
		r.Found = append(r.Found, word)
		if word != "read_only" {
			r.TooMuch = append(r.TooMuch, word)
		}
	}
	for _, ip := range strings.Split(data.Text("ip"), ",") {
		if ip != "" {
			r.IPs, r.IPBound = append(r.IPs, ip), true
		}
	}
	if main := data.Text("mainUid"); main != "" && main != data.Text("uid") {
		r.Warnings = append(r.Warnings, "The key sees one sub-account only. Link each sub-account by a key of its own.")
	}
	return r.Decide()
}

// Probe implements exchange.Client.
func (o *client) Probe(ctx context.Context) (exchange.Rights, error) {
	list, err := o.get(ctx, rightsPath, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	body, err := json.Marshal(map[string]any{"code": "0", "data": list})
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return Judge(http.StatusOK, body), nil
}

// Balances implements exchange.Client: trading, funding and savings.
func (o *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	trading, err := o.get(ctx, balancePath, nil)
	if err != nil {
		return nil, err
	}
	var details []json.RawMessage
	for _, raw := range trading {
		list, err := exchange.Object(raw).List("details")
		if err != nil {
			return nil, o.wire.Malform("GET "+balancePath, err)
		}
		details = append(details, list...)
	}
	var out []exchange.Balance
	add := func(list []json.RawMessage, wallet, member string) error {
		for _, raw := range list {
			f := exchange.Object(raw)
			a, err := exchange.ParseAmount(f.Text(member))
			if err != nil || f.Text("ccy") == "" {
				return o.wire.Malform("GET "+wallet, errors.New("a balance that is no number, or without a currency"))
			}
			out = append(out, exchange.Balance{Wallet: wallet, Asset: f.Text("ccy"), Amount: a})
		}
		return nil
	}
	if err := add(details, "trading", "cashBal"); err != nil {
		return nil, err
	}
	for wallet, at := range map[string][2]string{"funding": {fundingPath, "bal"}, "savings": {savingsPath, "amt"}} {
		list, err := o.get(ctx, at[0], nil)
		if exchange.Is(err, exchange.NotOffered, exchange.NoPermission) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if err := add(list, wallet, at[1]); err != nil {
			return nil, err
		}
	}
	return out, nil
}
