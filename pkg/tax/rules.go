// Package tax computes a return: a book of events, a country's rules, prices
// and options in; disposals with the legs and reasons behind each figure,
// income, totals by tax year, what is left and what is in doubt out. The same
// input gives the same output. It has no clock, no files and no network.
//
// What differs between countries is data in [Rules]; the packages below this
// one fill it in. Decisions and their sources are listed in DECISIONS.md.
package tax

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Method is a way to say which units a disposal takes and what they cost.
type Method uint8

// The methods. The zero Method never computes.
const (
	MethodUnknown Method = iota
	FIFO
	LIFO
	HIFO
	LOFO
	Specific
	Average
	S104          // United Kingdom, people: same day, 30 days, Section 104 pool
	CorporatePool // United Kingdom, companies: same day, ten days, Section 104 pool
	ACB           // Canada: adjusted cost base with superficial losses
	FourWeekFIFO  // Ireland: FIFO with the four-week rule
	DatedFIFO     // Germany: FIFO with the one-year rule
	DatedAverage  // Germany: dates by FIFO, values by average
	methods
)

var methodNames = [methods]struct{ short, long string }{
	{"", ""},
	{"fifo", "fifo"},
	{"lifo", "lifo"},
	{"hifo", "hifo"},
	{"lofo", "lofo"},
	{"specific", "specific"},
	{"average", "average"},
	{"s104", "uk-s104"},
	{"s104", "uk-corporate-pool"},
	{"acb", "acb"},
	{"fifo", "ie-fifo-4w"},
	{"fifo", "de-fifo"},
	{"average", "de-average"},
}

// Short returns the name that a result shows: s104, fifo, average, …
func (m Method) Short() string { return methodNames[m].short }

// String returns the name that tells all methods apart: uk-corporate-pool, …
func (m Method) String() string { return methodNames[m].long }

// Pool reports whether units have no lots but share one cost.
func (m Method) Pool() bool { return m == S104 || m == CorporatePool || m == ACB || m == Average }

// Day names the first day of a tax year.
type Day struct {
	Month time.Month
	Day   int
}

// FeeSide says which side of a swap bears its fee.
type FeeSide uint8

// The sides.
const (
	FeeOnDisposal FeeSide = iota
	FeeOnAcquisition
	FeeHalf
)

// Rules is what a country's law decides, as data and small functions. A value
// is made by the country's package and never changed.
type Rules struct {
	Country  string // ISO 3166 alpha-2, or XX for the generic set
	Version  string // of the rule data: "GB/2026.1"
	Currency string // the reporting currency unless the user names another; "" if there is none
	Zone     string // IANA tax zone unless the user names another

	// ZoneIsGuess marks countries with several zones: a result that rests on
	// the default carries the issue zone.default.
	ZoneIsGuess bool

	Methods        []Method // the first is the default for people
	CompanyMethods []Method // if companies differ; the first is their default

	// Scope is the inventory by which lots are kept when neither the file nor
	// the user says (statements, Ledgersys CSV).
	Scope Scope

	YearStart Day
	// SplitLabel labels years "2024-25"; without it the label is one year.
	// LabelByEnd takes the year in which the tax year ends.
	SplitLabel, LabelByEnd bool

	SwapCostGiven    bool // a swapped-in asset costs what was given for it, not its own value
	SwapFee          FeeSide
	GiftIsDisposal   bool // gift_out and donate are taxable disposals at market value
	LossIsDisposal   bool // lost units are a taxable disposal without proceeds
	DualBasis        bool // gifts received may be sold at the lower market value at the gift
	DonorCostCarries bool // a gift received continues the giver's cost
	NetPerDisposal   bool // gains and losses count each disposal's net, not each leg

	// Terms names the two holding periods, at most one year and longer; both
	// empty where the period does not matter.
	ShortTerm, LongTerm string

	// Count adds the country's extra keys of a tax year for a taxable
	// disposal with known proceeds. Nil if there are none.
	Count func(d *Disposal, add func(key string, a money.Amount))

	// Compute is the annual arithmetic on given figures (levels year and
	// form of the vectors). given is a JSON object of decimal strings.
	Compute func(name, year string, given json.RawMessage) ([]Answer, error)

	// Annual is the same arithmetic on the totals of a computed year, from
	// the country's own tables of rates and limits and what the user gave for
	// that year. It never returns the names that a year has already (net,
	// gains, …). With an error that is an [*Incomplete] the cells hold all the
	// same, and what is left out is a warning. Nil if the country has none.
	Annual func(r *Return, y *Year, given json.RawMessage) ([]Cell, error)

	// Check returns the country's own issues about a finished return. Nil if
	// it has none.
	Check func(r *Return) []Issue

	// Forms returns the country's forms of one year, the generic ones apart.
	Forms func(r *Return, y *Year) ([]Form, error)
}

// Scope says which units may answer for a disposal.
type Scope struct {
	// PerAccount keeps an inventory for each account, from the date From on
	// if that is set, else always.
	PerAccount bool
	From       ledger.Date
}

// Person is who is taxed.
type Person struct {
	Taxpayer     string // person, company or trust
	FilingStatus string // single, mfj, mfs, hoh, qss; "" if not given
}

// Answer holds the answer keys of one tax year.
type Answer struct {
	Year  string
	Cells []Cell
}

// Cell is one named figure or word of an answer.
type Cell struct {
	Key  string
	Text string
}

// Figure returns a cell that holds an amount, at most 18 decimals.
func Figure(key string, a money.Amount) Cell {
	return Cell{key, a.Round(Places, money.HalfEven).String()}
}

// Places is how many decimals a result shows at most.
const Places = 18

// YearOf returns the label of the tax year of a date, and its first and last
// day.
func (r *Rules) YearOf(d ledger.Date) (label string, first, last ledger.Date) {
	y, m, day := d.Civil()
	start := r.YearStart
	if start.Month == 0 {
		start = Day{time.January, 1}
	}
	if m < start.Month || m == start.Month && day < start.Day {
		y--
	}
	first = ledger.NewDate(y, start.Month, start.Day)
	last = ledger.NewDate(y+1, start.Month, start.Day) - 1
	return r.label(y), first, last
}

// label names the tax year that begins in calendar year y.
func (r *Rules) label(y int) string {
	switch {
	case r.SplitLabel:
		return fmt.Sprintf("%04d-%02d", y, (y+1)%100)
	case r.LabelByEnd:
		return fmt.Sprintf("%04d", y+1)
	}
	return fmt.Sprintf("%04d", y)
}

// FindYear reads a year as a user writes it: the country's own label, or the
// first of its two years. It returns the label with its first and last day.
func (r *Rules) FindYear(s string) (label string, first, last ledger.Date, err error) {
	var y int
	if len(s) < 4 {
		return "", 0, 0, fmt.Errorf("year %q: write it as %s", s, r.label(2024))
	}
	for _, c := range s[:4] {
		if c < '0' || c > '9' {
			return "", 0, 0, fmt.Errorf("year %q: write it as %s", s, r.label(2024))
		}
		y = y*10 + int(c-'0')
	}
	if r.LabelByEnd {
		y--
	}
	if len(s) > 4 && s != r.label(y) || y < 1990 || y > 2200 {
		return "", 0, 0, fmt.Errorf("year %q: write it as %s", s, r.label(2024))
	}
	start := r.YearStart
	if start.Month == 0 {
		start = Day{time.January, 1}
	}
	label, first, last = r.YearOf(ledger.NewDate(y, start.Month, start.Day))
	return label, first, last, nil
}

// Offers returns the methods for a kind of taxpayer, the default first.
func (r *Rules) Offers(taxpayer string) []Method {
	if taxpayer == "company" && len(r.CompanyMethods) > 0 {
		return r.CompanyMethods
	}
	return r.Methods
}
