package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	stored "github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

// openMails wires the mails that billing and linked accounts ask for.
func (s *service) openMails() error {
	return errors.Join(
		s.jobs.Handle(stored.Kind{Name: billing.MailKind, Work: s.billingMail}),
		s.jobs.Handle(stored.Kind{Name: link.MailKind, Work: s.linkMail}),
	)
}

// tell writes one mail to everybody of a firm whose role, as its owner edited
// it, has a right. The
// letter's id follows from what is told and to whom, so that a second run
// finds the letters of the first.
func (s *service) tell(ctx context.Context, id tenant.FirmID, right tenant.Permission, about string, m notify.Mail) error {
	scope := tenant.ForJob(id, tenant.EntityID{}, "mail")
	members, err := s.firms.Members(ctx, scope)
	if err != nil {
		return err
	}
	roles, err := s.firms.Roles(ctx, scope)
	if err != nil {
		return err
	}
	for _, member := range entitled(members, roles, right) {
		address, locale, err := s.accounts.Address(ctx, member.User)
		if fault.Is(err, fault.NotFound) {
			continue // who is gone hears nothing
		}
		if err != nil {
			return err
		}
		m.To, m.Locale = address, locale
		l, state, err := s.post.Write(m)
		if err != nil {
			return stored.Never(err)
		}
		l.ID = notify.About(about + "/" + member.User.String())
		if err := s.store.Mail().KeepLetter(ctx, l, state); err != nil {
			return err
		}
	}
	return nil
}

// entitled are the members of a firm whose role has a right there.
func entitled(members []firm.Member, roles []firm.Role, right tenant.Permission) (list []firm.Member) {
	for _, m := range members {
		i := slices.IndexFunc(roles, func(r firm.Role) bool { return r.Role == m.Role })
		if i >= 0 && roles[i].Rights.Allows(right) {
			list = append(list, m)
		}
	}
	return list
}

// billingMails are the mails about invoices, by what billing calls them.
var billingMails = map[string]notify.Kind{
	"created": notify.InvoiceCreated, string(billing.Partial): notify.InvoicePartial, "partial_over": notify.InvoicePartOver, string(billing.Settled): notify.InvoicePaid,
	string(billing.Late): notify.InvoiceLate, string(billing.Over): notify.InvoiceOver, string(billing.Invalid): notify.InvoiceInvalid,
	string(billing.Expired): notify.InvoiceExpired, string(billing.Refund): notify.InvoiceRefund, "refunded": notify.Refunded,
	billing.Credited: notify.InvoiceCredit, "refund_wanted": notify.RefundWanted, billing.RefundOpened: notify.RefundLink, "card_failed": notify.CardFailed, "reminder": notify.RenewalDue,
	"ending": notify.PlanEndsToday, "ran_out": notify.PlanRanOut, "ended": notify.GraceEnded,
}

// billingMail writes a mail about a payment or a plan. A refund that somebody
// wants is told to the operator too.
func (s *service) billingMail(ctx context.Context, r stored.Run) error {
	var n billing.Notice
	if err := r.Args(&n); err != nil {
		return err
	}
	scope := tenant.ForJob(n.Firm, tenant.EntityID{}, r.Kind)
	account, err := s.billing.Account(ctx, scope)
	if err != nil {
		return err
	}
	m := notify.Mail{Kind: billingMails[n.Kind], N: max(n.Days, 0), Path: "/f/" + n.Firm.String() + "/billing"}
	end := account.Until.Format(time.DateOnly)
	m.Words = map[string]string{"plan": planName(account.Plan), "date": end, "until": end, "grace": account.Until.Add(billing.Grace).Format(time.DateOnly)}
	if n.Order != "" {
		if err := s.invoiceWords(ctx, scope, n, &m); err != nil {
			return err
		}
	}
	if n.Kind == string(billing.Settled) || n.Kind == string(billing.Over) {
		if m.Attachments, err = s.receipt(ctx, scope, n.Order); err != nil {
			return err
		}
	}
	if n.Kind == billing.RefundOpened {
		open, err := s.refundLink(ctx, scope, n.Order)
		if err != nil || open == "" {
			return err // it was sent back meanwhile, which has a mail of its own
		}
		m.Words["link"] = open
	}
	if n.Kind == "refund_wanted" {
		words := "A refund is wanted for invoice " + n.Order + ". Issue it on the payment server's page of the invoice, then send its link to the firm under /admin/billing."
		if err := s.post.AlertOnce(ctx, "refund_wanted", "billing/"+n.Key, words); err != nil {
			return err
		}
	}
	return s.tell(ctx, n.Firm, tenant.Need(tenant.BillingArea, tenant.Edit), "billing/"+n.Key, m)
}

// refundLink is the page on which a firm says where its money goes, "" if no
// refund is open.
func (s *service) refundLink(ctx context.Context, scope tenant.Scope, order string) (string, error) {
	id, err := tenant.ParseID(order)
	if err != nil {
		return "", stored.Never(err)
	}
	r, err := s.billing.Refund(ctx, scope, id)
	return r.URL, err
}

// receipt is the receipt of an order, to go with a mail. One whose order was
// undone meanwhile has none.
func (s *service) receipt(ctx context.Context, scope tenant.Scope, order string) ([]notify.Attachment, error) {
	id, err := tenant.ParseID(order)
	if err != nil {
		return nil, stored.Never(err)
	}
	r, err := s.billing.Receipt(ctx, scope, id)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	sale, err := s.billing.Sale(ctx, scope, id)
	if err != nil {
		return nil, err
	}
	page, err := web.ReceiptDocument(ctx, s.billing.Seller(), sale, r)
	return []notify.Attachment{{Name: fmt.Sprintf("receipt-%d.html", r.Number), Type: "text/html", Content: page}}, err
}

// planName is a plan as people read it.
func planName(id string) string {
	if id == "" {
		return ""
	}
	return strings.ToUpper(id[:1]) + id[1:]
}

// invoiceWords adds the words about one invoice.
func (s *service) invoiceWords(ctx context.Context, scope tenant.Scope, n billing.Notice, m *notify.Mail) error {
	id, err := tenant.ParseID(n.Order)
	if err != nil {
		return stored.Never(err)
	}
	sale, err := s.billing.Sale(ctx, scope, id)
	if err != nil {
		return err
	}
	m.Words["number"], m.Words["plan"] = n.Order[:8], planName(sale.Plan)
	m.Words["amount"] = n.Amount
	m.Words["received"], m.Words["due"] = sale.Money(sale.Received), sale.Money(sale.Due())
	if n.Kind == "created" || n.Kind == string(billing.Partial) {
		m.Words["until"] = sale.Expires.UTC().Format("2006-01-02 15:04 UTC")
	}
	m.Path += "/invoices/" + n.Order
	return nil
}

// linkMails are the mails about linked accounts.
var linkMails = map[string]notify.Kind{"power": notify.KeyPowerChanged, "reauth": notify.KeyNeedsReauth, "failing": notify.SyncFailing}

// deniedWords tell the operator that a call of a link was stopped.
func deniedWords(title string, id tenant.ID) string {
	return "A call to " + title + " was stopped: it is not on the list of calls that may go out, or its answer points to another place, which is never followed. " +
		"The link " + id.String() + " is paused until one of its people resumes it. The log names the call under \"outbound call stopped\": look at it first."
}

// linkMail writes a mail about a linked account.
func (s *service) linkMail(ctx context.Context, r stored.Run) error {
	var n link.Notice
	if err := r.Args(&n); err != nil {
		return err
	}
	l, _, err := s.links.Find(ctx, r.Scope(n.Entity), n.Link)
	if fault.Is(err, fault.NotFound) {
		return nil // it was deleted meanwhile
	}
	if err != nil {
		return err
	}
	x, err := s.links.Exchange(l.Exchange)
	if err != nil {
		return stored.Never(err)
	}
	if n.Kind == link.DeniedNotice {
		return s.post.AlertOnce(ctx, link.Stopped, "link/"+r.Key, deniedWords(x.Title, n.Link))
	}
	return s.tell(ctx, r.Firm, tenant.Need(tenant.Connections, tenant.Edit), "link/"+r.Key, notify.Mail{
		Kind: linkMails[n.Kind], Words: map[string]string{"exchange": x.Title, "rights": strings.Join(l.Passport.Rights, ", ")},
		Path: "/f/" + r.Firm.String() + "/e/" + n.Entity.String() + "/connections/" + n.Link.String(),
	})
}
