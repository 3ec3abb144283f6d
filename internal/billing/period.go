package billing

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Period is one paid stretch of a plan, from and until.
type Period struct {
	ID          tenant.ID // of the order that paid for it
	Firm        tenant.FirmID
	Plan        string
	From, Until time.Time
	Credited    money.Amount // for what was left of the plan before it

	Price money.Amount // what was paid for it, with money and credit
	Begun time.Time    // when it was paid
	Turn  int          // 1, 2, 3, … in a firm: the order in which they were paid

	of purchase // what its order says; see boughtBy
}

// purchase is what an order asks for when it is paid.
type purchase struct {
	plan     string
	price    money.Amount // with money and credit
	currency string
	renewal  bool // a card paid it by itself: nobody chose the plan anew
	made     time.Time
}

// purchase is what a sale asks for.
func (s *Sale) purchase() purchase {
	return purchase{
		plan: s.Plan, price: s.Amount.Add(s.Credit), currency: s.Currency, renewal: s.renewal(), made: s.Created,
	}
}

// renewal reports whether a card paid a sale by itself.
func (s *Sale) renewal() bool {
	return s.Provider == Stripe && s.Ref != "" && !strings.HasPrefix(s.Ref, sessionRef)
}

// boughtBy returns what a firm has paid for, with what its orders say.
func boughtBy(ctx context.Context, tx Tx, firm tenant.FirmID) ([]Period, error) {
	periods, err := tx.Periods(ctx, firm)
	for i := range periods {
		sale, err := tx.Sale(ctx, periods[i].ID)
		if err != nil {
			return nil, err
		}
		periods[i].of = sale.purchase()
	}
	return periods, err
}

// worth is what is left of what was paid for a period, by whole days.
func (p *Period) worth(now time.Time) money.Amount {
	left := p.left(now)
	if left == 0 {
		return money.Amount{}
	}
	return p.Price.Share(money.FromInt(int64(left)), money.FromInt(int64(p.Until.Sub(p.From)/day))).Round(2, money.Down)
}

// left is how many whole days of a period are left.
func (p *Period) left(now time.Time) int {
	return int(max(min(p.Until.Sub(p.From)/day, p.Until.Sub(now)/day), 0))
}

// course is what a firm has after the periods that it paid for one by one.
type course struct {
	sub     Subscription
	last    int      // the turn of the last one
	live    []Period // those of the plan that it has, which follow each other
	foreign bool     // the firm's credit is in another currency, so that none can be added
}

// courseOf returns the course of a firm whose subscription is known.
func courseOf(sub Subscription, periods []Period) *course {
	c := new(course)
	for _, p := range periods {
		c.push(p)
	}
	c.sub = sub
	return c
}

// push adds a period that begins or goes on with a plan.
func (c *course) push(p Period) {
	if p.Plan != c.sub.Plan {
		c.live = nil
	}
	c.live = append(c.live, p)
	c.sub.Plan, c.sub.Until, c.last = p.Plan, p.Until, p.Turn
}

// next returns the period that an order buys: the same plan, or one that ran
// out, goes on where it ends; another plan begins now, and what was paid for
// what is left of the old one is credited by days, or makes the new one last
// longer if its price is in another currency. What pays for less than the
// firm has by now, because a card renews that or because it was ordered before
// the better plan, takes nothing away: it makes the better plan last longer.
func (c *course) next(q purchase, now time.Time) Period {
	p := Period{Firm: c.sub.Firm, Plan: q.plan, From: now, Price: q.price, Begun: now, Turn: c.last + 1, of: q}
	switch state := c.sub.State(now); {
	case c.sub.Plan == q.plan && (state == Ending || state == Active):
		p.From = c.sub.Until // the days of grace are part of the year
	case state == Active && c.outdoes(q):
		p.Plan, p.From = c.sub.Plan, c.sub.Until
		p.Until = p.From.AddDate(0, 0, c.days(q))
		return p
	case state == Active:
		rest := c.rest(q.currency, now)
		if p.Until = p.From.AddDate(1, 0, c.apart(q.currency, now)); !c.foreign {
			p.Credited = rest
			return p
		}
		p.Until = p.Until.AddDate(0, 0, daysOf(rest, yearDays, q.price))
		return p
	}
	p.Until = p.From.AddDate(1, 0, 0)
	return p
}

// outdoes reports whether the firm has a better plan than the one that is paid
// for, without anybody having ordered that since.
func (c *course) outdoes(q purchase) bool {
	if rank(q.plan) >= rank(c.sub.Plan) || len(c.live) == 0 {
		return false
	}
	return q.renewal || !q.made.After(c.chosen())
}

// chosen is when somebody ordered the plan that the firm has for the last time;
// zero if only a card renewed it.
func (c *course) chosen() (at time.Time) {
	for i := range c.live {
		if of := &c.live[i].of; of.plan == c.sub.Plan && !of.renewal && of.made.After(at) {
			at = of.made
		}
	}
	return at
}

// rest is what was paid in a currency for what is left of the plan.
func (c *course) rest(currency string, now time.Time) (rest money.Amount) {
	for i := range c.live {
		if c.live[i].of.currency == currency {
			rest = rest.Add(c.live[i].worth(now))
		}
	}
	return rest
}

// apart is how many days are left of what was paid in other currencies. What a
// day of it is worth in this one is not known.
func (c *course) apart(currency string, now time.Time) (days int) {
	for i := range c.live {
		if c.live[i].of.currency != currency {
			days += c.live[i].left(now)
		}
	}
	return days
}

const yearDays = 365

// days is how many days of the plan that a firm has a purchase is worth, by
// what was paid for it last. In another currency it is a year: nothing that was
// paid may be lost.
func (c *course) days(q purchase) int {
	if len(c.live) == 0 {
		return yearDays
	}
	l := &c.live[len(c.live)-1]
	if l.of.currency != q.currency || l.Price.Sign() <= 0 {
		return yearDays
	}
	return daysOf(q.price, int64(l.Until.Sub(l.From)/day), l.Price)
}

// daysOf is how many days an amount buys of what costs a price for so many.
func daysOf(amount money.Amount, days int64, price money.Amount) int {
	if price.Sign() <= 0 {
		return 0
	}
	n, err := strconv.Atoi(amount.Share(money.FromInt(days), price).Round(0, money.Down).String())
	if err != nil {
		return 0 // it is whole by now
	}
	return n
}

// rebuild ends what a dropped period had begun: those that were paid for after
// it begin anew without it, as if it had never been. It returns how much more
// credit they give; less than 0 if it is less. What the dropped one allowed
// ends now, so that the days of grace begin.
func rebuild(ctx context.Context, tx Tx, sub *Subscription, dropped *Period) (more money.Amount, err error) {
	periods, err := boughtBy(ctx, tx, sub.Firm)
	if err != nil {
		return more, err
	}
	foreign, err := elsewhere(ctx, tx, sub, dropped.of.currency)
	if err != nil {
		return more, err
	}
	slices.SortStableFunc(periods, func(a, b Period) int { return a.Turn - b.Turn })
	c := &course{sub: Subscription{Firm: sub.Firm}, foreign: foreign}
	for _, old := range periods {
		p := old
		if old.Turn > dropped.Turn {
			n := c.next(old.of, old.Begun)
			p.Plan, p.From, p.Until, p.Credited = n.Plan, n.From, n.Until, n.Credited
		}
		if p.Plan != old.Plan || !p.From.Equal(old.From) || !p.Until.Equal(old.Until) || !p.Credited.Equal(old.Credited) {
			if err := moved(ctx, tx, &p); err != nil {
				return more, err
			}
		}
		more = more.Add(p.Credited).Sub(old.Credited)
		c.push(p)
	}
	if now := tx.Now(); now.Before(sub.Until) {
		sub.Until = now
	}
	if c.sub.Until.After(sub.Until) {
		sub.Plan, sub.Until = c.sub.Plan, c.sub.Until
	}
	return more.Sub(dropped.Credited), nil
}

// moved keeps a period that begins at another time, and says so on its receipt.
func moved(ctx context.Context, tx Tx, p *Period) error {
	if err := tx.SavePeriod(ctx, *p); err != nil {
		return err
	}
	r, err := tx.Receipt(ctx, p.ID)
	if err != nil {
		return err
	}
	r.Plan, r.From, r.Until = p.Plan, p.From, p.Until
	return tx.AddReceipt(ctx, r)
}
