package exchangesim

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// bitfinexSim is Bitfinex: signed bodies, rows as lists, newest first, up to a
// time.
type bitfinexSim struct {
	*Sim
	history *History
	nonce   int64
	rows    map[string][]bitfinexRow // by path, oldest first
	balance map[string]money.Amount
}

type bitfinexRow struct {
	n    int
	at   time.Time
	list []any
}

// Bitfinex starts a server that answers as Bitfinex does.
func Bitfinex(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	b := &bitfinexSim{history: h, rows: make(map[string][]bitfinexRow), balance: make(map[string]money.Amount)}
	b.Sim = &Sim{Name: "bitfinex", Key: Key{ID: "bitfinex-key-id", Secret: "c4n4ryS3cr3t-bitfinex"}}
	b.auth, b.words = b.check, bitfinexWords
	for i := range h.Moves {
		b.fill(&h.Moves[i])
	}
	b.routes = map[string]route{
		"POST /v2/auth/r/permissions": {weight: 1, serve: func(*Request) Reply {
			write := map[bool]int{true: 1, false: 0}[b.upgraded]
			return Reply{Body: []any{[]any{"account", 1, 0}, []any{"history", 1, 0}, []any{"orders", 1, write}, []any{"wallets", 1, 0}, []any{"withdraw", 0, 0}}}
		}},
		"POST /v2/auth/r/wallets":        {weight: 1, serve: b.wallets},
		"POST /v2/auth/r/ledgers/hist":   {weight: 1, data: true, serve: b.list},
		"POST /v2/auth/r/trades/hist":    {weight: 1, data: true, serve: b.list},
		"POST /v2/auth/r/movements/hist": {weight: 1, data: true, serve: b.list},
	}
	b.buckets(func(path string) string { return strings.TrimPrefix(path, "/") })
	start(tb, b.Sim, now)
	return b.Sim
}

func bitfinexWords(f Fault) *Reply {
	switch f {
	case KeyRevoked:
		return &Reply{Status: http.StatusInternalServerError, Body: []any{"error", 10100, "apikey: digest invalid"}}
	case RateLimit:
		return &Reply{Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "60"}, Body: []any{"error", 11010, "ratelimit: error"}}
	default:
		return nil
	}
}

func (b *bitfinexSim) check(q *Request) *Reply {
	nonce, _ := strconv.ParseInt(q.Header.Get("bfx-nonce"), 10, 64)
	mac := hmac.New(sha512.New384, []byte(b.Key.Secret))
	_, _ = fmt.Fprint(mac, "/api", q.Path, q.Header.Get("bfx-nonce"), q.Body)
	if q.Header.Get("bfx-apikey") != b.Key.ID || q.Header.Get("bfx-signature") != hex.EncodeToString(mac.Sum(nil)) || nonce <= b.nonce {
		return bitfinexWords(KeyRevoked)
	}
	b.nonce = nonce
	return nil
}

func (b *bitfinexSim) wallets(*Request) Reply {
	list := []any{}
	for asset, amount := range b.history.Balances() {
		list = append(list, []any{"exchange", asset, json.Number(amount.String()), 0, json.Number(amount.String()), nil, nil})
	}
	return Reply{Body: list}
}

// fill writes a move as Bitfinex would: numbers are JSON numbers.
func (b *bitfinexSim) fill(m *Move) {
	ms := m.At.UnixMilli()
	n := func(a money.Amount) json.Number { return json.Number(a.String()) }
	put := func(path string, list ...any) {
		b.rows[path] = append(b.rows[path], bitfinexRow{m.N, m.At, list})
	}
	text := ""
	switch m.Kind {
	case Buy, Sell, Convert:
		units := m.Units
		if m.Kind != Buy {
			units = units.Neg()
		}
		put("/v2/auth/r/trades/hist", 402088407+m.N, "t"+m.Asset+m.Quote, ms, 34938060782+m.N, n(units), n(m.price()), "EXCHANGE LIMIT", 0, 1, n(m.Fee.Neg()), m.Quote, nil)
		text = "Exchange " + m.Units.String() + " " + m.Asset + " for " + m.Quote + " @ 1 on wallet exchange"
	case Reward:
		text = "Staking Payment on wallet exchange"
	default:
		units := m.Units
		text = "Deposit (" + m.Asset + ") #1 on wallet exchange"
		if m.Kind == Withdrawal || m.Kind == FiatOut {
			units, text = units.Neg(), m.Asset+" withdrawal #1 on wallet exchange"
		}
		put("/v2/auth/r/movements/hist", 13105603+m.N, m.Asset, "NETWORK", nil, nil, ms, ms, nil, nil, "COMPLETED", nil, nil, n(units), n(m.Fee.Neg()), nil, nil, "addr", nil, nil, nil, m.Tx, nil)
	}
	for j, c := range m.Changes() {
		b.balance[c.Asset] = b.balance[c.Asset].Add(c.Change)
		put("/v2/auth/r/ledgers/hist", 2531822314+2*m.N+j, c.Asset, "exchange", ms, nil, n(c.Change), n(b.balance[c.Asset]), nil, text)
	}
}

func (b *bitfinexSim) list(q *Request) Reply {
	var in struct{ Start, End, Limit int64 }
	if json.Unmarshal([]byte(q.Body), &in) != nil {
		return Reply{Status: http.StatusInternalServerError, Body: []any{"error", 10020, "params: invalid"}}
	}
	rows := slices.DeleteFunc(slices.Clone(b.rows[q.Path]), func(r bitfinexRow) bool {
		return r.at.UnixMilli() < in.Start || r.at.UnixMilli() > in.End || b.hidden(r.n, r.at, b.history.last())
	})
	rows = whole(b.Sim, rows)
	slices.Reverse(rows)
	out := []any{}
	for _, r := range bend(b.Sim, rows[:min(len(rows), b.most(int(in.Limit)))]) {
		out = append(out, r.list)
	}
	return Reply{Body: out}
}
