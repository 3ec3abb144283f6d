package us

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// scheduleD is Schedule D: sums of the rows of Form 8949 as they are printed.
type scheduleD struct {
	sales *sales
	year  *tax.Year
	limit money.Amount
	lines tax.Layout
}

// rows returns the lines from top to bottom. Losses brought forward are those
// that the user gave for the year.
func (s *scheduleD) rows() []tax.BoxRow {
	var sums [2 * kinds]columns // by the index of a row's box
	s.sales.each(func(w *row) {
		t := &sums[w.index()]
		t.proceeds = t.proceeds.Add(w.proceeds)
		t.basis = t.basis.Add(w.basis)
		t.adjustment = t.adjustment.Add(w.adjustment)
		t.gain = t.gain.Add(w.gain)
	})
	rows, short := s.part(nil, "short", sums[:kinds], s.year.Answer("st_bf"))
	rows, long := s.part(rows, "long", sums[kinds:], s.year.Answer("lt_bf"))
	sum := short.Add(long)
	var deduction money.Amount
	if sum.Sign() < 0 {
		deduction = money.Max(sum, s.limit.Neg())
	}
	return append(rows, s.lines.Row("net", sum, 2), s.lines.Row("deduction", deduction, 2))
}

// part returns the lines of the short or the long term with their sum. All
// sales stand on Form 8949, so that lines 1a and 8a are empty.
func (s *scheduleD) part(rows []tax.BoxRow, term string, sums []columns, before money.Amount) ([]tax.BoxRow, money.Amount) {
	total := cents(before).Neg()
	for _, line := range []struct {
		name string
		columns
	}{
		{"direct", columns{}},
		{"basis", sums[reportBasis]},
		{"proceeds", sums[reportProceeds]},
		{"none", sums[reportNone]},
	} {
		name := term + "_" + line.name
		rows = append(rows,
			s.lines.Row(name+"_d", line.proceeds, 2), s.lines.Row(name+"_e", line.basis, 2),
			s.lines.Row(name+"_g", line.adjustment, 2), s.lines.Row(name+"_h", line.gain, 2))
		total = total.Add(line.gain)
	}
	return append(rows, s.lines.Row(term+"_carryover", cents(before).Neg(), 2), s.lines.Row(term+"_net", total, 2)), total
}
