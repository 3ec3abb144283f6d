package us

import (
	"sort"
	"sync"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// header8949 is the header of our Form 8949 as CSV.
func header8949() []string {
	return []string{
		"Box", "Description", "Date Acquired", "Date Sold", "Proceeds", "Cost Basis", "Code", "Adjustment",
		"Gain or Loss", "Term", "Account", "Lot Id", "Disposal Id",
	}
}

// cents is the one place where figures become cells of Form 8949: to cents,
// halves up. Totals are sums of cells. Decision 52.
func cents(a money.Amount) money.Amount { return a.Round(2, money.HalfUp) }

// sales are the disposals of a year with what brokers reported about them.
type sales struct {
	r         *tax.Return
	disposals []tax.Disposal
	first     int // where they begin in r.Disposals
	boxes     tax.Layout
	matches   func() matches
}

// forms returns Form 8949 as CSV and TXF, and Schedule D.
func forms(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	layouts, err := Layouts()
	if err != nil {
		return nil, err
	}
	limit, err := lossLimit(r, y.Label)
	if err != nil {
		return nil, err
	}
	first := sort.Search(len(r.Disposals), func(i int) bool { return r.Disposals[i].Date >= y.First })
	s := &sales{r: r, disposals: r.During(y.First, y.Last), first: first, boxes: tax.LayoutOf(layouts["8949"], y.Label)}
	s.matches = sync.OnceValue(func() matches {
		if y.Label < firstForm1099DA {
			return nil
		}
		return match(r, s.disposals)
	})
	d := scheduleD{sales: s, year: y, limit: limit, lines: tax.LayoutOf(layouts["schedule-d"], y.Label)}
	return []tax.Form{
		{Name: "8949", Ext: "csv", Header: header8949(), Rows: s.rows},
		tax.BoxForm("schedule-d", d.rows),
		{Name: "8949", Ext: "txf", Style: tax.Style{Plain: true, CRLF: true}, Rows: func(w tax.RowWriter) { s.txf(w, y.Last) }},
	}, nil
}

// firstForm1099DA is the first year for which brokers send Form 1099-DA.
const firstForm1099DA = "2025"

// row is a row of Form 8949 about one leg. It is used again for the next.
type row struct {
	d      *tax.Disposal
	place  int // of d among the disposals of the year
	leg    *tax.Leg
	long   bool
	report reporting
	columns
}

// each makes the rows one by one, by date of sale and then in the order in
// which lots were taken.
func (s *sales) each(yield func(w *row)) {
	found := s.matches()
	var w row
	for i := range s.disposals {
		w.d, w.place = &s.disposals[i], i
		if !w.d.Counts() {
			continue
		}
		sale := found.of(place{i, whole}, w.d)
		for j := range w.d.Legs {
			w.leg = &w.d.Legs[j]
			w.long = w.leg.Term == tax.LongTerm
			switch {
			case sale != nil:
				w.report = sale.report
				w.columns = sale.next(w.leg)
			case len(found) > 0 && found[place{i, j}] != nil:
				one := found.ofLeg(place{i, j}, w.leg)
				w.report = one.report
				w.columns = one.next(w.leg)
			default:
				w.report = reportNone
				w.columns = fill(reportNone, cents(w.leg.Proceeds.Sub(w.leg.Fees)), cents(w.leg.Cost), money.Amount{})
			}
			yield(&w)
		}
	}
}

// rows writes the form as CSV. It makes no garbage per row.
func (s *sales) rows(w tax.RowWriter) {
	box := s.names(func(b tax.Box) string { return b.Number })
	short, long := s.r.Rules.ShortTerm, s.r.Rules.LongTerm
	buf := make([]byte, 0, 64)
	var ids *tax.DisposalIDs
	if s.r.Book != nil {
		ids = tax.NewDisposalIDs(s.r)
	}
	var seen uint32 // of no meaning; see Return.Ahead
	s.each(func(x *row) {
		w.Text(box[x.index()])
		buf = describe(buf[:0], x)
		w.Bytes(buf)
		w.Date(x.leg.Acquired, tax.USDate)
		w.Date(x.d.Date, tax.USDate)
		w.Money(x.proceeds, 2)
		w.Money(x.basis, 2)
		w.Text(x.code)
		w.Money(x.adjustment, 2)
		w.Money(x.gain, 2)
		if x.long {
			w.Text(long)
		} else {
			w.Text(short)
		}
		w.Text(named(x.d.Account))
		if ids == nil {
			w.Text("")
			w.Text("")
			w.End()
			return
		}
		if x.leg == &x.d.Legs[0] {
			seen += s.r.Ahead(s.first + x.place)
		}
		if x.leg.Lot == tax.NoEvent {
			w.Text("")
		} else {
			w.ID(s.r.Book.Events[x.leg.Lot].ID)
		}
		w.ID(ids.ID(s.first + x.place))
		w.End()
	})
}

// index tells the boxes apart.
func (w *row) index() int {
	if w.long {
		return kinds + int(w.report)
	}
	return int(w.report)
}

// names returns one word for each box, by index.
func (s *sales) names(of func(b tax.Box) string) [2 * kinds]string {
	var names [2 * kinds]string
	for i := range names {
		names[i] = of(s.boxes.Boxes[boxName(i)])
	}
	return names
}

// describe appends column (a): units with at least eight decimals, and asset.
func describe(b []byte, w *row) []byte {
	// Round gives back the very same amount when it has nothing to drop, which
	// is cheaper to see than how many decimals there are.
	if a := w.leg.Amount; a.Round(8, money.Down) == a || a.Decimals() <= 8 {
		b = a.AppendFixed(b, 8)
	} else {
		b = a.AppendTo(b)
	}
	b = append(b, ' ')
	return append(b, w.d.Asset...)
}
