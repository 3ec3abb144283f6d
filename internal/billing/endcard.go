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

// endArgs name the subscription at Stripe that renews no more.
type endArgs struct{ Ref string }

// cardEnds reports whether a plan that begins ends the card that renews another
// one: it would be charged for a plan that the firm does not have any more.
func (s *Subscription) cardEnds(p Provider, plan string) bool {
	_, renews := s.Card()
	return renews && p != Stripe && plan != s.Plan
}

// endCard notes that the card which renews the plan before is not to be charged
// again, and asks for that at Stripe. What it has paid for goes on or is
// credited, as with any other plan.
func (*Service) endCard(ctx context.Context, tx Tx, p Provider, plan string, sub *Subscription) error {
	id, _ := sub.Card()
	switch {
	case sub.cardEnds(p, plan):
		sub.Source = endedWith + id
	case id == "" || p == Stripe || plan == sub.Plan:
		return nil
	}
	return ends(ctx, tx, id) // one that renews no more may have a bill open still
}

// ends asks for the end of a card's renewals.
func ends(ctx context.Context, tx Tx, id string) error {
	return tx.Enqueue(ctx, job.Task{Kind: endKind, Key: id, Args: endArgs{id}})
}

// endJob ends the renewals of a card.
func (s *Service) endJob(ctx context.Context, r job.Run) error {
	var args endArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	return s.EndCard(ctx, args.Ref)
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
	var out subscription
	return s.send(ctx, http.MethodDelete, "/v1/subscriptions/"+url.PathEscape(ref), nil, "", &out)
}

// end lets a subscription run out at the end of what is paid.
func (s *stripe) end(ctx context.Context, ref string) error {
	var out subscription
	return s.call(ctx, "/v1/subscriptions/"+url.PathEscape(ref), url.Values{"cancel_at_period_end": {"true"}}, tenant.NewID().String(), &out)
}
