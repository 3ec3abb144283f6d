package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// tally is what inspect and report say about an input.
type tally struct {
	Name, Format                                   string
	Rows, Events, Merged, Duplicate, Ignored, Held int
}

// String is one line of a golden file.
func (t tally) String() string {
	format := t.Format
	if format == "" {
		format = "-"
	}
	return fmt.Sprintf("%s %s: %d rows = %d events + %d merged + %d duplicate + %d ignored + %d held",
		t.Name, format, t.Rows, t.Events, t.Merged, t.Duplicate, t.Ignored, t.Held)
}

// balances reports whether each row has one outcome.
func (t tally) balances() bool {
	return t.Rows == t.Events+t.Merged+t.Duplicate+t.Ignored+t.Held
}

// result is what a test needs of ledgersys.result/1 and ledgersys.inspect/1.
type result struct {
	Inputs    []tally
	Files     []tally
	Disposals []struct {
		Date, Kind, Amount, Asset, Cost, Basis string
		Proceeds, Gain                         *string
		Legs                                   []struct{ Rule, Amount string }
	}
}

// ledgersys runs the program in this process and reads the JSON it prints.
func ledgersys(t *testing.T, wantCode int, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	if code := cli.Run(args, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs}); code != wantCode {
		t.Fatalf("ledgersys %s: exit %d, want %d: %s", strings.Join(args, " "), code, wantCode, &errs)
	}
	var r result
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatalf("ledgersys %s: %v", strings.Join(args, " "), err)
	}
	return r
}

// statements lists the files of a folder, prices apart.
func statements(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, e := range entries {
		if e.Name() != "prices.csv" {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

// What becomes of each sample statement is pinned: its rows, alone and in one
// call with all others, and its disposals.
func TestSamples(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testkit.Root(t), "scripts", "samples")
	testkit.Golden(t, "testdata/samples/*.txtar", func(t *testing.T, in map[string]string) map[string]string {
		flags := strings.Fields(strings.ReplaceAll(in["flags"], "DIR", dir))
		paths := statements(t, dir)
		var tallies, disposals strings.Builder
		for _, path := range paths {
			r := ledgersys(t, exitOf(path), append(append([]string{"tax", "report", "--json"}, flags...), path)...)
			if len(r.Inputs) != 1 || !r.Inputs[0].balances() {
				t.Errorf("%v: the rows do not add up", r.Inputs)
				continue
			}
			fmt.Fprintln(&tallies, r.Inputs[0])
			dump(&disposals, r)
		}
		all := ledgersys(t, 3, append(append([]string{"tax", "report", "--json"}, flags...), paths...)...)
		return map[string]string{"tallies": tallies.String(), "disposals": disposals.String(), "together": together(t, all)}
	})
}

// exitOf is how a report on one sample ends: 0 for the few whose coins all came
// and went within the file.
func exitOf(path string) int {
	switch filepath.Base(path) {
	case "coinbase-pro-fills.csv", "coinbase-transfers.csv", "cointracking-full.csv", "kraken-trades.csv", "koinly-export.csv",
		"koinly-universal.csv", "ledgersys.csv", "ledger.json", "strike-monthly-old.csv", "koinly-simple.csv", "koinly-bulk.csv":
		return 0
	}
	return 3
}

// together lists the inputs of one call by name, for their order follows from
// their hashes.
func together(t *testing.T, r result) string {
	t.Helper()
	var lines []string
	for _, in := range r.Inputs {
		if !in.balances() {
			t.Errorf("%v: the rows do not add up", in)
		}
		lines = append(lines, in.String()+"\n")
	}
	slices.Sort(lines)
	return strings.Join(lines, "")
}

func dump(b *strings.Builder, r result) {
	fmt.Fprintf(b, "%s, %s\n", r.Inputs[0].Name, r.Inputs[0].Format)
	for _, d := range r.Disposals {
		fmt.Fprintf(b, "  %s %s %s %s: proceeds %s, cost %s, gain %s, %s:", d.Date, d.Kind, d.Amount, d.Asset, orNull(d.Proceeds), d.Cost, orNull(d.Gain), d.Basis)
		for _, l := range d.Legs {
			fmt.Fprintf(b, " %s of %s", l.Amount, l.Rule)
		}
		b.WriteByte('\n')
	}
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// The program knows each format that the samples show, and the samples show
// each format that the program knows.
func TestSamplesOfEachFormat(t *testing.T) {
	t.Parallel()
	args := append([]string{"tax", "inspect", "--json"}, statements(t, filepath.Join(testkit.Root(t), "scripts", "samples"))...)
	seen := map[string]bool{}
	for _, f := range ledgersys(t, 3, args...).Files {
		seen[f.Format] = true
	}
	for _, name := range cli.FormatNames() {
		if !seen[name] {
			t.Errorf("no sample of %s", name)
		}
	}
}

// More statements may stand in a folder beside the repository: those of formats
// that the program knows are pinned here, the others it must not take for
// something else.
func TestSharedSamples(t *testing.T) {
	t.Parallel()
	pins := map[string]tally{
		"binance/cryptotax_binance.csv":                 {"", "binance-history", 39, 15, 23, 0, 0, 1},
		"binance/cryptotax_binance_withdrawals.csv":     {"", "binance-movements", 3, 3, 0, 0, 0, 0},
		"binance/dali_autoinvest.csv":                   {"", "binance-auto-invest", 2, 0, 0, 0, 0, 2}, // 5/1/2022: which is the month?
		"binance/dali_beth_eth.csv":                     {"", "binance-beth", 1, 1, 0, 0, 0, 0},
		"cashapp/mobius_2025_one_row.csv":               {"", "cashapp", 1, 1, 0, 0, 0, 0},
		"cashapp/synthetic.csv":                         {"", "cashapp", 3, 3, 0, 0, 0, 0},
		"coinbase/synthetic_v4_id.csv":                  {"", "coinbase-transactions", 2, 2, 0, 0, 0, 0},
		"sparrow/sirop_btc.csv":                         {"", "sparrow", 4, 3, 0, 0, 1, 0},
		"sparrow/sirop_decimal_comma.csv":               {"", "sparrow", 2, 2, 0, 0, 0, 0},
		"sparrow/sirop_fiat_column.csv":                 {"", "sparrow", 2, 2, 0, 0, 0, 0},
		"sparrow/sirop_sats.csv":                        {"", "sparrow", 3, 3, 0, 0, 0, 0},
		"strike/btcsteuertool_strike_2024_eur.csv":      {"", "strike-statement", 2, 2, 0, 0, 0, 0},
		"strike/synthetic_annual.csv":                   {"", "strike-annual", 4, 4, 0, 0, 0, 0},
		"universal/btcsteuertool_cointracking_full.csv": {"", "cointracking-full", 3, 3, 0, 0, 0, 0},
		"universal/etg_cointracking.csv":                {"", "cointracking", 6, 6, 0, 0, 0, 0},
		"valr/synthetic_transaction_history.csv":        {"", "valr-history", 9, 7, 0, 0, 2, 0},
	}
	dir := testkit.Shared(t, "statements", "samples")
	if dir == "" {
		return // TestSamples shows the same of each format
	}
	paths, err := filepath.Glob(filepath.Join(dir, "*", "*.csv"))
	if err != nil || len(paths) < len(pins) {
		t.Fatalf("%d statements in %s (%v), at least %d wanted", len(paths), dir, err, len(pins))
	}
	flags := []string{"--tz", "Europe/Berlin", "--json"}
	var known []string
	for _, path := range paths {
		name := filepath.ToSlash(strings.TrimPrefix(path, dir+string(filepath.Separator)))
		want, built := pins[name]
		want.Name = filepath.Base(path)
		code := 0
		if want.Held > 0 || !built {
			code = 3
		}
		got := ledgersys(t, code, append(append([]string{"tax", "inspect"}, flags...), path)...).Files
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s:\n got %v\nwant %v", name, got, want)
		}
		if built {
			known = append(known, path)
		}
	}
	if len(known) != len(pins) {
		t.Errorf("%d of %d pinned statements are there", len(known), len(pins))
	}
	for _, country := range []string{"DE", "US"} {
		r := ledgersys(t, 3, append(append([]string{"tax", "report", "--country", country}, flags...), known...)...)
		if len(r.Inputs) != len(known) {
			t.Errorf("%s: %d inputs, want %d", country, len(r.Inputs), len(known))
		}
		// Four of them are one wallet in several layouts: what says the same is
		// there once, what says something else is held.
		if got := sum(t, r.Inputs); got != (tally{"", "", 86, 52, 23, 3, 3, 5}) {
			t.Errorf("%s: together %v", country, got)
		}
	}
}

// sum adds up inputs of which each balances.
func sum(t *testing.T, inputs []tally) (all tally) {
	t.Helper()
	for _, in := range inputs {
		if !in.balances() {
			t.Errorf("%v: the rows do not add up", in)
		}
		all.Rows, all.Events, all.Merged = all.Rows+in.Rows, all.Events+in.Events, all.Merged+in.Merged
		all.Duplicate, all.Ignored, all.Held = all.Duplicate+in.Duplicate, all.Ignored+in.Ignored, all.Held+in.Held
	}
	return all
}
