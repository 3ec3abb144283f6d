package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/tax/oracle"
)

// figures are what a result says, without the places that it comes from.
func figures(text []byte) (map[string]any, error) {
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	out := map[string]any{}
	for _, k := range []string{"disposals", "income", "totals", "remaining"} {
		out[k] = placeless(all[k])
	}
	return out, nil
}

func placeless(v any) any {
	switch x := v.(type) {
	case map[string]any:
		delete(x, "source")
		for k := range x {
			x[k] = placeless(x[k])
		}
	case []any:
		for i := range x {
			x[i] = placeless(x[i])
		}
	}
	return v
}

// output runs the program in this process.
func output(args ...string) (stdout []byte, stderr string, code int) {
	var out, errs bytes.Buffer
	code = cli.Run(args, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &errs})
	return out.Bytes(), errs.String(), code
}

// report runs a report and returns its figures.
func report(t testkit.Reader, args ...string) map[string]any {
	t.Helper()
	text, errs, code := output(append([]string{"tax", "report", "--json"}, args...)...)
	if code != 0 && code != 3 {
		t.Fatalf("report %s: exit %d: %s", strings.Join(args, " "), code, errs)
	}
	f, err := figures(bytes.ReplaceAll(text, []byte(`"account":""`), []byte(`"account":"default"`))) // a CSV names every account
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Statements of every format, rewritten in a native one, give the same result
// in every country; beside their source they change nothing.
func TestConvertStatements(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(testkit.Root(t), "scripts", "samples")
	paths := append([]string{"--tz", "Europe/London"}, statements(t, dir)...)
	scratch := t.TempDir()
	outputs := map[string]string{"ledger-json": filepath.Join(scratch, "all.json"), "ledgersys-csv": filepath.Join(scratch, "all.csv")}
	for to, name := range outputs {
		if _, errs, code := output(append([]string{"tax", "convert", "--to", to, "--out", name}, paths...)...); code != 3 { // one row is held
			t.Fatalf("convert: exit %d: %s", code, errs)
		}
	}
	for _, country := range []string{"AU", "CA", "DE", "GB", "IE", "IN", "LK", "NG", "US", "XX", "ZA"} {
		t.Run(country, func(t *testing.T) {
			t.Parallel()
			flags := []string{"--country", country, "--currency", "GBP", "--prices", filepath.Join(dir, "prices.csv")}
			want := report(t, append(flags[:len(flags):len(flags)], paths...)...)
			for to, name := range outputs {
				if diff := cmp.Diff(want, report(t, append(flags[:len(flags):len(flags)], name)...)); diff != "" {
					t.Errorf("%s (-statements +converted):\n%s", to, diff)
				}
			}
			both := append(append(flags[:len(flags):len(flags)], paths...), outputs["ledgersys-csv"])
			if diff := cmp.Diff(want, report(t, both...)); diff != "" {
				t.Errorf("beside its source (-statements +both):\n%s", diff)
			}
		})
	}
}

// converts: a Ledger JSON file, rewritten, gives the same result. What a CSV
// cannot say of the computation is said by a document without events beside
// it. codes are the exit codes that a conversion may have.
func converts(r testkit.Reader, scratch, path string, codes ...int) {
	r.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		r.Fatal(err)
	}
	var v struct {
		Jurisdiction, Method, Currency, Timezone string
		Options                                  json.RawMessage
		Events                                   []any
	}
	if err := json.Unmarshal(data, &v); err != nil {
		r.Fatal(err)
	}
	if len(v.Events) == 0 {
		return // it answers to given figures
	}
	want := report(r, path)
	name := filepath.Join(scratch, "v.json")
	if _, errs, code := output("tax", "convert", "--to", "ledger-json", "--out", name, path); !slices.Contains(codes, code) {
		r.Fatalf("convert: exit %d: %s", code, errs)
	}
	if diff := cmp.Diff(want, report(r, name)); diff != "" {
		r.Fatalf("as Ledger JSON:\n%s\n%s", diff, data)
	}
	name = filepath.Join(scratch, "v.csv")
	_, errs, code := output("tax", "convert", "--to", "ledgersys-csv", "--out", name, path)
	if code == 2 && strings.Contains(errs, "not possible in Ledgersys CSV") {
		return
	}
	if !slices.Contains(codes, code) {
		r.Fatalf("convert: exit %d: %s", code, errs)
	}
	head, err := json.Marshal(map[string]any{
		"jurisdiction": v.Jurisdiction, "method": v.Method, "currency": v.Currency, "timezone": v.Timezone, "options": v.Options, "events": []any{},
	})
	if err != nil {
		r.Fatal(err)
	}
	side := filepath.Join(scratch, "head.json")
	if err := os.WriteFile(side, head, 0o600); err != nil {
		r.Fatal(err)
	}
	args := []string{side, name}
	if !bytes.Contains(v.Options, []byte("scope")) {
		args = append(args, "--scope", "universal")
	}
	if diff := cmp.Diff(want, report(r, args...)); diff != "" {
		r.Fatalf("as CSV:\n%s\n%s", diff, data)
	}
}

func TestConvertVectors(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob(filepath.Join(testkit.Root(t), "pkg", "tax", "testdata", "vectors", "*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no vectors (%v)", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			t.Parallel()
			converts(t, t.TempDir(), path, 0)
		})
	}
}

// TestConvertLedgers: random ledgers of every country and kind of event as
// well.
func TestConvertLedgers(t *testing.T) {
	t.Parallel()
	scratch := t.TempDir()
	rapid.Check(t, func(t *rapid.T) {
		path := filepath.Join(scratch, "ledger.json")
		if err := os.WriteFile(path, oracle.Ledger(t), 0o600); err != nil {
			t.Fatal(err)
		}
		converts(t, scratch, path, 0)
	})
}
