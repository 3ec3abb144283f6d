package tax

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Input is everything that a return depends on.
type Input struct {
	Book     *ledger.Book
	Rules    *Rules
	Method   Method
	Currency string           // the reporting currency
	Calendar *ledger.Calendar // of the tax zone
	Scope    Scope            // see Options.ScopeFor
	Options  Options
	Prices   Prices       // nil if there are none
	Brokers  []BrokerSale // what brokers' forms say; nil if there are none

	// ZoneGuessed says that the tax zone is the country's default, for
	// countries with several zones.
	ZoneGuessed bool
	// Snapshots are dates, in order, at whose end holdings are recorded.
	Snapshots []ledger.Date

	// Closed, if set, is called with each tax year that nothing to come can
	// change, as soon as that is so, for forms that need not wait for the rest.
	// The part is a return of that year alone, without issues; the caller may
	// read it while the computation goes on. Should that fail in the end, the
	// part counts for nothing. Years that look ahead, and those for which the
	// user gave figures, are not handed out, nor is the last.
	Closed func(part *Return)
}

// Prices says what one unit of an asset was worth.
type Prices interface {
	// Price returns the price of one unit of asset in currency at an event's
	// time, or on its date; ok is false if none is known.
	Price(asset, currency string, at ledger.Instant, date ledger.Date) (price money.Amount, ok bool)
}

// BrokerSale is one line of a broker's form about a sale.
type BrokerSale = ledger.BrokerSale

// ErrRange reports figures too large to compute with.
var ErrRange = errors.New("an amount has more than 38 digits before the decimal point")

// calc is one computation.
type calc struct {
	Input
	out    *Return
	events []ledger.Event
	now    int32 // the event in hand, for the error when an amount overflows

	taken         int // how many snapshots were taken
	swapCostGiven bool
	swapFee       FeeSide
	spare         []Leg // room for legs, so that they are not allocated one by one
	years         years
	closed        closed

	yearFrom, yearTo ledger.Date // the last date of which term worked out the first anniversary
}

// Calculate computes a return. The only error is ErrRange; whatever else is
// wrong with the data becomes an issue.
func Calculate(in Input) (ret *Return, err error) {
	c := &calc{Input: in, events: in.Book.Events, years: years{rules: in.Rules}}
	c.swapCostGiven = in.Rules.SwapCostGiven
	if in.Options.SwapCost != "" {
		c.swapCostGiven = in.Options.SwapCost == "given"
	}
	c.swapFee = in.Rules.SwapFee
	switch in.Options.SwapFee {
	case "half":
		c.swapFee = FeeHalf
	case "disposal":
		c.swapFee = FeeOnDisposal
	case "acquisition":
		c.swapFee = FeeOnAcquisition
	}
	c.out = &Return{
		Rules: in.Rules, Method: in.Method, Currency: in.Currency, Zone: in.Calendar.Zone().String(),
		Scope: in.Scope, Person: in.Options.Person, Book: in.Book, Brokers: in.Brokers,
	}
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(money.Overflow); !ok {
				panic(r) // invariant: only overflow is expected here
			}
			ret, err = nil, c.overflow()
		}
	}()
	switch {
	case in.Method == S104 || in.Method == CorporatePool:
		c.section104()
	case in.Method.Pool():
		c.average()
	default:
		c.lots()
	}
	return c.finish()
}

func (c *calc) overflow() error {
	if int(c.now) >= len(c.events) {
		return ErrRange
	}
	o := c.events[c.now].Origin
	name := ""
	if int(o.File) < len(c.Book.Sources) {
		name = c.Book.Sources[o.File].Name
	}
	return fmt.Errorf("%s:%d: %w", name, o.Line, ErrRange)
}

// finish adds what rests on all disposals: totals and the country's issues.
func (c *calc) finish() (*Return, error) {
	c.total()
	c.out.Years = c.years.listed()
	c.out.ids = lazyIDs(c.out)
	if c.ZoneGuessed {
		c.issue(NoEvent, "zone.default", Info, fmt.Sprintf("Dates are those of %s, the default for %s. Name your own with --timezone.", c.out.Zone, c.Rules.Country))
	}
	if c.Rules.Check != nil {
		c.out.Issues = append(c.out.Issues, c.Rules.Check(c.out)...)
	}
	return c.out, c.annual()
}

// annual adds the country's annual arithmetic, if the user gave figures for
// it. What the rule data does not hold is left out, and Year.LeftOut says so.
func (c *calc) annual() error {
	if c.Options.Years == nil || c.Rules.Annual == nil && len(c.Options.Years) == 0 {
		return nil
	}
	if c.Rules.Annual == nil {
		return fmt.Errorf("%w years: %s has no annual arithmetic", ErrOption, c.Rules.Country)
	}
	given, err := c.givenYears()
	if err != nil {
		return err
	}
	for i := range c.out.Years {
		y := &c.out.Years[i]
		cells, err := c.Rules.Annual(c.out, y, given[y.Label])
		var left *Incomplete
		switch {
		case errors.As(err, &left):
			y.LeftOut = err.Error()
		case err != nil:
			return fmt.Errorf("options, years %s: %w", y.Label, err)
		}
		y.Answers = cells
	}
	return nil
}

// givenYears returns what the user gave for each year by the country's own
// label. It is checked for years without a result as well: a mistyped name
// must not pass because nothing happened in its year.
func (c *calc) givenYears() (map[string]json.RawMessage, error) {
	out := make(map[string]json.RawMessage, len(c.Options.Years))
	for _, label := range slices.Sorted(maps.Keys(c.Options.Years)) {
		given := c.Options.Years[label]
		name, first, last, err := c.Rules.FindYear(label)
		if err != nil {
			return nil, fmt.Errorf("%w years: %q is no tax year of %s", ErrOption, label, c.Rules.Country)
		}
		if _, twice := out[name]; twice {
			return nil, fmt.Errorf("%w years: %s is given twice, once as %s", ErrOption, name, label)
		}
		out[name] = given
		var left *Incomplete
		if _, err := c.Rules.Annual(c.out, &Year{Label: name, First: first, Last: last}, given); err != nil && !errors.As(err, &left) {
			return nil, fmt.Errorf("options, years %s: %w", label, err)
		}
	}
	return out, nil
}

// issue records a doubt about an event.
func (c *calc) issue(event int32, code string, s Severity, message string) *Issue {
	i := Issue{Code: code, Severity: s, Event: event, Message: message}
	if event != NoEvent {
		i.Date = c.date(event)
	}
	c.out.Issues = append(c.out.Issues, i)
	return &c.out.Issues[len(c.out.Issues)-1]
}

func (c *calc) date(event int32) ledger.Date { return c.Calendar.Date(c.events[event].At) }

// ScopeFor returns the scope that applies: what the options say ("country" is
// the country's own), else universal for Ledger JSON and the country's own for
// everything else.
func (o *Options) ScopeFor(r *Rules, ledgerJSON bool) Scope {
	switch {
	case o.AccountFrom != 0:
		return Scope{PerAccount: true, From: o.AccountFrom}
	case o.Scope == "account":
		return Scope{PerAccount: true}
	case o.Scope == "universal" || ledgerJSON && o.Scope == "":
		return Scope{}
	}
	return r.Scope
}

// snapshot records the holdings for each asked date before the given one.
func (c *calc) snapshot(date ledger.Date, holdings func() []Holding) {
	for c.taken < len(c.Snapshots) && c.Snapshots[c.taken] < date {
		c.out.Snapshots = append(c.out.Snapshots, Snapshot{c.Snapshots[c.taken], holdings()})
		c.taken++
	}
}

// settled records the holdings after the last event.
func (c *calc) settled(holdings func() []Holding) {
	c.out.Remaining = holdings()
	c.snapshot(1<<31-1, func() []Holding { return c.out.Remaining })
}
