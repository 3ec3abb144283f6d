// Package kucoin reads an account at KuCoin: fills, deposits and withdrawals.
// Its ledger answers for a single day at a time, so that a history of years
// would take thousands of calls for what the other lists tell already; what only
// the ledger tells is not offered.
package kucoin

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
	"github.com/ledgersys/ledgersys/pkg/statement"
)

const (
	name = "kucoin"
	host = "api.kucoin.com"

	rightsPath      = "/api/v1/user/api-key"
	accountsPath    = "/api/v1/accounts"
	fillsPath       = "/api/v1/fills"
	depositsPath    = "/api/v1/deposits"
	withdrawalsPath = "/api/v1/withdrawals"
	timePath        = "/api/v1/timestamp"

	fillStream       = "fills"
	depositStream    = "deposits"
	withdrawalStream = "withdrawals"

	day = 24 * time.Hour
)

// epoch is where the present lists begin: older records stand in lists of their
// own, of which the files are the better source.
var epoch = time.Date(2019, 2, 18, 0, 0, 0, 0, time.UTC)

// Exchange describes KuCoin.
func Exchange() exchange.Exchange {
	const ledger, trades = "Account history (CSV), as Ledgersys CSV", "Trade history (CSV), as Ledgersys CSV"
	x := exchange.Exchange{
		Name: name, Title: "KuCoin", Venue: "KuCoin",
		Form: exchange.Form{Key: "API key", Secret: "API secret", Passphrase: "API passphrase", Rights: "General only."},
		Streams: []exchange.Stream{
			{Name: fillStream, Kind: exchange.Trades, Endpoint: "GET " + fillsPath},
			{Name: depositStream, Kind: exchange.Deposits, Endpoint: "GET " + depositsPath},
			{Name: withdrawalStream, Kind: exchange.Withdrawals, Endpoint: "GET " + withdrawalsPath},
		},
		Absent: []exchange.Absent{
			{Kind: exchange.Base, What: "The ledger: it answers for single days only", Instead: ledger},
			{Kind: exchange.Trades, What: "Fills of the high-frequency account and before 18 February 2019", Instead: trades},
			{Kind: exchange.Conversions, What: "Conversions and small balances", Instead: ledger},
			{Kind: exchange.Rewards, What: "Earn, staking, bonuses", Instead: ledger},
			{Kind: exchange.Fiat, What: "Purchases by card and peer-to-peer orders", Instead: ledger},
			{Kind: exchange.Other, What: "Margin, futures, lending, trading bots", Instead: ledger},
		},
		Limits: []exchange.Limit{{Bucket: "spot", Weight: 4000, Per: 30 * time.Second, ByKey: true}, {Bucket: "management", Weight: 2000, Per: 30 * time.Second, ByKey: true}},
		Judge:  Judge, Open: open, Events: Events,
	}
	add := func(path string, query ...string) {
		x.Passes = append(x.Passes, egress.Pass{Method: http.MethodGet, Host: host, Path: path, Query: query})
	}
	add(timePath)
	add(rightsPath)
	add(accountsPath)
	for _, path := range []string{fillsPath, depositsPath, withdrawalsPath} {
		add(path, "startAt", "endAt", "currentPage", "pageSize", "tradeType")
	}
	return x
}

type client struct{ wire *exchange.Wire }

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() || c.Key.Passphrase.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key, secret and passphrase are needed")}
	}
	k := &client{}
	k.wire = &exchange.Wire{Exchange: name, Config: c, Faults: faults, Clock: k.serverTime}
	return k, nil
}

// get makes a signed call and returns the data of its answer.
func (k *client) get(ctx context.Context, path string, query url.Values) (json.RawMessage, error) {
	cost := exchange.Cost{Bucket: "management", Weight: 20}
	if path == fillsPath {
		cost = exchange.Cost{Bucket: "spot", Weight: 10}
	}
	body, err := k.wire.Send(ctx, exchange.Call{
		Endpoint: "GET " + path, Cost: []exchange.Cost{cost},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			full := path
			if len(query) > 0 {
				full += "?" + query.Encode()
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+full, nil)
			if err != nil {
				return nil, err
			}
			at, secret := strconv.FormatInt(now.UnixMilli(), 10), k.wire.Config.Key.Secret.Reveal()
			r.Header.Set("KC-API-KEY", k.wire.Config.Key.ID)
			r.Header.Set("KC-API-SIGN", sign(secret, at+http.MethodGet+full))
			r.Header.Set("KC-API-TIMESTAMP", at)
			r.Header.Set("KC-API-PASSPHRASE", sign(secret, string(k.wire.Config.Key.Passphrase.Reveal())))
			r.Header.Set("KC-API-KEY-VERSION", "2")
			return r, nil
		},
	})
	if err != nil {
		return nil, err
	}
	f := exchange.Object(body)
	if f.IsNull("data") {
		return nil, k.wire.Malform("GET "+path, errors.New("data is missing"))
	}
	return f["data"], nil
}

// sign is HMAC-SHA256 over time, method, path with query and body; the
// passphrase is signed in the same way.
func sign(secret []byte, text string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (k *client) serverTime(ctx context.Context) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+timePath, nil)
	if err != nil {
		return time.Time{}, err
	}
	a, err := k.wire.Ask(r)
	if err != nil {
		return time.Time{}, err
	}
	at, ok := exchange.ParseTime(exchange.Object(a.Body).Text("data"), exchange.Milli)
	if !ok {
		return time.Time{}, errors.New("no time")
	}
	return at, nil
}

var troubles = map[string]exchange.Trouble{
	"400001": exchange.KeyRejected, "400002": exchange.ClockSkew, "400003": exchange.KeyRejected, "400004": exchange.KeyRejected, "400005": exchange.KeyRejected, "400006": exchange.Forbidden,
	"400007": exchange.NoPermission, "411100": exchange.KeyRejected, "429000": exchange.RateLimited, "200002": exchange.RateLimited, "200004": exchange.BadRequest, "404000": exchange.NotOffered,
	"500000": exchange.Upstream, "230003": exchange.BadRequest, "400302": exchange.Forbidden,
}

// faults reads the code that every answer has.
func faults(a *exchange.Answer) *exchange.Fault {
	code := exchange.Object(a.Body).Text("code")
	if code == "" || code == "200000" {
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

// Judge reads the answer about the key: the list of rights must be General
// alone.
func Judge(status int, body []byte) exchange.Rights {
	f := exchange.Object(body)
	data := f.Inner("data")
	raw, ok := data["permission"]
	if status != http.StatusOK || exchange.CheckJSON(body) != nil || f.Text("code") != "200000" || !ok || len(raw) == 0 || raw[0] != '"' {
		return exchange.NoVerdict()
	}
	r := exchange.Rights{IPTold: true}
	for _, word := range strings.Split(data.Text("permission"), ",") {
		switch word {
		case "":
			r.Missing = append(r.Missing, "General")
		case "General":
			r.Found = append(r.Found, word)
		default:
			r.Found, r.TooMuch = append(r.Found, word), append(r.TooMuch, word)
		}
	}
	for _, ip := range strings.Split(data.Text("ipWhitelist"), ",") {
		if ip != "" {
			r.IPs, r.IPBound = append(r.IPs, ip), true
		}
	}
	if main, ok := data.Bool("isMaster"); ok && !main {
		r.Warnings = append(r.Warnings, "The key sees one sub-account only. Link each sub-account by a key of its own.")
	}
	return r.Decide()
}

// Probe implements exchange.Client.
func (k *client) Probe(ctx context.Context) (exchange.Rights, error) {
	data, err := k.get(ctx, rightsPath, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	body, err := json.Marshal(map[string]any{"code": "200000", "data": data})
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return Judge(http.StatusOK, body), nil
}

// Balances implements exchange.Client.
func (k *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	data, err := k.get(ctx, accountsPath, nil)
	if err != nil {
		return nil, err
	}
	list, err := exchange.ParseList(data)
	if err != nil {
		return nil, k.wire.Malform("GET "+accountsPath, err)
	}
	var out []exchange.Balance
	for _, raw := range list {
		f := exchange.Object(raw)
		a, err := exchange.ParseAmount(f.Text("balance"))
		if err != nil || f.Text("currency") == "" {
			return nil, k.wire.Malform("GET "+accountsPath, errors.New("a balance that is no number, or without a currency"))
		}
		out = append(out, exchange.Balance{Wallet: f.Text("type"), Asset: f.Text("currency"), Amount: a})
	}
	return out, nil
}

var (
	fillShape = exchange.Shape{
		Stream: fillStream, Endpoint: "GET " + fillsPath, ID: []string{"symbol", "tradeId", "orderId"}, Time: "createdAt", Unit: exchange.Milli,
		Words: []string{"symbol", "side", "tradeId"}, Amounts: []string{"size", "funds"}, Maybe: []string{"fee", "price"},
	}
	depositShape = exchange.Shape{
		Stream: depositStream, Endpoint: "GET " + depositsPath, ID: []string{"createdAt", "currency", "walletTxId", "address", "status"}, Time: "createdAt", Unit: exchange.Milli,
		Words: []string{"currency", "status"}, Amounts: []string{"amount"}, Maybe: []string{"fee"},
	}
	withdrawalShape = exchange.Shape{
		Stream: withdrawalStream, Endpoint: "GET " + withdrawalsPath, ID: []string{"id", "status"}, Time: "createdAt", Unit: exchange.Milli,
		Words: []string{"id", "currency", "status"}, Amounts: []string{"amount"}, Maybe: []string{"fee"},
	}
)

// Page implements exchange.Client.
func (k *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	path, shape := fillsPath, &fillShape
	spans := exchange.Spans{Start: epoch, Window: 7*day - time.Minute}
	switch stream {
	case fillStream:
	case depositStream:
		path, shape, spans = depositsPath, &depositShape, exchange.Spans{Start: epoch, Back: 14 * day}
	case withdrawalStream:
		path, shape, spans = withdrawalsPath, &withdrawalShape, exchange.Spans{Start: epoch, Back: 14 * day}
	default:
		return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
	}
	return exchange.Walk(ctx, spans, cursor, k.wire.Now(), func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
		return k.rows(ctx, path, shape, w)
	})
}

// rows fetches a page of a window by its number.
func (k *client) rows(ctx context.Context, path string, shape *exchange.Shape, w exchange.Window) (exchange.Batch, error) {
	var n exchange.Numbered
	if err := exchange.Decode(w.Token, &n); err != nil {
		return exchange.Batch{}, err
	}
	q := url.Values{
		"startAt": {strconv.FormatInt(w.From.UnixMilli(), 10)}, "endAt": {strconv.FormatInt(w.To.UnixMilli(), 10)},
		"currentPage": {strconv.Itoa(n.Ask())}, "pageSize": {"500"},
	}
	if path == fillsPath {
		q.Set("tradeType", "TRADE")
	}
	data, err := k.get(ctx, path, q)
	if err != nil {
		return exchange.Batch{}, err
	}
	f := exchange.Object(data)
	list, err := f.List("items")
	if err != nil {
		return exchange.Batch{}, k.wire.Malform(shape.Endpoint, err)
	}
	total := 0
	if text := f.Text("totalNum"); text != "" {
		if total, err = strconv.Atoi(text); err != nil || total < 0 {
			return exchange.Batch{}, k.wire.Malform(shape.Endpoint, errors.New("totalNum is no number"))
		}
	}
	records, err := shape.Records(list)
	if err != nil {
		return exchange.Batch{}, k.wire.Malform(shape.Endpoint, err)
	}
	batch := exchange.Batch{Records: records, Total: total}
	n, batch.More = n.Step(exchange.IDs(records), total)
	batch.Token, err = exchange.Encode(n)
	return batch, err
}

// Events makes events of all records.
func Events(c *statement.Collector, records []exchange.Record) error {
	exchange.Each(c, records, map[string]func(*exchange.Words, *exchange.Record) *statement.Fault{
		fillStream: fill, depositStream: moved, withdrawalStream: moved,
	})
	return nil
}

func fault(column, reason string) *statement.Fault {
	return &statement.Fault{Column: column, Reason: reason}
}

// fill is a fill of an order; its fee is in the quote or in KCS.
func fill(w *exchange.Words, x *exchange.Record) *statement.Fault {
	base, quote, ok := strings.Cut(w.F.Text("symbol"), "-")
	if !ok || base == "" || quote == "" {
		return fault("symbol", "what is traded for what is not known")
	}
	if kind := w.F.Text("tradeType"); kind != "" && kind != "TRADE" {
		return fault("tradeType", "margin trade: whether coins were borrowed for it is not said; needs a person")
	}
	units, f := w.Quantity("size", base)
	if f != nil {
		return f
	}
	cost, f := w.Quantity("funds", quote)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("fee", w.F.Text("feeCurrency"))
	if f != nil {
		return f
	}
	if fee.Amount.Sign() < 0 {
		return fault("fee", "a fee that came back: enter it by hand")
	}
	e := statement.Entry{ID: "fill/" + x.ID, At: x.Instant(), Type: statement.Trade, Received: units, Sent: cost, Fee: fee}
	switch w.F.Text("side") {
	case "buy":
	case "sell":
		e.Received, e.Sent = cost, units
	default:
		return fault("side", "neither buy nor sell")
	}
	w.C.Add(&e, w.Line)
	return nil
}

// moved is what came or went.
func moved(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if w.F.Text("status") != "SUCCESS" {
		w.C.Ignore(w.Line, "not completed")
		return nil
	}
	asset := w.F.Text("currency")
	q, f := w.Quantity("amount", asset)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("fee", asset)
	if f != nil {
		return f
	}
	// A hash may have the number of an output or a text behind it. What moved
	// inside KuCoin is on no chain.
	tx, _, _ := strings.Cut(w.F.Text("walletTxId"), "@")
	if inner, ok := w.F.Bool("isInner"); ok && inner {
		tx = ""
	}
	e := statement.Entry{ID: "deposit/" + x.ID, At: x.Instant(), Type: statement.Deposit, Received: q, Fee: fee, TxHash: tx}
	if x.Stream == withdrawalStream {
		e.ID, e.Type, e.Received, e.Sent = "withdrawal/"+w.F.Text("id"), statement.Withdrawal, statement.Quantity{}, q
	}
	w.C.Add(&e, w.Line)
	return nil
}
