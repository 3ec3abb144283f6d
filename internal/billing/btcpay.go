package billing

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// btcpay is a client for the five calls of the Greenfield API that are made.
type btcpay struct {
	client *egress.Client
	base   string // scheme and host
	store  string
	key    keyring.Secret
}

// BTCPayConfig says where the server is and who we are there.
type BTCPayConfig struct {
	URL, Store    string
	Key           keyring.Secret
	WebhookSecret keyring.Secret
}

const (
	providerBody    = 1 << 20
	providerTimeout = 20 * time.Second
)

func newBTCPay(door *egress.Door, c BTCPayConfig) (*btcpay, error) {
	base, err := egress.ParseBase(c.URL)
	if err != nil {
		return nil, fmt.Errorf("address of BTCPay: %w", err)
	}
	if c.Store == "" || strings.ContainsAny(c.Store, "/?#% ") {
		return nil, errors.New("the store of BTCPay is missing or malformed")
	}
	invoices := "/api/v1/stores/" + c.Store + "/invoices"
	client, err := door.Client(egress.Caller{
		Name: "btcpay", MaxBody: providerBody, Timeout: providerTimeout,
		Passes: []egress.Pass{
			{Method: "GET", Host: base.Host, Path: "/api/v1/api-keys/current"},
			{Method: "GET", Host: base.Host, Path: invoices, Query: []string{"orderId"}},
			{Method: "POST", Host: base.Host, Path: invoices},
			{Method: "GET", Host: base.Host, Path: invoices + "/{}"},
			{Method: "GET", Host: base.Host, Path: invoices + "/{}/payment-methods"},
		},
	})
	return &btcpay{client: client, base: base.Scheme + "://" + base.Host, store: c.Store, key: c.Key}, err
}

// errNone is the error of what the provider does not have.
var errNone = errors.New("billing: the provider does not have it")

// errUnreached is the error of a provider to which there is no connection.
var errUnreached = errors.New("no connection")

// unavailable says that a provider cannot be used just now.
func unavailable(name string, err error) error {
	return fault.Coded(fault.Busy, "provider_unavailable", fmt.Errorf("%s: %w", name, err),
		"The payment service cannot be reached just now. Nothing was charged; try again in a few minutes.")
}

// call makes a call and reads its JSON.
func (b *btcpay) call(ctx context.Context, method, path string, body, into any) error {
	var send io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		send = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, b.base+path, send)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+string(b.key.Reveal()))
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return answer(b.client, req, "btcpay", into)
}

// answer makes a call and reads the JSON of a good answer.
func answer(client *egress.Client, req *http.Request, name string, into any) error {
	resp, err := client.Do(req)
	if err != nil {
		return unavailable(name, fmt.Errorf("%w: %w", errUnreached, err))
	}
	defer resp.Body.Close() //nolint:errcheck // all of it was read
	text, err := io.ReadAll(resp.Body)
	switch {
	case err != nil:
		return unavailable(name, err)
	case resp.StatusCode == http.StatusNotFound:
		return errNone
	case resp.StatusCode < 200 || resp.StatusCode > 299:
		return unavailable(name, fmt.Errorf("status %d", resp.StatusCode))
	}
	if err := json.Unmarshal(text, into); err != nil {
		return unavailable(name, errors.New("an answer that cannot be read"))
	}
	return nil
}

// invoice is an invoice as the API gives it.
type invoice struct {
	ID       string `json:"id"`
	StoreID  string `json:"storeId"`
	Amount   string `json:"amount"`
	Paid     string `json:"paidAmount"`
	Currency string `json:"currency"`
	Metadata struct {
		OrderID any `json:"orderId"`
	} `json:"metadata"`
	CheckoutLink string `json:"checkoutLink"`
	Expires      int64  `json:"expirationTime"`
	Watch        int64  `json:"monitoringExpiration"`
	Status       string `json:"status"`
	Additional   string `json:"additionalStatus"`
}

func (i *invoice) truth() (*truth, error) {
	amount, err := money.Parse(i.Amount)
	if err != nil {
		return nil, unavailable("btcpay", errors.New("an amount that is no number"))
	}
	order, _ := i.Metadata.OrderID.(string)
	return &truth{
		ref: i.ID, order: order, store: i.StoreID, amount: amount, currency: i.Currency, status: i.Status, additional: i.Additional,
		paid: i.Paid, expires: time.Unix(i.Expires, 0).UTC(), watch: time.Unix(i.Watch, 0).UTC(), url: i.CheckoutLink,
	}, nil
}

func (b *btcpay) path(rest string) string { return "/api/v1/stores/" + b.store + "/invoices" + rest }

// fetch returns the truth about an invoice.
func (b *btcpay) fetch(ctx context.Context, ref string) (*truth, error) {
	var i invoice
	if err := b.call(ctx, http.MethodGet, b.path("/"+url.PathEscape(ref)), nil, &i); err != nil {
		return nil, err
	}
	return i.truth()
}

// find returns the invoice of an order, or errNone: creating one is not
// idempotent, so that it is looked for before another is made.
func (b *btcpay) find(ctx context.Context, order string) (*truth, error) {
	var list []invoice
	if err := b.call(ctx, http.MethodGet, b.path("?orderId="+url.QueryEscape(order)), nil, &list); err != nil {
		return nil, err
	}
	for i := range list {
		t, err := list[i].truth()
		if err != nil {
			return nil, err
		}
		if t.order == order {
			return t, nil
		}
	}
	return nil, errNone
}

const (
	invoiceMinutes = 60
	watchMinutes   = 7 * 24 * 60 // late money is seen for a week
)

// create makes the invoice of an order. The tolerance is 0, and nothing about
// the person is sent.
func (b *btcpay) create(ctx context.Context, s *Sale, back string) (*truth, error) {
	return b.post(ctx, map[string]any{
		"amount": s.Amount.String(), "currency": s.Currency,
		"metadata": map[string]any{"orderId": s.Payment.ID.String(), "itemDesc": "Ledgersys " + s.Plan},
		"checkout": map[string]any{
			"speedPolicy": "MediumSpeed", "expirationMinutes": invoiceMinutes, "monitoringMinutes": watchMinutes,
			"paymentTolerance": 0, "redirectURL": back, "redirectAutomatically": false,
		},
		"additionalSearchTerms": []string{s.Payment.ID.String()},
	})
}

// post makes an invoice.
func (b *btcpay) post(ctx context.Context, body map[string]any) (*truth, error) {
	var i invoice
	if err := b.call(ctx, http.MethodPost, b.path(""), body, &i); err != nil {
		return nil, err
	}
	return i.truth()
}

// Method is one way to pay an open invoice, shown and never stored.
type Method struct {
	ID          string `json:"paymentMethodId"`
	Destination string `json:"destination"`
	Link        string `json:"paymentLink"`
	Rate        string `json:"rate"`
	Due         string `json:"due"`
	Paid        string `json:"totalPaid"`
	Activated   bool   `json:"activated"`
}

// methods returns the ways to pay an invoice.
func (b *btcpay) methods(ctx context.Context, ref string) ([]Method, error) {
	var list []Method
	err := b.call(ctx, http.MethodGet, b.path("/"+url.PathEscape(ref)+"/payment-methods"), nil, &list)
	return slices.DeleteFunc(list, func(m Method) bool { return m.Destination == "" }), err
}

// ErrKeyRights is the error of a key that may do more than it should.
var ErrKeyRights = errors.New("billing: the key of BTCPay may do more than make and see the invoices of its store")

// The rights that the key must have, and the only ones that it may.
const (
	mayMake = "btcpay.store.cancreateinvoice"
	maySee  = "btcpay.store.canviewinvoices"
)

// rights checks that the key is bound to the store and can make and see its
// invoices, and nothing else. One that cannot see them would take money and
// never learn of it.
func (b *btcpay) rights(ctx context.Context) error {
	var key struct {
		Permissions []string `json:"permissions"`
	}
	if err := b.call(ctx, http.MethodGet, "/api/v1/api-keys/current", nil, &key); err != nil {
		return err
	}
	may := make(map[string]bool)
	for _, p := range key.Permissions {
		name, store, bound := strings.Cut(p, ":")
		if !bound || store != b.store || name != mayMake && name != maySee {
			return ErrKeyRights
		}
		may[name] = true
	}
	var missing []string
	for _, name := range []string{mayMake, maySee} {
		if !may[name] {
			missing = append(missing, name+":"+b.store)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("billing: the key of BTCPay has no right %s: make a key with the rights to make and to see the invoices of this store, and no others", strings.Join(missing, " and no right "))
	}
	return nil
}
