package cli_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ledgersys/ledgersys/internal/cli"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"ledgersys": func() {
			os.Exit(cli.Run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
		},
	})
}

// Each script shows one verb, flag or kind of input as its user meets it.
// Beside the usual commands of testscript there are:
//
//	run CODE ARG...        runs ledgersys and checks its exit code
//	field PATH WANT        checks a value of the JSON on stdout: issues/0/code, inputs/len for how many
//	files DIR NAME...      checks the exact content of a folder
//	same CODE FILE ARG...  runs ledgersys and checks that disposals, income, totals and
//	                       remaining are those of FILE, wherever they come from
//	gz, zip, xlsx TO FROM  pack files
//
// $PRICES is the address of a server that knows what ADA costs, is asked to
// wait about BUSY, and knows nothing else; it stands for all sources of prices.
func TestScript(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"run": run, "field": field, "files": files, "same": same,
			"gz": packed(gzipOf), "zip": packed(zipOf), "xlsx": packed(workbookOf),
		},
		Setup: func(e *testscript.Env) error {
			srv := httptest.NewServer(http.HandlerFunc(candles))
			e.Defer(srv.Close)
			for _, name := range []string{"BINANCE", "KRAKEN", "COINBASE", "BITSTAMP", "ECB"} {
				e.Setenv("LEDGERSYS_PRICES_"+name+"_URL", srv.URL)
			}
			e.Setenv("PRICES", strings.TrimPrefix(srv.URL, "http://"))
			return nil
		},
	})
}

func run(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec("ledgersys", args[1:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit %d, want %d", got, want)
	}
}

func field(ts *testscript.TestScript, neg bool, args []string) {
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		ts.Fatalf("stdout is not JSON: %v", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		ts.Fatalf("stdout holds more than one JSON document")
	}
	got := walk(v, strings.Split(args[0], "/"))
	if (got == args[1]) == neg {
		ts.Fatalf("%s is %s, compared with %s", args[0], got, args[1])
	}
}

// walk follows a path and writes what stands there; what is absent is "-".
func walk(v any, path []string) string {
	for _, key := range path {
		switch x := v.(type) {
		case map[string]any:
			if key == "len" {
				return strconv.Itoa(len(x))
			}
			next, ok := x[key]
			if !ok {
				return "-"
			}
			v = next
		case []any:
			i, err := strconv.Atoi(key)
			switch {
			case key == "len":
				return strconv.Itoa(len(x))
			case err != nil || i >= len(x):
				return "-"
			}
			v = x[i]
		default:
			return "-"
		}
	}
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		return x
	default:
		return fmt.Sprint(x)
	}
}

func files(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	want := slices.Sorted(slices.Values(args[1:]))
	if !slices.Equal(got, want) {
		ts.Fatalf("%s holds\n  %s\nwant\n  %s", args[0], strings.Join(got, " "), strings.Join(want, " "))
	}
}

func same(ts *testscript.TestScript, _ bool, args []string) {
	run(ts, false, append(args[:1:1], args[2:]...))
	was, err := figures([]byte(ts.ReadFile(args[1])))
	ts.Check(err)
	now, err := figures([]byte(ts.ReadFile("stdout")))
	ts.Check(err)
	if diff := cmp.Diff(was, now); diff != "" {
		ts.Fatalf("another result (-%s +now):\n%s", args[1], diff)
	}
}

// packed makes a command that writes its first argument from the others.
func packed(pack func(from []string) ([]byte, error)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		from := make([]string, len(args)-1)
		for i, a := range args[1:] {
			from[i] = ts.MkAbs(a)
		}
		data, err := pack(from)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o600))
	}
}

// candles speaks as Coinbase and Kraken do.
func candles(w http.ResponseWriter, r *http.Request) {
	switch {
	case strings.Contains(r.URL.Path, "BUSY"):
		w.WriteHeader(http.StatusServiceUnavailable)
	case strings.HasPrefix(r.URL.Path, "/0/public/"):
		fmt.Fprint(w, `{"error":["EQuery:Unknown asset pair"]}`)
	case r.URL.Path == "/products/ADA-GBP/candles":
		start, err := time.Parse(time.RFC3339, r.URL.Query().Get("start"))
		width, err2 := strconv.ParseInt(r.URL.Query().Get("granularity"), 10, 64)
		if err := errors.Join(err, err2); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		comma := "["
		for i := range int64(300) {
			fmt.Fprintf(w, "%s[%d,1,3,2,2.5,9]", comma, start.Unix()+i*width)
			comma = ","
		}
		fmt.Fprint(w, "]")
	default:
		http.NotFound(w, r)
	}
}
