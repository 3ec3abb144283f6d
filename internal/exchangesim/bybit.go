package exchangesim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// bybitSim is Bybit: signed headers, windows of time and cursors, newest first.
type bybitSim struct {
	*Sim
	history *History
	rows    map[string][]simRow // by path, oldest first
	funding map[string]money.Amount
	unified map[string]money.Amount
}

// Bybit starts a server that answers as Bybit does.
func Bybit(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	b := &bybitSim{history: h, rows: make(map[string][]simRow), funding: make(map[string]money.Amount), unified: make(map[string]money.Amount)}
	b.Sim = &Sim{Name: "bybit", Key: Key{ID: "bybit-key-id", Secret: "c4n4ryS3cr3t-bybit"}}
	b.auth, b.words = b.check, bybitWords
	for i := range h.Moves {
		b.fill(&h.Moves[i])
	}
	b.routes = map[string]route{
		"GET /v5/market/time": {public: true, serve: func(*Request) Reply {
			return Reply{Body: map[string]any{"retCode": 0, "result": map[string]any{}, "time": b.Now().UnixMilli()}}
		}},
		"GET /v5/market/instruments-info": {weight: 1, serve: func(q *Request) Reply {
			s := q.Query.Get("symbol")
			if !b.listed(s) {
				return bybitResult(map[string]any{"list": []any{}})
			}
			return bybitResult(map[string]any{"list": []any{map[string]any{"symbol": s, "baseCoin": s[:3], "quoteCoin": s[3:]}}})
		}},
		"GET /v5/user/query-api": {weight: 1, serve: func(*Request) Reply {
			return bybitResult(map[string]any{"readOnly": map[bool]int{true: 0, false: 1}[b.upgraded], "permissions": map[string]any{"Spot": []string{"SpotTrade"}}, "ips": []string{"198.51.100.7"}, "isMaster": true})
		}},
		"GET /v5/account/wallet-balance": {weight: 1, serve: func(*Request) Reply {
			list := []any{}
			for asset, amount := range h.Balances() {
				list = append(list, map[string]any{"coin": asset, "walletBalance": amount.String()})
			}
			return bybitResult(map[string]any{"list": []any{map[string]any{"accountType": "UNIFIED", "coin": list}}})
		}},
		"GET /v5/account/transaction-log":              {weight: 1, data: true, serve: func(q *Request) Reply { return b.list(q, "list", 7) }},
		"GET /v5/execution/list":                       {weight: 1, data: true, serve: func(q *Request) Reply { return b.list(q, "list", 7) }},
		"GET /v5/asset/fundinghistory":                 {weight: 1, data: true, serve: func(q *Request) Reply { return b.list(q, "list", 7) }},
		"GET /v5/asset/deposit/query-record":           {weight: 1, data: true, serve: func(q *Request) Reply { return b.list(q, "rows", 30) }},
		"GET /v5/asset/withdraw/query-record":          {weight: 1, data: true, serve: func(q *Request) Reply { return b.list(q, "rows", 30) }},
		"GET /v5/asset/exchange/query-convert-history": {weight: 1, data: true, serve: b.converts},
	}
	start(tb, b.Sim, now)
	return b.Sim
}

func bybitResult(result map[string]any) Reply {
	return Reply{Body: map[string]any{"retCode": 0, "retMsg": "OK", "result": result, "retExtInfo": map[string]any{}}}
}

func bybitWords(f Fault) *Reply {
	fault := func(code int) *Reply { // always of status 200
		return &Reply{Body: map[string]any{"retCode": code, "retMsg": "wrong", "result": map[string]any{}}}
	}
	switch f {
	case KeyRevoked:
		return fault(10003)
	case RateLimit:
		r := fault(10006)
		r.Header = map[string]string{"Retry-After": "7"}
		return r
	case Skewed:
		return fault(10002)
	case BadRequest:
		return fault(10001)
	default:
		return nil
	}
}

func (b *bybitSim) check(q *Request) *Reply {
	at := q.Header.Get("X-BAPI-TIMESTAMP")
	mac := hmac.New(sha256.New, []byte(b.Key.Secret))
	_, _ = fmt.Fprint(mac, at, q.Header.Get("X-BAPI-API-KEY"), q.Header.Get("X-BAPI-RECV-WINDOW"), q.Raw, q.Body)
	if q.Header.Get("X-BAPI-API-KEY") != b.Key.ID || q.Header.Get("X-BAPI-SIGN") != hex.EncodeToString(mac.Sum(nil)) {
		return bybitWords(KeyRevoked)
	}
	if ms, _ := strconv.ParseInt(at, 10, 64); b.Now().Sub(time.UnixMilli(ms)).Abs() > 5*time.Second {
		b.stolen-- // a clock that is wrong is no theft
		return bybitWords(Skewed)
	}
	return nil
}

// fill writes a move as Bybit would.
func (b *bybitSim) fill(m *Move) {
	ms, id := strconv.FormatInt(m.At.UnixMilli(), 10), fmt.Sprint("id-", m.N)
	put := func(path string, f map[string]any) {
		b.rows[path] = append(b.rows[path], simRow{n: m.N, at: m.At, fields: f})
	}
	for j, c := range m.Changes() { // all is in the unified account at once
		b.unified[c.Asset] = b.unified[c.Asset].Add(c.Change)
		put("/v5/account/transaction-log", map[string]any{
			"id": fmt.Sprint(id, "-", j), "currency": c.Asset, "type": bybitType(m.Kind, c.Change), "category": map[bool]string{true: "spot"}[m.Kind == Buy || m.Kind == Sell],
			"transactionTime": ms, "change": c.Change.String(), "cashBalance": b.unified[c.Asset].String(), "fee": "0",
		})
	}
	switch m.Kind {
	case Buy, Sell:
		put("/v5/execution/list", map[string]any{
			"symbol": m.Asset + m.Quote, "side": map[Kind]string{Buy: "Buy", Sell: "Sell"}[m.Kind], "execId": id, "execTime": ms, "execQty": m.Units.String(),
			"execPrice": m.price().String(), "execValue": m.Cost.String(), "execFee": m.Fee.String(), "feeCurrency": m.feeAsset(), "execType": "Trade",
		})
	case Convert:
		put("/v5/asset/exchange/query-convert-history", map[string]any{
			"exchangeTxId": id, "exchangeStatus": "success", "createdAt": ms, "fromCoin": m.Asset, "fromAmount": m.Units.String(), "toCoin": m.Quote, "toAmount": m.Cost.String(),
		})
	case Reward:
		b.funding[m.Asset] = b.funding[m.Asset].Add(m.Units)
		put("/v5/asset/fundinghistory", map[string]any{
			"currency": m.Asset, "ioDirection": "I", "txnAmt": m.Units.String(), "afterAmt": b.funding[m.Asset].String(), "createTime": fmt.Sprintf("%d.%03d", m.At.Unix(), m.At.UnixMilli()%1000), "descriptionEn": "Easy Earn | Flexible Interest Distribution",
		})
	case Withdrawal, FiatOut:
		put("/v5/asset/withdraw/query-record", map[string]any{"withdrawId": id, "status": "success", "createTime": ms, "coin": m.Asset, "amount": m.Units.String(), "withdrawFee": m.Fee.String(), "txID": m.Tx})
	default:
		put("/v5/asset/deposit/query-record", map[string]any{"txID": m.Tx, "txIndex": id, "coin": m.Asset, "status": 3, "successAt": ms, "amount": m.Units.String()})
	}
}

// bybitType is what the log of the unified account calls a change.
func bybitType(k Kind, change money.Amount) string {
	switch {
	case k == Buy || k == Sell:
		return "TRADE"
	case k == Convert && change.Sign() < 0:
		return "CURRENCY_SELL"
	case k == Convert:
		return "CURRENCY_BUY"
	case change.Sign() < 0:
		return "TRANSFER_OUT"
	}
	return "TRANSFER_IN"
}

// list serves a window page by page: the cursor says how many rows were served.
func (b *bybitSim) list(q *Request, member string, days int) Reply {
	from, to := millis(q, "startTime"), millis(q, "endTime")
	if to.Sub(from) > time.Duration(days)*24*time.Hour {
		return *bybitWords(BadRequest)
	}
	rows := slices.DeleteFunc(visible(b.Sim, b.history, b.rows[q.Path]), func(r simRow) bool { return r.at.Before(from) || r.at.After(to) })
	rows = whole(b.Sim, rows)
	slices.Reverse(rows)
	at, _ := strconv.Atoi(q.Query.Get("cursor"))
	rows = rows[min(at, len(rows)):min(at+rowPage, len(rows))]
	list := contents(b.Sim, rows)
	next := ""
	if len(list) > 0 {
		next = strconv.Itoa(at + len(list))
	}
	return bybitResult(map[string]any{member: list, "nextPageCursor": next})
}

func (b *bybitSim) converts(q *Request) Reply {
	rows := whole(b.Sim, visible(b.Sim, b.history, b.rows[q.Path]))
	slices.Reverse(rows)
	page, _ := strconv.Atoi(q.Query.Get("index"))
	from := min((page-1)*rowPage, len(rows))
	return bybitResult(map[string]any{"list": contents(b.Sim, rows[from:min(from+rowPage, len(rows))])})
}
