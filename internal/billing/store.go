// Package billing sells plans, for bitcoin through BTCPay and by card through
// Stripe. It keeps as little of a payment as can be, believes the provider's
// API and never what a webhook says, changes access only on what is settled,
// and loses no payment: what arrives is kept before it is answered, worked on
// later, and asked for every hour besides.
//
// The state of an invoice is a function of the provider's truth and the one
// before, so that deliveries may be lost, doubled, late or out of order.
package billing

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Store keeps it all on the control plane.
type Store interface {
	Control(ctx context.Context, fn func(Tx) error) error
	Read(ctx context.Context, fn func(Tx) error) error
	// Acquire takes a lease for a while and reports whether it did: one holder
	// at a time has it, among all processes, until Release or its end.
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
}

// Tx is one transaction.
type Tx interface {
	audit.Log
	job.Outbox
	once.Answers
	Now() time.Time

	// AddPayment keeps a new payment with its order. key is unique in a firm:
	// of two with one key the second is not added, and fresh is false.
	AddPayment(ctx context.Context, s Sale, key string) (fresh bool, err error)
	SavePayment(ctx context.Context, s Sale) error
	// Sale returns a payment with its order, or ErrNoSale.
	Sale(ctx context.Context, id tenant.ID) (Sale, error)
	SaleByKey(ctx context.Context, firm tenant.FirmID, key string) (Sale, error)
	SaleByRef(ctx context.Context, p Provider, ref string) (Sale, error)
	Sales(ctx context.Context, firm tenant.FirmID) ([]Sale, error)
	// Watched returns the payments of a provider whose state may change by
	// itself: open ones, and those that ran out but are watched until a time
	// after now; besides, those that hold credit and were not made at the
	// provider since Unmade before now.
	Watched(ctx context.Context, now time.Time) ([]tenant.ID, error)
	// Paid returns the payments of a provider that were settled after a time.
	Paid(ctx context.Context, p Provider, after time.Time) ([]Sale, error)
	// Odd returns the payments that a person must look at and has not seen yet.
	Odd(ctx context.Context) ([]Sale, error)

	// AddDelivery notes a delivery; fresh is false if it was noted before. One
	// id with another type or invoice is another delivery.
	AddDelivery(ctx context.Context, d Delivery) (fresh bool, err error)
	// AddNotice notes a mail that is to be sent; fresh is false if it was.
	AddNotice(ctx context.Context, key string) (fresh bool, err error)

	// Subscription returns what a firm has, a new one if it has nothing.
	Subscription(ctx context.Context, firm tenant.FirmID) (Subscription, error)
	SaveSubscription(ctx context.Context, s Subscription) error
	// Ending returns the subscriptions whose paid time ends after a time and
	// before another.
	Ending(ctx context.Context, after, before time.Time) ([]Subscription, error)
	// Subscriptions returns what every firm has.
	Subscriptions(ctx context.Context) ([]Subscription, error)
	// AddPeriod keeps a paid period; fresh is false if its order has one.
	AddPeriod(ctx context.Context, p Period) (fresh bool, err error)
	// Periods returns what a firm has paid for, in the order in which it did.
	Periods(ctx context.Context, firm tenant.FirmID) ([]Period, error)
	// SavePeriod keeps of what plan a period is now, when it begins and ends,
	// and what it credited.
	SavePeriod(ctx context.Context, p Period) error
	// DropPeriod takes the period of an order away and returns it; the zero
	// one if there was none.
	DropPeriod(ctx context.Context, order tenant.ID) (Period, error)

	// Buyer returns to whom a firm's receipts are made out; zero if it did not say.
	Buyer(ctx context.Context, firm tenant.FirmID) (Buyer, error)
	SaveBuyer(ctx context.Context, firm tenant.FirmID, b Buyer) error

	// Refund returns the link of a refund that is open; the zero one if none is.
	Refund(ctx context.Context, order tenant.ID) (RefundLink, error)
	SaveRefund(ctx context.Context, s Sale, r RefundLink) error
	DropRefund(ctx context.Context, order tenant.ID) error

	// AddReceipt keeps a receipt and gives it the next number. An order that
	// has one keeps its number: it was settled, found invalid and settled again.
	AddReceipt(ctx context.Context, r Receipt) error
	Receipt(ctx context.Context, order tenant.ID) (Receipt, error)

	// Release notes that a year's final reports were paid for; they stay open.
	Release(ctx context.Context, r Release) error
	Released(ctx context.Context, r Release) (bool, error)
}

// Sale is a payment and what was sold with it.
type Sale struct {
	Payment
	Order
}

// Delivery is a webhook that arrived. Of its body nothing else is kept.
type Delivery struct {
	Provider Provider
	ID       string // the original delivery's
	Kind     string // the event's type, cut to what a type is
	Ref      string // the invoice or other object that it is about
}

// Release is a year of an entity whose final reports were paid for.
type Release struct {
	Firm   tenant.FirmID
	Entity tenant.EntityID
	Year   string
}
