package web

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// cashier is the part of billing that its pages and operations use.
type cashier interface {
	On() bool
	Plans() billing.Plans
	Offers(p billing.Provider) bool
	Account(ctx context.Context, s tenant.Scope) (billing.Account, error)
	Sale(ctx context.Context, s tenant.Scope, id tenant.ID) (billing.Sale, error)
	Methods(ctx context.Context, sale billing.Sale) ([]billing.Method, error)
	Seller() billing.Seller
	Receipt(ctx context.Context, s tenant.Scope, order tenant.ID) (billing.Receipt, error)
	Keep(ctx context.Context, s tenant.Scope, id tenant.ID) error
	AskBack(ctx context.Context, s tenant.Scope, id tenant.ID) error
	Refund(ctx context.Context, s tenant.Scope, id tenant.ID) (billing.RefundLink, error)
	Portal(ctx context.Context, s tenant.Scope) (string, error)
	Offer(ctx context.Context, s tenant.Scope, c billing.Checkout, instead tenant.ID) (billing.Offer, error)
	Checkout(ctx context.Context, s tenant.Scope, c billing.Checkout) (billing.Sale, error)
	Ordered(ctx context.Context, s tenant.Scope, key string) (bool, error)
	Buyer(ctx context.Context, s tenant.Scope) (billing.Buyer, error)
	SetBuyer(ctx context.Context, s tenant.Scope, b billing.Buyer) error

	// What the operator sees and does, of all firms.
	Invoices(ctx context.Context) ([]billing.Sale, error)
	Invoice(ctx context.Context, id tenant.ID) (billing.Sale, error)
	Subscriptions(ctx context.Context) ([]billing.Subscription, error)
	Sweep(ctx context.Context, actor tenant.Actor) (billing.Swept, error)
	Recheck(ctx context.Context, actor tenant.Actor, id tenant.ID) (billing.Sale, error)
	OpenRefund(ctx context.Context, actor tenant.Actor, id tenant.ID, link string) error
	OpenedRefund(ctx context.Context, id tenant.ID) (billing.RefundLink, error)
	See(ctx context.Context, actor tenant.Actor, id tenant.ID, reason string) error
	NoteRefund(ctx context.Context, actor tenant.Actor, id tenant.ID) error

	DeliverBTCPay(ctx context.Context, body []byte, signature string) error
	DeliverStripe(ctx context.Context, body []byte, signature string, now time.Time) error
}

// webhooks registers where the payment services report. They are told apart
// from everybody else by their signature alone, over the bytes as they came.
func (s *Site) webhooks(r *router) {
	if s.cfg.Billing == nil || !s.cfg.Billing.On() {
		return
	}
	take := func(deliver func(ctx context.Context, body []byte, h http.Header) error) echo.HandlerFunc {
		return func(c echo.Context) error {
			body, err := io.ReadAll(c.Request().Body)
			if err != nil {
				return cutShort(err)
			}
			if err := deliver(c.Request().Context(), body, c.Request().Header); err != nil {
				return err
			}
			return c.NoContent(http.StatusOK)
		}
	}
	r.post("/webhooks/btcpay", anyone(), take(func(ctx context.Context, body []byte, h http.Header) error {
		return s.cfg.Billing.DeliverBTCPay(ctx, body, h.Get("BTCPay-Sig"))
	}), signed(), withBody(billing.MaxDelivery), withTimeout(2*time.Second))
	r.post("/webhooks/stripe", anyone(), take(func(ctx context.Context, body []byte, h http.Header) error {
		return s.cfg.Billing.DeliverStripe(ctx, body, h.Get("Stripe-Signature"), s.cfg.Clock())
	}), signed(), withBody(billing.MaxDelivery), withTimeout(2*time.Second))
}

// billingView is a firm's plan and what it has paid.
type billingView struct {
	Plan     string        `json:"plan"`
	State    billing.State `json:"state" enum:"none,active,grace,lapsed"`
	Until    *time.Time    `json:"until" doc:"The end of what is paid; null without a plan"`
	Credit   string        `json:"credit" doc:"In the currency of the invoices"`
	Invoices []invoiceView `json:"invoices"`
}

// invoiceView is one invoice.
type invoiceView struct {
	ID       string           `json:"id"`
	Provider billing.Provider `json:"provider" enum:"btcpay,stripe"`
	Ref      *string          `json:"provider_ref" doc:"The provider's own id; null while there is none"`
	Plan     string           `json:"plan"`
	Amount   money.Amount     `json:"amount"`
	Currency string           `json:"currency"`
	State    billing.Status   `json:"state" enum:"new,partial,processing,settled,over,expired,late,invalid,refund"`
	Marked   bool             `json:"marked" doc:"The provider's operator set the state by hand"`
	Created  time.Time        `json:"created"`
	Settled  *time.Time       `json:"settled"`
}

func newInvoiceView(s *billing.Sale) invoiceView {
	v := invoiceView{
		ID: s.Payment.ID.String(), Provider: s.Provider, Plan: s.Plan, Amount: s.Amount, Currency: s.Currency, State: s.Status, Marked: s.Marked,
		Created: s.Created, Settled: timeOrNull(s.Settled),
	}
	if s.Ref != "" {
		v.Ref = &s.Ref
	}
	return v
}

func timeOrNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// checkoutView is an invoice that was made.
type checkoutView struct {
	ID       string       `json:"id"`
	URL      string       `json:"url" doc:"Where to pay it"`
	Amount   money.Amount `json:"amount"`
	Currency string       `json:"currency"`
	Expires  *time.Time   `json:"expires"`
}

// billingAPI registers the operations on plans and invoices.
func (s *Site) billingAPI(r *router) {
	if s.cfg.Billing == nil {
		return
	}
	operation(r, call{method: http.MethodGet, path: "/api/v1/firms/{firm}/billing", id: "get-billing", group: "Billing", summary: "Plan and invoices"},
		need(tenant.BillingArea, tenant.View), func(ctx context.Context, _ *struct {
			Firm string `path:"firm"`
		},
		) (*struct{ Body billingView }, error) {
			a, err := s.cfg.Billing.Account(ctx, scopeOf(ctx))
			if err != nil {
				return nil, err
			}
			v := billingView{Plan: a.Plan, State: a.State, Until: timeOrNull(a.Until), Credit: a.Credit.String(), Invoices: []invoiceView{}}
			for i := range a.Sales {
				v.Invoices = append(v.Invoices, newInvoiceView(&a.Sales[i]))
			}
			return &struct{ Body billingView }{v}, nil
		})
	operation(r, call{
		method: http.MethodPost, path: "/api/v1/firms/{firm}/billing/checkouts", id: "create-checkout", group: "Billing", status: http.StatusCreated,
		summary: "Buy a plan", about: "The same Idempotency-Key gives the same invoice.",
	}, need(tenant.BillingArea, tenant.Edit), s.checkout, costly())
}

// checkoutInput is what is to be bought.
type checkoutInput struct {
	Firm string `path:"firm"`
	Key  string `header:"Idempotency-Key" doc:"One key, one invoice"`
	Body struct {
		Plan     string `json:"plan" doc:"holder, preparer or enterprise"`
		Period   string `json:"period,omitempty" doc:"year"`
		Provider string `json:"provider" doc:"btcpay or stripe"`
	}
}

// checkout makes an invoice.
func (s *Site) checkout(ctx context.Context, in *checkoutInput) (*struct{ Body checkoutView }, error) {
	sale, err := s.cfg.Billing.Checkout(ctx, scopeOf(ctx), billing.Checkout{
		Plan: in.Body.Plan, Period: in.Body.Period, Provider: billing.Provider(in.Body.Provider), Key: checkoutKey(ctx),
	})
	if err != nil {
		return nil, err
	}
	url := sale.URL
	if url == "" || sale.Provider == billing.BTCPay {
		url = s.cfg.BaseURL.String() + "/f/" + sale.Firm.String() + "/billing/invoices/" + sale.Payment.ID.String()
	}
	return &struct{ Body checkoutView }{checkoutView{
		ID: sale.Payment.ID.String(), URL: url, Amount: sale.Amount, Currency: sale.Currency, Expires: timeOrNull(sale.Expires),
	}}, nil
}

// checkoutKey is the key of a checkout: the caller's, or one of its own.
func checkoutKey(ctx context.Context) string {
	if key := once.Key(ctx); key != "" {
		return key
	}
	return onceValue()
}
