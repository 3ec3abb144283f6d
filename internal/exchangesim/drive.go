package exchangesim

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Clock is a clock that stands until it is moved.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// NewClock returns a clock that shows a time.
func NewClock(at time.Time) *Clock { return &Clock{at: at.UTC()} }

// Now is what the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Move moves the clock on.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Wait moves the clock on to a time, instead of waiting for it.
func (c *Clock) Wait(ctx context.Context, until time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if until.After(c.at) {
		c.at = until
	}
	return ctx.Err()
}

// Drive fetches an account from a simulator in the way in which a linked
// account is fetched: the key checked before each run, page and cursor kept
// together, limits obeyed, broken calls tried again a few times.
type Drive struct {
	X      exchange.Exchange
	Sim    *Sim
	Clock  *Clock
	Budget *exchange.Budget
	Client exchange.Client

	Cursors map[string]string
	Records map[string]exchange.Record // by stream and id
	Changed []string                   // records that said something else before
	Errors  []error                    // all that went wrong on the way
	Pages   map[string]int
}

// NewDrive connects a client to a simulator.
func NewDrive(tb testing.TB, x exchange.Exchange, s *Sim, c *Clock) *Drive {
	tb.Helper()
	door, err := egress.New(egress.Config{Allow: []string{s.Place()}})
	if err != nil {
		tb.Fatal(err)
	}
	web, err := door.Client(egress.Caller{Name: x.Name, Passes: x.Passes, Base: s.URL(), MaxBody: x.MaxBody, Timeout: time.Minute})
	if err != nil {
		tb.Fatal(err)
	}
	d := &Drive{
		X: x, Sim: s, Clock: c, Budget: exchange.NewBudget(x.Name, exchange.ByAddress(x.Limits), nil, c.Now, 0),
		Cursors: make(map[string]string), Records: make(map[string]exchange.Record), Pages: make(map[string]int),
	}
	d.Client, err = x.Open(exchange.Config{
		HTTP: web, Now: c.Now, Pace: d.Budget.ForKey("key", x.Limits),
		Key: exchange.Credentials{ID: s.Key.ID, Secret: keyring.NewSecret([]byte(s.Key.Secret)), Passphrase: keyring.NewSecret([]byte(s.Key.Passphrase))},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

// patience is how often a call that brought nothing is made again.
const patience = 8

// Run makes one run over all streams. It ends early if the key is not good for
// reading only, is rejected, or the exchange does not want us.
func (d *Drive) Run(tb testing.TB) error {
	tb.Helper()
	rights, err := retry(tb, d, func() (exchange.Rights, error) { return d.Client.Probe(tb.Context()) })
	if err != nil {
		return err
	}
	if rights.Verdict != exchange.ReadOnly && !d.X.Silent {
		return fmt.Errorf("suspended: %v", rights.TooMuch)
	}
	for _, s := range d.X.Streams {
		for more := true; more; {
			page, err := retry(tb, d, func() (exchange.Page, error) { return d.Client.Page(tb.Context(), s.Name, d.Cursors[s.Name]) })
			if exchange.Is(err, exchange.NoPermission, exchange.NotOffered) && s.Optional {
				break
			}
			if err != nil {
				return err
			}
			d.keep(s.Name, page)
			more = page.More
		}
	}
	return nil
}

// keep stores a page and its cursor.
func (d *Drive) keep(stream string, p exchange.Page) {
	d.Pages[stream]++
	d.Cursors[stream] = p.Next
	for _, r := range p.Records {
		key := r.Stream + "\x00" + r.ID
		if old, ok := d.Records[key]; ok && string(old.Said()) != string(r.Said()) {
			d.Changed = append(d.Changed, r.ID)
			continue
		}
		d.Records[key] = r
	}
}

// retry makes a call until it brings something, as long as that makes sense.
func retry[T any](tb testing.TB, d *Drive, call func() (T, error)) (out T, err error) {
	tb.Helper()
	for try := 0; ; try++ {
		if out, err = call(); err == nil {
			return out, nil
		}
		d.Errors = append(d.Errors, err)
		f, ok := err.(*exchange.Fault) //nolint:errorlint // a client returns nothing else
		if !ok {
			tb.Fatalf("%T is no *exchange.Fault: %v", err, err)
		}
		switch f.Trouble {
		case exchange.RateLimited, exchange.Banned, exchange.Maintenance:
			d.Clock.Move(max(f.RetryAfter, time.Second))
			if f.Status == 0 { // our own pace
				try--
			}
		case exchange.Upstream, exchange.Malformed:
			d.Clock.Move(time.Duration(try+1) * time.Second)
		default:
			return out, err
		}
		if try >= patience {
			return out, err
		}
	}
}

// List returns all records in the order in which they are read.
func (d *Drive) List() []exchange.Record {
	return exchange.Sort(slices.Collect(maps.Values(d.Records)))
}

// Read makes events of all records.
func (d *Drive) Read(tb testing.TB) *statement.Collector {
	tb.Helper()
	c := statement.NewCollector(d.X.Venue)
	c.Tax = ledger.NewCalendar(time.UTC)
	if err := exchange.Read(&d.X, c, d.List()); err != nil {
		tb.Fatal(err)
	}
	return c
}

// Check compares what was fetched with the history: the same events, nothing
// held, the same balances, no secret in any error, no call too many.
func (d *Drive) Check(tb testing.TB, h *History, cut time.Duration) {
	tb.Helper()
	c := d.Read(tb)
	for _, held := range c.Held {
		tb.Errorf("record %d is held: %s: %s", held.Line, held.Column, held.Reason)
	}
	want, got := h.Oracle(cut), Facts(c.Events)
	if !slices.Equal(want, got) {
		tb.Errorf("events differ from the oracle:\n%s", Difference(want, got))
	}
	d.CheckCalls(tb)
}

// CheckBalances compares what the exchange says that it holds with a history.
func (d *Drive) CheckBalances(tb testing.TB, h *History) {
	tb.Helper()
	list, err := d.Client.Balances(tb.Context())
	if err != nil {
		tb.Fatal(err)
	}
	got := exchange.Total(list)
	for asset, want := range h.Balances() {
		if !got[asset].Equal(want) {
			tb.Errorf("balance of %s is %s, want %s", asset, got[asset], want)
		}
	}
}

// CheckCalls looks at what reached the simulator and at what was said.
func (d *Drive) CheckCalls(tb testing.TB) {
	tb.Helper()
	for _, err := range d.Errors {
		if text := err.Error(); strings.Contains(text, "c4n4ry") || d.Sim.Key.ID != "" && strings.Contains(text, d.Sim.Key.ID) {
			tb.Errorf("a secret stands in an error: %v", err)
		}
	}
	if n := d.Sim.Unsigned(); n > 0 {
		tb.Errorf("%d calls without a valid signature", n)
	}
}

// Difference shows the lines that only one of two sorted lists has.
func Difference(want, got []string) string {
	count := make(map[string]int)
	for _, l := range want {
		count[l]++
	}
	for _, l := range got {
		count[l]--
	}
	var b strings.Builder
	for _, l := range slices.Sorted(maps.Keys(count)) {
		if n := count[l]; n != 0 {
			fmt.Fprintf(&b, "%+d %s\n", -n, l)
		}
	}
	return b.String()
}
