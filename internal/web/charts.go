package web

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Charts are drawn here, in whole units of their own square: what a template
// gets is rectangles.

// rect is a rectangle of a chart with what its place means.
type rect struct {
	x, y, w, h int
	class      string
	title      string
}

// mark is a text of a chart.
type mark struct {
	x, y   int
	text   string
	anchor string // start, middle or end
	strong bool
}

// units is how many units of a chart an amount is, where max is span units.
func units(a, maximum money.Amount, span int) int {
	if maximum.IsZero() {
		return 0
	}
	n, err := strconv.Atoi(money.FromInt(int64(span)).Rescale(a, maximum).Round(0, money.HalfEven).String())
	if err != nil {
		return 0
	}
	return n
}

// short writes an amount for an axis: 1234 is 1.2k.
func short(a money.Amount) string {
	for _, unit := range [...]struct {
		size int64
		name string
	}{{1_000_000_000, "bn"}, {1_000_000, "m"}, {1000, "k"}} {
		if size := money.FromInt(unit.size); a.Abs().Cmp(size) >= 0 {
			return ui.Signless(a.Rescale(money.FromInt(1), size).Round(1, money.HalfEven).String()) + unit.name
		}
	}
	return ui.Signless(a.Round(0, money.HalfEven).String())
}

// plus writes it with its sign.
func plus(a money.Amount) string {
	if a.Sign() > 0 {
		return "+" + short(a)
	}
	return short(a)
}

// roundStep is a round step of an axis: at most five of them reach over a span.
func roundStep(span money.Amount) money.Amount {
	one := money.FromInt(1)
	for one.Rescale(money.FromInt(5), money.FromInt(1)).Cmp(span) < 0 {
		for _, m := range []int64{2, 5, 10} {
			if next := one.Mul(money.FromInt(m)); next.Mul(money.FromInt(5)).Cmp(span) >= 0 {
				return next
			}
		}
		one = one.Mul(money.FromInt(10))
	}
	return one
}

// The square of the chart of gains: as wide as the page, or as most of it.
const (
	wholeWide  = 1120
	partWide   = 720
	slimWide   = 300 // of a telephone
	gainsHigh  = 250
	gainsTop   = 34
	gainsFloor = 214
)

// gainsChart is realised gains by month, or by year, as a waterfall.
type gainsChart struct {
	label        string
	wide         int
	left         int         // where the bars begin
	slim         *gainsChart // the same for a small screen
	bars         []rect
	dashes       []rect // between bars: x, y, w
	marks        []mark
	grid         []rect
	rows         []gainRow
	total        money.Amount
	currency     string
	hasGain      bool
	hasLoss      bool
	nothing      bool
	monthsOrYear string
}

// gainRow is a bar in figures.
type gainRow struct {
	name      string
	net       money.Amount
	gains     money.Amount
	losses    money.Amount
	disposals int
}

// waterfall draws rows one behind the other, and their total at the end.
func waterfall(label, what, currency string, wide int, rows []gainRow) gainsChart {
	c := drawGains(gainsChart{label: label, wide: wide, left: 56, rows: rows, currency: currency, monthsOrYear: what})
	slim := drawGains(gainsChart{label: label, wide: slimWide, left: 42, rows: rows, currency: currency, monthsOrYear: what})
	c.slim = &slim
	return c
}

// tight shortens the name of a bar to its slot: a month to its first letter, a
// year to its last digits.
func tight(name string, slot int) string {
	const letter = 7 // units
	switch {
	case len(name)*letter <= slot:
		return name
	case len(name) == 3:
		return name[:1]
	case len(name) >= 4:
		return name[2:]
	}
	return name
}

func drawGains(c gainsChart) gainsChart {
	rows := c.rows
	c.nothing = true
	var top, bottom, at money.Amount
	for _, r := range rows {
		c.nothing = c.nothing && r.net.IsZero()
		at = at.Add(r.net)
		top, bottom = money.Max(top, at), money.Min(bottom, at)
	}
	c.total = at
	span := top.Sub(bottom)
	if span.IsZero() {
		span = money.FromInt(1)
	}
	y := func(a money.Amount) int { return gainsFloor - units(a.Sub(bottom), span, gainsFloor-gainsTop) }
	c.axis(y, bottom, top)
	slot := (c.wide - c.left - 10) / (len(rows) + 1)
	bar := min(slot*78/100, 110)
	at = money.Amount{}
	for i, r := range rows {
		x, next := c.left+i*slot+(slot-bar)/2, at.Add(r.net)
		c.bar(x, bar, y(at), y(next), r)
		c.dashes = append(c.dashes, rect{x: x + bar, y: y(next), w: slot - bar})
		c.marks = append(c.marks, mark{x + bar/2, gainsHigh - 8, tight(r.name, slot), "middle", false})
		at = next
	}
	x := c.left + len(rows)*slot + (slot-bar)/2
	from, to := min(y(money.Amount{}), y(at)), max(y(money.Amount{}), y(at))
	c.bars = append(c.bars, rect{x, from, bar, max(to-from, 2), "total", "Total " + ui.Fiat(at, c.currency)})
	c.marks = append(c.marks, mark{x + bar/2, from - 6, plus(at), "middle", true})
	if slot >= 36 { // in a narrow one it would run into its neighbour; the legend tells it
		c.marks = append(c.marks, mark{x + bar/2, gainsHigh - 8, "Total", "middle", false})
	}
	return c
}

// bar draws one row.
func (c *gainsChart) bar(x, wide, from, to int, r gainRow) {
	title := r.name + ": " + ui.Fiat(r.net, c.currency)
	switch {
	case r.net.IsZero():
		c.bars = append(c.bars, rect{x, from - 1, wide, 2, "zero", title})
		return
	case r.net.Sign() > 0:
		c.hasGain = true
		c.bars = append(c.bars, rect{x, to, wide, max(from-to, 2), "gain", title})
	default:
		c.hasLoss = true
		c.bars = append(c.bars, rect{x, from, wide, max(to-from, 2), "loss", title})
	}
	if wide >= 34 {
		c.marks = append(c.marks, mark{x + wide/2, min(from, to) - 5, plus(r.net), "middle", false})
	}
}

// axis draws the lines behind the bars.
func (c *gainsChart) axis(y func(money.Amount) int, bottom, top money.Amount) {
	by := roundStep(top.Sub(bottom))
	for a := (money.Amount{}); a.Cmp(top) <= 0; a = a.Add(by) {
		c.line(y, a)
	}
	for a := by.Neg(); a.Cmp(bottom) >= 0; a = a.Sub(by) {
		c.line(y, a)
	}
}

func (c *gainsChart) line(y func(money.Amount) int, a money.Amount) {
	c.grid = append(c.grid, rect{x: c.left, y: y(a), w: c.wide - c.left - 10})
	c.marks = append(c.marks, mark{c.left - 8, y(a) + 4, short(a), "end", false})
}

// byMonth fills the months of a tax year in which nothing was sold.
func byMonth(sum *filing.Summary) []gainRow {
	first, err := time.Parse(time.DateOnly, sum.First)
	if err != nil {
		return nil
	}
	last, err := time.Parse(time.DateOnly, sum.Last)
	if err != nil {
		return nil
	}
	known := make(map[string]filing.Month)
	for _, m := range sum.Months {
		known[m.Month] = m
	}
	var rows []gainRow
	for at := time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, time.UTC); !at.After(last); at = at.AddDate(0, 1, 0) {
		m := known[at.Format("2006-01")]
		rows = append(rows, gainRow{at.Format("Jan"), m.Gains.Sub(m.Losses), m.Gains, m.Losses, m.Disposals})
	}
	return rows
}

// byYear takes each year's gains and losses out of a summary of all years.
func byYear(sum *filing.Summary) []gainRow {
	at := make(map[string]int)
	var rows []gainRow
	for _, f := range sum.Figures {
		i, ok := at[f.Year]
		if !ok {
			i, at[f.Year] = len(rows), len(rows)
			rows = append(rows, gainRow{name: f.Year})
		}
		switch f.Key {
		case "gains":
			rows[i].gains = f.Amount
		case "losses":
			rows[i].losses = f.Amount
		case "net":
			rows[i].net = f.Amount
		case "disposals":
			rows[i].disposals, _ = strconv.Atoi(f.Amount.String()) // it is a count
		}
	}
	return rows
}

// holdingBar is what is left of one asset, by how long it has been held.
type holdingBar struct {
	asset       string
	total       money.Amount
	short, long money.Amount
	blocks      []rect
	limit       int // where the year is over; -1 if all is on one side
	soon        []mark
	rows        []filing.Lot
	terms       bool // the country tells short from long
}

const (
	barWide   = 540
	barsShown = 3 // assets, of which bars are drawn
)

// holdingBars draws what is left as it was on a day: the youngest lots at the
// left, each as wide as its part.
func holdingBars(sum *filing.Summary, on time.Time) []holdingBar {
	lots := make(map[string][]filing.Lot)
	for _, h := range sum.Holdings {
		lots[h.Asset] = append(lots[h.Asset], h.Lots...)
	}
	var bars []holdingBar
	for _, asset := range slices.Sorted(maps.Keys(lots)) {
		if list := lots[asset]; len(list) > 0 {
			slices.SortStableFunc(list, func(a, b filing.Lot) int { return cmp.Compare(b.Acquired, a.Acquired) })
			bars = append(bars, newHoldingBar(sum, asset, list, on))
		}
	}
	slices.SortStableFunc(bars, func(a, b holdingBar) int { return cmp.Compare(rankOf(a.asset), rankOf(b.asset)) })
	return bars
}

// rankOf puts bitcoin first.
func rankOf(asset string) int {
	if asset == "BTC" {
		return 0
	}
	return 1
}

func newHoldingBar(sum *filing.Summary, asset string, list []filing.Lot, on time.Time) holdingBar {
	terms := sum.Long != ""
	b := holdingBar{asset: asset, limit: -1, rows: list, terms: terms}
	for _, l := range list {
		b.total = b.total.Add(l.Amount)
	}
	x := 0
	for _, l := range list {
		acquired, err := time.Parse(time.DateOnly, l.Acquired)
		if err != nil {
			continue
		}
		turns := acquired.AddDate(1, 0, 1)
		block := rect{x: x, y: 14, w: max(units(l.Amount, b.total, barWide), 1), h: 30, title: l.Acquired + ": " + l.Amount.String() + " " + asset}
		if long := !turns.After(on); long || !terms {
			b.long = b.long.Add(l.Amount)
			block.class = fmt.Sprintf("long a%d", age(acquired, on))
			if terms && b.limit < 0 && !b.short.IsZero() {
				b.limit = x
			}
		} else {
			b.short = b.short.Add(l.Amount)
			block.class = "short"
			if soon := turns.Sub(on); soon <= 30*24*time.Hour {
				b.soon = append(b.soon, mark{x: x + block.w/2, y: 10, text: l.Amount.String() + " " + asset + " turns long-term on " + turns.Format("2 Jan 2006")})
			}
		}
		b.blocks = append(b.blocks, block)
		x += block.w
	}
	return b
}

// age is one to five: how deep the colour of a lot is.
func age(acquired, on time.Time) int {
	return min(max(int(on.Sub(acquired)/(365*24*time.Hour)), 1), 5)
}

// coverage is the months in which a source has rows.
type coverage struct {
	name  string
	years []coverYear
	gaps  []string
}

type coverYear struct {
	year  int
	cells []rect
}

// coverYears is how many years a strip shows at most.
const coverYears = 12

// cover draws a strip for months, from the first year to the last.
func cover(name string, months map[string]int) coverage {
	c := coverage{name: name}
	if len(months) == 0 {
		return c
	}
	known := slices.Sorted(maps.Keys(months))
	first, last := known[0], known[len(known)-1]
	from, to := yearOf(first), yearOf(last)
	if to-from >= coverYears {
		from = to - coverYears + 1
	}
	var gap []string
	for y := from; y <= to; y++ {
		row := coverYear{year: y}
		for m := 1; m <= 12; m++ {
			key := fmt.Sprintf("%04d-%02d", y, m)
			cell := rect{x: (m - 1) * 9, y: 0, w: 8, h: 14, class: "out", title: key + ": no rows"}
			switch n := months[key]; {
			case n > 0:
				cell.class, cell.title = "some", key+": "+strconv.Itoa(n)
				c.gap(&gap)
			case key > first && key < last:
				cell.class = "gap"
				gap = append(gap, key)
			}
			row.cells = append(row.cells, cell)
		}
		c.years = append(c.years, row)
	}
	return c
}

// gap notes a run of months without rows.
func (c *coverage) gap(run *[]string) {
	if n := len(*run); n >= 3 {
		c.gaps = append(c.gaps, (*run)[0]+" to "+(*run)[n-1])
	}
	*run = nil
}

func yearOf(month string) int {
	y, _ := strconv.Atoi(month[:4]) // "2024-05"
	return y
}

// several joins names with commas.
func several(names []string, most int) string {
	if len(names) > most {
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(len(names)-most) + " more"
	}
	return strings.Join(names, ", ")
}

// upperFirst begins a word with a capital.
func upperFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// coverWords says in words what a year of a strip shows.
func coverWords(name string, y coverYear) string {
	n := 0
	for _, c := range y.cells {
		if c.class == "some" {
			n++
		}
	}
	return fmt.Sprintf("%s, %d: rows in %d of 12 months", name, y.year, n)
}
