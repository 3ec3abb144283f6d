package intake_test

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// TestSamples: each sample that the offline job reads gives the same rows and
// the same events through the service.
func TestImportOfSamples(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	files := []named{sample(t, "kraken-ledgers.csv"), sample(t, "coinbase-transactions.csv"), sample(t, "ledgersys.csv")}
	m := h.take(files...)
	if len(m.Sources) != 3 || m.State != intake.Done && m.State != intake.Held {
		t.Fatalf("%+v", m)
	}
	total := 0
	for _, s := range m.Sources {
		if s.Rows != s.Events+s.Merged+s.Duplicate+s.Ignored+s.Held || s.Rows == 0 || s.Rank == 0 {
			t.Errorf("%s: %+v", s.Name, s.Inspected)
		}
		total += s.Events
	}
	leads := 0
	var last ledger.Instant
	for _, e := range h.events(intake.Filter{}) {
		if e.Event.Origin.Rows > 0 {
			leads++
		}
		if e.Event.At < last {
			t.Errorf("out of order: %s", e.Event.At.Time())
		}
		last = e.Event.At
	}
	if leads != total {
		t.Errorf("%d events are listed, the files have %d", leads, total)
	}
	again := h.take(files[0])
	if s := again.Sources[0]; again.State != intake.Done || s.Duplicate != s.Rows || !s.Twin {
		t.Errorf("the same file again: %s %+v", again.State, s.Inspected)
	}
	if n := len(h.events(intake.Filter{})); n < leads {
		t.Errorf("%d events", n)
	}
}

// secret is the first test vector of BIP-39.
const secret = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"

// TestRefused: what cannot be used, or must not be, refuses all of it.
func TestRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	good := sample(t, "kraken-ledgers.csv")
	for name, c := range map[string]struct {
		files []named
		order intake.Order
		code  string
		kind  fault.Kind
	}{
		"no_files":       {nil, intake.Order{}, "no_file", fault.Invalid},
		"unknown_header": {[]named{good, {"x.csv", "a,b\n1,2\n"}}, intake.Order{}, "unusable_file", fault.Invalid},
		"picture":        {[]named{{"x.png", "\x89PNG\r\n\x1a\n"}}, intake.Order{}, "unusable_file", fault.Invalid},
		"empty":          {[]named{{"x.csv", ""}}, intake.Order{}, "unusable_file", fault.Invalid},
		"private_key":    {[]named{good, {"x.csv", good.text + secret}}, intake.Order{}, "private_key_refused", fault.Invalid},
		"in_junk":        {[]named{{"x.bin", "\x89PNG " + secret}}, intake.Order{}, "private_key_refused", fault.Invalid},
		"in_name":        {[]named{{secret + ".csv", good.text}}, intake.Order{}, "private_key_refused", fault.Invalid},
		"in_account":     {[]named{good}, intake.Order{Choice: intake.Choice{Account: []string{secret}}}, "private_key_refused", fault.Invalid},
		"no_zone":        {[]named{good}, intake.Order{Choice: intake.Choice{TZ: []string{"Mars/Olympus"}}}, "unknown_zone", fault.Invalid},
	} {
		_, err := h.upload(c.order, c.files...)
		if f := fault.Of(err); f.Code != c.code || f.Kind != c.kind || strings.Contains(f.Words, secret[:20]) {
			t.Errorf("%s: %v %q", name, err, f.Words)
		}
	}
	list, err := h.List(t.Context(), h.scope, [16]byte{}, 10)
	if err != nil || len(list) != 0 {
		t.Errorf("something is kept: %v %v", list, err)
	}
}

// TestZoneQuestion: an import whose times nobody knows the zone of waits for
// an answer, and may be answered again.
func TestZoneQuestion(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	m, err := h.upload(intake.Order{}, sample(t, "sparrow-local.csv"))
	if err != nil || m.State != intake.Staged || m.Sources[0].Held == 0 {
		t.Fatalf("%+v %v", m, err)
	}
	held, err := h.HeldRows(t.Context(), h.scope, m.Sources[0], 0, 100)
	if err != nil || len(held) != m.Sources[0].Held || held[0].Reason != "time without zone" || held[0].Raw == "" {
		t.Fatalf("%v %v", held, err)
	}
	if n := len(h.events(intake.Filter{})); n != 0 {
		t.Errorf("%d events before the answer", n)
	}
	first := map[string]ledger.Instant{}
	for _, zone := range []string{"UTC", "America/New_York"} {
		if _, err := h.Start(t.Context(), h.scope, m.ID, intake.Choice{TZ: []string{zone}}); err != nil {
			t.Fatal(err)
		}
		m = h.run(m.ID)
		if m.State != intake.Done || m.Sources[0].Zone != zone || m.Sources[0].ZoneFrom != intake.ZoneChosen {
			t.Errorf("%s: %s %+v", zone, m.State, m.Sources[0].Inspected)
		}
		first[zone] = h.events(intake.Filter{})[0].Event.At
	}
	if d := first["America/New_York"].Time().Sub(first["UTC"].Time()); d != 4*time.Hour && d != 5*time.Hour {
		t.Errorf("the zone moves times by %s", d)
	}
}

// TestRevert: a reverted import is as if it had never been, and its files may
// come again.
func TestRevert(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	a, b := sample(t, "kraken-ledgers.csv"), sample(t, "bitstamp.csv")
	h.take(a)
	before := h.events(intake.Filter{})
	m := h.take(b)
	if len(h.events(intake.Filter{})) <= len(before) {
		t.Fatal("the second file brings nothing")
	}
	m, err := h.Revert(t.Context(), h.scope, m.ID)
	if err != nil || m.State != intake.Reverted {
		t.Fatalf("%+v %v", m, err)
	}
	after := h.events(intake.Filter{})
	if len(after) != len(before) || after[0].Event.ID != before[0].Event.ID {
		t.Errorf("%d events, before it were %d", len(after), len(before))
	}
	if m, err = h.Revert(t.Context(), h.scope, m.ID); err != nil || m.State != intake.Reverted {
		t.Errorf("again: %v", err)
	}
	if err := h.Sweep(t.Context(), h.scope); err != nil {
		t.Error(err)
	}
	if m := h.take(b); m.State == intake.Failed || m.Sources[0].Twin {
		t.Errorf("the same file again: %+v", m)
	}
	if _, err := h.Start(t.Context(), h.scope, m.ID, intake.Choice{}); fault.Of(err).Code != "import_reverted" {
		t.Errorf("a reverted import starts: %v", err)
	}
}

// TestCanaries: nothing of what names or locates people lies in the clear in
// the data directory, however often it was written there.
func TestCanaries(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	text := "id,time,type,received_amount,received_asset,sent_amount,sent_asset,account,counter_account,tx_hash,note\n" +
		"CanaryId1,2024-01-01T00:00:00Z,deposit,1,BTC,,,CanaryAccount,,canarytxhash00,CanaryNote words\n" +
		"2,2024-01-02T00:00:00Z,transfer,,,1,BTC,CanaryAccount,CanaryOther,,\n" +
		"3,2024-01-03T00:00:00Z,CanaryHeld,1,BTC,,,CanaryAccount,,,CanaryRaw\n"
	m := h.take(named{"CanaryName.csv", text})
	if m.State != intake.Held {
		t.Fatalf("%+v", m)
	}
	if _, err := h.upload(intake.Order{Review: true, Choice: intake.Choice{Account: []string{"CanaryChoice"}}}, named{"CanaryName2.csv", text + "\n"}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, path := range filesBelow(t, h.dir) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		seen += len(b)
		for _, canary := range []string{"Canary", "canarytxhash", "Q2FuYXJ5", "43616e617279", "C\x00a\x00n\x00a\x00r\x00y"} {
			if i := bytes.Index(b, []byte(canary)); i >= 0 {
				t.Errorf("%s holds %q", filepath.Base(path), b[max(0, i-20):min(len(b), i+40)])
			}
		}
	}
	if seen < 1<<16 {
		t.Errorf("only %d bytes were searched", seen)
	}
}

func filesBelow(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			list = append(list, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestOnce: an upload that is sent twice under one key is one import; other
// files under it are refused.
func TestOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	send := func(files ...named) (*intake.Import, error) {
		ctx, _ := once.With(t.Context(), tenant.Actor{User: tenant.UserID{1}}, "key", "digest")
		i := -1
		return h.Upload(ctx, h.scope, intake.Order{}, func() (intake.Incoming, error) {
			if i++; i == len(files) {
				return intake.Incoming{}, io.EOF
			}
			return intake.Incoming{Name: files[i].name, Body: strings.NewReader(files[i].text)}, nil
		})
	}
	first, err := send(sample(t, "kraken-ledgers.csv"))
	if err != nil {
		t.Fatal(err)
	}
	if again, err := send(sample(t, "kraken-ledgers.csv")); err != nil || again.ID != first.ID {
		t.Errorf("again: %+v %v", again, err)
	}
	if _, err := send(sample(t, "bitstamp.csv")); fault.Of(err).Code != "idempotency_key_reused" {
		t.Errorf("other files: %v", err)
	}
	if list, err := h.List(t.Context(), h.scope, tenant.ID{}, 9); err != nil || len(list) != 1 {
		t.Errorf("%d imports, %v", len(list), err)
	}
}
