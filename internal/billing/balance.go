package billing

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// covered reports whether a sale can be paid at all that the provider says is
// settled, and if not, why it is odd: what was sent back does not pay it, and
// neither does credit that is not there any more. Without that the same money
// would buy twice.
func covered(ctx context.Context, tx Tx, sale, before *Sale) (ok bool, why string, err error) {
	if before.bought() {
		return true, "", nil
	}
	gone := !before.Settled.IsZero() || before.Sent.Sign() > 0 || before.sentBack()
	if gone && sale.got().Sub(sale.Sent).Cmp(sale.Amount) < 0 {
		return false, "", nil
	}
	need := taken(sale)
	if need.Sign() <= 0 {
		return true, "", nil
	}
	sub, err := tx.Subscription(ctx, sale.Firm)
	if err != nil || sub.Credit.Cmp(need) >= 0 && sub.Currency == sale.Currency {
		return err == nil, "", err
	}
	return false, creditGone, nil
}

// taken is what a sale takes from the firm's credit when it is paid: what its
// price uses, if that was released, and what was kept of its own money.
func taken(sale *Sale) money.Amount {
	need := sale.Kept.Sub(money.Min(sale.Kept, sale.spare(true)))
	if !sale.Held {
		need = need.Add(sale.Credit)
	}
	return need
}

// balance lets what was paid too much for a bought sale become credit, also if
// it comes later, and takes back what had become credit, or was asked back,
// before it bought something.
func balance(sale, before *Sale) {
	spare := sale.spare(true)
	if sale.Wanted = money.Min(sale.Wanted, spare); !before.bought() {
		sale.Wanted = money.Amount{} // it has bought the plan after all
	}
	if sale.Wanted.Sign() == 0 && sale.Odd == refundWanted {
		sale.Odd = ""
	}
	if sale.Kept = spare.Sub(sale.Wanted); !sale.Kept.Equal(before.Kept) {
		sale.Noted = time.Time{} // there is more, or less, of it than was dealt with
	}
}

// recall takes what was kept of a sale that bought nothing off the firm's credit
// again, as far as it was lost and is still there, and reports whether it took
// any. What was used before is tried again at each look: the operator is told.
func recall(ctx context.Context, tx Tx, sale, before *Sale, t *truth) (bool, error) {
	lost := sale.lost()
	if !t.tells() || lost.Sign() == 0 || before.bought() {
		return false, nil
	}
	sale.Odd = creditLost
	sub, err := tx.Subscription(ctx, sale.Firm)
	if err != nil || sub.Currency != sale.Currency {
		return false, err
	}
	if lost = money.Min(lost, sub.Credit); lost.Sign() == 0 {
		return false, nil
	}
	sub.Credit, sale.Kept = sub.Credit.Sub(lost), sale.Kept.Sub(lost)
	return true, tx.SaveSubscription(ctx, sub)
}

// elsewhere reports whether a firm's credit is in another currency than a sale:
// there is some, or some may come back. It stays what it is then, and none of
// the sale's is mixed with it.
func elsewhere(ctx context.Context, tx Tx, sub *Subscription, currency string) (bool, error) {
	if sub.Currency == "" || sub.Currency == currency || currency == "" {
		return false, nil
	}
	if sub.Credit.Sign() > 0 {
		return true, nil
	}
	sales, err := tx.Sales(ctx, sub.Firm)
	for i := range sales {
		s := &sales[i]
		if s.Currency == sub.Currency && (s.Held && s.Credit.Sign() > 0 || s.Kept.Sign() > 0) {
			return true, err
		}
	}
	return false, err
}

// backInstead asks the operator to send back what was paid too much and cannot
// become credit, because the firm has credit in another currency.
func backInstead(ctx context.Context, tx Tx, sale, before *Sale) error {
	more := sale.Kept.Sub(before.Kept)
	if more.Sign() <= 0 {
		return nil
	}
	sale.Kept, sale.Wanted, sale.Odd = before.Kept, sale.Wanted.Add(more), refundWanted
	return notice(ctx, tx, refundWanted, sale)
}

// credited tells the firm of new credit, once for each subject.
func credited(ctx context.Context, tx Tx, sale *Sale, value money.Amount, subject string) error {
	n := Notice{Kind: Credited, Firm: sale.Firm, Order: sale.Payment.ID.String(), Amount: sale.Money(value.String())}
	return tell(ctx, tx, n, n.Order+"/"+subject)
}

// Credited is the kind of the notice that a firm has credit.
const Credited = "credit"

// release gives credit back that a sale holds and will not use.
func release(ctx context.Context, tx Tx, sale *Sale) error {
	if !sale.Held {
		return nil
	}
	sub, err := tx.Subscription(ctx, sale.Firm)
	if err != nil {
		return err
	}
	sale.Held = false
	give(&sub, sale, sale.Credit)
	return tx.SaveSubscription(ctx, sub)
}

// give adds a sum of a sale to its firm's credit, or takes one below 0 off it.
// A sum in another currency than the credit's is not mixed with it: the operator
// is told.
func give(sub *Subscription, sale *Sale, sum money.Amount) {
	if sum.Sign() != 0 && sub.Currency != "" && sub.Currency != sale.Currency {
		sale.Odd = foreignCredit
		return
	}
	sub.Credit = money.Max(sub.Credit.Add(sum), money.Amount{})
}

// reserve takes the credit that the price of a sale uses, and reports whether
// it was there.
func reserve(ctx context.Context, tx Tx, sale *Sale) (bool, error) {
	if sale.Held || sale.Credit.Sign() == 0 {
		return true, nil
	}
	sub, err := tx.Subscription(ctx, sale.Firm)
	if err != nil || sub.Credit.Cmp(sale.Credit) < 0 || sub.Currency != sale.Currency {
		return false, err
	}
	sub.Credit, sale.Held = sub.Credit.Sub(sale.Credit), true
	return true, tx.SaveSubscription(ctx, sub)
}

// releaseSale releases the credit of a sale that could not be made.
func (s *Service) releaseSale(ctx context.Context, id tenant.ID) error {
	return s.config.Store.Control(ctx, func(tx Tx) error {
		sale, err := tx.Sale(ctx, id)
		if err != nil || !sale.Held || sale.Ref != "" || sale.Status != Waiting {
			return err
		}
		if err := release(ctx, tx, &sale); err != nil {
			return err
		}
		return tx.SavePayment(ctx, sale)
	})
}
