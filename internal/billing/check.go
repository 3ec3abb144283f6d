package billing

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// checkArgs name the sale that is to be checked.
type checkArgs struct {
	Order  tenant.ID
	Refund bool // a signed delivery says that a refund was opened
}

// checkJob asks the provider about one sale.
func (s *Service) checkJob(ctx context.Context, r job.Run) error {
	var args checkArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	return s.Check(ctx, args.Order, args.Refund)
}

// Check asks the provider how a sale stands and takes that over: what it says
// is compared with what was sold, and access changes on Settled only. refund
// says that a refund was opened, which the API does not tell.
func (s *Service) Check(ctx context.Context, id tenant.ID, refund bool) error {
	var sale Sale
	err := s.config.Store.Read(ctx, func(tx Tx) (err error) { sale, err = tx.Sale(ctx, id); return err })
	if err != nil {
		return err
	}
	if sale.Ref == "" {
		return s.unmade(ctx, &sale)
	}
	if s.stripe != nil && sale.Provider == Stripe && !strings.HasPrefix(sale.Ref, sessionRef) {
		return known(s.moved(ctx, sale.Ref)) // a renewal: its own object is an invoice
	}
	t, err := s.truth(ctx, &sale)
	if err != nil {
		return err
	}
	if err := errors.Join(s.valued(ctx, &sale, t), s.surplus(ctx, &sale, t)); err != nil {
		return err
	}
	if status, _ := t.mapped(sale.Status); status.Paid() && sale.Settled.IsZero() {
		t.by = s.paidBy(ctx, &sale, t)
	}
	return s.config.Store.Control(ctx, func(tx Tx) error {
		now, err := tx.Sale(ctx, id)
		if err != nil {
			return err
		}
		if !now.LatePaid.Equal(sale.LatePaid) {
			return outrun() // the job is tried again
		}
		return s.take(ctx, tx, &now, t, refund)
	})
}

// truth asks the provider.
func (s *Service) truth(ctx context.Context, sale *Sale) (t *truth, err error) {
	switch {
	case sale.Provider == BTCPay && s.btcpay != nil:
		t, err = s.btcpay.fetch(ctx, sale.Ref)
	case sale.Provider == Stripe && s.stripe != nil:
		t, err = s.stripe.fetch(ctx, sale.Ref)
	default:
		return nil, job.Never(errors.New("billing: the provider of this payment is not configured"))
	}
	if errors.Is(err, errNone) {
		return &truth{ref: "gone"}, nil // it is not what we sold: see mismatch
	}
	return t, err
}

// paidBy is what the receipt of a sale says of how it was paid. What was paid
// must not wait for it.
func (s *Service) paidBy(ctx context.Context, sale *Sale, t *truth) (by paidBy) {
	if sale.Provider == BTCPay {
		by.rate = s.rate(ctx, sale.Ref)
		return by
	}
	if t.invoice == "" {
		return by
	}
	var i cardInvoice
	if err := s.stripe.get(ctx, "invoices", t.invoice, &i); err != nil {
		s.config.Log.WarnContext(ctx, "a receipt may lack the buyer's VAT number", "err", err)
	}
	by.taxNumber = i.taxNumber()
	return by
}

// rate is the rate of an invoice; 0 if it cannot be had.
func (s *Service) rate(ctx context.Context, ref string) money.Amount {
	list, err := s.btcpay.methods(ctx, ref)
	if err != nil {
		s.config.Log.WarnContext(ctx, "a receipt has no rate", "err", err)
	}
	for _, m := range list {
		if rate, err := money.Parse(m.Rate); err == nil && strings.HasPrefix(m.ID, "BTC") {
			return rate
		}
	}
	return money.Amount{}
}

// take takes over what the provider says.
func (s *Service) take(ctx context.Context, tx Tx, sale *Sale, t *truth, refund bool) error {
	before := *sale
	store := ""
	if sale.Provider == BTCPay {
		store = s.btcpay.store
	}
	if odd := t.mismatch(&sale.Payment, store); odd != "" {
		return s.differs(ctx, tx, sale, "mismatch:"+odd)
	}
	sale.Confirmed = t.confirmed()
	t.revalue(sale)
	sale.Received, sale.Watch = received(t), t.watch
	if before.sentBack() && sale.Loose().Sign() == 0 {
		return s.stays(ctx, tx, sale, &before, t)
	}
	if !t.expires.IsZero() {
		sale.Expires = t.expires
	}
	why, lost, err := s.stands(ctx, tx, sale, &before, t)
	if err != nil {
		return err
	}
	// What was kept as credit cannot be sent back, and the refund of what was
	// too much leaves the plan alone.
	spared := !before.Noted.IsZero() || before.Status == Over && before.Asked()
	opened := refund || before.Status == Refund && before.Noted.IsZero()
	if opened && t.refundable(sale.Status) && !spared {
		sale.Status = Refund
	}
	if sale.waits(tx.Now()); why != "" && !sale.Asked() {
		sale.Odd = why
	}
	if sale.Status != before.Status || !sale.Marked {
		sale.Reason = "" // it was of another state
	}
	if !lost && sale.same(&before) {
		return nil
	}
	if err := s.changed(ctx, tx, sale, &before, t); err != nil {
		return err
	}
	if t.renews != "" && sale.Status.Paid() && !before.Status.Paid() {
		if err := s.renews(ctx, tx, sale.Firm, t.renews); err != nil {
			return err
		}
	}
	if err := s.unlink(ctx, tx, sale, &before); err != nil {
		return err
	}
	if err := tx.Audit(ctx, s.byJob(auditEntry("payment.status", sale, before.Payment, sale.Payment))); err != nil {
		return err
	}
	return tx.SavePayment(ctx, *sale)
}

// stays leaves a sale alone that was sent back: nothing that follows brings it
// back. Only what was kept of it as credit can still be lost.
func (s *Service) stays(ctx context.Context, tx Tx, sale, before *Sale, t *truth) error {
	lost, err := recall(ctx, tx, sale, before, t)
	if err != nil || !lost && sale.Odd == before.Odd {
		return err
	}
	if err := tx.Audit(ctx, s.byJob(auditEntry("payment.odd", sale, before.Odd, sale.Odd))); err != nil {
		return err
	}
	return tx.SavePayment(ctx, *sale)
}

// differs notes that what the provider has is not what was sold. What the firm
// asked for stays as it is.
func (s *Service) differs(ctx context.Context, tx Tx, sale *Sale, odd string) error {
	if sale.Odd == odd || sale.sentBack() {
		return nil
	}
	before := sale.Payment
	sale.Odd = odd
	if err := tx.Audit(ctx, s.byJob(auditEntry("payment.odd", sale, before, sale.Odd))); err != nil {
		return err
	}
	return tx.SavePayment(ctx, *sale)
}

// stands takes over the status and notes whether it pays. A sale that is
// settled at the provider but not covered any more counts as late, and why says
// what is odd then: its money waits for the firm's choice. lost says that credit
// which it had given was taken back.
func (*Service) stands(ctx context.Context, tx Tx, sale, before *Sale, t *truth) (why string, lost bool, err error) {
	if before.sentBack() {
		sale.Confirmations = 0 // more came since, which has bought nothing yet
	}
	t.pays = false
	if sale.Status, sale.Marked = t.mapped(before.Status); sale.Status.Paid() {
		if t.pays, why, err = covered(ctx, tx, sale, before); err != nil {
			return "", false, err
		}
		if t.pays {
			balance(sale, before)
			return why, false, nil
		}
		sale.Status = Late
	}
	lost, err = recall(ctx, tx, sale, before, t)
	return why, lost, err
}

// waits notes what of the money waits for somebody to decide: a wish to have
// it back covers what comes after it as well. What turned out invalid never
// came.
func (s *Sale) waits(now time.Time) {
	switch {
	case s.Status == Invalid:
		s.Wanted = money.Amount{}
		if s.Odd == refundWanted {
			s.Odd = ""
		}
	case !s.bought() && s.Loose().Sign() > 0:
		s.Noted = time.Time{}
		if s.Asked() {
			s.Wanted = s.Wanted.Add(s.Loose())
		}
	}
	s.Odd = oddity(s, now)
}

// same reports whether nothing has changed that is worth an entry.
func (s *Sale) same(before *Sale) bool {
	return s.Status == before.Status && s.Marked == before.Marked && s.Received == before.Received && s.Odd == before.Odd &&
		s.LatePaid.Equal(before.LatePaid) && s.Confirmed == before.Confirmed
}

// oddity says why a person must look at a sale.
func oddity(s *Sale, now time.Time) string {
	switch {
	case s.Odd == disputed:
		return s.Odd
	case s.Asked():
		return refundWanted
	case s.Odd == creditLost, s.Odd == foreignCredit, s.Odd == refundLeft && s.Status.Paid(), strings.HasPrefix(s.Odd, cardLeft) && s.Odd != s.Seen, s.Odd == checkVAT && s.Odd != s.Seen && s.Status.Paid():
		return s.Odd
	case !s.Noted.IsZero():
		return ""
	case s.Status == Late, s.Status == Invalid, s.Status == Over, s.Status == Refund:
		return string(s.Status)
	case s.Status == Partial && now.After(s.Expires):
		return string(Partial)
	case s.Marked:
		return "marked"
	}
	return ""
}

func received(t *truth) string {
	if positive(t.paid) {
		return t.paid
	}
	return ""
}

// changed does what follows from a new status.
func (s *Service) changed(ctx context.Context, tx Tx, sale, before *Sale, t *truth) error {
	open := sale.Status == Waiting || sale.Status == Processing || sale.Status == Partial && t.status == "New"
	var err error
	switch {
	case t.pays:
		err = s.settle(ctx, tx, sale, before, t.by)
	case sale.Status == Invalid:
		err = s.withdraw(ctx, tx, sale, before)
	}
	if err == nil && !t.pays && !open && !before.bought() {
		err = release(ctx, tx, sale)
	}
	if err != nil || sale.Status == Waiting || sale.Status == Processing {
		return err
	}
	kind := string(sale.Status)
	switch {
	case sale.Status == Partial && tx.Now().After(sale.Expires):
		kind = partialOver
	case sale.Status == Over && sale.Asked() && !before.bought():
		kind = string(Settled) // what was too much goes back: it is no credit
	}
	if !before.Noted.IsZero() && sale.Noted.IsZero() && !t.pays { // of what came later as well
		return noticeOf(ctx, tx, kind, sale, sale.Received)
	}
	if sale.Status == before.Status && (kind != partialOver || sale.Odd != string(Partial)) {
		return nil
	}
	return notice(ctx, tx, kind, sale)
}

// partialOver is the mail about a part that came for an invoice that ran out.
const partialOver = "partial_over"

// settle begins what was bought, once for each order, and keeps the receipt.
// What was paid too much becomes credit, also if it comes later.
func (s *Service) settle(ctx context.Context, tx Tx, sale, before *Sale, by paidBy) error {
	sub, err := tx.Subscription(ctx, sale.Firm)
	if err != nil {
		return err
	}
	foreign, err := elsewhere(ctx, tx, &sub, sale.Currency)
	if err != nil {
		return err
	}
	periods, err := boughtBy(ctx, tx, sale.Firm)
	if err != nil {
		return err
	}
	c := courseOf(sub, periods)
	c.foreign = foreign
	period := c.next(sale.purchase(), tx.Now())
	period.ID = sale.Payment.ID
	fresh, err := tx.AddPeriod(ctx, period)
	if err != nil {
		return err
	}
	if foreign {
		if err := backInstead(ctx, tx, sale, before); err != nil {
			return err
		}
	}
	more := sale.Kept.Sub(before.Kept)
	if !fresh {
		if more.Sign() == 0 {
			return nil
		}
		sub.Credit, sub.Currency = money.Max(sub.Credit.Add(more), money.Amount{}), sale.Currency
		return tx.SaveSubscription(ctx, sub)
	}
	if sale.Status == Waiting {
		sale.Status = Settled // paid with credit alone
	}
	if !sale.Held {
		more = more.Sub(sale.Credit)
	}
	sale.Settled, sale.Confirmations, sale.Held = tx.Now(), 1, sale.Credit.Sign() > 0
	if sale.Reverse && !sale.Asked() {
		sale.Odd = checkVAT
	}
	if err := s.endCard(ctx, tx, sale, period.Plan, &sub); err != nil {
		return err
	}
	sub.Plan, sub.Until, sub.Reminded = period.Plan, period.Until, 0
	if !foreign {
		sub.Currency = sale.Currency
		sub.Credit = money.Max(sub.Credit.Add(period.Credited).Add(more), money.Amount{})
	}
	if err := tx.SaveSubscription(ctx, sub); err != nil {
		return err
	}
	return s.begun(ctx, tx, sale, period, by)
}

// begun keeps the receipt of a period that begins, and tells of the credit that
// what was left of the plan before it has become.
func (s *Service) begun(ctx context.Context, tx Tx, sale *Sale, period Period, by paidBy) error {
	buyer, err := tx.Buyer(ctx, sale.Firm)
	if err != nil {
		return err
	}
	if err := tx.AddReceipt(ctx, s.receipt(sale, period, by, buyer)); err != nil {
		return err
	}
	if err := tx.Audit(ctx, s.byJob(auditEntry("plan.active", sale, nil, period))); err != nil {
		return err
	}
	if period.Credited.Sign() > 0 {
		if err := credited(ctx, tx, sale, period.Credited, "rest"); err != nil {
			return err
		}
	}
	if sale.Ref != "" {
		return nil // see changed
	}
	if err := notice(ctx, tx, string(Settled), sale); err != nil { // paid with credit alone
		return err
	}
	return tx.SavePayment(ctx, *sale)
}

// renews notes that a card renews the plan.
func (*Service) renews(ctx context.Context, tx Tx, firm tenant.FirmID, subscription string) error {
	sub, err := tx.Subscription(ctx, firm)
	if err != nil {
		return err
	}
	sub.Source = renewedBy + subscription
	return tx.SaveSubscription(ctx, sub)
}

// withdraw ends what a payment had begun, if it had begun anything: it turned
// out invalid, or was sent back. What it allowed goes on for the days of grace;
// what was paid for after it goes on without it; credit that it used comes
// back, and credit that it gave goes.
func (s *Service) withdraw(ctx context.Context, tx Tx, sale, before *Sale) error {
	dropped, err := tx.DropPeriod(ctx, sale.Payment.ID)
	if err != nil || dropped.ID.IsZero() {
		return err
	}
	sub, err := tx.Subscription(ctx, sale.Firm)
	if err != nil {
		return err
	}
	dropped.of = sale.purchase()
	more, err := rebuild(ctx, tx, &sub, &dropped)
	if err != nil {
		return err
	}
	if more = more.Sub(before.Kept); sale.Held {
		more = more.Add(sale.Credit)
	}
	give(&sub, sale, more)
	sale.Kept, sale.Wanted, sale.Held = money.Amount{}, money.Amount{}, false
	sale.Confirmations, sale.Settled = 0, time.Time{}
	return tx.SaveSubscription(ctx, sub)
}

// planOf is the plan that was sold, at the price it was sold for.
func (s *Service) planOf(sale *Sale) Plan {
	return Plan{ID: sale.Plan, Price: sale.Amount.Add(sale.Credit), Currency: sale.Currency, Period: sale.Period}
}

// reconcileJob asks about every sale that may have changed unheard.
func (s *Service) reconcileJob(ctx context.Context, _ job.Run) error { return s.Reconcile(ctx) }

// unreached is how many calls in a row find no connection to a provider before
// it is left alone until the next hour.
const unreached = 3

// Reconcile asks the providers about every open invoice and every one that ran
// out and may still get money. It goes on after one that cannot be asked, and
// leaves a provider alone to which there is no connection at all.
func (s *Service) Reconcile(ctx context.Context) error {
	open, err := s.Open(ctx)
	if err != nil {
		return err
	}
	var errs []error
	row := make(map[Provider]int)
	for i := range open {
		of := open[i].Provider
		if row[of] >= unreached {
			continue
		}
		err := s.Check(ctx, open[i].Payment.ID, false)
		if errors.Is(err, errUnreached) {
			row[of]++
		} else {
			row[of] = 0
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
