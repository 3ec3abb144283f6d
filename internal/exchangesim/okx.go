package exchangesim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// okxSim is OKX: signed headers with a passphrase, lists behind an id or a time,
// newest first.
type okxSim struct {
	*Sim
	history *History
	rows    map[string][]simRow // by path, oldest first
	trading map[string]money.Amount
	funding map[string]money.Amount
}

// OKX starts a server that answers as OKX does.
func OKX(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	o := &okxSim{history: h, rows: make(map[string][]simRow), trading: make(map[string]money.Amount), funding: make(map[string]money.Amount)}
	o.Sim = &Sim{Name: "okx", Key: Key{ID: "okx-key-id", Secret: "c4n4ryS3cr3t-okx", Passphrase: "c4n4ryPhrase"}}
	o.auth, o.words = o.check, okxWords
	for i := range h.Moves {
		o.fill(&h.Moves[i])
	}
	data := func(list ...any) Reply { return Reply{Body: map[string]any{"code": "0", "msg": "", "data": list}} }
	o.routes = map[string]route{
		"GET /api/v5/public/time": {public: true, serve: func(*Request) Reply { return data(map[string]any{"ts": strconv.FormatInt(o.Now().UnixMilli(), 10)}) }},
		"GET /api/v5/account/config": {weight: 1, serve: func(*Request) Reply {
			return data(map[string]any{"uid": "1", "mainUid": "1", "ip": "198.51.100.7", "perm": map[bool]string{true: "read_only,trade", false: "read_only"}[o.upgraded]})
		}},
		"GET /api/v5/account/balance": {weight: 1, serve: func(*Request) Reply {
			list := []any{}
			for asset, amount := range h.Balances() {
				list = append(list, map[string]any{"ccy": asset, "cashBal": amount.String()})
			}
			return data(map[string]any{"details": list})
		}},
		"GET /api/v5/asset/balances":          {weight: 1, serve: func(*Request) Reply { return Reply{Body: map[string]any{"code": "0", "data": []any{}}} }},
		"GET /api/v5/finance/savings/balance": {weight: 1, serve: func(*Request) Reply { return Reply{Body: map[string]any{"code": "0", "data": []any{}}} }},
	}
	for _, path := range []string{"trade/fills-history", "account/bills-archive", "asset/bills", "asset/deposit-history", "asset/withdrawal-history", "asset/convert/history"} {
		o.routes["GET /api/v5/"+path] = route{weight: 1, data: true, serve: o.list}
	}
	o.buckets(func(path string) string { return path })
	start(tb, o.Sim, now)
	return o.Sim
}

func okxWords(f Fault) *Reply {
	fault := func(status int, code string) *Reply {
		return &Reply{Status: status, Body: map[string]any{"code": code, "msg": "wrong", "data": []any{}}}
	}
	switch f {
	case KeyRevoked:
		return fault(http.StatusUnauthorized, "50111")
	case RateLimit:
		r := fault(http.StatusTooManyRequests, "50011")
		r.Header = map[string]string{"Retry-After": "7"}
		return r
	case Skewed:
		return fault(http.StatusUnauthorized, "50102")
	default:
		return nil
	}
}

func (o *okxSim) check(q *Request) *Reply {
	path, at := q.Path, q.Header.Get("OK-ACCESS-TIMESTAMP")
	if q.Raw != "" {
		path += "?" + q.Raw
	}
	mac := hmac.New(sha256.New, []byte(o.Key.Secret))
	_, _ = fmt.Fprint(mac, at, q.Method, path, q.Body)
	if q.Header.Get("OK-ACCESS-KEY") != o.Key.ID || q.Header.Get("OK-ACCESS-PASSPHRASE") != o.Key.Passphrase || q.Header.Get("OK-ACCESS-SIGN") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return okxWords(KeyRevoked)
	}
	if sent, err := time.Parse("2006-01-02T15:04:05.000Z", at); err != nil || o.Now().Sub(sent).Abs() > 5*time.Second {
		o.stolen-- // a clock that is wrong is no theft
		return okxWords(Skewed)
	}
	return nil
}

// fill writes a move as OKX would.
func (o *okxSim) fill(m *Move) {
	ms, id := strconv.FormatInt(m.At.UnixMilli(), 10), fmt.Sprintf("68080001975%07d", m.N)
	put := func(path string, f map[string]any) {
		f["ts"] = ms
		o.rows["/api/v5/"+path] = append(o.rows["/api/v5/"+path], simRow{n: m.N, at: m.At, id: id, fields: f})
	}
	side := map[bool]string{true: "buy", false: "sell"}[m.Kind == Buy]
	switch m.Kind {
	case Buy, Sell:
		put("trade/fills-history", map[string]any{
			"instType": "SPOT", "instId": m.Asset + "-" + m.Quote, "side": side, "fillSz": m.Units.String(), "fillPx": m.price().String(), "billId": id,
			"fee": m.Fee.Neg().String(), "feeCcy": m.feeAsset(), "tradeId": id, "ordId": id,
		})
	case Convert:
		put("asset/convert/history", map[string]any{
			"tradeId": id, "state": "fullyFilled", "instId": m.Asset + "-" + m.Quote, "side": side, "fillBaseSz": m.Units.String(), "fillQuoteSz": m.Cost.String(), "fillPx": "1",
		})
	case Reward:
		for j, c := range []money.Amount{m.Units, m.Units.Neg()} { // paid out, and moved to the trading account at once
			o.funding[m.Asset] = o.funding[m.Asset].Add(c)
			put("asset/bills", map[string]any{"billId": id + strconv.Itoa(j), "ccy": m.Asset, "balChg": c.String(), "bal": o.funding[m.Asset].String(), "type": []string{"77", "131"}[j]})
		}
	case Withdrawal, FiatOut:
		put("asset/withdrawal-history", map[string]any{"wdId": id, "state": "2", "ccy": m.Asset, "amt": m.Units.String(), "fee": m.Fee.String(), "txId": m.Tx})
	default:
		put("asset/deposit-history", map[string]any{"depId": id, "state": "2", "ccy": m.Asset, "amt": m.Units.String(), "txId": m.Tx})
	}
	kind := map[Kind]string{Buy: "2", Sell: "2", Convert: "30"}[m.Kind]
	if kind == "" {
		kind = "1" // from the funding account or to it, at once
	}
	for j, c := range m.Changes() {
		o.trading[c.Asset] = o.trading[c.Asset].Add(c.Change)
		put("account/bills-archive", map[string]any{
			"billId": id + strconv.Itoa(j), "ccy": c.Asset, "balChg": c.Change.String(), "bal": o.trading[c.Asset].String(), "type": kind, "fee": "0",
		})
	}
}

func (o *okxSim) list(q *Request) Reply {
	rows := whole(o.Sim, visible(o.Sim, o.history, o.rows[q.Path]))
	slices.Reverse(rows)
	if after := q.Query.Get("after"); after != "" {
		i := slices.IndexFunc(rows, func(r simRow) bool { return r.fields["billId"] == after })
		ms, err := strconv.ParseInt(after, 10, 64)
		switch {
		case i >= 0:
			rows = rows[i+1:]
		case err == nil:
			rows = slices.DeleteFunc(slices.Clone(rows), func(r simRow) bool { return r.at.UnixMilli() >= ms })
		}
	}
	limit, _ := strconv.Atoi(q.Query.Get("limit"))
	return Reply{Body: map[string]any{"code": "0", "msg": "", "data": contents(o.Sim, rows[:min(len(rows), o.most(limit))])}}
}
