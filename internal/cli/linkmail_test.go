package cli

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	stored "github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/internal/text"
)

// letters are a store of letters that are kept.
type letters struct {
	notify.Store
	kept chan notify.Letter
}

func (l letters) KeepLetter(_ context.Context, one notify.Letter, _ notify.State) error {
	l.kept <- one
	return nil
}

// TestDeniedAlert: of a link that the guard paused the operator is told, in one
// letter of each run however often its task runs.
func TestDeniedAlert(t *testing.T) {
	t.Parallel()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	masters, err := keyring.FindMasters("", "", dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.OpenKeys(t.Context(), masters, 0); err != nil {
		t.Fatal(err)
	}
	scope := tenant.ForJob(tenant.NewID(), tenant.NewID(), "test")
	if err := db.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), scope.Firm(), "eu") }); err != nil {
		t.Fatal(err)
	}
	l := &link.Link{ID: tenant.NewID(), Exchange: "kraken", Label: "mine", State: link.Paused, Code: link.Stopped, Schedule: link.Daily}
	err = db.Links().InEntity(t.Context(), scope, func(tx link.Tx) error {
		if err := tx.AddLink(l, exchange.Credentials{ID: "key", Secret: keyring.NewSecret([]byte("secret"))}); err != nil {
			return err
		}
		for _, key := range []string{"denied/1", "denied/1 again"} {
			n := link.Notice{Kind: link.DeniedNotice, Entity: scope.Entity(), Link: l.ID}
			if err := tx.Enqueue(t.Context(), stored.Task{Kind: link.MailKind, Key: key, Args: n}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	words, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := &service{}
	kept := letters{kept: make(chan notify.Letter, 4)}
	if s.post, err = notify.NewPost(notify.Config{Store: kept, Operator: "operator@example.org", BaseURL: "https://ledgersys.example", Locale: "en", Catalogue: words, Clock: time.Now, Log: log}); err != nil {
		t.Fatal(err)
	}
	door, err := egress.New(egress.Config{Deny: true})
	if err != nil {
		t.Fatal(err)
	}
	if s.links, err = link.NewService(link.Config{Store: db.Links(), Exchanges: linked(), Door: door, Clock: time.Now, Log: log}); err != nil {
		t.Fatal(err)
	}
	reg := stored.NewRegistry(1)
	if err := reg.Handle(stored.Kind{Name: link.MailKind, Work: s.linkMail}); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- db.Work(ctx, reg) }()
	testkit.Eventually(t, "both are told", func() bool { return len(kept.kept) == 2 })
	seen := make(map[tenant.ID]bool)
	for range 2 {
		one := <-kept.kept
		seen[one.ID] = true
		if one.To != "operator@example.org" || !strings.Contains(one.Subject, link.Stopped) || !strings.Contains(one.Text, "Kraken") || !strings.Contains(one.Text, l.ID.String()) {
			t.Errorf("to %s: %s\n%s", one.To, one.Subject, one.Text)
		}
	}
	if stop(); <-done != nil {
		t.Error("work ended with an error")
	}
	if len(seen) != 2 || !seen[notify.About("alert/"+link.Stopped+"/link/denied/1")] {
		t.Errorf("letters %v", seen)
	}
}
