package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// books makes a data directory with one firm whose chain has three links.
func books(t *testing.T) (dir string, firm tenant.FirmID) {
	t.Helper()
	dir, firm = t.TempDir(), tenant.NewID()
	s, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: func() time.Time { return time.Now().UTC() }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	masters, err := keyring.FindMasters("", "", dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenKeys(t.Context(), masters, 0); err != nil {
		t.Fatal(err)
	}
	err = s.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") })
	for _, action := range []string{"test.one", "test.two", "test.three"} {
		if err == nil {
			err = s.InFirm(t.Context(), tenant.ForCommand(firm, tenant.EntityID{}, "test"), func(tx *store.FirmTx) error {
				return tx.Audit(t.Context(), audit.Entry{Action: action, Object: "a", Reason: "because"})
			})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, firm
}

// TestAuditVerify: a chain that verifies is exit 0, one that was changed is 6
// with its first wrong link, and a firm that is not there is bad usage.
func TestAuditVerify(t *testing.T) {
	t.Parallel()
	dir, firm := books(t)
	for _, args := range [][]string{{"--all"}, {"--firm", firm.String()}, nil} {
		code, out, errs := finished(t, dir, nil, append([]string{"audit", "verify", "--data-dir", dir}, args...)...)
		n := 0 // a run of this command is an entry of the control plane's chain too
		if _, err := fmt.Sscanf(out, "ok n=%d ", &n); err != nil || code != 0 || n < 3 {
			t.Errorf("%v: exit %d: %s%s", args, code, out, errs)
		}
	}
	if code, out, _ := finished(t, t.TempDir(), nil, "audit", "export", "--data-dir", dir, "--firm", firm.String(), "--out", filepath.Join(dir, "chain")); code != 0 || out != "" {
		t.Errorf("export: exit %d: %s", code, out)
	}
	exported, err := os.ReadFile(filepath.Join(dir, "chain"))
	if n := bytes.Count(exported, []byte("\n")); err != nil || n != 5 {
		t.Errorf("export: %d lines, %v", n, err)
	}
	file := filepath.Join(dir, "firms", firm.String()+".db")
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, bytes.ReplaceAll(content, []byte("test.two"), []byte("test.owt")), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := finished(t, t.TempDir(), nil, "audit", "verify", "--data-dir", dir)
	if code != 6 || out != "chain "+firm.String()+": link 2: it was changed\n" {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	var r audit.Report
	code, out, errs = finished(t, t.TempDir(), nil, "audit", "verify", "--data-dir", dir, "--json")
	if err := json.Unmarshal([]byte(out), &r); code != 6 || err != nil || len(r.Findings) != 1 || r.Findings[0].Seq != 2 {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	for _, args := range [][]string{{"--firm", "x"}, {"--firm", firm.String(), "--all"}} {
		if code, _, errs := finished(t, dir, nil, append([]string{"audit", "verify", "--data-dir", dir}, args...)...); code != 2 {
			t.Errorf("%v: exit %d: %s", args, code, errs)
		}
	}
	if code, _, _ := finished(t, t.TempDir(), nil, "audit", "verify", "--data-dir", t.TempDir()); code != 10 {
		t.Errorf("no books: exit %d", code)
	}
}

// TestInventoryVerb: the list is complete enough to be read by a program.
func TestInventoryVerb(t *testing.T) {
	t.Parallel()
	code, out, errs := finished(t, t.TempDir(), nil, "data-inventory", "--json")
	var list struct{ Columns []store.Column }
	if err := json.Unmarshal([]byte(out), &list); code != 0 || err != nil || len(list.Columns) < 100 {
		t.Errorf("exit %d, %d columns: %s", code, len(list.Columns), errs)
	}
}
