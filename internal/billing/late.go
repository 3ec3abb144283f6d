package billing

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// late is what came after an invoice had run out.
type late struct {
	asked bool
	paid  money.Amount // as the provider counts it: at the invoice's rate
	worth money.Amount // at the rate of the time at which more of it was seen; 0 if no more was
	sure  bool         // all that was paid, late or not, is confirmed
}

// arrivals are the payments of one way to pay an invoice, as the API gives
// them. What they hold of the chain is not read.
type arrivals struct {
	ID       string `json:"paymentMethodId"`
	Rate     string `json:"rate"`
	Payments []struct {
		At     int64  `json:"receivedDate"`
		Value  string `json:"value"`
		Status string `json:"status"`
	} `json:"payments"`
}

// arrived is what came for an invoice.
type arrived struct {
	coins money.Amount // that came after a time
	paid  money.Amount // what they are worth at the invoice's rate
	sure  money.Amount // what is worth at that rate all that is confirmed, whenever it came
}

// after returns what came after a time, and what of all that came is confirmed.
func (b *btcpay) after(ctx context.Context, ref string, end time.Time) (a arrived, err error) {
	var list []arrivals
	if err := b.call(ctx, http.MethodGet, b.path("/"+url.PathEscape(ref)+"/payment-methods"), nil, &list); err != nil {
		return a, err
	}
	for _, way := range list {
		rate, err := money.Parse(way.Rate)
		if err != nil {
			continue
		}
		for _, p := range way.Payments {
			value, err := money.Parse(p.Value)
			if err != nil || p.Status == "Invalid" {
				continue
			}
			if p.Status == "Settled" {
				a.sure = a.sure.Add(value.Mul(rate))
			}
			if strings.HasPrefix(way.ID, "BTC") && !time.Unix(p.At, 0).Before(end) {
				a.coins, a.paid = a.coins.Add(value), a.paid.Add(value.Mul(rate))
			}
		}
	}
	return a, nil
}

// cent is by how much what is confirmed may be below what the provider counts,
// which rounds.
var cent = money.MustParse("0.01")

// covers reports whether all that the provider counts as paid is confirmed.
func (a *arrived) covers(paid string) bool {
	all, err := money.Parse(paid)
	return err == nil && a.sure.Add(cent).Cmp(all) >= 0
}

// valued asks what came after an invoice had run out, whether all that came for
// it is confirmed and, where more of it is
// seen than before, what that is worth now. The provider counts all of it at
// the rate of the invoice, which was fixed long ago, and its key may make and
// see invoices only, not read rates. So an invoice that nobody is shown is made,
// found again if its answer is lost, and runs out after a minute: its rate is
// that of the time at which the money was seen, seconds after it came where
// webhooks arrive, and within the hour else.
func (s *Service) valued(ctx context.Context, sale *Sale, t *truth) error {
	if sale.Provider != BTCPay || s.btcpay == nil || t.ref != sale.Ref || t.status != "Expired" || !positive(t.paid) && sale.LatePaid.Sign() == 0 {
		return nil
	}
	came, err := s.btcpay.after(ctx, sale.Ref, t.expires)
	if err != nil {
		return known(err)
	}
	paid := came.paid
	if t.late = (late{asked: true, paid: paid, sure: came.covers(t.paid)}); paid.Cmp(sale.LatePaid) <= 0 {
		return nil
	}
	rate, err := s.rateNow(ctx, "late-"+sale.Payment.ID.String()+"-"+paid.String(), sale.Currency)
	if err != nil {
		return err
	}
	t.late.worth = paid.Sub(sale.LatePaid).Share(came.coins.Mul(rate), paid)
	return nil
}

// surplus counts of what was paid too much for a settled invoice what is
// confirmed, or was counted before: it becomes credit by itself, and the provider
// settles an invoice when what it asks for is confirmed.
func (s *Service) surplus(ctx context.Context, sale *Sale, t *truth) error {
	if sale.Provider != BTCPay || s.btcpay == nil || t.ref != sale.Ref || t.status != "Settled" || t.excess().Sign() == 0 || sale.LatePaid.Sign() > 0 {
		return nil
	}
	came, err := s.btcpay.after(ctx, sale.Ref, t.expires)
	if err != nil || came.covers(t.paid) {
		return known(err)
	}
	counted := t.amount
	if sale.bought() {
		counted = counted.Add(sale.Kept).Add(sale.Wanted).Add(sale.Sent)
	}
	if excess(t.paid, counted).Sign() == 0 {
		return nil
	}
	t.paid = money.Max(came.sure.Round(8, money.Down), counted).String()
	if t.excess().Sign() == 0 && t.additional == "PaidOver" {
		t.additional = "None"
	}
	return nil
}

// outrun is the refusal to take over what late money is worth that was reckoned
// from less, or more, of it than is known by now: another look at the same
// invoice was faster. Asked again, the provider tells of all of it.
func outrun() error {
	return fault.Coded(fault.Busy, "looked_at_meanwhile", nil, "Another look at this invoice came in between. Ask again.")
}

// rateNow is the rate of one bitcoin now, or when it was asked for first under
// a name.
func (s *Service) rateNow(ctx context.Context, name, currency string) (rate money.Amount, err error) {
	t, err := s.btcpay.find(ctx, name)
	if errors.Is(err, errNone) {
		t, err = s.btcpay.post(ctx, map[string]any{
			"amount": "1", "currency": currency, "metadata": map[string]any{"orderId": name, "itemDesc": "Rate of money that came late. Not to be paid."},
			"checkout":              map[string]any{"expirationMinutes": 1, "monitoringMinutes": 1, "paymentTolerance": 0},
			"additionalSearchTerms": []string{name},
		})
	}
	if err != nil {
		return rate, err
	}
	if rate = s.rate(ctx, t.ref); rate.Sign() <= 0 {
		return rate, unavailable("btcpay", errors.New("no rate for money that came late"))
	}
	return rate, nil
}

// revalue counts what came late by the rate of the time at which it came, and
// remembers it, so that it is counted once.
func (t *truth) revalue(s *Sale) {
	if t.late.asked {
		switch more := t.late.paid.Cmp(s.LatePaid); {
		case more > 0 && t.late.worth.Sign() > 0:
			s.LateWorth, s.LatePaid = s.LateWorth.Add(t.late.worth), t.late.paid
		case more < 0: // some of it was lost again
			s.LateWorth, s.LatePaid = s.LateWorth.Share(t.late.paid, s.LatePaid), t.late.paid
		}
	}
	if paid, err := money.Parse(t.paid); err == nil && s.LatePaid.Sign() > 0 {
		t.paid = money.Max(paid.Sub(s.LatePaid).Add(s.LateWorth), money.Amount{}).Round(8, money.HalfEven).String()
	}
}
