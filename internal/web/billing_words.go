package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// planName is a plan as people read it.
func planName(id string) string {
	if id == "" {
		return ""
	}
	return strings.ToUpper(id[:1]) + id[1:]
}

// planAbout says what a plan adds to the one before it.
func planAbout(id string) string {
	switch id {
	case billing.Holder:
		return "Reports to hand in, and links that fetch by themselves."
	case billing.Preparer:
		return "All of Holder, more than one set of books, sharing books, and working in those of clients."
	case billing.Enterprise:
		return "All of Preparer, rights of your own making, and more than five members."
	}
	return "Every import, calculation, page and export, for one set of books and up to five members."
}

// mine marks the plan that the firm has.
func (v *billingShown) mine(plan string) templ.Component {
	if plan != v.account.Plan || v.account.State == billing.Lapsed {
		return nil
	}
	return ui.Pill("gain", "✓ yours")
}

// planState says what a firm's plan is worth.
func planState(a *billing.Account) pill {
	switch a.State {
	case billing.Active:
		return pill{"gain", "✓ paid"}
	case billing.Ending:
		return pill{"warn", "! ran out, goes on for now"}
	case billing.Lapsed:
		return pill{"loss", "! ended"}
	case billing.None:
	}
	return pill{"plain", "free"}
}

// planUntil says until when, and what happens then.
func planUntil(a *billing.Account, now time.Time) string {
	const export = "Your data can be exported at any time."
	end, grace := a.Until.Format("2 Jan 2006"), a.Until.Add(billing.Grace).Format("2 Jan 2006")
	switch {
	case a.State == billing.Active && !a.Card && billing.DaysLeft(a.Until, now) == 0:
		return "Ends today, " + end + ". It does not renew by itself. Nothing changes before " + grace + ". " + export
	case a.State == billing.Active && a.Card:
		return "Renewed by card on " + end + "."
	case a.State == billing.Active:
		return "Paid until " + end + ". It does not renew by itself."
	case a.State == billing.Ending:
		return "Paid until " + end + ". Nothing changes before " + grace + ". " + export
	case a.State == billing.Lapsed:
		return "Ended on " + end + ". Nothing is lost. " + export
	}
	return export
}

// salePill is the state of an invoice in a word.
func salePill(s *billing.Sale) pill {
	switch s.Status {
	case billing.Waiting:
		return pill{"info", "waiting"}
	case billing.Partial:
		return pill{"warn", "! paid in part"}
	case billing.Processing:
		return pill{"info", "payment seen"}
	case billing.Settled:
		return pill{"gain", "✓ paid"}
	case billing.Over:
		return pill{"gain", "✓ paid, with credit"}
	case billing.Expired:
		return pill{"plain", "ran out"}
	case billing.Late:
		return pill{"warn", "! arrived late"}
	case billing.Invalid:
		return pill{"loss", "! not confirmed"}
	case billing.Refund:
		return pill{"plain", "refund"}
	}
	return pill{"plain", string(s.Status)}
}

// over reports whether the time to pay is over.
func (v *invoiceShown) over() bool { return !v.sale.Expires.IsZero() && !v.now.Before(v.sale.Expires) }

// open reports whether an invoice may change while a person waits for it.
func (v *invoiceShown) open() bool {
	return v.sale.Status.Open() && (v.sale.Status != billing.Partial || !v.over())
}

// about says what the invoice is for.
func (v *invoiceShown) about() string {
	text := "One year, " + ui.Fiat(v.sale.Amount, v.sale.Currency)
	if v.sale.Credit.Sign() > 0 {
		text += " after " + ui.Fiat(v.sale.Credit, v.sale.Currency) + " of credit"
	}
	return text + ", " + providerName(v.sale.Provider)
}

// payable reports whether the invoice can still be paid.
func (v *invoiceShown) payable() bool {
	return (v.sale.Status == billing.Waiting || v.sale.Status == billing.Partial) && !v.over()
}

// stranded reports whether money was received that bought nothing and that
// the person has not yet decided about.
func (v *invoiceShown) stranded() bool {
	return (v.sale.Status == billing.Late || v.sale.Status == billing.Partial && v.over()) && v.sale.Received != "" && v.sale.Noted.IsZero() && !v.asked()
}

// asked reports whether the person wants the money back.
func (v *invoiceShown) asked() bool { return v.sale.Odd == "refund_wanted" }

// refundable reports whether the person can ask for money back.
func (v *invoiceShown) refundable() bool {
	return v.stranded() || v.sale.Status == billing.Over && v.sale.Received != "" && v.sale.Noted.IsZero() && !v.asked()
}

// mark changes when the page must be drawn anew.
func (v *invoiceShown) mark() string {
	return fmt.Sprintf("%s-%s-%t-%t", v.sale.Status, v.sale.Received, v.over(), v.sale.Confirmed)
}

// words say how an invoice stands.
func (v *invoiceShown) words() string {
	switch s := &v.sale; s.Status {
	case billing.Waiting:
		return "Waiting for payment. " + v.left()
	case billing.Partial:
		if v.over() {
			return "Ran out with " + received(s) + " received. Your money is safe."
		}
		return strings.TrimSpace(v.due() + " " + v.left())
	case billing.Processing:
		return fmt.Sprintf("Payment seen. %d of 1 confirmations. Your plan starts when it is confirmed.", s.Confirmations)
	case billing.Settled:
		return "Paid. Thank you."
	case billing.Over:
		return "You paid " + v.more() + " more. Kept as credit; ask for it back any time."
	case billing.Expired:
		return "This invoice ran out. Nothing was received."
	case billing.Late:
		if v.asked() {
			return "Arrived late. It goes back to you."
		}
		return "Arrived late. We are looking at it."
	case billing.Invalid:
		return "The network did not confirm in time."
	case billing.Refund:
		if s.Noted.IsZero() {
			return "A refund is under way."
		}
		return "This payment was sent back."
	}
	return "This invoice is in a state that we do not know: " + string(v.sale.Status) + "."
}

// why explains the words.
func (v *invoiceShown) why() string {
	switch s := v.sale.Status; {
	case s == billing.Partial && !v.over():
		return "Exchanges often subtract their fee. Pay the rest below."
	case s == billing.Expired:
		return "You can make a new one at today's rate."
	case v.stranded() && !v.sale.Confirmed:
		return "Not confirmed yet, 0 of 1 confirmations. When it is confirmed, you can use it for a new invoice at today's rate or keep it as credit; or ask for it back."
	case v.stranded() && s == billing.Partial && v.bitcoin:
		return "Pay the rest with a new invoice at today's rate, from which what came is taken off; keep it as credit for later; or ask for it back."
	case s == billing.Late && !v.stranded():
		return "It came after the invoice had run out."
	case s == billing.Late:
		return "It came after the invoice had run out. You can use it for a new invoice at today's rate, keep it as credit, or ask for it back."
	case s == billing.Invalid:
		return "A payment whose fee is very low may never be taken into a block; the bitcoin then stays in your wallet. What your plan allowed goes on for 14 days."
	case s == billing.Refund:
		return "What your plan allowed goes on for 14 days after a refund."
	}
	return ""
}

// later says what was decided or done about it besides.
func (v *invoiceShown) later() []string {
	var list []string
	switch end := v.until.Format("2 Jan 2006"); {
	case v.until.IsZero():
	case v.gave != v.sale.Plan:
		list = append(list, "This paid for "+planName(v.sale.Plan)+" while you had "+planName(v.gave)+". Nothing of that is lost: "+planName(v.gave)+" lasts longer for it, until "+end+".")
	default:
		list = append(list, planName(v.sale.Plan)+" is paid until "+end+".")
	}
	if v.sale.Marked {
		list = append(list, bySupport(&v.sale))
	}
	switch waits := v.sale.Status == billing.Refund && v.sale.Noted.IsZero() && v.sale.Provider == billing.BTCPay; {
	case v.refund.URL != "":
		list = append(list, "Your refund is ready: say on the page of the payment server where it should go.")
	case v.asked():
		list = append(list, "You asked for the money back. A link comes by mail; its page asks where to send it.")
	case waits:
		list = append(list, "A link comes by mail; its page asks where to send it.")
	}
	if (v.sale.Status == billing.Late || v.sale.Status == billing.Partial) && !v.sale.Noted.IsZero() {
		list = append(list, "What was received was kept as credit on "+v.sale.Noted.Format("2 Jan 2006")+".")
	}
	return list
}

// left is the time that is left to pay.
func (v *invoiceShown) left() string {
	switch {
	case v.sale.Expires.IsZero():
		return ""
	case v.over():
		return "Its time is over."
	}
	rest := v.sale.Expires.Sub(v.now) / time.Second
	return fmt.Sprintf("%d:%02d left.", rest/60, rest%60)
}

// due says what came and what is still to come: in bitcoin if the provider
// answered, else in money.
func (v *invoiceShown) due() string {
	for _, w := range v.ways {
		if w.paid.Sign() > 0 {
			return "We received " + v.coins(w.paid) + ". " + v.coins(w.due) + " still due."
		}
	}
	came, err := money.Parse(v.sale.Received)
	if err != nil {
		return "We received a part. The rest is still due."
	}
	return "We received " + ui.Fiat(came, v.sale.Currency) + ". " + ui.Fiat(v.sale.Amount.Sub(came), v.sale.Currency) + " still due."
}

// rest is what is still to be paid, in money.
func (v *invoiceShown) rest() money.Amount {
	came, err := money.Parse(v.sale.Received)
	if err != nil || came.Cmp(v.sale.Amount) >= 0 {
		return v.sale.Amount
	}
	return v.sale.Amount.Sub(came)
}

// rateText is a rate as people read it.
func rateText(rate, currency string) string {
	a, err := money.Parse(rate)
	if err != nil {
		return rate + " " + currency
	}
	return ui.Fiat(a, currency)
}

// received is what came, in money.
func received(s *billing.Sale) string {
	came, err := money.Parse(s.Received)
	if err != nil {
		return "a part"
	}
	return ui.Fiat(came, s.Currency)
}

// more is what was paid too much.
func (v *invoiceShown) more() string {
	came, err := money.Parse(v.sale.Received)
	if err != nil {
		return "something"
	}
	return ui.Fiat(came.Sub(v.sale.Amount).Round(2, money.Down), v.sale.Currency)
}

// banner is the kind of banner in which the words stand.
func (v *invoiceShown) banner() string {
	switch salePill(&v.sale).kind {
	case "gain":
		return "gain"
	case "warn":
		return "warn"
	case "loss":
		return "loss"
	}
	return ""
}

// providerName is who takes the money, in words.
func providerName(p billing.Provider) string {
	if p == billing.Stripe {
		return "card, through Stripe"
	}
	return "bitcoin, through BTCPay"
}

// buyerLine is to whom something is made out, in one line.
func buyerLine(b *billing.Buyer) string {
	list := []string{}
	for _, text := range append([]string{b.Name}, b.Lines()...) {
		if text != "" {
			list = append(list, text)
		}
	}
	if b.TaxNumber != "" {
		list = append(list, "VAT number "+b.TaxNumber)
	}
	return strings.Join(list, ", ")
}

// restWord is the button that uses what was received for a new invoice.
func restWord(s billing.Status) string {
	if s == billing.Late {
		return "Use it for a new invoice at today's rate"
	}
	return "Pay the rest"
}
