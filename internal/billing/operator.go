package billing

import (
	"context"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Open lists the payments that may still change by themselves.
func (s *Service) Open(ctx context.Context) (list []Sale, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) error {
		ids, err := tx.Watched(ctx, tx.Now())
		for _, id := range ids {
			sale, err := tx.Sale(ctx, id)
			if err != nil {
				return err
			}
			list = append(list, sale)
		}
		return err
	})
	return list, err
}

// Odd lists the payments that the operator must look at.
func (s *Service) Odd(ctx context.Context) (list []Sale, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) { list, err = tx.Odd(ctx); return err })
	return list, err
}

// Subscriptions lists what every firm has that ever had a plan or credit.
func (s *Service) Subscriptions(ctx context.Context) (list []Subscription, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) { list, err = tx.Subscriptions(ctx); return err })
	return list, err
}

// Recheck is Check for the operator, who sees what came of it.
func (s *Service) Recheck(ctx context.Context, id tenant.ID) (sale Sale, err error) {
	if err := s.Check(ctx, id, false); err != nil {
		return sale, notFound(err)
	}
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) { sale, err = tx.Sale(ctx, id); return err })
	return sale, notFound(err)
}

// Next says what the operator has to do about a payment.
func (s *Sale) Next() string {
	switch s.Odd {
	case refundWanted:
		return "Send the money back from BTCPay's page of this invoice, then: admin billing refunded " + s.Payment.ID.String()
	case string(Refund):
		return "A refund was opened. When it is paid out: admin billing refunded " + s.Payment.ID.String()
	case string(Late), string(Partial):
		return "The firm chooses: credit, a new invoice, or its money back. Nothing is to do yet."
	case string(Over):
		return "What was too much is credit of the firm. Nothing is to do unless it asks for it back."
	case string(Invalid):
		return "The payment was lost or refused. Look at the invoice on BTCPay; mark it there if it is good after all."
	case disputed:
		return "The card's holder disputes it. Answer on Stripe's page."
	case "marked":
		return "Somebody set its state by hand on BTCPay. Make sure that it was you."
	case "":
		return "Nothing."
	}
	return "It is not what was sold (" + s.Odd + "). Compare it with the provider's page; it unlocks nothing."
}
