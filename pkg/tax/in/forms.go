package in

import (
	"strconv"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// rupees is the one place where figures become cells of Schedule VDA: whole
// rupees.
func rupees(a money.Amount) money.Amount { return a.Round(0, money.HalfUp) }

// forms returns Schedule VDA: one row for each transfer, which is a leg, for
// each has its own date of acquisition. The amount of a row is the income of
// the transfer, nil for a loss; the other columns stand in the description.
// Decision 62.
func forms(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	layouts, err := Layouts()
	if err != nil {
		return nil, err
	}
	l := tax.LayoutOf(layouts["schedule-vda"], y.Label)
	return []tax.Form{{
		Name: "schedule-vda", Ext: "csv", Header: []string{"box", "description", "amount"},
		Rows: func(w tax.RowWriter) {
			s := schedule{words: l, w: w}
			disposals := r.During(y.First, y.Last)
			for i := range disposals {
				if !disposals[i].Counts() {
					continue
				}
				for j := range disposals[i].Legs {
					s.transfer(&disposals[i], &disposals[i].Legs[j])
				}
			}
		},
	}}, nil
}

// schedule writes the rows with their numbers.
type schedule struct {
	words  tax.Layout
	w      tax.RowWriter
	number int64
	buf    []byte
}

// transfer writes one row. The income follows from the cells.
func (s *schedule) transfer(d *tax.Disposal, l *tax.Leg) {
	consideration, cost := rupees(l.Proceeds), rupees(l.Cost)
	s.number++
	s.buf = strconv.AppendInt(s.buf[:0], s.number, 10)
	s.w.Bytes(s.buf)
	s.buf = l.Amount.AppendTo(s.buf[:0])
	s.buf = append(s.buf, ' ')
	s.buf = append(s.buf, d.Asset...)
	s.word("acquired")
	if l.Acquired == 0 {
		s.buf = append(s.buf, "unknown"...)
	} else {
		s.buf = l.Acquired.AppendTo(s.buf)
	}
	s.word("transferred")
	s.buf = d.Date.AppendTo(s.buf)
	s.word("head")
	s.word("cost")
	s.buf = cost.AppendFixed(s.buf, 0)
	s.word("consideration")
	s.buf = consideration.AppendFixed(s.buf, 0)
	s.w.Bytes(s.buf)
	s.w.Money(tax.Positive(consideration.Sub(cost)), 0)
	s.w.End()
}

// word continues a description with the name of a column.
func (s *schedule) word(column string) {
	s.buf = append(s.buf, ", "...)
	s.buf = append(s.buf, s.words.Boxes[column].Text...)
	if column != "head" {
		s.buf = append(s.buf, ' ')
	}
}
