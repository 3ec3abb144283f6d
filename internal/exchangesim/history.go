package exchangesim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Kind is what happened in a seeded history.
type Kind int

// The kinds of move.
const (
	Buy        Kind = iota // units for money or coins, at a fee
	Sell                   // the other way round
	Convert                // one asset for another, without a fee
	Deposit                // coins from the chain
	Withdrawal             // coins to the chain, at a fee
	FiatIn
	FiatOut // at a fee
	Reward
)

// FeesInUnits takes the fees of purchases from what is bought, as many exchanges
// do.
func (h *History) FeesInUnits() *History {
	for i := range h.Moves {
		if m := &h.Moves[i]; m.Kind == Buy {
			m.InUnits, m.Fee = true, m.Units.Mul(money.MustParse("0.0001")).Round(10, money.Down)
		}
	}
	return h
}

// Price makes the cost of each trade what its units at a price give.
func (h *History) Price() *History {
	for i := range h.Moves {
		if m := &h.Moves[i]; m.Kind == Buy || m.Kind == Sell || m.Kind == Convert {
			m.Cost = m.Units.Mul(m.price()).Round(18, money.HalfEven)
		}
	}
	return h
}

// From moves the whole history to where it begins at a time, in whole
// milliseconds. Its first move keeps the part of a day that it had.
func (h *History) From(begin time.Time) *History {
	day := h.Moves[0].At.Truncate(24 * time.Hour)
	for i := range h.Moves {
		h.Moves[i].At = h.Moves[i].At.Add(begin.Sub(day))
	}
	return h
}

// price is what one unit costs, with eight decimals at most.
func (m *Move) price() money.Amount {
	p := m.Cost.Rescale(money.FromInt(1), m.Units).Round(8, money.HalfUp)
	if p.IsZero() {
		return money.MustParse("0.00000001")
	}
	return p
}

// Move is one thing that happened.
type Move struct {
	N     int // from 1, in the order of time
	At    time.Time
	Kind  Kind
	Asset string // what is bought, sold, moved or given in a conversion
	Units money.Amount
	Quote string // what it is traded for
	Cost  money.Amount
	Fee   money.Amount // in Quote for trades, in Asset for others
	Tx    string

	InUnits bool // the fee of a purchase is taken from what is bought
}

// feeAsset is what the fee is paid in.
func (m *Move) feeAsset() string {
	if m.Kind == Sell || m.Kind == Buy && !m.InUnits {
		return m.Quote
	}
	return m.Asset
}

// History is a seeded ledger of one account, oldest first. No balance is ever
// below nothing.
type History struct {
	Fiat  string
	Moves []Move

	rng   *rand.Rand
	held  map[string]money.Amount
	coins []string
}

// NewHistory makes n moves, always the same for a seed. Times are whole
// milliseconds; now and then several moves share one.
func NewHistory(seed uint64, n int, fiat string) *History {
	h := &History{
		Fiat: fiat, held: make(map[string]money.Amount), coins: []string{"BTC", "ETH", "SOL"},
		rng: rand.New(rand.NewPCG(seed, 20240101)), // #nosec G404 -- the same for a seed
	}
	at := time.Date(2025, 3, 1, 9, 0, 0, 0, time.UTC).Add(time.Duration(h.rng.IntN(1_000_000_000)) * time.Microsecond).Truncate(time.Millisecond)
	h.put(Move{At: at, Kind: FiatIn, Asset: fiat, Units: money.FromInt(1_000_000)})
	for len(h.Moves) < n {
		if h.rng.IntN(10) > 0 {
			at = at.Add(time.Duration(1+h.rng.IntN(400_000)) * time.Millisecond)
		}
		m := h.draw()
		m.At = at
		h.put(m)
	}
	return h
}

// draw invents a move that the holdings allow.
func (h *History) draw() Move {
	coin := h.coins[h.rng.IntN(len(h.coins))]
	have := h.held[coin]
	part := have.Mul(money.MustParse("0.125")).Round(8, money.Down)
	price := money.FromInt(int64(10 + h.rng.IntN(90_000)))
	kind := Kind(h.rng.IntN(int(Reward) + 1))
	if kind != Buy && kind != Deposit && kind != FiatIn && kind != Reward && (kind != FiatOut) && part.IsZero() {
		kind = Buy
	}
	units := h.amount(8)
	switch kind {
	case Buy:
		m := Move{Kind: Buy, Asset: coin, Units: units, Quote: h.Fiat, Cost: units.Mul(price).Round(2, money.Up)}
		m.Fee = m.Cost.Mul(money.MustParse("0.0026")).Round(4, money.Up)
		if m.Cost.Add(m.Fee).Cmp(h.held[h.Fiat]) > 0 {
			return Move{Kind: FiatIn, Asset: h.Fiat, Units: money.FromInt(1_000_000)}
		}
		return m
	case Sell:
		m := Move{Kind: Sell, Asset: coin, Units: part, Quote: h.Fiat, Cost: part.Mul(price).Round(2, money.Up)}
		m.Fee = m.Cost.Mul(money.MustParse("0.0026")).Round(4, money.Down)
		return m
	case Convert:
		to := h.coins[(slices.Index(h.coins, coin)+1)%len(h.coins)]
		return Move{Kind: Convert, Asset: coin, Units: part, Quote: to, Cost: h.amount(8)}
	case Withdrawal:
		return Move{Kind: Withdrawal, Asset: coin, Units: part, Fee: money.MustParse("0.00000001"), Tx: h.tx()}
	case FiatOut:
		return Move{Kind: FiatOut, Asset: h.Fiat, Units: money.FromInt(int64(1 + h.rng.IntN(900))), Fee: money.MustParse("0.35")}
	case Deposit:
		return Move{Kind: Deposit, Asset: coin, Units: units, Tx: h.tx()}
	case FiatIn:
		return Move{Kind: FiatIn, Asset: h.Fiat, Units: money.FromInt(int64(1 + h.rng.IntN(90_000)))}
	default:
		return Move{Kind: Reward, Asset: coin, Units: h.amount(10)}
	}
}

// amount draws a number with up to so many decimals, never 0.
func (h *History) amount(decimals int) money.Amount {
	a := money.FromInt(int64(1 + h.rng.IntN(2_000_000_000)))
	for range decimals {
		a = a.Mul(money.MustParse("0.1"))
	}
	return a
}

func (h *History) tx() string {
	return fmt.Sprintf("%016x%016x%016x%016x", h.rng.Uint64(), h.rng.Uint64(), h.rng.Uint64(), h.rng.Uint64())
}

// put adds a move and books it. A move that the holdings do not allow becomes
// a deposit of money.
func (h *History) put(m Move) {
	for _, c := range m.Changes() {
		if h.held[c.Asset].Add(c.Change).Sign() < 0 {
			m = Move{At: m.At, Kind: FiatIn, Asset: h.Fiat, Units: money.FromInt(777)}
			break
		}
	}
	m.N = len(h.Moves) + 1
	for _, c := range m.Changes() {
		h.held[c.Asset] = h.held[c.Asset].Add(c.Change)
	}
	h.Moves = append(h.Moves, m)
}

// last is the time of the newest move.
func (h *History) last() time.Time { return h.Moves[len(h.Moves)-1].At }

// Change is what a move does to one asset, fee included.
type Change struct {
	Asset  string
	Change money.Amount
}

// Changes are what a move does to balances: what leaves first.
func (m *Move) Changes() []Change {
	switch m.Kind {
	case Buy:
		if m.InUnits {
			return []Change{{m.Quote, m.Cost.Neg()}, {m.Asset, m.Units.Sub(m.Fee)}}
		}
		return []Change{{m.Quote, m.Cost.Add(m.Fee).Neg()}, {m.Asset, m.Units}}
	case Sell:
		return []Change{{m.Asset, m.Units.Neg()}, {m.Quote, m.Cost.Sub(m.Fee)}}
	case Convert:
		return []Change{{m.Asset, m.Units.Neg()}, {m.Quote, m.Cost}}
	case Withdrawal, FiatOut:
		return []Change{{m.Asset, m.Units.Add(m.Fee).Neg()}}
	default:
		return []Change{{m.Asset, m.Units}}
	}
}

// Balances are what the account holds in the end.
func (h *History) Balances() map[string]money.Amount {
	sum := make(map[string]money.Amount)
	for i := range h.Moves {
		for _, c := range h.Moves[i].Changes() {
			sum[c.Asset] = sum[c.Asset].Add(c.Change)
		}
	}
	return sum
}

// Without is the history without some of its moves.
func (h *History) Without(left func(*Move) bool) *History {
	rest := &History{Fiat: h.Fiat}
	for i := range h.Moves {
		if !left(&h.Moves[i]) {
			rest.Moves = append(rest.Moves, h.Moves[i])
		}
	}
	return rest
}

// Behind is the first move of an asset that is told behind one that is left
// out; nil if there is none. What is left out before all that is told counts for
// nothing: it was there before.
func (h *History) Behind(asset string, out func(n int) bool) *Move {
	told, missing := false, false
	for i := range h.Moves {
		m := &h.Moves[i]
		if !slices.ContainsFunc(m.Changes(), func(c Change) bool { return c.Asset == asset }) {
			continue
		}
		if !out(m.N) && missing {
			return m
		}
		told, missing = told || !out(m.N), told && out(m.N) || missing
	}
	return nil
}

// Oracle is what the ledger must say of a history, one line for each event, in
// order. cut shortens times to what the exchange tells.
func (h *History) Oracle(cut time.Duration) []string {
	lines := make([]string, 0, len(h.Moves))
	for i := range h.Moves {
		lines = append(lines, h.Moves[i].fact(cut))
	}
	slices.Sort(lines)
	return lines
}

// fact is the line of one move.
func (m *Move) fact(cut time.Duration) string {
	f := Fact{At: m.At.Truncate(cut), Asset: m.Asset, Units: m.Units, Fee: m.Fee, FeeAsset: m.feeAsset(), Tx: m.Tx}
	switch m.Kind {
	case Buy:
		f.Kind, f.Quote, f.Cost = ledger.KindBuy, m.Quote, m.Cost
	case Sell:
		f.Kind, f.Quote, f.Cost = ledger.KindSell, m.Quote, m.Cost
	case Convert:
		f.Kind, f.Quote, f.Cost = ledger.KindSwap, m.Quote, m.Cost
	case Deposit, FiatIn:
		f.Kind = ledger.KindDeposit
	case Withdrawal, FiatOut:
		f.Kind = ledger.KindWithdrawal
	default:
		f.Kind = ledger.KindIncome
	}
	return f.String()
}

// Fact is what the ledger says, in the form in which oracle and events are
// compared.
type Fact struct {
	At       time.Time
	Kind     ledger.Kind
	Asset    string
	Units    money.Amount
	Quote    string
	Cost     money.Amount
	Fee      money.Amount
	FeeAsset string
	Tx       string
}

// String writes a fact.
func (f Fact) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s %s", f.At.UTC().Format("2006-01-02T15:04:05.000"), f.Kind, f.Units, f.Asset)
	if f.Quote != "" {
		fmt.Fprintf(&b, " for %s %s", f.Cost, f.Quote)
	}
	if !f.Fee.IsZero() {
		fmt.Fprintf(&b, " fee %s %s", f.Fee, f.FeeAsset)
	}
	if f.Tx != "" {
		b.WriteString(" tx " + f.Tx)
	}
	return b.String()
}

// FactOf is what an event says.
func FactOf(e *ledger.Event) Fact {
	m := e.Extra()
	f := Fact{At: e.At.Time(), Kind: e.Kind, Asset: e.Asset, Units: e.Amount, Fee: e.Fee, FeeAsset: e.FeeCurrency, Tx: m.TxHash}
	switch e.Kind {
	case ledger.KindBuy, ledger.KindSell:
		f.Quote, f.Cost = e.ValueCurrency, e.Value
	case ledger.KindSwap:
		f.Quote, f.Cost = m.ToAsset, m.ToAmount
	default:
	}
	if f.Fee.IsZero() {
		f.Fee, f.FeeAsset = m.FeeAmount, m.FeeAsset
	}
	return f
}

// Facts are the lines of events, in the order of Oracle.
func Facts(events []ledger.Event) []string {
	lines := make([]string, len(events))
	for i := range events {
		lines[i] = FactOf(&events[i]).String()
	}
	slices.Sort(lines)
	return lines
}
