package intake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// book puts texts together as files in this order.
func book(r testkit.Reader, texts ...string) ([]*intake.File, *ledger.Book) {
	r.Helper()
	var files []*intake.File
	for i, text := range texts {
		files = append(files, read(r, fmt.Sprintf("%d.csv", i), text, intake.Choices{}))
	}
	return intake.Merge(files)
}

// says is what a book says, whatever the files it came from.
func says(b *ledger.Book) []string {
	var all []string
	for i := range b.Events {
		e := &b.Events[i]
		all = append(all, fmt.Sprintf("%s %s %s %s %s %s %s", e.ID, e.At.AppendTo(nil), e.Kind, e.Amount, e.Asset, e.Value, e.Account))
	}
	slices.Sort(all)
	return all
}

// row draws a row; with is whether it carries an id. Few values, so that equal
// rows are frequent.
func row(t *rapid.T, id string) string {
	return fmt.Sprintf("%s,2024-05-%02dT10:00:00Z,trade,%d,BTC,%d,GBP\n", id,
		rapid.IntRange(1, 3).Draw(t, "day"), rapid.IntRange(1, 2).Draw(t, "units"), rapid.IntRange(1, 2).Draw(t, "price"))
}

// balanced: the row equation holds in every file.
func balanced(t *rapid.T, files []*intake.File, b *ledger.Book) {
	rows := 0
	for i, f := range files {
		s := b.Sources[i]
		if !f.Collector.Tally.Balances() || s.Rows != s.Events+s.Merged+s.Duplicate+s.Ignored+s.Held || s.SHA256 != f.SHA256 {
			t.Fatalf("%s: %+v", f.Name, s)
		}
		rows += s.Events
	}
	if rows != len(b.Events) {
		t.Fatalf("%d rows lead to %d events", rows, len(b.Events))
	}
}

// importedTwice: exports that overlap, in any order, and each of them as often
// as one likes, are one book: that of the whole history.
func importedTwice(t *rapid.T) {
	n := rapid.IntRange(1, 12).Draw(t, "rows")
	rows := make([]string, n)
	for i := range rows {
		rows[i] = row(t, fmt.Sprintf("r%d", i))
	}
	_, whole := book(t, head+strings.Join(rows, ""))
	var texts []string
	for from := 0; from < n; {
		to := rapid.IntRange(from+1, n).Draw(t, "to")
		back := rapid.IntRange(0, from).Draw(t, "back")
		texts = append(texts, head+strings.Join(rows[back:to], ""))
		from = to
	}
	for range rapid.IntRange(0, 3).Draw(t, "again") {
		texts = append(texts, rapid.SampledFrom(texts).Draw(t, "which"))
	}
	files, b := book(t, rapid.Permutation(texts).Draw(t, "order")...)
	balanced(t, files, b)
	if got, want := says(b), says(whole); !slices.Equal(got, want) {
		t.Fatalf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// equalRows: without ids, a row counts as often as in the file that has it
// most often, and the order of the files is nothing.
func equalRows(t *rapid.T) {
	texts, most := make([]string, rapid.IntRange(1, 4).Draw(t, "files")), map[string]int{}
	for i := range texts {
		counts := map[string]int{}
		texts[i] = head
		for range rapid.IntRange(0, 6).Draw(t, "rows") {
			r := row(t, "")
			texts[i] += r
			counts[r]++
		}
		for r, n := range counts {
			most[r] = max(most[r], n)
		}
	}
	want := 0
	for _, n := range most {
		want += n
	}
	files, b := book(t, texts...)
	balanced(t, files, b)
	if len(b.Events) != want {
		t.Fatalf("%d events, want %d", len(b.Events), want)
	}
	_, turned := book(t, rapid.Permutation(texts).Draw(t, "order")...)
	if got, want := says(turned), says(b); !slices.Equal(got, want) {
		t.Fatalf("in another order\n%s\nwas\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestImportedTwice(t *testing.T) { t.Parallel(); rapid.Check(t, importedTwice) }
func TestEqualRows(t *testing.T)     { t.Parallel(); rapid.Check(t, equalRows) }

func FuzzImportedTwice(f *testing.F) { f.Fuzz(rapid.MakeFuzz(importedTwice)) }
func FuzzEqualRows(f *testing.F)     { f.Fuzz(rapid.MakeFuzz(equalRows)) }

// TestConflict: an id that says something else elsewhere is held, and names
// where; in one account only.
func TestConflict(t *testing.T) {
	t.Parallel()
	const one, other = "a,2024-05-01T10:00:00Z,trade,1,BTC,100,GBP\n", "a,2024-05-01T10:00:00Z,trade,1,BTC,101,GBP\n"
	files, b := book(t, head+one, head+other)
	if len(b.Events) != 1 || b.Sources[0].Events != 1 || b.Sources[1].Held != 1 || files[0].SHA256 > files[1].SHA256 {
		t.Fatalf("%+v", b.Sources)
	}
	want := fmt.Sprintf("the same id stands for something else in %s line 2; if both are real, give one of them another id or account", files[0].Name)
	if h := files[1].HeldRows(); len(h) != 1 || h[0].Line != 2 || h[0].Column != "id" || h[0].Reason != want || h[0].Raw == "" {
		t.Errorf("%+v", h)
	}
	if _, b := book(t, head+one+other); len(b.Events) != 1 || b.Sources[0].Held != 1 {
		t.Errorf("in one file: %+v", b.Sources)
	}
	if _, b := book(t, head+one+one); len(b.Events) != 1 || b.Sources[0].Duplicate != 1 {
		t.Errorf("twice in one file: %+v", b.Sources)
	}
	account := intake.Choices{Accounts: map[string]string{"y.csv": "Vault"}}
	_, b = intake.Merge([]*intake.File{read(t, "x.csv", head+one, account), read(t, "y.csv", head+other, account)})
	if len(b.Events) != 2 {
		t.Errorf("in two accounts: %+v", b.Sources)
	}
}
