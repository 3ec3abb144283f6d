package store_test

import (
	"testing"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestRefundRows: the link of a refund is kept sealed until it is dropped, and
// a payment whose oddity was seen is listed only for another one.
func TestRefundRows(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{Clock: still})
		b := s.Billing()
		id := tenant.NewID()
		sale := billing.Sale{
			Payment: billing.Payment{ID: id, Firm: tenant.NewID(), Provider: billing.BTCPay, Ref: "ref", Amount: money.MustParse("39"), Currency: "EUR", Status: billing.Late, Created: today},
			Order:   billing.Order{ID: id, Plan: billing.Holder, Period: billing.Yearly, Odd: "late", Expires: today, Watch: today},
		}
		const link = "https://btcpay.example/pull-payments/4Example"
		err := b.Control(t.Context(), func(tx billing.Tx) error {
			if _, err := tx.AddPayment(t.Context(), sale, "key"); err != nil {
				return err
			}
			if r, err := tx.Refund(t.Context(), id); err != nil || r != (billing.RefundLink{}) {
				t.Errorf("none is open: %+v, %v", r, err)
			}
			for _, url := range []string{"https://btcpay.example/pull-payments/first", link} {
				if err := tx.SaveRefund(t.Context(), sale, billing.RefundLink{URL: url, Opened: tx.Now()}); err != nil {
					return err
				}
			}
			r, err := tx.Refund(t.Context(), id)
			if err != nil || r.URL != link || !r.Opened.Equal(today) {
				t.Errorf("open: %+v, %v", r, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, seen := range []string{"", "over", "late"} {
			sale.Seen = seen
			err := b.Control(t.Context(), func(tx billing.Tx) error {
				if err := tx.SavePayment(t.Context(), sale); err != nil {
					return err
				}
				list, err := tx.Odd(t.Context())
				if listed := len(list) == 1; listed == (seen == "late") {
					t.Errorf("seen %q: listed %v", seen, listed)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		err = b.Control(t.Context(), func(tx billing.Tx) error {
			if err := tx.DropRefund(t.Context(), id); err != nil {
				return err
			}
			r, err := tx.Refund(t.Context(), id)
			if r.URL != "" {
				t.Errorf("dropped, and %q is there", r.URL)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestOrderRows: what an order says of money that came late, of tax and of a
// reason is kept on both databases, the reason sealed and gone when it is taken
// back; a period keeps the plan that it became.
func TestOrderRows(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{Clock: still})
		b := s.Billing()
		id := tenant.NewID()
		sale := billing.Sale{
			Payment: billing.Payment{ID: id, Firm: tenant.NewID(), Provider: billing.BTCPay, Ref: "ref", Amount: money.MustParse("39"), Currency: "EUR", Status: billing.Late, Created: today},
			Order:   billing.Order{ID: id, Plan: billing.Holder, Period: billing.Yearly, Expires: today, Watch: today, Reverse: true},
		}
		err := b.Control(t.Context(), func(tx billing.Tx) error {
			if _, err := tx.AddPayment(t.Context(), sale, "key"); err != nil {
				return err
			}
			sale.Confirmed, sale.LatePaid, sale.LateWorth = true, money.MustParse("39"), money.MustParse("35.123456789")
			for _, sale.Reason = range []string{"Paid by bank transfer.", ""} {
				if err := tx.SavePayment(t.Context(), sale); err != nil {
					return err
				}
				got, err := tx.Sale(t.Context(), id)
				if err != nil || got.Reason != sale.Reason || !got.LateWorth.Equal(sale.LateWorth) || !got.LatePaid.Equal(sale.LatePaid) || !got.Reverse || !got.Confirmed {
					t.Errorf("kept %+v, %v", got.Order, err)
				}
			}
			period := billing.Period{ID: id, Firm: sale.Firm, Plan: billing.Holder, From: today, Until: today.AddDate(1, 0, 0), Begun: today, Turn: 1}
			if _, err := tx.AddPeriod(t.Context(), period); err != nil {
				return err
			}
			period.Plan = billing.Preparer
			if err := tx.SavePeriod(t.Context(), period); err != nil {
				return err
			}
			list, err := tx.Periods(t.Context(), sale.Firm)
			if err != nil || len(list) != 1 || list[0].Plan != billing.Preparer {
				t.Errorf("periods %+v, %v", list, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
