package exchangesim

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// valrSim is VALR: signed headers, one list of events, newest first, behind an
// id.
type valrSim struct {
	*Sim
	history *History
	rows    []simRow
}

// simRow is one row of a list of a simulator.
type simRow struct {
	n      int
	at     time.Time
	id     string
	fields map[string]any
}

// rowPage is how many rows simulators put on a page.
const rowPage = 20

// VALR starts a simulator of VALR that serves a history.
func VALR(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	v := &valrSim{history: h}
	v.Sim = &Sim{Name: "valr", Key: Key{ID: "valr-key-id", Secret: "c4n4ryS3cr3t-valr"}}
	v.auth = v.check
	v.words = func(f Fault) *Reply {
		if f == KeyRevoked {
			return &Reply{Status: http.StatusUnauthorized, Body: map[string]any{"code": -11, "message": "API key or secret is invalid"}}
		}
		return nil
	}
	for i := range h.Moves {
		m := &h.Moves[i]
		v.rows = append(v.rows, simRow{n: m.N, at: m.At, id: fmt.Sprintf("0197d496-%012d", m.N), fields: valrFields(m)})
	}
	slices.Reverse(v.rows)
	v.routes = map[string]route{
		"GET /v1/public/time":                {public: true, serve: func(*Request) Reply { return Reply{Body: map[string]any{"epochTime": v.Now().Unix()}} }},
		"GET /v1/account/api-keys/current":   {weight: 1, serve: v.rights},
		"GET /v1/account/balances":           {weight: 1, serve: v.balances},
		"GET /v1/account/transactionhistory": {weight: 1, data: true, serve: v.list},
	}
	start(tb, v.Sim, now)
	return v.Sim
}

func (v *valrSim) check(q *Request) *Reply {
	at, _ := strconv.ParseInt(q.Header.Get("X-VALR-TIMESTAMP"), 10, 64)
	path := q.Path
	if q.Raw != "" {
		path += "?" + q.Raw
	}
	mac := hmac.New(sha512.New, []byte(v.Key.Secret))
	_, _ = fmt.Fprint(mac, q.Header.Get("X-VALR-TIMESTAMP"), q.Method, path, q.Body)
	if q.Header.Get("X-VALR-API-KEY") != v.Key.ID || q.Header.Get("X-VALR-SIGNATURE") != hex.EncodeToString(mac.Sum(nil)) {
		return v.words(KeyRevoked)
	}
	if off := v.Now().UnixMilli() - at; off > 5000 || off < -5000 {
		v.stolen-- // a clock that is wrong is no theft
		return v.words(KeyRevoked)
	}
	return nil
}

func (v *valrSim) rights(*Request) Reply {
	list := []string{"View access"}
	if v.upgraded {
		list = append(list, "Withdraw")
	}
	return Reply{Body: map[string]any{"label": "tax", "permissions": list, "isSubAccount": false, "allowedIpAddressCidr": "198.51.100.7/32"}}
}

func (v *valrSim) balances(*Request) Reply {
	list := []any{}
	for asset, amount := range v.history.Balances() {
		list = append(list, map[string]any{"currency": asset, "available": amount.String(), "reserved": "0", "total": amount.String(), "lendReserved": "0", "borrowReserved": "0", "borrowedAmount": "0"})
	}
	return Reply{Body: list}
}

// valrFields is what VALR says of a move: credits are net of the fee in their
// currency.
func valrFields(m *Move) map[string]any {
	kind := map[Kind]string{
		Buy: "LIMIT_BUY", Sell: "MARKET_SELL", Convert: "SIMPLE_SWAP_SELL", Deposit: "BLOCKCHAIN_RECEIVE", Withdrawal: "BLOCKCHAIN_SEND",
		FiatIn: "FIAT_DEPOSIT", FiatOut: "FIAT_WITHDRAWAL", Reward: "REFERRAL_REBATE",
	}[m.Kind]
	f := map[string]any{
		"id": fmt.Sprintf("0197d496-%012d", m.N), "eventAt": m.At.UTC().Format("2006-01-02T15:04:05.000Z"),
		"transactionType": map[string]any{"type": kind, "description": kind},
	}
	side := func(name, asset string, a money.Amount) {
		f[name+"Currency"], f[name+"Value"] = asset, a.String()
	}
	switch m.Kind {
	case Buy:
		side("debit", m.Quote, m.Cost)
		side("credit", m.Asset, m.Units.Sub(m.Fee))
		side("fee", m.Asset, m.Fee)
	case Sell:
		side("debit", m.Asset, m.Units)
		side("credit", m.Quote, m.Cost.Sub(m.Fee))
		side("fee", m.Quote, m.Fee)
	case Convert:
		side("debit", m.Asset, m.Units)
		side("credit", m.Quote, m.Cost)
	case Withdrawal, FiatOut:
		side("debit", m.Asset, m.Units)
		side("fee", m.Asset, m.Fee)
	default:
		side("credit", m.Asset, m.Units)
	}
	return f
}

// visible are the rows that are there already.
func visible(s *Sim, h *History, rows []simRow) []simRow {
	return slices.DeleteFunc(slices.Clone(rows), func(r simRow) bool { return s.hidden(r.n, r.at, h.last()) })
}

// contents are the rows of a page.
func contents(s *Sim, rows []simRow) []any {
	list := []any{}
	for _, r := range bend(s, rows) {
		list = append(list, r.fields)
	}
	return list
}

func (v *valrSim) list(q *Request) Reply {
	rows := v.rows
	if v.late || v.Rows == 0 { // a long list that nobody changes is not made anew for each page
		rows = visible(v.Sim, v.history, rows)
	}
	rows = whole(v.Sim, rows)
	if before := q.Query.Get("beforeId"); before != "" {
		rows = rows[slices.IndexFunc(rows, func(r simRow) bool { return r.id == before })+1:]
	}
	rows = slices.Clone(rows[:min(len(rows), cmp.Or(v.Rows, rowPage))])
	for i := range rows {
		r := &rows[i]
		info := map[string]any{"address": "addr"}
		if tx := v.history.Moves[r.n-1].Tx; tx != "" && !v.pending(r.at, v.history.last()) {
			info["transactionHash"], info["confirmations"] = tx, 3+len(v.log)
		}
		r.fields = with(r.fields, map[string]any{"additionalInfo": info})
	}
	return Reply{Body: contents(v.Sim, rows)}
}
