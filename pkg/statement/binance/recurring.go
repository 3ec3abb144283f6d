package binance

import (
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// recurring is the history of Auto-Invest: recurring purchases with amounts
// that carry their coin. The fee is taken beside the amount per period.
//
// The export is a workbook. Saved as CSV its dates take the style of the
// person's machine, 5/1/2022, and the file need not say which of the two is
// the month: one day above 12 settles it for the whole file, else its rows are
// held.
func recurring() statement.Format {
	return statement.Format{
		Name: "binance-auto-invest", Title: "Binance Auto-Invest", Venue: venue, ZoneInFile: true, Zone: "UTC",
		Match: func(h statement.Header) bool {
			return h.Has("auto-invest date(utc)", "holding coin", "amount per period", "units", "status")
		},
		Read: func(in *statement.Input, c *statement.Collector) error {
			h := in.Header
			f := plan{
				header: h, date: h.Index("auto-invest date(utc)"), paid: h.Index("amount per period"),
				fee: h.Index("trading fee"), units: h.Index("units"), status: h.Index("status"),
			}
			rows := in.All()
			f.settleDates(rows)
			for _, r := range rows {
				f.read(r, c)
			}
			return nil
		},
	}
}

// plan is where the cells of such a file stand.
type plan struct {
	header                         statement.Header
	date, paid, fee, units, status int
	layouts                        []string // of dates; both orders if the file does not settle them
}

const (
	monthFirst = "1/2/2006 15:04"
	dayFirst   = "2/1/2006 15:04"
)

// settleDates looks for a date that can be read in one order only.
func (p *plan) settleDates(rows []statement.Row) {
	p.layouts = []string{monthFirst, dayFirst}
	for _, r := range rows {
		_, first := time.Parse(monthFirst, r.Cell(p.date))
		_, second := time.Parse(dayFirst, r.Cell(p.date))
		switch {
		case first == nil && second != nil:
			p.layouts = []string{monthFirst}
			return
		case first != nil && second == nil:
			p.layouts = []string{dayFirst}
			return
		}
	}
}

func (p *plan) time(cell string) (ledger.Instant, string) {
	if at, err := utc(cell); err == nil {
		return at, ""
	}
	at, err := statement.ParseTime(cell, time.UTC, p.layouts[0])
	if err != nil {
		return 0, err.Error()
	}
	if len(p.layouts) > 1 {
		if other, err := statement.ParseTime(cell, time.UTC, p.layouts[1]); err != nil || other != at {
			return 0, "the file does not say which number is the month; save the workbook with dates like 2022-05-01 14:00:00"
		}
	}
	return at, ""
}

// read gives one row its outcome.
func (p *plan) read(r statement.Row, c *statement.Collector) {
	if status := r.Cell(p.status); statement.Fold(status) != "success" {
		c.Ignore(r.Line, statusReason(status))
		return
	}
	at, why := p.time(r.Cell(p.date))
	if why != "" {
		c.Hold(r.Line, p.header.Raw[p.date], why)
		return
	}
	e := statement.Entry{At: at, Type: statement.Trade}
	for _, cell := range [...]struct {
		column int
		to     *statement.Quantity
	}{{p.units, &e.Received}, {p.paid, &e.Sent}, {p.fee, &e.Fee}} {
		q, err := withCoin(r.Cell(cell.column), c)
		if err != nil {
			c.HoldErr(r.Line, p.header.Raw[cell.column], err)
			return
		}
		*cell.to = q
	}
	c.Add(&e, r.Line)
}

// withCoin reads an amount that its coin follows; a fee of nothing is "--".
func withCoin(cell string, c *statement.Collector) (statement.Quantity, error) {
	number, coin, _ := strings.Cut(cell, " ")
	if number == "--" || cell == "" {
		return statement.Quantity{}, nil
	}
	coin = strings.TrimSpace(coin)
	amount, _, err := c.Amount(numbers(), number, coin)
	return statement.Quantity{Amount: amount, Asset: coin}, err
}
