package oracle_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/tax/oracle"
)

const vectorFolder = "../testdata/vectors"

func TestEveryLedgerVectorAgrees(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(vectorFolder, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var vector struct {
			Level  string          `json:"level"`
			Expect json.RawMessage `json:"expect"`
		}
		if err := json.Unmarshal(data, &vector); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if vector.Level != "ledger" {
			continue
		}
		seen++
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) {
			t.Parallel()
			got, err := oracle.Run(data)
			if err != nil {
				t.Fatal(err)
			}
			if d := oracle.Diff(vector.Expect, got, 0, true); d != "" {
				t.Errorf("%s\n%s", d, got)
			}
			if d := oracle.Diff(vector.Expect, got, 0, false); d != "" {
				t.Errorf("in the other direction: %s", d)
			}
		})
	}
	if seen < 120 {
		t.Errorf("only %d ledger vectors found in %s", seen, vectorFolder)
	}
}
