package testkit

import (
	"bytes"
	"encoding/csv"
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestHistory: each history has its header and n rows of as many cells, and
// the same bytes each time.
func TestHistory(t *testing.T) {
	t.Parallel()
	for _, name := range Histories() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var one, two bytes.Buffer
			for _, b := range []*bytes.Buffer{&one, &two} {
				if err := WriteHistory(b, name, 1000, "USD"); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(one.Bytes(), two.Bytes()) {
				t.Error("two runs give other bytes")
			}
			rows, err := csv.NewReader(&one).ReadAll()
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != 1001 {
				t.Errorf("%d rows, want 1,001", len(rows))
			}
		})
	}
	if err := WriteHistory(&bytes.Buffer{}, "nonsense", 1, "USD"); err == nil {
		t.Error("an unknown history passes")
	}
}

// TestWriteHistory writes the histories that scripts/bench asks for in HISTORY:
// name:n:currency:file, with blanks between several.
func TestWriteHistory(t *testing.T) {
	t.Parallel()
	for job := range strings.FieldsSeq(os.Getenv("HISTORY")) {
		part := strings.SplitN(job, ":", 4)
		n, err := strconv.Atoi(part[1])
		if err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(part[3])
		if err != nil {
			t.Fatal(err)
		}
		if err := WriteHistory(file, part[0], n, part[2]); err != nil {
			t.Error(err)
		}
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}
}
