package coinbase

import (
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// slot names rows of one type and one second.
type slot struct {
	kind string
	at   ledger.Instant
}

// dexWindow is how far apart the two rows of a trade on a chain may be.
const (
	dexWindow = 2
	second    = ledger.Instant(time.Second / time.Microsecond)
	crowd     = 64 // more rows than this in one second are not told apart
)

// join indexes the rows whose event may have two of them, and settles ETH that
// left to staking as a Send of ETH and a Receive of ETH2.
func (h *history) join() {
	staked := make(map[slot]bool)
	for i := range h.rows {
		r := &h.rows[i]
		if r.fault != nil {
			continue
		}
		switch r.kind {
		case "convert", "retail mgx dex buy", "retail mgx dex trade", "asset migration":
			s := slot{r.kind, r.at}
			h.slots[s] = append(h.slots[s], i)
		case "send", "receive":
			if r.code == "ETH2" {
				staked[slot{r.kind, r.at}] = true
			}
		}
	}
	if len(staked) > 0 {
		h.staked(staked)
	}
}

// staked ignores pairs of Send and Receive at one time and of one quantity, of
// which one is ETH and the other ETH2.
func (h *history) staked(at map[slot]bool) {
	type leg struct {
		slot
		code, quantity string
	}
	opposite := map[string]string{"send": "receive", "receive": "send"}
	other := map[string]string{"ETH": "ETH2", "ETH2": "ETH"}
	waiting := make(map[leg][]int)
	for i := range h.rows {
		r := &h.rows[i]
		twin := opposite[r.kind]
		if r.asset != "ETH" || r.fault != nil || twin == "" || !at[slot{r.kind, r.at}] && !at[slot{twin, r.at}] {
			continue
		}
		amount := r.quantity.Abs().String()
		k := leg{slot{twin, r.at}, other[r.code], amount}
		if is := waiting[k]; len(is) > 0 {
			waiting[k] = is[1:]
			h.ignore(whyETH2, is[0], i)
			continue
		}
		k = leg{slot{r.kind, r.at}, r.code, amount}
		waiting[k] = append(waiting[k], i)
	}
}

func (h *history) ignore(why string, is ...int) {
	for _, i := range is {
		h.rows[i].done = true
		h.c.Ignore(h.rows[i].line, why)
	}
}

// convert settles a conversion. Its received side stands in Notes and, in
// newer files, in a second row of the same time.
func (h *history) convert(i int) {
	r := &h.rows[i]
	group := h.slots[slot{r.kind, r.at}]
	if len(group) > crowd {
		h.c.Hold(r.line, h.cols.time.name, "too many conversions in one second to tell them apart")
		return
	}
	for _, k := range group {
		n, ok := parseConvert(h.rows[k].notes)
		if !ok || k != i && h.rows[k].done || !h.is(k, n.fromCode, n.from) {
			continue
		}
		mate := slices.IndexFunc(group, func(m int) bool {
			return m != k && (m == i || !h.rows[m].done) && h.received(m, n, h.rows[k].notes)
		})
		switch {
		case mate >= 0 && (k == i || group[mate] == i):
			h.book(k, group[mate], n)
			return
		case k == i:
			h.book(k, -1, n)
			return
		}
	}
	n, ok := parseConvert(r.notes)
	switch {
	case ok && h.is(i, n.toCode, n.to):
		h.book(-1, i, n) // the file lacks the row of what was given
	case ok:
		fault := h.disagree()
		h.c.Hold(r.line, fault.Column, fault.Reason)
	default:
		h.pair(i, 0)
	}
}

// is reports whether a row moves that amount of an asset.
func (h *history) is(i int, asset string, amount money.Amount) bool {
	return h.rows[i].asset == asset && near(h.rows[i].quantity.Abs(), amount)
}

// received reports whether a row is the second one of a conversion.
func (h *history) received(i int, n convertNote, notes string) bool {
	r := &h.rows[i]
	return h.is(i, n.toCode, n.to) && r.quantity.Sign() > 0 && (r.notes == "" || r.notes == notes)
}

// book adds a conversion of the row given, the row received, or both. Fees and
// spread are inside the units that arrived: the larger figure is what was
// given, the smaller one what arrived is worth.
func (h *history) book(given, received int, n convertNote) {
	lead, merged := given, []int(nil)
	if lead < 0 {
		lead = received
	} else if received >= 0 {
		h.rows[received].done = true
		merged = []int{h.rows[received].line}
	}
	r := &h.rows[lead]
	r.done = true
	if n.fromCode == n.toCode {
		h.c.Ignore(r.line, whyETH2)
		for _, line := range merged {
			h.c.Ignore(line, whyETH2)
		}
		return
	}
	e := h.entry(r, statement.Trade)
	e.Sent, e.Received = quantity(n.from, n.fromCode), quantity(n.to, n.toCode)
	if given >= 0 {
		e.Sent.Amount = r.quantity.Abs()
	}
	if fault := h.worth(&e, r); fault != nil {
		h.hold(fault, r.line, merged)
		return
	}
	h.c.Add(&e, r.line, merged...)
}

func (h *history) hold(fault *statement.Fault, line int, merged []int) {
	for _, l := range append([]int{line}, merged...) {
		h.c.Hold(l, fault.Column, fault.Reason)
	}
}

// worth sets the values of a conversion of units into units from the row's own
// figures, unless these are too far apart to be the two sides of one thing.
func (h *history) worth(e *statement.Entry, r *row) *statement.Fault {
	if e.Sent.Fiat() || e.Received.Fiat() || !money.IsFiat(r.currency) {
		return nil
	}
	subtotal, fault := h.figure(r, r.subtotal, h.cols.subtotal)
	if fault != nil {
		return fault
	}
	total, fault := h.figure(r, r.total, h.cols.total)
	if fault != nil {
		return fault
	}
	high, low := money.Max(subtotal, total), money.Min(subtotal, total)
	switch {
	case high.IsZero():
		e.Value, fault = h.fair(r)
		return fault
	case low.IsZero():
		low = high
	case !within(high.Sub(low), high, ten):
		return nil
	}
	e.Value = quantity(high, r.currency)
	if !low.Equal(high) {
		e.ReceivedValue = quantity(low, r.currency)
	}
	return nil
}

// pair settles two rows that say by their signs alone which side they are: no
// other row of the type may be within the window of seconds.
func (h *history) pair(i, window int) {
	r := &h.rows[i]
	var mates []int
	rivals := 0
	for d := -window; d <= window; d++ {
		group := h.slots[slot{r.kind, r.at + ledger.Instant(d)*second}]
		if len(group) > crowd {
			rivals++
			continue
		}
		for _, k := range group {
			m := &h.rows[k]
			switch {
			case k == i || m.done || h.toldInNotes(k):
			case m.quantity.Sign()*r.quantity.Sign() < 0 && m.asset != r.asset:
				mates = append(mates, k)
			default:
				rivals++
			}
		}
	}
	if len(mates) != 1 || rivals > 0 || !h.alone(mates, i, window) {
		h.c.Hold(r.line, h.cols.notes.name, "the other side is neither in Notes nor in exactly one row of the same time: enter the trade by hand")
		return
	}
	given, received := r, &h.rows[mates[0]]
	if given.quantity.Sign() > 0 {
		given, received = received, given
	}
	h.rows[mates[0]].done = true
	e := h.entry(given, statement.Trade)
	e.Sent, e.Received = quantity(given.quantity.Abs(), given.asset), quantity(received.quantity, received.asset)
	fault := h.sides(&e, given, received)
	merged := []int{h.rows[mates[0]].line}
	if fault != nil {
		h.hold(fault, r.line, merged)
		return
	}
	h.c.Add(&e, r.line, merged...)
}

// alone reports whether the one mate has no other row to go with.
func (h *history) alone(mates []int, i, window int) bool {
	m := &h.rows[mates[0]]
	for d := -window; d <= window; d++ {
		group := h.slots[slot{m.kind, m.at + ledger.Instant(d)*second}]
		if len(group) > crowd {
			return false
		}
		for _, k := range group {
			if k != i && k != mates[0] && !h.rows[k].done && !h.toldInNotes(k) {
				return false
			}
		}
	}
	return true
}

// toldInNotes reports whether a row is a conversion that its own Notes settle.
func (h *history) toldInNotes(i int) bool {
	n, ok := parseConvert(h.rows[i].notes)
	return ok && (h.is(i, n.fromCode, n.from) || h.is(i, n.toCode, n.to))
}

// sides sets the values of a trade from the rows of its two sides.
func (h *history) sides(e *statement.Entry, given, received *row) (fault *statement.Fault) {
	if e.Sent.Fiat() || e.Received.Fiat() {
		return nil
	}
	if e.Value, fault = h.fair(given); fault != nil {
		return fault
	}
	e.ReceivedValue, fault = h.fair(received)
	if e.ReceivedValue.Asset != e.Value.Asset {
		e.ReceivedValue = statement.Quantity{}
	}
	return fault
}

// migration settles the change of an asset into another: nothing happens if
// both codes are one asset here and the amounts cancel out.
func (h *history) migration(i int) {
	r := &h.rows[i]
	if r.fault == nil {
		group := h.slots[slot{r.kind, r.at}]
		if len(group) == 2 {
			a, b := &h.rows[group[0]], &h.rows[group[1]]
			if a.asset == b.asset && a.quantity.Add(b.quantity).IsZero() {
				h.ignore(whyRenamed, group...)
				return
			}
		}
	}
	h.c.Hold(r.line, h.cols.kind.name, r.word.Why)
}
