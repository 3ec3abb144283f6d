package billing

import (
	"context"
	"errors"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

const (
	// Unmade is how long after its checkout an order whose invoice was never
	// made at the provider keeps the credit that it holds.
	Unmade = time.Hour

	makingTime  = 3 * providerTimeout // longer than making one can take
	makingPause = 50 * time.Millisecond
)

// made makes the invoice of an order at its provider, or returns the one that
// was made. Of several that want the same at once one makes it, and the others
// wait for that; nothing in the database is open meanwhile.
func (s *Service) made(ctx context.Context, scope tenant.Scope, id tenant.ID) (Sale, error) {
	var sale Sale
	done := func() (bool, error) {
		err := s.config.Store.Read(ctx, func(tx Tx) (err error) { sale, err = tx.Sale(ctx, id); return err })
		return sale.Ref != "" || sale.Status.Paid(), err
	}
	end, there, err := s.alone(ctx, id, done)
	if err != nil || there {
		return sale, err
	}
	defer end()
	if there, err = done(); err != nil || there {
		return sale, err // whoever had it before has made it
	}
	if err := s.again(ctx, &sale); err != nil {
		return Sale{}, err
	}
	t, err := s.make(ctx, &sale)
	if err != nil { // its credit is free for another try
		return Sale{}, errors.Join(err, s.releaseSale(context.WithoutCancel(ctx), id))
	}
	return s.adopt(ctx, id, t, by(audit.Entry{}, scope))
}

// alone waits until nobody else makes the invoice of an order, or until it is
// there. Of what it returns, end must be called if it is not there.
func (s *Service) alone(ctx context.Context, id tenant.ID, done func() (bool, error)) (end func(), there bool, err error) {
	name, holder := "billing/order/"+id.String(), tenant.NewID().String()
	ctx, cancel := context.WithTimeout(ctx, providerTimeout)
	defer cancel()
	for {
		got, err := s.config.Store.Acquire(ctx, name, holder, makingTime)
		if got || err != nil {
			return func() { s.letGo(ctx, name, holder) }, false, err
		}
		select {
		case <-ctx.Done():
			return nil, false, unavailable("checkout", errors.New("another try for the same order takes too long"))
		case <-time.After(makingPause):
		}
		if there, err := done(); err != nil || there {
			return nil, there, err
		}
	}
}

// letGo ends a lease. One that cannot be ended ends by itself.
func (s *Service) letGo(ctx context.Context, name, holder string) {
	ctx = context.WithoutCancel(ctx)
	if err := s.config.Store.Release(ctx, name, holder); err != nil {
		s.config.Log.WarnContext(ctx, "a lease of an order ends later", "err", err)
	}
}

// again takes the credit again that an order released when making its invoice
// failed before.
func (s *Service) again(ctx context.Context, sale *Sale) error {
	if sale.Status == Waiting && (sale.Held || sale.Credit.Sign() == 0) {
		return nil
	}
	return s.config.Store.Control(ctx, func(tx Tx) (err error) {
		if *sale, err = tx.Sale(ctx, sale.Payment.ID); err != nil {
			return err
		}
		there := sale.Status == Waiting
		if there {
			there, err = reserve(ctx, tx, sale)
		}
		if err == nil && !there {
			err = fault.Coded(fault.Conflict, "checkout_over", nil, "This order was not finished in time, and its credit is not kept for it any more. Choose the plan again.")
		}
		if err != nil {
			return err
		}
		return tx.SavePayment(ctx, *sale)
	})
}

// adopt keeps which invoice was made for an order.
func (s *Service) adopt(ctx context.Context, id tenant.ID, t *truth, e audit.Entry) (sale Sale, err error) {
	err = s.config.Store.Control(ctx, func(tx Tx) error {
		if sale, err = tx.Sale(ctx, id); err != nil || sale.Ref != "" {
			return err
		}
		sale.Ref, sale.URL, sale.Expires, sale.Watch = t.ref, t.url, t.expires, t.watch
		entry := auditEntry("invoice.created", &sale, nil, sale.Payment)
		entry.Actor = e.Actor
		if err := tx.Audit(ctx, entry); err != nil {
			return err
		}
		if err := notice(ctx, tx, "created", &sale); err != nil {
			return err
		}
		return tx.SavePayment(ctx, sale)
	})
	return sale, err
}

// unmade ends an order whose invoice was never made, so that the credit that
// it holds is free. One that was made, but whose answer was lost, is adopted.
func (s *Service) unmade(ctx context.Context, sale *Sale) error {
	if !sale.Held || sale.Status != Waiting || s.btcpay == nil {
		return nil
	}
	name, holder := "billing/order/"+sale.Payment.ID.String(), tenant.NewID().String()
	if got, err := s.config.Store.Acquire(ctx, name, holder, makingTime); err != nil || !got {
		return err
	}
	defer s.letGo(ctx, name, holder)
	t, err := s.btcpay.find(ctx, sale.Payment.ID.String())
	if err == nil {
		_, err = s.adopt(ctx, sale.Payment.ID, t, s.byJob(audit.Entry{}))
		return err
	}
	if !errors.Is(err, errNone) {
		return err
	}
	return s.config.Store.Control(ctx, func(tx Tx) error {
		now, err := tx.Sale(ctx, sale.Payment.ID)
		if err != nil || now.Ref != "" || now.Status != Waiting || tx.Now().Before(now.Created.Add(Unmade)) {
			return err
		}
		before := now.Payment
		if err := release(ctx, tx, &now); err != nil {
			return err
		}
		now.Status = Expired
		if err := tx.Audit(ctx, s.byJob(auditEntry("payment.status", &now, before, now.Payment))); err != nil {
			return err
		}
		return tx.SavePayment(ctx, now)
	})
}
