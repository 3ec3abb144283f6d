package exchangesim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// binanceSim is Binance: signed queries with a time, trades by pair and id,
// everything else by windows of time with offsets, pages or neither.
type binanceSim struct {
	*Sim
	history *History
	trades  map[string][]binanceRow // by pair, oldest first
	lists   map[string][]binanceRow // by path, newest first
}

// binanceRow is one row of a list.
type binanceRow struct {
	n      int
	at     time.Time
	part   string
	fields map[string]any
}

// binanceCap is how many rows this simulator puts on a page at most: fewer than
// the exchange, so that there are pages.
const binanceCap = 20

// Binance starts a simulator of Binance that serves a history.
func Binance(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	b := &binanceSim{history: h, trades: make(map[string][]binanceRow), lists: make(map[string][]binanceRow)}
	b.Sim = &Sim{Name: "binance", Key: Key{ID: "binance-key-id", Secret: "c4n4ryS3cr3t-binance"}}
	b.auth, b.words = b.check, binanceWords
	b.fill()
	list := func(weight, days int, serve func(*Request, []binanceRow) Reply) route {
		return route{weight: weight, data: true, serve: func(q *Request) Reply { return b.list(q, days, serve) }}
	}
	rows := func(name string) func(*Request, []binanceRow) Reply {
		return func(q *Request, rows []binanceRow) Reply { return numbered(b.Sim, q, rows, name) }
	}
	b.routes = map[string]route{
		"GET /api/v3/time":                           {weight: 1, public: true, serve: func(*Request) Reply { return Reply{Body: map[string]any{"serverTime": b.Now().UnixMilli()}} }},
		"GET /api/v3/exchangeInfo":                   {weight: 20, public: true, serve: b.info},
		"GET /api/v3/account":                        {weight: 20, serve: b.account},
		"GET /api/v3/myTrades":                       {weight: 20, data: true, serve: b.myTrades},
		"GET /sapi/v1/account/apiRestrictions":       {weight: 1, serve: b.rights},
		"POST /sapi/v1/asset/get-funding-asset":      {weight: 1, serve: func(*Request) Reply { return Reply{Body: []any{}} }},
		"GET /sapi/v1/simple-earn/flexible/position": {weight: 150, serve: none("rows")},
		"GET /sapi/v1/simple-earn/locked/position":   {weight: 150, serve: none("rows")},
		"GET /sapi/v1/capital/deposit/hisrec":        list(1, 90, b.offset),
		"GET /sapi/v1/capital/withdraw/history":      list(18000, 90, b.offset),
		"GET /sapi/v1/asset/assetDividend":           list(10, 180, b.dividends),
		"GET /sapi/v1/convert/tradeFlow":             list(3000, 30, b.flow),
		"GET /sapi/v1/asset/dribblet": list(1, 0, func(*Request, []binanceRow) Reply {
			return Reply{Body: map[string]any{"total": 0, "userAssetDribblets": []any{}}}
		}),
		"GET /sapi/v1/asset/convert-transfer/queryByPage":         list(5, 30, rows("rows")),
		"GET /sapi/v1/simple-earn/flexible/history/rewardsRecord": list(150, 30, rows("rows")),
		"GET /sapi/v1/simple-earn/locked/history/rewardsRecord":   list(150, 30, rows("rows")),
		"GET /sapi/v1/fiat/orders":                                list(90000, 0, rows("data")),
		"GET /sapi/v1/fiat/payments": {weight: 1, data: true, serve: func(*Request) Reply {
			return Reply{Body: map[string]any{"code": "000000", "message": "success", "total": 0, "success": true}}
		}},
		"GET /sapi/v1/c2c/orderMatch/listUserOrderHistory": list(1, 30, rows("data")),
		"GET /sapi/v1/pay/transactions":                    list(3000, 90, rows("data")),
		"GET /sapi/v1/rebate/taxQuery": list(12000, 30, func(*Request, []binanceRow) Reply {
			return Reply{Body: map[string]any{"code": "000000000", "data": map[string]any{"page": 1, "totalRecords": 0, "data": []any{}}}}
		}),
		"GET /sapi/v1/lending/auto-invest/history/list": list(1, 30, rows("list")),
	}
	b.buckets(func(path string) string {
		switch {
		case strings.HasPrefix(path, "/api/"):
			return "api"
		case b.routes["GET "+path].weight > 1000 || strings.HasSuffix(path, "convert-transfer/queryByPage"): // counted for the account
			return "uid " + path
		}
		return "ip " + path
	})
	start(tb, b.Sim, now)
	return b.Sim
}

func none(name string) func(*Request) Reply {
	return func(*Request) Reply { return Reply{Body: map[string]any{"total": 0, name: []any{}}} }
}

func binanceFault(status, code int) *Reply {
	return &Reply{Status: status, Body: map[string]any{"code": code, "msg": "wrong"}}
}

func binanceWords(f Fault) *Reply {
	switch f {
	case RateLimit:
		r := binanceFault(http.StatusTooManyRequests, -1003)
		r.Header = map[string]string{"Retry-After": "7"}
		return r
	case Ban:
		r := binanceFault(http.StatusTeapot, -1003)
		r.Header = map[string]string{"Retry-After": "120"}
		return r
	case KeyRevoked:
		return binanceFault(http.StatusUnauthorized, -2015)
	case BadRequest:
		return binanceFault(http.StatusBadRequest, -6021)
	default:
		return nil
	}
}

// check verifies key, time and signature.
func (b *binanceSim) check(q *Request) *Reply {
	if q.Header.Get("X-MBX-APIKEY") != b.Key.ID {
		return binanceFault(http.StatusUnauthorized, -2014)
	}
	text, signature, ok := strings.Cut(q.Raw, "&signature=")
	mac := hmac.New(sha256.New, []byte(b.Key.Secret))
	_, _ = fmt.Fprint(mac, text, q.Body)
	if !ok || signature != hex.EncodeToString(mac.Sum(nil)) {
		return binanceFault(http.StatusBadRequest, -1022)
	}
	at, _ := strconv.ParseInt(q.Query.Get("timestamp"), 10, 64)
	window, err := strconv.ParseInt(q.Query.Get("recvWindow"), 10, 64)
	if err != nil {
		window = 5000
	}
	if now := b.Now().UnixMilli(); at > now+1000 || now-at > window {
		b.stolen-- // a clock that is wrong is no theft
		return binanceFault(http.StatusBadRequest, -1021)
	}
	return nil
}

func (b *binanceSim) rights(*Request) Reply {
	return Reply{Body: map[string]any{
		"ipRestrict": true, "createTime": 1698645219000, "enableReading": true, "enableWithdrawals": false, "enableInternalTransfer": false,
		"enableMargin": false, "enableFutures": false, "permitsUniversalTransfer": false, "enableVanillaOptions": false, "enableFixApiTrade": false,
		"enableFixReadOnly": true, "enableSpotAndMarginTrading": b.upgraded, "enablePortfolioMarginTrading": false,
	}}
}

func (b *binanceSim) info(*Request) Reply {
	var list []any
	add := func(base, quote string) {
		if !b.listed(base + quote) {
			return
		}
		list = append(list, map[string]any{"symbol": base + quote, "status": "TRADING", "baseAsset": base, "quoteAsset": quote, "filters": []any{}})
	}
	for _, coin := range []string{"BTC", "ETH", "SOL", "XRP"} {
		add(coin, b.history.Fiat)
		add(coin, "USDT")
	}
	return Reply{Body: map[string]any{"timezone": "UTC", "symbols": list}}
}

func (b *binanceSim) account(*Request) Reply {
	var list []any
	for asset, amount := range b.history.Balances() {
		list = append(list, map[string]any{"asset": asset, "free": amount.String(), "locked": "0.00000000"})
	}
	return Reply{Body: map[string]any{"accountType": "SPOT", "canTrade": true, "balances": list}}
}

// fill writes the history as Binance would.
func (b *binanceSim) fill() {
	for i := range b.history.Moves {
		m := &b.history.Moves[i]
		path, part, fields := b.row(m)
		row := binanceRow{n: m.N, at: m.At, part: part, fields: fields}
		if path == "" {
			pair := m.Asset + m.Quote
			b.trades[pair] = append(b.trades[pair], row)
			continue
		}
		b.lists[path] = append(b.lists[path], row)
	}
	for _, rows := range b.lists {
		slices.Reverse(rows)
	}
}

// row is what Binance says of a move: where, in which part of it, and what. A
// trade has no path.
func (b *binanceSim) row(m *Move) (path, part string, fields map[string]any) {
	ms, id := m.At.UnixMilli(), 9_007_199_254_740_993+int64(m.N)
	switch m.Kind {
	case Buy, Sell:
		return "", "", map[string]any{
			"symbol": m.Asset + m.Quote, "id": m.N * 3, "orderId": id, "price": "1.00", "qty": m.Units.String(), "quoteQty": m.Cost.String(),
			"commission": m.Fee.String(), "commissionAsset": m.Quote, "time": ms, "isBuyer": m.Kind == Buy, "isMaker": false, "isBestMatch": true,
		}
	case Convert:
		return "/sapi/v1/convert/tradeFlow", "", map[string]any{
			"quoteId": fmt.Sprint("q", m.N), "orderId": id, "orderStatus": "SUCCESS", "fromAsset": m.Asset, "fromAmount": m.Units.String(),
			"toAsset": m.Quote, "toAmount": m.Cost.String(), "createTime": ms,
		}
	case Deposit:
		return "/sapi/v1/capital/deposit/hisrec", "", map[string]any{
			"id": fmt.Sprint(id), "amount": m.Units.String(), "coin": m.Asset, "network": m.Asset, "status": 1, "address": "addr", "txId": m.Tx, "insertTime": ms,
		}
	case Withdrawal:
		return "/sapi/v1/capital/withdraw/history", "", map[string]any{
			"id": fmt.Sprintf("%032x", m.N), "amount": m.Units.String(), "transactionFee": m.Fee.String(), "coin": m.Asset, "status": 6, "address": "addr",
			"txId": m.Tx, "applyTime": m.At.UTC().Format("2006-01-02 15:04:05.000"),
		}
	case Reward:
		return "/sapi/v1/asset/assetDividend", "", map[string]any{"id": id, "amount": m.Units.String(), "asset": m.Asset, "divTime": ms, "enInfo": "Launchpool", "tranId": id}
	default:
		part = "0"
		if m.Kind == FiatOut {
			part = "1"
		}
		return "/sapi/v1/fiat/orders", part, map[string]any{
			"orderNo": fmt.Sprint("o", m.N), "fiatCurrency": m.Asset, "indicatedAmount": m.Units.Add(m.Fee).String(), "amount": m.Units.String(),
			"totalFee": m.Fee.String(), "method": "BankAccount", "status": "Successful", "createTime": ms, "updateTime": ms,
		}
	}
}

// present are the rows that are there already.
func (b *binanceSim) present(rows []binanceRow) []binanceRow {
	return slices.DeleteFunc(slices.Clone(rows), func(r binanceRow) bool { return b.hidden(r.n, r.at, b.history.last()) })
}

func (b *binanceSim) myTrades(q *Request) Reply {
	rows := whole(b.Sim, b.present(b.trades[q.Query.Get("symbol")]))
	from, err := strconv.Atoi(q.Query.Get("fromId"))
	if err != nil || q.Query.Get("symbol") == "" {
		return *binanceFault(http.StatusBadRequest, -1102)
	}
	if !b.listed(q.Query.Get("symbol")) {
		return *binanceFault(http.StatusBadRequest, -1121)
	}
	rows = slices.DeleteFunc(rows, func(r binanceRow) bool { return r.n*3 < from })
	return Reply{Body: bodies(bend(b.Sim, rows[:min(len(rows), binanceCap)]))}
}

func bodies(rows []binanceRow) []any {
	list := []any{}
	for _, r := range rows {
		list = append(list, r.fields)
	}
	return list
}

// list serves a window of a list, which may not be wider than so many days.
func (b *binanceSim) list(q *Request, days int, serve func(*Request, []binanceRow) Reply) Reply {
	from, to := millis(q, "startTime", "beginTime", "startTimestamp"), millis(q, "endTime", "endTimestamp")
	if days > 0 && to.Sub(from) > time.Duration(days)*24*time.Hour {
		return *binanceFault(http.StatusBadRequest, -6021)
	}
	part := q.Query.Get("transactionType") + q.Query.Get("tradeType") + q.Query.Get("type")
	rows := slices.DeleteFunc(b.present(b.lists[q.Path]), func(r binanceRow) bool {
		return r.at.Before(from) || r.at.After(to) || r.part != part && r.part != ""
	})
	return serve(q, rows)
}

func millis(q *Request, names ...string) time.Time {
	for _, n := range names {
		if ms, err := strconv.ParseInt(q.Query.Get(n), 10, 64); err == nil {
			return time.UnixMilli(ms)
		}
	}
	return time.Time{}
}

// offset serves rows by offset and limit.
func (b *binanceSim) offset(q *Request, rows []binanceRow) Reply {
	rows = whole(b.Sim, rows)
	at, _ := strconv.Atoi(q.Query.Get("offset"))
	return Reply{Body: bodies(bend(b.Sim, rows[min(at, len(rows)):min(at+binanceCap, len(rows))]))}
}

// dividends serves the newest rows and says how many there are.
func (b *binanceSim) dividends(_ *Request, rows []binanceRow) Reply {
	return Reply{Body: map[string]any{"rows": bodies(bend(b.Sim, rows[:min(len(rows), binanceCap)])), "total": len(rows)}}
}

// flow serves the newest rows and says whether there are more.
func (b *binanceSim) flow(_ *Request, rows []binanceRow) Reply {
	return Reply{Body: map[string]any{"list": bodies(bend(b.Sim, rows[:min(len(rows), binanceCap)])), "moreData": len(rows) > binanceCap}}
}

// numbered serves rows by the number of the page.
func numbered(s *Sim, q *Request, rows []binanceRow, name string) Reply {
	total := len(rows)
	rows = whole(s, rows)
	page, err := strconv.Atoi(q.Query.Get("current") + q.Query.Get("page"))
	if err != nil {
		page = 1
	}
	from := min((page-1)*binanceCap, len(rows))
	rows = rows[from:min(from+binanceCap, len(rows))]
	return Reply{Body: map[string]any{"code": "000000", "message": "success", "success": true, "total": total, name: bodies(bend(s, rows))}}
}
