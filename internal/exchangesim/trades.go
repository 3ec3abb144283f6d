package exchangesim

import "time"

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

// Restore makes the key known again, for reading only.
func (s *Sim) Restore() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upgraded, s.revoked = false, false
}
