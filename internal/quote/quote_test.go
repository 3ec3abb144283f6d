package quote_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

var (
	noon = time.Date(2024, 7, 5, 12, 0, 0, 0, time.UTC)
	now  = time.Date(2024, 9, 1, 0, 0, 0, 0, time.UTC)
)

const ecbFile = `<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">
<Cube><Cube time="2024-07-08"><Cube currency="USD" rate="1.0836"/><Cube currency="GBP" rate="0.84575"/></Cube>
<Cube time="2024-07-05"><Cube currency="USD" rate="1.0824"/><Cube currency="GBP" rate="0.84718"/><Cube currency="JPY" rate="174.25"/></Cube>
</Cube></gesmes:Envelope>`

// world answers for all sources at once: prices by market and second, each
// candle opening at the price and closing one higher.
type world struct {
	mu     sync.Mutex
	trades map[string]map[int64]int64 // market -> second -> price
	fail   map[string]int             // path prefix -> status
	calls  []string
}

func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls = append(w.calls, r.URL.Path)
	for prefix, status := range w.fail {
		if strings.HasPrefix(r.URL.Path, prefix) {
			rw.Header().Set("Retry-After", "7")
			rw.WriteHeader(status)
			return
		}
	}
	q := r.URL.Query()
	unix := func(s string) int64 {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return -1
		}
		return t.Unix()
	}
	num := func(key string) int64 { n, _ := strconv.ParseInt(q.Get(key), 10, 64); return n }
	switch p := r.URL.Path; {
	case strings.HasPrefix(p, "/api/v3/klines"):
		width := map[string]int64{"1m": 60, "1h": 3600, "1d": 86400}[q.Get("interval")]
		w.rows(rw, "binance:"+q.Get("symbol"), width, [2]int64{num("startTime") / 1000, num("endTime") / 1000}, `[%d000,"%d","9","1","%d","5",0]`)
	case strings.HasPrefix(p, "/products/"):
		market := strings.Split(p, "/")[2]
		w.rows(rw, "coinbase:"+market, num("granularity"), [2]int64{unix(q.Get("start")), unix(q.Get("end")) + num("granularity") - 1}, `[%d,1,9,%d,%d,5.5]`)
	case strings.HasPrefix(p, "/api/v2/ohlc/"):
		market := strings.Split(p, "/")[4]
		if w.trades["bitstamp:"+market] == nil {
			http.NotFound(rw, r)
			return
		}
		fmt.Fprint(rw, `{"data":{"pair":"X","ohlc":`)
		w.rows(rw, "bitstamp:"+market, num("step"), [2]int64{num("start"), num("end") + num("step") - 1}, `{"timestamp":"%d","open":"%d","close":"%d"}`)
		fmt.Fprint(rw, `}}`)
	case p == "/0/public/OHLC" || p == "/0/public/Trades":
		if w.trades["kraken:"+q.Get("pair")] == nil {
			fmt.Fprint(rw, `{"error":["EQuery:Unknown asset pair"]}`)
			return
		}
		fmt.Fprint(rw, `{"error":[],"result":{"last":"1","XX":`)
		if p == "/0/public/OHLC" {
			width := num("interval") * 60
			w.rows(rw, "kraken:"+q.Get("pair"), width, [2]int64{now.Unix() - 720*width, now.Unix()}, `[%d,"%d","9","1","%d","1","1",3]`)
		} else {
			w.trade(rw, "kraken:"+q.Get("pair"), num("since"))
		}
		fmt.Fprint(rw, `}}`)
	case strings.HasPrefix(p, "/stats/eurofxref/"):
		fmt.Fprint(rw, ecbFile)
	default:
		http.NotFound(rw, r)
	}
}

func (w *world) rows(rw http.ResponseWriter, market string, width int64, span [2]int64, form string) {
	trades := w.trades[market]
	if trades == nil {
		rw.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(rw, `{"message":"NotFound"}`)
		return
	}
	fmt.Fprint(rw, "[")
	comma := ""
	for start := span[0] - span[0]%width; start <= span[1]; start += width {
		for sec, price := range trades {
			if sec >= start && sec < start+width {
				fmt.Fprintf(rw, comma+form, start, price, price+1)
				comma = ","
			}
		}
	}
	fmt.Fprint(rw, "]")
}

func (w *world) trade(rw http.ResponseWriter, market string, since int64) {
	best := int64(-1)
	for sec := range w.trades[market] {
		if sec >= since && (best < 0 || sec < best) {
			best = sec
		}
	}
	if best < 0 {
		fmt.Fprint(rw, "[]")
		return
	}
	fmt.Fprintf(rw, `[["%d","1",%d.1234,"b","l","",7]]`, w.trades[market][best], best)
}

func quoter(t *testing.T, w *world, width quote.Width) *quote.Quoter {
	t.Helper()
	return quoterAt(t, w, width, now)
}

func quoterAt(t *testing.T, w *world, width quote.Width, now time.Time) *quote.Quoter {
	t.Helper()
	srv := httptest.NewServer(w)
	t.Cleanup(srv.Close)
	door, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(srv.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	bases := make(map[string]string)
	for _, name := range []string{"binance", "kraken", "coinbase", "bitstamp", "ecb"} {
		bases[name] = srv.URL
	}
	q, err := quote.New(quote.Config{Door: door, Bases: bases, Now: func() time.Time { return now }, Width: width})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func ask(asset, currency string, at time.Time) quote.Ask {
	return quote.Ask{Asset: asset, Currency: currency, At: ledger.InstantOf(at), Date: ledger.DateOf(at)}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	at := noon.Unix()
	for name, c := range map[string]struct {
		trades map[string]map[int64]int64
		ask    quote.Ask
		width  quote.Width
		want   string // price source width [second spread]
	}{
		"minute":              {map[string]map[int64]int64{"coinbase:BTC-EUR": {at + 3: 50}}, ask("BTC", "EUR", noon.Add(40*time.Second)), quote.Minute, "50 coinbase BTC/EUR minute"},
		"nobody_that_minute":  {map[string]map[int64]int64{"coinbase:BTC-EUR": {at + 300: 50}}, ask("BTC", "EUR", noon), quote.Minute, "50 coinbase BTC/EUR hour"},
		"nobody_that_hour":    {map[string]map[int64]int64{"bitstamp:btceur": {at - 7200: 50}}, ask("BTC", "EUR", noon), quote.Minute, "51 bitstamp BTC/EUR day"},
		"day":                 {map[string]map[int64]int64{"bitstamp:btceur": {at - 7200: 50}}, ask("BTC", "EUR", noon), quote.Day, "51 bitstamp BTC/EUR day"},
		"nobody_that_day":     {map[string]map[int64]int64{"bitstamp:btceur": {at - 90000: 50}}, ask("BTC", "EUR", noon), quote.Minute, ""},
		"no_market":           {nil, ask("NOPE", "EUR", noon), quote.Minute, ""},
		"second_opinion":      {map[string]map[int64]int64{"coinbase:BTC-EUR": {at: 100}, "binance:BTCEUR": {at: 101}}, ask("BTC", "EUR", noon), quote.Minute, "100 coinbase BTC/EUR minute 101 binance BTC/EUR 0.01"},
		"through_dollars":     {map[string]map[int64]int64{"coinbase:BTC-USD": {at: 54120}}, ask("BTC", "EUR", noon), quote.Minute, "50000 coinbase BTC/USD × ecb USD/EUR minute"},
		"through_euros":       {map[string]map[int64]int64{"binance:BTCEUR": {at: 100}}, ask("BTC", "GBP", noon), quote.Minute, "84.718 binance BTC/EUR × ecb EUR/GBP minute"},
		"kraken_long_ago":     {map[string]map[int64]int64{"kraken:XBTEUR": {at + 20: 70}}, ask("BTC", "EUR", noon), quote.Minute, "70 kraken BTC/EUR minute"},
		"kraken_later_trade":  {map[string]map[int64]int64{"kraken:XBTEUR": {at + 4000: 70}}, ask("BTC", "EUR", noon), quote.Minute, "71 kraken BTC/EUR day"},
		"minute_of_the_next":  {map[string]map[int64]int64{"kraken:XBTEUR": {at - 7200: 60}, "bitstamp:btceur": {at - 600: 61}, "binance:BTCEUR": {at + 30: 70}}, ask("BTC", "EUR", noon), quote.Minute, "70 binance BTC/EUR minute"},
		"minute_in_dollars":   {map[string]map[int64]int64{"coinbase:BTC-EUR": {at - 7200: 60}, "binance:BTCUSD": {at: 54120}}, ask("BTC", "EUR", noon), quote.Minute, "50000 binance BTC/USD × ecb USD/EUR minute"},
		"opinion_as_wide":     {map[string]map[int64]int64{"coinbase:BTC-EUR": {at - 7200: 99}, "binance:BTCEUR": {at - 7200: 98}, "kraken:XBTEUR": {at: 70}}, ask("BTC", "EUR", noon), quote.Minute, "70 kraken BTC/EUR minute"},
		"kraken_recent":       {map[string]map[int64]int64{"kraken:XDGEUR": {now.Unix() - 3600: 3}}, ask("DOGE", "EUR", now.Add(-time.Hour)), quote.Minute, "3 kraken DOGE/EUR minute"},
		"rates":               {nil, ask("USD", "GBP", noon), quote.Minute, "0.782686622320768662 ecb USD/GBP day"},
		"rates_of_friday":     {nil, ask("GBP", "EUR", noon.AddDate(0, 0, 2)), quote.Minute, "1.180386694681177554 ecb GBP/EUR day"},
		"rates_far_in_future": {nil, ask("GBP", "EUR", noon.AddDate(0, 0, 20)), quote.Minute, ""},
		"currency_without":    {nil, ask("NGN", "EUR", noon), quote.Minute, ""},
		"itself":              {nil, ask("EUR", "EUR", noon), quote.Minute, "1 itself minute"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := quoter(t, &world{trades: c.trades}, c.width).Quote(context.Background(), c.ask)
			if c.want == "" {
				if !errors.Is(err, quote.ErrNoPrice) {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			text := fmt.Sprint(got.Price, " ", got.Source, " ", got.Width)
			if got.Second != nil {
				text += fmt.Sprint(" ", got.Second.Price, " ", got.Second.Source, " ", got.Second.Spread)
			}
			if err != nil || text != c.want || !got.Fetched.Equal(now) || got.Ask != c.ask {
				t.Errorf("got %s, %v", text, err)
			}
			if got.Candle.After(got.At.Time()) {
				t.Errorf("the candle of %s begins after the event", got.Candle)
			}
		})
	}
}

// TestDayIsOnePrice: all events of a day that is long ago have one price, also
// where the first source knows single trades only; if no other has the day,
// nobody knows its price.
func TestDayIsOnePrice(t *testing.T) {
	t.Parallel()
	day := time.Date(2020, 7, 5, 0, 0, 0, 0, time.UTC)
	trades := map[string]map[int64]int64{"kraken:XBTEUR": {day.Unix() + 4000: 50, day.Unix() + 40000: 70, day.Unix() + 80000: 90}, "bitstamp:btceur": {day.Unix() + 86000: 85}}
	for _, width := range []quote.Width{quote.Hour, quote.Day} {
		for _, sec := range []int64{3900, 39000, 79990} {
			event := ask("BTC", "EUR", day.Add(time.Duration(sec)*time.Second))
			got, err := quoter(t, &world{trades: trades}, width).Quote(context.Background(), event)
			if err != nil || got.Price.String() != "86" || got.Width != quote.Day {
				t.Errorf("%s at %d: %s of a %s of %s, %v", width, sec, got.Price, got.Width, got.Source, err)
			}
			alone := map[string]map[int64]int64{"kraken:XBTEUR": trades["kraken:XBTEUR"]}
			if got, err := quoter(t, &world{trades: alone}, width).Quote(context.Background(), event); !errors.Is(err, quote.ErrNoPrice) {
				t.Errorf("%s at %d: %+v, %v", width, sec, got, err)
			}
			_, err = quoter(t, &world{trades: alone, fail: map[string]int{"/api/v2/": 429}}, width).Quote(context.Background(), event)
			if !fault.Is(err, fault.TooMany) || errors.Is(err, quote.ErrNoPrice) {
				t.Errorf("%s at %d, a source asks to wait: %v", width, sec, err)
			}
		}
	}
}

// TestNotLearned: a source that asks us to wait, fails or talks nonsense is a
// fault that says so, never a missing price.
func TestNotLearned(t *testing.T) {
	t.Parallel()
	trades := map[string]map[int64]int64{"coinbase:BTC-EUR": {noon.Unix(): 50}}
	for status, kind := range map[int]fault.Kind{429: fault.TooMany, 418: fault.TooMany, 500: fault.Upstream, 451: fault.Upstream, 302: fault.Upstream} {
		_, err := quoter(t, &world{trades: trades, fail: map[string]int{"/products/": status}}, 0).Quote(context.Background(), ask("BTC", "EUR", noon))
		if !fault.Is(err, kind) || errors.Is(err, quote.ErrNoPrice) {
			t.Errorf("status %d: %v", status, err)
		}
		if kind == fault.TooMany && fault.Of(err).RetryAfter != 7*time.Second {
			t.Errorf("status %d: wait %s", status, fault.Of(err).RetryAfter)
		}
	}
	trades["binance:BTCEUR"] = map[int64]int64{noon.Unix(): 51}
	got, err := quoter(t, &world{trades: trades, fail: map[string]int{"/api/v3/": 500}}, 0).Quote(context.Background(), ask("BTC", "EUR", noon))
	if err != nil || got.Price.String() != "50" || got.Second != nil {
		t.Errorf("a second opinion that fails: %+v, %v", got, err)
	}
	door, err := egress.New(egress.Config{Deny: true})
	if err != nil {
		t.Fatal(err)
	}
	q, err := quote.New(quote.Config{Door: door, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := q.Quote(context.Background(), ask("BTC", "EUR", noon)); !errors.Is(err, egress.ErrDenied) {
		t.Errorf("nothing may go out: %v", err)
	}
}

// TestNotYet: what is only known when a day is over is not learned before: its
// last price, a reference rate that is still to come, and that nobody traded.
func TestNotYet(t *testing.T) {
	t.Parallel()
	w := &world{trades: map[string]map[int64]int64{"coinbase:BTC-EUR": {noon.Unix() - 7200: 50, noon.Unix() + 30: 70}}}
	monday := time.Date(2024, 7, 8, 9, 0, 0, 0, time.UTC) // the last day with rates
	for name, c := range map[string]struct {
		ask   quote.Ask
		width quote.Width
		now   time.Time
		early bool
	}{
		"day_before_its_end":     {ask("BTC", "EUR", noon), quote.Day, noon.Add(11 * time.Hour), true},
		"day_after_its_end":      {ask("BTC", "EUR", noon), quote.Day, noon.Add(12 * time.Hour), false},
		"minute_of_now":          {ask("BTC", "EUR", noon.Add(30*time.Second)), quote.Minute, noon.Add(50 * time.Second), false},
		"nobody_traded_so_far":   {ask("BTC", "EUR", noon.Add(2*time.Hour)), quote.Minute, noon.Add(2*time.Hour + time.Second), true},
		"no_market_today":        {ask("NOPE", "EUR", noon), quote.Minute, noon.Add(time.Minute), true},
		"rate_of_today":          {ask("USD", "EUR", monday.AddDate(0, 0, 1)), quote.Minute, monday.AddDate(0, 0, 1), true},
		"rate_of_a_holiday":      {ask("USD", "EUR", monday.AddDate(0, 0, 1)), quote.Minute, monday.AddDate(0, 0, 3), false},
		"rate_of_a_known_day":    {ask("USD", "EUR", monday), quote.Minute, monday.Add(8 * time.Hour), false},
		"rate_of_this_weekend":   {ask("USD", "EUR", noon.AddDate(0, 0, 1)), quote.Minute, noon.AddDate(0, 0, 1), false},
		"price_by_rates_to_come": {ask("BTC", "USD", noon), quote.Minute, noon.Add(time.Minute), false},
	} {
		got, err := quoterAt(t, w, c.width, c.now).Quote(context.Background(), c.ask)
		if c.early != errors.Is(err, quote.ErrNotYet) || !c.early && (err != nil || got.Price.Sign() <= 0) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	b := quote.NewBook(nil)
	b.Price("NOPE", "EUR", ledger.InstantOf(noon), ledger.DateOf(noon))
	b.Price("BTC", "EUR", ledger.InstantOf(noon), ledger.DateOf(noon))
	if err := b.Fill(context.Background(), quoterAt(t, w, quote.Minute, noon.Add(time.Minute)), nil); err != nil {
		t.Fatal(err)
	}
	if gaps := b.Gaps(); len(gaps) != 1 || gaps[0].Asset != "NOPE" || gaps[0].Code != quote.NotYet || len(b.Quotes()) != 1 {
		t.Errorf("gaps %v, quotes %v", gaps, b.Quotes())
	}
}

func TestWarning(t *testing.T) {
	t.Parallel()
	for spread, warns := range map[string]bool{"0": false, "0.0199": false, "0.02": true, "0.5": true} {
		q := quote.Quote{Source: "a", Second: &quote.Opinion{Source: "b", Spread: money.MustParse(spread)}}
		if got := q.Warning(); (got != "") != warns {
			t.Errorf("%s: %q", spread, got)
		}
	}
	if w := (&quote.Quote{}).Warning(); w != "" {
		t.Errorf("no second opinion: %q", w)
	}
}

// TestBook: what a computation misses is fetched once, what nobody has is not
// asked for again, and a price that was used stays.
func TestBook(t *testing.T) {
	t.Parallel()
	w := &world{trades: map[string]map[int64]int64{"coinbase:BTC-EUR": {noon.Unix(): 50}}}
	q := quoter(t, w, 0)
	kept := quote.Quote{Ask: ask("ETH", "EUR", noon), Price: money.FromInt(7), Source: "then"}
	b := quote.NewBook([]quote.Quote{kept})
	price := func(asset string) string {
		p, ok := b.Price(asset, "EUR", ledger.InstantOf(noon), ledger.DateOf(noon))
		if !ok {
			return ""
		}
		return p.String()
	}
	if price("BTC") != "" || price("NOPE") != "" || price("ETH") != "7" || price("EUR") != "1" || len(b.Missing()) != 2 {
		t.Fatalf("missing %v", b.Missing())
	}
	var told []string
	if err := b.Fill(context.Background(), q, func(done, of int) { told = append(told, fmt.Sprint(done, "/", of)) }); err != nil {
		t.Fatal(err)
	}
	if price("BTC") != "50" || price("NOPE") != "" || len(b.Missing()) != 0 || strings.Join(told, " ") != "1/2 2/2" {
		t.Errorf("missing %v, told %v", b.Missing(), told)
	}
	calls := len(w.calls)
	if err := b.Fill(context.Background(), q, nil); err != nil || len(w.calls) != calls {
		t.Errorf("asked again: %v, %v", w.calls[calls:], err)
	}
	w.trades["coinbase:BTC-EUR"][noon.Unix()] = 99
	if price("BTC") != "50" || len(b.Quotes()) != 2 {
		t.Error("a price that was used has changed")
	}
}

// TestFewCalls: a thousand events of some days need few calls.
func TestFewCalls(t *testing.T) {
	t.Parallel()
	trades := make(map[int64]int64)
	for i := range int64(1000) {
		trades[noon.Unix()+i*60] = 50
	}
	w := &world{trades: map[string]map[int64]int64{"coinbase:BTC-EUR": trades, "bitstamp:btceur": trades}}
	q := quoter(t, w, 0)
	for i := range 1000 {
		if _, err := q.Quote(context.Background(), ask("BTC", "EUR", noon.Add(time.Duration(i)*time.Minute))); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.calls) > 12 {
		t.Errorf("%d calls", len(w.calls))
	}
}

// FuzzParse: whatever a source answers, the price is above 0 or there is none.
func FuzzParse(f *testing.F) {
	f.Add(`[[1720180800,1,9,50,51,5.5]]`)
	f.Add(`{"error":[],"result":{"XX":[[1720180800,"50","9","1","51","1","1",3]],"last":1}}`)
	f.Add(`[[1720180800000,"50","9","1","51"]]`)
	f.Fuzz(func(t *testing.T, body string) {
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, body) }))
		defer srv.Close()
		door, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(srv.URL, "http://")}})
		if err != nil {
			t.Fatal(err)
		}
		bases := make(map[string]string)
		for _, name := range []string{"binance", "kraken", "coinbase", "bitstamp", "ecb"} {
			bases[name] = srv.URL
		}
		q, err := quote.New(quote.Config{Door: door, Bases: bases, Now: func() time.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range []quote.Ask{ask("BTC", "EUR", noon), ask("GBP", "EUR", noon)} {
			if got, err := q.Quote(context.Background(), a); err == nil && got.Price.Sign() <= 0 {
				t.Errorf("%+v", got)
			}
		}
	})
}
