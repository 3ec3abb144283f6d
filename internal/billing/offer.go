package billing

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Offer is what a checkout would make, before anything is made: a person reads
// it and says yes.
type Offer struct {
	Plan        Plan
	From, Until time.Time    // if it were paid now
	Price       money.Amount // for this buyer; see Reverse
	Reverse     bool         // the buyer owes the tax itself, so that none is in the price
	Tax         money.Amount // contained in the price
	TaxRate     money.Amount // of it, in percent
	Credit      money.Amount // of the firm's, taken off the price
	Amount      money.Amount // what is left to pay
	Credited    money.Amount // becomes credit, for what is left of the plan before it
	Freed       money.Amount // of the credit, what came for the invoice that this one follows
	EndsCard    bool         // a card renews another plan, and will not be asked again
	Buyer       Buyer        // to whom the receipt is made out
}

// Offer returns what a checkout would make. Nothing is kept and no provider is
// asked. instead is an invoice that ran out, whose money would be used; zero if
// there is none.
func (s *Service) Offer(ctx context.Context, scope tenant.Scope, c Checkout, instead tenant.ID) (o Offer, err error) {
	if o.Plan, err = s.wanted(c); err != nil {
		return o, err
	}
	err = s.config.Store.Read(ctx, func(tx Tx) error {
		sub, err := tx.Subscription(ctx, scope.Firm())
		if err != nil {
			return err
		}
		if _, renews := sub.Card(); renews && c.Provider == Stripe {
			return s.renewsAlready(&sub)
		}
		if o.Buyer, err = tx.Buyer(ctx, scope.Firm()); err != nil {
			return err
		}
		o.Price, o.Reverse = s.config.Seller.asks(o.Plan.Price, &o.Buyer)
		periods, err := boughtBy(ctx, tx, scope.Firm())
		if err != nil {
			return err
		}
		course := courseOf(sub, periods)
		if course.foreign, err = elsewhere(ctx, tx, &sub, o.Plan.Currency); err != nil {
			return err
		}
		p := course.next(purchase{plan: o.Plan.ID, price: o.Price, currency: o.Plan.Currency, made: tx.Now()}, tx.Now())
		o.From, o.Until, o.Credited, o.EndsCard = p.From, p.Until, p.Credited, sub.cardEnds(c.Provider, p.Plan)
		if o.Freed, err = freed(ctx, tx, scope, instead, o.Plan.Currency); err != nil {
			return err
		}
		o.price(&sub, c.Provider, s.config.Seller.TaxRate)
		return nil
	})
	return o, notFound(err)
}

// price works out what is to be paid. Credit pays what is paid in bitcoin: a
// card is asked for the same every year.
func (o *Offer) price(sub *Subscription, p Provider, taxRate money.Amount) {
	if !o.Reverse {
		o.TaxRate, o.Tax = taxRate, contained(o.Price, taxRate)
	}
	have := o.Freed
	if sub.Currency == o.Plan.Currency {
		have = have.Add(sub.Credit)
	}
	if p == BTCPay {
		o.Credit = money.Min(have, o.Price)
	}
	o.Amount = o.Price.Sub(o.Credit)
}

// freed is what came in a currency for an invoice that ran out and is not
// decided about.
func freed(ctx context.Context, tx Tx, scope tenant.Scope, id tenant.ID, currency string) (money.Amount, error) {
	if id.IsZero() {
		return money.Amount{}, nil
	}
	old, err := tx.Sale(ctx, id)
	if err == nil && old.Firm != scope.Firm() {
		err = ErrNoSale
	}
	if err != nil || !old.ranOut(tx.Now()) || old.Asked() || old.Currency != currency {
		return money.Amount{}, err
	}
	loose := old.Loose()
	if loose.Sign() > 0 && !old.Confirmed {
		return loose, notConfirmed()
	}
	return loose, nil
}

// contained is the tax, of a rate in percent, that a price contains.
func contained(price, percent money.Amount) money.Amount {
	return price.Share(percent, percent.Add(money.FromInt(100))).Round(2, money.HalfUp)
}
