package journey_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

// fewTrades is how many trades the simulated account of these journeys has.
// LEDGERSYS_TEST_TRADES raises it: 100,000 are the bar of a first sync.
const fewTrades = 300

func trades(t *testing.T) int {
	t.Helper()
	text := os.Getenv("LEDGERSYS_TEST_TRADES")
	if text == "" {
		return fewTrades
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("LEDGERSYS_TEST_TRADES is %q", text)
	}
	return n
}

// market is a simulated exchange with the account of somebody in South Africa
// who trades a lot.
type market struct {
	*exchangesim.Sim
	history *exchangesim.History
}

func newMarket(t *testing.T, n int) *market {
	t.Helper()
	m := &market{history: exchangesim.NewTrades(20250301, n, "ZAR").FeesInUnits()}
	m.Sim = exchangesim.VALR(t, m.history, time.Now)
	m.Rows = 100 // as VALR itself
	return m
}

// env points the program at it.
func (m *market) env() []string {
	return []string{"LEDGERSYS_EXCHANGE_VALR_URL=" + m.URL(), "LEDGERSYS_EGRESS_ALLOW=" + m.Place()}
}

// waited is how long calls were held back to keep the limits of rate: pauses
// between two calls that are longer than any work in between.
func (m *market) waited() (sum time.Duration) {
	const work = 3 * time.Second
	log := m.Log()
	for i := 1; i < len(log); i++ {
		if pause := log[i].At.Sub(log[i-1].At); pause > work {
			sum += pause
		}
	}
	return sum
}

// peak is the most memory that the service had in use at a time, in MiB.
func (in *instance) peak() int {
	in.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", in.cmd.Process.Pid))
	if err != nil {
		in.t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(rest), " kB"))
			if err != nil {
				in.t.Fatal(err)
			}
			return kib >> 10
		}
	}
	in.t.Fatal("the system does not tell")
	return 0
}

// worked is the time of processors that the service has used.
func (in *instance) worked() time.Duration {
	in.t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", in.cmd.Process.Pid))
	if err != nil {
		in.t.Fatal(err)
	}
	fields := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	var ticks int
	for _, f := range fields[11:13] { // utime and stime
		n, err := strconv.Atoi(f)
		if err != nil {
			in.t.Fatal(err)
		}
		ticks += n
	}
	const perSecond = 100 // of Linux, everywhere
	return time.Duration(ticks) * time.Second / perSecond
}

// bearer is a program with a token.
type bearer struct {
	*client
	token string
}

// call makes a call of the API as a program does and reads the answer.
func (b bearer) call(method, path, body string, want int, into any) string {
	b.in.t.Helper()
	header := []string{"Authorization", "Bearer " + b.token}
	if body != "" {
		header = append(header, "Content-Type", "application/json")
	}
	a := b.do(method, path, strings.NewReader(body), header...)
	if a.StatusCode != want {
		b.in.t.Fatalf("%s %s: %d, not %d: %s", method, path, a.StatusCode, want, last(a.body, 800))
	}
	if into != nil {
		if err := json.Unmarshal([]byte(a.body), into); err != nil {
			b.in.t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	return a.body
}

// owner makes the first owner and a token by the command line alone.
func (in *instance) owner(country string) (b bearer, firm, entity string) {
	in.t.Helper()
	pass := filepath.Join(in.t.TempDir(), "password")
	if err := os.WriteFile(pass, []byte(adaPass), 0o600); err != nil {
		in.t.Fatal(err)
	}
	out, code := in.command("admin", "init", "--email", adaMail, "--password-file", pass, "--country", country)
	var made struct{ Firm, Entity string }
	if err := json.Unmarshal([]byte(out), &made); err != nil || code != 0 {
		in.t.Fatalf("admin init: exit %d: %s", code, out)
	}
	token, code := in.command("admin", "token", "--email", adaMail, "--scopes", "read,write,imports,connections")
	if code != 0 {
		in.t.Fatalf("admin token: exit %d: %s", code, token)
	}
	b = bearer{in.client(), strings.TrimSpace(token)}
	b.limit = 5 * time.Minute // at a hundred thousand trades
	return b, made.Firm, made.Entity
}

// linkedView is the part of a connection that these journeys read.
type linkedView struct {
	ID, State, Last4, Code string
	Rights                 []string
	Streams                []struct {
		Name, State string
		Rows        int
		From, To    *time.Time
	}
	Certificate []struct {
		Account, Asset string
		OK             bool
	}
	LastRun *struct{ State, Code string } `json:"last_run"`
}

// TestLinkByAPI: from a key to a form with calls of the API alone. A key that
// may do more than read is refused before.
func TestLinkByAPI(t *testing.T) {
	t.Parallel()
	n := trades(t)
	m := newMarket(t, n)
	in := start(t, m.env()...)
	ada, firm, entity := in.owner("ZA")
	at := "/api/v1/firms/" + firm + "/entities/" + entity
	begun, used := time.Now(), in.worked()
	var l linkedView
	ada.call(http.MethodPost, at+"/connections", `{"exchange":"valr","label":"Main","api_key":"`+m.Key.ID+`","api_secret":"`+m.Key.Secret+`","schedule":"manual"}`, http.StatusCreated, &l)
	if l.State != "active" || l.Last4 != "y-id" || len(l.Rights) != 1 {
		t.Fatalf("linked: %+v", l)
	}
	m.finished(t, ada, at, &l)
	synced := time.Since(begun)
	if got := l.Streams[0].Rows; got != len(m.history.Moves) {
		t.Errorf("%d rows of %d", got, len(m.history.Moves))
	}
	nextRuns(t, ada, at+"/connections/"+l.ID)
	var page struct{ Items []struct{ ID string } }
	ada.call(http.MethodGet, at+"/events?limit=100", "", http.StatusOK, &page)
	if len(page.Items) != 100 {
		t.Errorf("%d events on a page", len(page.Items))
	}
	var result struct {
		Inputs    []struct{ Name, Format string }
		Disposals []struct{ Kind string }
	}
	ada.call(http.MethodGet, at+"/results/2026", "", http.StatusOK, &result)
	if len(result.Inputs) != 1 || result.Inputs[0].Name != "valr:Main" || result.Inputs[0].Format != "valr-api" {
		t.Errorf("inputs %v", result.Inputs)
	}
	sold := 0
	for _, d := range result.Disposals {
		if d.Kind == "sell" {
			sold++
		}
	}
	if sold != m.sales() {
		t.Errorf("%d sales of %d", sold, m.sales())
	}
	form := ada.call(http.MethodGet, at+"/reports/2026/gains.csv", "", http.StatusOK, nil)
	if strings.Count(form, "\n") < m.sales() {
		t.Errorf("the form has %d lines", strings.Count(form, "\n"))
	}
	t.Logf("%d trades: first sync %s, to the form %s, of which %s waits for limits of rate; the service worked %s and had %d MiB at most",
		n, synced.Round(time.Millisecond), time.Since(begun).Round(time.Millisecond), m.waited().Round(time.Millisecond), in.worked()-used, in.peak())
	if m.Unsigned() != 0 {
		t.Errorf("%d calls without a signature", m.Unsigned())
	}
}

// finished waits for the first run of a link.
func (m *market) finished(t *testing.T, ada bearer, at string, l *linkedView) {
	t.Helper()
	until := time.Now().Add(time.Minute + time.Duration(len(m.history.Moves))*3*time.Millisecond)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for l.LastRun == nil || l.LastRun.State != "done" {
		if time.Now().After(until) || l.LastRun != nil && l.LastRun.State == "failed" {
			t.Fatalf("the first run: %+v", l)
		}
		<-tick.C
		*l = linkedView{ID: l.ID}
		ada.call(http.MethodGet, at+"/connections/"+l.ID, "", http.StatusOK, l)
	}
}

// sales is how many disposals the history has.
func (m *market) sales() (n int) {
	for i := range m.history.Moves {
		if m.history.Moves[i].Kind == exchangesim.Sell {
			n++
		}
	}
	return n
}
