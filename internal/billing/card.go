package billing

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
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

// cardInvoice is an invoice as Stripe's API gives it.
type cardInvoice struct {
	ID           string `json:"id"`
	Status       string `json:"status"` // draft, open, paid, void, uncollectible
	Reason       string `json:"billing_reason"`
	Paid         int64  `json:"amount_paid"`
	Currency     string `json:"currency"`
	Subscription string `json:"subscription"`
	Parent       struct {
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

// charge is a charge as Stripe's API gives it.
type charge struct {
	ID       string `json:"id"`
	Refunded bool   `json:"refunded"`
	Disputed bool   `json:"disputed"`
	Invoice  string `json:"invoice"`
}

// cardJob looks at one object of Stripe anew and takes over what it says. The
// event that named it is not believed and its order does not matter.
func (s *Service) cardJob(ctx context.Context, r job.Run) error {
	var args cardArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	err := s.card(ctx, args.Ref)
	if errors.Is(err, errNone) {
		return nil // it is not ours
	}
	return err
}

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
		if err := s.stripe.call(ctx, "/v1/invoices/"+url.PathEscape(ref), nil, "", &i); err != nil || i.of() == "" {
			return err
		}
		return s.renewed(ctx, i.of())
	case "ch", "py":
		return s.charged(ctx, ref)
	case "dp", "du":
		var d struct {
			Charge string `json:"charge"`
		}
		if err := s.stripe.call(ctx, "/v1/disputes/"+url.PathEscape(ref), nil, "", &d); err != nil || d.Charge == "" {
			return err
		}
		return s.charged(ctx, d.Charge)
	}
	return nil
}

// renewed takes over the state of a subscription: a paid invoice beyond the
// first is a sale of its own, one that failed is told, a cancelled one renews
// no more.
func (s *Service) renewed(ctx context.Context, ref string) error {
	var sub subscription
	if err := s.stripe.call(ctx, "/v1/subscriptions/"+url.PathEscape(ref), nil, "", &sub); err != nil {
		return err
	}
	var last cardInvoice
	if sub.Latest != "" {
		if err := s.stripe.call(ctx, "/v1/invoices/"+url.PathEscape(sub.Latest), nil, "", &last); err != nil {
			return err
		}
	}
	order, err := tenant.ParseID(sub.Metadata.Order)
	if err != nil {
		return nil //nolint:nilerr // a subscription that nobody bought here
	}
	return s.config.Store.Control(ctx, func(tx Tx) error {
		first, err := tx.Sale(ctx, order)
		if errors.Is(err, ErrNoSale) {
			return nil
		}
		if err != nil {
			return err
		}
		if last.Status == "paid" && last.Reason != "subscription_create" && last.Paid > 0 {
			if err := s.renew(ctx, tx, &first, &last); err != nil {
				return err
			}
		}
		have, err := tx.Subscription(ctx, first.Firm)
		if err != nil {
			return err
		}
		source := "stripe:" + sub.ID
		switch sub.Status {
		case "active", "trialing", "past_due":
			if sub.Cancel {
				source = ""
			}
		default:
			source = ""
		}
		if sub.Status == "past_due" || sub.Status == "unpaid" {
			n := Notice{Kind: "card_failed", Firm: first.Firm, Order: order.String()}
			if err := tell(ctx, tx, n, sub.Latest); err != nil {
				return err
			}
		}
		if have.Source == source || have.Plan == "" {
			return nil
		}
		have.Source = source
		return tx.SaveSubscription(ctx, have)
	})
}

// renew keeps the sale of a paid renewal, once for each invoice.
func (s *Service) renew(ctx context.Context, tx Tx, first *Sale, i *cardInvoice) error {
	currency := strings.ToUpper(i.Currency)
	sale := Sale{
		Payment: Payment{
			ID: tenant.NewID(), Firm: first.Firm, Provider: Stripe, Ref: i.ID, Amount: money.FromInt(i.Paid).Share(money.FromInt(1), scale(currency)),
			Currency: currency, Status: Settled, Created: tx.Now(),
		},
		Order: Order{Plan: first.Plan, Period: first.Period},
	}
	sale.Order.ID = sale.Payment.ID
	fresh, err := tx.AddPayment(ctx, sale, "stripe:"+i.ID)
	if err != nil || !fresh {
		return err
	}
	if err := s.settle(ctx, tx, &sale, false); err != nil {
		return err
	}
	if err := notice(ctx, tx, string(Settled), &sale); err != nil {
		return err
	}
	return tx.SavePayment(ctx, sale)
}

// charged takes over that a charge was sent back or is disputed. A plan that
// it paid for ends, with the days of grace, once the money is gone.
func (s *Service) charged(ctx context.Context, ref string) error {
	var c charge
	if err := s.stripe.call(ctx, "/v1/charges/"+url.PathEscape(ref), nil, "", &c); err != nil {
		return err
	}
	var i cardInvoice
	if c.Invoice != "" {
		if err := s.stripe.call(ctx, "/v1/invoices/"+url.PathEscape(c.Invoice), nil, "", &i); err != nil {
			return err
		}
	}
	var sub subscription
	if i.of() != "" {
		if err := s.stripe.call(ctx, "/v1/subscriptions/"+url.PathEscape(i.of()), nil, "", &sub); err != nil {
			return err
		}
	}
	order, err := tenant.ParseID(sub.Metadata.Order)
	if err != nil || !c.Refunded && !c.Disputed {
		return nil //nolint:nilerr // nothing of ours, or nothing that changes anything
	}
	return s.config.Store.Control(ctx, func(tx Tx) error {
		sale, err := tx.SaleByRef(ctx, Stripe, i.ID)
		if errors.Is(err, ErrNoSale) && i.Reason == "subscription_create" {
			sale, err = tx.Sale(ctx, order)
		}
		if errors.Is(err, ErrNoSale) {
			return nil
		}
		if err != nil {
			return err
		}
		return s.undone(ctx, tx, &sale, c.Refunded)
	})
}

// undone marks a sale as refunded or disputed.
func (s *Service) undone(ctx context.Context, tx Tx, sale *Sale, refunded bool) error {
	before := sale.Payment
	switch {
	case refunded && sale.Status.Paid():
		settled := sale.Settled
		if err := s.withdraw(ctx, tx, sale); err != nil {
			return err
		}
		sale.Status, sale.Settled, sale.Odd, sale.Noted = Refund, settled, "", tx.Now()
		if err := notice(ctx, tx, "refunded", sale); err != nil {
			return err
		}
	case !refunded && sale.Odd != "disputed" && sale.Noted.IsZero():
		sale.Odd = "disputed"
	default:
		return nil
	}
	if err := tx.Audit(ctx, s.byJob(auditEntry("payment.undone", sale, before, sale.Payment))); err != nil {
		return err
	}
	return tx.SavePayment(ctx, *sale)
}

// ErrNoCard is the error of a firm that pays by no card.
var ErrNoCard = errors.New("billing: no card renews this plan")

// Portal returns the address of Stripe's page on which a person changes the
// card, sees the invoices, gives a VAT number or cancels.
func (s *Service) Portal(ctx context.Context, scope tenant.Scope) (string, error) {
	var sub Subscription
	err := s.config.Store.Read(ctx, func(tx Tx) (err error) { sub, err = tx.Subscription(ctx, scope.Firm()); return err })
	id, card := strings.CutPrefix(sub.Source, "stripe:")
	if err != nil || !card || s.stripe == nil {
		return "", errors.Join(err, ErrNoCard)
	}
	var at struct {
		Customer string `json:"customer"`
	}
	if err := s.stripe.call(ctx, "/v1/subscriptions/"+url.PathEscape(id), nil, "", &at); err != nil {
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
