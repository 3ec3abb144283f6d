package quote

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Config is what a Quoter needs.
type Config struct {
	Door  *egress.Door
	Bases map[string]string // addresses of the form LEDGERSYS_PRICES_<NAME>_URL, by name in lower case
	Now   func() time.Time
	// Wait waits as long as a source asks for; nil never waits.
	Wait  func(ctx context.Context, d time.Duration) error
	Width Width // 0 means Minute
}

// Quoter asks the sources. It remembers whole answers, so that a year of
// events takes few calls. It is for use by one goroutine.
type Quoter struct {
	config  Config
	venues  []venue
	clients map[string]*egress.Client
	pages   map[page][]candle
	unknown map[string]bool // markets that a venue does not have
	rates   *rates
	fetched time.Time // when the rates were
	silent  map[string]silence
}

// silence is how a source failed, how often in a row.
type silence struct {
	times int
	err   error
}

// tooOften is how often in a row a source may fail before this Quoter leaves it
// alone: each time costs the whole patience with one call. One that asks to
// wait is left alone at once.
const tooOften = 3

// heard notes how a source answered; err is nil if it did.
func (q *Quoter) heard(name string, err error) {
	switch {
	case err == nil || errors.Is(err, errNoMarket):
		delete(q.silent, name)
	case fault.Is(err, fault.TooMany):
		q.silent[name] = silence{tooOften, err}
	default:
		q.silent[name] = silence{q.silent[name].times + 1, err}
	}
}

// gaveUp returns why a source is not asked any more, nil if it is.
func (q *Quoter) gaveUp(name string) error {
	if s := q.silent[name]; s.times >= tooOften {
		return s.err
	}
	return nil
}

// page names one answer of one venue.
type page struct {
	venue, market string
	width         Width
	from          int64
}

// New returns a Quoter over all sources.
func New(c Config) (*Quoter, error) {
	q := &Quoter{config: c, venues: venues(), clients: make(map[string]*egress.Client), pages: make(map[page][]candle), unknown: make(map[string]bool), silent: make(map[string]silence)}
	if q.config.Width == 0 {
		q.config.Width = Minute
	}
	callers := []egress.Caller{{Name: ecbName, Passes: ecbPasses(), MaxBody: ecbBody, Timeout: 2 * timeout}}
	for _, v := range q.venues {
		callers = append(callers, egress.Caller{Name: v.name, Passes: v.passes, MaxBody: maxBody, Timeout: timeout})
	}
	for _, caller := range callers {
		name := caller.Name
		caller.Base, caller.Name = c.Bases[name], "prices:"+name
		client, err := c.Door.Client(caller)
		if err != nil {
			return nil, err
		}
		q.clients[name] = client
	}
	return q, nil
}

// Quote returns the price of an ask. Money of states is priced by the
// reference rates, all else by the first exchange that trades it for the
// currency, or for euros or dollars that the rates convert; the second one
// gives its opinion. The narrowest candle that any of them has counts, for
// nobody may have traded in that minute at the first: a day's price of one does
// not stand before the minute of another. ErrNoPrice is final, ErrNotYet is
// until the day is over. For a source that asks us to wait or does not answer
// the next ones are asked; if none of them has a price, its fault is the answer,
// for nobody knows what it would have said.
func (q *Quoter) Quote(ctx context.Context, a Ask) (Quote, error) {
	if a.Asset == a.Currency {
		return Quote{Ask: a, Price: money.FromInt(1), Source: "itself", Candle: a.At.Time(), Width: Minute, Fetched: q.config.Now()}, nil
	}
	if money.IsFiat(a.Asset) {
		return q.exchange(ctx, a)
	}
	var unheard error
	for _, width := range []Width{Minute, Hour, Day} {
		if width < q.config.Width {
			continue
		}
		found, err := q.within(ctx, a, width)
		switch {
		case err == nil:
			return *found, nil
		case errors.Is(err, ErrNotYet), ctx.Err() != nil, errors.Is(err, egress.ErrDenied):
			return Quote{}, err
		case !errors.Is(err, ErrNoPrice) && unheard == nil:
			unheard = err
		}
	}
	switch {
	case unheard != nil:
		return Quote{}, unheard
	case q.config.Now().Before(dayAfter(a.At.Time())):
		return Quote{}, fmt.Errorf("%s in %s: %w", a.Asset, a.Currency, ErrNotYet)
	default:
		return Quote{}, fmt.Errorf("%s in %s: %w", a.Asset, a.Currency, ErrNoPrice)
	}
}

// within asks one venue after another for candles of one width.
func (q *Quoter) within(ctx context.Context, a Ask, width Width) (first *Quote, unheard error) {
	for i := range q.venues {
		found, err := q.at(ctx, &q.venues[i], a, width)
		switch {
		case errors.Is(err, ErrNoPrice):
			continue
		case err != nil && (ctx.Err() != nil || errors.Is(err, egress.ErrDenied)):
			return nil, err
		case errors.Is(err, ErrNotYet) && first == nil:
			return nil, err
		case err != nil: // a second opinion is welcome, not needed
			if unheard == nil {
				unheard = err
			}
			continue
		case first == nil:
			first = &found
		default:
			gap := found.Price.Sub(first.Price).Abs().Share(money.FromInt(1), first.Price)
			first.Second = &Opinion{found.Source, found.Price, gap}
			return first, nil
		}
	}
	switch {
	case first != nil:
		return first, nil
	case unheard != nil:
		return nil, unheard
	}
	return nil, ErrNoPrice
}

// dayAfter is when the day of a moment is over.
func dayAfter(t time.Time) time.Time {
	return t.UTC().Truncate(24*time.Hour).AddDate(0, 0, 1)
}

// at asks one venue: in the currency itself, then by way of others.
func (q *Quoter) at(ctx context.Context, v *venue, a Ask, width Width) (Quote, error) {
	found, err := q.market(ctx, v, a, width)
	if !errors.Is(err, ErrNoPrice) || !money.IsFiat(a.Currency) {
		return found, err
	}
	for _, way := range []string{"USD", "EUR"} {
		if way == a.Currency {
			continue
		}
		between := a
		between.Currency = way
		found, err := q.market(ctx, v, between, width)
		if errors.Is(err, ErrNoPrice) {
			continue
		}
		if err != nil {
			return Quote{}, err
		}
		rate, _, name, err := q.rate(ctx, Ask{way, a.Currency, a.At, a.Date})
		if err != nil {
			return Quote{}, err
		}
		found.Ask, found.Price, found.Source = a, converted(found.Price, rate), found.Source+" × "+name
		return found, nil
	}
	return Quote{}, ErrNoPrice
}

// places is how many decimals a price has that was converted.
const places = 18

func converted(price, rate money.Amount) money.Amount {
	return price.Mul(rate).Round(places, money.HalfEven)
}

// market asks one venue for the candle of one market.
func (q *Quoter) market(ctx context.Context, v *venue, a Ask, width Width) (Quote, error) {
	sec := int64(a.At) / 1_000_000
	list, err := q.candles(ctx, v, v.market(a.Asset, a.Currency), width, sec)
	if errors.Is(err, errNoMarket) {
		return Quote{}, ErrNoPrice
	}
	if err != nil {
		return Quote{}, err
	}
	c, price, ok := pick(list, width, sec)
	switch {
	case !ok:
		return Quote{}, ErrNoPrice
	case width == Day && q.config.Now().Unix() < c.start+int64(Day):
		return Quote{}, fmt.Errorf("%s in %s: %w", a.Asset, a.Currency, ErrNotYet) // its last price is still to come
	}
	return Quote{
		Ask: a, Price: price, Source: v.name + " " + a.Asset + "/" + a.Currency,
		Candle: time.Unix(c.start, 0).UTC(), Width: width, Fetched: q.config.Now(),
	}, nil
}

// candles returns candles among which that of a second must be, from the
// venue or from memory.
func (q *Quoter) candles(ctx context.Context, v *venue, market string, width Width, sec int64) ([]candle, error) {
	if q.unknown[v.name+" "+market] {
		return nil, errNoMarket
	}
	span := v.count * int64(width)
	p := page{v.name, market, width, sec - sec%span}
	list, known := q.pages[p]
	if !known {
		var err error
		list, err = q.fetch(ctx, v, v.address(market, width, p.from, p.from+span), v.read)
		if errors.Is(err, errNoMarket) {
			q.unknown[v.name+" "+market] = true
		}
		if err != nil {
			return nil, err
		}
		if p.from+span <= q.config.Now().Unix() {
			q.pages[p] = list // the page is over: it cannot change
		}
	}
	// A single trade tells the price of its minute; an hour or a day has others
	// before it and after it, so that other venues are asked for those.
	if v.name == "kraken" && width == Minute && (len(list) == 0 || list[0].start > sec) {
		return q.fetch(ctx, v, krakenTrade(market, sec), func(_ int, body []byte) ([]candle, error) { return readKrakenTrade(body) })
	}
	return list, nil
}

const maxWaits = 5

// fetch makes a call and waits as often as a venue asks for it.
func (q *Quoter) fetch(ctx context.Context, v *venue, address string, read func(int, []byte) ([]candle, error)) (list []candle, err error) {
	if err := q.gaveUp(v.name); err != nil {
		return nil, err
	}
	defer func() { q.heard(v.name, err) }()
	for wait := 0; ; wait++ {
		status, body, err := send(ctx, q.clients[v.name], v.name, address)
		var list []candle
		if err == nil {
			list, err = read(status, body)
		}
		if err == nil || !fault.Is(err, fault.TooMany) || q.config.Wait == nil || wait == maxWaits {
			return list, err
		}
		if err := q.config.Wait(ctx, fault.Of(err).RetryAfter); err != nil {
			return nil, err
		}
	}
}

// exchange prices money of one state in that of another.
func (q *Quoter) exchange(ctx context.Context, a Ask) (Quote, error) {
	rate, day, name, err := q.rate(ctx, a)
	if err != nil {
		return Quote{}, err
	}
	y, m, d := day.Civil()
	return Quote{
		Ask: a, Price: rate.Round(places, money.HalfEven), Source: name,
		Candle: time.Date(y, m, d, 0, 0, 0, 0, time.UTC), Width: Day, Fetched: q.fetched,
	}, nil
}

// rate returns the reference rate of a day, with all its decimals, the day it
// is of and the name of its source.
func (q *Quoter) rate(ctx context.Context, a Ask) (rate money.Amount, day ledger.Date, name string, err error) {
	name = ecbName + " " + a.Asset + "/" + a.Currency
	const old = 12 * time.Hour
	if money.IsFiat(a.Currency) && (q.rates == nil || q.config.Now().Sub(q.fetched) > old) {
		if err := q.newRates(ctx); err != nil {
			return rate, 0, "", err
		}
	}
	if q.rates != nil {
		date := a.Date
		if date == 0 {
			date = ledger.DateOf(a.At.Time())
		}
		if q.rates.toCome(date, q.config.Now()) {
			return rate, 0, "", fmt.Errorf("%s in %s: %w", a.Asset, a.Currency, ErrNotYet)
		}
		if rate, day, ok := q.rates.cross(a.Asset, a.Currency, date); ok {
			return rate, day, name, nil
		}
	}
	return rate, 0, "", fmt.Errorf("%s in %s: %w", a.Asset, a.Currency, ErrNoPrice)
}

// newRates fetches the reference rates.
func (q *Quoter) newRates(ctx context.Context) (err error) {
	if err := q.gaveUp(ecbName); err != nil {
		return err
	}
	defer func() { q.heard(ecbName, err) }()
	_, body, err := send(ctx, q.clients[ecbName], ecbName, ecbAddress)
	if err != nil {
		return err
	}
	list, err := readRates(body)
	if err != nil {
		return err
	}
	q.rates, q.fetched = list, q.config.Now()
	return nil
}
