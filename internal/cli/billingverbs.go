package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// adminBilling is what the operator does about payments.
type adminBilling struct {
	Reconcile     billingReconcile     `cmd:"" help:"Ask BTCPay and Stripe about open invoices and cards now."`
	List          billingList          `cmd:"" help:"List open and odd invoices, and what each needs."`
	Subscriptions billingSubscriptions `cmd:"" help:"List what each firm has paid for, and until when."`
	Check         billingCheck         `cmd:"" help:"Ask about one invoice now, as a webhook that was lost would."`
	RefundLink    billingRefundLink    `cmd:"" help:"Send a firm the link on whose page it says where its refund goes, and show it with the invoice."`
	Seen          billingSeen          `cmd:"" help:"Note that you have looked at an odd invoice; it is listed again if something else becomes odd about it."`
	Refunded      billingRefunded      `cmd:"" help:"Note that the money of an invoice was sent back; its plan ends after the days of grace."`
}

// billingTasks are those that can be asked for through the socket.
func billingTasks() map[string]func() task {
	return map[string]func() task{
		"admin billing reconcile":     func() task { return &billingReconcile{} },
		"admin billing list":          func() task { return &billingList{} },
		"admin billing subscriptions": func() task { return &billingSubscriptions{} },
		"admin billing check":         func() task { return &billingCheck{} },
		"admin billing refund-link":   func() task { return &billingRefundLink{} },
		"admin billing seen":          func() task { return &billingSeen{} },
		"admin billing refunded":      func() task { return &billingRefunded{} },
	}
}

// errBillingOff is the refusal of a verb where nothing is sold.
var errBillingOff = errors.New("billing is off here: everything is allowed and nothing is sold; see the setting billing")

type billingReconcile struct {
	settingFlags `embed:"" json:"-"`

	JSON bool `name:"json" help:"Print JSON."`
}

// Run has the providers asked.
func (v *billingReconcile) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "billing reconcile", v, mustBeThere)
}

func (v *billingReconcile) do(ctx context.Context, s *service, out io.Writer) error {
	if !s.billing.On() {
		return errBillingOff
	}
	was, err := s.billing.Sweep(ctx, byVerb("admin billing reconcile"))
	if err != nil {
		return err
	}
	if v.JSON {
		return json.NewEncoder(out).Encode(map[string]int{"asked": was.Asked, "odd": was.Odd})
	}
	_, err = fmt.Fprintf(out, "Asked about %d open invoices. %d need somebody to look: ledgersys admin billing list\n", was.Asked, was.Odd)
	return err
}

type billingList struct {
	settingFlags `embed:"" json:"-"`

	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the invoices.
func (v *billingList) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "billing list", v, mustBeThere)
}

// invoiceLine is what the operator sees of an invoice.
type invoiceLine struct {
	ID       string    `json:"id"`
	Firm     string    `json:"firm"`
	Provider string    `json:"provider"`
	Ref      string    `json:"provider_ref"`
	Plan     string    `json:"plan"`
	Amount   string    `json:"amount"`
	Received string    `json:"received"`
	Currency string    `json:"currency"`
	State    string    `json:"state"`
	Odd      string    `json:"odd"`
	Created  time.Time `json:"created"`
	Next     string    `json:"next"`
}

func (v *billingList) do(ctx context.Context, s *service, out io.Writer) error {
	if !s.billing.On() {
		return errBillingOff
	}
	sales, err := s.billing.Invoices(ctx)
	if err != nil {
		return err
	}
	lines := []invoiceLine{}
	for i := range sales {
		sale := &sales[i]
		lines = append(lines, invoiceLine{
			ID: sale.Payment.ID.String(), Firm: sale.Firm.String(), Provider: string(sale.Provider), Ref: sale.Ref, Plan: sale.Plan, Amount: sale.Amount.String(),
			Received: sale.Received, Currency: sale.Currency, State: string(sale.Status), Odd: sale.Odd, Created: sale.Created, Next: next(sale),
		})
	}
	if v.JSON {
		return json.NewEncoder(out).Encode(lines)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "INVOICE\tFIRM\tPROVIDER\tREF\tPLAN\tAMOUNT\tRECEIVED\tSTATE\tNEXT")
	for i := range lines {
		l := &lines[i]
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s %s\t%s\t%s\t%s\n", l.ID, l.Firm, l.Provider, l.Ref, l.Plan, l.Amount, l.Currency, l.Received, l.State, l.Next)
	}
	return w.Flush()
}

// next says what to do about an invoice, with the verb for it.
func next(sale *billing.Sale) string {
	if !sale.ToLookAt() {
		return "Nothing."
	}
	if sale.Owed() && sale.Provider == billing.BTCPay {
		return sale.Next() + " ledgersys admin billing refund-link " + sale.Payment.ID.String() + " LINK; ledgersys admin billing refunded " + sale.Payment.ID.String()
	}
	if sale.Owed() {
		return sale.Next() + " ledgersys admin billing refunded " + sale.Payment.ID.String()
	}
	return sale.Next()
}

// byVerb is the operator at the machine.
func byVerb(name string) tenant.Actor { return tenant.Actor{Via: tenant.ViaCommand, Name: name} }

type billingSubscriptions struct {
	settingFlags `embed:"" json:"-"`

	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the subscriptions.
func (v *billingSubscriptions) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "billing subscriptions", v, mustBeThere)
}

// subscriptionLine is what the operator sees of what a firm has.
type subscriptionLine struct {
	Firm     string    `json:"firm"`
	Plan     string    `json:"plan"`
	State    string    `json:"state"`
	Until    time.Time `json:"until"`
	Credit   string    `json:"credit"`
	Currency string    `json:"currency"`
	Card     bool      `json:"card"`
}

func (v *billingSubscriptions) do(ctx context.Context, s *service, out io.Writer) error {
	if !s.billing.On() {
		return errBillingOff
	}
	all, err := s.billing.Subscriptions(ctx)
	if err != nil {
		return err
	}
	lines := []subscriptionLine{}
	for i := range all {
		f := &all[i]
		_, card := f.Card()
		lines = append(lines, subscriptionLine{f.Firm.String(), f.Plan, string(f.State(s.now())), f.Until, f.Credit.String(), f.Currency, card})
	}
	if v.JSON {
		return json.NewEncoder(out).Encode(lines)
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "FIRM\tPLAN\tSTATE\tUNTIL\tCREDIT\tRENEWS BY CARD")
	for _, l := range lines {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s %s\t%s\n", l.Firm, l.Plan, l.State, l.Until.Format(time.RFC3339), l.Credit, l.Currency, word(l.Card, "yes"))
	}
	return w.Flush()
}

// oneInvoice is a verb on one invoice.
type oneInvoice struct {
	settingFlags `embed:"" json:"-"`

	Invoice string `arg:"" help:"Its id, as admin billing list prints it."`
}

func (v *oneInvoice) id(s *service) (tenant.ID, error) {
	if !s.billing.On() {
		return tenant.ID{}, errBillingOff
	}
	id, err := tenant.ParseID(v.Invoice)
	if err != nil {
		return id, usage(errors.New("an invoice is 32 hex digits, as admin billing list prints it"))
	}
	return id, nil
}

type billingCheck struct {
	oneInvoice `embed:""`
}

// Run has a provider asked about an invoice.
func (v *billingCheck) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "billing check", v, mustBeThere)
}

func (v *billingCheck) do(ctx context.Context, s *service, out io.Writer) error {
	id, err := v.id(s)
	if err != nil {
		return err
	}
	sale, err := s.billing.Recheck(ctx, byVerb("admin billing check"), id)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "%s: %s\n", sale.Status, next(&sale))
	return err
}

type billingRefunded struct {
	oneInvoice `embed:""`
}

// Run has a refund noted.
func (v *billingRefunded) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "billing refunded", v, mustBeThere)
}

func (v *billingRefunded) do(ctx context.Context, s *service, out io.Writer) error {
	id, err := v.id(s)
	if err != nil {
		return err
	}
	if err := s.billing.NoteRefund(ctx, byVerb("admin billing refunded"), id); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "Noted. The firm is told by mail.")
	return err
}

type billingRefundLink struct {
	oneInvoice `embed:""`

	Link string `arg:"" help:"The page that BTCPay shows after Issue refund, https://…/pull-payments/…"`
}

// Run has the link of a refund sent.
func (v *billingRefundLink) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "billing refund-link", v, mustBeThere)
}

func (v *billingRefundLink) do(ctx context.Context, s *service, out io.Writer) error {
	id, err := v.id(s)
	if err != nil {
		return err
	}
	if err := s.billing.OpenRefund(ctx, byVerb("admin billing refund-link"), id, v.Link); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "Sent. The link stands on the page of the invoice as well, until the refund is noted as done.")
	return err
}

type billingSeen struct {
	oneInvoice `embed:""`

	Reason string `help:"Why its state was set by hand on BTCPay; the firm reads it. Needed then, and only then."`
}

// Run has it noted that an invoice was looked at.
func (v *billingSeen) Run(s *Streams) error {
	return adminTask(s, &v.settingFlags, "billing seen", v, mustBeThere)
}

func (v *billingSeen) do(ctx context.Context, s *service, out io.Writer) error {
	id, err := v.id(s)
	if err != nil {
		return err
	}
	if err := s.billing.See(ctx, byVerb("admin billing seen"), id, v.Reason); err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, "Noted.")
	return err
}
