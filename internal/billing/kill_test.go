package billing_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// story is payments told step by step. A step that dies is begun again with a
// new service: who was not answered asks again.
type story struct {
	s    *shop
	at   *acquirer
	fuse int // statements until it dies

	died bool
	n    int
	sale billing.Sale
	card *card
	todo []job.Task
	log  []string // mails, in order
}

// do does a step until it is done.
func (y *story) do(step func() error) {
	y.s.t.Helper()
	for {
		y.s.store.fuse = y.fuse
		err := step()
		y.fuse, y.s.store.fuse = y.s.store.fuse, 0
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), errKilled.Error()) {
			y.s.t.Fatal(err)
		}
		y.died, y.fuse = true, 0
		y.s.restart()
	}
}

func (y *story) buys(plan, key string) {
	y.do(func() (err error) {
		y.sale, err = y.s.svc.Checkout(y.s.t.Context(), y.s.scope, billing.Checkout{Plan: plan, Provider: billing.BTCPay, Key: key})
		return err
	})
}

// hears moves the invoice, hands an event over and does the work.
func (y *story) hears(status, label, paid, kind string) {
	y.s.pay.set(y.sale.Ref, status, label, paid)
	y.n++
	y.do(func() error { return y.s.try(fmt.Sprint(y.sale.Payment.ID, y.n), kind, y.sale.Ref) })
	y.works()
}

func (y *story) works() {
	y.todo = append(y.todo, append(y.s.store.taken("billing.check"), y.s.store.taken("billing.card")...)...)
	for _, task := range y.todo {
		y.do(func() error { return y.s.run(task) })
	}
	y.todo = nil
}

func (y *story) keeps() {
	y.decides(func() error { return y.s.svc.Keep(y.s.t.Context(), y.s.scope, y.sale.Payment.ID) })
}

func (y *story) asks() {
	y.do(func() error { return y.s.svc.AskBack(y.s.t.Context(), y.s.scope, y.sale.Payment.ID) })
}

func (y *story) sentBack() {
	y.decides(func() error {
		return y.s.svc.NoteRefund(y.s.t.Context(), tenant.Actor{Via: tenant.ViaCommand, Name: "operator"}, y.sale.Payment.ID)
	})
}

// decides does an act that is refused the second time: whoever did not see it
// succeed sees then that it did.
func (y *story) decides(act func() error) {
	y.do(func() error {
		err := act()
		if err != nil && y.died && !strings.Contains(err.Error(), errKilled.Error()) {
			return nil
		}
		return err
	})
}

func (y *story) paysByCard() {
	y.card = newCard(y.s, y.at, 1)
	y.card.completed()
	y.toldByStripe()
}

// toldByStripe hands over everything that Stripe says, and does the work.
func (y *story) toldByStripe() {
	for _, e := range y.card.mail {
		y.do(func() error { return y.card.handed(e) })
	}
	last := y.card.last()
	for i, ref := range []string{y.card.sale.Ref, "sub_" + y.card.id, last.id, last.charge} {
		y.n++
		y.do(func() error { return y.card.handed(cardEvent{fmt.Sprint("evt_", y.card.id, y.n, i), "any", ref}) })
	}
	y.card.mail = nil
	y.works()
}

// end is all that there is in the end, without what is new each time.
func (y *story) end() string {
	y.log = append(y.log, strings.Fields(y.s.mails())...)
	slices.Sort(y.log)
	a := y.s.account()
	text := fmt.Sprintf("%s %s until %s, credit %s, card %v, mails %v", a.Plan, a.State, a.Until.Format(time.DateOnly), a.Credit, a.Card, y.log)
	var sales []string
	for i := range a.Sales {
		s := &a.Sales[i]
		_, err := y.s.svc.Receipt(y.s.t.Context(), y.s.scope, s.Payment.ID)
		sales = append(sales, fmt.Sprintf("\n%s %s %s, received %q, odd %q, noted %v, began %d times, receipt %v", s.Provider, s.Status, s.Amount, s.Received, s.Odd, !s.Noted.IsZero(), y.s.store.begun[s.Payment.ID], err == nil))
	}
	slices.Sort(sales) // two of one instant come in any order
	return text + strings.Join(sales, "")
}

var stories = map[string]func(*story){
	"settled": func(y *story) {
		y.buys(billing.Holder, "1")
		y.hears("Processing", "None", "99", "InvoiceProcessing")
		y.hears("Settled", "None", "99", "InvoiceSettled")
	},
	"late_kept_and_used": func(y *story) {
		y.buys(billing.Holder, "1")
		y.s.wait(2 * time.Hour)
		y.hears("Expired", "PaidPartial", "40", "InvoiceExpired")
		y.keeps()
		y.buys(billing.Holder, "2")
		y.hears("Settled", "None", "59", "InvoiceSettled")
	},
	"over_and_back": func(y *story) {
		y.buys(billing.Holder, "1")
		y.hears("Settled", "PaidOver", "120", "InvoiceSettled")
		y.asks()
		y.sentBack()
	},
	"undone": func(y *story) {
		y.buys(billing.Holder, "1")
		y.hears("Settled", "Marked", "0", "InvoiceSettled")
		y.hears("Invalid", "Marked", "0", "InvoiceInvalid")
	},
	"late_and_back": func(y *story) {
		y.buys(billing.Holder, "1")
		y.s.wait(2 * time.Hour)
		y.hears("Expired", "PaidLate", "99", "InvoiceReceivedPayment")
		y.asks()
		y.sentBack()
	},
	"better_with_credit": func(y *story) {
		y.buys(billing.Holder, "1")
		y.hears("Settled", "None", "99", "InvoiceSettled")
		y.buys(billing.Preparer, "2")
		y.hears("Settled", "None", "499", "InvoiceSettled")
		y.hears("Settled", "None", "499", "InvoiceRefund")
	},
	"card": func(y *story) {
		y.paysByCard()
		y.s.wait(365 * 24 * time.Hour)
		y.card.renewed("open")
		y.toldByStripe()
		y.card.retried(true)
		y.toldByStripe()
		y.card.last().refunded = true
		y.card.shows()
		y.toldByStripe()
	},
	"reminded": func(y *story) {
		y.buys(billing.Holder, "1")
		y.hears("Settled", "None", "99", "InvoiceSettled")
		for range 4 {
			y.s.wait(100 * 24 * time.Hour)
			y.do(func() error { return y.s.svc.Remind(y.s.t.Context()) })
		}
	},
}

// TestKilled: wherever the process dies, between any two statements and right
// before or behind any commit, the end is the one without it. Every statement
// is tried with LEDGERSYS_TEST_PAYMENTS, else every fourth.
func TestKilled(t *testing.T) {
	t.Parallel()
	stride := 4
	if histories(t, 0) > 0 {
		stride = 1
	}
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, at := newCardShop(t)
			want, tried, n := "", 0, 0
			for ; ; n += stride {
				s.mu.Lock()
				s.now = start
				s.mu.Unlock()
				s.scope = tenant.ForJob(tenant.NewID(), tenant.EntityID{}, "test")
				y := &story{s: s, at: at, fuse: n}
				tell(y)
				got := y.end()
				if n == 0 {
					want = got
					continue
				}
				if got != want {
					t.Errorf("killed at statement %d:\n%s\nwant\n%s", n, got, want)
				}
				if !y.died {
					break
				}
				tried++
			}
			if tried < 5 {
				t.Errorf("killed at %d statements only", tried)
			}
			t.Logf("killed at %d statements; the end is\n%s", tried, want)
		})
	}
}
