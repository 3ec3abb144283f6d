package tax

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Table is a country's rates, exemptions, limits and bands by tax year and
// name, as its data file says. What holds in every year stands under
// [EveryYear].
type Table map[string]map[string]Fact

// EveryYear is where a [Table] keeps what does not change with the year.
const EveryYear = "every"

// Fact is one figure of the law with its source.
type Fact struct {
	Value  money.Amount `json:"value"`
	Bands  []Band       `json:"bands,omitempty"`
	Source string       `json:"source"`
	// Unverified marks what was not confirmed in a text that could be read.
	Unverified bool   `json:"unverified,omitempty"`
	Note       string `json:"note,omitempty"`
}

// Band is a slice of income with its rate.
type Band struct {
	UpTo *money.Amount `json:"up_to"` // nil for the last
	Rate money.Amount  `json:"rate"`
}

// String returns the figure, or its bands as bound:rate, with a question mark
// if it is unverified.
func (f Fact) String() string {
	s := f.Value.String()
	if len(f.Bands) > 0 {
		s = ""
		for _, b := range f.Bands {
			if b.UpTo != nil {
				s += b.UpTo.String()
			}
			s += ":" + b.Rate.String() + ";"
		}
	}
	if f.Unverified {
		s += "?"
	}
	return s
}

// ParseTable reads a data file of figures. A figure without a source, or with
// a member that is unknown, is refused.
func ParseTable(data []byte) (Table, error) {
	var t Table
	if err := strict(data, &t); err != nil {
		return nil, fmt.Errorf("table of figures: %w", err)
	}
	for year, facts := range t {
		for name, f := range facts {
			if f.Source == "" {
				return nil, fmt.Errorf("table of figures: %s %s has no source", year, name)
			}
		}
	}
	return t, nil
}

// Value returns a figure of a year, or of every year, and whether there is one.
func (t Table) Value(year, name string) (money.Amount, bool) {
	f, ok := t.fact(year, name)
	return f.Value, ok
}

// Bands returns the bands of a year and whether there are any.
func (t Table) Bands(year, name string) ([]Band, bool) {
	f, ok := t.fact(year, name)
	return f.Bands, ok && len(f.Bands) > 0
}

func (t Table) fact(year, name string) (Fact, bool) {
	if f, ok := t[year][name]; ok {
		return f, true
	}
	f, ok := t[EveryYear][name]
	return f, ok
}

// InBands returns the tax on an income: for each band the part of the income
// inside it, times its rate.
func InBands(income money.Amount, bands []Band) money.Amount {
	var tax, from money.Amount
	for _, b := range bands {
		top := income
		if b.UpTo != nil {
			top = money.Min(income, *b.UpTo)
		}
		if top.Cmp(from) > 0 {
			tax = tax.Add(top.Sub(from).Mul(b.Rate))
			from = top
		}
	}
	return tax
}

// Layout is the boxes of a form from a tax year on.
type Layout struct {
	From       string         `json:"from"` // the label of the first year
	Source     string         `json:"source"`
	Unverified bool           `json:"unverified,omitempty"`
	Boxes      map[string]Box `json:"boxes"`
}

// Box is where a figure stands on a form.
type Box struct {
	Number string `json:"box"`
	Text   string `json:"text"`
	Ref    string `json:"ref,omitempty"` // what an exchange format calls it
}

// ParseLayouts reads a data file of forms: for each form its layouts, the
// latest first.
func ParseLayouts(data []byte) (map[string][]Layout, error) {
	var forms map[string][]Layout
	if err := strict(data, &forms); err != nil {
		return nil, fmt.Errorf("table of forms: %w", err)
	}
	for form, list := range forms {
		for i, l := range list {
			if l.Source == "" || i > 0 && list[i-1].From <= l.From {
				return nil, fmt.Errorf("table of forms: %s from %s has no source, or is not older than the one above", form, l.From)
			}
		}
	}
	return forms, nil
}

// LayoutOf returns the layout that holds in a year: the latest that began by
// then. A year before the first has the first.
func LayoutOf(list []Layout, year string) Layout {
	for _, l := range list {
		if l.From <= year {
			return l
		}
	}
	if len(list) == 0 {
		return Layout{}
	}
	return list[len(list)-1]
}

// Row returns a row of a form of boxes with an amount.
func (l Layout) Row(name string, amount money.Amount, places int) BoxRow {
	return BoxRow{Box: l.Boxes[name], Amount: amount, Places: places}
}

// Words returns a row of a form of boxes with text instead of an amount, or
// with nothing.
func (l Layout) Words(name, text string) BoxRow {
	return BoxRow{Box: l.Boxes[name], Words: text, Places: -1}
}

// BoxRow is a row of a form of boxes: an amount with that many places, or
// words if the places are below 0.
type BoxRow struct {
	Box    Box
	Amount money.Amount
	Places int
	Words  string
}

// BoxForm returns a form whose rows are box, description and amount. The rows
// are made when the form is written.
func BoxForm(name string, rows func() []BoxRow) Form {
	return Form{
		Name: name, Ext: "csv", Header: []string{"box", "description", "amount"},
		Rows: func(w RowWriter) {
			for _, r := range rows() {
				w.Text(r.Box.Number)
				w.Text(r.Box.Text)
				if r.Places < 0 {
					w.Text(r.Words)
				} else {
					w.Money(r.Amount, r.Places)
				}
				w.End()
			}
		},
	}
}

// During returns the disposals of a return dated in a span of days, both ends
// included. What it returns belongs to the return.
func (r *Return) During(first, last ledger.Date) []Disposal {
	from := sort.Search(len(r.Disposals), func(i int) bool { return r.Disposals[i].Date >= first })
	to := sort.Search(len(r.Disposals), func(i int) bool { return r.Disposals[i].Date > last })
	return r.Disposals[from:max(from, to)]
}

// Counts reports whether a disposal stands in totals and forms: taxable, with
// known proceeds.
func (d *Disposal) Counts() bool { return d.Taxable && !d.Unknown }

// Answer returns a figure of the year's answer, 0 if it has none of that name.
func (y *Year) Answer(key string) money.Amount {
	for _, c := range y.Answers {
		if c.Key == key {
			if a, err := money.Parse(c.Text); err == nil {
				return a
			}
		}
	}
	return money.Amount{}
}

// HasAnswer reports whether the year's answer has a figure of that name.
func (y *Year) HasAnswer(key string) bool {
	for _, c := range y.Answers {
		if c.Key == key {
			return true
		}
	}
	return false
}

// strict decodes JSON and refuses members that the type does not have.
func strict(data []byte, into any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	return dec.Decode(into)
}
