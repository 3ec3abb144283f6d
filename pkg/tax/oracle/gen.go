package oracle

import (
	"encoding/json"
	"math/big"
	"math/bits"
	"sort"
	"strconv"
	"time"

	"pgregory.net/rapid"
)

// rawMap is a JSON object in the making.
type rawMap = map[string]any

// country is what the generator knows of a jurisdiction.
type country struct {
	name, currency, zone string
	methods              []string
}

func countries() []country {
	return []country{
		{"GENERIC", "EUR", "UTC", []string{"fifo", "lifo", "hifo", "lofo", "average", "specific"}},
		{"US", "USD", "America/New_York", []string{"fifo", "lifo", "hifo", "lofo", "specific"}},
		{"GB", "GBP", "Europe/London", []string{s104Pool, corporatePool}},
		{"CA", "CAD", "America/Toronto", []string{canadianPool}},
		{"ZA", "ZAR", "Africa/Johannesburg", []string{"fifo", "specific", averagePool}},
		{"DE", "EUR", "Europe/Berlin", []string{"de-fifo", germanAverage}},
		{"AU", "AUD", "Australia/Sydney", []string{"fifo", "specific"}},
		{"IE", "EUR", "Europe/Dublin", []string{irishFIFO}},
		{"IN", "INR", "Asia/Kolkata", []string{"fifo"}},
		{"NG", "NGN", "Africa/Lagos", []string{"fifo", averagePool}},
		{"LK", "LKR", "Asia/Colombo", []string{"fifo"}},
	}
}

// Methods lists the methods with which LedgerOf draws ledgers of a jurisdiction, in the names of the vectors.
func Methods(jurisdiction string) []string {
	for _, c := range countries() {
		if c.name == jurisdiction {
			return c.methods
		}
	}
	return nil
}

// Jurisdictions lists the jurisdictions that Ledger draws from.
func Jurisdictions() []string {
	var out []string
	for _, c := range countries() {
		out = append(out, c.name)
	}
	return out
}

// Ledger draws a valid Ledger JSON of any jurisdiction and any of its methods. Dates crowd around the windows of 9, 10,
// 28 and 30 days, anniversaries, ends of tax years and changes of the clock.
func Ledger(t *rapid.T) []byte {
	jurisdiction := oneOf(t, "jurisdiction", Jurisdictions())
	return LedgerOf(t, jurisdiction, oneOf(t, "method", Methods(jurisdiction)))
}

// LedgerOf draws a valid Ledger JSON of one jurisdiction and method.
func LedgerOf(t *rapid.T, jurisdiction, method string) []byte {
	d := &drawing{T: t, method: method, units: map[place]*big.Rat{}, born: map[string]bool{}, busy: map[string]bool{}}
	for _, c := range countries() {
		if c.name == jurisdiction {
			d.country = c
		}
	}
	zone, err := time.LoadLocation(d.country.zone)
	if err != nil {
		t.Fatalf("zone of %s: %v", jurisdiction, err)
	}
	d.zone = zone
	d.assets = []string{"BTC", "ETH", "SOL"}[:1+d.upTo("more assets", 2)]
	d.accounts = []string{"A", "B", "C"}[:1+d.upTo("more accounts", 2)]
	times := d.times()
	options := d.options(times)
	d.head = rawMap{
		"schema": 1, "jurisdiction": jurisdiction, "method": method, "currency": d.country.currency,
		"timezone": d.country.zone, "options": options,
	}
	for _, when := range times {
		d.event(when)
	}
	return d.json(d.fileOrder(d.events))
}

// drawing is a ledger in the making.
type drawing struct {
	*rapid.T
	country  country
	method   string
	zone     *time.Location
	assets   []string
	accounts []string
	scoped   bool // lots carry accounts
	limited  bool // splits and forks may be those of one account; then nothing moves between accounts
	head     rawMap
	events   []rawMap
	units    map[place]*big.Rat // roughly what is held
	buys     []purchased
	born     map[string]bool // coins that a fork has brought
	busy     map[string]bool // asset and day of splits and forks
}

// place is where units are: accounts count only when lots carry them.
type place struct{ asset, account string }

// purchased is an acquisition that a later disposal may name.
type purchased struct {
	id, asset string
	amount    *big.Rat
}

// oneOf draws one of the values, all equally likely; the first is the simplest.
func oneOf[V any](t *rapid.T, label string, from []V) V {
	return rapid.Custom(func(t *rapid.T) V {
		n := 0
		for range bits.Len(uint(len(from))) + 3 {
			n *= 2
			if rapid.Bool().Draw(t, "bit") {
				n++
			}
		}
		return from[n%len(from)]
	}).Draw(t, label)
}

// chance is true in that many of a hundred cases, and false in the simplest.
func (d *drawing) chance(label string, percent int) bool {
	return d.upTo(label, 99) >= 100-percent
}

// upTo draws a whole number from zero to n.
func (d *drawing) upTo(label string, n int) int {
	from := make([]int, n+1)
	for i := range from {
		from[i] = i
	}
	return oneOf(d.T, label, from)
}

func (d *drawing) pick(label string, from ...string) string { return oneOf(d.T, label, from) }

func (d *drawing) json(events []rawMap) []byte {
	d.head["events"] = events
	out, err := json.MarshalIndent(d.head, "", " ")
	if err != nil {
		d.Fatalf("write ledger: %v", err)
	}
	return out
}

// times draws the times of the events, sorted. Each lies a telling number of days after another.
func (d *drawing) times() []string {
	bases := []string{
		"2024-04-05", "2024-03-31", "2023-12-31", "2024-06-30", "2024-02-28", "2024-02-29", "2024-10-29", "2024-10-27",
		"2024-11-03", "2024-03-10", "2024-04-07", "2024-10-06", "2020-02-29", "2022-11-30", "2024-12-31", "2021-04-01",
	}
	offsets := []int{0, 0, 1, 2, 5, 8, 9, 10, 11, 27, 28, 29, 30, 31, 45, 60, 181, 364, 365, 366, 367, 731}
	clocks := []string{
		"", "", "", "T12:00:00Z", "T00:00:00Z", "T23:30:00Z", "T00:30:00+01:00", "T22:30:00Z", "T13:30:00Z", "T14:30:00Z",
		"T18:29:59.5Z", "T18:30:00Z", "T04:30:00Z", "T05:00:00Z", "T01:30:00Z", "T00:30:00Z", "T09:00:00-05:00",
	}
	base, err := time.Parse(dateForm, d.pick("base", bases...))
	if err != nil {
		d.Fatalf("base date: %v", err)
	}
	days := []time.Time{base}
	out := []string{base.Format(dateForm)}
	for n := d.upTo("events", 24); n > 0; n-- {
		if d.chance("same instant", 12) {
			out = append(out, oneOf(d.T, "as at", out))
			continue
		}
		start := oneOf(d.T, "after", days)
		next := start.AddDate(0, 0, oneOf(d.T, "days", offsets))
		days = append(days, next)
		out = append(out, next.Format(dateForm)+d.pick("clock", clocks...))
	}
	sort.SliceStable(out, func(i, j int) bool { return d.instant(out[i]).Before(d.instant(out[j])) })
	return out
}

func (d *drawing) instant(when string) time.Time {
	at, _, err := readTime(when, d.zone)
	if err != nil {
		d.Fatalf("time of event: %v", err)
	}
	return at
}

func (d *drawing) date(when string) day {
	_, date, err := readTime(when, d.zone)
	if err != nil {
		d.Fatalf("time of event: %v", err)
	}
	return date
}

// options draws the options that mean something under the method, and some that do not.
func (d *drawing) options(times []string) rawMap {
	out := rawMap{}
	switch d.upTo("scope", 4) {
	case 1:
		out["scope"] = "universal"
	case 2, 3:
		out["scope"] = "account"
		d.scoped = true
	case 4:
		if d.chance("scope by name", 50) {
			out["scope"] = "universal"
		}
		out["account_scope_from"] = d.date(oneOf(d.T, "from", times)).String()
		d.scoped = true
	}
	d.limited = d.scoped && d.chance("limited", 20)
	if d.chance("on shortage", 10) {
		out["on_shortage"] = "zero_cost"
	}
	d.swapOptions(out)
	switch {
	case d.method == corporatePool:
		out["taxpayer"], out["days_after"] = "company", 0
	case d.method == s104Pool && d.chance("days after", 20):
		out["days_after"] = oneOf(d.T, "days after", []int{0, 1, 10, 29, 30, 31})
	case d.method == canadianPool && d.chance("superficial", 20):
		out["superficial"] = d.chance("superficial on", 30)
	case d.method == irishFIFO && d.chance("recent loss", 40):
		out["recent_purchase_loss"] = d.pick("recent loss", "free", "restricted")
	case d.country.name == "ZA" && d.method == averagePool:
		out["not_for_crypto"] = true
	}
	return out
}

func (d *drawing) swapOptions(out rawMap) {
	if d.chance("swap value", 10) {
		out["swap_value"] = d.pick("swap value", "given", "received")
	}
	if d.chance("swap cost", 10) {
		out["swap_cost"] = d.pick("swap cost", "given", "received")
	}
	if d.chance("swap fee", 15) {
		out["swap_fee"] = d.pick("swap fee", "half", "disposal", "acquisition")
	}
}

// fileOrder sometimes moves events in the file. Those of one instant keep their order, on which the ledger rests.
func (d *drawing) fileOrder(events []rawMap) []rawMap {
	if !d.chance("shuffled", 25) {
		return events
	}
	groups := map[int64][]rawMap{}
	var instants []int64
	for _, e := range events {
		at := d.instant(e["time"].(string)).UnixNano()
		if groups[at] == nil {
			instants = append(instants, at)
		}
		groups[at] = append(groups[at], e)
	}
	var out []rawMap
	for _, at := range rapid.Permutation(instants).Draw(d.T, "order") {
		out = append(out, groups[at]...)
	}
	return out
}

func (d *drawing) nextID() string { return "e" + strconv.Itoa(len(d.events)+1) }
