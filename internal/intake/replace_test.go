package intake_test

import (
	"testing"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestReplace: an import that replaces another one counts from the moment in
// which the other does not; the id is the one that was asked for; what cannot
// be read replaces nothing.
func TestReplace(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	row := header + "a,2024-01-01T00:00:00Z,deposit,1,BTC,,,x,\n"
	first := h.take(named{"one.csv", row + "b,2024-01-02T00:00:00Z,deposit,1,BTC,,,x,\n"})
	id := tenant.NewID()
	m, err := h.upload(intake.Order{ID: id, Replaces: first.ID}, named{"two.csv", row})
	if err != nil || m.ID != id || len(h.events(intake.Filter{})) != 2 {
		t.Fatalf("before it is read: %+v, %d events, %v", m, len(h.events(intake.Filter{})), err)
	}
	if m = h.run(id); m.State != intake.Done || m.Replaces != first.ID || len(h.events(intake.Filter{})) != 1 {
		t.Errorf("after it: %s, %d events", m.State, len(h.events(intake.Filter{})))
	}
	if old, err := h.Find(t.Context(), h.scope, first.ID); err != nil || old.State != intake.Reverted {
		t.Errorf("the one before: %s, %v", old.State, err)
	}
	if _, err := h.upload(intake.Order{ID: id}, named{"three.csv", row}); err == nil {
		t.Error("one id stands for two imports")
	}
	again := h.take(named{"one.csv", header + "c,2024-01-02T00:00:00Z,deposit,1,BTC,,,x,\n"})
	if _, err := h.upload(intake.Order{Replaces: again.ID}, named{"x.csv", "a,b\n1,2\n"}); !fault.Is(err, fault.Invalid) || len(h.events(intake.Filter{})) != 2 {
		t.Errorf("what cannot be used: %d events, %v", len(h.events(intake.Filter{})), err)
	}
}
