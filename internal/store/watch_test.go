package store_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestDaily: all chains are verified every day; one that is broken is told
// once, shown until it is mended, and the operator gets every good day's
// checkpoint.
func TestDaily(t *testing.T) {
	t.Parallel()
	c, p := &ticking{}, place{dir: t.TempDir()}
	s := p.open(t, store.Config{Clock: c.now})
	good, bad := newFirm(t, s), newFirm(t, s)
	for range 3 {
		for _, scope := range []tenant.Scope{good, bad} {
			if err := s.InFirm(t.Context(), scope, note(t.Context(), "a")); err != nil {
				t.Fatal(err)
			}
		}
	}
	alerts := make(chan audit.Alert, 10)
	reg := job.NewRegistry(1)
	if err := s.Chores(reg, func(_ context.Context, a audit.Alert) error { alerts <- a; return nil }); err != nil {
		t.Fatal(err)
	}
	work(t, s, reg)
	armed(t, s, c)
	day := func(n int) {
		c.off.Store(int64(n) * int64(24*time.Hour))
	}
	day(1)
	a := wait(t, "the first day", alerts, 1)[0]
	if last, err := s.LastCheckpoint(t.Context()); a.Kind != audit.Daily || a.Note != last || err != nil {
		t.Errorf("alert %+v: %v", a, err)
	}
	db := raw(t, p.file(bad))
	change(t, db, "update audit set object = 'b' where seq = 2")
	day(2)
	a = wait(t, "the second day", alerts, 1)[0]
	want := audit.Finding{Chain: bad.Firm().String(), Seq: 2, What: "it was changed"}
	if a.Kind != audit.Broken || len(a.Findings) != 1 || a.Findings[0] != want {
		t.Errorf("alert %+v", a)
	}
	state, err := s.AuditState(t.Context())
	if err != nil || len(state.Findings) != 1 || state.Findings[0] != want {
		t.Errorf("state %+v: %v", state, err)
	}
	change(t, db, "update audit set object = 'a' where seq = 2")
	day(3)
	if a = wait(t, "the third day", alerts, 1)[0]; a.Kind != audit.Daily {
		t.Errorf("alert %+v", a)
	}
	state, err = s.AuditState(t.Context())
	if err != nil || len(state.Findings) != 0 || state.Late(c.now()) {
		t.Errorf("state %+v: %v", state, err)
	}
	events, err := audit.NewReader(s.AuditLog()).EventPage(t.Context(), bad, audit.EventQuery{Kind: "audit_verification"})
	if err != nil || len(events) != 1 || events[0].Outcome != "failed" {
		t.Errorf("events of the firm: %+v %v", events, err)
	}
}

// TestAbsence: that nobody verifies is told as well, once a day.
func TestAbsence(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		c := &ticking{}
		s := p.open(t, store.Config{Clock: c.now})
		alerts := make(chan job.Run, 10)
		reg := job.NewRegistry(1)
		handle(t, reg, job.Kind{Name: "audit.alert", Work: func(_ context.Context, r job.Run) error { alerts <- r; return nil }})
		handle(t, reg, job.Kind{Name: "test.daily", Work: func(context.Context, job.Run) error { return nil }})
		if err := reg.Every("test", "@daily", job.Task{Kind: "test.daily"}); err != nil {
			t.Fatal(err)
		}
		work(t, s, reg)
		armed(t, s, c)
		for _, hours := range []int64{27, 52} {
			c.off.Store(hours * int64(time.Hour))
			var a audit.Alert
			if err := wait(t, "the alert", alerts, 1)[0].Args(&a); err != nil || a.Kind != audit.Late {
				t.Errorf("alert %+v: %v", a, err)
			}
		}
		if state, err := s.AuditState(t.Context()); err != nil || !state.Late(c.now()) {
			t.Errorf("state %+v: %v", state, err)
		}
	})
}

// TestExport: an outsider recomputes a chain without any of our code, and sees
// a change.
func TestExport(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		scope := newFirm(t, s)
		for _, reason := range []string{"", `quoted "\ and <html> & ünïcode`, "line\nbreak\ttab \x01\x7f\u2028 😀", "bad \xff bytes"} {
			err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
				return tx.Audit(t.Context(), audit.Entry{Action: "test.note", Object: "a", After: reason, Reason: reason})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.Checkpoint(t.Context()); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := audit.NewReader(s.AuditLog()).Export(t.Context(), scope, &b); err != nil {
			t.Fatal(err)
		}
		if out, err := recomputed(t, b.Bytes()); err != nil || !strings.HasPrefix(out, "ok n=4 ") {
			t.Errorf("%s %v\n%s", out, err, b.Bytes())
		}
		for what, changed := range map[string][]byte{
			"changed": bytes.Replace(b.Bytes(), []byte("ünïcode"), []byte("unicode"), 1),
			"cut":     b.Bytes()[:bytes.LastIndexByte(b.Bytes()[:b.Len()-1], '\n')+1],
			"shorter": append(bytes.Join(bytes.SplitAfter(b.Bytes(), []byte("\n"))[:3], nil), bytes.SplitAfter(b.Bytes(), []byte("\n"))[5]...),
		} {
			if out, err := recomputed(t, changed); err == nil {
				t.Errorf("%s: %s", what, out)
			}
		}
	})
}

func recomputed(t *testing.T, export []byte) (string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "audit.jsonl")
	if err := os.WriteFile(file, export, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("python3", filepath.Join(testkit.Root(t), "internal", "audit", "recompute.py"), file).CombinedOutput()
	return string(out), err
}

// TestCheckpoint: what is signed names the installation and is verified with
// the published key; another key or a changed text is refused.
func TestCheckpoint(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		if err := s.InFirm(t.Context(), newFirm(t, s), note(t.Context(), "a")); err != nil {
			t.Fatal(err)
		}
		signed, err := s.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		vkey, err := s.VerifierKey(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		name, rest, _ := strings.Cut(vkey, "+")
		_, public, _ := strings.Cut(rest, "+")
		key, err := base64.StdEncoding.DecodeString(public)
		if err != nil {
			t.Fatal(err)
		}
		installation := strings.TrimPrefix(name, "ledgersys/")
		got, err := audit.OpenNote(signed, installation, key[1:])
		if err != nil || got.Size != 1 || got.Chains != 1 {
			t.Errorf("checkpoint %+v: %v\n%s", got, err, signed)
		}
		for _, changed := range []string{strings.Replace(signed, "\n1\n", "\n2\n", 1), strings.Replace(signed, "chains 1", "chains 2", 1), ""} {
			if _, err := audit.OpenNote(changed, installation, key[1:]); err == nil {
				t.Errorf("taken:\n%s", changed)
			}
		}
		r, err := s.Verify(t.Context(), "")
		if err != nil || !r.OK() || r.Chains != 2 {
			t.Errorf("%+v: %v", r, err)
		}
	})
}
