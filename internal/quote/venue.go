package quote

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// errNoMarket is the error of a venue that does not trade a pair.
var errNoMarket = errors.New("quote: no such market")

// venue is how one exchange tells its candles.
type venue struct {
	name   string
	passes []egress.Pass
	count  int64 // candles of one answer
	market func(asset, currency string) string
	// address makes the address of the candles of a market from a second on.
	address func(market string, width Width, from, to int64) string
	// read reads an answer; errNoMarket and faults are the venue's own words.
	read func(status int, body []byte) ([]candle, error)
}

func venues() []venue { return []venue{kraken(), coinbase(), bitstamp(), binance()} }

const (
	maxBody = 4 << 20
	timeout = 30 * time.Second
)

// send makes one call.
func send(ctx context.Context, client *egress.Client, name, address string) (status int, body []byte, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Accept", "application/json, application/xml")
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, unreachable(name, err)
	}
	defer resp.Body.Close() //nolint:errcheck // all of it was read
	if body, err = io.ReadAll(resp.Body); err != nil {
		return 0, nil, unreachable(name, err)
	}
	switch s := resp.StatusCode; {
	case s == http.StatusTooManyRequests || s == http.StatusTeapot:
		return 0, nil, slowDown(name, resp.Header.Get("Retry-After"))
	case s >= http.StatusInternalServerError || s == http.StatusForbidden || s == http.StatusUnavailableForLegalReasons:
		return 0, nil, unreachable(name, fmt.Errorf("status %d", s))
	}
	return resp.StatusCode, body, nil
}

func unreachable(name string, err error) error {
	if errors.Is(err, egress.ErrDenied) {
		return err
	}
	return fault.New(fault.Upstream, fmt.Errorf("%s: %w", name, err), "The price source %s does not answer. The price is not missing, it was not learned.", name)
}

func slowDown(name, after string) error {
	f := fault.New(fault.TooMany, fmt.Errorf("%s: asked to wait", name), "The price source %s asks us to wait. The price is not missing, it was not learned.", name)
	f.RetryAfter = 30 * time.Second
	if n, err := strconv.Atoi(after); err == nil && n > 0 {
		f.RetryAfter = time.Duration(n) * time.Second
	}
	return f
}

// number reads a price, as text or as a JSON number.
func number(raw any) (money.Amount, error) {
	var text string
	switch v := raw.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	default:
		return money.Amount{}, errors.New("a price that is no number")
	}
	a, set, err := statement.Numbers{Exponent: true}.Units(text)
	if err != nil || !set || a.Sign() <= 0 {
		return money.Amount{}, errors.New("a price that is no number above 0")
	}
	return a, nil
}

// decode reads JSON with numbers as they are written.
func decode(name string, body []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		return unreadable(name, err)
	}
	return nil
}

func unreadable(name string, err error) error {
	return fault.New(fault.Upstream, fmt.Errorf("%s: %w", name, err), "The price source %s gave an answer that cannot be read.", name)
}

// columns says where a row of an answer has what is needed; the start is in
// units of 1/perSecond seconds.
type columns struct{ start, open, end, perSecond int }

// rows reads candles out of arrays and sorts them.
func (c columns) rows(name string, list [][]any) ([]candle, error) {
	out := make([]candle, 0, len(list))
	for _, row := range list {
		if len(row) <= max(c.start, c.open, c.end) {
			return nil, unreadable(name, errors.New("a candle with too few figures"))
		}
		start, ok := row[c.start].(json.Number)
		n, err := strconv.ParseInt(start.String(), 10, 64)
		if !ok || err != nil {
			return nil, unreadable(name, errors.New("a candle without a time"))
		}
		k := candle{start: n / int64(c.perSecond)}
		var err1, err2 error
		k.open, err1 = number(row[c.open])
		k.close, err2 = number(row[c.end])
		if err := errors.Join(err1, err2); err != nil {
			return nil, unreadable(name, err)
		}
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b candle) int { return int(a.start - b.start) })
	return out, nil
}

func query(pairs ...string) string {
	v := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		v.Set(pair[0], pair[len(pair)-1])
	}
	return v.Encode()
}

func whole(n int64) string { return strconv.FormatInt(n, 10) }

func binance() venue {
	const name = "binance"
	steps := map[Width]string{Minute: "1m", Hour: "1h", Day: "1d"}
	return venue{
		name: name, count: 1000,
		passes: []egress.Pass{{Method: "GET", Host: "api.binance.com", Path: "/api/v3/klines", Query: []string{"symbol", "interval", "startTime", "endTime", "limit"}}},
		market: func(asset, currency string) string { return asset + currency },
		address: func(market string, width Width, from, to int64) string {
			return "https://api.binance.com/api/v3/klines?" + query("symbol", market, "interval", steps[width], "startTime", whole(from*1000), "endTime", whole(to*1000-1), "limit", "1000")
		},
		read: func(status int, body []byte) ([]candle, error) {
			if status != http.StatusOK {
				return nil, errNoMarket // -1121 and its like: the answer is about the symbol
			}
			var list [][]any
			if err := decode(name, body, &list); err != nil {
				return nil, err
			}
			return columns{start: 0, open: 1, end: 4, perSecond: 1000}.rows(name, list)
		},
	}
}

func coinbase() venue {
	const name = "coinbase"
	return venue{
		name: name, count: 300,
		passes: []egress.Pass{{Method: "GET", Host: "api.exchange.coinbase.com", Path: "/products/{}/candles", Query: []string{"granularity", "start", "end"}}},
		market: func(asset, currency string) string { return asset + "-" + currency },
		address: func(market string, width Width, from, to int64) string {
			stamp := func(sec int64) string { return time.Unix(sec, 0).UTC().Format(time.RFC3339) }
			return "https://api.exchange.coinbase.com/products/" + url.PathEscape(market) + "/candles?" +
				query("granularity", whole(int64(width)), "start", stamp(from), "end", stamp(to-int64(width)))
		},
		read: func(status int, body []byte) ([]candle, error) {
			if status != http.StatusOK {
				return nil, errNoMarket
			}
			var list [][]any
			if err := decode(name, body, &list); err != nil {
				return nil, err
			}
			return columns{start: 0, open: 3, end: 4, perSecond: 1}.rows(name, list)
		},
	}
}

func bitstamp() venue {
	const name = "bitstamp"
	return venue{
		name: name, count: 1000,
		passes: []egress.Pass{{Method: "GET", Host: "www.bitstamp.net", Path: "/api/v2/ohlc/{}/", Query: []string{"step", "limit", "start", "end"}}},
		market: func(asset, currency string) string { return strings.ToLower(asset + currency) },
		address: func(market string, width Width, from, to int64) string {
			return "https://www.bitstamp.net/api/v2/ohlc/" + url.PathEscape(market) + "/?" +
				query("step", whole(int64(width)), "limit", "1000", "start", whole(from), "end", whole(to-int64(width)))
		},
		read: func(status int, body []byte) ([]candle, error) {
			if status != http.StatusOK {
				return nil, errNoMarket
			}
			var out struct {
				Data struct {
					OHLC []struct{ Timestamp, Open, Close any } `json:"ohlc"`
				} `json:"data"`
			}
			if err := decode(name, body, &out); err != nil {
				return nil, err
			}
			list := make([][]any, len(out.Data.OHLC))
			for i, k := range out.Data.OHLC {
				list[i] = []any{stamp(k.Timestamp), k.Open, k.Close}
			}
			return columns{start: 0, open: 1, end: 2, perSecond: 1}.rows(name, list)
		},
	}
}

// stamp makes a JSON number of a time that is written as text.
func stamp(v any) any {
	if s, ok := v.(string); ok {
		return json.Number(s)
	}
	return v
}

// kraken gives its last 720 candles only, whatever is asked for; a minute that
// lies before comes from single trades, an hour or a day does not come at all.
func kraken() venue {
	const name = "kraken"
	return venue{
		name: name, count: 720,
		passes: []egress.Pass{
			{Method: "GET", Host: "api.kraken.com", Path: "/0/public/OHLC", Query: []string{"pair", "interval", "since"}},
			{Method: "GET", Host: "api.kraken.com", Path: "/0/public/Trades", Query: []string{"pair", "since", "count"}},
		},
		market: func(asset, currency string) string {
			old := map[string]string{"BTC": "XBT", "DOGE": "XDG"}
			if o, ok := old[asset]; ok {
				asset = o
			}
			return asset + currency
		},
		address: func(market string, width Width, from, _ int64) string {
			return "https://api.kraken.com/0/public/OHLC?" + query("pair", market, "interval", whole(int64(width)/60), "since", whole(from-1))
		},
		read: func(_ int, body []byte) ([]candle, error) {
			list, err := krakenRows(body)
			if err != nil {
				return nil, err
			}
			return columns{start: 0, open: 1, end: 4, perSecond: 1}.rows(name, list)
		},
	}
}

// krakenTrade is the address of the first trade from a second on.
func krakenTrade(market string, sec int64) string {
	return "https://api.kraken.com/0/public/Trades?" + query("pair", market, "since", whole(sec), "count", "1")
}

// readKrakenTrade reads the first trade as the candle of its minute.
func readKrakenTrade(body []byte) ([]candle, error) {
	list, err := krakenRows(body)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	if len(list[0]) < 3 {
		return nil, unreadable("kraken", errors.New("a trade with too few figures"))
	}
	at, ok := list[0][2].(json.Number)
	sec, _, _ := strings.Cut(at.String(), ".")
	n, err := strconv.ParseInt(sec, 10, 64)
	price, err2 := number(list[0][0])
	if err = errors.Join(err, err2); !ok || err != nil {
		return nil, unreadable("kraken", fmt.Errorf("a trade that cannot be read: %w", err))
	}
	return []candle{{n - n%int64(Minute), price, price}}, nil
}

// krakenRows reads the one list of an answer, whose name is Kraken's own for
// the pair, or the errors that come with status 200.
func krakenRows(body []byte) ([][]any, error) {
	var out struct {
		Error  []string                   `json:"error"`
		Result map[string]json.RawMessage `json:"result"`
	}
	if err := decode("kraken", body, &out); err != nil {
		return nil, err
	}
	for _, e := range out.Error {
		switch {
		case strings.Contains(e, "Unknown asset pair"), strings.Contains(e, "Invalid arguments"):
			return nil, errNoMarket
		case strings.Contains(e, "Rate limit"), strings.Contains(e, "Too many requests"), strings.Contains(e, "lockout"):
			return nil, slowDown("kraken", "")
		case strings.HasPrefix(e, "E"):
			return nil, unreachable("kraken", errors.New("an error of its own"))
		}
	}
	for key, raw := range out.Result {
		if key == "last" {
			continue
		}
		var list [][]any
		if err := decode("kraken", raw, &list); err != nil {
			return nil, err
		}
		return list, nil
	}
	return nil, nil
}
