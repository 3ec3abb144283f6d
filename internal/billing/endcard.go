package billing

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// endKind is the kind of stored work that ends a card's renewals.
const endKind = "billing.endcard"

// endArgs name the subscription at Stripe that renews no more, and the order
// because of which.
type endArgs struct {
	Ref   string
	Order tenant.ID
}

// cardLeft and the id of a subscription at Stripe is why an order is odd
// because of which a card was to renew no more, and Stripe did not end it.
const cardLeft = "card_left:"

// cardEnds reports whether a plan that begins ends the card that renews another
// one: it would be charged for a plan that the firm does not have any more.
func (s *Subscription) cardEnds(p Provider, plan string) bool {
	_, renews := s.Card()
	return renews && p != Stripe && plan != s.Plan
}

// endCard notes that the card which renews the plan before is not to be charged
// again, and asks for that at Stripe. What it has paid for goes on or is
// credited, as with any other plan.
func (*Service) endCard(ctx context.Context, tx Tx, sale *Sale, plan string, sub *Subscription) error {
	id, _ := sub.Card()
	switch {
	case sub.cardEnds(sale.Provider, plan):
		sub.Source = endingWith + id
	case id == "" || sale.Provider == Stripe || plan == sub.Plan:
		return nil
	}
	return ends(ctx, tx, id, sale) // one that renews no more may have a bill open still
}

// ends asks for the end of a card's renewals.
func ends(ctx context.Context, tx Tx, id string, sale *Sale) error {
	return tx.Enqueue(ctx, job.Task{Kind: endKind, Key: id, Args: endArgs{id, sale.Payment.ID}})
}

// endJob ends the renewals of a card. One that Stripe does not end is for the
// operator to end.
func (s *Service) endJob(ctx context.Context, r job.Run) error {
	var args endArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	err := s.EndCard(ctx, args.Ref)
	if err != nil && (r.Last || s.stripe == nil) {
		return errors.Join(err, s.CardLeft(ctx, args.Ref, args.Order))
	}
	return err
}

// CardLeft lists the order because of which a card was to be ended for the
// operator, who has to do it by hand.
func (s *Service) CardLeft(ctx context.Context, ref string, order tenant.ID) error {
	return s.config.Store.Control(ctx, func(tx Tx) error {
		sale, err := tx.Sale(ctx, order)
		if err != nil {
			return err
		}
		return s.differs(ctx, tx, &sale, cardLeft+word(ref))
	})
}

// EndCard has Stripe ask the card of a subscription no more: once what it has
// paid for is over, or at once where the card was refused, for the bill of a
// year that was not paid is open and would be collected. It may be done twice. If Stripe charges the card all the
// same, course.next lets nothing of that be lost, and the next look at it asks
// for its end again.
func (s *Service) EndCard(ctx context.Context, ref string) error {
	if s.stripe == nil {
		return job.Never(errors.New("billing: a card is to be cancelled, but Stripe is not configured: cancel subscription " + word(ref) + " there by hand"))
	}
	var sub subscription
	err := s.stripe.get(ctx, "subscriptions", ref, &sub)
	switch {
	case err != nil:
	case sub.failing():
		err = s.stripe.cancel(ctx, ref)
	case sub.renews():
		return s.stripe.end(ctx, ref)
	}
	return known(err)
}

// cancel ends a subscription now; Stripe collects its open bills no more.
func (s *stripe) cancel(ctx context.Context, ref string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodDelete, "https://"+stripeHost+"/v1/subscriptions/"+url.PathEscape(ref), http.NoBody)
	if err != nil {
		return err
	}
	var out subscription
	return s.send(req, &out)
}

// end lets a subscription run out at the end of what is paid.
func (s *stripe) end(ctx context.Context, ref string) error {
	var out subscription
	return s.call(ctx, "/v1/subscriptions/"+url.PathEscape(ref), url.Values{"cancel_at_period_end": {"true"}}, tenant.NewID().String(), &out)
}
