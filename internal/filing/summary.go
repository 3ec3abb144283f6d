package filing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// How much of a summary's lists is kept; the result has all of it.
const (
	maxIssues = 500
	maxLots   = 400
)

// Summary is what pages show of a year without reading the result.
type Summary struct {
	Label    string `json:"label"`
	First    string `json:"first"` // "" for all years
	Last     string `json:"last"`
	Country  string `json:"country"`
	Method   string `json:"method"`
	Currency string `json:"currency"`
	Zone     string `json:"zone"`
	Rules    string `json:"rules"`
	Short    string `json:"short,omitempty"` // the country's names of holding periods; "" if they do not matter
	Long     string `json:"long,omitempty"`

	Years     []string        `json:"years"` // in which something happened
	Sources   []ledger.Source `json:"sources"`
	Disposals int             `json:"disposals"`
	Receipts  int             `json:"receipts"`
	Figures   []Figure        `json:"figures"` // of the year; the label's own, or of each for all
	Months    []Month         `json:"months"`
	Holdings  []Holding       `json:"holdings"`
	Counts    map[string]int  `json:"counts"` // of issues, by severity
	Issues    []Issue         `json:"issues"` // the gravest first
	Forms     []string        `json:"forms"`  // "8949.csv", as Form takes it

	LookedUp int        `json:"looked_up,omitempty"` // prices from outside
	Spreads  []string   `json:"spreads,omitempty"`   // where two sources lie far apart
	Unpriced int        `json:"unpriced,omitempty"`  // prices that were wanted in vain
	Gaps     []PriceGap `json:"gaps,omitempty"`      // which and why, not all if there are many
}

// Figure is one figure of a year's totals.
type Figure struct {
	Year   string       `json:"year"`
	Key    string       `json:"key"`
	Label  string       `json:"label"`
	Amount money.Amount `json:"amount"`
	Count  bool         `json:"count,omitempty"` // it is a number of things, not money
	Text   string       `json:"text,omitempty"`  // of an answer that is no amount
}

// Month is gains and losses of the taxable disposals of a month.
type Month struct {
	Month     string       `json:"month"` // "2024-05"
	Gains     money.Amount `json:"gains"`
	Losses    money.Amount `json:"losses"`
	Disposals int          `json:"disposals"`
}

// Holding is what is left of an asset at the end of the year.
type Holding struct {
	Asset   string       `json:"asset"`
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
	Cost    money.Amount `json:"cost"`
	Lots    []Lot        `json:"lots,omitempty"` // by the date of acquisition
}

// Lot is what is left of the acquisitions of a day.
type Lot struct {
	Acquired string       `json:"acquired"`
	Amount   money.Amount `json:"amount"`
}

// Issue is a doubt about the result.
type Issue struct {
	Code     string       `json:"code"`
	Title    string       `json:"title"`
	Severity string       `json:"severity"`
	Message  string       `json:"message"`
	File     string       `json:"file,omitempty"`
	Line     uint32       `json:"line,omitempty"`
	Stake    bool         `json:"stake,omitempty"`
	Low      money.Amount `json:"low,omitzero"`
	High     money.Amount `json:"high,omitzero"`
}

// summarise makes the summary of a view.
func (c *Computation) summarise(label string, v report.View, files []Output) Summary {
	r := c.Return
	s := Summary{
		Label: label, Country: r.Rules.Country, Method: r.Method.Short(), Currency: r.Currency, Zone: r.Zone, Rules: r.Rules.Version,
		Short: r.Rules.ShortTerm, Long: r.Rules.LongTerm,
		Years: c.labels(), Sources: r.Book.Sources, Disposals: len(v.Disposals), Receipts: len(v.Income),
		Months: months(v), Holdings: holdings(v), Counts: map[string]int{},
	}
	_, first, last, err := r.Rules.FindYear(label)
	if err == nil {
		s.First, s.Last = first.String(), last.String()
	}
	c.gaps(&s, first, last)
	for i := range v.Years {
		s.Figures = append(s.Figures, figures(r, &v.Years[i])...)
	}
	for i := range v.Issues {
		s.Counts[v.Issues[i].Severity.String()]++
	}
	s.Issues = issues(v)
	for _, f := range files {
		if name, ext, ok := strings.Cut(f.Name, "."); ok && f.Name != resultName {
			s.Forms = append(s.Forms, strings.TrimSuffix(name, "-"+label)+"."+ext)
		}
	}
	return s
}

// figures lists the totals of a year in the country's terms.
func figures(r *tax.Return, y *tax.Year) []Figure {
	var list []Figure
	for _, f := range report.YearFigures(r, y) {
		list = append(list, Figure{Year: y.Label, Key: f.Key, Label: f.Label, Amount: f.Amount, Count: f.Count, Text: f.Text})
	}
	return list
}

// months adds up the taxable disposals by month.
func months(v report.View) []Month {
	var list []Month
	for i := range v.Disposals {
		d := &v.Disposals[i]
		if !d.Taxable || d.Unknown {
			continue
		}
		y, m, _ := d.Date.Civil()
		name := fmt.Sprintf("%04d-%02d", y, m)
		if n := len(list); n == 0 || list[n-1].Month != name {
			list = append(list, Month{Month: name})
		}
		at := &list[len(list)-1]
		at.Disposals++
		for k := range d.Legs {
			if g := d.Legs[k].Gain(); g.Sign() < 0 {
				at.Losses = at.Losses.Sub(g)
			} else {
				at.Gains = at.Gains.Add(g)
			}
		}
	}
	return list
}

// holdings lists what is left, the lots of a day together.
func holdings(v report.View) []Holding {
	list := make([]Holding, 0, len(v.Remaining))
	room := maxLots
	for i := range v.Remaining {
		h := &v.Remaining[i]
		out := Holding{Asset: h.Asset, Account: h.Account, Amount: h.Amount, Cost: h.Cost}
		for k := range h.Lots {
			l := &h.Lots[k]
			day := l.Acquired.String()
			if n := len(out.Lots); n > 0 && (out.Lots[n-1].Acquired == day || room == 0) {
				out.Lots[n-1].Amount = out.Lots[n-1].Amount.Add(l.Amount)
				continue
			}
			if room > 0 {
				room--
				out.Lots = append(out.Lots, Lot{day, l.Amount})
			}
		}
		list = append(list, out)
	}
	return list
}

// issues lists the gravest issues.
func issues(v report.View) []Issue {
	book := v.Return.Book
	order := make([]*tax.Issue, len(v.Issues))
	for i := range v.Issues {
		order[i] = &v.Issues[i]
	}
	slices.SortStableFunc(order, func(a, b *tax.Issue) int { return cmp.Compare(b.Severity, a.Severity) })
	list := make([]Issue, 0, min(len(order), maxIssues))
	for _, is := range order[:min(len(order), maxIssues)] {
		out := Issue{
			Code: is.Code, Title: report.IssueTitle(is.Code), Severity: is.Severity.String(), Message: is.Message,
			Stake: is.Stake, Low: is.Low, High: is.High,
		}
		if is.Event != tax.NoEvent {
			o := book.Events[is.Event].Origin
			if int(o.File) < len(book.Sources) {
				out.File, out.Line = book.Sources[o.File].Name, o.Line
			}
		}
		list = append(list, out)
	}
	return list
}
