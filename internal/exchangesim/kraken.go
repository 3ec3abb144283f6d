package exchangesim

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// krakenSim is Kraken: private calls are signed forms with a rising nonce, all
// answers are 200, lists come newest first with 50 rows a page.
type krakenSim struct {
	*Sim
	history *History
	nonce   int64
	ledger  []krakenRow // newest first
	trades  []krakenRow
	moves   map[string][]krakenRow // deposits and withdrawals
}

type krakenRow struct {
	n      int // of the move
	id     string
	at     time.Time
	fields map[string]any
}

// krakenCode is Kraken's name of an asset.
func krakenCode(asset string) string {
	if code, ok := krakenCodes[asset]; ok {
		return code
	}
	return asset // of new assets, as everywhere
}

var krakenCodes = map[string]string{"BTC": "XXBT", "ETH": "XETH", "EUR": "ZEUR", "SOL": "SOL", "USD": "ZUSD"}

// Kraken starts a simulator of Kraken that serves a history.
func Kraken(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	k := &krakenSim{history: h, moves: make(map[string][]krakenRow)}
	k.Sim = &Sim{Name: "kraken", Key: Key{ID: "kraken-key-id", Secret: base64.StdEncoding.EncodeToString([]byte("c4n4ryS3cr3t-kraken-secret"))}}
	k.auth, k.words = k.check, krakenWords
	k.fill()
	k.routes = map[string]route{
		"GET /0/public/Time": {public: true, serve: func(*Request) Reply {
			return Reply{Body: map[string]any{"error": []string{}, "result": map[string]any{"unixtime": k.Now().Unix()}}}
		}},
		"POST /0/private/GetApiKeyInfo":  {weight: 1, serve: k.info},
		"POST /0/private/BalanceEx":      {weight: 1, serve: k.balances},
		"POST /0/private/Ledgers":        {weight: 2, data: true, serve: func(q *Request) Reply { return k.page(q, "ledger", k.ledger) }},
		"POST /0/private/TradesHistory":  {weight: 2, data: true, serve: func(q *Request) Reply { return k.page(q, "trades", k.trades) }},
		"POST /0/private/DepositStatus":  {weight: 1, data: true, serve: func(q *Request) Reply { return k.list(q, k.moves["deposit"]) }},
		"POST /0/private/WithdrawStatus": {weight: 1, data: true, serve: func(q *Request) Reply { return k.list(q, k.moves["withdrawal"]) }},
	}
	start(tb, k.Sim, now)
	return k.Sim
}

func krakenFault(code string) *Reply { return &Reply{Body: map[string]any{"error": []string{code}}} }

func krakenWords(f Fault) *Reply {
	switch f {
	case RateLimit:
		r := krakenFault("EAPI:Rate limit exceeded")
		r.Header = map[string]string{"Retry-After": "7"}
		return r
	case KeyRevoked:
		return krakenFault("EAPI:Invalid key")
	case Status503:
		return krakenFault("EService:Unavailable")
	case BadRequest:
		return krakenFault("EGeneral:Invalid arguments")
	default:
		return nil
	}
}

// check verifies key, signature and nonce.
func (k *krakenSim) check(q *Request) *Reply {
	if q.Header.Get("API-Key") != k.Key.ID {
		return krakenFault("EAPI:Invalid key")
	}
	secret, _ := base64.StdEncoding.DecodeString(k.Key.Secret)
	inner := sha256.New()
	_, _ = fmt.Fprint(inner, q.Form.Get("nonce"), q.Body)
	mac := hmac.New(sha512.New, secret)
	_, _ = fmt.Fprint(mac, q.Path, string(inner.Sum(nil)))
	if q.Header.Get("API-Sign") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) {
		return krakenFault("EAPI:Invalid signature")
	}
	nonce, err := strconv.ParseInt(q.Form.Get("nonce"), 10, 64)
	if err != nil || nonce <= k.nonce {
		return krakenFault("EAPI:Invalid nonce")
	}
	k.nonce = nonce
	return nil
}

func (k *krakenSim) info(*Request) Reply {
	rights := []string{"query-funds", "query-closed-trades", "query-ledger"}
	if k.upgraded {
		rights = append(rights, "modify-trades")
	}
	return Reply{Body: map[string]any{"error": []string{}, "result": map[string]any{
		"api_key_name": "tax", "api_key": k.Key.ID, "nonce_window": "0", "permissions": rights, "valid_until": "0",
		"query_from": "0", "query_to": "0", "ip_allowlist": []string{"198.51.100.7"},
	}}}
}

func (k *krakenSim) balances(*Request) Reply {
	result := make(map[string]any)
	for asset, amount := range k.history.Balances() {
		result[krakenCode(asset)] = map[string]any{"balance": amount.String(), "hold_trade": "0.0000"}
	}
	return Reply{Body: map[string]any{"error": []string{}, "result": result}}
}

// fill writes the history as Kraken would.
func (k *krakenSim) fill() {
	balance := make(map[string]money.Amount)
	for i := range k.history.Moves {
		m := &k.history.Moves[i]
		for j, c := range k.legs(m) {
			balance[c.asset] = balance[c.asset].Add(c.amount).Sub(c.fee)
			k.ledger = append(k.ledger, krakenRow{n: m.N, id: fmt.Sprintf("L%05d-%d", m.N, j), at: m.At, fields: map[string]any{
				"refid": krakenRef(m), "time": unix(m.At), "type": c.word, "subtype": "", "aclass": "currency", "asset": krakenCode(c.asset),
				"amount": c.amount.String(), "fee": c.fee.String(), "balance": balance[c.asset].String(),
			}})
		}
		k.beside(m)
	}
	slices.Reverse(k.ledger)
	slices.Reverse(k.trades)
}

// unix writes a time in seconds with a fraction, as a JSON number.
func unix(at time.Time) any {
	return json.Number(fmt.Sprintf("%d.%04d", at.Unix(), at.Nanosecond()/100_000))
}

func krakenRef(m *Move) string { return fmt.Sprintf("T%05d-REF", m.N) }

// krakenLeg is one row of the ledger.
type krakenLeg struct {
	word, asset string
	amount, fee money.Amount
}

func (k *krakenSim) legs(m *Move) []krakenLeg {
	zero := money.Amount{}
	switch m.Kind {
	case Buy:
		return []krakenLeg{{"trade", m.Quote, m.Cost.Neg(), m.Fee}, {"trade", m.Asset, m.Units, zero}}
	case Sell:
		return []krakenLeg{{"trade", m.Asset, m.Units.Neg(), zero}, {"trade", m.Quote, m.Cost, m.Fee}}
	case Convert:
		return []krakenLeg{{"spend", m.Asset, m.Units.Neg(), zero}, {"receive", m.Quote, m.Cost, zero}}
	case Withdrawal, FiatOut:
		return []krakenLeg{{"withdrawal", m.Asset, m.Units.Neg(), m.Fee}}
	case Reward:
		return []krakenLeg{{"staking", m.Asset, m.Units, zero}}
	default:
		return []krakenLeg{{"deposit", m.Asset, m.Units, zero}}
	}
}

// beside writes what other lists say of a move.
func (k *krakenSim) beside(m *Move) {
	switch m.Kind {
	case Buy, Sell:
		side := map[Kind]string{Buy: "buy", Sell: "sell"}[m.Kind]
		k.trades = append(k.trades, krakenRow{n: m.N, id: krakenRef(m), at: m.At, fields: map[string]any{
			"ordertxid": "O" + krakenRef(m), "pair": krakenPair(m), "time": unix(m.At), "type": side,
			"ordertype": "limit", "price": "1", "cost": m.Cost.String(), "fee": m.Fee.String(), "vol": m.Units.String(), "margin": "0.00000", "misc": "",
		}})
	case Deposit, FiatIn, Withdrawal, FiatOut:
		name := "deposit"
		if m.Kind == Withdrawal || m.Kind == FiatOut {
			name = "withdrawal"
		}
		k.moves[name] = append(k.moves[name], krakenRow{n: m.N, id: krakenRef(m), at: m.At, fields: map[string]any{
			"method": "M", "aclass": "currency", "asset": krakenCode(m.Asset), "refid": krakenRef(m), "txid": m.Tx, "info": "addr",
			"amount": m.Units.String(), "fee": m.Fee.String(), "time": m.At.Unix(), "status": "Success",
		}})
	default:
	}
}

// krakenPair is the name of a pair: both codes in the old form, or both in the
// new one.
func krakenPair(m *Move) string {
	if base := krakenCode(m.Asset); base != m.Asset {
		return base + krakenCode(m.Quote)
	}
	return m.Asset + m.Quote
}

const krakenPage = 50

// within are the rows after start and up to end, as the documents say.
func (k *krakenSim) within(q *Request, rows []krakenRow) []krakenRow {
	start, _ := strconv.ParseInt(q.Form.Get("start"), 10, 64)
	end, err := strconv.ParseInt(q.Form.Get("end"), 10, 64)
	return slices.DeleteFunc(slices.Clone(rows), func(r krakenRow) bool {
		return !r.at.After(time.Unix(start, 0)) || err == nil && r.at.After(time.Unix(end, 0)) || k.hidden(r.n, r.at, k.history.last())
	})
}

func (k *krakenSim) page(q *Request, member string, rows []krakenRow) Reply {
	rows = k.within(q, rows)
	total := len(rows)
	rows = whole(k.Sim, rows)
	ofs, _ := strconv.Atoi(q.Form.Get("ofs"))
	rows = rows[min(ofs, len(rows)):min(ofs+krakenPage, len(rows))]
	list := object{}
	for _, r := range bend(k.Sim, rows) {
		list = append(list, entry{r.id, r.fields})
	}
	return Reply{Body: map[string]any{"error": []string{}, "result": map[string]any{member: list, "count": total}}}
}

func (k *krakenSim) list(q *Request, rows []krakenRow) Reply {
	list := []any{}
	for _, r := range whole(k.Sim, k.within(q, rows)) {
		if k.pending(r.at, k.history.last()) {
			r.fields = with(r.fields, map[string]any{"status": "Initial", "txid": nil})
		}
		list = append(list, r.fields)
	}
	return Reply{Body: map[string]any{"error": []string{}, "result": list}}
}
