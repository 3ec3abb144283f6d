package billing_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
)

// TestCardBesideCoins: a better plan bought in bitcoin beside a card lasts its
// whole year whatever the card does before and after, also if Stripe asks it
// all the same, and wherever the process dies meanwhile.
func TestCardBesideCoins(t *testing.T) {
	t.Parallel()
	played(t, max(histories(t, 40)/5, 1), 40, func(t *testing.T) func(uint64) {
		s, at := newCardShop(t)
		return func(seed uint64) { s.interleaveCoins(at, seed) }
	})
}

func (s *shop) interleaveCoins(at *acquirer, seed uint64) {
	h := &history{card: newCard(s, at, seed), ends: make(map[*bill]time.Time)}
	s.store.taken("billing.mail")
	for h.session == "open" {
		h.step()
	}
	for range h.r.IntN(12) {
		h.step()
	}
	sale := s.buyAlive(seed, billing.Preparer, "coins")
	s.pay.set(sale.Ref, "Settled", "None", sale.Amount.String())
	for h.again(s.svc.Check(s.t.Context(), sale.Payment.ID, false)) {
		continue // it is looked at again
	}
	end := s.clock().AddDate(1, 0, 0)
	for range 4 + h.r.IntN(16) {
		h.step()
		h.endsCards()
		s.lasts(seed, end)
	}
	h.looked()
	h.endsCards()
	s.lasts(seed, end)
	h.told(seed)
}

// endsCards does the stored work that ends renewals, which may die.
func (h *history) endsCards() {
	for _, task := range h.s.store.taken("billing.endcard") {
		var args struct{ Ref string }
		stored, err := task.Store()
		if err == nil {
			err = json.Unmarshal(stored.Args, &args)
		}
		if err != nil {
			h.s.t.Fatal(err)
		}
		for h.again(h.s.svc.EndCard(h.s.t.Context(), args.Ref)) {
			continue
		}
	}
}

// lasts checks that the better plan is there until its end at least.
func (s *shop) lasts(seed uint64, end time.Time) {
	s.t.Helper()
	if a := s.account(); s.clock().Before(end) && (a.Plan != billing.Preparer || a.State != billing.Active || a.Until.Before(end)) {
		s.t.Errorf("seed %d: %s %s until %s, want preparer until %s at least", seed, a.Plan, a.State, a.Until, end)
	}
}

// told checks that what the card paid and did not get back has bought
// something, and that no mail was asked for twice.
func (h *history) told(seed uint64) {
	sales := h.s.account().Sales
	for i, b := range h.invoices {
		ref := b.id
		if i == 0 {
			ref = h.sale.Ref
		}
		good := false
		for k := range sales {
			good = good || sales[k].Ref == ref && (sales[k].Status == billing.Settled) != b.gone() && h.s.store.begun[sales[k].Payment.ID] > 0
		}
		if b.status == "paid" && !good {
			h.s.t.Errorf("seed %d: what the card paid with %s is nowhere", seed, ref)
		}
	}
	seen := make(map[string]bool)
	for _, task := range h.s.store.taken("billing.mail") {
		if seen[task.Key] {
			h.s.t.Errorf("seed %d: the mail %s was asked for twice", seed, task.Key)
		}
		seen[task.Key] = true
	}
}
