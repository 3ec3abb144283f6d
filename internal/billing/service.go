package billing

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Config is what billing needs. With On false everything is allowed and
// nothing is sold.
type Config struct {
	On     bool
	Plans  Plans
	BTCPay *BTCPayConfig // nil: not offered
	Stripe *StripeConfig // nil: not offered
	Site   string        // scheme and host of our own pages
	Seller Seller        // who sells, on receipts

	Store Store
	Door  *egress.Door
	Log   *slog.Logger
}

// Service sells plans and says what they allow.
type Service struct {
	config Config
	btcpay *btcpay
	stripe *stripe
	inbox  *inbox
}

// New checks the configuration and returns the service. It makes no call: the
// providers may be down.
func New(c Config) (*Service, error) {
	s := &Service{config: c}
	s.inbox = newInbox(s)
	if !c.On {
		return s, nil
	}
	err := c.Plans.Check()
	if err == nil && len(c.Plans) == 0 {
		err = errors.New("billing is on, but no plan is on sale")
	}
	if err != nil {
		return nil, err
	}
	if c.BTCPay != nil {
		if c.BTCPay.WebhookSecret.Empty() {
			return nil, errors.New("the secret of BTCPay's webhook is empty: BTCPay would sign with an empty key, which anybody can")
		}
		if s.btcpay, err = newBTCPay(c.Door, *c.BTCPay); err != nil {
			return nil, err
		}
	}
	if c.Stripe != nil {
		if c.Stripe.WebhookSecret.Empty() {
			return nil, errors.New("the secret of Stripe's webhook is empty")
		}
		if s.stripe, err = newStripe(c.Door, *c.Stripe); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// On reports whether anything is sold here.
func (s *Service) On() bool { return s.config.On }

// Plans returns what is on sale.
func (s *Service) Plans() Plans { return s.config.Plans }

// Offers reports whether a provider can be chosen.
func (s *Service) Offers(p Provider) bool {
	return p == BTCPay && s.btcpay != nil || p == Stripe && s.stripe != nil
}

// Start checks the rights of the key at BTCPay. A server that is down is
// logged and asked again by the next check; a key that may do too much is an
// error that must stop the start.
func (s *Service) Start(ctx context.Context) error {
	if s.btcpay == nil {
		return nil
	}
	err := s.btcpay.rights(ctx)
	if fault.Is(err, fault.Busy) {
		s.config.Log.WarnContext(ctx, "btcpay cannot be reached", "err", err)
		return nil
	}
	return err
}

// Register adds billing's work and schedules.
func (s *Service) Register(r *job.Registry) error {
	if !s.config.On {
		return nil
	}
	return errors.Join(
		r.Handle(job.Kind{Name: "billing.check", Work: s.checkJob}),
		r.Handle(job.Kind{Name: "billing.card", Work: s.cardJob}),
		r.Handle(job.Kind{Name: endKind, Work: s.endJob}),
		r.Handle(job.Kind{Name: "billing.reconcile", Work: s.reconcileJob, Limit: 10 * time.Minute}),
		r.Handle(job.Kind{Name: "billing.cards", Work: s.cardsJob, Limit: 30 * time.Minute}),
		r.Handle(job.Kind{Name: "billing.remind", Work: s.remindJob}),
		r.Every("billing.reconcile", "@hourly", job.Task{Kind: "billing.reconcile"}),
		r.Every("billing.cards", "23 3 * * *", job.Task{Kind: "billing.cards"}),
		r.Every("billing.remind", "17 * * * *", job.Task{Kind: "billing.remind"}),
	)
}

// Account is what a firm has and has paid.
type Account struct {
	Plan     string
	State    State
	Until    time.Time // zero if there never was a plan
	Credit   money.Amount
	Currency string
	Card     bool // a card renews it
	Sales    []Sale
}

// Account returns what a firm has and has paid.
func (s *Service) Account(ctx context.Context, scope tenant.Scope) (a Account, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) error {
		sub, err := tx.Subscription(ctx, scope.Firm())
		if err != nil {
			return err
		}
		now := tx.Now()
		a = Account{Plan: sub.Plan, State: sub.State(now), Until: sub.Until, Credit: sub.Credit, Currency: sub.Currency}
		_, a.Card = sub.Card()
		if a.Plan == "" {
			a.Plan = Free
		}
		a.Sales, err = tx.Sales(ctx, scope.Firm())
		return err
	})
	return a, err
}

// Allow returns nil if a firm's plan allows a feature, or the refusal
// plan_required. With billing off it allows everything.
func (s *Service) Allow(ctx context.Context, firm tenant.FirmID, f Feature) error {
	if !s.config.On {
		return nil
	}
	return s.config.Store.Read(ctx, func(tx Tx) error {
		sub, err := tx.Subscription(ctx, firm)
		if err != nil {
			return err
		}
		if !allows(sub.inForce(tx.Now()), f) {
			return refuse(f)
		}
		return nil
	})
}

// AllowReport returns nil if the final reports of a year may leave. Those of a
// year stay open once they were made under a plan, and those of a year that a
// paid period touches, whatever the plan becomes.
func (s *Service) AllowReport(ctx context.Context, scope tenant.Scope, year string, first, last time.Time) error {
	if !s.config.On {
		return nil
	}
	release := Release{scope.Firm(), scope.Entity(), year}
	var open, noted bool
	err := s.config.Store.Read(ctx, func(tx Tx) error {
		sub, err := tx.Subscription(ctx, scope.Firm())
		if err != nil {
			return err
		}
		open = allows(sub.inForce(tx.Now()), FinalReports)
		if noted, err = tx.Released(ctx, release); err != nil || open || noted {
			return err
		}
		periods, err := tx.Periods(ctx, scope.Firm())
		for _, p := range periods {
			noted = noted || allows(p.Plan, FinalReports) && p.From.Before(last) && p.Until.After(first)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case noted:
		return nil
	case !open:
		return refuse(FinalReports)
	}
	return s.config.Store.Control(ctx, func(tx Tx) error { return tx.Release(ctx, release) })
}

// ErrNoSale is the error of a payment that is not there.
var ErrNoSale = errors.New("billing: no such payment")

// notFound is the refusal of a payment that is not this firm's.
func notFound(err error) error {
	if errors.Is(err, ErrNoSale) {
		return fault.New(fault.NotFound, err, "There is no such invoice.")
	}
	return err
}

// Sale returns one invoice of a firm.
func (s *Service) Sale(ctx context.Context, scope tenant.Scope, id tenant.ID) (sale Sale, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) {
		sale, err = tx.Sale(ctx, id)
		if err == nil && sale.Firm != scope.Firm() {
			err = ErrNoSale
		}
		return err
	})
	return sale, notFound(err)
}

// Methods returns the ways to pay an invoice, from the provider itself; they
// are never stored.
func (s *Service) Methods(ctx context.Context, sale Sale) ([]Method, error) {
	if sale.Provider != BTCPay || s.btcpay == nil || sale.Ref == "" {
		return nil, nil
	}
	list, err := s.btcpay.methods(ctx, sale.Ref)
	if errors.Is(err, errNone) {
		return nil, unavailable("btcpay", err)
	}
	return list, err
}

// auditEntry is the audit entry of an act on a sale.
func auditEntry(action string, s *Sale, before, after any) audit.Entry {
	return audit.Entry{Action: action, Object: "payment/" + s.Payment.ID.String(), Firm: s.Firm, Before: before, After: after}
}

// byJob gives an entry the actor of work that nobody asked for.
func (*Service) byJob(e audit.Entry) audit.Entry {
	e.Actor = tenant.Actor{Via: tenant.ViaJob, Name: "billing.check"}
	return e
}

// by gives an entry the actor of a scope.
func by(e audit.Entry, scope tenant.Scope) audit.Entry {
	e.Actor = scope.Actor()
	return e
}

// notice asks for a mail, once for each kind and order.
func notice(ctx context.Context, tx Tx, kind string, s *Sale) error {
	return tell(ctx, tx, Notice{Kind: kind, Firm: s.Firm, Order: s.Payment.ID.String()}, s.Payment.ID.String())
}

// noticeOf asks for a mail, once for each kind, order and amount.
func noticeOf(ctx context.Context, tx Tx, kind string, s *Sale, amount string) error {
	return tell(ctx, tx, Notice{Kind: kind, Firm: s.Firm, Order: s.Payment.ID.String()}, s.Payment.ID.String()+"/"+amount)
}

// tell asks for a mail, once for each kind and subject.
func tell(ctx context.Context, tx Tx, n Notice, subject string) error {
	key := fmt.Sprintf("%s/%s", n.Kind, subject)
	fresh, err := tx.AddNotice(ctx, key)
	if err != nil || !fresh {
		return err
	}
	n.Key = key
	return tx.Enqueue(ctx, job.Task{Kind: MailKind, Key: key, Firm: n.Firm, Args: n})
}

// MailKind is the kind of stored work that writes a Notice.
const MailKind = "billing.mail"

// Notice is a mail that is to be written to the people of a firm who see its
// billing. It holds ids, and of credit how much it is.
type Notice struct {
	Key   string // the mail's identity, the same however often it is tried
	Kind  string // created, partial, partial_over, late, over, invalid, settled, expired, refund, credit, reminder, ending, ran_out, ended, card
	Firm  tenant.FirmID
	Order string
	Days  int

	Amount string // of the credit, with its currency
}
