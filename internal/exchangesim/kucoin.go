package exchangesim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// kucoinSim is KuCoin: signed headers with a signed passphrase, pages by their
// number. It tells neither conversions nor rewards: a history for it has none.
type kucoinSim struct {
	*Sim
	history *History
	rows    map[string][]simRow // by path, oldest first
}

// KuCoin starts a server that answers as KuCoin does. What its lists do not
// tell is taken out of the history.
func KuCoin(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	h.Moves = slices.DeleteFunc(h.Moves, func(m Move) bool { return m.Kind == Convert || m.Kind == Reward })
	k := &kucoinSim{history: h, rows: make(map[string][]simRow)}
	k.Sim = &Sim{Name: "kucoin", Key: Key{ID: "kucoin-key-id", Secret: "c4n4ryS3cr3t-kucoin", Passphrase: "c4n4ryPhrase"}}
	k.auth, k.words = k.check, kucoinWords
	for i := range h.Moves {
		k.fill(&h.Moves[i])
	}
	data := func(v any) Reply { return Reply{Body: map[string]any{"code": "200000", "data": v}} }
	k.routes = map[string]route{
		"GET /api/v1/timestamp": {public: true, serve: func(*Request) Reply { return data(k.Now().UnixMilli()) }},
		"GET /api/v1/user/api-key": {weight: 20, serve: func(*Request) Reply {
			return data(map[string]any{ // #nosec G101 -- rights, of a simulator
				"permission": map[bool]string{true: "General,Spot", false: "General"}[k.upgraded], "ipWhitelist": "198.51.100.7", "isMaster": true,
			})
		}},
		"GET /api/v1/accounts": {weight: 20, serve: func(*Request) Reply {
			list := []any{}
			for asset, amount := range h.Balances() {
				list = append(list, map[string]any{"id": asset, "currency": asset, "type": "main", "balance": amount.String(), "available": amount.String(), "holds": "0"})
			}
			return data(list)
		}},
		"GET /api/v1/fills":       {weight: 10, data: true, serve: func(q *Request) Reply { return k.list(q, 7) }},
		"GET /api/v1/deposits":    {weight: 20, data: true, serve: func(q *Request) Reply { return k.list(q, 0) }},
		"GET /api/v1/withdrawals": {weight: 20, data: true, serve: func(q *Request) Reply { return k.list(q, 0) }},
	}
	k.buckets(func(path string) string {
		return map[bool]string{true: "spot", false: "management"}[strings.HasSuffix(path, "/fills")]
	})
	start(tb, k.Sim, now)
	return k.Sim
}

func kucoinWords(f Fault) *Reply {
	fault := func(status int, code string) *Reply {
		return &Reply{Status: status, Body: map[string]any{"code": code, "msg": "wrong"}}
	}
	switch f {
	case KeyRevoked:
		return fault(http.StatusUnauthorized, "400003")
	case RateLimit:
		r := fault(http.StatusTooManyRequests, "429000")
		r.Header = map[string]string{"Retry-After": "7"}
		return r
	case Skewed:
		return fault(http.StatusUnauthorized, "400002")
	case BadRequest:
		return fault(http.StatusOK, "400100")
	default:
		return nil
	}
}

func (k *kucoinSim) check(q *Request) *Reply {
	sign := func(text ...any) string {
		mac := hmac.New(sha256.New, []byte(k.Key.Secret))
		_, _ = fmt.Fprint(mac, text...)
		return base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	path, at := q.Path, q.Header.Get("KC-API-TIMESTAMP")
	if q.Raw != "" {
		path += "?" + q.Raw
	}
	if q.Header.Get("KC-API-KEY") != k.Key.ID || q.Header.Get("KC-API-SIGN") != sign(at, q.Method, path, q.Body) || q.Header.Get("KC-API-PASSPHRASE") != sign(k.Key.Passphrase) {
		return kucoinWords(KeyRevoked)
	}
	if ms, _ := strconv.ParseInt(at, 10, 64); k.Now().Sub(time.UnixMilli(ms)).Abs() > 5*time.Second {
		k.stolen-- // a clock that is wrong is no theft
		return kucoinWords(Skewed)
	}
	return nil
}

// fill writes a move as KuCoin would.
func (k *kucoinSim) fill(m *Move) {
	ms, id := m.At.UnixMilli(), fmt.Sprintf("5c35c02709e4%012d", m.N)
	put := func(path string, f map[string]any) {
		f["createdAt"] = ms
		k.rows[path] = append(k.rows[path], simRow{n: m.N, at: m.At, fields: f})
	}
	switch m.Kind {
	case Buy, Sell:
		put("/api/v1/fills", map[string]any{
			"symbol": m.Asset + "-" + m.Quote, "tradeId": id, "orderId": "o" + id, "side": map[Kind]string{Buy: "buy", Sell: "sell"}[m.Kind], "price": "1.0",
			"size": m.Units.String(), "funds": m.Cost.String(), "fee": m.Fee.String(), "feeCurrency": m.Quote, "tradeType": "TRADE", "type": "limit",
		})
	case Withdrawal, FiatOut:
		put("/api/v1/withdrawals", map[string]any{"id": id, "currency": m.Asset, "status": "SUCCESS", "amount": m.Units.String(), "fee": m.Fee.String(), "walletTxId": m.Tx, "isInner": false})
	case FiatIn: // from another account at KuCoin: on no chain
		put("/api/v1/deposits", map[string]any{"currency": m.Asset, "status": "SUCCESS", "amount": m.Units.String(), "fee": "0.00", "walletTxId": id + "@inner", "isInner": true})
	default:
		put("/api/v1/deposits", map[string]any{"currency": m.Asset, "status": "SUCCESS", "amount": m.Units.String(), "fee": "0.00", "walletTxId": m.Tx, "isInner": false})
	}
}

func (k *kucoinSim) list(q *Request, days int) Reply {
	from, to := millis(q, "startAt"), millis(q, "endAt")
	if days > 0 && to.Sub(from) > time.Duration(days)*24*time.Hour {
		return *kucoinWords(BadRequest)
	}
	rows := slices.DeleteFunc(visible(k.Sim, k.history, k.rows[q.Path]), func(r simRow) bool { return r.at.Before(from) || r.at.After(to) })
	total := len(rows)
	rows = whole(k.Sim, rows)
	slices.Reverse(rows)
	page, _ := strconv.Atoi(q.Query.Get("currentPage"))
	at := min((page-1)*rowPage, len(rows))
	return Reply{Body: map[string]any{"code": "200000", "data": map[string]any{
		"currentPage": page, "pageSize": rowPage, "totalNum": total, "totalPage": (total + rowPage - 1) / rowPage,
		"items": contents(k.Sim, rows[at:min(at+rowPage, len(rows))]),
	}}}
}
