package intake

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"

	"github.com/ledgersys/ledgersys/internal/sheet"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// priceAge is how old a price may be: one day.
const priceAge = 24 * 60 * 60 * 1_000_000

// Prices is a table of prices as a user gives it. It is what the engine asks for prices.
type Prices struct {
	series map[pair][]price
}

type pair struct{ asset, currency string }

type price struct {
	at    ledger.Instant // of a bare date: the beginning of its day
	day   ledger.Date    // the tax date that a bare date holds for; 0 for an instant
	value money.Amount
}

// ReadPrices reads a table with the columns time, asset, currency and price:
// the price of one unit. A bare date holds for that tax date.
func ReadPrices(name string, r io.ReaderAt, size int64, cal *ledger.Calendar) (*Prices, error) {
	p := &Prices{series: make(map[pair][]price)}
	err := readTable(name, r, size, []string{"time", "asset", "currency", "price"}, func(c []string) *statement.Fault {
		at, day, fault := priceTime(c[0], cal)
		if fault != nil {
			return fault
		}
		value, set, err := statement.Numbers{}.Units(c[3])
		switch {
		case err != nil:
			return &statement.Fault{Column: "price", Reason: err.Error()}
		case !set || value.Sign() < 0:
			return &statement.Fault{Column: "price", Reason: "missing or negative"}
		case c[1] == "" || c[2] == "":
			return &statement.Fault{Column: "asset", Reason: "asset and currency are needed"}
		}
		k := pair{c[1], strings.ToUpper(c[2])}
		p.series[k] = append(p.series[k], price{at, day, value})
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, s := range p.series {
		slices.SortStableFunc(s, func(a, b price) int { return cmp.Compare(a.at, b.at) })
	}
	return p, nil
}

func priceTime(s string, cal *ledger.Calendar) (ledger.Instant, ledger.Date, *statement.Fault) {
	if at, ok := statement.ParseRFC3339(s); ok {
		return at, 0, nil
	}
	d, err := ledger.ParseDate(s)
	if fault := statement.TimeFault(s); err != nil && !errors.Is(fault, statement.ErrTime) {
		return 0, 0, &statement.Fault{Column: "time", Reason: fault.Error()}
	}
	if err != nil {
		return 0, 0, &statement.Fault{Column: "time", Reason: "must be a date YYYY-MM-DD or a time with its offset"}
	}
	return cal.Midnight(d), d, nil
}

// Price returns the price of one unit: that of the last row at or before the event, at most a
// day old, directly or over one other currency.
func (p *Prices) Price(asset, currency string, at ledger.Instant, date ledger.Date) (money.Amount, bool) {
	if asset == currency {
		return money.FromInt(1), true
	}
	if v, ok := p.direct(asset, currency, at, date); ok {
		return v, true
	}
	var between []string
	for k := range p.series {
		if k.asset == asset {
			between = append(between, k.currency)
		}
	}
	slices.Sort(between) // the same answer whatever the order of a map
	for _, b := range between {
		x, ok := p.direct(asset, b, at, date)
		if !ok {
			continue
		}
		if y, ok := p.direct(b, currency, at, date); ok {
			return x.Mul(y), true
		}
	}
	return money.Amount{}, false
}

func (p *Prices) direct(asset, currency string, at ledger.Instant, date ledger.Date) (money.Amount, bool) {
	s := p.series[pair{asset, currency}]
	for i := sort.Search(len(s), func(i int) bool { return s[i].at > at }) - 1; i >= 0; i-- {
		switch {
		case s[i].day != 0 && s[i].day == date:
			return s[i].value, true
		case s[i].day == 0 && at-s[i].at <= priceAge:
			return s[i].value, true
		case at-s[i].at > 2*priceAge:
			return money.Amount{}, false
		}
	}
	return money.Amount{}, false
}

// ReadBrokerForms reads what brokers reported about sales (Form 1099-DA).
func ReadBrokerForms(name string, r io.ReaderAt, size int64) ([]ledger.BrokerSale, error) {
	list := []ledger.BrokerSale{}
	columns := []string{"account", "asset", "date_sold", "units", "proceeds", "basis", "basis_reported"}
	err := readTable(name, r, size, columns, func(c []string) *statement.Fault {
		b := ledger.BrokerSale{Account: c[0], Asset: c[1]}
		var err error
		if b.Date, err = ledger.ParseDate(c[2]); err != nil {
			return &statement.Fault{Column: "date_sold", Reason: err.Error()}
		}
		for i, into := range [...]*money.Amount{&b.Units, &b.Proceeds} {
			a, set, err := statement.Numbers{}.Units(c[3+i])
			if err != nil || !set {
				return &statement.Fault{Column: columns[3+i], Reason: "missing or not a plain decimal number"}
			}
			*into = a
		}
		basis, set, err := statement.Numbers{}.Units(c[5])
		if err != nil {
			return &statement.Fault{Column: "basis", Reason: err.Error()}
		}
		if set {
			b.Basis = &basis
		}
		switch strings.ToLower(c[6]) {
		case "true", "yes", "1":
			b.Reported = true
		case "", "false", "no", "0":
		default:
			return &statement.Fault{Column: "basis_reported", Reason: "must be true or false"}
		}
		list = append(list, b)
		return nil
	})
	return list, err
}

// readTable reads a small table of fixed columns, in any order, and calls each
// with their cells. All faults come back together, with file and line.
func readTable(name string, r io.ReaderAt, size int64, columns []string, each func(cells []string) *statement.Fault) error {
	files, err := sheet.Open(name, r, size, sheet.DefaultLimits())
	if err != nil {
		return fmt.Errorf("%s: %w: %w", name, ErrUnusable, err)
	}
	var faults []error
	for _, f := range files {
		rows, err := f.Rows(',')
		if err != nil {
			return fmt.Errorf("%s: %w: %w", name, ErrUnusable, err)
		}
		at := []int(nil)
		cells := make([]string, len(columns))
		for {
			row, err := rows.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			var spoiled *sheet.Error
			switch {
			case errors.As(err, &spoiled) && spoiled.Row:
				faults = append(faults, fmt.Errorf("%s: %w", name, err))
				continue
			case err != nil:
				return fmt.Errorf("%s: %w: %w", name, ErrUnusable, err)
			}
			sr := statement.Row(row)
			if at == nil {
				if at, err = places(statement.NewHeader(sr), columns); err != nil {
					return fmt.Errorf("%s: line %d: %w", name, row.Line, err)
				}
				continue
			}
			if sr.Blank() {
				continue
			}
			for i, c := range at {
				cells[i] = strings.Clone(sr.Cell(c))
			}
			if fault := each(cells); fault != nil {
				faults = append(faults, fmt.Errorf("%s: line %d, %s: %s", name, row.Line, fault.Column, fault.Reason))
			}
		}
	}
	return errors.Join(faults...)
}

func places(h statement.Header, columns []string) ([]int, error) {
	at := make([]int, len(columns))
	for i, c := range columns {
		if at[i] = h.Index(c); at[i] < 0 {
			return nil, fmt.Errorf("column %q is missing; the header is %s", c, strings.Join(columns, ","))
		}
	}
	return at, nil
}
