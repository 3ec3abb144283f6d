package billing

import (
	"context"
	"errors"
	"strings"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
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

// Invoices lists the payments that the operator must look at, then those that
// may still change by themselves, each once.
func (s *Service) Invoices(ctx context.Context) ([]Sale, error) {
	list, err := s.Odd(ctx)
	if err != nil {
		return nil, err
	}
	seen := make(map[tenant.ID]bool, len(list))
	for i := range list {
		seen[list[i].Payment.ID] = true
	}
	open, err := s.Open(ctx)
	for i := range open {
		if !seen[open[i].Payment.ID] {
			list = append(list, open[i])
		}
	}
	return list, err
}

// Invoice returns one payment for the operator, whose firm it is does not
// matter.
func (s *Service) Invoice(ctx context.Context, id tenant.ID) (sale Sale, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) { sale, err = tx.Sale(ctx, id); return err })
	return sale, notFound(err)
}

// Subscriptions lists what every firm has that ever had a plan or credit.
func (s *Service) Subscriptions(ctx context.Context) (list []Subscription, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) { list, err = tx.Subscriptions(ctx); return err })
	return list, err
}

// Swept is what came of asking about everything.
type Swept struct {
	Asked int // open invoices
	Odd   int // invoices that somebody must look at
}

// Sweep is Reconcile and Cards for the operator, who does not want to wait for
// the hour and sees what came of it.
func (s *Service) Sweep(ctx context.Context, actor tenant.Actor) (was Swept, err error) {
	if err := s.noted(ctx, audit.Entry{Action: "payments.asked", Object: "payments/open", Actor: actor}); err != nil {
		return was, err
	}
	open, err := s.Open(ctx)
	if err != nil {
		return was, err
	}
	if err := errors.Join(s.Reconcile(ctx), s.Cards(ctx)); err != nil {
		return was, err
	}
	odd, err := s.Odd(ctx)
	return Swept{Asked: len(open), Odd: len(odd)}, err
}

// Recheck is Check for the operator, who sees what came of it.
func (s *Service) Recheck(ctx context.Context, actor tenant.Actor, id tenant.ID) (sale Sale, err error) {
	if sale, err = s.Invoice(ctx, id); err != nil {
		return sale, err
	}
	asked := auditEntry("payment.asked", &sale, nil, nil)
	asked.Actor = actor
	if err := s.noted(ctx, asked); err != nil {
		return sale, err
	}
	if err := s.Check(ctx, id, false); err != nil {
		return sale, err
	}
	return s.Invoice(ctx, id)
}

// noted keeps an entry of what the operator is about to do.
func (s *Service) noted(ctx context.Context, e audit.Entry) error {
	return s.config.Store.Control(ctx, func(tx Tx) error { return tx.Audit(ctx, e) })
}

// NoteRefund notes that the operator has sent money back. A plan that it had
// paid for ends, with the days of grace; it goes on if only what was paid too
// much was asked for.
func (s *Service) NoteRefund(ctx context.Context, actor tenant.Actor, id tenant.ID) error {
	err := s.config.Store.Control(ctx, func(tx Tx) error {
		_, err := once.Do(ctx, tx, func() (struct{}, error) { return struct{}{}, s.noteRefund(ctx, tx, actor, id) })
		return err
	})
	return notFound(err)
}

func (s *Service) noteRefund(ctx context.Context, tx Tx, actor tenant.Actor, id tenant.ID) error {
	sale, err := tx.Sale(ctx, id)
	if err != nil {
		return err
	}
	was := sale
	before := was.Payment
	switch {
	case sale.Returnable():
	case !sale.Noted.IsZero():
		return fault.Coded(fault.Conflict, "already_noted", nil, "The money of this invoice was kept as credit or sent back before.")
	default:
		return fault.Coded(fault.Conflict, "nothing_to_refund", nil, "Nothing was received on this invoice that could be sent back.")
	}
	if sale.Status == Over && sale.Asked() {
		sale.Sent, sale.Wanted = sale.Sent.Add(sale.Wanted), money.Amount{}
	} else if err := s.sendBack(ctx, tx, &sale, &was); err != nil {
		return err
	}
	if sale.Noted = tx.Now(); sale.Odd != foreignCredit && sale.Odd != creditLost {
		sale.Odd = ""
	}
	e := auditEntry("refund.noted", &sale, before, sale.Payment)
	e.Actor = actor
	if err := tx.Audit(ctx, e); err != nil {
		return err
	}
	if err := tx.DropRefund(ctx, id); err != nil {
		return err
	}
	tell := notice(ctx, tx, "refunded", &sale)
	if was.Sent.Sign() > 0 {
		tell = noticeOf(ctx, tx, "refunded", &sale, sale.Sent.String())
	}
	if tell != nil {
		return tell
	}
	return tx.SavePayment(ctx, sale)
}

// sendBack notes that all of what a sale did not make credit was sent back, and
// ends what it had begun.
func (s *Service) sendBack(ctx context.Context, tx Tx, sale, before *Sale) error {
	if sale.Status.Paid() || sale.Status == Refund {
		if err := s.withdraw(ctx, tx, sale, before); err != nil {
			return err
		}
		sale.Settled, sale.Confirmations = before.Settled, before.Confirmations
	}
	sale.Status, sale.Wanted = Refund, money.Amount{}
	sale.Sent = money.Max(sale.got().Sub(sale.Kept), sale.Sent)
	return release(ctx, tx, sale)
}

// Returnable reports whether there is money of a sale that the operator can
// have sent back.
func (s *Sale) Returnable() bool {
	return s.Asked() || s.Loose().Sign() > 0 && !s.sentBack() || s.Noted.IsZero() && (s.Received != "" || s.Status.Paid() || s.Status == Refund)
}

// Owed reports whether somebody waits for the money of a sale.
func (s *Sale) Owed() bool { return s.Asked() || s.Noted.IsZero() && s.Odd == string(Refund) }

// Next says what the operator has to do about a payment.
func (s *Sale) Next() string {
	switch s.Odd {
	case refundWanted:
		const issue = "Issue a refund on BTCPay's page of this invoice and send its link to the firm. When it is paid out, note the refund."
		if s.Provider == BTCPay && !s.Confirmed {
			return "What came is not confirmed yet: send nothing back before it is. Then: " + issue
		}
		return issue
	case string(Refund):
		return "A refund was opened. Send its link to the firm; when it is paid out, note it."
	case string(Late), string(Partial):
		return "The firm chooses: credit, a new invoice, or its money back. Nothing is to do yet."
	case string(Over):
		return "What was too much is credit of the firm. Nothing is to do unless it asks for it back."
	case string(Invalid):
		return "The payment was lost or refused. Look at the invoice on BTCPay; mark it there if it is good after all."
	case creditGone:
		return "It was paid, but the credit that belongs to its price was used elsewhere. The firm keeps the money as credit or asks for it back; it unlocks nothing."
	case creditLost:
		if used := s.lost(); used.Sign() > 0 {
			return "What came was kept as credit and lost again, and " + s.Money(used.String()) + " of it was used before. Settle it with the firm, then note that you have seen it."
		}
		return "What came was kept as credit and lost again. It was taken off the credit. Note that you have seen it."
	case foreignCredit:
		return "Credit of it in " + s.Currency + " came back or went, and the firm's credit is in another currency by now, so that it was left as it is. Settle it with the firm, then note that you have seen it."
	case refundLeft:
		return "It counts as paid after all, but the firm has a link for its money. Archive that refund on BTCPay, so that it is not paid out."
	case checkVAT:
		if !s.Reverse {
			return "The card paid the price without tax, as before, but the buyer has no VAT number now that leaves the tax to it: the tax is in what was paid. Change the price of the subscription on Stripe's page."
		}
		return "No tax was charged because of the buyer's VAT number " + s.TaxNumber + ". Check the number on ec.europa.eu/taxation_customs/vies and keep the answer; if it is not good, you owe the tax."
	case disputed:
		return "The card's holder disputes it. Answer on Stripe's page."
	case "marked":
		return "Somebody set its state by hand on BTCPay. Make sure that it was you."
	case "":
		return "Nothing."
	}
	if id, ok := strings.CutPrefix(s.Odd, cardLeft); ok {
		return "The firm has another plan now, but Stripe did not end the card of the one before: cancel the subscription " + id + " on Stripe's page at once, else its card is charged again. Then note here that you have looked."
	}
	return "It is not what was sold (" + s.Odd + "). Compare it with the provider's page; it unlocks nothing."
}
