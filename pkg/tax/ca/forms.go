package ca

import (
	"maps"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// cents is the one place where figures become cells of Schedule 3.
func cents(a money.Amount) money.Amount { return a.Round(2, money.HalfUp) }

// forms returns Schedule 3.
func forms(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	layouts, err := Layouts()
	if err != nil {
		return nil, err
	}
	t, err := Table()
	if err != nil {
		return nil, err
	}
	l := tax.LayoutOf(layouts["schedule-3"], y.Label)
	inclusion, known := t.Value(y.Label, "inclusion")
	return []tax.Form{tax.BoxForm("schedule-3", func() []tax.BoxRow {
		s := schedule{lines: l}
		s.assets(r.During(y.First, y.Last))
		s.add("Total: ", "proceeds", s.total.proceeds)
		s.add("Total: ", "gain", s.total.gain())
		if known {
			s.rows = append(s.rows, l.Row("taxable", cents(tax.Positive(s.total.gain()).Mul(inclusion)), 2))
		} else {
			s.rows = append(s.rows, l.Words("taxable", ""))
		}
		return s.rows
	})}, nil
}

// position is an asset's line of Schedule 3, columns (2) to (4), and what the
// superficial-loss rule denied.
type position struct{ units, proceeds, acb, outlays, denied money.Amount }

// gain is column (5). A denied loss is not reported, so it is added back.
func (p position) gain() money.Amount {
	return p.proceeds.Sub(p.acb).Sub(p.outlays).Add(p.denied)
}

// schedule is the rows of Schedule 3. Decision 57.
type schedule struct {
	lines tax.Layout
	rows  []tax.BoxRow
	total position
}

// assets writes a group of rows for each asset, by name, with all its
// disposals of the year; units share one cost, so the year of acquisition is
// Various. Every cell is rounded, and the gain follows from the cells.
func (s *schedule) assets(disposals []tax.Disposal) {
	sums := make(map[string]*position)
	for i := range disposals {
		d := &disposals[i]
		if !d.Counts() {
			continue
		}
		p := sums[d.Asset]
		if p == nil {
			p = new(position)
			sums[d.Asset] = p
		}
		p.units = p.units.Add(d.Amount)
		p.proceeds = p.proceeds.Add(d.Proceeds)
		p.acb = p.acb.Add(d.Cost)
		p.outlays = p.outlays.Add(d.Fees)
		p.denied = p.denied.Add(d.Denied)
	}
	for _, asset := range slices.Sorted(maps.Keys(sums)) {
		p := *sums[asset]
		name := asset + ", " + p.units.String() + " units, acquired Various: "
		p.proceeds, p.acb, p.outlays, p.denied = cents(p.proceeds), cents(p.acb), cents(p.outlays), cents(p.denied)
		s.add(name, "asset_proceeds", p.proceeds)
		s.add(name, "asset_acb", p.acb)
		s.add(name, "asset_outlays", p.outlays)
		if !p.denied.IsZero() {
			s.add(name, "asset_denied", p.denied)
		}
		s.add(name, "asset_gain", p.gain())
		s.total.proceeds = s.total.proceeds.Add(p.proceeds)
		s.total.acb = s.total.acb.Add(p.acb)
		s.total.outlays = s.total.outlays.Add(p.outlays)
		s.total.denied = s.total.denied.Add(p.denied)
	}
}

// add writes one row.
func (s *schedule) add(before, box string, a money.Amount) {
	r := s.lines.Row(box, a, 2)
	r.Box.Text = before + r.Box.Text
	s.rows = append(s.rows, r)
}
