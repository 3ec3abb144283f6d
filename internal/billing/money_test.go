package billing_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

var operator = tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}

// found lets the provider say how an invoice stands, asks it, and returns what
// is known then.
func (s *shop) found(sale billing.Sale, status, additional, paid string) billing.Sale {
	s.t.Helper()
	s.pay.set(sale.Ref, status, additional, paid)
	if err := s.svc.Check(s.t.Context(), sale.Payment.ID, false); err != nil {
		s.t.Fatal(err)
	}
	got, err := s.svc.Sale(s.t.Context(), s.scope, sale.Payment.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	return got
}

// has checks the plan and the credit of the firm.
func (s *shop) has(what, plan string, until time.Time, credit string) {
	s.t.Helper()
	if a := s.account(); a.Plan != plan || !a.Until.Equal(until) || a.Credit.String() != credit {
		s.t.Errorf("%s: %s until %s, credit %s; want %s until %s, credit %s", what, a.Plan, a.Until, a.Credit, plan, until, credit)
	}
}

func (s *shop) code(what string, err error, code string) {
	s.t.Helper()
	if err == nil && code != "" || err != nil && fault.Of(err).Code != code {
		s.t.Errorf("%s: %v, want %q", what, err, code)
	}
}

// TestMoreAfterItWasDealtWith: what comes to an address after what came before
// was kept or sent back is odd again, and can be kept or asked back as well.
func TestMoreAfterItWasDealtWith(t *testing.T) {
	t.Parallel()
	for name, deal := range map[string]func(*shop, tenant.ID) error{
		"kept":      func(s *shop, id tenant.ID) error { return s.svc.Keep(t.Context(), s.scope, id) },
		"sent_back": func(s *shop, id tenant.ID) error { return s.svc.NoteRefund(t.Context(), operator, id) },
	} {
		for _, way := range []string{"keep", "ask", "note"} {
			t.Run(name+"_"+way, func(t *testing.T) {
				t.Parallel()
				s := newShop(t, nil)
				sale := s.buy(billing.Holder, "1")
				id := sale.Payment.ID
				s.wait(2 * time.Hour)
				s.found(sale, "Expired", "PaidPartial", "40")
				s.code("the first", deal(s, id), "")
				before := s.account().Credit
				got := s.found(sale, "Expired", "PaidLate", "99")
				if odd, err := s.svc.Odd(t.Context()); got.Status != billing.Late || got.Odd != "late" || got.Loose().String() != "59" || err != nil || len(odd) != 1 {
					t.Errorf("more came: %s, odd %q, loose %s, %d to look at, %v", got.Status, got.Odd, got.Loose(), len(odd), err)
				}
				want := before
				switch way {
				case "keep":
					s.code("keep the rest", s.svc.Keep(t.Context(), s.scope, id), "")
					want = before.Add(money.MustParse("59"))
				case "ask":
					s.code("ask for the rest", s.svc.AskBack(t.Context(), s.scope, id), "")
					s.found(sale, "Expired", "PaidLate", "100") // the wish covers what still comes
					fallthrough
				case "note":
					s.code("note the refund", s.svc.NoteRefund(t.Context(), operator, id), "")
					s.code("note it twice", s.svc.NoteRefund(t.Context(), operator, id), "already_noted")
				}
				s.code("keep what is dealt with", s.svc.Keep(t.Context(), s.scope, id), "nothing_to_keep")
				if a := s.account(); !a.Credit.Equal(want) || a.Sales[0].Odd != "" || a.Sales[0].Loose().Sign() != 0 {
					t.Errorf("credit %s, want %s; %+v", a.Credit, want, a.Sales[0].Order)
				}
				if got := s.found(sale, "Settled", "Marked", "100"); got.Status.Paid() && (name == "sent_back" || way != "keep") {
					t.Errorf("what was sent back has bought something: %+v", got)
				}
			})
		}
	}
}

// TestCreditOnce: credit that an open invoice uses is on no other one. It comes
// back when the invoice runs out, is invalid, or could not be made.
func TestCreditOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	gift := s.buy(billing.Holder, "gift")
	s.wait(2 * time.Hour)
	s.found(gift, "Expired", "PaidPartial", "98")
	s.code("keep", s.svc.Keep(t.Context(), s.scope, gift.Payment.ID), "")
	var list []billing.Sale
	for i := range 3 {
		list = append(list, s.buy(billing.Holder, fmt.Sprint(i)))
	}
	if list[0].Amount.String() != "1" || list[1].Amount.String() != "99" || list[2].Amount.String() != "99" {
		t.Errorf("the invoices ask for %s, %s and %s", list[0].Amount, list[1].Amount, list[2].Amount)
	}
	s.has("reserved", billing.Free, time.Time{}, "0")
	s.found(list[0], "Expired", "None", "0")
	s.has("ran out", billing.Free, time.Time{}, "98")
	next := s.buy(billing.Holder, "next")
	s.found(next, "Invalid", "Marked", "0")
	s.has("invalid", billing.Free, time.Time{}, "98")
	next = s.buy(billing.Holder, "again")
	s.found(next, "Settled", "None", "1")
	year := s.clock().AddDate(1, 0, 0)
	s.has("used", billing.Holder, year, "0")
	late := s.found(list[0], "Expired", "PaidLate", "1")
	if late.Status != billing.Late || late.Odd != "late" {
		t.Errorf("late: %s, odd %q", late.Status, late.Odd)
	}
	late = s.found(list[0], "Settled", "Marked", "1")
	if late.Status != billing.Late || late.Odd != "credit_gone" {
		t.Errorf("marked without its credit: %s, odd %q", late.Status, late.Odd)
	}
	s.has("marked without its credit", billing.Holder, year, "0")
	over := s.found(list[1], "Settled", "PaidOver", "197") // 98 of credit are there again
	if over.Status != billing.Over {
		t.Errorf("paid too much: %s", over.Status)
	}
	if late = s.found(list[0], "Settled", "Marked", "1"); late.Status != billing.Settled || late.Odd != "marked" {
		t.Errorf("marked with its credit: %s, odd %q", late.Status, late.Odd)
	}
	s.has("three years", billing.Holder, year.AddDate(2, 0, 0), "0")
}

// TestCreditOfUnmade: credit is not lost with an invoice that could not be
// made, nor with one whose making died.
func TestCreditOfUnmade(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	gift := s.buy(billing.Holder, "gift")
	s.wait(2 * time.Hour)
	s.found(gift, "Expired", "PaidPartial", "50")
	s.code("keep", s.svc.Keep(t.Context(), s.scope, gift.Payment.ID), "")
	order := func(key string) (billing.Sale, error) {
		return s.svc.Checkout(t.Context(), s.scope, billing.Checkout{Plan: billing.Holder, Provider: billing.BTCPay, Key: key})
	}
	down := func(is bool) {
		s.pay.mu.Lock()
		s.pay.down = is
		s.pay.mu.Unlock()
	}
	down(true)
	_, err := order("1")
	s.code("while it is down", err, "provider_unavailable")
	s.has("it is down", billing.Free, time.Time{}, "50")
	down(false)
	if sale, err := order("1"); err != nil || sale.Amount.String() != "49" || s.account().Credit.Sign() != 0 {
		t.Errorf("the same order again: asks for %s, credit %s, %v", sale.Amount, s.account().Credit, err)
	}
	s.found(s.account().Sales[0], "Invalid", "None", "0")
	for _, lost := range []bool{false, true} {
		s.wait(time.Hour)
		s.pay.mu.Lock()
		s.pay.lose = lost
		s.pay.down = !lost
		s.pay.mu.Unlock()
		for fuse := 7; ; fuse++ { // it dies behind the order and before the credit is released
			key := fmt.Sprint(lost, fuse)
			s.store.fuse = fuse
			_, err := order(key)
			left := s.store.fuse
			s.store.fuse = 0
			if a := s.account(); err != nil && a.Credit.Sign() == 0 {
				break
			} else if left > 0 {
				t.Fatalf("it never died there: %v", err)
			}
		}
		down(false)
		s.code("hourly", s.svc.Reconcile(t.Context()), "")
		s.has("soon", billing.Free, time.Time{}, "0")
		s.wait(billing.Unmade + time.Second)
		s.code("hourly", s.svc.Reconcile(t.Context()), "")
		a := s.account()
		if lost != (a.Sales[0].Ref != "") || lost != (a.Credit.Sign() == 0) {
			t.Errorf("made %v: ref %q, %s, credit %s", lost, a.Sales[0].Ref, a.Sales[0].Status, a.Credit)
		}
	}
}

// TestLateAndTooMuch: late money above the price is all asked back, whatever
// other credit the firm has.
func TestLateAndTooMuch(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	for i, other := range []string{"0", "30"} {
		if other != "0" {
			gift := s.buy(billing.Holder, "gift")
			s.wait(2 * time.Hour)
			s.found(gift, "Expired", "PaidPartial", other)
			s.code("keep", s.svc.Keep(t.Context(), s.scope, gift.Payment.ID), "")
		}
		sale := s.buy(billing.Holder, fmt.Sprint(i))
		s.wait(2 * time.Hour)
		s.found(sale, "Expired", "PaidLate", "100")
		s.code("ask", s.svc.AskBack(t.Context(), s.scope, sale.Payment.ID), "")
		s.has("asked", billing.Free, time.Time{}, other)
		s.code("note", s.svc.NoteRefund(t.Context(), operator, sale.Payment.ID), "")
		s.has("sent back", billing.Free, time.Time{}, other)
	}
}

// TestSlowInvoice: of many who send the same order at once, one makes the
// invoice, however slow the server is, and all get it.
func TestSlowInvoice(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	const many = 6
	var came, all sync.WaitGroup
	came.Add(many)
	s.store.added = came.Done
	s.pay.slow = came.Wait // until all of them have come
	refs := make(chan string, many)
	for range many {
		all.Go(func() {
			sale, err := s.svc.Checkout(t.Context(), s.scope, billing.Checkout{Plan: billing.Holder, Provider: billing.BTCPay, Key: "same"})
			if err != nil {
				t.Error(err)
			}
			refs <- sale.Ref
		})
	}
	all.Wait()
	close(refs)
	for ref := range refs {
		if ref != "Inv1" {
			t.Errorf("somebody got the invoice %q", ref)
		}
	}
	if n := len(s.pay.invoices); n != 1 {
		t.Errorf("%d invoices", n)
	}
}

// TestWishOutlivesMismatch: what the firm asked back stays asked while the
// provider shows something else, and after.
func TestWishOutlivesMismatch(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	sale := s.buy(billing.Holder, "1")
	s.found(sale, "Settled", "PaidOver", "120")
	s.code("ask", s.svc.AskBack(t.Context(), s.scope, sale.Payment.ID), "")
	for _, currency := range []string{"USD", "EUR"} {
		s.pay.mu.Lock()
		s.pay.invoices[0]["currency"] = currency
		s.pay.mu.Unlock()
		want := map[string]string{"USD": "mismatch:currency", "EUR": "refund_wanted"}[currency]
		if got := s.found(sale, "Settled", "PaidOver", "120"); got.Odd != want || !got.Asked() || !got.Owed() {
			t.Errorf("%s: odd %q, asked %v", currency, got.Odd, got.Asked())
		}
		s.has(currency, billing.Holder, start.AddDate(1, 0, 0), "0")
	}
	s.code("note", s.svc.NoteRefund(t.Context(), operator, sale.Payment.ID), "")
	s.has("sent back", billing.Holder, start.AddDate(1, 0, 0), "0")
}

// TestFirstOfTwoSentBack: what was paid for later goes on without the first.
func TestFirstOfTwoSentBack(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	var list []billing.Sale
	settle := func(plan, price string) {
		sale := s.buy(plan, fmt.Sprint(len(list)))
		list = append(list, s.found(sale, "Settled", "None", price))
	}
	settle(billing.Holder, "99")
	settle(billing.Holder, "99")
	s.has("two years", billing.Holder, start.AddDate(2, 0, 0), "0")
	s.code("note", s.svc.NoteRefund(t.Context(), operator, list[0].Payment.ID), "")
	s.has("the first is sent back", billing.Holder, start.AddDate(1, 0, 0), "0")
	r, err := s.svc.Receipt(t.Context(), s.scope, list[1].Payment.ID)
	if err != nil || !r.From.Equal(start) || r.Number != 2 {
		t.Errorf("the receipt of the second: %+v, %v", r, err)
	}
	s.wait(65 * 24 * time.Hour)
	settle(billing.Preparer, "499")
	year := s.clock().AddDate(1, 0, 0)
	s.has("better", billing.Preparer, year, "81.36") // 99 × 300 / 365
	s.code("note", s.svc.NoteRefund(t.Context(), operator, list[1].Payment.ID), "")
	s.has("what was given up for it is sent back", billing.Preparer, year, "0")
	s.code("note", s.svc.NoteRefund(t.Context(), operator, list[2].Payment.ID), "")
	if a := s.account(); a.State != billing.Ending || !a.Until.Equal(s.clock()) || a.Credit.Sign() != 0 {
		t.Errorf("all is sent back: %s until %s, credit %s", a.State, a.Until, a.Credit)
	}
}

// TestCreditedAsPaid: what is given up is credited as it was paid, not as it
// costs now, each year of it once.
func TestCreditedAsPaid(t *testing.T) {
	t.Parallel()
	s := newShop(t, nil)
	s.found(s.buy(billing.Holder, "1"), "Settled", "None", "99")
	s.config.Plans[0].Price = money.MustParse("199")
	s.restart()
	s.found(s.buy(billing.Holder, "2"), "Settled", "None", "199")
	s.found(s.buy(billing.Preparer, "3"), "Settled", "None", "499")
	s.has("better", billing.Preparer, start.AddDate(1, 0, 0), "298") // 99 + 199
	s.wait(time.Minute)                                              // so that it is ordered after the better one
	s.found(s.buy(billing.Holder, "4"), "Settled", "None", "0")      // all of it is credit
	if a := s.account(); a.Plan != billing.Holder || a.Credit.String() != "596.63" {
		t.Errorf("back again: %s, credit %s", a.Plan, a.Credit) // 298 - 199 + 499 × 364 / 365
	}
}
