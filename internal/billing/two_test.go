package billing_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestTwoSales: two or three orders of one firm, of which the later ones may
// use the credit that the others gave, happen in any way: in the end no money
// is lost, none has bought twice, and the plan lasts as long as what was paid
// for it.
func TestTwoSales(t *testing.T) {
	t.Parallel()
	played(t, histories(t, 60), 60, func(t *testing.T) func(uint64) { return newShop(t, nil).interleaveTwo })
}

func (s *shop) interleaveTwo(seed uint64) {
	s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
	r := rand.New(rand.NewPCG(seed, 2))
	begin := func(plan, key string) *chain {
		c := &chain{s: s, r: r, status: "New", sale: s.buyAlive(seed, plan, key), several: true}
		if c.price = inCents(s.t, c.sale.Amount.String()); c.price == 0 {
			c.status, c.settled = "Settled", true // paid with credit alone
		}
		return c
	}
	both := []*chain{begin(billing.Holder, "1")}
	plans := [][]string{{billing.Holder}, {billing.Preparer}, {billing.Holder, billing.Holder}}[r.IntN(3)]
	if r.IntN(3) > 0 {
		both[0].gives()
	}
	for i := range 12 + r.IntN(40) {
		if n := len(both); n <= len(plans) && i >= n*4 {
			both = append(both, begin(plans[n-1], fmt.Sprint(n+1)))
		}
		both[r.IntN(len(both))].step()
	}
	for range 2 { // as the hourly look does; credit that is free later pays what waited for it
		for _, c := range both {
			c.worked()
			if err := s.svc.Check(s.t.Context(), c.sale.Payment.ID, false); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	s.adds(seed, both)
	s.store.taken("billing.mail")
}

// gives makes credit, of what came late and was kept, or of what was too much;
// or only pays.
func (c *chain) gives() {
	way := c.r.IntN(3)
	late := way == 0
	if late {
		c.s.wait(2 * time.Hour)
		c.status, c.paid = "Expired", 1+c.r.IntN(c.price+2000)
		c.kept = c.paid
	} else {
		c.status, c.settled, c.paid = "Settled", true, c.price+(way-1)*(1+c.r.IntN(5000))
	}
	c.shows()
	err := c.s.svc.Check(c.s.t.Context(), c.sale.Payment.ID, false)
	if err == nil && late {
		err = c.s.svc.Keep(c.s.t.Context(), c.s.scope, c.sale.Payment.ID)
	}
	if err != nil {
		c.s.t.Fatal(err)
	}
}

// adds checks that all that came in is somewhere, once.
func (s *shop) adds(seed uint64, both []*chain) {
	a := s.account()
	credit, ended := 0, false
	var bought []billing.Sale
	for _, c := range both {
		last := c.known()
		is := last.Status.Paid() || last.Status == billing.Refund && last.Noted.IsZero() && last.Confirmations == 1
		uses := inCents(s.t, last.Credit.String())
		left := c.paid - c.sent
		ended = ended || c.whole || c.settled && c.status == "Invalid"
		switch wants := c.status == "Settled" && (!c.whole || left >= c.price) && (!c.noted || left > c.kept); {
		case is && !wants:
			s.t.Errorf("seed %d: %s is bought, want it not to be: %+v", seed, last.Payment.ID, *c)
		case is:
			bought = append(bought, last)
			credit += max(left-c.price-c.asked, 0) - uses
		case wants && last.Odd != "credit_gone" && !last.Asked():
			s.t.Errorf("seed %d: %s is %s, odd %q, want it to be bought: %+v", seed, last.Payment.ID, last.Status, last.Odd, *c)
		default:
			credit += c.kept
		}
		if open := c.status == "New" || c.status == "Processing"; open && !c.whole {
			credit -= uses
		}
		if need := uses + c.kept - min(c.kept, max(left-c.price, 0)); last.Odd == "credit_gone" && need <= inCents(s.t, a.Credit.String()) {
			s.t.Errorf("seed %d: %d cents of credit are there of %s: %+v", seed, need, a.Credit, *c)
		}
	}
	slices.SortStableFunc(bought, func(x, y billing.Sale) int { return x.Settled.Compare(y.Settled) })
	until, plan := time.Time{}, ""
	for i := range bought {
		b := &bought[i]
		switch {
		case plan == b.Plan:
			until = until.AddDate(1, 0, 0)
			continue
		case plan != "" && b.Settled.Equal(bought[0].Settled) && a.Plan == plan: // the other was first
			credit += inCents(s.t, b.Amount.Add(b.Credit).String())
			continue
		case plan != "":
			credit += inCents(s.t, bought[0].Amount.Add(bought[0].Credit).String()) * int(until.Sub(b.Settled)/(24*time.Hour)) / 365
		}
		until, plan = b.Settled.AddDate(1, 0, 0), b.Plan
	}
	early := time.Duration(0)
	if ended {
		early = billing.Grace // what began in the days of grace of what ended counts from its end
	}
	if got := inCents(s.t, a.Credit.String()); got != credit {
		s.t.Errorf("seed %d: credit %d cents, want %d: %+v", seed, got, credit, a)
	}
	if diff := until.Sub(a.Until); (a.State == billing.Active) != (plan != "") || plan != "" && (a.Plan != plan || diff < 0 || diff > early) {
		s.t.Errorf("seed %d: %s %s until %s, want %q until %s", seed, a.Plan, a.State, a.Until, plan, until)
	}
}
