package exchangesim

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// geminiSim is Gemini: calls in signed headers, lists from a time on.
type geminiSim struct {
	*Sim
	history *History
	nonce   int64
	rows    map[string][]simRow // by path, oldest first
}

// Gemini starts a server that answers as Gemini does.
func Gemini(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	g := &geminiSim{history: h, rows: make(map[string][]simRow)}
	g.Sim = &Sim{Name: "gemini", Key: Key{ID: "gemini-key-id", Secret: "c4n4ryS3cr3t-gemini"}}
	g.auth, g.words = g.check, geminiWords
	for i := range h.Moves {
		g.fill(&h.Moves[i])
	}
	g.routes = map[string]route{
		"GET /v1/symbols/details/{symbol}": {weight: 1, public: true, serve: func(q *Request) Reply {
			s := strings.ToUpper(q.Form.Get("symbol"))
			if !g.listed(s) {
				return Reply{Status: http.StatusBadRequest, Body: map[string]any{"result": "error", "reason": "InvalidSymbol", "message": "wrong"}}
			}
			return Reply{Body: map[string]any{"symbol": s, "base_currency": s[:3], "quote_currency": s[3:]}}
		}},
		"POST /v1/roles": {weight: 1, serve: func(*Request) Reply {
			return Reply{Body: map[string]any{"isAuditor": true, "isFundManager": false, "isTrader": g.upgraded}}
		}},
		"POST /v1/balances":        {weight: 1, serve: g.balances},
		"POST /v1/mytrades":        {weight: 1, data: true, serve: g.list},
		"POST /v1/transfers":       {weight: 1, data: true, serve: g.list},
		"POST /v1/staking/history": {weight: 1, data: true, serve: g.staking},
	}
	g.buckets(func(path string) string {
		return map[bool]string{true: "public", false: "private"}[strings.HasPrefix(path, "/v1/symbols/")]
	})
	start(tb, g.Sim, now)
	return g.Sim
}

func geminiWords(f Fault) *Reply {
	fault := func(status int, reason string) *Reply {
		return &Reply{Status: status, Body: map[string]any{"result": "error", "reason": reason, "message": "wrong"}}
	}
	switch f {
	case KeyRevoked:
		return fault(http.StatusBadRequest, "InvalidSignature")
	case RateLimit:
		r := fault(http.StatusTooManyRequests, "RateLimit")
		r.Header = map[string]string{"Retry-After": "7"}
		return r
	default:
		return nil
	}
}

// payload is what a call asks for.
func geminiPayload(q *Request) map[string]any {
	text, _ := base64.StdEncoding.DecodeString(q.Header.Get("X-GEMINI-PAYLOAD"))
	var in map[string]any
	_ = json.Unmarshal(text, &in)
	return in
}

func (g *geminiSim) check(q *Request) *Reply {
	mac := hmac.New(sha512.New384, []byte(g.Key.Secret))
	_, _ = fmt.Fprint(mac, q.Header.Get("X-GEMINI-PAYLOAD"))
	in := geminiPayload(q)
	nonce, _ := strconv.ParseInt(fmt.Sprint(in["nonce"]), 10, 64)
	if q.Header.Get("X-GEMINI-APIKEY") != g.Key.ID || q.Header.Get("X-GEMINI-SIGNATURE") != hex.EncodeToString(mac.Sum(nil)) || in["request"] != q.Path || q.Body != "" || nonce <= g.nonce {
		return geminiWords(KeyRevoked)
	}
	g.nonce = nonce
	return nil
}

func (g *geminiSim) balances(*Request) Reply {
	list := []any{}
	for asset, amount := range g.history.Balances() {
		list = append(list, map[string]any{"type": "exchange", "currency": asset, "amount": amount.String(), "available": amount.String()})
	}
	return Reply{Body: list}
}

// fill writes a move as Gemini would. A conversion is a sale for coins.
func (g *geminiSim) fill(m *Move) {
	ms := m.At.UnixMilli()
	put := func(path string, f map[string]any) {
		g.rows[path] = append(g.rows[path], simRow{n: m.N, at: m.At, fields: f})
	}
	switch m.Kind {
	case Buy, Sell, Convert:
		put("/v1/mytrades", map[string]any{
			"symbol": m.Asset + m.Quote, "tid": 7000 + m.N, "order_id": fmt.Sprint(m.N), "timestamp": ms / 1000, "timestampms": ms, "amount": m.Units.String(),
			"price": m.price().String(), "type": map[bool]string{true: "Buy", false: "Sell"}[m.Kind == Buy],
			"fee_currency": m.Quote, "fee_amount": m.Fee.String(), "exchange": "gemini",
		})
	case Reward:
		put("/v1/staking/history", map[string]any{"transactionId": fmt.Sprint("s", m.N), "transactionType": "Interest", "amountCurrency": m.Asset, "amount": m.Units.String(), "dateTime": ms})
	default:
		kind := map[bool]string{true: "Withdrawal", false: "Deposit"}[m.Kind == Withdrawal || m.Kind == FiatOut]
		put("/v1/transfers", map[string]any{
			"type": kind, "status": "Complete", "timestampms": ms, "eid": 9000 + m.N, "currency": m.Asset, "amount": m.Units.String(), "feeAmount": m.Fee.String(), "txHash": m.Tx,
		})
	}
}

// since serves the oldest rows from a time on, the newest of them first.
func (g *geminiSim) since(path string, from time.Time, limit any) []any {
	most, _ := limit.(float64)
	rows := slices.DeleteFunc(visible(g.Sim, g.history, g.rows[path]), func(r simRow) bool { return r.at.Before(from) })
	rows = whole(g.Sim, rows)
	rows = slices.Clone(rows[:min(len(rows), g.most(int(most)))])
	if g.bent == Shrunk {
		rows = rows[:(len(rows)+1)/2]
	}
	slices.Reverse(rows)
	list := []any{}
	for _, r := range rows {
		list = append(list, r.fields)
	}
	return list
}

func (g *geminiSim) list(q *Request) Reply {
	in := geminiPayload(q)
	ms, _ := in["timestamp"].(float64)
	limit := in["limit_trades"]
	if limit == nil {
		limit = in["limit_transfers"]
	}
	return Reply{Body: g.since(q.Path, time.UnixMilli(int64(ms)), limit)}
}

func (g *geminiSim) staking(q *Request) Reply {
	from, _ := time.Parse(time.RFC3339, fmt.Sprint(geminiPayload(q)["since"]))
	return Reply{Body: []any{map[string]any{"providerId": "p", "transactions": g.since(q.Path, from, geminiPayload(q)["limit"])}}}
}
