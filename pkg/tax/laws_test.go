package tax_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// laws hold for every country, method, scope and kind of event.
var laws = map[string]func(*rapid.T){
	"legs_add_up": legsAddUp, "totals_foot": totalsFoot, "coins_are_conserved": coinsConserved, "cost_is_conserved": costConserved,
	"the_same_again_gives_the_same_bytes": sameBytes, "later_events_leave_closed_years": laterEvents,
	"a_snapshot_is_what_a_shorter_book_leaves": snapshots, "rows_of_a_day_in_any_order_under_pools": anyOrder,
}

func TestLaws(t *testing.T) {
	t.Parallel()
	for name, law := range laws {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, law)
		})
	}
}

func FuzzLegsAddUp(f *testing.F) { f.Fuzz(rapid.MakeFuzz(legsAddUp)) }
func FuzzConservation(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { coinsConserved(t); costConserved(t) }))
}
func FuzzLaterEvents(f *testing.F) { f.Fuzz(rapid.MakeFuzz(laterEvents)) }
func FuzzAnyOrder(f *testing.F)    { f.Fuzz(rapid.MakeFuzz(anyOrder)) }
func FuzzSnapshots(f *testing.F)   { f.Fuzz(rapid.MakeFuzz(snapshots)) }
func FuzzTotalsAndBytes(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { totalsFoot(t); sameBytes(t) }))
}

// slip is what taking the remainder may cost the last leg of a few.
var slip = money.MustParse("-0.00000000000000001")

// legsAddUp: units, proceeds, fees, cost, gain and kept-out losses of the legs
// are those of their disposal, to the last digit shown. Units that nothing
// covers are the last leg, without cost, and grade the disposal.
func legsAddUp(t *rapid.T) {
	ret := answer(t, randomInput(t))
	for i := range ret.Disposals {
		d := &ret.Disposals[i]
		var units, proceeds, fees, cost, gain, restricted, missing money.Amount
		for k := range d.Legs {
			l := &d.Legs[k]
			units, proceeds, fees, cost = units.Add(l.Amount), proceeds.Add(l.Proceeds), fees.Add(l.Fees), cost.Add(l.Cost)
			gain, restricted = gain.Add(l.Gain()), restricted.Add(l.Restricted())
			fault := l.Amount.Sign() < 0 || l.Cost.Cmp(slip) < 0 || l.Restricted().Cmp(money.Max(l.Gain().Neg(), money.Amount{})) > 0
			if l.Rule == tax.RuleMissing {
				missing = l.Amount
				fault = fault || k != len(d.Legs)-1 || !l.Cost.IsZero() || l.Acquired != 0 || l.Term != tax.NoTerm || l.Lot != tax.NoEvent
			}
			if max(l.Amount.Decimals(), l.Proceeds.Decimals(), l.Fees.Decimals(), l.Cost.Decimals()) > tax.Places || fault {
				t.Fatalf("leg %d of\n%s", k, strings.Join(showDisposal(ret, d), "\n"))
			}
		}
		if !units.Equal(d.Amount) || !proceeds.Equal(d.Proceeds) || !fees.Equal(d.Fees) || !cost.Equal(d.Cost) || !gain.Equal(d.Gain()) || !restricted.Equal(d.Restricted) {
			t.Fatalf("the legs do not add up:\n%s", strings.Join(showDisposal(ret, d), "\n"))
		}
		grade := d.Basis
		switch {
		case missing.Equal(d.Amount):
			grade = tax.BasisMissing
		case !missing.IsZero():
			grade = tax.BasisPartial
		}
		if grade != d.Basis || missing.IsZero() && d.Basis >= tax.BasisPartial || d.Unknown && !d.Proceeds.IsZero() || d.Denied.Cmp(money.Max(d.Gain().Neg(), money.Amount{})) > 0 {
			t.Fatalf("%s are missing in\n%s", missing, strings.Join(showDisposal(ret, d), "\n"))
		}
		if i > 0 && d.Date < ret.Disposals[i-1].Date {
			t.Fatalf("a disposal of %s stands behind one of %s", d.Date, ret.Disposals[i-1].Date)
		}
	}
	for _, h := range ret.Remaining {
		most := max(h.Amount.Decimals(), h.Cost.Decimals())
		var units, cost money.Amount
		for _, l := range h.Lots {
			most = max(most, l.Amount.Decimals(), l.Cost.Decimals())
			units, cost = units.Add(l.Amount), cost.Add(l.Cost)
		}
		if most > tax.Places || h.Lots != nil && (!units.Equal(h.Amount) || !cost.Equal(h.Cost)) {
			t.Fatalf("%d decimals, or lots that do not add up, in %s", most, showHolding(h))
		}
	}
	unlike(t, ret)
	pools(t, ret)
}

// pools: each leg of a Section 104 pool has its state: never less than
// nothing, and nothing costs nothing.
func pools(t *rapid.T, ret *tax.Return) {
	n := 0
	for i := range ret.Disposals {
		for k := range ret.Disposals[i].Legs {
			if ret.Disposals[i].Legs[k].Rule != tax.RulePool {
				continue
			}
			if n == len(ret.Pools) || ret.Pools[n].Units.Sign() < 0 || ret.Pools[n].Units.IsZero() && !ret.Pools[n].Cost.IsZero() {
				t.Fatalf("state %d of the pools: %v", n, ret.Pools)
			}
			n++
		}
	}
	if n != len(ret.Pools) {
		t.Fatalf("%d states of pools for %d legs", len(ret.Pools), n)
	}
}

// unlike wants an id of its own for every disposal.
func unlike(t *rapid.T, ret *tax.Return) {
	ids, seen := tax.NewDisposalIDs(ret), map[ledger.ID]bool{}
	for i := range ret.Disposals {
		id := ids.ID(i)
		if k, ok := ids.Find(id.String()); seen[id] || !ok || k != i {
			t.Fatalf("disposal %d shares its id with another", i)
		}
		seen[id] = true
	}
}

// totalsFoot: each year is the sum of its taxable disposals and income with
// known values, and there is no year without.
func totalsFoot(t *rapid.T) {
	ret := answer(t, randomInput(t))
	sums := map[string]*tax.Year{}
	of := func(d ledger.Date) *tax.Year {
		label, _, _ := ret.Rules.YearOf(d)
		if sums[label] == nil {
			sums[label] = &tax.Year{}
		}
		return sums[label]
	}
	for i := range ret.Disposals {
		d := &ret.Disposals[i]
		if !d.Taxable || d.Unknown {
			continue
		}
		y := of(d.Date)
		y.Disposals++
		y.Proceeds, y.Fees, y.Cost = y.Proceeds.Add(d.Proceeds), y.Fees.Add(d.Fees), y.Cost.Add(d.Cost)
		y.Gains = y.Gains.Add(d.Gain()) // gains less losses
		y.Losses = y.Losses.Add(d.Denied).Add(d.Restricted)
	}
	for _, in := range ret.Income {
		if !in.Unknown {
			of(in.Date).Income = of(in.Date).Income.Add(in.Value)
		}
	}
	if len(sums) != len(ret.Years) {
		t.Fatalf("%d years, want %d", len(ret.Years), len(sums))
	}
	for i := range ret.Years {
		y := &ret.Years[i]
		s := of(y.First)
		if y.Disposals != s.Disposals || !y.Proceeds.Equal(s.Proceeds) || !y.Fees.Equal(s.Fees) || !y.Cost.Equal(s.Cost) || !y.Income.Equal(s.Income) ||
			!y.Net().Equal(s.Gains.Add(s.Losses)) || y.Gains.Sign() < 0 || y.Losses.Sign() < 0 {
			t.Fatalf("%s does not foot with its disposals:\n%s", showYear(y), strings.Join(show(ret), "\n"))
		}
		if i > 0 && y.First <= ret.Years[i-1].Last {
			t.Fatalf("%s stands behind %s", y.Label, ret.Years[i-1].Label)
		}
		terms(t, ret, y)
	}
}

// terms: what is told apart by holding period is the net of the year.
func terms(t *rapid.T, ret *tax.Return, y *tax.Year) {
	short, long := map[string]string{"US": "st", "DE": "taxable_gain"}[ret.Rules.Country], map[string]string{"US": "lt", "DE": "tax_free_gain"}[ret.Rules.Country]
	if short != "" && !y.Get(short).Add(y.Get(long)).Equal(y.Net()) {
		t.Fatalf("the terms of %s do not add up", showYear(y))
	}
}

// sameBytes: the same input, computed again, gives the same document, and
// computing leaves the book as it is.
func sameBytes(t *rapid.T) {
	in := randomInput(t)
	before := slices.Clone(in.Book.Events)
	for i := range before {
		before[i].More = new(*before[i].Extra())
	}
	var docs [2]bytes.Buffer
	for i := range docs {
		v, err := report.Select(answer(t, in), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := report.WriteJSON(&docs[i], v); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(docs[0].Bytes(), docs[1].Bytes()) {
		t.Fatalf("the second time gives other bytes:\n%s\n%s", docs[0].Bytes(), docs[1].Bytes())
	}
	if !reflect.DeepEqual(before, in.Book.Events) {
		t.Fatal("computing changed the book")
	}
}

// laterEvents: what happens after a day leaves every disposal up to then as it
// was, but for those of the days that the law looks ahead: thirty in the
// United Kingdom (none for companies: what they bought before is theirs already)
// and Canada, twenty-eight in Ireland.
func laterEvents(t *rapid.T) {
	in := rapid.SampledFrom([]func(*rapid.T) tax.Input{randomInput, lookingAhead}).Draw(t, "laws")(t)
	last := someDate(t, in)
	if in.Method == tax.FourWeekFIFO { // a gift may bring an old date with it, and counts as bought then
		for i := range in.Book.Events {
			if e := &in.Book.Events[i]; in.Calendar.Date(e.At) > last {
				e.More.Acquired = 0
			}
		}
	}
	short, long := answer(t, until(in, last)), answer(t, in)
	for i := range short.Disposals {
		d := &short.Disposals[i]
		if d.Date.AddDays(lookAhead(in)) > last {
			break
		}
		got, want := strings.Join(showDisposal(long, &long.Disposals[i]), "\n"), strings.Join(showDisposal(short, d), "\n")
		if got != want {
			t.Fatalf("what came after %s changed\n%s\nto\n%s", last, want, got)
		}
	}
	for i := range short.Income {
		if short.Income[i] != long.Income[i] {
			t.Fatalf("what came after %s changed income of %s", last, short.Income[i].Date)
		}
	}
}

// snapshots: what is held at the end of a day in the middle is what a book
// that ends there leaves. Where the law looks ahead the cost may differ; units
// do not.
func snapshots(t *rapid.T) {
	in := randomInput(t)
	last := someDate(t, in)
	in.Snapshots = []ledger.Date{last.AddDays(-3), last}
	full, short := answer(t, in), answer(t, until(in, last))
	if len(full.Snapshots) != 2 || full.Snapshots[1].Date != last {
		t.Fatalf("snapshots %v", full.Snapshots)
	}
	got, want := full.Snapshots[1].Holdings, short.Remaining
	ahead := lookAhead(in) > 0 && in.Method != tax.FourWeekFIFO
	if ahead && has(in, ledger.KindFork) {
		return // units of a fork may cover what was sold before and is bought back later
	}
	list := func(hs []tax.Holding) string {
		var lines []string
		for _, h := range hs {
			if ahead {
				h.Cost = money.Amount{}
				h.Amount = h.Amount.Round(15, money.HalfEven)
			}
			if !h.Amount.IsZero() {
				lines = append(lines, showHolding(h))
			}
		}
		return strings.Join(lines, "\n")
	}
	if g, w := list(got), list(want); g != w {
		t.Fatalf("at the end of %s\n%s\nare held; a book that ends there leaves\n%s", last, g, w)
	}
}

func has(in tax.Input, kind ledger.Kind) bool {
	return slices.ContainsFunc(in.Book.Events, func(e ledger.Event) bool { return e.Kind == kind })
}

// anyOrder: under Section 104 the rows of a date may have any order and any
// time of the day; under the average and the adjusted cost base those of one
// instant any order in which its disposals keep theirs.
func anyOrder(t *rapid.T) {
	pair := rapid.SampledFrom([][2]string{{"GB", "uk-s104"}, {"GB", "uk-corporate-pool"}, {"CA", "acb"}, {"NG", "average"}, {"GENERIC", "average"}}).Draw(t, "pool")
	in := randomInputOf(t, pair[0], pair[1])
	events := slices.Clone(in.Book.Events)
	if pair[0] == "GB" {
		daysAnyhow(t, in.Calendar, events)
	} else {
		instantsAnyhow(t, events)
	}
	got, want := facts(answer(t, with(in, events))), facts(answer(t, in))
	if got != want {
		t.Fatalf("in another order\n%s\nwas\n%s", got, want)
	}
}

// daysAnyhow gives the events of each date the times of each other.
func daysAnyhow(t *rapid.T, cal *ledger.Calendar, events []ledger.Event) {
	for from := 0; from < len(events); {
		to := from
		for to < len(events) && cal.Date(events[to].At) == cal.Date(events[from].At) {
			to++
		}
		var times []ledger.Instant
		for i := from; i < to; i++ {
			times = append(times, events[i].At)
		}
		day := rapid.Permutation(events[from:to]).Draw(t, "day")
		for i := range day {
			day[i].At = times[i]
		}
		copy(events[from:to], day)
		from = to
	}
}

// instantsAnyhow mixes the events of each instant; what disposes of something
// keeps its order.
func instantsAnyhow(t *rapid.T, events []ledger.Event) {
	for from := 0; from < len(events); {
		to := from
		for to < len(events) && events[to].At == events[from].At {
			to++
		}
		var disposing []ledger.Event
		for _, e := range events[from:to] {
			if disposes(&e) {
				disposing = append(disposing, e)
			}
		}
		mixed := rapid.Permutation(events[from:to]).Draw(t, "instant")
		for i := range mixed {
			if disposes(&mixed[i]) {
				mixed[i], disposing = disposing[0], disposing[1:]
			}
		}
		copy(events[from:to], mixed)
		from = to
	}
}

func disposes(e *ledger.Event) bool {
	switch e.Kind {
	case ledger.KindOpening, ledger.KindBuy, ledger.KindIncome, ledger.KindAirdrop, ledger.KindGiftIn, ledger.KindSpouseIn, ledger.KindSplit, ledger.KindDeposit:
		return e.Extra().FeeAsset != ""
	default:
		return true
	}
}

// facts are the figures of a return, whatever the order of its parts.
func facts(ret *tax.Return) string {
	var blocks []string
	for _, line := range show(ret) {
		if kindOfLine(line) == "leg" {
			blocks[len(blocks)-1] += "\n" + line
			continue
		}
		blocks = append(blocks, line)
	}
	slices.Sort(blocks)
	return strings.Join(blocks, "\n")
}
