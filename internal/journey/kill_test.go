package journey_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
)

// kills is how often a service is killed while it fetches;
// LEDGERSYS_TEST_KILLS asks for more.
func kills(t *testing.T) int {
	t.Helper()
	text := os.Getenv("LEDGERSYS_TEST_KILLS")
	if text == "" {
		return 2
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// fetching is a service that fetches from a simulated exchange.
type fetching struct {
	*instance
	clock  *hour
	past   *exchangesim.History
	sim    *exchangesim.Sim
	who    *client
	firm   string
	random *rand.Rand
	lives  int
}

// TestKilledWhileFetching kills the service at random moments of fetching an
// account, again and again: nothing is lost, nothing is there twice, and the
// ledger ends as the exchange's history.
func TestKilledWhileFetching(t *testing.T) {
	t.Parallel()
	for _, d := range databases() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			f := newFetching(t, d)
			want, done := kills(t), 0
			for round := 1; done < want; round++ {
				done += f.round(round, min(want-done, 8))
			}
			t.Logf("%d kills, %d lives, %d calls", done, f.lives, len(f.sim.Log()))
		})
	}
}

func newFetching(t *testing.T, d database) *fetching {
	t.Helper()
	f := &fetching{past: exchangesim.NewHistory(11, 400, "ZAR").FeesInUnits(), random: rand.New(rand.NewPCG(4, 2)), lives: 1}
	clock, setting := clockFile(t)
	f.clock = clock
	f.sim = exchangesim.VALR(t, f.past, clock.now) // the exchange's clock is as wrong as the service's
	f.instance = start(t, append(d.env(t), setting, "LEDGERSYS_EXCHANGE_VALR_URL="+f.sim.URL(), "LEDGERSYS_EGRESS_ALLOW="+f.sim.Place())...)
	f.who = f.setUpAs("Kill and Co", "ada@example.org")
	f.firm, _ = f.who.book()
	return f
}

// kill ends the service as a power cut does, and starts it again at once: what
// the dead process had taken for itself is free.
func (f *fetching) kill() {
	f.t.Helper()
	if err := f.cmd.Process.Kill(); err != nil {
		f.t.Fatal(err)
	}
	<-f.done
	f.run()
	f.lives++
}

// round links an account of a new entity and kills the service while it is
// fetched, up to so many times; then it waits for the end.
func (f *fetching) round(n, most int) (killed int) {
	f.t.Helper()
	f.clock.move(f.t, time.Minute) // so many sign-ins in a row are refused
	f.who = f.signIn("ada@example.org", adaPass)
	at := "/api/v1/firms/" + f.firm + "/entities"
	at += "/" + f.made(at, fmt.Sprintf(`{"name":"Client %d","country":"GB"}`, n))
	begun := len(f.sim.Log())
	id := f.made(at+"/connections", fmt.Sprintf(`{"exchange":"valr","label":"mine","schedule":"manual","api_key":%q,"api_secret":%q}`, f.sim.Key.ID, f.sim.Key.Secret))
	pages := len(f.past.Moves)/20 + 2
	for ; killed < most; killed++ {
		// After some of the calls that are left, or all of them and while the
		// book takes them.
		goal := begun + 1 + f.random.IntN(pages+2)
		testkit.Eventually(f.t, "calls", func() bool { return len(f.sim.Log()) >= goal || f.over(at, id) })
		if f.over(at, id) {
			break
		}
		<-time.After(time.Duration(f.random.IntN(60_000)) * time.Microsecond)
		begun = len(f.sim.Log())
		pages = max(1, pages-(begun-goal))
		f.kill()
	}
	testkit.Eventually(f.t, "the run ends", func() bool { return f.over(at, id) })
	if got, want := f.ledger(at), f.past.Oracle(time.Millisecond); !slices.Equal(got, want) {
		f.t.Fatalf("round %d: the ledger differs from the oracle:\n%s", n, exchangesim.Difference(want, got))
	}
	return killed
}

// made makes something over the API and returns its id.
func (f *fetching) made(path, body string) string {
	f.t.Helper()
	w := world{instance: f.instance}
	return w.made(f.who, path, body)
}

// over reports whether the account is fetched.
func (f *fetching) over(at, id string) bool {
	f.t.Helper()
	a := f.who.api(http.MethodGet, at+"/connections/"+id, "")
	var got struct {
		State   string
		LastRun *struct{ State, Code string } `json:"last_run"`
	}
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.StatusCode != http.StatusOK {
		f.t.Fatalf("connection: %d %s", a.StatusCode, a.body)
	}
	if got.LastRun != nil && got.LastRun.State == "failed" {
		f.t.Fatalf("the run failed: %s\n%s", a.body, f.logged())
	}
	return got.LastRun != nil && got.LastRun.State == "done"
}

// ledger is what the book says, in the words of the oracle.
func (f *fetching) ledger(at string) (lines []string) {
	f.t.Helper()
	for next := ""; ; {
		a := f.who.api(http.MethodGet, at+"/events?limit=500"+next, "")
		var got struct {
			Items []ledgersys.Event
			Next  string
		}
		if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.StatusCode != http.StatusOK {
			f.t.Fatalf("events: %d %s", a.StatusCode, a.body)
		}
		for i := range got.Items {
			lines = append(lines, fact(f.t, &got.Items[i]).String())
		}
		if got.Next == "" {
			slices.Sort(lines)
			return lines
		}
		next = "&cursor=" + got.Next
	}
}

// fact is what an event of the API says.
func fact(t testing.TB, e *ledgersys.Event) exchangesim.Fact {
	t.Helper()
	at, err := time.Parse(time.RFC3339, e.Time)
	if err != nil {
		t.Fatal(err)
	}
	f := exchangesim.Fact{At: at, Kind: ledger.ParseKind(e.Type), Asset: e.Asset, Units: *e.Amount, FeeAsset: e.FeeCurrency, Tx: e.TxHash}
	if e.Fee != nil {
		f.Fee = *e.Fee
	}
	if f.Fee.IsZero() && e.FeeAmount != nil {
		f.Fee, f.FeeAsset = *e.FeeAmount, e.FeeAsset
	}
	switch f.Kind {
	case ledger.KindBuy, ledger.KindSell:
		f.Quote, f.Cost = e.ValueCurrency, *e.Value
	case ledger.KindSwap:
		f.Quote, f.Cost = e.ToAsset, *e.ToAmount
	default:
	}
	return f
}
