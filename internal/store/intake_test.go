package store_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestImports: what the intake keeps comes back, in the entity that it was
// kept for and nowhere else, and derived rows are seen once a source names
// them.
func TestImports(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		home := newFirm(t, s)
		scope := tenant.ForJob(home.Firm(), tenant.NewID(), "test")
		other := tenant.ForJob(home.Firm(), tenant.NewID(), "test")
		file := keptFile(t, s, scope)
		m := newImport(file)
		in := func(scope tenant.Scope, fn func(intake.Tx) error) {
			t.Helper()
			if err := s.Imports().InEntity(t.Context(), scope, fn); err != nil {
				t.Fatal(err)
			}
		}
		in(scope, func(tx intake.Tx) error { m.Created = tx.Now(); return tx.AddImport(m) })
		in(other, func(tx intake.Tx) error {
			if _, err := tx.Import(m.ID); !fault.Is(err, fault.NotFound) {
				t.Errorf("another entity's import: %v", err)
			}
			return tx.Advance(0)
		})
		in(scope, func(tx intake.Tx) error {
			got, err := tx.Import(m.ID)
			if err != nil {
				return err
			}
			if want := fmt.Sprintf("%+v", m); fmt.Sprintf("%+v", got) != want {
				t.Errorf("an import comes back as\n%+v, not\n%s", got, want)
			}
			return nil
		})
		derived(t, in, scope, other, m)
	})
}

// keptFile seals a file and keeps it.
func keptFile(t *testing.T, s *store.Store, scope tenant.Scope) tenant.ID {
	t.Helper()
	id, _, _, err := s.PutFile(t.Context(), scope, strings.NewReader("abc"))
	if err == nil {
		err = s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error { return tx.KeepFile(t.Context(), id) })
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func newImport(file tenant.ID) *intake.Import {
	m := &intake.Import{ID: tenant.NewID(), State: intake.Running, Choice: intake.Choice{TZ: []string{"UTC"}}}
	m.Sources = []intake.Source{{
		ID: tenant.NewID(), Import: m.ID, Original: file, Upload: "a.csv", Title: "Ledgersys CSV",
		Inspected: intake.Inspected{Name: "a.csv", Format: "ledgersys", SHA256: "00", Rows: 3, Accounts: []string{}, Assets: []string{"BTC"}},
	}}
	return m
}

// derived checks batches and what is listed of them.
func derived(t *testing.T, in func(tenant.Scope, func(intake.Tx) error), scope, other tenant.Scope, m *intake.Import) {
	t.Helper()
	var batch, lost, held int64
	fee := money.FromInt(3)
	events := make([]ledger.Event, 5)
	for i := range events {
		events[i] = ledger.Event{
			ID: ledger.ID(tenant.NewID()), At: ledger.InstantOf(today.Add(time.Duration(i/2) * time.Hour)), Kind: ledger.KindBuy, Account: "acc", Asset: "BTC",
			Amount: money.FromInt(int64(i + 1)), Origin: ledger.Origin{Line: uint32(i + 2), Rows: 1}, // #nosec G115 -- small
		}
	}
	events[3].Kind, events[3].More = ledger.KindSwap, &ledger.More{ToAsset: "ETH", ToAmount: money.FromInt(2), FeeValue: &fee, Note: "n", Lines: []uint32{9}}
	in(scope, func(tx intake.Tx) (err error) {
		for _, b := range []*int64{&batch, &lost, &held} {
			if *b, err = tx.NewBatch(); err != nil {
				return err
			}
		}
		return errors.Join(tx.AddEvents(batch, 0, events[:2]), tx.AddEvents(batch, 2, events[2:]), tx.AddLost(lost, []intake.Span{{First: 1, Last: 2}}),
			tx.AddHeld(held, 0, []intake.HeldRow{{Line: 3, Column: "c", Reason: "r", Raw: "x"}}))
	})
	list := func(scope tenant.Scope, q intake.Query) (got []intake.Listed) {
		t.Helper()
		q.Limit = 10
		in(scope, func(tx intake.Tx) (err error) { got, err = tx.Events(q); return err })
		return got
	}
	if got := list(scope, intake.Query{}); len(got) != 0 {
		t.Errorf("%d events of a batch that no source names", len(got))
	}
	in(scope, func(tx intake.Tx) error {
		src := m.Sources[0]
		src.Rank, src.Batch, src.LostIn, src.HeldIn = 1, batch, lost, held
		m.Sources[0] = src
		if err := tx.Advance(7); !errors.Is(err, intake.ErrMoved) {
			t.Errorf("another version: %v", err)
		}
		return errors.Join(tx.SaveSource(&src), tx.Advance(0))
	})
	got := list(scope, intake.Query{})
	if len(got) != 3 || got[0].Event.ID != events[0].ID || got[1].Event.ID != events[3].ID || !ledger.SameContent(&got[1].Event, &events[3]) ||
		got[1].Event.More.Note != "n" || got[1].Event.More.Lines[0] != 9 || got[1].File != "a.csv" || got[0].Event.Account != "acc" {
		t.Fatalf("listed: %+v", got)
	}
	for name, c := range map[string]struct {
		q    intake.Query
		want int
	}{
		"asset": {intake.Query{Asset: "ETH"}, 1}, "both_sides": {intake.Query{Asset: "BTC"}, 3}, "no_asset": {intake.Query{Asset: "XRP"}, 0},
		"account": {intake.Query{Account: "acc", Asset: "ETH"}, 1}, "no_account": {intake.Query{Account: "x"}, 0},
		"from":  {intake.Query{From: events[4].At}, 1},
		"until": {intake.Query{To: events[3].At, Until: true}, 2}, "behind": {intake.Query{After: got[1].Cursor}, 1}, "behind_asset": {intake.Query{After: got[0].Cursor, Asset: "BTC"}, 2},
	} {
		if n := len(list(scope, c.q)); n != c.want {
			t.Errorf("%s: %d events, not %d", name, n, c.want)
		}
	}
	if n := len(list(other, intake.Query{})); n != 0 {
		t.Errorf("another entity sees %d events", n)
	}
	sweep(t, in, scope, batch, held)
}

// sweep checks that only what nobody names is dropped.
func sweep(t *testing.T, in func(tenant.Scope, func(intake.Tx) error), scope tenant.Scope, batch, held int64) {
	t.Helper()
	in(scope, func(tx intake.Tx) error {
		rows, err := tx.Held(held, 0, 5)
		if err != nil || len(rows) != 1 || rows[0].Raw != "x" {
			t.Errorf("held: %v %v", rows, err)
		}
		if done, err := tx.Drop(batch, 1); !done || err != nil {
			t.Errorf("a named batch: %v %v", done, err)
		}
		loose, err := tx.NewBatch()
		if err != nil {
			return err
		}
		if err := tx.AddEvents(loose, 0, []ledger.Event{{At: 1}, {At: 2}, {At: 3}}); err != nil {
			return err
		}
		if got, err := tx.Loose(tx.Now().Add(time.Hour)); err != nil || len(got) != 1 || got[0] != loose {
			t.Errorf("loose: %v %v", got, err)
		}
		for i, want := range []bool{false, false, true} {
			if done, err := tx.Drop(loose, 2); done != want || err != nil {
				t.Errorf("drop %d: %v %v", i, done, err)
			}
		}
		got, err := tx.Events(intake.Query{Limit: 10})
		if len(got) != 3 {
			t.Errorf("%d events are left", len(got))
		}
		return err
	})
}

// TestFileAt: a file is read from any place.
func TestFileAt(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		scope := newFirm(t, s)
		for _, size := range []int{0, 1, 1 << 20, 1<<20 + 1, 3<<20 - 7} {
			content := strings.Repeat("0123456789abcde", size/15+1)[:size]
			id, _, _, err := s.PutFile(t.Context(), scope, strings.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			r, n, err := s.FileAt(t.Context(), scope, id)
			if err != nil || n != int64(size) {
				t.Fatalf("%d bytes: %d %v", size, n, err)
			}
			for _, from := range []int{0, size / 2, max(size-3, 0)} {
				if got, err := io.ReadAll(io.NewSectionReader(r, int64(from), n)); err != nil || string(got) != content[from:] {
					t.Errorf("%d bytes from %d: %d bytes come back: %v", size, from, len(got), err)
				}
			}
			if _, _, err := s.FileAt(t.Context(), newFirm(t, s), id); !fault.Is(err, fault.NotFound) {
				t.Errorf("another firm's file: %v", err)
			}
		}
	})
}
