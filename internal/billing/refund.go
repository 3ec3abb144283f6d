package billing

import (
	"context"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// RefundLink is the page of the payment server on which a firm says where its
// money goes back. Whoever has it can say so: it is kept sealed, in no log, and
// only as long as the refund is open.
type RefundLink struct {
	URL    string
	Opened time.Time
}

// refundPages begins the path of BTCPay's pages about refunds.
const refundPages = "/pull-payments/"

// maxRefundID is the longest id of such a page.
const maxRefundID = 64

// link checks that a text is a page about a refund of our own payment server:
// what is mailed to a firm must lead nowhere else.
func (b *btcpay) link(text string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(text))
	host := strings.TrimPrefix(strings.TrimPrefix(b.base, "https://"), "http://")
	if err != nil || u.Scheme != "https" || !strings.EqualFold(u.Host, host) || u.User != nil {
		return "", wrongLink("This is not a page of the payment server: the link begins with https://" + host + refundPages + ".")
	}
	id, ok := strings.CutPrefix(u.Path, refundPages)
	if !ok || id == "" || word(id) != id || strings.ContainsAny(id, "._-") || len(id) > maxRefundID || u.RawQuery != "" || u.Fragment != "" {
		return "", wrongLink("This is not the page of a refund: copy the link that BTCPay shows after Issue refund.")
	}
	return "https://" + host + refundPages + id, nil
}

func wrongLink(words string) error {
	wrong := fault.Coded(fault.Invalid, "refund_link", nil, "The link was not sent.")
	wrong.Details = []fault.Detail{{Pointer: "/link", Words: words}}
	return wrong
}

// OpenRefund sends the firm the page of the payment server on which it says
// where its money goes, and shows it with the invoice until the refund is
// noted as done. From then on the money cannot be kept as credit any more.
func (s *Service) OpenRefund(ctx context.Context, actor tenant.Actor, id tenant.ID, link string) error {
	err := s.config.Store.Control(ctx, func(tx Tx) error {
		_, err := once.Do(ctx, tx, func() (struct{}, error) { return struct{}{}, s.openRefund(ctx, tx, actor, id, link) })
		return err
	})
	return notFound(err)
}

func (s *Service) openRefund(ctx context.Context, tx Tx, actor tenant.Actor, id tenant.ID, text string) error {
	sale, err := tx.Sale(ctx, id)
	if err != nil {
		return err
	}
	before := sale.Payment
	switch {
	case sale.Provider != BTCPay || s.btcpay == nil:
		return fault.Coded(fault.Conflict, "no_refund_link", nil, "A payment by card goes back to the card: send it back on Stripe's page. No link is needed.")
	case sale.Odd == creditGone:
		return fault.Coded(fault.Conflict, "not_asked", nil, "Nobody has asked for this money: the firm may keep it as credit as well. Its page offers both.")
	case !sale.Linkable(tx.Now()):
		return fault.Coded(fault.Conflict, "nothing_to_refund", nil, "Nothing was received on this invoice that could be sent back.")
	}
	link := RefundLink{Opened: tx.Now()}
	if link.URL, err = s.btcpay.link(text); err != nil {
		return err
	}
	if was, err := tx.Refund(ctx, id); err != nil || was.URL == link.URL {
		return err
	}
	if !sale.Asked() {
		sale.Status, sale.Odd = Refund, string(Refund) // as the webhook says that one was opened
	}
	e := auditEntry("refund.opened", &sale, before, sale.Payment)
	e.Actor = actor
	if err := tx.Audit(ctx, e); err != nil {
		return err
	}
	if err := tx.SaveRefund(ctx, sale, link); err != nil {
		return err
	}
	// Another link than the one before is a mail of its own.
	n := Notice{Kind: RefundOpened, Firm: sale.Firm, Order: sale.Payment.ID.String()}
	if err := tell(ctx, tx, n, n.Order+"/"+link.Opened.UTC().Format(time.RFC3339Nano)); err != nil {
		return err
	}
	return tx.SavePayment(ctx, sale)
}

// unlink takes the link of a refund away that the firm does not wait for any
// more, because what it had paid has bought the plan after all. Its page on the
// payment server is still open: the operator is told to close it.
func (s *Service) unlink(ctx context.Context, tx Tx, sale, before *Sale) error {
	if !before.Asked() && before.Status != Refund || sale.Asked() || sale.Status == Refund {
		return nil
	}
	r, err := tx.Refund(ctx, sale.Payment.ID)
	if err != nil || r.URL == "" {
		return err
	}
	if sale.Odd != disputed && sale.Status.Paid() {
		sale.Odd = refundLeft
	}
	if err := tx.Audit(ctx, s.byJob(auditEntry("refund.dropped", sale, nil, sale.Odd))); err != nil {
		return err
	}
	return tx.DropRefund(ctx, sale.Payment.ID)
}

// Linkable reports whether the firm can be sent a link for its money: some of
// it was received in bitcoin, can be sent back, and is not being paid still. It
// cannot while the firm may still choose what becomes of money whose credit was
// used elsewhere.
func (s *Sale) Linkable(now time.Time) bool {
	if s.Odd == creditGone {
		return false
	}
	open := s.Status.Open() && (s.Status != Partial || now.Before(s.Expires))
	return s.Provider == BTCPay && s.Returnable() && !open && s.Status != Invalid
}

// RefundOpened is the kind of the notice that a refund has a link.
const RefundOpened = "refund_link"

// Refund returns the link of a refund of the firm that is open, the zero one if
// none is.
func (s *Service) Refund(ctx context.Context, scope tenant.Scope, id tenant.ID) (r RefundLink, err error) {
	if _, err := s.Sale(ctx, scope, id); err != nil {
		return r, err
	}
	return s.OpenedRefund(ctx, id)
}

// OpenedRefund is Refund for the operator.
func (s *Service) OpenedRefund(ctx context.Context, id tenant.ID) (r RefundLink, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) error {
		sale, err := tx.Sale(ctx, id)
		if err != nil || !sale.Asked() && (sale.Status != Refund || !sale.Noted.IsZero()) {
			return err
		}
		r, err = tx.Refund(ctx, id)
		return err
	})
	return r, notFound(err)
}

// MaxReason is the longest reason for a state that was set by hand.
const MaxReason = 200

// seen is what an entry says of a look at a payment: what was odd, and the
// reason that was given.
type seen struct{ Odd, Reason string }

// See notes that the operator has seen what is odd about a payment. It is
// listed again if something else becomes odd about it. A state that was set by
// hand takes a reason, which the firm reads on the page of its invoice.
func (s *Service) See(ctx context.Context, actor tenant.Actor, id tenant.ID, reason string) error {
	reason = oneLine(reason)
	if utf8.RuneCountInString(reason) > MaxReason || !printable(reason) {
		return wrongReason("A reason has at most 200 letters.")
	}
	err := s.config.Store.Control(ctx, func(tx Tx) error {
		sale, err := tx.Sale(ctx, id)
		if err != nil || sale.Odd != "" && sale.Odd == sale.Seen && (reason == "" || reason == sale.Reason) {
			return err
		}
		switch {
		case !sale.Seeable():
			return fault.Coded(fault.Conflict, "not_only_seen", nil, "Looking at this invoice is not enough. %s", sale.Next())
		case sale.Marked && reason == "" && sale.Reason == "":
			return wrongReason("Its state was set by hand: write why, for the firm to read.")
		case !sale.Marked && reason != "":
			return wrongReason("Nobody has set its state by hand, so that there is no reason to give.")
		}
		before := seen{sale.Seen, sale.Reason}
		if sale.Seen = sale.Odd; reason != "" {
			sale.Reason = reason
		}
		e := auditEntry("payment.seen", &sale, before, seen{sale.Seen, sale.Reason})
		e.Actor = actor
		if err := tx.Audit(ctx, e); err != nil {
			return err
		}
		return tx.SavePayment(ctx, sale)
	})
	return notFound(err)
}

func wrongReason(words string) error {
	wrong := fault.Coded(fault.Invalid, "reason", nil, "It was not noted.")
	wrong.Details = []fault.Detail{{Pointer: "/reason", Words: words}}
	return wrong
}

// Seeable reports whether looking at a sale is all that the operator must do:
// nobody waits for money, and no bank for an answer.
func (s *Sale) Seeable() bool { return s.Odd != "" && !s.Owed() && s.Odd != disputed }
