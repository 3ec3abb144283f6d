package store_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestLinks: a link keeps its key, its streams, its records and its runs, on
// both databases; records are kept once, as they were first told, and
// their names only as hashes.
func TestLinks(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		scope, err := newFirm(t, s).Open(tenant.NewID())
		if err != nil {
			t.Fatal(err)
		}
		links := s.Links()
		in := func(fn func(link.Tx) error) {
			t.Helper()
			if err := links.InEntity(t.Context(), scope, fn); err != nil {
				t.Fatal(err)
			}
		}
		l := &link.Link{
			ID: tenant.NewID(), Exchange: "kraken", Label: "mine", Last4: "9F3A", Schedule: link.Daily, State: link.Active, Created: today,
			Passport: link.Passport{Rights: []string{"query-ledger"}, Checked: today}, Streams: []link.Stream{{Name: "ledger", State: link.Idle}, {Name: "trades", State: link.Idle}},
		}
		in(func(tx link.Tx) error {
			return tx.AddLink(l, exchange.Credentials{ID: "id-9F3A", Secret: keyring.NewSecret([]byte("s3cr3t")), Passphrase: keyring.NewSecret([]byte("pass"))})
		})
		record := func(n int, raw string) exchange.Record {
			return exchange.Record{Stream: "ledger", Endpoint: "POST /0/private/Ledgers", ID: fmt.Sprint("R", n), Time: today.Add(time.Duration(n) * time.Nanosecond), Raw: json.RawMessage(raw), Context: "{}"}
		}
		var page []exchange.Record
		for n := range 450 {
			page = append(page, record(n, fmt.Sprintf(`{"n":%d}`, n)))
		}
		in(func(tx link.Tx) error {
			if err := store.AddPlainRecords(tx, l.ID, page[:300]); err != nil {
				return err
			}
			added, changed, err := tx.AddRecords(l.ID, page[250:])
			if err != nil || added != 150 || changed != 0 {
				t.Errorf("added %d, changed %d, %v", added, changed, err)
			}
			names, err := store.RecordNames(tx, l.ID)
			if err != nil || len(names) != 450 || slices.ContainsFunc(names, func(name string) bool { return len(name) != 64 }) {
				t.Errorf("%d names, %v", len(names), err)
			}
			added, changed, err = tx.AddRecords(l.ID, []exchange.Record{record(1, `{"n":1}`), record(2, `{"n":"other"}`), record(450, `{}`)})
			if err != nil || added != 1 || changed != 1 {
				t.Errorf("again: added %d, changed %d, %v", added, changed, err)
			}
			counts := func(n int) []exchange.Record {
				r := record(500, fmt.Sprintf(`{"amount":"1","confirmations":%d}`, n))
				r.Steady = json.RawMessage(`{"amount":"1"}`)
				return []exchange.Record{r}
			}
			for n := range 3 { // what goes on by itself is no other story
				if added, changed, err = tx.AddRecords(l.ID, counts(n)); err != nil || (added == 1) != (n == 0) || changed != 0 {
					t.Errorf("%d confirmations: added %d, changed %d, %v", n, added, changed, err)
				}
			}
			l.Streams[0].Cursor, l.Streams[0].State, l.Streams[0].Rows = "50", link.Done, 451
			l.State, l.Code, l.Next = link.Failed, "upstream", today
			run := &link.Run{ID: tenant.NewID(), Link: l.ID, State: link.RunQueued}
			return errors.Join(err, tx.SaveStream(l.ID, &l.Streams[0]), tx.SaveLink(l), tx.AddRun(run))
		})
		in(func(tx link.Tx) error {
			n := 0
			for r, err := range tx.Records(l.ID) {
				if err != nil {
					return err
				}
				if r.ID == "R2" && (string(r.Raw) != `{"n":2}` || !r.Time.Equal(today.Add(2)) || r.Context != "{}") {
					t.Errorf("a record has changed: %+v", r)
				}
				n++
			}
			got, err := tx.Link(l.ID)
			if err != nil || n != 452 || got.State != link.Failed || got.Streams[0].Cursor != "50" || got.Streams[1].Name != "trades" || got.Passport.Rights[0] != "query-ledger" || !got.Next.Equal(today) {
				t.Errorf("%d records, link %+v, %v", n, got, err)
			}
			key, err := tx.Key(l.ID)
			if err != nil || key.ID != "id-9F3A" || string(key.Secret.Reveal()) != "s3cr3t" || string(key.Passphrase.Reveal()) != "pass" || !key.Token.Empty() {
				t.Errorf("the key is another: %v", err)
			}
			r, err := tx.Underway(l.ID)
			if err != nil || r.State != link.RunQueued {
				t.Errorf("run %+v, %v", r, err)
			}
			return tx.DropLink(l.ID)
		})
		in(func(tx link.Tx) error {
			_, byID := tx.Link(l.ID)
			_, key := tx.Key(l.ID)
			list, err := tx.Links()
			if !errors.Is(byID, link.ErrGone) || !errors.Is(key, link.ErrGone) || len(list) != 0 {
				t.Errorf("after it was dropped: %v, %v, %d", byID, key, len(list))
			}
			return err
		})
	})
}
