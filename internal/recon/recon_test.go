package recon_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // tests must not need the time zones of the machine

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// house is an installation with one entity, whose jobs the test runs itself.
type house struct {
	t      *testing.T
	store  *store.Store
	intake *intake.Service
	filing *filing.Service
	recon  *recon.Service
	scope  tenant.Scope
}

// both runs a test on both databases.
func both(t *testing.T, fn func(t *testing.T, h *house)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, newHouse(t, ""))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		service, owner := testkit.SharedPostgres(t).NewDatabase(t)
		if err := store.Migrate(t.Context(), owner, service); err != nil {
			t.Fatal(err)
		}
		fn(t, newHouse(t, service))
	})
}

func newHouse(t *testing.T, url string) *house {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	s, err := store.Open(t.Context(), store.Config{DataDir: dir, DatabaseURL: url, Clock: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	masters, err := keyring.FindMasters("", "", dir, true)
	if err == nil {
		_, err = s.OpenKeys(t.Context(), masters, 0)
	}
	home, entity := tenant.NewID(), tenant.NewID()
	if err == nil {
		err = s.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), home, "eu") })
	}
	if err == nil {
		err = s.Firms().InFirm(t.Context(), tenant.ForJob(home, entity, "test"), func(tx firm.HomeTx) error {
			return tx.AddEntity(t.Context(), firm.Entity{ID: entity, Name: "Ada", Country: "DE", Currency: "EUR", Timezone: "Europe/Berlin", Status: firm.Gathering, Created: time.Now(), Version: 1})
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, store: s, scope: tenant.ForJob(home, entity, "test")}
	h.intake = intake.NewService(intake.Config{Store: s.Imports(), Vault: s, Formats: cli.Formats(), Log: log, Changed: filing.Changed})
	h.filing = filing.NewService(filing.Config{Store: s.Reports(), Vault: s, Inputs: h.intake, Log: log})
	h.recon = recon.NewService(recon.Config{Store: s.Findings(), Changed: filing.Changed, Log: log})
	return h
}

// take imports a file and looks through the events, as the job does.
func (h *house) take(name, text string) tenant.ID {
	h.t.Helper()
	given := false
	m, err := h.intake.Upload(h.t.Context(), h.scope, intake.Order{}, func() (intake.Incoming, error) {
		if given {
			return intake.Incoming{}, io.EOF
		}
		given = true
		return intake.Incoming{Name: name, Body: strings.NewReader(text)}, nil
	})
	if err == nil {
		err = errors.Join(h.intake.Read(h.t.Context(), h.scope, m.ID), h.recon.Match(h.t.Context(), h.scope))
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return m.ID
}

func (h *house) revert(id tenant.ID) {
	h.t.Helper()
	_, err := h.intake.Revert(h.t.Context(), h.scope, id)
	if err = errors.Join(err, h.recon.Match(h.t.Context(), h.scope)); err != nil {
		h.t.Fatal(err)
	}
}

// pairs returns the list as "state Out→In".
func (h *house) pairs() ([]recon.Pair, string) {
	h.t.Helper()
	list, err := h.recon.Pairs(h.t.Context(), h.scope, recon.Cursor{}, 10)
	if err != nil {
		h.t.Fatal(err)
	}
	var words []string
	for i := range list {
		words = append(words, string(list[i].State)+" "+list[i].Out.Account+"→"+list[i].In.Account)
	}
	return list, strings.Join(words, ", ")
}

func (h *house) result() string {
	h.t.Helper()
	d, err := h.filing.Result(h.t.Context(), h.scope, filing.All)
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := io.ReadAll(d)
	if err = errors.Join(err, d.Close()); err != nil {
		h.t.Fatal(err)
	}
	return string(text)
}

// commandLine computes the same from the same files.
func (h *house) commandLine(files map[string]string) string {
	h.t.Helper()
	dir := h.t.TempDir()
	apart, err := h.recon.Decisions(h.t.Context(), h.scope)
	var decisions bytes.Buffer
	if err = errors.Join(err, filing.WriteDecisions(&decisions, apart)); err != nil {
		h.t.Fatal(err)
	}
	args := []string{"tax", "report", "--country", "DE", "--json", "--decisions", filepath.Join(dir, "decisions.json")}
	if err := os.WriteFile(filepath.Join(dir, "decisions.json"), decisions.Bytes(), 0o600); err != nil {
		h.t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			h.t.Fatal(err)
		}
		args = append(args, filepath.Join(dir, name))
	}
	var out, errs bytes.Buffer
	if code := cli.Run(args, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}); code != 0 && code != 3 {
		h.t.Fatalf("exit %d: %s", code, &errs)
	}
	return out.String()
}

const (
	exchangeCSV = `id,time,type,received_amount,received_asset,sent_amount,sent_asset,fee_amount,fee_asset,account,tx_hash
1,2023-01-01T10:00:00Z,trade,2,BTC,200,EUR,,,Exchange,
2,2024-06-01T10:00:00Z,withdrawal,,,1,BTC,0.001,BTC,Exchange,4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b
`
	walletCSV = `id,time,type,received_amount,received_asset,sent_amount,sent_asset,account,tx_hash
1,2024-06-01T10:30:00Z,deposit,1,BTC,,,Wallet,4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b
2,2024-07-01T00:00:00Z,trade,300,EUR,1,BTC,Wallet,
`
	// otherCSV tells of the same transaction in another account: now nobody
	// can say which of both it is.
	otherCSV = `id,time,type,received_amount,received_asset,sent_amount,sent_asset,account,tx_hash
1,2024-06-01T10:30:00Z,deposit,1,BTC,,,Other,4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b
`
)

// TestPair: a pair is made by itself when both ends are there, counts in the
// year, dissolves when an end goes, and comes back with it. A person's undo
// stays, whatever comes and goes, until it is taken back. At each step the
// command line computes the same bytes from the same files and decisions.
func TestPair(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house) {
		files := map[string]string{"exchange.csv": exchangeCSV}
		step := func(what, want string, issues ...string) []recon.Pair {
			t.Helper()
			list, got := h.pairs()
			if got != want {
				t.Errorf("%s: pairs %q, want %q", what, got, want)
			}
			result := h.result()
			if result != h.commandLine(files) {
				t.Errorf("%s: the command line computes something else", what)
			}
			for _, code := range []string{"xfer.unmatched_out", "xfer.unmatched_in", "basis.missing"} {
				if have, want := strings.Contains(result, code), strings.Contains(strings.Join(issues, " "), code); have != want {
					t.Errorf("%s: issue %s: %t", what, code, have)
				}
			}
			return list
		}
		h.take("exchange.csv", exchangeCSV)
		step("one end", "", "xfer.unmatched_out")
		wallet := h.take("wallet.csv", walletCSV)
		files["wallet.csv"] = walletCSV
		id := step("both ends", "paired Exchange→Wallet")[0].ID
		h.revert(wallet)
		delete(files, "wallet.csv")
		step("reverted", "", "xfer.unmatched_out")
		if _, err := h.recon.Undo(t.Context(), h.scope, id); fault.Of(err).Code != "pair_dissolved" {
			t.Errorf("a pair that dissolved was taken apart: %v", err)
		}
		wallet = h.take("wallet.csv", walletCSV)
		files["wallet.csv"] = walletCSV
		if list := step("again", "paired Exchange→Wallet"); list[0].ID != id {
			t.Error("the pair came back as another one")
		}
		for range 2 { // the second says nothing new
			if p, err := h.recon.Undo(t.Context(), h.scope, id); err != nil || p.State != recon.Apart {
				t.Fatalf("undo: %+v %v", p, err)
			}
		}
		// Per account the undone withdrawal leaves its lots with the unknown,
		// where the undone deposit finds them.
		step("undone", "undone Exchange→Wallet", "xfer.unmatched_out", "xfer.unmatched_in")
		h.revert(wallet)
		h.take("wallet.csv", walletCSV)
		step("undone and back", "undone Exchange→Wallet", "xfer.unmatched_out", "xfer.unmatched_in")
		if p, err := h.recon.Redo(t.Context(), h.scope, id); err != nil || p.State != recon.Paired {
			t.Fatalf("redo: %+v %v", p, err)
		}
		step("redone", "paired Exchange→Wallet")
		other := h.take("other.csv", otherCSV)
		files["other.csv"] = otherCSV
		step("two candidates", "", "xfer.unmatched_out", "xfer.unmatched_in")
		h.revert(other)
		delete(files, "other.csv")
		step("one candidate", "paired Exchange→Wallet")
		h.trail(id, "make dissolve make undo redo dissolve make")
	})
}

// trail checks what the audit chain says about a pair, each entry with its
// reason and with who decided.
func (h *house) trail(id tenant.ID, want string) {
	h.t.Helper()
	links, err := audit.NewReader(h.store.AuditLog()).Page(h.t.Context(), h.scope, audit.Query{})
	if err != nil {
		h.t.Fatal(err)
	}
	var got []string
	for i := len(links) - 1; i >= 0; i-- {
		if l := links[i]; l.Object == "pair/"+id.String() {
			got = append(got, strings.TrimPrefix(l.Action, "pair."))
			if l.Reason != recon.EqualHash {
				h.t.Errorf("%s without its reason: %q", l.Action, l.Reason)
			}
		}
	}
	if strings.Join(got, " ") != want {
		h.t.Errorf("the chain says %v, want %s", got, want)
	}
}

// TestMatchTwice: looking again changes nothing, and what is another entity's
// is not there.
func TestMatchTwice(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "")
	h.take("exchange.csv", exchangeCSV)
	h.take("wallet.csv", walletCSV)
	before, _ := h.pairs()
	count := func() int {
		links, err := audit.NewReader(h.store.AuditLog()).Page(t.Context(), h.scope, audit.Query{})
		if err != nil {
			t.Fatal(err)
		}
		return len(links)
	}
	entries := count()
	for range 3 {
		if err := h.recon.Match(t.Context(), h.scope); err != nil {
			t.Fatal(err)
		}
	}
	if after, _ := h.pairs(); len(after) != 1 || after[0].ID != before[0].ID || count() != entries {
		t.Errorf("%d pairs, %d entries after %d", len(after), count(), entries)
	}
	other := tenant.ForJob(h.scope.Firm(), tenant.NewID(), "test")
	if _, err := h.recon.Undo(t.Context(), other, before[0].ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("another entity's pair: %v", err)
	}
	if list, err := h.recon.Pairs(t.Context(), other, recon.Cursor{}, 10); err != nil || len(list) != 0 {
		t.Errorf("another entity's pairs: %v %v", list, err)
	}
}

// TestUnexplained: only balances that differ are listed.
func TestUnexplained(t *testing.T) {
	t.Parallel()
	s := recon.NewService(recon.Config{Differences: func(_ context.Context, _ tenant.Scope) ([]recon.Difference, error) {
		return []recon.Difference{{Name: "fits", Certificate: reconcile.Certificate{OK: true}}, {Name: "differs"}}, nil
	}})
	if list, err := s.Unexplained(t.Context(), tenant.Scope{}); err != nil || len(list) != 1 || list[0].Name != "differs" {
		t.Errorf("%+v %v", list, err)
	}
}
