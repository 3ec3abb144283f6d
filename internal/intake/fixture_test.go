package intake_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// veil seals by turning bits over, bound to its place.
type veil string

func (v veil) mark(table, row, field string) []byte {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s|%s|%s|%s", string(v), table, row, field))
	return sum[:8]
}

func (v veil) Seal(table, row, field string, plain []byte) ([]byte, error) {
	out := v.mark(table, row, field)
	for _, c := range plain {
		out = append(out, ^c)
	}
	return out, nil
}

func (v veil) Open(table, row, field string, sealed []byte) ([]byte, error) {
	if len(sealed) < 8 || string(sealed[:8]) != string(v.mark(table, row, field)) {
		return nil, errors.New("sealed for another place")
	}
	out := make([]byte, 0, len(sealed))
	for _, c := range sealed[8:] {
		out = append(out, ^c)
	}
	return out, nil
}

func (v veil) LookUp(table, field string, plain []byte) []byte {
	sum := sha256.Sum256(append(v.mark(table, "", field), plain...))
	return sum[:]
}

type veils struct{}

func (veils) Control(context.Context) (store.Sealer, error) { return veil("control"), nil }
func (veils) Firm(_ context.Context, firm tenant.FirmID) (store.Sealer, error) {
	return veil(firm.String()), nil
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
	var err error
	h.store, err = store.Open(t.Context(), store.Config{DataDir: h.dir, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Keys: veils{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.store.Close(); err != nil {
			t.Error(err)
		}
	})
	h.Service = intake.NewService(intake.Config{
		Store: h.store.Imports(), Vault: h.store, Formats: cli.Formats(), Log: slog.New(slog.DiscardHandler),
		Private: func(r io.Reader) (bool, error) {
			b, err := io.ReadAll(r)
			return strings.Contains(string(b), "PRIVATE-KEY"), err
		},
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
func (h *house) events(q intake.Query) []intake.Listed {
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
