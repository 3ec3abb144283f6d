package filing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// market is the sources of prices: Coinbase knows what ADA costs, Bitstamp has
// an opinion, both may ask to wait about BUSY, and nobody knows NONE.
type market struct {
	mu      sync.Mutex
	price   int
	opinion int
	busy    bool
	calls   int
	now     time.Time // zero: the real one
}

func (m *market) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	q := r.URL.Query()
	switch p := strings.ToUpper(r.URL.Path); {
	case strings.HasPrefix(r.URL.Path, "/0/public/"):
		fmt.Fprint(w, `{"error":["EQuery:Unknown asset pair"]}`)
	case strings.Contains(p, "BUSY") && m.busy:
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	case p == "/PRODUCTS/ADA-EUR/CANDLES", p == "/PRODUCTS/BUSY-EUR/CANDLES":
		from, err := time.Parse(time.RFC3339, q.Get("start"))
		width, err2 := strconv.ParseInt(q.Get("granularity"), 10, 64)
		if err != nil || err2 != nil {
			http.Error(w, "bad", http.StatusBadRequest)
			return
		}
		var rows []string
		for i := range int64(300) {
			rows = append(rows, fmt.Sprintf("[%d,1,9,%d,%d,5]", from.Unix()+i*width, m.price, m.price+1))
		}
		fmt.Fprint(w, "["+strings.Join(rows, ",")+"]")
	case p == "/API/V2/OHLC/ADAEUR/":
		from, _ := strconv.ParseInt(q.Get("start"), 10, 64)
		step, _ := strconv.ParseInt(q.Get("step"), 10, 64)
		var rows []string
		for i := range int64(1000) {
			rows = append(rows, fmt.Sprintf(`{"timestamp":"%d","open":"%d","close":"%d"}`, from+i*step, m.opinion, m.opinion))
		}
		fmt.Fprint(w, `{"data":{"ohlc":[`+strings.Join(rows, ",")+`]}}`)
	default:
		http.NotFound(w, r)
	}
}

func (m *market) clock() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now.IsZero() {
		return time.Now()
	}
	return m.now
}

func (m *market) set(change func()) { m.mu.Lock(); change(); m.mu.Unlock() }

func (m *market) asked() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := m.calls
	m.calls = 0
	return n
}

// quotes makes the service over the market, through the real guard.
func (m *market) quotes(t *testing.T, allowed bool) (func(*store.Store) filing.Quotes, **quote.Service) {
	t.Helper()
	srv := httptest.NewServer(m)
	t.Cleanup(srv.Close)
	door, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(srv.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	bases := map[string]string{}
	for _, name := range []string{"kraken", "coinbase", "bitstamp", "binance", "ecb"} {
		bases[name] = srv.URL
	}
	made := new(*quote.Service)
	return func(s *store.Store) filing.Quotes {
		*made = quote.NewService(quote.ServiceConfig{
			Store: s.Quotes(), Allowed: allowed, Log: slog.New(slog.DiscardHandler), Changed: filing.Changed,
			Quoter: func(width quote.Width) (*quote.Quoter, error) {
				return quote.New(quote.Config{Door: door, Bases: bases, Now: m.clock, Width: width})
			},
		})
		return *made
	}, made
}

const rewards = `id,time,type,received_amount,received_asset,label
1,2024-03-01T10:00:00Z,income,2,ADA,staking
2,2024-03-02T10:00:00Z,income,1,BUSY,staking
3,2024-03-03T10:00:00Z,income,1,NONE,staking
`

// values are the values of a year's income, and the codes of what is missing.
func (h *house) values() (string, filing.Summary) {
	h.t.Helper()
	var result struct {
		Income []struct {
			Asset string
			Value *string
		}
	}
	if err := json.Unmarshal(h.all(h.filing.Result(h.t.Context(), h.scope, "2024")), &result); err != nil {
		h.t.Fatal(err)
	}
	var words []string
	for _, in := range result.Income {
		value := "?"
		if in.Value != nil {
			value = *in.Value
		}
		words = append(words, in.Asset+" "+value)
	}
	sum, err := h.filing.Summary(h.t.Context(), h.scope, "2024")
	if err != nil {
		h.t.Fatal(err)
	}
	for _, g := range sum.Gaps {
		words = append(words, g.Asset+":"+g.Code)
	}
	return strings.Join(words, ", "), sum
}

// on runs a test on both databases.
func on(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		fn(t, "")
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		service, owner := testkit.SharedPostgres(t).NewDatabase(t)
		if err := store.Migrate(t.Context(), owner, service); err != nil {
			t.Fatal(err)
		}
		fn(t, service)
	})
}

// TestLookups: prices are looked up before the years are built, never in a
// request; what nobody trades is another thing than a source that asks to
// wait, which is asked again; a price once used stays though the source tells
// another one later; who turns it off keeps what was found and asks no more.
func TestLookups(t *testing.T) {
	t.Parallel()
	on(t, func(t *testing.T, url string) {
		m := &market{price: 3, opinion: 4, busy: true}
		open, quotes := m.quotes(t, true)
		h := newHouseOn(t, filing.Settings{Country: "XX", Currency: "EUR", Timezone: "UTC"}, nil, url, open)
		path := filepath.Join(t.TempDir(), "rewards.csv")
		if err := os.WriteFile(path, []byte(rewards), 0o600); err != nil {
			t.Fatal(err)
		}
		h.take(intake.Choice{}, path)
		is := func(what, want string) filing.Summary {
			t.Helper()
			got, sum := h.values()
			if got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
			return sum
		}
		is("before", "ADA ?, BUSY ?, NONE ?, ADA:not_asked, BUSY:not_asked, NONE:not_asked")
		if m.asked() != 0 {
			t.Error("a request waited for a source")
		}
		err := h.filing.Refresh(t.Context(), h.scope)
		if !fault.Is(err, fault.TooMany) || fault.Of(err).RetryAfter != 7*time.Second {
			t.Errorf("a source asked to wait: %v", err)
		}
		sum := is("one waits", "ADA 6, BUSY ?, NONE ?, BUSY:asked_to_wait, NONE:asked_to_wait")
		if sum.LookedUp != 1 || sum.Unpriced != 2 || len(sum.Spreads) != 1 || !strings.Contains(sum.Spreads[0], "differ by 33.3 %") {
			t.Errorf("summary %+v", sum)
		}
		h.restsUntilAnswered()
		m.set(func() { m.busy, m.price = false, 5 })
		for range 2 {
			if err := h.filing.Refresh(t.Context(), h.scope); err != nil {
				t.Fatal(err)
			}
			is("all answered", "ADA 6, BUSY 5, NONE ?, NONE:no_price")
		}
		if m.asked() == 0 {
			t.Error("nobody was asked")
		}
		h.sourced(*quotes)
		if err := (*quotes).Choose(t.Context(), h.scope, quote.Never); err != nil {
			t.Fatal(err)
		}
		more := filepath.Join(t.TempDir(), "more.csv")
		if err := os.WriteFile(more, []byte(strings.ReplaceAll(rewards, "2024-03-01", "2024-04-01")[:len("id,time,type,received_amount,received_asset,label\n")+len("1,2024-03-01T10:00:00Z,income,2,ADA,staking\n")]), 0o600); err != nil {
			t.Fatal(err)
		}
		h.take(intake.Choice{Account: []string{"Other"}}, more)
		if err := h.filing.Refresh(t.Context(), h.scope); err != nil {
			t.Fatal(err)
		}
		is("off", "ADA 6, BUSY 5, NONE ?, ADA ?, ADA:off, NONE:no_price")
		if m.asked() != 0 {
			t.Error("somebody was asked though it is off")
		}
	})
}

// counted counts how often the years are computed.
type counted struct {
	of    filing.Inputs
	times int
}

func (c *counted) Turn(ctx context.Context) (func(), error) { return c.of.Turn(ctx) }

func (c *counted) Inputs(ctx context.Context, s tenant.Scope) (int64, []*intake.File, error) {
	c.times++
	return c.of.Inputs(ctx, s)
}

// restsUntilAnswered checks that nothing is built anew while a source asks to
// wait, and that nothing is even computed but once after a start.
func (h *house) restsUntilAnswered() {
	h.t.Helper()
	before, err := h.filing.Year(h.t.Context(), h.scope, "2024")
	if err != nil {
		h.t.Fatal(err)
	}
	config := h.filing.Config
	inputs := &counted{of: config.Inputs}
	config.Inputs = inputs
	started := filing.NewService(config)
	for i, s := range []*filing.Service{h.filing, h.filing, started, started, started} {
		if err := s.Refresh(h.t.Context(), h.scope); !fault.Is(err, fault.TooMany) {
			h.t.Errorf("run %d: %v", i, err)
		}
	}
	if inputs.times != 1 {
		h.t.Errorf("computed %d times after the start, want once", inputs.times)
	}
	if after, err := h.filing.Year(h.t.Context(), h.scope, "2024"); err != nil || after.File != before.File {
		h.t.Errorf("built anew though no price came: %v", err)
	}
}

// sourced checks that each price tells where it comes from.
func (h *house) sourced(q *quote.Service) {
	h.t.Helper()
	list, err := q.Quotes(h.t.Context(), h.scope, quote.Cursor{}, 10)
	if err != nil || len(list) != 3 {
		h.t.Fatalf("%d quotes, %v", len(list), err)
	}
	none, busy, ada := list[0], list[1], list[2]
	if none.Code != quote.NoPrice || none.Fetched.IsZero() || busy.Code != "" || busy.Second != nil {
		h.t.Errorf("%+v, %+v", none, busy)
	}
	if ada.Source != "coinbase ADA/EUR" || ada.Price.String() != "3" || ada.Width != quote.Minute || ada.Candle.Format(time.RFC3339) != "2024-03-01T10:00:00Z" ||
		ada.Second == nil || ada.Second.Source != "bitstamp ADA/EUR" || ada.Fetched.IsZero() {
		h.t.Errorf("%+v", ada)
	}
}

// TestLookupsOfToday: the price of a day that is not over is asked for when it
// is, and nothing else takes its place until then.
func TestLookupsOfToday(t *testing.T) {
	t.Parallel()
	m := &market{price: 3, opinion: 3, now: time.Date(2024, 3, 1, 18, 0, 0, 0, time.UTC)}
	open, _ := m.quotes(t, true)
	h := newHouseOn(t, filing.Settings{Country: "DE"}, nil, "", open)
	path := filepath.Join(t.TempDir(), "rewards.csv")
	if err := os.WriteFile(path, []byte(rewards[:strings.Index(rewards, "2,2024")]), 0o600); err != nil {
		t.Fatal(err)
	}
	h.take(intake.Choice{}, path)
	for range 2 {
		if err := h.filing.Refresh(t.Context(), h.scope); !fault.Is(err, fault.TooMany) || fault.Of(err).RetryAfter != 6*time.Hour+time.Minute {
			t.Errorf("today: %v", err)
		}
		if got, _ := h.values(); got != "ADA ?, ADA:not_yet" {
			t.Errorf("today: %s", got)
		}
	}
	m.set(func() { m.now = m.now.Add(7 * time.Hour) })
	if err := h.filing.Refresh(t.Context(), h.scope); err != nil {
		t.Fatal(err)
	}
	if got, _ := h.values(); got != "ADA 8" { // the day's last price, of two ADA
		t.Errorf("when the day is over: %s", got)
	}
}

// TestLookupsOff: an installation that does not allow it asks nobody, and
// computes what the command line computes without prices.
func TestLookupsOff(t *testing.T) {
	t.Parallel()
	m := &market{price: 3}
	open, _ := m.quotes(t, false)
	h := newHouseOn(t, filing.Settings{Country: "DE"}, nil, "", open)
	path := filepath.Join(t.TempDir(), "rewards.csv")
	if err := os.WriteFile(path, []byte(rewards), 0o600); err != nil {
		t.Fatal(err)
	}
	h.take(intake.Choice{}, path)
	if err := h.filing.Refresh(t.Context(), h.scope); err != nil {
		t.Fatal(err)
	}
	h.compare("2024", commandLine(t, "--country", "DE", "--year", "2024", path))
	if _, sum := h.values(); sum.Unpriced != 3 || !slices.ContainsFunc(sum.Gaps, func(g filing.PriceGap) bool { return g.Code == "off" }) || m.asked() != 0 {
		t.Errorf("%+v", sum)
	}
}

// TestOwnPrices: an entity's own file gives the bytes that --prices gives, wins
// over what was looked up, and goes again. What cannot be read, or is a
// secret, is not taken.
func TestOwnPrices(t *testing.T) {
	t.Parallel()
	m := &market{price: 3, opinion: 3}
	open, _ := m.quotes(t, true)
	h := newHouseOn(t, filing.Settings{Country: "DE"}, nil, "", open)
	dir := t.TempDir()
	path, prices := filepath.Join(dir, "rewards.csv"), filepath.Join(dir, "prices.csv")
	const table = "time,asset,currency,price\n2024-03-01,ADA,EUR,7\n2024-03-02,BUSY,EUR,8\n2024-03-03,NONE,EUR,9\n"
	for file, text := range map[string]string{path: rewards, prices: table} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	h.take(intake.Choice{}, path)
	if p, err := h.filing.GivePrices(t.Context(), h.scope, "C:/x/prices.csv", strings.NewReader(table)); err != nil || p.Name != "prices.csv" || p.At.IsZero() {
		t.Fatalf("%+v %v", p, err)
	}
	if err := h.filing.Refresh(t.Context(), h.scope); err != nil {
		t.Fatal(err)
	}
	h.compare("2024", commandLine(t, "--country", "DE", "--year", "2024", "--prices", prices, path))
	if m.asked() != 0 {
		t.Error("somebody was asked for what the file says")
	}
	for name, c := range map[string]struct{ file, text, code string }{
		"other_columns": {"a.csv", "when,asset\n1,2\n", "unusable_file"},
		"no_number":     {"a.csv", "time,asset,currency,price\n2024-03-01,ADA,EUR,much\n", "unusable_file"},
		"packed":        {"a.zip", "PK\x03\x04", "unusable_file"},
		"secret":        {"a.csv", "time,asset,currency,price\n2024-03-01,5KJvsngHeMpm884wtkJNzQGaCErckhHJBGFsvd3VyK5qMZXj3hS,EUR,1\n", "private_key_refused"},
	} {
		if _, err := h.filing.GivePrices(t.Context(), h.scope, c.file, strings.NewReader(c.text)); fault.Of(err).Code != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if p, err := h.filing.Prices(t.Context(), h.scope); err != nil || p.Name != "prices.csv" {
		t.Errorf("what was refused counts: %+v %v", p, err)
	}
	for range 2 {
		if err := h.filing.DropPrices(t.Context(), h.scope); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.filing.Refresh(t.Context(), h.scope); err != nil {
		t.Fatal(err)
	}
	if got, _ := h.values(); got != "ADA 8, BUSY 4, NONE ?, NONE:no_price" { // the day's last price, as Germany takes it
		t.Errorf("without the file: %s", got)
	}
}

// halting ends the time of a run at its second call.
type halting struct {
	filing.Quotes
	calls int
}

func (q *halting) Look(ctx context.Context, s tenant.Scope, b *quote.Book) error {
	if q.calls++; q.calls > 1 {
		return q.Quotes.Look(ctx, s, b)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	return q.Quotes.Look(ctx, s, b)
}

// TestLookupsGoOn: what a run had no time for is no fault of a source, and the
// next run goes on.
func TestLookupsGoOn(t *testing.T) {
	t.Parallel()
	m := &market{price: 3, opinion: 3}
	open, _ := m.quotes(t, true)
	h := newHouseOn(t, filing.Settings{Country: "XX", Currency: "EUR", Timezone: "UTC"}, nil, "", func(s *store.Store) filing.Quotes { return &halting{Quotes: open(s)} })
	path := filepath.Join(t.TempDir(), "rewards.csv")
	if err := os.WriteFile(path, []byte(rewards), 0o600); err != nil {
		t.Fatal(err)
	}
	h.take(intake.Choice{}, path)
	if err := h.filing.Refresh(t.Context(), h.scope); !errors.Is(err, context.Canceled) {
		t.Errorf("the run was cut short: %v", err)
	}
	if got, _ := h.values(); got != "ADA ?, BUSY ?, NONE ?, ADA:not_asked, BUSY:not_asked, NONE:not_asked" {
		t.Errorf("cut short: %s", got)
	}
	if err := h.filing.Refresh(t.Context(), h.scope); err != nil {
		t.Fatal(err)
	}
	if got, _ := h.values(); got != "ADA 6, BUSY 3, NONE ?, NONE:no_price" {
		t.Errorf("gone on: %s", got)
	}
}
