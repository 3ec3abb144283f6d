package store_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// TestFindings: pairs and decisions come back in the entity that they were
// kept for and nowhere else; the last decision of a person counts, and none is
// ever changed, but for its seal when the firm's key is replaced.
func TestFindings(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s, ring := p.keyed(t)
		home := newFirm(t, s)
		scope, err1 := home.Open(tenant.NewID())
		other, err2 := home.Open(tenant.NewID())
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		in := func(scope tenant.Scope, fn func(recon.Tx) error) {
			t.Helper()
			if err := s.Findings().InEntity(t.Context(), scope, fn); err != nil {
				t.Fatal(err)
			}
		}
		var made []recon.Pair
		for n := range 5 {
			at := ledger.Instant(1000 * (n / 2)) // two at a time
			made = append(made, recon.Pair{
				ID: tenant.NewID(), State: recon.Paired, Reason: recon.EqualHash, Asset: "BTC", Hash: "ab", Found: today,
				Out: recon.End{Event: ledger.ID{byte(n), 1}, At: at, Account: "Kraken", Amount: money.MustParse("1.5"), Place: recon.Place{File: "kraken.csv", Line: 7}},
				In:  recon.End{Event: ledger.ID{byte(n), 2}, At: at + 1, Account: "Vault", Amount: money.MustParse("1.49"), Place: recon.Place{Endpoint: "transaction", ID: "ab"}},
			})
		}
		in(scope, func(tx recon.Tx) (err error) {
			for i := range made {
				err = errors.Join(err, tx.SavePair(&made[i]))
			}
			return err
		})
		in(other, func(tx recon.Tx) error {
			_, err := tx.Pair(made[0].ID)
			list, err2 := tx.Pairs()
			if !fault.Is(err, fault.NotFound) || len(list) != 0 {
				t.Errorf("another entity's pairs: %v, %v", list, err)
			}
			return err2
		})
		in(scope, func(tx recon.Tx) error {
			got, err := tx.Pair(made[3].ID)
			if err != nil {
				return err
			}
			if g, w := fmt.Sprintf("%+v", *got), fmt.Sprintf("%+v", made[3]); g != w {
				t.Errorf("got\n%s, want\n%s", g, w)
			}
			made[4].State = recon.Dissolved
			return tx.SavePair(&made[4])
		})
		pages(t, in, scope)
		decisions(t, in, scope, other, [2]reconcile.Ends{made[0].Ends(), made[1].Ends()})
		if _, err := ring.RotateKey(t.Context(), scope.Firm(), s); err != nil {
			t.Errorf("a new key: %v", err)
		}
		apartIs(t, s, scope, made[1].Ends())
	})
}

// pages reads the list in pages of three.
func pages(t *testing.T, in func(tenant.Scope, func(recon.Tx) error), scope tenant.Scope) {
	t.Helper()
	in(scope, func(tx recon.Tx) error {
		seen := map[tenant.ID]bool{}
		var last ledger.Instant = 1 << 60
		var after recon.Cursor
		for range 2 {
			list, err := tx.Page(after, 3)
			if err != nil {
				return err
			}
			for _, p := range list {
				if seen[p.ID] || p.Out.At > last {
					t.Errorf("pair %s twice or out of order", p.ID)
				}
				seen[p.ID], last = true, p.Out.At
				after = recon.Cursor{Set: true, At: p.Out.At, ID: p.ID}
			}
		}
		if len(seen) != 4 {
			t.Errorf("%d pairs, want 4", len(seen))
		}
		return nil
	})
}

// decisions undoes two pairs and puts one together again.
func decisions(t *testing.T, in func(tenant.Scope, func(recon.Tx) error), scope, other tenant.Scope, ends [2]reconcile.Ends) {
	t.Helper()
	first, second := ends[0], ends[1]
	decide := func(kind recon.Kind, e reconcile.Ends) {
		in(scope, func(tx recon.Tx) error {
			return tx.Decide(&recon.Decision{ID: tenant.NewID(), At: tx.Now(), By: scope.Actor().User, Kind: kind, Ends: e, Reason: recon.EqualHash})
		})
	}
	for _, d := range []struct {
		kind recon.Kind
		ends reconcile.Ends
		want []reconcile.Ends
	}{
		{recon.Made, first, nil},
		{recon.Undone, first, []reconcile.Ends{first}},
		{recon.Undone, second, []reconcile.Ends{first, second}},
		{recon.Lost, second, []reconcile.Ends{first, second}},
		{recon.Redone, first, []reconcile.Ends{second}},
		{recon.Undone, first, []reconcile.Ends{first, second}},
		{recon.Redone, first, []reconcile.Ends{second}},
	} {
		decide(d.kind, d.ends)
		in(scope, func(tx recon.Tx) error {
			got, err := tx.Apart()
			if !slices.Equal(got, d.want) {
				t.Errorf("after %s: %v, want %v", d.kind, got, d.want)
			}
			return err
		})
	}
	in(other, func(tx recon.Tx) error {
		got, err := tx.Apart()
		if len(got) != 0 {
			t.Errorf("another entity: %v", got)
		}
		return err
	})
}

// apartIs checks what a computation is told of decisions.
func apartIs(t *testing.T, s *store.Store, scope tenant.Scope, want ...reconcile.Ends) {
	t.Helper()
	err := s.Reports().ReadEntity(t.Context(), scope, func(tx filing.Tx) error {
		set, err := tx.Settings()
		if !slices.Equal(set.Apart, want) {
			t.Errorf("the filing is told %v, want %v", set.Apart, want)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
