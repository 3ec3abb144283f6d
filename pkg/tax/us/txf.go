package us

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// txf writes Form 8949 in the tax exchange format, version 042, the last that
// was published (2011). Its limits:
//
//   - it knows only the boxes A to F; G to L go under the codes of the same
//     term and the same kind of form (321, 711, 712, 323, 713, 714), so that a
//     program that reads it labels the rows A to F and the box must be mended
//     there;
//   - it has no columns (f) and (g): rows with a code lose it and show the
//     proceeds and the basis of columns (d) and (e) only;
//   - it has no place for the account and the ids;
//   - the date of creation in its head is the last day of the tax year, for
//     the same input gives the same bytes.
//
// Each cell is a line, each row a record. Decision 54.
func (s *sales) txf(w tax.RowWriter, last ledger.Date) {
	ref := s.names(func(b tax.Box) string { return b.Ref })
	w.Text("V042")
	w.Text("ALedgersys")
	buf := usDate(append(make([]byte, 0, 64), "D "...), last)
	w.Bytes(buf)
	w.Text("^")
	w.End()
	var acquired, sold dateLine
	s.each(func(x *row) {
		w.Text("TD")
		buf = append(append(buf[:0], 'N'), ref[x.index()]...)
		w.Bytes(buf)
		w.Text("C1")
		w.Text("L1")
		buf = x.leg.Amount.AppendTo(append(buf[:0], 'P'))
		buf = append(append(buf, ' '), x.d.Asset...)
		w.Bytes(buf)
		w.Bytes(acquired.of(x.leg.Acquired))
		w.Bytes(sold.of(x.d.Date))
		buf = dollars(buf[:0], x.basis)
		w.Bytes(buf)
		buf = dollars(buf[:0], x.proceeds)
		w.Bytes(buf)
		w.Text("^")
		w.End()
	})
}

// dateLine is a line with a date, which mostly is that of the record before.
type dateLine struct {
	date ledger.Date
	text []byte
}

func (l *dateLine) of(d ledger.Date) []byte {
	if l.date != d || l.text == nil {
		l.date, l.text = d, usDate(append(l.text[:0], 'D'), d)
	}
	return l.text
}

func dollars(b []byte, a money.Amount) []byte { return a.AppendFixed(append(b, '$'), 2) }

// usDate appends mm/dd/yyyy, or nothing for no date.
func usDate(b []byte, d ledger.Date) []byte {
	if d == 0 {
		return b
	}
	y, m, day := d.Civil()
	b = append(b, '0'+byte(m/10), '0'+byte(m%10), '/', '0'+byte(day/10), '0'+byte(day%10), '/')
	return append(b, '0'+byte(y/1000%10), '0'+byte(y/100%10), '0'+byte(y/10%10), '0'+byte(y%10))
}
