package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// batched writes down all batches as transcript does for a reader.
func batched(f *File, size int) string {
	var b strings.Builder
	for batch, err := range f.Batches(',', size) {
		if err != nil {
			fmt.Fprintf(&b, "END %v\n", err)
			break
		}
		faults := batch.Faults
		for i := 0; i <= len(batch.Rows); i++ {
			for len(faults) > 0 && faults[0].At == i {
				fmt.Fprintf(&b, "%d:%d %s\n", faults[0].Err.Line, faults[0].Err.Column, kind(faults[0].Err.Reason))
				faults = faults[1:]
			}
			if i < len(batch.Rows) {
				fmt.Fprintf(&b, "%d %q\n", batch.Rows[i].Line, batch.Rows[i].Cells)
			}
		}
	}
	return b.String()
}

// Batches hold what a reader gives, in the same order, whatever their size.
func batchesAreRows(t *rapid.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("aab,,\"\"\n\n\r\x00é")), 1, 300, -1).Draw(t, "text")
	size := rapid.IntRange(1, 20).Draw(t, "size")
	data := []byte("head\n" + text)
	files, err := Open("x", bytes.NewReader(data), int64(len(data)), Limits{Columns: 20})
	if err != nil {
		t.Skip("not a text")
	}
	rows, err := files[0].Rows(',')
	if err != nil {
		t.Fatal(err)
	}
	if got, want := batched(files[0], size), transcript(rows); got != want {
		t.Fatalf("got\n%swant\n%sfrom %q", got, want, text)
	}
}

func TestBatchesAreRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, batchesAreRows)
}

func FuzzBatchesAreRows(f *testing.F) { f.Fuzz(rapid.MakeFuzz(batchesAreRows)) }

func TestBatchRawAndFault(t *testing.T) {
	t.Parallel()
	f := open(t, "x.csv", []byte("a,\"b\"\nc\"d\ne,f\n"))
	for b, err := range f.Batches(',', 0) {
		if err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprintf("%q %q %q %d", b.Raw(0), b.Raw(1), b.Faults[0].Raw, b.Faults[0].At)
		if want := `"a,\"b\"" "e,f" "c\"d" 1`; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Who stops early, or panics, leaves no goroutine behind. The count of all
// goroutines would see those of other tests, so the source is watched: it is not
// read once the loop is over.
func TestBatchesStopEarly(t *testing.T) {
	t.Parallel()
	data := statement(50_000, "")
	src := &counting{Reader: bytes.NewReader(data)}
	files, err := Open("x.csv", src, int64(len(data)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for stop := range 5 {
		func() {
			defer func() { _ = recover() }()
			seen := 0
			for _, err := range files[0].Batches(',', 100) {
				if err != nil {
					t.Error(err)
				}
				if seen++; seen > stop {
					panic("enough")
				}
			}
		}()
		before := src.read()
		for range 100 {
			runtime.Gosched()
		}
		if after := src.read(); after != before {
			t.Errorf("read on after the end of the loop: %d, %d", before, after)
		}
	}
	if sum, err := files[0].Hash(); err != nil || sum == [32]byte{} {
		t.Error(sum, err)
	}
}

func (c *counting) read() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n
}

func TestBatchesEndWithTheError(t *testing.T) {
	t.Parallel()
	data := []byte("a\nb\nc\n")
	files, err := Open("x.csv", bytes.NewReader(data), int64(len(data)), Limits{Rows: 2})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := batched(files[0], 2), "1 [\"a\"]\n2 [\"b\"]\nEND line 4: the file has more than 2 rows; split it\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, err := range files[0].Batches('"', 2) {
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("a quote separates: %v", err)
		}
	}
}

// Batches of huge rows hold few of them.
func TestBatchesAreBoundedInBytes(t *testing.T) {
	t.Parallel()
	row := strings.Repeat("x", 200_000) + "," + strings.Repeat("y", 200_000) + "\n"
	f := open(t, "x.csv", []byte(strings.Repeat(row, 30)))
	total := 0
	for b, err := range f.Batches(',', 0) {
		if err != nil {
			t.Fatal(err)
		}
		if total += len(b.Rows); len(b.Rows) > 3 {
			t.Errorf("%d rows in a batch", len(b.Rows))
		}
	}
	if total != 30 {
		t.Errorf("%d rows", total)
	}
}

func BenchmarkBatches(b *testing.B) {
	data := statement(100_000, "")
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		files, err := Open("x.csv", bytes.NewReader(data), int64(len(data)), Limits{})
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for batch, err := range files[0].Batches(',', 0) {
			if err != nil {
				b.Fatal(err)
			}
			n += len(batch.Rows)
		}
		if _, err := files[0].Hash(); err != nil || n != 100_000 {
			b.Fatal(n, err)
		}
	}
}
