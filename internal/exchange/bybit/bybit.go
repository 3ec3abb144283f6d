// Package bybit reads an account at Bybit: executions, deposits, withdrawals,
// conversions and the history of the funding account, and the log of the
// unified account, which proves its balances. Bybit answers for two years.
package bybit

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
)

const (
	name = "bybit"
	host = "api.bybit.com"

	rightsPath  = "/v5/user/query-api"
	balancePath = "/v5/account/wallet-balance"
	symbolPath  = "/v5/market/instruments-info"
	timePath    = "/v5/market/time"

	recvWindow = "5000"
	day        = 24 * time.Hour
	reach      = 729 * day
)

// epoch is before the first account at Bybit.
var epoch = time.Date(2018, 3, 1, 0, 0, 0, 0, time.UTC)

// stream is a list that is asked for by windows of time and a cursor.
type stream struct {
	exchange.Stream
	path  string
	query url.Values
	list  string // the member of the result
	days  int    // the widest window
	back  time.Duration
	shape exchange.Shape
}

// streams lists all of them.
func streams() []stream {
	of := func(name string, kind exchange.StreamKind, path string, s stream) stream {
		s.Stream = exchange.Stream{Name: name, Kind: kind, Endpoint: "GET " + path, Reach: reach, Optional: s.Optional}
		s.path, s.shape.Stream, s.shape.Endpoint = path, name, "GET "+path
		if s.shape.Unit == "" {
			s.shape.Unit = exchange.Milli
		}
		return s
	}
	return []stream{
		of("log", exchange.Base, "/v5/account/transaction-log", stream{list: "list", days: 7, query: url.Values{"limit": {"50"}}, shape: exchange.Shape{
			ID: []string{"id", "currency", "transactionTime", "type"}, Time: "transactionTime", Words: []string{"currency", "type"}, Signed: []string{"change"}, Maybe: []string{"cashBalance", "fee"},
		}}),
		of("executions", exchange.Trades, "/v5/execution/list", stream{list: "list", days: 7, query: url.Values{"limit": {"100"}, "category": {"spot"}}, shape: exchange.Shape{
			ID: []string{"execId"}, Time: "execTime", Words: []string{"symbol", "side", "execId"}, Amounts: []string{"execQty", "execPrice"}, Maybe: []string{"execFee", "execValue"},
		}}),
		of("deposits", exchange.Deposits, "/v5/asset/deposit/query-record", stream{list: "rows", days: 30, back: 14 * day, query: url.Values{"limit": {"50"}}, shape: exchange.Shape{
			ID: []string{"txID", "txIndex", "coin", "status"}, Time: "successAt", Words: []string{"coin", "status"}, Amounts: []string{"amount"}, Maybe: []string{"depositFee"},
		}}),
		of("withdrawals", exchange.Withdrawals, "/v5/asset/withdraw/query-record", stream{list: "rows", days: 30, back: 14 * day, query: url.Values{"limit": {"50"}, "withdrawType": {"2"}}, shape: exchange.Shape{
			ID: []string{"withdrawId", "status"}, Time: "createTime", Words: []string{"coin", "status"}, Amounts: []string{"amount"}, Maybe: []string{"withdrawFee"},
		}}),
		of("funding", exchange.Rewards, "/v5/asset/fundinghistory", stream{list: "list", days: 7, query: url.Values{"limit": {"50"}}, shape: exchange.Shape{
			ID: []string{"createTime", "currency", "ioDirection", "afterAmt"}, Time: "createTime", Unit: exchange.Second, Words: []string{"currency", "ioDirection"}, Amounts: []string{"txnAmt"}, Maybe: []string{"afterAmt"},
		}, Stream: exchange.Stream{Optional: true}}),
	}
}

const convertStream, convertPath = "converts", "/v5/asset/exchange/query-convert-history"

// Exchange describes Bybit.
func Exchange() exchange.Exchange {
	x := exchange.Exchange{
		Name: name, Title: "Bybit", Venue: "Bybit",
		Form: exchange.Form{Key: "API key", Secret: "API secret", Rights: "Read-Only. Without an address list such a key ends after three months."},
		Absent: []exchange.Absent{
			{Kind: exchange.Fiat, What: "Money from banks and cards, peer-to-peer orders", Instead: "Fiat order history (CSV), as Ledgersys CSV"},
			{Kind: exchange.Trades, What: "What is older than two years", Instead: "Account statement (CSV), as Ledgersys CSV"},
			{Kind: exchange.Other, What: "Derivatives, loans, card", Instead: "Account statement (CSV), as Ledgersys CSV"},
		},
		Limits: []exchange.Limit{{Bucket: "ip", Weight: 600, Per: 5 * time.Second}, {Bucket: "key", Weight: 10, Per: time.Second, ByKey: true}},
		Judge:  Judge, Open: open, Events: Events, Step: step, Partial: true,
	}
	add := func(path string, query ...string) {
		x.Passes = append(x.Passes, egress.Pass{Method: http.MethodGet, Host: host, Path: path, Query: query})
	}
	add(timePath)
	add(rightsPath)
	add(balancePath, "accountType")
	add(symbolPath, "category", "symbol")
	for _, s := range streams() {
		x.Streams = append(x.Streams, s.Stream)
		add(s.path, "limit", "category", "withdrawType", "startTime", "endTime", "cursor")
	}
	x.Streams = append(x.Streams, exchange.Stream{Name: convertStream, Kind: exchange.Conversions, Endpoint: "GET " + convertPath, Optional: true})
	add(convertPath, "index", "limit")
	return x
}

type client struct {
	wire  *exchange.Wire
	pairs map[string]pair
}

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key and secret are needed")}
	}
	b := &client{pairs: make(map[string]pair)}
	b.wire = &exchange.Wire{Exchange: name, Config: c, Faults: faults, Clock: b.serverTime}
	return b, nil
}

// get makes a signed call and returns the members of its result.
func (b *client) get(ctx context.Context, path string, query url.Values) (exchange.Fields, error) {
	body, err := b.wire.Send(ctx, exchange.Call{
		Endpoint: "GET " + path, Cost: []exchange.Cost{{Bucket: "key", Weight: 1}, {Bucket: "ip", Weight: 1}},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			text := query.Encode()
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+path+"?"+text, nil)
			if err != nil {
				return nil, err
			}
			at, key := strconv.FormatInt(now.UnixMilli(), 10), b.wire.Config.Key.ID
			r.Header.Set("X-BAPI-API-KEY", key)
			r.Header.Set("X-BAPI-TIMESTAMP", at)
			r.Header.Set("X-BAPI-RECV-WINDOW", recvWindow)
			r.Header.Set("X-BAPI-SIGN", sign(b.wire.Config.Key.Secret.Reveal(), at+key+recvWindow+text))
			return r, nil
		},
	})
	if err != nil {
		return nil, err
	}
	f := exchange.Object(body)
	if f.IsNull("result") {
		return nil, b.wire.Malform("GET "+path, errors.New("result is missing"))
	}
	return f.Inner("result"), nil
}

// sign is HMAC-SHA256 over time, key, window and query.
func sign(secret []byte, text string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func (b *client) serverTime(ctx context.Context) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+timePath, nil)
	if err != nil {
		return time.Time{}, err
	}
	a, err := b.wire.Ask(r)
	if err != nil {
		return time.Time{}, err
	}
	at, ok := exchange.ParseTime(exchange.Object(a.Body).Text("time"), exchange.Milli)
	if !ok {
		return time.Time{}, errors.New("no time")
	}
	return at, nil
}

var troubles = map[string]exchange.Trouble{
	"10002": exchange.ClockSkew, "10003": exchange.KeyRejected, "10004": exchange.KeyRejected, "10005": exchange.NoPermission, "10006": exchange.RateLimited,
	"10007": exchange.KeyRejected, "10009": exchange.Banned, "10010": exchange.KeyRejected, "10016": exchange.Upstream, "10018": exchange.RateLimited, "10024": exchange.Forbidden,
	"10000": exchange.Upstream, "33004": exchange.KeyRejected, "10019": exchange.Maintenance,
}

// faults reads the code that every answer has.
func faults(a *exchange.Answer) *exchange.Fault {
	code := exchange.Object(a.Body).Text("retCode")
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

// Judge reads the answer of query-api: readOnly must be 1, and no word may be
// about withdrawing. With it the words about trading mean that orders may be
// read.
func Judge(status int, body []byte) exchange.Rights {
	f := exchange.Object(body)
	result := f.Inner("result")
	if status != http.StatusOK || exchange.CheckJSON(body) != nil || f.Text("retCode") != "0" || result.IsNull("readOnly") || result.IsNull("permissions") {
		return exchange.NoVerdict()
	}
	var words map[string][]string
	if json.Unmarshal(result["permissions"], &words) != nil {
		return exchange.NoVerdict()
	}
	r := exchange.Rights{IPTold: true}
	if readOnly := string(result["readOnly"]); readOnly != "1" {
		r.TooMuch = append(r.TooMuch, "read and write")
	}
	for group, list := range words {
		for _, word := range list {
			r.Found = append(r.Found, group+": "+word)
			if strings.Contains(strings.ToLower(word), "withdraw") {
				r.TooMuch = append(r.TooMuch, group+": "+word)
			}
		}
	}
	var ips []string
	if json.Unmarshal(result["ips"], &ips) == nil && len(ips) > 0 && !slices.Contains(ips, "*") {
		r.IPs, r.IPBound = ips, true
	}
	if at, ok := exchange.ParseTime(result.Text("expiredAt"), exchange.RFC); ok && at.Year() > 2000 {
		r.Expires = at
	}
	if main, ok := result.Bool("isMaster"); ok && !main {
		r.Warnings = append(r.Warnings, "The key sees one sub-account only. Link each sub-account by a key of its own.")
	}
	return r.Decide()
}

// Probe implements exchange.Client.
func (b *client) Probe(ctx context.Context) (exchange.Rights, error) {
	result, err := b.get(ctx, rightsPath, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	body, err := json.Marshal(map[string]any{"retCode": 0, "result": result})
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return Judge(http.StatusOK, body), nil
}

// Balances implements exchange.Client: the unified account.
func (b *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	result, err := b.get(ctx, balancePath, url.Values{"accountType": {"UNIFIED"}})
	if err != nil {
		return nil, err
	}
	accounts, err := result.List("list")
	if err != nil {
		return nil, b.wire.Malform("GET "+balancePath, err)
	}
	var out []exchange.Balance
	for _, raw := range accounts {
		coins, err := exchange.Object(raw).List("coin")
		if err != nil {
			return nil, b.wire.Malform("GET "+balancePath, err)
		}
		for _, raw := range coins {
			f := exchange.Object(raw)
			a, err := exchange.ParseAmount(f.Text("walletBalance"))
			if err != nil || f.Text("coin") == "" {
				return nil, b.wire.Malform("GET "+balancePath, errors.New("a balance that is no number, or without a coin"))
			}
			out = append(out, exchange.Balance{Wallet: "unified", Asset: f.Text("coin"), Amount: a})
		}
	}
	return out, nil
}

// pair is what is traded for what.
type pair struct {
	Base  string `json:"base"`
	Quote string `json:"quote"`
}

// pairOf asks what a symbol stands for; none if it is gone.
func (b *client) pairOf(ctx context.Context, symbol string) (pair, error) {
	if p, ok := b.pairs[symbol]; ok {
		return p, nil
	}
	result, err := b.get(ctx, symbolPath, url.Values{"category": {"spot"}, "symbol": {symbol}})
	if err != nil && !exchange.Is(err, exchange.NotOffered, exchange.BadRequest) {
		return pair{}, err
	}
	var p pair
	if list, err := result.List("list"); err == nil && len(list) == 1 {
		f := exchange.Object(list[0])
		p = pair{f.Text("baseCoin"), f.Text("quoteCoin")}
	}
	b.pairs[symbol] = p
	return p, nil
}
