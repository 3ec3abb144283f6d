package exchangesim

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// bitstampSim is Bitstamp: signed forms, one list by offset.
type bitstampSim struct {
	*Sim
	history *History
	rows    []simRow // oldest first
	chains  map[string][]simRow
	nonces  map[string]bool
}

// Bitstamp starts a server that answers as Bitstamp does.
func Bitstamp(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	b := &bitstampSim{history: h, chains: make(map[string][]simRow), nonces: make(map[string]bool)}
	b.Sim = &Sim{Name: "bitstamp", Key: Key{ID: "bitstamp-key-id", Secret: "c4n4ryS3cr3t-bitstamp"}}
	b.auth, b.words = b.check, bitstampWords
	for i := range h.Moves {
		b.fill(&h.Moves[i])
	}
	b.routes = map[string]route{
		"POST /api/v2/account_balances/":    {weight: 1, serve: b.balances},
		"POST /api/v2/user_transactions/":   {weight: 1, data: true, serve: b.list},
		"POST /api/v2/crypto-transactions/": {weight: 1, data: true, serve: b.chain},
	}
	start(tb, b.Sim, now)
	return b.Sim
}

func bitstampFault(code string) *Reply {
	return &Reply{Status: http.StatusForbidden, Body: map[string]any{"status": "error", "reason": "wrong", "code": code}}
}

func bitstampWords(f Fault) *Reply {
	if f == KeyRevoked {
		return bitstampFault("API0001")
	}
	return nil
}

func (b *bitstampSim) check(q *Request) *Reply {
	h := q.Header
	if (h.Get("Content-Type") == "") != (q.Body == "") {
		return bitstampFault("API0012")
	}
	mac := hmac.New(sha256.New, []byte(b.Key.Secret))
	_, _ = fmt.Fprint(mac, h.Get("X-Auth"), q.Method, "www.bitstamp.net", q.Path, q.Raw, h.Get("Content-Type"), h.Get("X-Auth-Nonce"), h.Get("X-Auth-Timestamp"), "v2", q.Body)
	if h.Get("X-Auth") != "BITSTAMP "+b.Key.ID || h.Get("X-Auth-Signature") != hex.EncodeToString(mac.Sum(nil)) || b.nonces[h.Get("X-Auth-Nonce")] {
		return bitstampFault("API0005")
	}
	b.nonces[h.Get("X-Auth-Nonce")] = true
	if at, _ := strconv.ParseInt(h.Get("X-Auth-Timestamp"), 10, 64); b.Now().Sub(time.UnixMilli(at)).Abs() > 150*time.Second {
		b.stolen-- // a clock that is wrong is no theft
		return bitstampFault("API0017")
	}
	return nil
}

func (b *bitstampSim) balances(*Request) Reply {
	list := []any{}
	for asset, amount := range b.history.Balances() {
		list = append(list, map[string]any{"currency": strings.ToLower(asset), "total": amount.String(), "available": amount.String(), "reserved": "0.00"})
	}
	return Reply{Body: list}
}

// fill writes a move as Bitstamp would: amounts under the names of their
// currencies, those that did not move as numbers of 0.
func (b *bitstampSim) fill(m *Move) {
	f := map[string]any{
		"id": 1000 + m.N, "datetime": m.At.UTC().Format("2006-01-02 15:04:05.000000"), "fee": m.Fee.String(), "usd": 0.0, "btc": 0.0, "eur": 0.0, "btc_usd": "0.00", "order_id": nil,
	}
	set := func(asset string, a money.Amount) { f[strings.ToLower(asset)] = a.String() }
	switch m.Kind {
	case Buy, Sell, Convert:
		f["type"], f[strings.ToLower(m.Asset+"_"+m.Quote)] = "2", "1.00"
		if m.Kind == Buy {
			set(m.Asset, m.Units)
			set(m.Quote, m.Cost.Neg())
		} else {
			set(m.Asset, m.Units.Neg())
			set(m.Quote, m.Cost)
		}
	case Withdrawal, FiatOut:
		f["type"] = "1"
		set(m.Asset, m.Units.Neg())
	case Reward:
		f["type"] = "27"
		set(m.Asset, m.Units)
	default:
		f["type"] = "0"
		set(m.Asset, m.Units)
	}
	b.rows = append(b.rows, simRow{n: m.N, at: m.At, fields: f})
	if m.Tx != "" {
		list := map[Kind]string{Deposit: "deposits", Withdrawal: "withdrawals"}[m.Kind]
		b.chains[list] = append(b.chains[list], simRow{n: m.N, at: m.At, fields: map[string]any{
			"currency": m.Asset, "network": "n", "txid": m.Tx, "amount": m.Units.String(), "datetime": m.At.Unix(), "destinationAddress": "addr",
		}})
	}
}

// cut serves a part of a list by offset.
func cut(s *Sim, q *Request, rows []simRow) []any {
	rows = whole(s, rows)
	from, _ := strconv.Atoi(q.Form.Get("offset"))
	return contents(s, rows[min(from, len(rows)):min(from+rowPage, len(rows))])
}

func (b *bitstampSim) list(q *Request) Reply {
	return Reply{Body: cut(b.Sim, q, visible(b.Sim, b.history, b.rows))}
}

func (b *bitstampSim) chain(q *Request) Reply {
	return Reply{Body: map[string]any{
		"deposits":    cut(b.Sim, q, visible(b.Sim, b.history, b.chains["deposits"])),
		"withdrawals": cut(b.Sim, q, visible(b.Sim, b.history, b.chains["withdrawals"])),
	}}
}
