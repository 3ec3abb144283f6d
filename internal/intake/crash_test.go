package intake_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

var errCrash = errors.New("crash")

// crashing is a store that breaks off before or after one of its writing
// transactions, as a process that is killed does.
type crashing struct {
	intake.Store
	left  int  // transactions until then
	after bool // it commits first
}

func (c *crashing) InEntity(ctx context.Context, s tenant.Scope, fn func(intake.Tx) error) error {
	c.left--
	switch {
	case c.left > 0:
		return c.Store.InEntity(ctx, s, fn)
	case c.left == 0 && c.after:
		return errors.Join(c.Store.InEntity(ctx, s, fn), errCrash)
	default:
		return errCrash
	}
}

// TestCrashes: whatever transaction of an upload, of reading or of a revert is
// the last before a crash, the next try ends as if there had been none:
// nothing is lost and nothing there twice.
func TestCrashes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one, two := sample(t, "kraken-ledgers.csv"), named{"more.csv", sample(t, "kraken-ledgers.csv").text + "L99,R99,2024-06-01 10:00:00,strange,,currency,XXBT,1,0,1\n"}
	want := h.outcome(one, two)
	for _, after := range []bool{false, true} {
		for at := 1; ; at++ {
			crashed, got := h.crash(t, at, after, one, two)
			if got != want {
				t.Errorf("a crash at transaction %d, after it %v: %s, not %s", at, after, got, want)
			}
			if !crashed {
				break
			}
		}
	}
}

// outcome is the book of two files, of which the second came and went once
// before.
func (h *house) outcome(one, two named) string {
	h.t.Helper()
	h.scope = h.newEntity()
	h.take(one)
	gone := h.take(two)
	if _, err := h.Revert(h.t.Context(), h.scope, gone.ID); err != nil {
		h.t.Fatal(err)
	}
	h.take(two)
	return h.sum()
}

// sum says what is in the book.
func (h *house) sum() string {
	h.t.Helper()
	_, sources, err := h.Book(h.t.Context(), h.scope)
	if err != nil {
		h.t.Fatal(err)
	}
	s := fmt.Sprintf("%d events", len(h.events(intake.Filter{})))
	for _, src := range sources {
		s += fmt.Sprintf(", %s %d %d %d %d", src.Name, src.Rank, src.Events, src.Duplicate, src.Held)
	}
	return s
}

// crash does the same with a crash at a transaction, after which everything
// that was not answered is asked for again.
func (h *house) crash(t *testing.T, at int, after bool, one, two named) (crashed bool, got string) {
	t.Helper()
	broken := &crashing{Store: h.store.Imports(), left: at, after: after}
	faulty := *h
	faulty.Service = intake.NewService(intake.Config{Store: broken, Vault: h.store, Formats: cli.Formats(), Log: slog.New(slog.DiscardHandler)})
	h.scope = h.newEntity()
	faulty.scope = h.scope
	try := func(do func(h *house) error) {
		t.Helper()
		err := do(&faulty)
		if errors.Is(err, errCrash) {
			crashed = true
			err = do(h)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	add := func(f named) (id tenant.ID) {
		try(func(h *house) error {
			list, err := h.List(t.Context(), h.scope, tenant.ID{}, 9) // was it answered after all?
			if err == nil && len(list) > 0 && list[0].State == intake.Running {
				id = list[0].ID
				return nil
			}
			m, err := h.upload(intake.Order{}, f)
			if err == nil {
				id = m.ID
			}
			return err
		})
		try(func(h *house) error { return h.Read(t.Context(), h.scope, id) })
		return id
	}
	add(one)
	gone := add(two)
	try(func(h *house) error { _, err := h.Revert(t.Context(), h.scope, gone); return err })
	add(two)
	if err := h.Sweep(t.Context(), h.scope); err != nil {
		t.Fatal(err)
	}
	return crashed, h.sum()
}
