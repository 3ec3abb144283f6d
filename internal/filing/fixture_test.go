package filing_test

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

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// openStore makes an installation with keys of its own.
func openStore(t testing.TB, dir, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{DataDir: dir, DatabaseURL: url, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	masters, err := keyring.FindMasters("", "", dir, !exists(filepath.Join(dir, "master.key")))
	if err == nil {
		_, err = s.OpenKeys(t.Context(), masters, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// house is an installation whose entities take statements and give reports.
type house struct {
	t      *testing.T
	store  *store.Store
	intake *intake.Service
	filing *filing.Service
	scope  tenant.Scope
	set    filing.Settings // instead of what the store keeps
}

// settled gives an entity the settings of a test.
type settled struct {
	filing.Store
	h *house
}

type settledTx struct {
	filing.Tx
	h *house
}

func (t settledTx) Settings() (filing.Settings, error) { return t.h.set, nil }

func (s settled) InEntity(ctx context.Context, scope tenant.Scope, fn func(filing.Tx) error) error {
	return s.Store.InEntity(ctx, scope, func(tx filing.Tx) error { return fn(settledTx{tx, s.h}) })
}

func (s settled) ReadEntity(ctx context.Context, scope tenant.Scope, fn func(filing.Tx) error) error {
	return s.Store.ReadEntity(ctx, scope, func(tx filing.Tx) error { return fn(settledTx{tx, s.h}) })
}

func newHouse(t *testing.T, set filing.Settings, plan filing.Plan) *house {
	t.Helper()
	return newHouseOn(t, set, plan, "", nil)
}

// newHouseOn makes one on a database, or on files for "", whose prices are
// looked up by quotes, if that is not nil.
func newHouseOn(t *testing.T, set filing.Settings, plan filing.Plan, url string, quotes func(*store.Store) filing.Quotes) *house {
	t.Helper()
	h := &house{t: t, set: set}
	h.store = openStore(t, t.TempDir(), url)
	var looked filing.Quotes
	if quotes != nil {
		looked = quotes(h.store)
	}
	h.intake = intake.NewService(intake.Config{
		Store: h.store.Imports(), Vault: h.store, Formats: cli.Formats(), Log: slog.New(slog.DiscardHandler),
		Changed: filing.Changed,
	})
	h.filing = filing.NewService(filing.Config{
		Store: settled{h.store.Reports(), h}, Vault: h.store, Inputs: h.intake, Quotes: looked, Plan: plan, Log: slog.New(slog.DiscardHandler),
	})
	firm := tenant.NewID()
	if err := h.store.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") }); err != nil {
		t.Fatal(err)
	}
	h.scope = tenant.ForJob(firm, tenant.NewID(), "test")
	return h
}

// take imports files and returns the import.
func (h *house) take(c intake.Choice, paths ...string) tenant.ID {
	h.t.Helper()
	i := -1
	m, err := h.intake.Upload(h.t.Context(), h.scope, intake.Order{Choice: c}, func() (intake.Incoming, error) {
		if i++; i == len(paths) {
			return intake.Incoming{}, io.EOF
		}
		text, err := os.ReadFile(paths[i])
		return intake.Incoming{Name: filepath.Base(paths[i]), Body: bytes.NewReader(text)}, err
	})
	if err == nil {
		err = h.intake.Read(h.t.Context(), h.scope, m.ID)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return m.ID
}

// all reads a document.
func (h *house) all(d *filing.Document, err error) []byte {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
	text, err := io.ReadAll(d)
	if err = errors.Join(err, d.Close()); err != nil || int64(len(text)) != d.Size {
		h.t.Fatalf("%s: %d of %d bytes: %v", d.Name, len(text), d.Size, err)
	}
	return text
}

// samples are the sample statements, without prices.
func samples(t *testing.T) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(testkit.Root(t), "scripts", "samples", "*"))
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, p := range paths {
		if name := filepath.Base(p); name != "prices.csv" && name != "ledger.json" {
			list = append(list, p)
		}
	}
	return list
}

// commandLine runs the offline job into a folder and returns its files.
func commandLine(t *testing.T, args ...string) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	var errs bytes.Buffer
	code := cli.Run(append([]string{"tax", "report", "--out", dir}, args...), cli.Streams{In: strings.NewReader(""), Out: io.Discard, Err: &errs})
	if code != 0 && code != 3 {
		t.Fatalf("exit %d: %s", code, &errs)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
	return files
}
