package billing

import (
	"context"
	"slices"
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
}

// worth is what is left of what was paid for a period, by whole days.
func (p *Period) worth(now time.Time) money.Amount {
	all, left := p.Until.Sub(p.From)/day, p.Until.Sub(now)/day
	if left = min(left, all); left <= 0 {
		return money.Amount{}
	}
	return p.Price.Share(money.FromInt(int64(left)), money.FromInt(int64(all))).Round(2, money.Down)
}

// course is what a firm has after the periods that it paid for one by one.
type course struct {
	sub  Subscription
	last int      // the turn of the last one
	live []Period // those of the plan that it has, which follow each other
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
// what is left of the old one is credited by days.
func (c *course) next(plan string, price money.Amount, now time.Time) Period {
	p := Period{Firm: c.sub.Firm, Plan: plan, From: now, Price: price, Begun: now, Turn: c.last + 1}
	switch state := c.sub.State(now); {
	case c.sub.Plan == plan && (state == Ending || state == Active):
		p.From = c.sub.Until // the days of grace are part of the year
	case state == Active:
		for i := range c.live {
			p.Credited = p.Credited.Add(c.live[i].worth(now))
		}
	}
	p.Until = p.From.AddDate(1, 0, 0)
	return p
}

// rebuild ends what a dropped period had begun: those that were paid for after
// it begin anew without it, as if it had never been. It returns how much more
// credit they give; less than 0 if it is less. What the dropped one allowed
// ends now, so that the days of grace begin.
func rebuild(ctx context.Context, tx Tx, sub *Subscription, dropped *Period) (more money.Amount, err error) {
	periods, err := tx.Periods(ctx, sub.Firm)
	if err != nil {
		return more, err
	}
	slices.SortStableFunc(periods, func(a, b Period) int { return a.Turn - b.Turn })
	c := &course{sub: Subscription{Firm: sub.Firm}}
	for _, old := range periods {
		p := old
		if old.Turn > dropped.Turn {
			n := c.next(old.Plan, old.Price, old.Begun)
			p.From, p.Until, p.Credited = n.From, n.Until, n.Credited
		}
		if !p.From.Equal(old.From) || !p.Credited.Equal(old.Credited) {
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
	r.From, r.Until = p.From, p.Until
	return tx.AddReceipt(ctx, r)
}
