package billing_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
)

// TestCardInterleavings: whatever happens to a card, whatever of it is heard,
// twice, late or never, and wherever the process dies meanwhile, in the end the
// plan, every payment and what renews it are what happened, and each year began
// once.
func TestCardInterleavings(t *testing.T) {
	t.Parallel()
	played(t, max(histories(t, 200)/5, 1), 40, func(t *testing.T) func(uint64) {
		s, at := newCardShop(t)
		return func(seed uint64) { s.interleaveCard(at, seed) }
	})
}

// history is what an onlooker knows of a card, told from what happened alone.
type history struct {
	*card
	until time.Time
	ends  map[*bill]time.Time // of the years that were paid
}

func (s *shop) interleaveCard(at *acquirer, seed uint64) {
	h := &history{card: newCard(s, at, seed), ends: make(map[*bill]time.Time)}
	s.store.taken("billing.mail")
	for range 8 + h.r.IntN(30) {
		h.step()
	}
	h.looked()
	h.compare(seed)
}

// step plays one thing that can happen next.
func (h *history) step() {
	if h.r.IntN(3) == 0 {
		h.s.store.fuse = 1 + h.r.IntN(14)
	}
	defer func() { h.s.store.fuse = 0 }()
	switch h.r.IntN(4) {
	case 0, 1:
		h.happens()
	case 2:
		if len(h.mail) > 0 {
			i := h.r.IntN(len(h.mail))
			if !h.again(h.handed(h.mail[i])) {
				h.mail = slices.Delete(h.mail, i, i+1)
			}
		}
	case 3:
		h.worked()
	}
}

// again is whether something died, in which case a new service begins.
func (h *history) again(err error) bool {
	if err == nil {
		return false
	}
	if !strings.Contains(err.Error(), errKilled.Error()) {
		h.s.t.Fatal(err)
	}
	h.s.restart()
	return true
}

// worked does the work that was asked for, in any order.
func (h *history) worked() {
	h.jobs = append(h.jobs, append(h.s.store.taken("billing.card"), h.s.store.taken("billing.check")...)...)
	h.r.Shuffle(len(h.jobs), func(i, j int) { h.jobs[i], h.jobs[j] = h.jobs[j], h.jobs[i] })
	for len(h.jobs) > 0 {
		if h.again(h.s.run(h.jobs[0])) {
			return
		}
		h.jobs = h.jobs[1:]
	}
}

// looked is the hourly and the daily look, which hear what nobody told.
func (h *history) looked() {
	h.s.store.fuse = 0
	h.worked()
	if err := h.s.svc.Check(h.s.t.Context(), h.sale.Payment.ID, false); err != nil {
		h.s.t.Fatal(err)
	}
	if err := h.s.svc.Cards(h.s.t.Context()); err != nil {
		h.s.t.Fatal(err)
	}
}

// happens moves the card by one step that Stripe allows.
func (h *history) happens() {
	switch h.session {
	case "open":
		if h.r.IntN(6) == 0 {
			h.session = "expired"
			h.says("checkout.session.expired", h.sale.Ref)
			h.shows()
			return
		}
		h.completed()
		h.paid()
	case "complete":
		h.moves()
	}
}

// moves is a step of a subscription.
func (h *history) moves() {
	last := h.last()
	switch step := h.r.IntN(8); {
	case last.status == "open" && step < 4:
		h.retried(step < 2)
		if last.status == "paid" {
			h.paid()
		}
	case step < 2 && h.status == "active" && !h.cancel:
		h.looked() // a year has many hours
		h.s.wait(365 * 24 * time.Hour)
		if h.renewed([]string{"paid", "open"}[step]); step == 0 {
			h.paid()
		}
	case step == 4 && h.status != "canceled":
		h.cancel = !h.cancel
		h.says("customer.subscription.updated", "sub_"+h.id)
		h.shows()
	case last.status == "paid" && !last.gone() && step == 5:
		last.refunded = true
		h.gone("charge.refunded")
	case last.status == "paid" && !last.gone() && step > 5:
		h.disputed(last)
	}
}

// disputed opens or decides a dispute.
func (h *history) disputed(b *bill) {
	switch b.dispute {
	case "":
		b.dispute = "needs_response"
		h.says("charge.dispute.created", "dp_"+b.charge)
	case "needs_response":
		if b.dispute = "won"; h.r.IntN(2) == 0 {
			b.dispute = "lost"
			h.gone("charge.dispute.closed")
			return
		}
		h.says("charge.dispute.closed", "dp_"+b.charge)
	}
	h.shows()
}

// paid notes that the last year was paid now.
func (h *history) paid() {
	now, from := h.s.clock(), h.until
	if !now.Before(h.until.Add(billing.Grace)) {
		from = now
	}
	h.until = from.AddDate(1, 0, 0)
	h.ends[h.last()] = h.until
}

// gone notes that the money of the last year went back now.
func (h *history) gone(kind string) {
	h.says(kind, h.last().charge)
	h.shows()
	delete(h.ends, h.last())
	if now := h.s.clock(); now.Before(h.until) {
		h.until = now
	}
	for _, end := range h.ends {
		if end.After(h.until) {
			h.until = end
		}
	}
}

// compare compares what is known with what happened.
func (h *history) compare(seed uint64) {
	t, a := h.s.t, h.s.account()
	paid := make(map[string]*bill)
	for i, b := range h.invoices {
		if b.status != "paid" {
			continue
		}
		if i == 0 {
			paid[h.sale.Ref] = b
		} else {
			paid[b.id] = b
		}
	}
	renews := h.session == "complete" && !h.cancel && (h.status == "active" || h.status == "past_due")
	if !a.Until.Equal(h.until) || (a.State == billing.Active) != h.s.clock().Before(h.until) || a.Card != renews {
		t.Errorf("seed %d: %s until %s, card %v; want until %s, card %v, subscription %s", seed, a.State, a.Until, a.Card, h.until, renews, h.status)
	}
	begun := 0
	for i := range a.Sales {
		s := &a.Sales[i]
		b := paid[s.Ref]
		delete(paid, s.Ref)
		begun += h.s.store.begun[s.Payment.ID]
		want, odd := billing.Settled, ""
		switch {
		case b == nil && h.session == "expired":
			want = billing.Expired
		case b == nil:
			want = billing.Waiting
		case b.gone():
			want = billing.Refund
		case b.dispute == "needs_response":
			odd = "disputed"
		}
		if s.Status != want || s.Odd != odd {
			t.Errorf("seed %d: %s is %s, odd %q; want %s, odd %q", seed, s.Ref, s.Status, s.Odd, want, odd)
		}
	}
	for ref := range paid {
		t.Errorf("seed %d: nobody knows of %s", seed, ref)
	}
	if years := len(h.invoices); begun > years || begun < len(h.ends) {
		t.Errorf("seed %d: %d years began of %d", seed, begun, years)
	}
	seen := make(map[string]bool)
	for _, task := range h.s.store.taken("billing.mail") {
		if seen[task.Key] {
			t.Errorf("seed %d: the mail %s was asked for twice", seed, task.Key)
		}
		seen[task.Key] = true
	}
}
