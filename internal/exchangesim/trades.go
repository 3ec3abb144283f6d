package exchangesim

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// NewTrades makes a history of n purchases and sales for money, always the same
// for a seed, with the deposits of money that they need. It is what somebody
// brings who trades a lot.
func NewTrades(seed uint64, n int, fiat string) *History {
	h := NewHistory(seed, 1, fiat)
	at := h.last()
	for trades := 0; trades < n; {
		m := h.draw()
		if m.Kind != Buy && m.Kind != Sell && m.Kind != FiatIn {
			continue
		}
		at = at.Add(time.Duration(1+h.rng.IntN(240)) * time.Second)
		m.At = at
		h.put(m)
		if made := h.Moves[len(h.Moves)-1].Kind; made == Buy || made == Sell {
			trades++
		}
	}
	return h
}

// Crowd adds n equal purchases and deposits of one moment, more than any page
// holds.
func (h *History) Crowd(n int) *History {
	coin, units, cost := h.coins[0], money.MustParse("0.001"), money.MustParse("21.5")
	h.put(Move{At: h.last().Add(time.Second), Kind: FiatIn, Asset: h.Fiat, Units: money.FromInt(int64(100 * n))})
	at := h.last().Add(time.Second)
	for i := range n {
		m := Move{At: at, Kind: Buy, Asset: coin, Units: units, Quote: h.Fiat, Cost: cost, Fee: money.MustParse("0.0559")}
		if i%4 == 3 {
			m = Move{At: at, Kind: Deposit, Asset: coin, Units: units, Tx: h.tx()}
		}
		h.put(m)
	}
	return h
}

// Rush adds n equal purchases of one moment, and returns when that is.
func (h *History) Rush(n int) time.Time {
	units, cost := money.MustParse("0.001"), money.MustParse("21.5")
	h.put(Move{At: h.last().Add(time.Second), Kind: FiatIn, Asset: h.Fiat, Units: money.FromInt(int64(100 * n))})
	at := h.last().Add(time.Second)
	for range n {
		h.put(Move{At: at, Kind: Buy, Asset: h.coins[0], Units: units, Quote: h.Fiat, Cost: cost, Fee: money.MustParse("0.0559")})
	}
	return at
}

// Arrive adds a deposit of a moment.
func (h *History) Arrive(at time.Time) {
	h.put(Move{At: at, Kind: Deposit, Asset: h.coins[0], Units: money.MustParse("0.001"), Tx: h.tx()})
}

// Extremes adds the smallest and the greatest amounts that an exchange may
// tell, and an asset that nobody knows.
func (h *History) Extremes() *History {
	for i, units := range []string{"0.000000000000000001", "999999999999999999", "1000000000000000000", "123456789012345678.123456789012345678"} {
		for _, coin := range []string{h.coins[1], "NEWCOIN7"} {
			at := h.last().Add(time.Duration(1+i) * time.Minute)
			h.put(Move{At: at, Kind: Deposit, Asset: coin, Units: money.MustParse(units), Tx: h.tx()})
		}
	}
	return h
}

// Restore makes the key known again, for reading only.
func (s *Sim) Restore() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upgraded, s.revoked = false, false
}
