package intake_test

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// openStore makes an installation with keys of its own.
func openStore(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: time.Now, Log: slog.New(slog.DiscardHandler)})
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

// house is an installation with one firm and one entity.
type house struct {
	*intake.Service
	t     testing.TB
	store *store.Store
	scope tenant.Scope
	dir   string
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir()}
	h.store = openStore(t, h.dir)
	h.Service = intake.NewService(intake.Config{
		Store: h.store.Imports(), Vault: h.store, Formats: cli.Formats(), Log: slog.New(slog.DiscardHandler),
	})
	h.scope = h.newEntity()
	return h
}

// newEntity makes a firm with an entity.
func (h *house) newEntity() tenant.Scope {
	h.t.Helper()
	firm := tenant.NewID()
	if err := h.store.Control(h.t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(h.t.Context(), firm, "eu") }); err != nil {
		h.t.Fatal(err)
	}
	return tenant.ForJob(firm, tenant.NewID(), "test")
}

// named is a file of an upload.
type named struct{ name, text string }

// sample reads a sample statement.
func sample(t testing.TB, name string) named {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(t), "scripts", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return named{name, string(text)}
}

// upload uploads files.
func (h *house) upload(o intake.Order, files ...named) (*intake.Import, error) {
	i := -1
	return h.Upload(h.t.Context(), h.scope, o, func() (intake.Incoming, error) {
		if i++; i == len(files) {
			return intake.Incoming{}, io.EOF
		}
		return intake.Incoming{Name: files[i].name, Body: strings.NewReader(files[i].text)}, nil
	})
}

// take uploads files and reads them; the import is done then.
func (h *house) take(files ...named) *intake.Import {
	h.t.Helper()
	m, err := h.upload(intake.Order{}, files...)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.run(m.ID)
}

// run does the work on an import.
func (h *house) run(id tenant.ID) *intake.Import {
	h.t.Helper()
	if err := h.Read(h.t.Context(), h.scope, id); err != nil {
		h.t.Fatal(err)
	}
	m, err := h.Find(h.t.Context(), h.scope, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return m
}

// events lists all events of the book, page by page.
func (h *house) events(q intake.Filter) []intake.Listed {
	h.t.Helper()
	var all []intake.Listed
	for q.Limit = 7; ; {
		list, err := h.Events(h.t.Context(), h.scope, q)
		if err != nil {
			h.t.Fatal(err)
		}
		all = append(all, list...)
		if len(list) < q.Limit {
			return all
		}
		q.After = list[len(list)-1].Cursor
	}
}
