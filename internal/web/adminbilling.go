package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// adminBillingPath is where the operator looks after payments.
const adminBillingPath = "/admin/billing"

// refundWord is typed before a refund is noted: it ends a plan.
const refundWord = "refunded"

// sweepTime is how long asking about everything may take.
const sweepTime = 2 * time.Minute

// adminBilling registers the pages on which the operator looks after payments.
// They show of a firm its id and what it bought, and nothing of its books.
func (s *Site) adminBilling(r *router) {
	if s.cfg.Billing == nil || !s.cfg.Billing.On() {
		return
	}
	const one = adminBillingPath + "/invoices/:id"
	r.get(adminBillingPath, operators(), func(c echo.Context) error { return s.tillPage(c, formErrors{}) })
	r.post(adminBillingPath+"/reconcile", operators(), s.sweep, costly(), withTimeout(sweepTime))
	r.get(one, operators(), func(c echo.Context) error { return s.oddPage(c, formErrors{}) })
	r.post(one+"/check", operators(), s.recheck, costly())
	r.post(one+"/refund-link", operators(), s.openRefund)
	r.post(one+"/seen", operators(), s.see)
	r.post(one+"/refunded", operators(), s.noteRefund)
}

// operatorPlaces are the pages of those who run the installation.
func operatorPlaces() []entry {
	return []entry{{adminBillingPath, "Payments", "card", true}}
}

// operating are the links to them, for those who run the installation. They
// have no firm: nobody else is asked for.
func (s *Site) operating(c echo.Context) []ui.Link {
	ctx := c.Request().Context()
	if s.guard.people == nil || !identityOf(ctx).Known() || scopeOf(ctx).Valid() {
		return nil
	}
	is, err := s.guard.people.Operator(ctx, identityOf(ctx))
	if err != nil {
		noted(c).err = err // the page is good without its links
	}
	if !is {
		return nil
	}
	var all []ui.Link
	for _, p := range operatorPlaces() {
		if s.router.find(http.MethodGet, p.path) != nil {
			all = append(all, ui.Link{Text: p.text, Href: p.path, Icon: p.icon, Bar: p.bar, Current: c.Path() == p.path})
		}
	}
	return all
}

// tillShown is what the operator sees of all payments.
type tillShown struct {
	token     string
	now       time.Time
	odd, open []billing.Sale
	subs      []billing.Subscription
	wrong     formErrors
}

// count is how many subscriptions are in a state now.
func (v *tillShown) count(states ...billing.State) (n int) {
	for i := range v.subs {
		for _, state := range states {
			if v.subs[i].State(v.now) == state {
				n++
			}
		}
	}
	return n
}

// waiting is how many invoices are open: not only watched.
func (v *tillShown) waiting() (n int) {
	for i := range v.open {
		if v.open[i].Status.Open() {
			n++
		}
	}
	return n
}

// installation is what surrounds the operator's pages: no firm and no books.
func installation(p *ui.Page) {
	p.Books, p.Book = nil, ui.Book{Name: "This installation", Note: "Operator"}
	p.More = slices.DeleteFunc(p.More, func(l ui.Link) bool { return l.Href == "/shares" })
}

// tillPage serves GET /admin/billing.
func (s *Site) tillPage(c echo.Context, wrong formErrors) error {
	ctx := c.Request().Context()
	sales, err := s.cfg.Billing.Invoices(ctx)
	if err != nil {
		return err
	}
	v := tillShown{token: s.formToken(c), now: s.cfg.Clock(), wrong: wrong}
	for i := range sales {
		if sales[i].ToLookAt() {
			v.odd = append(v.odd, sales[i])
		} else {
			v.open = append(v.open, sales[i])
		}
	}
	if v.subs, err = s.cfg.Billing.Subscriptions(ctx); err != nil {
		return err
	}
	return s.bookStatus(c, wrong.code(), "Payments", installation, tillSheet(v))
}

// sweep serves POST …/reconcile.
func (s *Site) sweep(c echo.Context) error {
	ctx := c.Request().Context()
	was, err := s.cfg.Billing.Sweep(ctx, identityOf(ctx).Actor())
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.tillPage(c, wrong)
	}
	s.notice(c, "gain", fmt.Sprintf("Asked about %s. %s.", countOf(was.Asked, "open invoice"), looksAt(was.Odd)))
	return see(c, adminBillingPath)
}

// countOf writes a number of things.
func countOf(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}

// looksAt says how many invoices somebody must look at.
func looksAt(n int) string {
	if n == 0 {
		return "None needs you"
	}
	return countOf(n, "invoice") + " to look at"
}

// oddShown is one invoice as the operator sees it.
type oddShown struct {
	token, self string
	now         time.Time
	sale        billing.Sale
	refund      billing.RefundLink
	wrong       formErrors
}

// oddPage serves GET /admin/billing/invoices/:id.
func (s *Site) oddPage(c echo.Context, wrong formErrors) error {
	sale, err := s.anySale(c)
	if err != nil {
		return err
	}
	v := oddShown{token: s.formToken(c), self: adminInvoice(&sale), now: s.cfg.Clock(), sale: sale, wrong: wrong}
	if v.refund, err = s.cfg.Billing.OpenedRefund(c.Request().Context(), sale.Payment.ID); err != nil {
		return err
	}
	return s.bookStatus(c, wrong.code(), "Invoice", installation, oddSheet(v))
}

// anySale reads the invoice of the address, whose firm it is.
func (s *Site) anySale(c echo.Context) (billing.Sale, error) {
	id, err := tenant.ParseID(c.Param("id"))
	if err != nil {
		return billing.Sale{}, notFound(err)
	}
	return s.cfg.Billing.Invoice(c.Request().Context(), id)
}

// adminInvoice is the operator's page of an invoice.
func adminInvoice(sale *billing.Sale) string {
	return adminBillingPath + "/invoices/" + sale.Payment.ID.String()
}

// recheck serves POST …/check.
func (s *Site) recheck(c echo.Context) error {
	return s.operate(c, func(ctx context.Context, who tenant.Actor, id tenant.ID) (string, error) {
		now, err := s.cfg.Billing.Recheck(ctx, who, id)
		return "Asked. The payment server says: " + stateWord(now.Status) + ".", err
	})
}

// see serves POST …/seen.
func (s *Site) see(c echo.Context) error {
	return s.operate(c, func(ctx context.Context, who tenant.Actor, id tenant.ID) (string, error) {
		return "Noted. It is listed again if something else becomes odd about it.", s.cfg.Billing.See(ctx, who, id, value(c, "reason"))
	})
}

// openRefund serves POST …/refund-link. A link that is mailed to people asks
// for a proof as well.
func (s *Site) openRefund(c echo.Context) error {
	if err := s.proof(c); err != nil {
		return err
	}
	return s.operate(c, func(ctx context.Context, who tenant.Actor, id tenant.ID) (string, error) {
		return "Sent. The firm says on that page where its money goes.", s.cfg.Billing.OpenRefund(ctx, who, id, value(c, "link"))
	})
}

// noteRefund serves POST …/refunded. What it ends somebody has paid for: who
// notes it has just proven who it is.
func (s *Site) noteRefund(c echo.Context) error {
	if err := s.proof(c); err != nil {
		return err
	}
	return s.operate(c, func(ctx context.Context, who tenant.Actor, id tenant.ID) (string, error) {
		if value(c, "confirm") != refundWord {
			return "", fault.New(fault.Invalid, nil, "Type the word %s to note that the money was sent back.", refundWord)
		}
		return "Noted. The firm is told by mail.", s.cfg.Billing.NoteRefund(ctx, who, id)
	})
}

// operate does an act of the operator on the invoice of the address.
func (s *Site) operate(c echo.Context, act func(context.Context, tenant.Actor, tenant.ID) (string, error)) error {
	ctx := c.Request().Context()
	sale, err := s.anySale(c)
	if err != nil {
		return err
	}
	word, err := act(ctx, identityOf(ctx).Actor(), sale.Payment.ID)
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.oddPage(c, wrong)
	}
	s.notice(c, "gain", word)
	return see(c, adminInvoice(&sale))
}

// proof asks for a proof of the last quarter of an hour of who it is.
func (s *Site) proof(c echo.Context) error {
	if s.cfg.Accounts == nil {
		return nil // nobody can prove anything there
	}
	ctx := c.Request().Context()
	who, err := s.cfg.Accounts.Profile(ctx, identityOf(ctx))
	if err != nil {
		return err
	}
	if !s.cfg.Clock().Before(who.SudoUntil) {
		return fault.Coded(fault.Denied, codeSudo, nil, "Please confirm that it is you.")
	}
	return nil
}

// stateWord is a state without its mark.
func stateWord(s billing.Status) string {
	switch s {
	case billing.Waiting:
		return "waiting for payment"
	case billing.Partial:
		return "paid in part"
	case billing.Processing:
		return "payment seen, not yet confirmed"
	case billing.Settled:
		return "paid"
	case billing.Over:
		return "paid, and more than was asked for"
	case billing.Expired:
		return "ran out"
	case billing.Late:
		return "arrived late"
	case billing.Invalid:
		return "not confirmed"
	case billing.Refund:
		return "sent back"
	}
	return string(s)
}

// oddPill says in a word why somebody must look at an invoice.
func oddPill(s *billing.Sale) pill {
	switch {
	case s.Asked():
		return pill{"warn", "! refund wanted"}
	case s.Odd == "marked":
		return pill{"info", "marked by hand"}
	case s.Odd == "credit_gone":
		return pill{"warn", "! its credit is used"}
	case s.Odd == "credit_lost":
		return pill{"loss", "! kept, then lost"}
	case s.Odd == "foreign_credit":
		return pill{"warn", "! credit in two currencies"}
	case s.Odd == "refund_left":
		return pill{"warn", "! paid, with a refund open"}
	case strings.HasPrefix(s.Odd, "card_left:"):
		return pill{"loss", "! end its card by hand"}
	case s.Odd == "check_vat":
		return pill{"info", "check the VAT number"}
	case s.Odd == "disputed":
		return pill{"loss", "! disputed"}
	case s.Odd == string(s.Status):
		return salePill(s)
	}
	return pill{"loss", "! not what was sold"}
}

// subPill is the state of a subscription.
func subPill(s *billing.Subscription, now time.Time) pill {
	return planState(&billing.Account{State: s.State(now)})
}

// waits says how long an invoice can be paid, or is looked at for money that
// comes late or goes back.
func waits(s *billing.Sale, now time.Time) string {
	switch {
	case s.Status.Open() && now.Before(s.Expires):
		return "runs out in " + countOf(int(s.Expires.Sub(now)/time.Minute), "minute")
	case now.Before(s.Watch):
		return "watched until " + s.Watch.UTC().Format("2 Jan 2006")
	}
	return "—"
}

// shortID is the ends of a firm's number.
func shortID(id tenant.FirmID) string {
	text := id.String()
	return text[:6] + "…" + text[len(text)-4:]
}

// providerWord is who takes the money, in a word.
func providerWord(p billing.Provider) string {
	if p == billing.Stripe {
		return "card"
	}
	return "bitcoin"
}

// receivedFigure is what came, in money.
func receivedFigure(s *billing.Sale) string {
	if s.Received == "" {
		return "—"
	}
	return received(s)
}

func planOr(id string) string {
	if id == "" {
		return "none"
	}
	return planName(id)
}

// renewsBy says how a plan goes on.
func renewsBy(s *billing.Subscription) string {
	if _, card := s.Card(); card {
		return "by card"
	}
	return "by hand"
}

func yesNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

// refundAbout says what noting a refund does.
func refundAbout(s *billing.Sale) string {
	text := "Send the money back on the payment server first: this only notes it, once, and tells the firm. "
	switch {
	case s.Status == billing.Over && s.Asked():
		return text + "Only what was paid too much goes back; the plan goes on."
	case s.Status.Paid() || s.Status == billing.Refund:
		return text + "The plan that it paid for ends, after the 14 days of grace."
	}
	return text + "It had bought nothing, so that no plan changes."
}
