package billing

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// StripeConfig says who we are at Stripe.
type StripeConfig struct {
	URL           string // replaces the address on the wire; "" is Stripe's own
	Key           keyring.Secret
	WebhookSecret keyring.Secret
}

// stripe is a client for the calls that are made. Card data never comes near:
// people give it on Stripe's own pages.
type stripe struct {
	client *egress.Client
	key    keyring.Secret
}

const stripeHost = "api.stripe.com"

func newStripe(door *egress.Door, c StripeConfig) (*stripe, error) {
	client, err := door.Client(egress.Caller{
		Name: "stripe", MaxBody: providerBody, Timeout: providerTimeout, Base: c.URL,
		Passes: []egress.Pass{
			{Method: "POST", Host: stripeHost, Path: "/v1/checkout/sessions"},
			{Method: "GET", Host: stripeHost, Path: "/v1/checkout/sessions/{}"},
			{Method: "POST", Host: stripeHost, Path: "/v1/checkout/sessions/{}/expire"},
			{Method: "GET", Host: stripeHost, Path: "/v1/subscriptions/{}"},
			{Method: "POST", Host: stripeHost, Path: "/v1/subscriptions/{}"},
			{Method: "DELETE", Host: stripeHost, Path: "/v1/subscriptions/{}"},
			{Method: "GET", Host: stripeHost, Path: "/v1/invoices/{}"},
			{Method: "GET", Host: stripeHost, Path: "/v1/charges/{}"},
			{Method: "GET", Host: stripeHost, Path: "/v1/disputes/{}"},
			{Method: "GET", Host: stripeHost, Path: "/v1/disputes", Query: []string{"charge"}},
			{Method: "POST", Host: stripeHost, Path: "/v1/billing_portal/sessions"},
		},
	})
	return &stripe{client, c.Key}, err
}

// stripeVersion is the version of the API whose fields are read here.
const stripeVersion = "2024-06-20"

// get returns one object.
func (s *stripe) get(ctx context.Context, kind, id string, into any) error {
	return s.call(ctx, "/v1/"+kind+"/"+url.PathEscape(id), nil, "", into)
}

// call makes a call; form nil asks, a form changes. once makes Stripe do the
// change once however often it is sent.
func (s *stripe) call(ctx context.Context, path string, form url.Values, once string, into any) error {
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, method, "https://"+stripeHost+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Idempotency-Key", once)
	}
	return s.send(req, into)
}

// send signs a request and reads its answer.
func (s *stripe) send(req *http.Request, into any) error {
	req.Header.Set("Authorization", "Bearer "+string(s.key.Reveal()))
	req.Header.Set("Stripe-Version", stripeVersion)
	return answer(s.client, req, "stripe", into)
}

// sessionRef begins the id of a checkout session. Renewals have the ids of
// invoices.
const sessionRef = "cs_"

// session is a checkout session as the API gives it.
type session struct {
	ID           string `json:"id"`
	URL          string `json:"url"`
	Status       string `json:"status"`         // open, complete, expired
	Payment      string `json:"payment_status"` // paid, unpaid, no_payment_required
	Amount       int64  `json:"amount_total"`
	Currency     string `json:"currency"`
	Reference    string `json:"client_reference_id"`
	Expires      int64  `json:"expires_at"`
	Customer     string `json:"customer"`
	Subscription string `json:"subscription"`
	Invoice      string `json:"invoice"`
}

// minorUnits are the currencies whose smallest unit is not a hundredth, as
// Stripe counts them.
var minorUnits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "JPY": 0, "KMF": 0, "KRW": 0, "MGA": 0, "PYG": 0, "RWF": 0, "UGX": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3,
}

func scale(currency string) money.Amount {
	places, ok := minorUnits[strings.ToUpper(currency)]
	if !ok {
		places = 2
	}
	one := money.FromInt(1)
	for range places {
		one = one.Mul(money.FromInt(10))
	}
	return one
}

// units is an amount that Stripe gives in the smallest unit of a currency.
func units(n int64, currency string) money.Amount {
	return money.FromInt(n).Share(money.FromInt(1), scale(currency))
}

// create makes the session of an order: a yearly subscription by card.
func (s *stripe) create(ctx context.Context, sale *Sale, back string) (*truth, error) {
	var out session
	err := s.call(ctx, "/v1/checkout/sessions", url.Values{
		"mode": {"subscription"}, "client_reference_id": {sale.Payment.ID.String()},
		"success_url": {back}, "cancel_url": {back},
		"tax_id_collection[enabled]": {"true"}, "billing_address_collection": {"auto"},
		"line_items[0][quantity]":                        {"1"},
		"line_items[0][price_data][currency]":            {strings.ToLower(sale.Currency)},
		"line_items[0][price_data][unit_amount]":         {sale.Amount.Mul(scale(sale.Currency)).String()},
		"line_items[0][price_data][recurring][interval]": {"year"},
		"line_items[0][price_data][product_data][name]":  {"Ledgersys " + sale.Plan},
		"subscription_data[metadata][order]":             {sale.Payment.ID.String()},
	}, sale.Payment.ID.String(), &out)
	if err != nil {
		return nil, err
	}
	return out.truth(), nil
}

// expire ends a session in which nobody has paid.
func (s *stripe) expire(ctx context.Context, ref string) error {
	var out session
	return s.call(ctx, "/v1/checkout/sessions/"+url.PathEscape(ref)+"/expire", url.Values{}, ref+"/expire", &out)
}

func (s *session) truth() *truth {
	t := &truth{
		ref: s.ID, order: s.Reference, amount: units(s.Amount, s.Currency),
		currency: strings.ToUpper(s.Currency), expires: time.Unix(s.Expires, 0).UTC(), watch: time.Unix(s.Expires, 0).UTC(), url: s.URL, status: "New", renews: s.Subscription, invoice: s.Invoice,
	}
	switch {
	case s.Payment == "paid" || s.Payment == "no_payment_required":
		t.status = "Settled"
	case s.Status == "complete":
		t.status = "Processing"
	case s.Status == "expired":
		t.status = "Expired"
	}
	return t
}

// fetch returns the truth about a session.
func (s *stripe) fetch(ctx context.Context, ref string) (*truth, error) {
	var out session
	if err := s.get(ctx, "checkout/sessions", ref, &out); err != nil {
		return nil, err
	}
	return out.truth(), nil
}

// DeliverStripe takes a webhook of Stripe, as DeliverBTCPay does; a signature
// that does not fit, or an old one, is of kind Malformed.
func (s *Service) DeliverStripe(ctx context.Context, body []byte, signature string, now time.Time) error {
	if s.stripe == nil || !signedByStripe(s.config.Stripe.WebhookSecret.Reveal(), body, signature, now) {
		return errForged(fault.Malformed)
	}
	var in struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Data struct {
			Object struct {
				ID string `json:"id"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &in); err != nil || word(in.ID) == "" {
		return fault.New(fault.Malformed, errors.New("no event"), "The body is not an event.")
	}
	return s.inbox.put(ctx, Delivery{Provider: Stripe, ID: word(in.ID), Kind: word(in.Type), Ref: word(in.Data.Object.ID)})
}
