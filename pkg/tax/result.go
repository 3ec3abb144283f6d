package tax

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Rule names the rule by which a leg was matched.
type Rule uint8

// The rules of matching.
const (
	RuleMissing   Rule = iota // nothing covers these units: cost 0, reported as an error
	RuleSameDay               // TCGA 1992 s105(1)
	RuleThirtyDay             // TCGA 1992 s106A(5)
	RuleTenDay                // TCGA 1992 s107(3)
	RulePool                  // TCGA 1992 s104
	RuleFIFO
	RuleLIFO
	RuleHIFO
	RuleLOFO
	RuleSpecific
	RuleAverage
	RuleACB      // Income Tax Act (Canada) s47
	RuleFourWeek // TCA 1997 s581(1)
	rules
)

var ruleNames = [rules]string{"missing", "same_day", "30_day", "10_day", "s104", "fifo", "lifo", "hifo", "lofo", "specific", "average", "acb", "4_week"}

// String returns the name that a result shows.
func (r Rule) String() string { return ruleNames[r] }

// Term is the holding period of a leg.
type Term uint8

// The terms: none where the period does not matter or nothing was matched.
const (
	NoTerm    Term = iota
	ShortTerm      // at most one year: short, within_1y, other
	LongTerm       // more than one year: long, over_1y, discount
)

// Basis says how well the cost of a disposal is known.
type Basis uint8

// The grades of basis.
const (
	BasisKnown   Basis = iota
	BasisAssumed       // rests on an acquisition whose cost was unknown and taken as 0
	BasisPartial       // part of the units is not covered by any acquisition
	BasisMissing       // none of them is
)

// String returns the name that a result shows.
func (b Basis) String() string { return [...]string{"known", "assumed", "partial", "missing"}[b] }

// NoEvent is an index that points to no event.
const NoEvent int32 = -1

// Return is the result of a computation. Its figures are rounded to [Places]
// decimals already, so that sums hold exactly: gain = proceeds − fees − cost
// for each disposal and leg, and legs add up to their disposal.
type Return struct {
	Rules    *Rules
	Method   Method
	Currency string
	Zone     string
	Scope    Scope
	Person   Person

	Book      *ledger.Book
	Disposals []Disposal // by date, then asset, then time
	Income    []Income   // by date, then asset, then time
	Years     []Year     // by first day; years with a taxable disposal or income
	Remaining []Holding  // after the last event; by asset, then account
	Snapshots []Snapshot // holdings at the dates asked for
	Issues    []Issue
	Brokers   []BrokerSale // what the brokers' forms say, if given

	// Pools is what the Section 104 pool held after each leg that it answered
	// for, in the order of disposals and legs (GB).
	Pools []PoolState

	ids func() *DisposalIDs // see NewDisposalIDs
}

// Disposal is units given up, with the legs that answer for them.
type Disposal struct {
	Event   int32 // index into Book.Events; the first of Events if several merged
	Date    ledger.Date
	Kind    ledger.Kind
	Basis   Basis
	Taxable bool
	// Unknown says that nobody knows what was received: proceeds and gain
	// are not figures, and the disposal stands outside totals and forms.
	Unknown bool

	Events  []int32 // GB: all events of the day that merged into this disposal, if more than one
	Asset   string
	Account string // "" in pools and where several accounts merged

	Amount   money.Amount
	Proceeds money.Amount
	Fees     money.Amount
	Cost     money.Amount

	Denied     money.Amount // CA: superficial loss, positive
	Restricted money.Amount // IE: loss kept out for good, positive

	Legs []Leg
}

// Gain returns proceeds − fees − cost.
func (d *Disposal) Gain() money.Amount { return d.Proceeds.Sub(d.Fees).Sub(d.Cost) }

// Leg is the part of a disposal that one rule answered with one lot, pool or
// matched day. There may be millions, so what few of them have stands apart.
type Leg struct {
	Rule     Rule
	Term     Term
	Acquired ledger.Date // 0 for pools and missing units
	Lot      int32       // index of the acquiring event, or NoEvent

	Amount   money.Amount
	Proceeds money.Amount
	Fees     money.Amount
	Cost     money.Amount

	rare *rareLeg
}

type rareLeg struct {
	events     []int32
	restricted money.Amount
	loss       money.Amount // before it was rounded, positive; only while restricted losses are looked for
}

// Events returns the acquiring events of a matched day or of joined lots, nil
// if there is just Lot.
func (l *Leg) Events() []int32 {
	if l.rare == nil {
		return nil
	}
	return l.rare.events
}

// Restricted returns the part of a loss that stays out for good (IE), positive.
func (l *Leg) Restricted() money.Amount {
	if l.rare == nil {
		return money.Amount{}
	}
	return l.rare.restricted
}

// WithEvents returns the leg with its acquiring events.
func (l Leg) WithEvents(events ...int32) Leg {
	l.rare = &rareLeg{events: events, restricted: l.Restricted()}
	return l
}

// WithRestricted returns the leg with the restricted part of its loss.
func (l Leg) WithRestricted(loss money.Amount) Leg {
	l.rare = &rareLeg{events: l.Events(), restricted: loss}
	return l
}

// Gain returns proceeds − fees − cost.
func (l *Leg) Gain() money.Amount { return l.Proceeds.Sub(l.Fees).Sub(l.Cost) }

// Income is something received that is income by its value.
type Income struct {
	Event   int32
	Asset   string
	Date    ledger.Date
	Amount  money.Amount
	Value   money.Amount
	Unknown bool   // nobody knows the value; it stands outside totals
	Kind    string // staking, mining, interest, …; "income" if the source says nothing
}

// Year is the totals of one tax year.
type Year struct {
	Label       string
	First, Last ledger.Date

	Disposals int // taxable ones with known proceeds
	Proceeds  money.Amount
	Fees      money.Amount
	Cost      money.Amount
	Gains     money.Amount
	Losses    money.Amount // positive, without denied and restricted losses
	Income    money.Amount
	HasIncome bool

	Extra   []Figures // the country's extra keys, by name
	Answers []Cell    // the country's annual arithmetic, if it was asked for
	LeftOut string    // what of it could not be answered, and why; "" if all was
}

// Figures is a named amount.
type Figures struct {
	Key    string
	Amount money.Amount
}

// Net returns gains − losses.
func (y *Year) Net() money.Amount { return y.Gains.Sub(y.Losses) }

// Get returns an extra figure, 0 if the year has none of that name.
func (y *Year) Get(key string) money.Amount {
	for _, f := range y.Extra {
		if f.Key == key {
			return f.Amount
		}
	}
	return money.Amount{}
}

// Holding is what is left of an asset, in one account where accounts count.
type Holding struct {
	Asset   string
	Account string
	Amount  money.Amount
	Cost    money.Amount
	Lots    []Lot // lot methods only; by acquisition, then cost
}

// PoolState is units that share one cost.
type PoolState struct{ Units, Cost money.Amount }

// Snapshot is what was held at the end of a date.
type Snapshot struct {
	Date     ledger.Date
	Holdings []Holding
}

// Lot is units acquired together that are still held.
type Lot struct {
	Event    int32
	Acquired ledger.Date
	Amount   money.Amount
	Cost     money.Amount
}

// Severity grades an issue.
type Severity uint8

// The grades. Errors and warnings make the command line exit with 3.
const (
	Info Severity = iota
	Warning
	Error
)

// String returns the name that a result shows.
func (s Severity) String() string { return [...]string{"info", "warning", "error"}[s] }

// Issue is a doubt about the result, with what to do about it.
type Issue struct {
	Code     string // as in the list of issue types: basis.missing, price.missing, …
	Severity Severity
	Event    int32 // NoEvent if it is about the whole result
	Date     ledger.Date
	Message  string

	// Low and High bound the taxable gain at stake, where it can be told.
	Stake     bool
	Low, High money.Amount
}
