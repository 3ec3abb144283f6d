package link_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/link"
)

// TestStrangersNote: a note with a private key stops nothing but its record:
// that one is held by its name, what it says is not stored, and all others
// count.
func TestStrangersNote(t *testing.T) {
	t.Parallel()
	const seed, single = "legal winner thank year wave sausage worth useful legal winner thank yellow", "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
	hidden := deposit("c", "")
	hidden.Raw = json.RawMessage(`{"id":"c","note":"\u006cegal\nwinner\nthank\nyear\nwave\nsausage\nworth\nuseful\nlegal\nwinner\nthank\nyellow"}`)
	named := deposit(single, "")
	context := deposit("g", "")
	context.Context = seed
	s := newStand(t, nil).link()
	s.page = once(deposit("a", "rent"), deposit("b", seed), hidden, deposit("d", "a\nnote"), deposit("e", single), named, context, deposit("h", "legal winner"))
	l, r := s.try(true)
	if r.State != link.RunDone || r.Rows != 8 || l.State != link.Active || len(l.Proof) != 1 || l.Proof[0].Calculated.String() != "3" {
		t.Fatalf("run %s %q, %d rows, link %s, proof %+v", r.State, r.Code, r.Rows, l.State, l.Proof)
	}
	events, err := s.books.Events(t.Context(), s.scope, intake.Filter{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	var from []string
	for _, e := range events {
		from = append(from, e.Event.Extra().Records[0].ID)
	}
	if slices.Sort(from); !slices.Equal(from, []string{"a", "d", "h"}) {
		t.Errorf("events of %v", from)
	}
	m, err := s.books.Find(t.Context(), s.scope, l.Import)
	if err != nil {
		t.Fatal(err)
	}
	held, err := s.books.HeldRows(t.Context(), s.scope, m.Sources[0], 0, 10)
	if err != nil || len(held) != 5 {
		t.Fatalf("%d rows are held, %v", len(held), err)
	}
	for _, h := range held {
		if !strings.HasPrefix(h.Reason, "private_key_refused") {
			t.Errorf("line %d is held for %q", h.Line, h.Reason)
		}
	}
	var kept strings.Builder
	for _, r := range s.records() {
		kept.WriteString(r.ID + " " + string(r.Raw) + " " + r.Context + "\n")
	}
	for _, secret := range []string{"winner thank", `winner\nthank`, single} {
		if strings.Contains(kept.String(), secret) {
			t.Errorf("%q is kept: %s", secret, kept.String())
		}
	}
	if !strings.Contains(kept.String(), "b {") || !strings.Contains(kept.String(), "withheld-") {
		t.Errorf("records are lost: %s", kept.String())
	}
	if _, r = s.try(true); r.State != link.RunDone || r.Rows != 0 {
		t.Errorf("the next run: %s %q, %d rows", r.State, r.Code, r.Rows)
	}
}

// records are what is kept of the account.
func (s *stand) records() (list []exchange.Record) {
	s.t.Helper()
	err := s.seen.ReadEntity(s.t.Context(), s.scope, func(tx link.Tx) error {
		for r, err := range tx.Records(s.id) {
			if err != nil {
				return err
			}
			list = append(list, r)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}
