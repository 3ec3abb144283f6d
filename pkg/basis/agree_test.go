package basis

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// machine runs random steps on the holdings and on the slow reference, and
// keeps account of what came and went.
type machine struct {
	*rapid.T
	fast *Holdings
	slow *reference

	today  ledger.Date
	events int32
	coins  map[string]money.Amount // that must be held
	costs  money.Amount            // that must be held, of all coins
	forked int
	script []string // the steps so far, to run by themselves
}

// did notes a step.
func (m *machine) did(format string, words ...any) {
	m.script = append(m.script, strings.Join(strings.Fields(fmt.Sprintf(format, words...)), " "))
}

// fail reports a fault with the steps that led to it.
func (m *machine) fail(format string, words ...any) {
	m.Fatalf("%s\n%+v\n\t%s", fmt.Sprintf(format, words...), m.fast.Config, strings.Join(m.script, "\n\t"))
}

// near is how far a figure may be from the exact fraction: sums of figures
// that were cut at 28 decimals.
var near = big.NewRat(1, 1_000_000_000_000_000_000)

func close2(a money.Amount, b *big.Rat) bool {
	d := new(big.Rat).Sub(ratOf(a), b)
	return d.Abs(d).Cmp(near) <= 0
}

func (m *machine) units(label string) money.Amount {
	return money.MustParse(rapid.SampledFrom([]string{"1", "2", "3", "0.5", "0.25", "7", "1.1", "0.001"}).Draw(m.T, label))
}

func (m *machine) account(label string) string {
	return rapid.SampledFrom([]string{"A", "B", "C"}).Draw(m.T, label)
}

func (m *machine) coin() string {
	if m.forked > 0 && rapid.Bool().Draw(m.T, "the fork's coin") {
		return "BCH"
	}
	return "BTC"
}

// window is the first day of the four weeks before today.
func (m *machine) window() ledger.Date { return m.today.AddDays(-28) }

func (m *machine) buy() {
	m.events++
	l := Lot{
		Quantity: m.units("units"), Date: m.today, Event: m.events, Assumed: rapid.Bool().Draw(m.T, "assumed"),
		Cost: money.MustParse(rapid.SampledFrom([]string{"10", "0", "20", "30", "10.01", "33.33", "1000"}).Draw(m.T, "cost")),
	}
	if rapid.IntRange(0, 4).Draw(m.T, "older") == 4 {
		l.Date = m.today.AddDays(-rapid.IntRange(1, 60).Draw(m.T, "days"))
	}
	account := m.account("account")
	m.did("buy %s %s %s %s", l.Date, l.Quantity, l.Cost, account)
	m.fast.Acquire("BTC", account, l)
	m.slow.acquire("BTC", account, l)
	m.coins["BTC"], m.costs = m.coins["BTC"].Add(l.Quantity), m.costs.Add(l.Cost)
}

func (m *machine) sell() {
	coin, account, units := m.coin(), m.account("account"), m.units("units")
	if rapid.IntRange(0, 9).Draw(m.T, "all") == 9 {
		units = money.FromInt(1000)
	}
	var got []Lot
	var missing money.Amount
	m.did("sell %s of %s from %s %s", units, coin, m.window(), account)
	if m.fast.Window {
		var recent int
		got, recent, missing = m.fast.TakeRecent(coin, account, units, m.window())
		for i, l := range got {
			if inside := !l.Fork && l.Date >= m.window(); inside != (i < recent) {
				m.fail("piece %d of %d, %d of them recent, is of %s in a window from %s", i, len(got), recent, l.Date, m.window())
			}
		}
	} else {
		got, missing = m.fast.Take(coin, account, units)
	}
	want, lacking := m.slow.take(coin, account, units, m.window())
	m.compare(got, missing, want, lacking)
	m.gone(coin, units, got, missing)
}

// gone books a disposal out: the pieces and what is missing are all of it.
func (m *machine) gone(coin string, units money.Amount, got []Lot, missing money.Amount) {
	sum := missing
	for _, l := range got {
		if l.Quantity.Sign() <= 0 || l.Cost.Sign() < 0 {
			m.fail("a piece of %s at %s", l.Quantity, l.Cost)
		}
		sum = sum.Add(l.Quantity)
		m.coins[coin], m.costs = m.coins[coin].Sub(l.Quantity), m.costs.Sub(l.Cost)
	}
	if !sum.Equal(units) {
		m.fail("pieces and what is missing are %s, not %s", sum, units)
	}
}

func (m *machine) named() {
	if m.events == 0 {
		return
	}
	coin, account := m.coin(), m.account("account")
	var refs []Ref
	units := money.Amount{}
	for range rapid.IntRange(1, 3).Draw(m.T, "lots") {
		r := Ref{int32(rapid.IntRange(1, int(m.events)).Draw(m.T, "lot")), m.units("units")}
		refs, units = append(refs, r), units.Add(r.Amount)
	}
	m.did("lots %v of %s %s", refs, coin, account)
	got, missing := m.fast.TakeLots(coin, account, refs)
	want, lacking := m.slow.takeLots(coin, account, refs)
	m.compare(got, missing, want, lacking)
	m.gone(coin, units, got, missing)
}

func (m *machine) move() {
	coin, from, to, units := m.coin(), m.account("from"), m.account("to"), m.units("units")
	m.did("move %s %s %s from %s of %s", units, from, to, m.window(), coin)
	short := m.fast.Move(coin, from, to, units, m.window())
	if lacking := m.slow.move(coin, from, to, units, m.window()); !close2(short, lacking) {
		m.fail("%s of %s could not move, want %s", short, units, lacking)
	}
}

func (m *machine) split() {
	coin, account := m.coin(), ""
	if !m.fast.Averages && rapid.Bool().Draw(m.T, "one account") {
		account = m.account("account")
	}
	ratio := money.MustParse(rapid.SampledFrom([]string{"2", "0.5", "3", "10", "0.1"}).Draw(m.T, "ratio"))
	before := m.held(coin, account)
	m.did("split %s %s of %s", ratio, account, coin)
	m.fast.Split(coin, account, ratio)
	m.slow.split(coin, account, ratio)
	m.coins[coin] = m.coins[coin].Sub(before).Add(before.Mul(ratio))
}

// held is the units that a split of an account reaches.
func (m *machine) held(coin, account string) (sum money.Amount) {
	for h := range m.fast.Remaining() {
		if h.Asset != coin || account != "" && m.fast.Accounts && !m.fast.United && h.Account != account {
			continue
		}
		for l := range h.Lots {
			sum = sum.Add(l.Quantity)
		}
	}
	return sum
}

func (m *machine) fork() {
	m.events++
	m.forked++
	f := ForkTerms{
		To: "BCH", Amount: m.units("new units"), Value: m.units("value"), ToValue: m.units("new value"),
		Account: m.account("account"), Event: m.events, Date: m.today,
	}
	f.Home = f.Account
	m.did("fork %s %s %s %s", f.Amount, f.Value, f.ToValue, f.Account)
	m.fast.Fork("BTC", f)
	m.slow.doFork("BTC", f)
	m.coins["BCH"] = m.coins["BCH"].Add(f.Amount)
}

func (m *machine) allocate() {
	var shares []ledger.Share
	for range rapid.IntRange(1, 4).Draw(m.T, "shares") {
		shares = append(shares, ledger.Share{Account: m.account("account"), Amount: m.units("units")})
	}
	coin, order := m.coin(), Order(rapid.IntRange(int(Oldest), int(Cheapest)).Draw(m.T, "order"))
	m.did("pour %d %v of %s", order, shares, coin)
	got, want := m.fast.Allocate(coin, order, shares), m.slow.allocate(coin, order, shares)
	if !close2(got, want) {
		m.fail("the list differs by %s from what is held, want %s", got, want.FloatString(20))
	}
}

// compare wants the same pieces in the same order. A fork shares units in a
// ratio that need not end, so that a lot may leave dust behind.
func (m *machine) compare(got []Lot, missing money.Amount, want []plain, lacking *big.Rat) {
	got = slices.DeleteFunc(slices.Clone(got), func(l Lot) bool { return l.Quantity.Cmp(dust) < 0 })
	want = slices.DeleteFunc(want, func(p plain) bool { return p.units.Cmp(ratOf(dust)) < 0 })
	fault := len(got) != len(want) || !close2(missing, lacking)
	for i := 0; !fault && i < len(got); i++ {
		g, w := &got[i], &want[i]
		fault = g.Event != w.event || g.Date != w.date || g.Fork != w.fork || !close2(g.Quantity, w.units) || !close2(g.Cost, w.cost)
	}
	if !fault {
		return
	}
	var text []string
	for _, w := range want {
		text = append(text, fmt.Sprintf("%s of %s (event %d) at %s", w.units.FloatString(12), w.date, w.event, w.cost.FloatString(12)))
	}
	m.fail("got  %s\nwant %q, %s missing", pieces(got, missing), text, lacking.FloatString(12))
}

// check wants what is left to be the same in both, and all that came and did
// not go.
func (m *machine) check() {
	coins, costs := map[string]money.Amount{}, money.Amount{}
	sums := map[string]money.Amount{} // units by coin, account and event
	for h := range m.fast.Remaining() {
		age := uint64(0)
		for l := range h.Lots {
			coins[h.Asset], costs = coins[h.Asset].Add(l.Quantity), costs.Add(l.Cost)
			key := h.Asset + h.Account + strconv.Itoa(int(l.Event))
			sums[key] = sums[key].Add(l.Quantity)
			if l.age() < age {
				m.fail("%s of %s is listed behind a younger lot", l.Quantity, l.Date)
			}
			age = l.age()
		}
	}
	for _, coin := range []string{"BTC", "BCH"} {
		if !coins[coin].Equal(m.coins[coin]) {
			m.fail("%s %s are held, %s came and did not go", coins[coin], coin, m.coins[coin])
		}
	}
	if d := costs.Sub(m.costs).Abs(); d.Cmp(dust) > 0 {
		m.fail("a cost of %s is held, %s came and did not go", costs, m.costs)
	}
	want := map[string]*big.Rat{}
	for _, p := range m.slow.lots {
		key := p.asset + p.account + strconv.Itoa(int(p.event))
		want[key] = new(big.Rat).Add(cmp.Or(want[key], new(big.Rat)), p.units)
	}
	for key, units := range want {
		if !close2(sums[key], units) {
			m.fail("%s: %s are left, want %s", key, sums[key], units.FloatString(20))
		}
	}
}

// agree runs a sequence of steps under one order.
func agree(order Order) func(*rapid.T) {
	return func(t *rapid.T) {
		c := Config{Order: order, Track: rapid.Bool().Draw(t, "track"), Accounts: rapid.Bool().Draw(t, "accounts")}
		c.United = c.Accounts && rapid.Bool().Draw(t, "united")
		if order == Oldest {
			c.Window, c.Averages = rapid.Bool().Draw(t, "window"), rapid.Bool().Draw(t, "averages")
		}
		m := &machine{T: t, fast: NewHoldings(c), slow: &reference{Config: c}, today: 19_000, coins: map[string]money.Amount{}}
		steps := []func(){m.buy, m.buy, m.buy, m.sell, m.sell, m.move, m.move, m.split, m.fork, m.allocate}
		if c.Track {
			steps = append(steps, m.named, m.named)
		}
		separated := rapid.IntRange(0, 60).Draw(t, "separated at")
		for i := range rapid.IntRange(1, 30).Draw(t, "steps") {
			if m.today = m.today.AddDays(rapid.IntRange(0, 12).Draw(t, "days")); i == separated {
				m.did("separate")
				m.fast.Separate()
				m.slow.United = false
			}
			steps[rapid.IntRange(0, len(steps)-1).Draw(t, "step")]()
		}
		m.check()
	}
}

func TestAgreesWithTheSlowMatcher(t *testing.T) {
	t.Parallel()
	for name, order := range allOrders {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, agree(order))
		})
	}
}

func FuzzAgrees(f *testing.F) {
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		agree(Order(rapid.IntRange(int(Oldest), int(Cheapest)).Draw(t, "order")))(t)
	}))
}

// TestRemainingLeavesTheHoldings: listing what is left changes nothing.
func TestRemainingLeavesTheHoldings(t *testing.T) {
	t.Parallel()
	run(t, Config{Averages: true}, `
		buy 2024-01-01 1 10
		buy 2024-02-01 1 30
		sell 1     -> 1 of 2024-01-01 at 20
		left       -> 1 of 2024-02-01 at 20
		left       -> 1 of 2024-02-01 at 20
		sell 1     -> 1 of 2024-02-01 at 20`)
	h := NewHoldings(Config{Accounts: true})
	for _, account := range []string{"B", "", "A"} {
		h.Acquire("ETH", account, Lot{Quantity: money.FromInt(1)})
		h.Acquire("BTC", account, Lot{Quantity: money.FromInt(1)})
	}
	var names []string
	for l := range h.Remaining() {
		names = append(names, l.Asset+l.Account)
	}
	if want := []string{"BTC", "BTCA", "BTCB", "ETH", "ETHA", "ETHB"}; !slices.Equal(names, want) {
		t.Errorf("got %v, want %v", names, want)
	}
}
