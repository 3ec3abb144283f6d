package billing

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// cardArgs name an object of Stripe that has changed.
type cardArgs struct{ Kind, Ref string }

// subscription is a subscription as Stripe's API gives it.
type subscription struct {
	ID       string `json:"id"`
	Status   string `json:"status"` // active, past_due, unpaid, canceled, …
	Cancel   bool   `json:"cancel_at_period_end"`
	Latest   string `json:"latest_invoice"`
	Metadata struct {
		Order string `json:"order"`
	} `json:"metadata"`
}

// renews reports whether the card will be asked again.
func (s *subscription) renews() bool {
	return !s.Cancel && (s.Status == "active" || s.Status == "trialing" || s.Status == "past_due")
}

// over reports whether it is over for good.
func (s *subscription) over() bool {
	return s.Status == "canceled" || s.Status == "incomplete_expired"
}

// failing reports whether the card was refused.
func (s *subscription) failing() bool { return s.Status == "past_due" || s.Status == "unpaid" }

// cardInvoice is an invoice as Stripe's API gives it.
type cardInvoice struct {
	ID           string `json:"id"`
	Status       string `json:"status"` // draft, open, paid, void, uncollectible
	Reason       string `json:"billing_reason"`
	Paid         int64  `json:"amount_paid"`
	Currency     string `json:"currency"`
	Subscription string `json:"subscription"`
	Charge       string `json:"charge"`
	TaxIDs       []struct {
		Value string `json:"value"`
	} `json:"customer_tax_ids"`
	Parent struct {
		Details struct {
			Subscription string `json:"subscription"`
		} `json:"subscription_details"`
	} `json:"parent"`
}

// of returns the subscription that an invoice belongs to, "" if none; newer
// versions of the API tell it elsewhere.
func (i *cardInvoice) of() string {
	if i.Subscription != "" {
		return i.Subscription
	}
	return i.Parent.Details.Subscription
}

// taxNumber is the VAT number that the buyer gave on Stripe's page, "" if none or
// one that cannot stand on a receipt.
func (i *cardInvoice) taxNumber() string {
	for _, id := range i.TaxIDs {
		if b, err := (Buyer{TaxNumber: id.Value}).clean(); err == nil && b.TaxNumber != "" {
			return b.TaxNumber
		}
	}
	return ""
}

// first is the reason of an invoice that a checkout made.
const first = "subscription_create"

// charge is a charge as Stripe's API gives it.
type charge struct {
	ID       string `json:"id"`
	Refunded bool   `json:"refunded"`
	Disputed bool   `json:"disputed"`
	Invoice  string `json:"invoice"`
}

// cardJob looks at one object of Stripe.
func (s *Service) cardJob(ctx context.Context, r job.Run) error {
	var args cardArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	return s.Card(ctx, args.Ref)
}

// Card looks at one object of Stripe anew and takes over what it says. The
// event that named it is not believed and its order does not matter. What is
// not ours is passed over.
func (s *Service) Card(ctx context.Context, ref string) error { return known(s.card(ctx, ref)) }

func (s *Service) card(ctx context.Context, ref string) error {
	switch prefix, _, _ := strings.Cut(ref, "_"); prefix {
	case "cs":
		var sale Sale
		err := s.config.Store.Read(ctx, func(tx Tx) (err error) { sale, err = tx.SaleByRef(ctx, Stripe, ref); return err })
		if errors.Is(err, ErrNoSale) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.Check(ctx, sale.Payment.ID, false)
	case "sub":
		return s.renewed(ctx, ref)
	case "in":
		var i cardInvoice
		if err := s.stripe.get(ctx, "invoices", ref, &i); err != nil || i.of() == "" {
			return err
		}
		return s.renewed(ctx, i.of())
	case "ch", "py":
		return s.charged(ctx, ref)
	case "dp", "du":
		var d struct {
			Charge string `json:"charge"`
		}
		if err := s.stripe.get(ctx, "disputes", ref, &d); err != nil || d.Charge == "" {
			return err
		}
		return s.charged(ctx, d.Charge)
	}
	return nil
}

// renewed takes over the state of a subscription: a paid invoice beyond the
// first is a sale of its own, one that failed is told, a cancelled one renews
// no more. What became of the money of its last invoice is looked at as well.
func (s *Service) renewed(ctx context.Context, ref string) error {
	var sub subscription
	if err := s.stripe.get(ctx, "subscriptions", ref, &sub); err != nil {
		return err
	}
	order, err := tenant.ParseID(sub.Metadata.Order)
	if err != nil {
		return nil //nolint:nilerr // a subscription that nobody bought here
	}
	var last cardInvoice
	if sub.Latest != "" {
		if err := s.stripe.get(ctx, "invoices", sub.Latest, &last); err != nil {
			return err
		}
	}
	if last.Status == "paid" && last.Reason == first {
		if err := s.Check(ctx, order, false); err != nil && !errors.Is(err, ErrNoSale) {
			return err
		}
	}
	err = s.config.Store.Control(ctx, func(tx Tx) error {
		bought, err := tx.Sale(ctx, order)
		if errors.Is(err, ErrNoSale) {
			return nil
		}
		if err != nil {
			return err
		}
		if last.Status == "paid" && last.Reason != first && last.Paid > 0 {
			if err := s.renew(ctx, tx, &bought, &last); err != nil {
				return err
			}
		}
		return s.source(ctx, tx, &bought, &sub)
	})
	if err != nil || last.Charge == "" {
		return err
	}
	return s.charged(ctx, last.Charge)
}

// source notes whether a card renews the plan, and tells that it failed to. One
// that we have asked Stripe to end, or that would be asked for less than the
// firm has, is asked to be ended until it is: only what was ended once can begin
// anew, which the buyer does on Stripe's page.
func (*Service) source(ctx context.Context, tx Tx, bought *Sale, sub *subscription) error {
	if sub.failing() {
		n := Notice{Kind: "card_failed", Firm: bought.Firm, Order: bought.Payment.ID.String()}
		if err := tell(ctx, tx, n, sub.Latest); err != nil {
			return err
		}
	}
	have, err := tx.Subscription(ctx, bought.Firm)
	if err != nil {
		return err
	}
	id, renews := have.Card()
	name, other := endedWith+sub.ID, id != "" && id != sub.ID
	switch needless := rank(bought.Plan) < rank(have.inForce(tx.Now())); {
	case have.Source == endingWith+sub.ID && (sub.renews() || sub.failing()), sub.renews() && needless:
		if err := ends(ctx, tx, sub.ID, bought); err != nil {
			return err
		}
		if name = endingWith + sub.ID; other && (renews || have.ending()) {
			return nil // and the other one stays known
		}
	case sub.renews():
		name = renewedBy + sub.ID
	case sub.over():
		name = ""
	}
	switch {
	case have.Plan == "": // nothing was ever paid
		return nil
	case have.Source == name, !sub.renews() && (other || id == "" && sub.over()): // it is another one's
		return nil
	}
	have.Source = name
	return tx.SaveSubscription(ctx, have)
}

// renew keeps the sale of a paid renewal, once for each invoice. One of another
// amount than was agreed begins nothing: a person looks at it.
// Who owes the tax is said by the number that the buyer has by then.
func (s *Service) renew(ctx context.Context, tx Tx, bought *Sale, i *cardInvoice) error {
	buyer, err := tx.Buyer(ctx, bought.Firm)
	if err != nil {
		return err
	}
	currency, number := strings.ToUpper(i.Currency), s.config.Seller.decides(&buyer)
	sale := Sale{
		Payment: Payment{
			ID: tenant.NewID(), Firm: bought.Firm, Provider: Stripe, Ref: i.ID, Amount: units(i.Paid, currency),
			Currency: currency, Status: Processing, Created: tx.Now(),
		},
		Order: Order{Plan: bought.Plan, Period: bought.Period, Reverse: number != "", TaxNumber: number},
	}
	sale.Order.ID = sale.Payment.ID
	before := sale
	if currency != bought.Currency || !sale.Amount.Equal(bought.Amount) {
		sale.Odd = "mismatch:amount"
	} else {
		sale.Status = Settled
	}
	fresh, err := tx.AddPayment(ctx, sale, "stripe:"+i.ID)
	if err != nil || !fresh {
		return err
	}
	if sale.Odd != "" {
		return tx.Audit(ctx, s.byJob(auditEntry("payment.odd", &sale, nil, sale.Odd)))
	}
	if err := s.settle(ctx, tx, &sale, &before, paidBy{taxNumber: i.taxNumber()}); err != nil {
		return err
	}
	if bought.Reverse && !sale.Reverse {
		sale.Odd = checkVAT
	}
	if err := notice(ctx, tx, string(Settled), &sale); err != nil {
		return err
	}
	return tx.SavePayment(ctx, sale)
}

// dispute is a dispute as Stripe's API gives it.
type dispute struct {
	Status string `json:"status"` // needs_response, under_review, won, lost, …
}

// charged takes over that a charge was sent back or is disputed. A plan that
// it paid for ends, with the days of grace, once the money is gone.
func (s *Service) charged(ctx context.Context, ref string) error {
	var c charge
	if err := s.stripe.get(ctx, "charges", ref, &c); err != nil || c.Invoice == "" || !c.Refunded && !c.Disputed {
		return err
	}
	var i cardInvoice
	if err := s.stripe.get(ctx, "invoices", c.Invoice, &i); err != nil || i.of() == "" {
		return err
	}
	var sub subscription
	if err := s.stripe.get(ctx, "subscriptions", i.of(), &sub); err != nil {
		return err
	}
	var list struct {
		Data []dispute `json:"data"`
	}
	if c.Disputed {
		err := known(s.stripe.call(ctx, "/v1/disputes?charge="+url.QueryEscape(c.ID), nil, "", &list))
		if err != nil {
			return err
		}
		if len(list.Data) == 0 {
			list.Data = []dispute{{}} // it says that there is one
		}
	}
	order, err := tenant.ParseID(sub.Metadata.Order)
	if err != nil {
		return nil //nolint:nilerr // nothing of ours
	}
	if i.Reason == first && i.Status == "paid" { // it may be gone before anybody heard that it came
		if err := s.Check(ctx, order, false); err != nil && !errors.Is(err, ErrNoSale) {
			return err
		}
	}
	return s.config.Store.Control(ctx, func(tx Tx) error {
		sale, err := tx.SaleByRef(ctx, Stripe, i.ID)
		if errors.Is(err, ErrNoSale) && i.Reason == first {
			sale, err = tx.Sale(ctx, order)
		}
		if errors.Is(err, ErrNoSale) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.undone(ctx, tx, &sale, c.Refunded, list.Data)
	})
}

// undone marks a sale as sent back or disputed. A dispute that was lost is
// money that was sent back; one that was won is none.
func (s *Service) undone(ctx context.Context, tx Tx, sale *Sale, refunded bool, list []dispute) error {
	before, open := *sale, false
	for _, d := range list {
		refunded = refunded || d.Status == "lost"
		open = open || d.Status != "won" && d.Status != "warning_closed"
	}
	switch {
	case refunded && sale.Status.Paid():
		if err := s.withdraw(ctx, tx, sale, &before); err != nil {
			return err
		}
		sale.Status, sale.Settled, sale.Confirmations, sale.Odd, sale.Noted = Refund, before.Settled, before.Confirmations, "", tx.Now()
		if err := notice(ctx, tx, "refunded", sale); err != nil {
			return err
		}
	case open && !refunded && sale.Status.Paid() && sale.Odd != disputed:
		sale.Odd = disputed
	case !open && sale.Odd == disputed:
		sale.Odd = ""
	default:
		return nil
	}
	if err := tx.Audit(ctx, s.byJob(auditEntry("payment.undone", sale, before.Payment, sale.Payment))); err != nil {
		return err
	}
	return tx.SavePayment(ctx, *sale)
}

// disputable is how long after it was paid a card's payment is looked at for
// being sent back or disputed unheard.
const disputable = 120 * 24 * time.Hour

// cardsJob asks about every card that may have done something unheard.
func (s *Service) cardsJob(ctx context.Context, _ job.Run) error { return s.Cards(ctx) }

// Cards asks Stripe about every subscription that renews a plan and every
// payment that may still be sent back, and goes on after one that cannot be
// asked. Stripe sends its events for days, so that this finds something only
// after we were away for longer.
func (s *Service) Cards(ctx context.Context) error {
	if s.stripe == nil {
		return nil
	}
	var subs []Subscription
	var sales []Sale
	err := s.config.Store.Read(ctx, func(tx Tx) (err error) {
		if subs, err = tx.Subscriptions(ctx); err != nil {
			return err
		}
		sales, err = tx.Paid(ctx, Stripe, tx.Now().Add(-disputable))
		return err
	})
	if err != nil {
		return err
	}
	var errs []error
	for i := range subs {
		if id, _ := subs[i].Card(); id != "" {
			errs = append(errs, known(s.renewed(ctx, id)))
		}
	}
	for i := range sales {
		errs = append(errs, known(s.moved(ctx, sales[i].Ref)))
	}
	return errors.Join(errs...)
}

// known passes over what Stripe does not have.
func known(err error) error {
	if errors.Is(err, errNone) {
		return nil
	}
	return err
}

// moved looks at what became of the money of a session or an invoice, and of
// the subscription that it belongs to.
func (s *Service) moved(ctx context.Context, ref string) error {
	if strings.HasPrefix(ref, sessionRef) {
		var at session
		if err := s.stripe.get(ctx, "checkout/sessions", ref, &at); err != nil || at.Invoice == "" {
			return err
		}
		ref = at.Invoice
	}
	var i cardInvoice
	if err := s.stripe.get(ctx, "invoices", ref, &i); err != nil {
		return err
	}
	if i.Charge != "" {
		if err := s.charged(ctx, i.Charge); err != nil {
			return err
		}
	}
	if i.of() == "" {
		return nil
	}
	return s.renewed(ctx, i.of())
}

// onlyCard ends the other sessions in which the firm could still give a card:
// two that are both completed would both be charged every year. One that was
// completed meanwhile is taken over, and no other is begun.
func (s *Service) onlyCard(ctx context.Context, sale *Sale) error {
	var sales []Sale
	err := s.config.Store.Read(ctx, func(tx Tx) (err error) { sales, err = tx.Sales(ctx, sale.Firm); return err })
	if err != nil {
		return err
	}
	for i := range sales {
		other := &sales[i]
		if other.Provider != Stripe || other.Payment.ID == sale.Payment.ID || !other.Status.Open() || !strings.HasPrefix(other.Ref, sessionRef) {
			continue
		}
		ended := s.stripe.expire(ctx, other.Ref)
		if err := s.Check(ctx, other.Payment.ID, false); err != nil {
			return err
		}
		now, err := s.Invoice(ctx, other.Payment.ID)
		if err != nil {
			return err
		}
		if ended != nil && now.Status.Open() {
			return ended
		}
	}
	var sub Subscription
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) { sub, err = tx.Subscription(ctx, sale.Firm); return err })
	if err != nil {
		return err
	}
	if _, renews := sub.Card(); renews {
		return s.renewsAlready(&sub)
	}
	return nil
}

// ErrNoCard is the error of a firm that pays by no card.
var ErrNoCard = errors.New("billing: no card renews this plan")

// Portal returns the address of Stripe's page on which a person changes the
// card, sees the invoices, gives a VAT number or cancels.
func (s *Service) Portal(ctx context.Context, scope tenant.Scope) (string, error) {
	var sub Subscription
	err := s.config.Store.Read(ctx, func(tx Tx) (err error) { sub, err = tx.Subscription(ctx, scope.Firm()); return err })
	if err != nil {
		return "", err
	}
	id, card := sub.Card()
	if !card || s.stripe == nil {
		return "", ErrNoCard
	}
	var at struct {
		Customer string `json:"customer"`
	}
	if err := s.stripe.get(ctx, "subscriptions", id, &at); err != nil {
		return "", err
	}
	var out struct {
		URL string `json:"url"`
	}
	err = s.stripe.call(ctx, "/v1/billing_portal/sessions", url.Values{
		"customer": {at.Customer}, "return_url": {s.config.Site + billingPath(scope.Firm())},
	}, tenant.NewID().String(), &out)
	return out.URL, err
}
