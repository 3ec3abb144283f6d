// Package bitstamp reads the transaction exports of Bitstamp in both layouts.
//
// All amounts are positive: the type says whether something came or went, and
// for trades the subtype does. Value is what the amount was traded for, the fee
// comes on top of it; of a withdrawal the fee is taken besides the amount.
//
// The older layout has the ticker behind each amount, times to the minute in a
// zone that it does not name, and no ids, so that equal rows are two events. The
// newer one has a column for each currency, instants, and an id for each row.
// A trade in both layouts cannot be seen to be one; read one of them.
package bitstamp

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

const venue = "Bitstamp"

// Formats returns both layouts. The older one needs the zone from outside.
func Formats() []statement.Format {
	return []statement.Format{
		{
			Name: "bitstamp", Title: "Bitstamp transactions", Venue: venue, ZoneInFile: true,
			Match: func(h statement.Header) bool {
				return h.Has("id", "type", "subtype", "datetime", "amount", "amount currency", "value", "value currency", "fee", "fee currency")
			},
			Read: func(in *statement.Input, c *statement.Collector) error { return read(in, c, newLayout(in)) },
		},
		{
			Name: "bitstamp-old", Title: "Bitstamp transactions (before 2024)", Venue: venue,
			Match: func(h statement.Header) bool {
				return h.Has("type", "datetime", "amount", "value", "rate", "fee", "sub type")
			},
			Read: func(in *statement.Input, c *statement.Collector) error { return read(in, c, oldLayout(in)) },
		},
	}
}

// layout is where the cells stand and how their times are written.
type layout struct {
	header              statement.Header
	id, kind, sub, date int
	amount, value, fee  place
	zone                *time.Location
	times               []string
}

// place is the column of a number and that of its currency; the number has the
// ticker behind it where there is none.
type place struct{ number, currency int }

func newLayout(in *statement.Input) *layout {
	h := in.Header
	at := func(name string) place { return place{h.Index(name), h.Index(name + " currency")} }
	return &layout{
		header: h, id: h.Index("id"), kind: h.Index("type"), sub: h.Index("subtype"), date: h.Index("datetime"),
		amount: at("amount"), value: at("value"), fee: at("fee"), zone: in.Zone,
		times: []string{time.RFC3339, "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05"},
	}
}

func oldLayout(in *statement.Input) *layout {
	h := in.Header
	at := func(name string) place { return place{h.Index(name), -1} }
	return &layout{
		header: h, id: -1, kind: h.Index("type"), sub: h.Index("sub type"), date: h.Index("datetime"),
		amount: at("amount"), value: at("value"), fee: at("fee"), zone: in.Zone,
		times: []string{"Jan. 2, 2006, 3:04 PM", "Jan 2, 2006, 3:04 PM", "January 2, 2006, 3:04 PM"},
	}
}

func read(in *statement.Input, c *statement.Collector, l *layout) error {
	for r := range in.Rows {
		if fault := l.read(r, c); fault != nil {
			c.Hold(r.Line, fault.Column, fault.Reason)
		}
	}
	return nil
}

// read gives a row its outcome, or returns why it is held.
func (l *layout) read(r statement.Row, c *statement.Collector) *statement.Fault {
	name := r.Cell(l.kind)
	word, known := words[statement.Fold(name)]
	switch {
	case !known:
		return l.fault(l.kind, `unknown type "`+name+`"`)
	case word.Class == statement.ClassInternal:
		c.Ignore(r.Line, word.Why)
		return nil
	case word.Class == statement.ClassReview:
		return l.fault(l.kind, word.Why)
	}
	at, err := statement.ParseTime(r.Cell(l.date), l.zone, l.times...)
	if err != nil {
		return l.fault(l.date, err.Error())
	}
	e, fault := l.entry(r, c, word)
	if fault != nil {
		return fault
	}
	e.At, e.ID, e.Label = at, r.Cell(l.id), word.Label
	c.Add(&e, r.Line)
	return nil
}

func (l *layout) fault(column int, reason string) *statement.Fault {
	return &statement.Fault{Column: l.header.Raw[column], Reason: reason}
}
