package web

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// receiptShown is a receipt, to be printed.
type receiptShown struct {
	base, self string
	seller     billing.Seller
	sale       billing.Sale
	books      []ui.Link // to which the payment can be added
	billing.Receipt
}

// receiptLine is one line of a receipt.
type receiptLine struct {
	name, text    string
	number, total bool
}

// lines are what a receipt says, on the page and in the document alike.
func (v *receiptShown) lines() []receiptLine {
	list := append(
		v.buyer(), receiptLine{name: "Plan", text: "Ledgersys " + planName(v.Plan)},
		receiptLine{name: "Period", text: longDay(v.From) + " to " + longDay(v.Until)},
		receiptLine{name: "Price", text: ui.Fiat(v.Price, v.Currency), number: true, total: true},
	)
	if v.sale.Reverse {
		list = append(list, receiptLine{name: "Tax", text: "Reverse charge: the buyer accounts for the tax"})
	} else if v.Tax.Sign() > 0 {
		list = append(list, receiptLine{name: "Of it tax, " + v.TaxRate.String() + " %", text: ui.Fiat(v.Tax, v.Currency), number: true})
	}
	if v.Credit.Sign() > 0 {
		list = append(list, receiptLine{name: "Paid from credit", text: ui.Fiat(v.Credit, v.Currency), number: true})
	}
	if coins := spent(&v.sale, &v.Receipt); coins.Sign() > 0 {
		list = append(list, receiptLine{name: "Paid in bitcoin", text: ui.Coins(coins) + " BTC, at " + ui.Fiat(v.Rate, v.Currency) + " for one"})
	}
	by, at := "Paid by", "Paid at"
	if s := v.sale.Status; !s.Paid() && s != billing.Refund {
		by, at = "To be paid by", "Made at" // it was undone: nothing was paid
	}
	provider := providerName(v.sale.Provider)
	if v.sale.Ref == "" {
		provider = "credit"
	}
	return append(
		list, receiptLine{name: by, text: provider}, receiptLine{name: at, text: v.Issued.UTC().Format("2006-01-02 15:04:05") + " UTC"},
		receiptLine{name: "State", text: v.state()}, receiptLine{name: "Order", text: v.Order.String()},
	)
}

// state says how the payment of a receipt stands now.
func (v *receiptShown) state() string {
	switch s := &v.sale; {
	case s.Status.Paid() && s.Marked:
		return "paid, set by support"
	case s.Status.Paid():
		return "paid"
	case s.Status == billing.Refund && s.Noted.IsZero():
		return "paid; a refund is under way"
	case s.Status == billing.Refund:
		return "sent back on " + longDay(s.Noted)
	case s.Status == billing.Invalid:
		return "not paid: the payment was not confirmed"
	}
	return "not paid: " + stateWord(v.sale.Status)
}

// spent is the bitcoin that a person gave for a receipt; 0 if it is not paid
// or not all of it is known to have come: support may have set it as paid.
func spent(s *billing.Sale, r *billing.Receipt) money.Amount {
	came, err := money.Parse(s.Received)
	all := err == nil && came.Cmp(s.Amount) >= 0
	untold := s.Received == "" && !s.Marked // it settled by itself, but the provider does not tell what came
	if !s.Status.Paid() || s.Provider != billing.BTCPay || s.Ref == "" || !all && !untold {
		return money.Amount{}
	}
	return r.Bitcoin()
}

// buyer are the lines about who bought it.
func (v *receiptShown) buyer() []receiptLine {
	account := v.Firm.String()
	list := []receiptLine{{name: "Buyer", text: v.Buyer.Name}, {name: "Account", text: account}}
	if v.Buyer.Name == "" {
		list = []receiptLine{{name: "Buyer", text: "Account " + account}}
	}
	if v.Buyer.Address != "" {
		list = append(list, receiptLine{name: "Address of the buyer", text: strings.Join(v.Buyer.Lines(), ", ")})
	}
	if v.Buyer.TaxNumber != "" {
		list = append(list, receiptLine{name: "VAT number of the buyer", text: v.Buyer.TaxNumber})
	}
	return list
}

// longDay writes a day as a document does.
func longDay(t time.Time) string { return t.UTC().Format("2 January 2006") }

// ReceiptDocument writes a receipt as a page of its own, for a mail.
func ReceiptDocument(ctx context.Context, seller billing.Seller, sale billing.Sale, r billing.Receipt) ([]byte, error) {
	var b bytes.Buffer
	if err := receiptDocument(receiptShown{seller: seller, sale: sale, Receipt: r}).Render(ctx, &b); err != nil {
		return nil, fmt.Errorf("receipt %d: %w", r.Number, err)
	}
	return b.Bytes(), nil
}

// receiptOf reads the receipt of the address.
func (s *Site) receiptOf(c echo.Context) (v receiptShown, err error) {
	ctx := c.Request().Context()
	if v.sale, err = s.invoiceOf(c); err != nil {
		return v, err
	}
	if v.Receipt, err = s.cfg.Billing.Receipt(ctx, scopeOf(ctx), v.sale.Payment.ID); err != nil {
		return v, err
	}
	v.base, v.seller = billingBase(ctx), s.cfg.Billing.Seller()
	v.self = v.base + "/invoices/" + v.sale.Payment.ID.String()
	return v, nil
}

// receiptPage serves GET …/invoices/:id/receipt.
func (s *Site) receiptPage(c echo.Context) error {
	v, err := s.receiptOf(c)
	if err != nil {
		return err
	}
	if v.books, err = s.booksFor(c.Request().Context(), &v); err != nil {
		return err
	}
	return s.book(c, "Receipt", nil, receiptSheet(v))
}

// booksFor lists the books to which a payment in bitcoin can be added.
func (s *Site) booksFor(ctx context.Context, v *receiptShown) (list []ui.Link, err error) {
	scope := scopeOf(ctx)
	if coins := spent(&v.sale, &v.Receipt); coins.Sign() == 0 || s.cfg.Imports == nil || !scope.May(tenant.Need(tenant.Records, tenant.Edit)) {
		return nil, nil
	}
	all, err := s.cfg.Firms.Entities(ctx, scope)
	for i := range all {
		list = append(list, ui.Link{Text: all[i].Name, Href: "/f/" + scope.Firm().String() + "/e/" + all[i].ID.String() + "/payments/" + v.Order.String()})
	}
	return list, err
}

// receiptFile serves GET …/invoices/:id/receipt.html, to be kept.
func (s *Site) receiptFile(c echo.Context) error {
	v, err := s.receiptOf(c)
	if err != nil {
		return err
	}
	b, err := ReceiptDocument(c.Request().Context(), v.seller, v.sale, v.Receipt)
	if err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="receipt-`+strconv.Itoa(v.Number)+`.html"`)
	return c.Blob(http.StatusOK, "text/html; charset=utf-8", b)
}

// ledgerCSV serves GET …/ledger.csv: every payment of the firm.
func (s *Site) ledgerCSV(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := s.cfg.Billing.Account(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := billing.WriteLedger(&b, a.Sales); err != nil {
		return err
	}
	c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="payments.csv"`)
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}
