package basis

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// dayBook is the days of a case, one a line, with what answers for what was
// sold behind the arrow; further lines ask for what is held.
//
//	DATE bought UNITS COST sold UNITS split RATIO came UNITS COST fork VALUE TOVALUE
//	held DATE                -> units and cost at the end of that day
//
// Each word may be left out. "came" is units from a fork, "fork" gives part of
// the pool's cost away at the end of the day. A match prints as UNITS RULE
// [DATE] at COST.
type dayBook struct {
	s      Section104
	want   map[ledger.Date]string
	came   map[ledger.Date]Pool
	forks  map[ledger.Date][2]money.Amount
	before map[ledger.Date]string // held, by day
}

func readDays(t *testing.T, text string) *dayBook {
	t.Helper()
	b := &dayBook{want: map[ledger.Date]string{}, came: map[ledger.Date]Pool{}, forks: map[ledger.Date][2]money.Amount{}, before: map[ledger.Date]string{}}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		step, want, _ := strings.Cut(strings.TrimSpace(line), "->")
		w := strings.Fields(step)
		want = strings.Join(strings.Fields(want), " ")
		if w[0] == "held" {
			b.before[date(w[1])] = want
			continue
		}
		d := Day{Date: date(w[0])}
		for k := 1; k < len(w); k += 2 {
			switch w[k] {
			case "bought":
				d.Bought, d.Cost, d.Assumed = amt(w[k+1]), amt(w[k+2]), w[k+2] == "?"
				k++
			case "sold":
				d.Disposed = amt(w[k+1])
			case "split":
				d.Ratio = amt(w[k+1])
			case "came":
				b.came[d.Date] = Pool{Units: amt(w[k+1]), Cost: amt(w[k+2])}
				k++
			case "fork":
				b.forks[d.Date] = [2]money.Amount{amt(w[k+1]), amt(w[k+2])}
				k++
			default:
				t.Fatalf("no such word: %s", w[k])
			}
		}
		b.s.Days = append(b.s.Days, d)
		b.want[d.Date] = want
	}
	return b
}

func runDays(t *testing.T, after, before int, text string) {
	t.Helper()
	b := readDays(t, text)
	b.s.Match(after, before)
	for i := range b.s.Days {
		d := &b.s.Days[i]
		b.s.Settle(i, b.came[d.Date])
		if f, ok := b.forks[d.Date]; ok {
			b.s.Fork(f[0], f[1])
		}
		if want, ok := b.before[d.Date]; ok {
			p := b.s.Held(i)
			if got := fmt.Sprintf("%s at %s", p.Units, p.Cost); got != want {
				t.Errorf("held %s\n got %s\nwant %s", d.Date, got, want)
			}
		}
	}
	for i := range b.s.Days {
		if got, want := b.answers(i), b.want[b.s.Days[i].Date]; got != want {
			t.Errorf("%s\n got %s\nwant %s", b.s.Days[i].Date, got, want)
		}
	}
}

var matchNames = [...]string{SameDay: "same_day", After: "after", Before: "before", Pooled: "pool"}

func (b *dayBook) answers(i int) string {
	var out []string
	for _, m := range b.s.Days[i].Matches {
		text := m.Units.String() + " " + matchNames[m.Kind]
		if m.Kind == After || m.Kind == Before {
			text += " " + b.s.Days[m.Day].Date.String()
		}
		text += " at " + m.Cost.String()
		if m.Assumed {
			text += " assumed"
		}
		out = append(out, text)
	}
	if m := b.s.Days[i].Missing; !m.IsZero() {
		out = append(out, m.String()+" missing")
	}
	return strings.Join(out, ", ")
}

// TestPeople: TCGA 1992 s105 and s106A: same day, thirty days after, pool.
func TestPeople(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"pool_at_the_average": `
			2024-01-01 bought 10 100
			2024-02-01 bought 10 300
			2024-06-01 sold 5        -> 5 pool at 100
			held 2024-06-01          -> 15 at 300`,
		"same_day_before_the_pool": `
			2024-01-01 bought 10 100
			2024-06-01 bought 2 80 sold 5 -> 2 same_day at 80, 3 pool at 30
			held 2024-06-01          -> 7 at 70`,
		"same_day_takes_the_average_of_its_day": `
			2024-06-01 bought 4 80 sold 1 -> 1 same_day at 20
			held 2024-06-01          -> 3 at 60`,
		"thirty_days_after_before_the_pool": `
			2024-01-01 bought 10 100
			2024-06-01 sold 5        -> 2 after 2024-06-10 at 80, 3 pool at 30
			2024-06-10 bought 2 80`,
		"day_30_is_inside": `
			2024-01-01 bought 10 100
			2024-06-01 sold 5        -> 5 after 2024-07-01 at 200
			2024-07-01 bought 5 200`,
		"day_31_is_outside": `
			2024-01-01 bought 10 100
			2024-06-01 sold 5        -> 5 pool at 50
			2024-07-02 bought 5 200`,
		"the_earlier_purchase_first": `
			2024-01-01 bought 10 100
			2024-06-01 sold 5        -> 2 after 2024-06-02 at 40, 3 after 2024-06-03 at 90
			2024-06-02 bought 2 40
			2024-06-03 bought 4 120
			held 2024-06-03          -> 11 at 130`,
		"the_earlier_sale_first": `
			2024-01-01 bought 10 100
			2024-06-01 sold 5        -> 4 after 2024-06-10 at 400, 1 pool at 10
			2024-06-02 sold 3        -> 3 pool at 30
			2024-06-10 bought 4 400`,
		"same_day_comes_before_an_earlier_sale": `
			2024-01-01 bought 10 100
			2024-06-01 sold 4        -> 1 after 2024-06-10 at 100, 3 pool at 30
			2024-06-10 bought 4 400 sold 3 -> 3 same_day at 300`,
		"a_sale_before_any_purchase_is_answered_within_thirty_days": `
			2024-06-01 sold 4        -> 3 after 2024-06-10 at 300, 1 missing
			2024-06-10 bought 3 300
			held 2024-06-01          -> 0 at 0
			held 2024-06-10          -> 0 at 0`,
		"a_later_purchase_never_fills_what_is_missing": `
			2024-06-01 sold 4        -> 4 missing
			2024-08-01 bought 3 300
			held 2024-08-01          -> 3 at 300`,
		"sold_and_bought_again_is_not_held_in_between": `
			2024-01-01 bought 10 100
			2024-06-01 sold 4        -> 4 after 2024-06-10 at 400
			2024-06-10 bought 4 400
			held 2024-06-01          -> 6 at 60
			held 2024-06-10          -> 10 at 100`,
		"an_unknown_cost_shows_where_it_answers": `
			2024-01-01 bought 10 ?
			2024-06-01 sold 4        -> 4 pool at 0 assumed
			2024-07-01 bought 1 5 sold 2 -> 1 same_day at 5, 1 pool at 0 assumed`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runDays(t, 30, 0, text)
		})
	}
}

// TestSplitsBetween: a split counts from the start of its day, and windows
// convert units over it.
func TestSplitsBetween(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"the_pool_splits_at_the_start_of_the_day": `
			2024-01-01 bought 2 20
			2024-06-01 split 2 sold 2 -> 2 pool at 10
			held 2024-06-01          -> 2 at 10`,
		"bought_back_after_a_split": `
			2024-01-01 bought 10 100
			2024-06-01 sold 2        -> 2 after 2024-06-10 at 60
			2024-06-05 split 3
			2024-06-10 bought 6 60
			held 2024-06-01          -> 8 at 80
			held 2024-06-05          -> 24 at 80
			held 2024-06-10          -> 30 at 100`,
		"bought_back_in_part_after_a_split": `
			2024-01-01 bought 10 100
			2024-06-01 sold 2        -> 1 after 2024-06-10 at 30, 1 pool at 10
			2024-06-05 split 3
			2024-06-10 bought 3 30`,
		"a_reverse_split_between": `
			2024-01-01 bought 10 100
			2024-06-01 sold 4        -> 4 after 2024-06-10 at 10
			2024-06-05 split 0.25
			2024-06-10 bought 3 30
			held 2024-06-10          -> 4.5 at 120`,
		"on_the_day_of_the_purchase": `
			2024-01-01 bought 10 100
			2024-06-01 sold 2        -> 2 after 2024-06-10 at 40
			2024-06-10 split 2 bought 4 40`,
		"a_ratio_that_does_not_end_leaves_no_dust": `
			2024-01-01 bought 1 3
			2024-06-01 sold 1        -> 1 after 2024-06-10 at 30
			2024-06-05 split 3
			2024-06-06 split 0.333333333333333333
			2024-06-10 bought 0.999999999999999999 30
			held 2024-06-10          -> 0.999999999999999999 at 3`,
		"two_splits_multiply": `
			2024-01-01 bought 1 6
			2024-02-01 split 2
			2024-03-01 split 3
			2024-06-01 sold 3        -> 3 pool at 3`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runDays(t, 30, 0, text)
		})
	}
}

// TestForksOfPools: new units come before the disposals of their day, the
// pool of the old coin gives at the end of the day.
func TestForksOfPools(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"units_that_came_are_in_the_pool_that_day": `
			2024-06-01 came 4 20 sold 1 -> 1 pool at 5
			held 2024-06-01          -> 3 at 15`,
		"units_that_came_are_no_purchase": `
			2024-01-01 bought 4 40
			2024-06-01 sold 4        -> 4 pool at 40
			2024-06-02 came 4 8
			held 2024-06-02          -> 4 at 8`,
		"what_the_fork_takes_is_gone_for_later_sales": `
			2024-01-01 bought 4 40
			2024-06-01 sold 1 fork 3 1 -> 1 pool at 10
			2024-06-02 sold 1        -> 1 pool at 7.5`,
		"a_fork_of_an_empty_pool_takes_nothing": `
			2024-06-01 fork 3 1
			held 2024-06-01          -> 0 at 0`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runDays(t, 30, 0, text)
		})
	}
}

// TestCompanies: TCGA 1992 s107(3): same day, the nine days before (ten with
// both ends, the oldest first), pool.
func TestCompanies(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nine_days_before_is_inside": `
			2024-01-01 bought 10 100
			2024-06-01 bought 2 80
			2024-06-10 sold 3        -> 2 before 2024-06-01 at 80, 1 pool at 10
			held 2024-06-01          -> 12 at 180
			held 2024-06-10          -> 9 at 90`,
		"ten_days_before_is_outside": `
			2024-01-01 bought 10 100
			2024-06-01 bought 2 80
			2024-06-11 sold 3        -> 3 pool at 45`,
		"the_oldest_of_them_first": `
			2024-06-01 bought 2 80
			2024-06-05 bought 2 20
			2024-06-08 sold 3        -> 2 before 2024-06-01 at 80, 1 before 2024-06-05 at 10`,
		"same_day_first": `
			2024-06-01 bought 2 80
			2024-06-08 bought 1 5 sold 2 -> 1 same_day at 5, 1 before 2024-06-01 at 40`,
		"no_look_ahead": `
			2024-06-01 sold 2        -> 2 missing
			2024-06-02 bought 2 80`,
		"a_split_in_between": `
			2024-06-01 bought 2 80
			2024-06-05 split 2
			2024-06-08 sold 3        -> 3 before 2024-06-01 at 60
			held 2024-06-01          -> 2 at 80
			held 2024-06-05          -> 4 at 80
			held 2024-06-08          -> 1 at 20`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runDays(t, 0, 9, text)
		})
	}
}

func TestPool(t *testing.T) {
	t.Parallel()
	var p Pool
	if taken, missing := p.Take(amt("1")); !taken.Units.IsZero() || missing.String() != "1" {
		t.Errorf("took %+v from nothing, %s missing", taken, missing)
	}
	p.Add(amt("3"), amt("10"), false)
	p.Add(amt("1"), amt("0"), true)
	if taken, missing := p.Take(amt("1")); taken.Cost.String() != "2.5" || !taken.Assumed || !missing.IsZero() {
		t.Errorf("took %+v, %s missing", taken, missing)
	}
	p.Scale(amt("2"))
	if cost := p.Fork(amt("2"), amt("1")); cost.String() != "2.5" || p.Units.String() != "6" || p.Cost.String() != "5" {
		t.Errorf("the fork took %s, left %+v", cost, p)
	}
	if taken, missing := p.Take(amt("7")); taken.Units.String() != "6" || taken.Cost.String() != "5" || missing.String() != "1" {
		t.Errorf("took %+v, %s missing", taken, missing)
	}
	if p != (Pool{}) {
		t.Errorf("left %+v in an empty pool", p)
	}
	// A denied loss may wait in an empty pool for the next purchase.
	p.Cost = amt("9")
	if cost := p.Fork(amt("1"), amt("1")); !cost.IsZero() {
		t.Errorf("a fork of nothing cost %s", cost)
	}
	if taken, _ := p.Take(amt("1")); !taken.Cost.IsZero() || p.Cost.String() != "9" {
		t.Errorf("took %+v from no units, left %+v", taken, p)
	}
	p.Add(amt("1"), amt("1"), false)
	if taken, _ := p.Take(amt("1")); taken.Cost.String() != "10" {
		t.Errorf("took %+v", taken)
	}
}

// TestUnitsThatVanish: a split to fewer units than 38 decimals show is beyond
// what can be computed; the cost of the units is never dropped in silence.
func TestUnitsThatVanish(t *testing.T) {
	t.Parallel()
	tiny := amt("0.00000000000000000001") // twenty decimals: twice is too much
	for name, split := range map[string]func(){
		"of_lots": func() {
			h := NewHoldings(Config{})
			h.Acquire("BTC", "", Lot{Quantity: amt("1"), Cost: amt("10")})
			h.Split("BTC", "", tiny)
			h.Split("BTC", "", tiny)
		},
		"of_a_pool": func() {
			p := Pool{Units: amt("1"), Cost: amt("10")}
			p.Scale(tiny)
			p.Scale(tiny)
		},
		"of_days": func() {
			s := Section104{Days: []Day{{Date: 1, Ratio: tiny}, {Date: 2, Ratio: tiny}}}
			s.Match(30, 0)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if _, ok := recover().(money.Overflow); !ok {
					t.Error("units vanished without a word")
				}
			}()
			split()
		})
	}
	var none Pool
	if none.Scale(tiny); !none.Units.IsZero() {
		t.Error("a split of nothing gave units")
	}
}
