package strike

import (
	"cmp"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

func readNamed(in *statement.Input, c *statement.Collector) error {
	return read(in, c, named(in.Header))
}

func readNumbered(in *statement.Input, c *statement.Collector) error {
	return read(in, c, numbered(in.Header))
}

// read gathers the rows first: a target order is several rows of one
// reference, and a reference that names several payments is no identity.
func read(in *statement.Input, c *statement.Collector, cols columns) error {
	b := &batch{cols: cols, out: c, orders: make(map[string]*unit), first: make(map[string]record), several: make(map[string]bool)}
	for r := range in.Rows {
		b.take(r)
	}
	slices.SortStableFunc(b.units, func(x, y *unit) int { return cmp.Compare(x.lead().line, y.lead().line) })
	for _, u := range b.units {
		b.finish(u)
	}
	return nil
}

// batch is one file on its way to events.
type batch struct {
	cols   columns
	out    *statement.Collector
	units  []*unit
	orders map[string]*unit // one-sided trades by reference and type word

	first   map[string]record // the first of the other rows, by reference and type word
	several map[string]bool   // those whose rows differ: the reference is no identity
}

// unit is what becomes one event: a row, or the rows of one order.
type unit struct{ rows []record }

// take gives a row that needs no other its outcome and keeps the rest.
func (b *batch) take(r statement.Row) {
	state := r.Cell(b.cols.state)
	counts, known := states[statement.Fold(state)]
	switch {
	case !known:
		b.hold(r.Line, unknown(b.cols.name(b.cols.state), "state", state))
		return
	case !counts:
		b.out.Ignore(r.Line, "state: "+statement.Fold(state))
		return
	}
	w, known := words[statement.Fold(r.Cell(b.cols.word))]
	if known && w.Class == statement.ClassInternal {
		b.out.Ignore(r.Line, w.Why)
		return
	}
	rec, f := b.cols.record(r, b.out)
	switch {
	case rec.kind == "" && f == nil && len(rec.legs) == 0:
		b.out.Ignore(r.Line, "no type and no amount: a price only")
		return
	case rec.kind == "":
		f = &statement.Fault{Column: b.cols.name(b.cols.word), Reason: "missing: an amount without a type; say what it was"}
	case !known:
		f = unknown(b.cols.name(b.cols.word), "type", r.Cell(b.cols.word))
	}
	if f != nil {
		b.hold(r.Line, f)
		return
	}
	rec.word = w
	b.keep(rec)
}

// keep puts a record that is one side of a trade to the other rows of its
// order, and any other by itself.
func (b *batch) keep(rec record) {
	key := rec.key()
	if rec.word.Class != statement.ClassTrade || !rec.oneSided() || rec.id == "" {
		if other, ok := b.first[key]; ok && !other.same(&rec) {
			b.several[key] = true
		} else if !ok {
			b.first[key] = rec
		}
		b.units = append(b.units, &unit{rows: []record{rec}})
		return
	}
	if u := b.orders[key]; u != nil {
		u.rows = append(u.rows, rec)
		return
	}
	u := &unit{rows: []record{rec}}
	b.orders[key] = u
	b.units = append(b.units, u)
}

func (r *record) key() string { return r.id + "/" + r.kind }

// oneSided reports whether only one amount stands in a row.
func (r *record) oneSided() bool {
	n := 0
	for _, l := range r.legs {
		if !l.amount.IsZero() {
			n++
		}
	}
	return n == 1
}

// same reports whether two rows of one reference say the same.
func (r *record) same(o *record) bool { return r.at == o.at && slices.Equal(r.legs, o.legs) }

// lead returns the row that the event stands for: the last one in time, and
// among those of one second the one in which something arrives.
func (u *unit) lead() *record {
	lead := &u.rows[0]
	for i := range u.rows {
		r := &u.rows[i]
		if c := cmp.Compare(r.at, lead.at); c > 0 || c == 0 && arrives(r) && !arrives(lead) {
			lead = r
		}
	}
	return lead
}

func arrives(r *record) bool {
	return slices.ContainsFunc(r.legs, func(l leg) bool { return l.amount.Sign() > 0 })
}

// finish gives the rows of a unit their outcome.
func (b *batch) finish(u *unit) {
	lead := u.lead()
	var merged []int
	for i := range u.rows {
		if line := u.rows[i].line; line != lead.line {
			merged = append(merged, line)
		}
	}
	var e statement.Entry
	var f *statement.Fault
	if lead.word.Class == statement.ClassTrade {
		d := u.deal()
		if d.cancelled() && len(u.rows) > 1 {
			for i := range u.rows {
				b.out.Ignore(u.rows[i].line, "target order that was cancelled: what was set aside came back")
			}
			return
		}
		e, f = d.entry()
	} else {
		e, f = lead.move()
	}
	if f != nil {
		if f.Column == "" { // nothing stands in the row
			f.Column = b.cols.name(b.cols.legs[0].amount)
		}
		b.hold(lead.line, f)
		for _, line := range merged {
			b.hold(line, f)
		}
		return
	}
	if lead.id != "" && !b.several[lead.key()] {
		e.ID = lead.id + "/" + string(e.Type)
	}
	e.At = lead.at
	b.out.Add(&e, lead.line, merged...)
}

func (b *batch) hold(line int, f *statement.Fault) { b.out.Hold(line, f.Column, f.Reason) }
