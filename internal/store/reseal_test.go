package store_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestSealedColumns: what a rotation seals anew is what the inventory says is
// sealed. The wrapped keys themselves are the master key's.
func TestSealedColumns(t *testing.T) {
	t.Parallel()
	list, err := store.Inventory()
	if err != nil {
		t.Fatal(err)
	}
	for _, tree := range []string{"control", "firm"} {
		var want []string
		for _, c := range list {
			if c.Store == tree && c.Kept == "sealed" && c.Table != "key_sets" {
				want = append(want, c.Table+"."+c.Column)
			}
		}
		have := store.SealedColumns(tree)
		slices.Sort(want)
		slices.Sort(have)
		if !slices.Equal(have, want) {
			t.Errorf("%s: sealed anew %v, in the inventory %v", tree, have, want)
		}
	}
}

// TestReseal: after a rotation nothing has the old key, and everything that
// was sealed opens: files of several chunks, the chain, people.
func TestReseal(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s, ring := p.keyed(t)
		scope := newFirm(t, s)
		content := bytes.Repeat([]byte("0123456789abcdef"), 3<<16)
		file, _, _, err := s.PutFile(t.Context(), scope, bytes.NewReader(content))
		if err != nil {
			t.Fatal(err)
		}
		err = s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
			err := tx.KeepFile(t.Context(), file)
			for range 700 {
				err = errors.Join(err, tx.Audit(t.Context(), audit.Entry{Action: "test.note", Object: "a", Reason: "because"}))
			}
			return errors.Join(err, tx.Event(t.Context(), audit.Event{Kind: "test", Outcome: "ok", Detail: "detail"}))
		})
		if err != nil {
			t.Fatal(err)
		}
		ada := session.User{ID: tenant.NewID(), Email: "ada@example.org", Password: []byte("$2a$"), Created: time.Unix(1, 0), TOTP: session.TOTP{Seed: []byte("seed")}}
		if err := s.Sessions().Control(t.Context(), func(tx session.Tx) error { return tx.AddUser(t.Context(), ada) }); err != nil {
			t.Fatal(err)
		}
		for owner, least := range map[tenant.FirmID]int{scope.Firm(): 700 + 1 + 3, keyring.Service: 3} {
			n, err := ring.RotateKey(t.Context(), owner, s)
			if err != nil || n < least {
				t.Fatalf("%d of at least %d sealed anew: %v", n, least, err)
			}
			k, err := ring.Firm(t.Context(), owner)
			if owner == keyring.Service {
				k, err = ring.Control(t.Context())
			}
			if err != nil {
				t.Fatal(err)
			}
			list, err := s.Sealing(t.Context(), owner, k.Prefix())
			if err != nil {
				t.Fatal(err)
			}
			values := int64(0)
			for _, c := range list {
				values += c.Values
				if c.Old != 0 || c.Plain != 0 {
					t.Errorf("%+v", c)
				}
			}
			if values < int64(least) {
				t.Errorf("%d values are counted", values)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, _ = p.keyed(t)
		f, err := s.OpenFile(t.Context(), scope, file)
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if _, err := got.ReadFrom(f); err != nil || !bytes.Equal(got.Bytes(), content) {
			t.Errorf("%d bytes of the file: %v", got.Len(), err)
		}
		links, err := audit.NewReader(s.AuditLog()).Page(t.Context(), scope, audit.Query{})
		if err != nil || len(links) == 0 || links[0].Reason != "because" {
			t.Errorf("%d links: %v", len(links), err)
		}
		err = s.Sessions().Read(t.Context(), func(tx session.Tx) error {
			u, err := tx.UserByEmail(t.Context(), ada.Email)
			if u.ID != ada.ID || string(u.TOTP.Seed) != "seed" {
				t.Errorf("%+v", u)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	})
}
