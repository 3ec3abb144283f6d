package audit_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

var day = time.Date(2026, 3, 1, 12, 0, 0, 123456789, time.UTC)

// TestCanonical: what is hashed is fixed to the byte, as other programs
// compute it.
func TestCanonical(t *testing.T) {
	t.Parallel()
	user, err := tenant.ParseID("0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	l, err := audit.NewLink("control", audit.Link{}, audit.Entry{
		Action: "member.add", Object: "user/1", After: map[string]int{"a": 1}, Reason: "\"ü\"\n\\\x01",
		Actor: tenant.Actor{Via: tenant.ViaSession, User: user, Address: "192.0.2.1"},
	}, day)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"action":"member.add","actor":"0123456789abcdef0123456789abcdef","address":"192.0.2.1",` +
		`"after":"015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862","before":"","chain":"control","firm":"",` +
		`"object":"user/1","reason":"\"ü\"\n\\\u0001","seq":1,"session":"","time":"2026-03-01T12:00:00.123456Z","via":"session"}`
	if got := string(l.Canonical("control")); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if sum := sha256.Sum256(append(make([]byte, 32), want...)); l.Hash != audit.Hash(sum) {
		t.Errorf("hash %s", l.Hash)
	}
	for _, bad := range []audit.Entry{{}, {Action: "two words"}, {Action: "a", Object: "näme"}, {Action: "a", After: func() {}}} {
		if _, err := audit.NewLink("control", audit.Link{}, bad, day); err == nil {
			t.Errorf("taken: %+v", bad)
		}
	}
}

// canonical: the JSON that is hashed says exactly what the link says, whatever
// people wrote, and no two links say the same.
func canonical(t *rapid.T) {
	reasons := rapid.SliceOfN(rapid.String(), 2, 2).Draw(t, "reasons")
	var all [2]string
	for i, reason := range reasons {
		l, err := audit.NewLink("control", audit.Link{}, audit.Entry{Action: "test", Reason: reason}, day)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = string(l.Canonical("control"))
		var back map[string]any
		if err := json.Unmarshal([]byte(all[i]), &back); err != nil || back["reason"] != strings.ToValidUTF8(reason, "\uFFFD") || back["seq"] != 1.0 {
			t.Fatalf("%q becomes %s: %v", reason, all[i], err)
		}
	}
	if (all[0] == all[1]) != (reasons[0] == reasons[1]) {
		t.Fatalf("%q and %q", reasons[0], reasons[1])
	}
}

func TestCanonicalSaysAll(t *testing.T) { t.Parallel(); rapid.Check(t, canonical) }

func FuzzCanonical(f *testing.F) { f.Fuzz(rapid.MakeFuzz(canonical)) }

// chain makes a chain of n links.
func chain(t *testing.T, n int) []audit.Link {
	t.Helper()
	var last audit.Link
	links := make([]audit.Link, n)
	for i := range links {
		var err error
		if last, err = audit.NewLink("c", last, audit.Entry{Action: "test", Object: strings.Repeat("x", i+1)}, day); err != nil {
			t.Fatal(err)
		}
		links[i] = last
	}
	return links
}

func check(links []audit.Link, anchors ...audit.Head) *audit.Finding {
	c := audit.NewChecker("c", anchors...)
	for _, l := range links {
		if !c.Link(l) {
			break
		}
	}
	_, found := c.End()
	return found
}

// TestChecker: each sort of change is found at its first link.
func TestChecker(t *testing.T) {
	t.Parallel()
	links := chain(t, 5)
	end := audit.Head{Chain: "c", Size: 5, Hash: links[4].Hash}
	changed := append([]audit.Link{}, links...)
	changed[2].Reason = "other"
	other := chain(t, 6)[5]
	for name, c := range map[string]struct {
		links   []audit.Link
		anchors []audit.Head
		first   int64
	}{
		"well":         {links, []audit.Head{end}, 0},
		"grown":        {append(append([]audit.Link{}, links...), other), []audit.Head{end}, 0},
		"changed":      {changed, nil, 3},
		"without_one":  {append(append([]audit.Link{}, links[:2]...), links[3:]...), nil, 3},
		"twice":        {append(append([]audit.Link{}, links[:3]...), links[2:]...), nil, 4},
		"not_first":    {links[1:], nil, 1},
		"cut":          {links[:3], []audit.Head{end}, 4},
		"empty":        {nil, []audit.Head{end}, 1},
		"rewritten":    {links, []audit.Head{{Chain: "c", Size: 4, Hash: links[0].Hash}}, 4},
		"signed_twice": {links, []audit.Head{end, {Chain: "c", Size: 5, Hash: links[0].Hash}}, 5},
	} {
		found := check(c.links, c.anchors...)
		if (found == nil) != (c.first == 0) || found != nil && found.Seq != c.first {
			t.Errorf("%s: %v", name, found)
		}
	}
	if found := check([]audit.Link{{}}); found == nil || found.Seq != 1 {
		t.Errorf("a link of nothing: %v", found)
	}
}

// TestRoot: the root is that of RFC 6962, as the library computes it, and
// heads come back from their text.
func TestRoot(t *testing.T) {
	t.Parallel()
	var heads []audit.Head
	for n := range 20 {
		if n > 0 {
			heads = append(heads, audit.Head{Chain: tenant.NewID().String(), Size: int64(n), Hash: sha256.Sum256([]byte{byte(n)})})
		}
		lines := audit.Lines(heads)
		back, err := audit.ParseLines(lines)
		if err != nil || audit.Lines(back) != lines || len(back) != n {
			t.Fatalf("%d heads: %v\n%s", n, err, lines)
		}
		if got, want := audit.Root(heads), treeHash(t, strings.Split(strings.TrimSuffix(lines, "\n"), "\n")[:n]); got != want {
			t.Errorf("%d heads: %s, want %s", n, got, want)
		}
	}
	for _, bad := range []string{"a", "a x " + strings.Repeat("0", 64), "a 1 0", "a 1 " + strings.Repeat("g", 64)} {
		if _, err := audit.ParseLines(bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// treeHash is the root as golang.org/x/mod computes it.
func treeHash(t *testing.T, lines []string) audit.Hash {
	t.Helper()
	var stored []tlog.Hash
	read := tlog.HashReaderFunc(func(at []int64) (got []tlog.Hash, err error) {
		for _, i := range at {
			got = append(got, stored[i])
		}
		return got, nil
	})
	for n, line := range lines {
		more, err := tlog.StoredHashes(int64(n), []byte(line), read)
		if err != nil {
			t.Fatal(err)
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(int64(len(lines)), read)
	if err != nil {
		t.Fatal(err)
	}
	if len(lines) == 0 {
		return sha256.Sum256(nil)
	}
	return audit.Hash(root)
}

// TestNote: a checkpoint is opened with its key and installation only.
func TestNote(t *testing.T) {
	t.Parallel()
	key, other := ed25519.NewKeyFromSeed(make([]byte, 32)), ed25519.NewKeyFromSeed(append(make([]byte, 31), 1))
	c := audit.NewCheckpoint([]audit.Head{{Chain: "a", Size: 2}, {Chain: "b", Size: 3}}, day)
	signed, err := c.Note("home", key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := audit.OpenNote(signed, "home", key.Public().(ed25519.PublicKey))
	if err != nil || got != c || got.Size != 5 {
		t.Errorf("%+v %v", got, err)
	}
	if _, err := audit.OpenNote(signed, "home", other.Public().(ed25519.PublicKey)); err == nil {
		t.Error("another key opens it")
	}
	if _, err := audit.OpenNote(signed, "elsewhere", key.Public().(ed25519.PublicKey)); err == nil {
		t.Error("it is of another installation")
	}
	h := audit.Head{Chain: "a", Size: 2}
	sum := h.Sign("home", key)
	for name, bad := range map[string]audit.Head{"chain": {Chain: "b", Size: 2}, "size": {Chain: "a", Size: 3}, "hash": {Chain: "a", Size: 2, Hash: audit.Hash{1}}} {
		if bad.Signed("home", key.Public().(ed25519.PublicKey), sum) {
			t.Errorf("another %s is signed too", name)
		}
	}
}

// BenchmarkCheck measures the verification itself, without any database.
func BenchmarkCheck(b *testing.B) {
	l, err := audit.NewLink("c", audit.Link{}, audit.Entry{Action: "test.note", Object: "entity/" + strings.Repeat("a", 32), Before: 1, After: 2, Reason: "because"}, day)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if l.Hash != l.Sum("c") {
			b.Fatal("another hash")
		}
	}
}
