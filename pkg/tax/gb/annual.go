package gb

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// The year in which the rates changed, in days since 1970: from 6 April 2024
// to 5 April 2025, new rates from 30 October 2024.
const (
	mixedFirst ledger.Date = 19819
	newRates   ledger.Date = 20026
	mixedLast  ledger.Date = 20183
)

// annual answers uk_cgt and the carried losses for a computed year.
// Decisions 34 to 37.
func annual(r *tax.Return, y *tax.Year, given json.RawMessage) (cells []tax.Cell, err error) {
	defer tax.Catch(&err)
	t, err := Table()
	if err != nil {
		return nil, err
	}
	g := tax.NewReader(given, "losses_bf", "aea", "taxable_income", "basic_band", "rate_lower", "rate_higher")
	before := g.Or("losses_bf", money.Amount{})
	exempt, known := exemptAmount(r, t, g, y.Label)
	c := charge{reader: g, table: t, year: y, trust: r.Person.Taxpayer == "trust"}
	c.read()
	if g.Err() != nil {
		return nil, g.Err()
	}
	if !known {
		return nil, &tax.Incomplete{
			Year: y.Label, Keys: []string{"taxable", "loss_cf", "at_lower", "at_higher", "tax"},
			Why: r.Rules.Version + " has no annual exempt amount for the year; give aea",
		}
	}
	taxable, forward := relieve(y.Net(), exempt, before)
	cells = []tax.Cell{tax.Figure("taxable", taxable), tax.Figure("loss_cf", forward)}
	if r.Person.Taxpayer == "company" {
		return cells, c.left("a company pays corporation tax on its gains, which is not computed")
	}
	more, err := c.on(taxable)
	return append(cells, more...), err
}

// exemptAmount returns the annual exempt amount: none for companies, half for
// trusts.
func exemptAmount(r *tax.Return, t tax.Table, g *tax.Reader, year string) (money.Amount, bool) {
	switch r.Person.Taxpayer {
	case "company":
		return g.Or("aea", money.Amount{}), true
	case "trust":
		return t.Or(g, "aea", year, "aea_trust")
	}
	return t.Or(g, "aea", year, "aea")
}

// charge is the tax on what is taxable of a year's gains.
type charge struct {
	reader *tax.Reader
	table  tax.Table
	year   *tax.Year
	trust  bool

	income, band        money.Amount
	hasIncome, hasBand  bool
	now, early          rates // early: to 29 October 2024
	hasRates, hasChange bool
}

// read takes income, band and rates from the user or from the table. Rates
// from the user hold for the whole year.
func (c *charge) read() {
	label := c.year.Label
	c.income, c.hasIncome = c.reader.Take("taxable_income")
	c.band, c.hasBand = c.table.Or(c.reader, "basic_band", label, "basic_band")
	_, own := c.reader.Take("rate_lower")
	_, ownToo := c.reader.Take("rate_higher")
	lower, ok := c.table.Or(c.reader, "rate_lower", label, "rate_lower")
	higher, okToo := c.table.Or(c.reader, "rate_higher", label, "rate_higher")
	c.now, c.hasRates = rates{lower, higher}, ok && okToo
	c.early = c.now
	if !own && !ownToo {
		c.early, c.hasChange = earlyRates(c.table, label)
	}
}

// earlyRates returns the rates of a year's first part, if they changed in it.
func earlyRates(t tax.Table, year string) (rates, bool) {
	lower, ok := t.Value(year, "rate_lower_early")
	higher, _ := t.Value(year, "rate_higher_early")
	return rates{lower, higher}, ok
}

// on computes the tax. Losses and the exempt amount go against the gains of
// the higher rates first; what is left of the basic rate band goes to the
// gains at 10 per cent first, where it saves more. Both is the taxpayer's
// choice (TCGA 1992 s1F, s1I) and always the least tax, since 10 < 18, 20 < 24
// and 20 − 10 > 24 − 18. Decision 35.
func (c *charge) on(taxable money.Amount) ([]tax.Cell, error) {
	var room money.Amount
	switch {
	case taxable.IsZero():
	case !c.hasRates:
		return nil, c.left("the tables have no rates for the year; give rate_lower, rate_higher and basic_band")
	case c.trust: // trustees pay the higher rate throughout
	case !c.hasIncome:
		return nil, c.left("they depend on the income of the year after the personal allowance; give taxable_income")
	case !c.hasBand:
		return nil, c.left("the tables have no basic rate band for the year; give basic_band")
	default:
		room = tax.Positive(c.band.Sub(c.income))
	}
	early := money.Amount{}
	if c.hasChange {
		relief := c.year.Gains.Sub(taxable)
		late := tax.Positive(c.year.Get("gains_from_2024_10_30").Sub(relief))
		early = taxable.Sub(late)
	}
	lower := money.Min(taxable, room)
	lowerEarly := money.Min(lower, early)
	lowerLate := lower.Sub(lowerEarly)
	due := c.early.tax(lowerEarly, early.Sub(lowerEarly)).
		Add(c.now.tax(lowerLate, taxable.Sub(early).Sub(lowerLate)))
	return []tax.Cell{
		tax.Figure("at_lower", lower), tax.Figure("at_higher", taxable.Sub(lower)), tax.Figure("tax", due),
	}, nil
}

// left says why the tax is left out.
func (c *charge) left(why string) error {
	return &tax.Incomplete{Year: c.year.Label, Keys: []string{"at_lower", "at_higher", "tax"}, Why: why}
}
