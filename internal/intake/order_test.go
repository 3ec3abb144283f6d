package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

const header = "id,time,type,received_amount,received_asset,sent_amount,sent_asset,account,note\n"

// statementsOf draws files whose rows overlap: equal ids, equal rows without
// ids, ids that stand for different things.
func statementsOf(t *rapid.T) []named {
	files := make([]named, rapid.IntRange(1, 4).Draw(t, "files"))
	for i := range files {
		var b strings.Builder
		b.WriteString(header)
		for range rapid.IntRange(1, 6).Draw(t, "rows") {
			id := rapid.SampledFrom([]string{"", "", "a", "b", "c"}).Draw(t, "id")
			day := rapid.IntRange(1, 3).Draw(t, "day")
			kind := rapid.SampledFrom([]string{"trade,1,BTC,100,EUR", "deposit,2,BTC,,", "trade,1,ETH,2,BTC", "nonsense,,,,"}).Draw(t, "kind")
			fmt.Fprintf(&b, "%s,2024-01-0%dT00:00:00Z,%s,%s,\n", id, day, kind, rapid.SampledFrom([]string{"x", "y"}).Draw(t, "account"))
		}
		files[i] = named{fmt.Sprintf("f%d.csv", i), b.String()}
	}
	if rapid.Bool().Draw(t, "twice") {
		files = append(files, named{"again.csv", files[0].text})
	}
	return files
}

// offline is what the command line makes of files.
func offline(t *rapid.T, files []named) (*ledger.Book, map[string]intake.Inspected) {
	var opened []*intake.File
	for _, f := range files {
		list, err := intake.Open(f.name, strings.NewReader(f.text), int64(len(f.text)), cli.Formats(), intake.Choices{})
		if err != nil {
			t.Fatal(err)
		}
		opened = append(opened, list...)
	}
	said := map[*intake.File]intake.Contents{}
	for _, f := range opened {
		if err := f.Read(ledger.NewCalendar(time.UTC)); err != nil {
			t.Fatal(err)
		}
		said[f] = f.Contents()
	}
	kept, book := intake.Merge(opened)
	known := map[string]intake.Inspected{}
	for _, f := range kept {
		known[f.Name] = f.Inspect(said[f])
	}
	return book, known
}

// same compares the book of the service with that of the command line.
func same(t *rapid.T, h *house, live []named, imports map[string]tenant.ID) {
	book, known := offline(t, live)
	list := h.events(intake.Filter{})
	if len(list) != len(book.Events) {
		t.Fatalf("%d events, the command line has %d", len(list), len(book.Events))
	}
	for i := range list {
		want, got := &book.Events[i], &list[i].Event
		if got.ID != want.ID || !ledger.SameContent(got, want) || got.Origin.Line != want.Origin.Line || list[i].File != book.Sources[want.Origin.File].Name {
			t.Fatalf("event %d is %s of %s line %d, the command line has %s of %s line %d",
				i, got.ID, list[i].File, got.Origin.Line, want.ID, book.Sources[want.Origin.File].Name, want.Origin.Line)
		}
	}
	for _, f := range live {
		m, err := h.Find(h.t.Context(), h.scope, imports[f.name])
		if err != nil {
			t.Fatal(err)
		}
		src := m.Sources[0]
		want, ok := known[f.name]
		if !ok {
			if !src.Twin || src.Duplicate != src.Rows {
				t.Fatalf("%s is there twice and says %+v", f.name, src.Inspected)
			}
			continue
		}
		held, err := h.HeldRows(h.t.Context(), h.scope, src, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		src.HeldRows = held
		if got := fmt.Sprintf("%+v", src.Inspected); got != fmt.Sprintf("%+v", withTimes(want, src.Inspected)) {
			t.Fatalf("%s:\n%s\nthe command line says\n%+v", f.name, got, want)
		}
		if state := map[bool]intake.State{true: intake.Held, false: intake.Done}[want.Held > 0]; m.State != state {
			t.Fatalf("%s is %s with %d held rows", f.name, m.State, want.Held)
		}
	}
}

// withTimes takes over the pointers, which print as addresses, once they say
// the same.
func withTimes(want, got intake.Inspected) intake.Inspected {
	for _, p := range [...]struct{ a, b **string }{{&want.From, &got.From}, {&want.To, &got.To}} {
		if *p.a != nil && *p.b != nil && **p.a == **p.b {
			*p.a = *p.b
		}
	}
	return want
}

// anyOrder: whatever the order in which files come and go, the book is that of
// the command line on the files that are there.
func anyOrder(h *house) func(*rapid.T) {
	return func(t *rapid.T) {
		h.scope = h.newEntity()
		var live []named
		imports := map[string]tenant.ID{}
		for _, f := range rapid.Permutation(statementsOf(t)).Draw(t, "order") {
			imports[f.name] = h.take(f).ID
			live = append(live, f)
			if rapid.IntRange(0, 3).Draw(t, "revert") == 0 {
				gone := rapid.IntRange(0, len(live)-1).Draw(t, "which")
				if _, err := h.Revert(h.t.Context(), h.scope, imports[live[gone].name]); err != nil {
					t.Fatal(err)
				}
				live = slices.Delete(live, gone, gone+1)
			}
			same(t, h, live, imports)
		}
	}
}

func TestAnyOrder(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	rapid.Check(t, anyOrder(h))
}

func FuzzAnyOrder(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) { rapid.MakeFuzz(anyOrder(newHouse(t)))(t, data) })
}
