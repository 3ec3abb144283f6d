package web_test

import (
	"context"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// till is billing with one sale.
type till struct {
	sale    billing.Sale
	methods []billing.Method
	down    error // of the provider
	kept    int
	back    int
	orders  []billing.Checkout
	buyer   billing.Buyer
	refund  billing.RefundLink
	until   time.Time // of a plan; zero if there is none
	card    bool      // renews it
	gave    string    // the plan of the receipt; "" is the sale's

	swept, asked, noted int
	by                  tenant.Actor
}

func (*till) On() bool { return true }

func (*till) Plans() billing.Plans {
	return billing.Plans{{ID: billing.Holder, Price: money.MustParse("39"), Currency: "USD", Period: billing.Yearly}}
}

func (*till) Offers(billing.Provider) bool { return true }

func (b *till) Account(context.Context, tenant.Scope) (billing.Account, error) {
	if !b.until.IsZero() {
		return billing.Account{Plan: billing.Holder, State: billing.Active, Until: b.until, Card: b.card}, nil
	}
	return billing.Account{Plan: billing.Free, State: billing.None, Credit: money.MustParse("1.5"), Currency: "USD", Sales: []billing.Sale{b.sale}}, nil
}

func (b *till) Sale(_ context.Context, s tenant.Scope, id tenant.ID) (billing.Sale, error) {
	if b.sale.Firm != s.Firm() || b.sale.Payment.ID != id {
		return billing.Sale{}, fault.New(fault.NotFound, billing.ErrNoSale, "There is no such invoice.")
	}
	return b.sale, nil
}

func (b *till) Methods(context.Context, billing.Sale) ([]billing.Method, error) {
	return b.methods, b.down
}

func (*till) Seller() billing.Seller {
	return billing.Seller{Name: "Kestrel Books Ltd", Address: "1 High Street, Exampleton", TaxNumber: "GB 123", TaxRate: money.MustParse("20")}
}

func (b *till) Receipt(_ context.Context, s tenant.Scope, id tenant.ID) (billing.Receipt, error) {
	at := time.Date(2026, 11, 27, 8, 0, 0, 0, time.UTC)
	gave := billing.Holder
	if b.gave != "" {
		gave = b.gave
	}
	return billing.Receipt{
		Order: id, Firm: s.Firm(), Number: 7, Plan: gave, From: at, Until: at.AddDate(1, 0, 0),
		Price: money.MustParse("39"), Currency: "USD", Issued: at, Tax: money.MustParse("6.5"), TaxRate: money.MustParse("20"), Rate: money.MustParse("95000"), Buyer: b.buyer,
	}, nil
}

func (b *till) Keep(context.Context, tenant.Scope, tenant.ID) error {
	b.kept++
	b.sale.Noted = time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	return nil
}

func (b *till) AskBack(context.Context, tenant.Scope, tenant.ID) error {
	b.back++
	b.sale.Odd = "refund_wanted"
	return nil
}

func (b *till) Refund(context.Context, tenant.Scope, tenant.ID) (billing.RefundLink, error) {
	return b.refund, nil
}

func (b *till) OpenedRefund(context.Context, tenant.ID) (billing.RefundLink, error) {
	return b.refund, nil
}

func (b *till) OpenRefund(_ context.Context, by tenant.Actor, _ tenant.ID, link string) error {
	if link == "elsewhere" {
		return fault.Coded(fault.Invalid, "refund_link", nil, "The link was not sent.")
	}
	b.refund, b.by = billing.RefundLink{URL: link, Opened: b.sale.Created}, by
	return nil
}

func (b *till) See(_ context.Context, by tenant.Actor, _ tenant.ID, reason string) error {
	if b.sale.Marked && reason == "" {
		return fault.Coded(fault.Invalid, "reason", nil, "It was not noted.")
	}
	b.sale.Seen, b.sale.Reason, b.by = b.sale.Odd, reason, by
	return nil
}

func (*till) Portal(context.Context, tenant.Scope) (string, error) { return "", billing.ErrNoCard }

// Offer is 39.00 of which the credit of 1.50 is taken off; what came for an
// invoice before is 30.00.
func (b *till) Offer(_ context.Context, _ tenant.Scope, c billing.Checkout, instead tenant.ID) (billing.Offer, error) {
	at := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	o := billing.Offer{Plan: b.Plans()[0], From: at, Until: at.AddDate(1, 0, 0), Price: money.MustParse("39"), Reverse: b.sale.Reverse, Tax: money.MustParse("6.5"), TaxRate: money.MustParse("20"), Amount: money.MustParse("39"), Buyer: b.buyer, EndsCard: b.card}
	switch {
	case c.Plan != billing.Holder:
		return o, fault.Coded(fault.Invalid, "unknown_plan", nil, "This plan is not on sale here.")
	case c.Provider != billing.BTCPay:
	case !instead.IsZero():
		o.Credit, o.Amount = money.MustParse("31.5"), money.MustParse("7.5")
	default:
		o.Credit, o.Amount = money.MustParse("1.5"), money.MustParse("37.5")
	}
	return o, nil
}

func (b *till) Checkout(_ context.Context, _ tenant.Scope, c billing.Checkout) (billing.Sale, error) {
	b.orders = append(b.orders, c)
	if b.down != nil {
		return billing.Sale{}, b.down
	}
	sale := b.sale
	sale.Provider = c.Provider
	if c.Provider == billing.Stripe {
		sale.URL = "https://checkout.stripe.com/c/pay/cs_1"
	}
	return sale, nil
}

func (b *till) Ordered(_ context.Context, _ tenant.Scope, key string) (bool, error) {
	return slices.ContainsFunc(b.orders, func(c billing.Checkout) bool { return c.Key == key }), nil
}

func (b *till) Buyer(context.Context, tenant.Scope) (billing.Buyer, error) { return b.buyer, nil }

func (b *till) SetBuyer(_ context.Context, _ tenant.Scope, buyer billing.Buyer) error {
	if buyer.TaxNumber == "?" {
		return fault.Coded(fault.Invalid, "buyer", nil, "Some of this cannot stand on a receipt.")
	}
	b.buyer = buyer
	return nil
}

func (b *till) Invoices(context.Context) ([]billing.Sale, error) { return []billing.Sale{b.sale}, nil }

func (b *till) Invoice(_ context.Context, id tenant.ID) (billing.Sale, error) {
	if b.sale.Payment.ID != id {
		return billing.Sale{}, fault.New(fault.NotFound, billing.ErrNoSale, "There is no such invoice.")
	}
	return b.sale, nil
}

func (b *till) Subscriptions(context.Context) ([]billing.Subscription, error) {
	return []billing.Subscription{{Firm: b.sale.Firm, Plan: billing.Holder, Until: b.sale.Created.AddDate(1, 0, 0), Credit: money.MustParse("1.5"), Currency: "USD"}}, nil
}

func (b *till) Sweep(_ context.Context, by tenant.Actor) (billing.Swept, error) {
	b.swept, b.by = b.swept+1, by
	return billing.Swept{Asked: 1}, b.down
}

func (b *till) Recheck(_ context.Context, by tenant.Actor, _ tenant.ID) (billing.Sale, error) {
	b.asked, b.by = b.asked+1, by
	return b.sale, b.down
}

func (b *till) NoteRefund(_ context.Context, by tenant.Actor, _ tenant.ID) error {
	b.noted, b.by = b.noted+1, by
	return nil
}

func (*till) DeliverBTCPay(context.Context, []byte, string) error { return nil }

func (*till) DeliverStripe(context.Context, []byte, string, time.Time) error { return nil }

const (
	payAddress = "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"
	bolt11     = "lnbc410u1pexample"
)

// newTill has an open invoice of a firm: 39.00 USD, of which 14:32 are left.
func newTill(firm tenant.FirmID) *till {
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC) // as newSite
	b := &till{methods: []billing.Method{
		{ID: "BTC-LN", Destination: bolt11, Link: "lightning:" + bolt11, Rate: "95000", Due: "0.00041", Paid: "0", Activated: true},
		{ID: "BTC-CHAIN", Destination: payAddress, Link: "bitcoin:" + payAddress + "?amount=0.00041", Rate: "95000", Due: "0.00041", Paid: "0", Activated: true},
	}}
	b.sale.Payment = billing.Payment{
		ID: tenant.NewID(), Firm: firm, Provider: billing.BTCPay, Ref: "ref", Amount: money.MustParse("39"), Currency: "USD", Status: billing.Waiting, Created: now.Add(-time.Hour),
	}
	b.sale.Order = billing.Order{ID: b.sale.Payment.ID, Plan: billing.Holder, Period: billing.Yearly, Expires: now.Add(14*time.Minute + 32*time.Second), URL: "https://btcpay.example/i/ref"}
	return b
}

func (b *till) path() string {
	return "/f/" + b.sale.Firm.String() + "/billing/invoices/" + b.sale.Payment.ID.String()
}
