package exchangesim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// lunoSim is Luno: HTTP Basic, one wallet for each asset, rows numbered for
// good, amounts as JSON numbers.
type lunoSim struct {
	*Sim
	history *History
	wallets []string
	rows    map[string][]simRow
}

// Luno starts a simulator of Luno that serves a history.
func Luno(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	l := &lunoSim{history: h, rows: make(map[string][]simRow)}
	l.Sim = &Sim{Name: "luno", Key: Key{ID: "luno-key-id", Secret: "c4n4ryS3cr3t-luno"}}
	fault := func(status int, code string) *Reply {
		return &Reply{Status: status, Body: map[string]any{"error": "wrong", "error_code": code}}
	}
	l.auth = func(q *Request) *Reply {
		if user, secret, ok := (&http.Request{Header: q.Header}).BasicAuth(); !ok || user != l.Key.ID || secret != l.Key.Secret {
			return fault(http.StatusUnauthorized, "ErrUnauthorised")
		}
		return nil
	}
	l.words = func(f Fault) *Reply {
		switch f {
		case KeyRevoked:
			return fault(http.StatusUnauthorized, "ErrUnauthorised")
		case RateLimit:
			r := fault(http.StatusTooManyRequests, "ErrTooManyRequests")
			r.Header = map[string]string{"Retry-After": "7"}
			return r
		default:
			return nil
		}
	}
	l.fill()
	l.routes = map[string]route{
		"GET /api/1/balance":                    {weight: 1, serve: l.balance},
		"GET /api/1/accounts/{id}/transactions": {weight: 1, data: true, serve: l.list},
	}
	start(tb, l.Sim, now)
	return l.Sim
}

// lunoCode is Luno's name of an asset.
func lunoCode(asset string) string {
	if asset == "BTC" {
		return "XBT"
	}
	return asset
}

func (l *lunoSim) balance(*Request) Reply {
	balances, list := l.history.Balances(), []any{}
	for i, asset := range l.wallets {
		list = append(list, map[string]any{"account_id": strconv.Itoa(1000 + i), "asset": lunoCode(asset), "balance": balances[asset].String(), "reserved": "0.00", "unconfirmed": "0.00"})
	}
	return Reply{Body: map[string]any{"balance": list}}
}

// fill writes the history as Luno would: fees are rows of their own.
func (l *lunoSim) fill() {
	for asset := range l.history.Balances() {
		l.wallets = append(l.wallets, asset)
	}
	slices.Sort(l.wallets)
	balance := make(map[string]money.Amount)
	put := func(m *Move, asset, text, kind string, change money.Amount) {
		balance[asset] = balance[asset].Add(change)
		id := strconv.Itoa(1000 + slices.Index(l.wallets, asset))
		details := map[string]any{}
		if m.Tx != "" && kind == "TRANSFER" {
			details["crypto_details"] = map[string]any{"address": "addr", "txid": m.Tx}
		}
		l.rows[id] = append(l.rows[id], simRow{n: m.N, at: m.At, fields: map[string]any{
			"account_id": id, "row_index": len(l.rows[id]) + 1, "timestamp": m.At.UnixMilli(), "balance": json.Number(balance[asset].String()),
			"available": json.Number(balance[asset].String()), "balance_delta": json.Number(change.String()), "available_delta": json.Number(change.String()),
			"currency": lunoCode(asset), "description": text, "details": map[string]any{}, "detail_fields": details, "kind": kind, "reference": fmt.Sprint("ref-", m.N),
		}})
	}
	for i := range l.history.Moves {
		m := &l.history.Moves[i]
		switch m.Kind {
		case Buy:
			text := fmt.Sprintf("Bought %s %s for %s %s", m.Asset, m.Units, m.Quote, m.Cost)
			put(m, m.Asset, text, "EXCHANGE", m.Units)
			put(m, m.Quote, text, "EXCHANGE", m.Cost.Neg())
			put(m, m.Asset, "Trading fee", "FEE", m.Fee.Neg())
		case Sell:
			text := fmt.Sprintf("Sold %s %s for %s %s", m.Asset, m.Units, m.Quote, m.Cost)
			put(m, m.Asset, text, "EXCHANGE", m.Units.Neg())
			put(m, m.Quote, text, "EXCHANGE", m.Cost)
			put(m, m.Quote, "Trading fee", "FEE", m.Fee.Neg())
		case Convert:
			text := fmt.Sprintf("Sold %s %s for %s %s", m.Asset, m.Units, m.Quote, m.Cost)
			put(m, m.Asset, text, "EXCHANGE", m.Units.Neg())
			put(m, m.Quote, text, "EXCHANGE", m.Cost)
		case Deposit:
			put(m, m.Asset, "Received Bitcoin", "TRANSFER", m.Units)
		case Withdrawal:
			put(m, m.Asset, "Sent Bitcoin to addr", "TRANSFER", m.Units.Neg())
			put(m, m.Asset, "Bitcoin send fee", "FEE", m.Fee.Neg())
		case FiatIn:
			put(m, m.Asset, "Deposit: bank", "TRANSFER", m.Units)
		case FiatOut:
			put(m, m.Asset, "Withdrawal to bank", "TRANSFER", m.Units.Neg())
			put(m, m.Asset, "Withdrawal fee", "FEE", m.Fee.Neg())
		default:
			put(m, m.Asset, "Interest payment", "INTEREST", m.Units)
		}
	}
}

// list serves the rows from min_row, included, to max_row, not included.
func (l *lunoSim) list(q *Request) Reply {
	from, _ := strconv.Atoi(q.Query.Get("min_row"))
	to, err := strconv.Atoi(q.Query.Get("max_row"))
	switch {
	case err != nil || from < 1:
		return Reply{Status: http.StatusBadRequest, Body: map[string]any{"error": "wrong", "error_code": "ErrInvalidArguments"}}
	case to-from > 1000:
		return Reply{Status: http.StatusBadRequest, Body: map[string]any{"error": "wrong", "error_code": "ErrTooManyRowsRequested"}}
	}
	id := q.Form.Get("id")
	rows := whole(l.Sim, l.rows[id])
	rows = rows[min(from-1, len(rows)):min(from-1+rowPage, to-1, len(rows))]
	return Reply{Body: map[string]any{"id": id, "transactions": contents(l.Sim, rows)}}
}
