package quote

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

const (
	ecbName    = "ecb"
	ecbAddress = "https://www.ecb.europa.eu/stats/eurofxref/eurofxref-hist.xml"
	ecbBody    = 48 << 20
	// ecbAge is how many days a rate holds on: over weekends and the longest
	// run of holidays of the TARGET calendar.
	ecbAge = 5
)

func ecbPasses() []egress.Pass {
	return []egress.Pass{{Method: "GET", Host: "www.ecb.europa.eu", Path: "/stats/eurofxref/eurofxref-hist.xml"}}
}

// rates are the reference rates: units of a currency for one euro, by day.
type rates struct {
	days []ledger.Date // ascending
	list []map[string]money.Amount
}

// readRates reads the history that the bank publishes.
func readRates(body []byte) (*rates, error) {
	r := &rates{}
	d := xml.NewDecoder(bytes.NewReader(body))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, unreadable(ecbName, err)
		}
		e, ok := tok.(xml.StartElement)
		if !ok || e.Name.Local != "Cube" {
			continue
		}
		if err := r.cube(e.Attr); err != nil {
			return nil, unreadable(ecbName, err)
		}
	}
	if len(r.days) == 0 {
		return nil, unreadable(ecbName, errors.New("no rates"))
	}
	slices.Reverse(r.days) // the newest comes first
	slices.Reverse(r.list)
	if !slices.IsSorted(r.days) {
		return nil, unreadable(ecbName, errors.New("days out of order"))
	}
	return r, nil
}

// cube takes an element that begins a day, or one rate of it.
func (r *rates) cube(attrs []xml.Attr) error {
	var day, currency, rate string
	for _, a := range attrs {
		switch a.Name.Local {
		case "time":
			day = a.Value
		case "currency":
			currency = a.Value
		case "rate":
			rate = a.Value
		}
	}
	switch {
	case day != "":
		d, err := ledger.ParseDate(day)
		if err != nil {
			return err
		}
		r.days, r.list = append(r.days, d), append(r.list, make(map[string]money.Amount))
	case currency != "" && len(r.list) > 0:
		a, err := number(rate)
		if err != nil {
			return err
		}
		r.list[len(r.list)-1][currency] = a
	}
	return nil
}

// ecbDelay is how long after the beginning of a day its rates come at the
// latest. They come in the afternoon, on working days.
const ecbDelay = 48 * time.Hour

// toCome reports whether the rates of a day may still come, so that those of
// the day before must not take their place.
func (r *rates) toCome(date ledger.Date, now time.Time) bool {
	if len(r.days) == 0 {
		return false
	}
	y, m, d := date.Civil()
	if !now.Before(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Add(ecbDelay)) {
		return false
	}
	for day := r.days[len(r.days)-1] + 1; day <= date; day++ {
		y, m, d := day.Civil()
		if w := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Weekday(); w != time.Saturday && w != time.Sunday {
			return true
		}
	}
	return false
}

// cross returns what one unit of a currency was worth in another on a day, by
// the rates of that day or the last ones before it.
func (r *rates) cross(from, to string, date ledger.Date) (price money.Amount, day ledger.Date, ok bool) {
	i, found := slices.BinarySearch(r.days, date)
	if !found {
		i--
	}
	if i < 0 || date-r.days[i] > ecbAge {
		return money.Amount{}, 0, false
	}
	one := func(currency string) (money.Amount, bool) {
		if currency == "EUR" {
			return money.FromInt(1), true
		}
		a, ok := r.list[i][currency]
		return a, ok
	}
	a, okA := one(from)
	b, okB := one(to)
	if !okA || !okB {
		return money.Amount{}, 0, false
	}
	return money.FromInt(1).Share(b, a), r.days[i], true
}
