package billing

import (
	"context"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Receipt is what was bought and paid, in money of a state: nothing of it
// comes from the chain.
type Receipt struct {
	Order       tenant.ID
	Firm        tenant.FirmID
	Number      int // 1, 2, 3, … of the installation; given when it is kept
	Plan        string
	From, Until time.Time
	Price       money.Amount
	Credit      money.Amount // of it, paid from credit
	Currency    string
	Tax         money.Amount // contained in the price
	TaxRate     money.Amount // of it, in percent
	Rate        money.Amount // of one bitcoin in Currency, as the invoice had it; 0 if it was not paid in bitcoin
	Buyer       Buyer        // as the firm had said it when this was paid
	Issued      time.Time
}

// Bitcoin is how much bitcoin the invoice asked for, made of the price and the
// rate; 0 if it was not paid in bitcoin. Nothing of the chain is known here.
func (r *Receipt) Bitcoin() money.Amount {
	if r.Rate.Sign() <= 0 {
		return money.Amount{}
	}
	return r.Price.Sub(r.Credit).Share(money.FromInt(1), r.Rate).Round(8, money.Up)
}

// Seller is who sells, as receipts say it.
type Seller struct {
	Name      string
	Address   string // one line
	TaxNumber string
	TaxRate   money.Amount // contained in every price, in percent
}

// Seller returns who sells.
func (s *Service) Seller() Seller { return s.config.Seller }

// receipt makes the receipt of a sale.
func (s *Service) receipt(sale *Sale, p Period, by paidBy, b Buyer) Receipt {
	plan := s.planOf(sale)
	percent := s.config.Seller.TaxRate
	if sale.Reverse {
		percent = money.Amount{} // the buyer owes it
	}
	switch {
	case sale.TaxNumber != "":
		b.TaxNumber = sale.TaxNumber // whatever the firm has said since
	case b.TaxNumber == "":
		b.TaxNumber = by.taxNumber
	}
	return Receipt{
		Order: sale.Payment.ID, Firm: sale.Firm, Plan: p.Plan, From: p.From, Until: p.Until,
		Price: plan.Price, Credit: sale.Credit, Currency: plan.Currency, Issued: sale.Settled, Rate: by.rate, Buyer: b,
		TaxRate: percent, Tax: contained(plan.Price, percent),
	}
}

// Receipt returns the receipt of an order of the firm.
func (s *Service) Receipt(ctx context.Context, scope tenant.Scope, order tenant.ID) (r Receipt, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) {
		r, err = tx.Receipt(ctx, order)
		if err == nil && r.Firm != scope.Firm() {
			err = ErrNoSale
		}
		return err
	})
	return r, notFound(err)
}

// Keep turns what was received for an invoice that ran out into credit, at the
// value that it had when it came: what came in time at the invoice's rate, which
// was fixed for the hour in which it could be paid and was the rate of that time,
// and what came later at the rate of the time at which it was seen (see valued).
// It happens once for each of it, when all of it is confirmed: what comes later
// can be kept as well.
func (s *Service) Keep(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	return s.odd(ctx, scope, id, func(tx Tx, sale *Sale) error {
		if sale.Asked() {
			return fault.Coded(fault.Conflict, "refund_wanted", nil, "You asked for this money back, so it cannot become credit as well.")
		}
		value := sale.Loose()
		if !sale.ranOut(tx.Now()) || value.Sign() == 0 {
			return fault.Coded(fault.Conflict, "nothing_to_keep", nil, "There is nothing on this invoice that could be kept as credit.")
		}
		if !sale.Confirmed {
			return notConfirmed()
		}
		sub, err := tx.Subscription(ctx, sale.Firm)
		if err != nil {
			return err
		}
		if other, err := elsewhere(ctx, tx, &sub, sale.Currency); err != nil {
			return err
		} else if other {
			return fault.Coded(fault.Conflict, "other_currency", nil, "Your credit is in %s. Ask for the money back instead.", sub.Currency)
		}
		sub.Credit, sub.Currency = sub.Credit.Add(value), sale.Currency
		sale.Kept, sale.Noted, sale.Odd = sale.Kept.Add(value), tx.Now(), ""
		if err := credited(ctx, tx, sale, value, sale.Kept.String()); err != nil {
			return err
		}
		if err := tx.Audit(ctx, by(auditEntry("payment.kept", sale, nil, fmt.Sprint(sale.Status)), scope)); err != nil {
			return err
		}
		return tx.SaveSubscription(ctx, sub)
	})
}

// notConfirmed is the refusal to make credit of what the network has not
// confirmed: whoever sent it could still send it elsewhere, and the credit would
// have bought something meanwhile.
func notConfirmed() error {
	return fault.Coded(fault.Conflict, "not_confirmed", nil,
		"What came for this invoice is not confirmed yet, 0 of 1 confirmations. Try again when the network has confirmed it, mostly within an hour.")
}

// AskBack asks the operator to send back what was received and bought nothing.
// No address is taken here: BTCPay's refund page asks for it, and we never see
// it. What was paid too much is credit until then, and ends as such.
func (s *Service) AskBack(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	return s.odd(ctx, scope, id, func(tx Tx, sale *Sale) error {
		value := sale.Loose()
		if sale.Status == Over {
			value = sale.Kept
		}
		switch {
		case sale.Asked():
			return nil
		case value.Sign() == 0 || !sale.ranOut(tx.Now()) && sale.Status != Over:
			return fault.Coded(fault.Conflict, "nothing_to_refund", nil, "Nothing was received on this invoice that could be sent back.")
		}
		if sale.Status == Over {
			sub, err := tx.Subscription(ctx, sale.Firm)
			if err != nil {
				return err
			}
			if sub.Credit.Cmp(value) < 0 {
				return fault.Coded(fault.Conflict, "credit_used", nil, "What you paid too much was used as credit for a later invoice already.")
			}
			sub.Credit, sale.Kept = sub.Credit.Sub(value), money.Amount{}
			if err := tx.SaveSubscription(ctx, sub); err != nil {
				return err
			}
		}
		sale.Wanted, sale.Odd = value, refundWanted
		if err := tx.Audit(ctx, by(auditEntry("refund.wanted", sale, nil, sale.Odd), scope)); err != nil {
			return err
		}
		return notice(ctx, tx, refundWanted, sale)
	})
}

// ranOut reports whether what was received came too late, or not all of it in
// time.
func (s *Sale) ranOut(now time.Time) bool {
	return s.Status == Late || s.Status == Partial && !now.Before(s.Expires)
}

// odd changes a sale of the firm that is out of the ordinary.
func (s *Service) odd(ctx context.Context, scope tenant.Scope, id tenant.ID, change func(Tx, *Sale) error) error {
	err := s.config.Store.Control(ctx, func(tx Tx) error {
		sale, err := tx.Sale(ctx, id)
		if err == nil && sale.Firm != scope.Firm() {
			err = ErrNoSale
		}
		if err != nil {
			return err
		}
		if err := change(tx, &sale); err != nil {
			return err
		}
		return tx.SavePayment(ctx, sale)
	})
	return notFound(err)
}
