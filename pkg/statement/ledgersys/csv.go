// Package ledgersys reads and writes the two native formats: Ledgersys CSV,
// the common subset that people write by hand or export from elsewhere, and
// Ledger JSON, which loses nothing.
package ledgersys

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// CSVName is the name of the native CSV.
const CSVName = "ledgersys-csv"

// Columns are the names of all columns, in the order in which we write them.
// A file may have them in any order and leave out what it does not need.
var columns = []string{
	"id", "time", "type", "received_amount", "received_asset", "sent_amount", "sent_asset", "fee_amount", "fee_asset",
	"value_amount", "value_currency", "account", "counter_account", "tx_hash", "label", "note",
	"received_value", "fee_value", "acquired", "donor_cost", "ratio", "lots",
}

// Formats returns the native CSV.
func Formats() []statement.Format {
	return []statement.Format{{
		Name: CSVName, Title: "Ledgersys CSV", Venue: ledger.DefaultAccount, ZoneInFile: true, LocalToo: true,
		Match: func(h statement.Header) bool {
			// A file that has most of the names is meant to be ours: what is
			// wrong with its header is then said, not that nobody knows it.
			known := 0
			for _, n := range h.Names {
				if slices.Contains(columns, n) {
					known++
				}
			}
			return h.Has("time", "type") && known >= 4 && 2*known > len(h.Names)
		},
		Read: read,
	}}
}

// layout is where the columns of a file stand; -1 means it has none.
type layout struct {
	id, time, kind, inAmount, inAsset, outAmount, outAsset, feeAmount, feeAsset,
	valueAmount, valueCurrency, account, counter, hash, label, note,
	inValue, feeValue, acquired, donorCost, ratio, lots int
}

func newLayout(h statement.Header) (layout, error) {
	for i, n := range h.Names {
		if n == "" && i == len(h.Names)-1 {
			continue
		}
		if !slices.Contains(columns, n) {
			return layout{}, fmt.Errorf("line %d, column %d: unknown column %q; the columns are %s", h.Line, i+1, h.Raw[i], strings.Join(columns, ", "))
		}
	}
	if d := h.Duplicate(); d != "" {
		return layout{}, fmt.Errorf("line %d, column %d: column %q stands twice; name each column once", h.Line, h.Nth(d, 1)+1, d)
	}
	at := make([]int, len(columns))
	for i, c := range columns {
		at[i] = h.Index(c)
	}
	return layout{
		at[0], at[1], at[2], at[3], at[4], at[5], at[6], at[7], at[8], at[9], at[10],
		at[11], at[12], at[13], at[14], at[15], at[16], at[17], at[18], at[19], at[20], at[21],
	}, nil
}

func read(in *statement.Input, c *statement.Collector) error {
	l, err := newLayout(in.Header)
	if err != nil {
		return err
	}
	c.KeepIDs = l.lots >= 0
	var e statement.Entry
	for r := range in.Rows {
		e = statement.Entry{}
		if extra := len(r.Cells) - len(in.Header.Names); extra > 0 {
			c.Hold(r.Line, "row", fmt.Sprintf("more cells than the header has columns (%d too many); quote cells that hold a comma", extra))
			continue
		}
		if r.Cell(l.kind) == "type" && r.Cell(l.time) == "time" {
			c.Hold(r.Line, "row", "the header stands here again; take the line out, or give the files one by one")
			continue
		}
		if r.Cell(l.kind) == "ignore" {
			c.Ignore(r.Line, "marked to be ignored")
			continue
		}
		p := parser{row: r, cal: in.Tax, zone: in.Zone, c: c, e: &e}
		if p.parse(&l); p.fault != nil {
			c.Hold(r.Line, p.fault.Column, p.fault.Reason)
			continue
		}
		c.Add(&e, r.Line)
	}
	return nil
}

// parser reads one row.
type parser struct {
	row   statement.Row
	cal   *ledger.Calendar
	zone  *time.Location // of times that carry none; nil if nobody named it
	c     *statement.Collector
	e     *statement.Entry
	fault *statement.Fault

	currency string // of value_currency, for the other values of the row
}

func (p *parser) fail(column, reason string) {
	if p.fault == nil {
		p.fault = &statement.Fault{Column: column, Reason: reason}
	}
}

func (p *parser) parse(l *layout) {
	e := p.e
	e.ID = p.row.Cell(l.id)
	e.Tx, _ = statement.ParseTx(e.ID)
	p.time(l)
	e.Type = p.kind(l)
	e.Received = p.quantity("received", l.inAmount, l.inAsset)
	e.Sent = p.quantity("sent", l.outAmount, l.outAsset)
	e.Fee = p.quantity("fee", l.feeAmount, l.feeAsset)
	e.Value = p.value(l)
	e.Account = p.row.Cell(l.account)
	e.Counter = p.row.Cell(l.counter)
	e.TxHash, e.Note = p.row.Cell(l.hash), p.row.Cell(l.note)
	if e.Label == "" { // the type may have set it
		e.Label = p.row.Cell(l.label)
	}
	e.AllOver = e.Type == statement.Split || e.Type == statement.Fork
	if l.inValue >= 0 || l.feeValue >= 0 || l.donorCost >= 0 {
		e.ReceivedValue = p.side("received_value", l.inValue)
		e.FeeValue = p.side("fee_value", l.feeValue)
		e.DonorCost = p.side("donor_cost", l.donorCost)
	}
	p.rest(l)
	oneSided(e)
}

// oneSided makes a trade of a buy or a sale that names both sides.
func oneSided(e *statement.Entry) {
	if (e.Type == statement.Buy || e.Type == statement.Sell) && e.Received.Set() && e.Sent.Set() {
		e.Type = statement.Trade
	}
}

// types maps the words of the type column; those of the ledger's events that
// the venue's own words leave out are understood as well.
var types = map[string]statement.Type{
	"trade": statement.Trade, "buy": statement.Buy, "sell": statement.Sell, "swap": statement.Trade,
	"deposit": statement.Deposit, "withdrawal": statement.Withdrawal, "transfer": statement.Transfer,
	"income": statement.Income, "airdrop": statement.Airdrop, "spend": statement.Spend,
	"gift_in": statement.GiftIn, "gift_out": statement.GiftOut, "donate": statement.Donate, "lost": statement.Lost,
	"fee": statement.Fee, "opening": statement.Opening, "fork": statement.Fork, "split": statement.Split,
	"spouse_in": statement.GiftIn, "spouse_out": statement.GiftOut,
}

// spouse is the label of a gift to or from one.
const spouse = "spouse"

func (p *parser) kind(l *layout) statement.Type {
	word := p.row.Cell(l.kind)
	if word == "trade" { // nearly all rows of large files
		return statement.Trade
	}
	t, ok := types[word]
	if !ok {
		p.fail("type", fmt.Sprintf("unknown type %q", word))
	}
	if word == "spouse_in" || word == "spouse_out" {
		p.e.Label = spouse
	}
	return t
}

func (p *parser) time(l *layout) {
	cell := p.row.Cell(l.time)
	if at, ok := statement.ParseRFC3339(cell); ok {
		p.e.At = at
		return
	}
	if d, err := ledger.ParseDate(cell); err == nil {
		p.e.At, p.e.DateOnly = p.cal.Midnight(d), true
		if !statement.KnownYear(d) {
			p.fail("time", statement.ErrYearRange.Error())
		}
		return
	}
	err := statement.TimeFault(cell)
	switch {
	case errors.Is(err, statement.ErrNoZone):
		p.c.Local++
		p.e.At, err = statement.ParseTime(cell, p.zone, "2006-01-02T15:04:05", "2006-01-02 15:04:05")
		if err != nil {
			p.fail("time", err.Error())
		}
	case errors.Is(err, statement.ErrTime):
		p.fail("time", statement.ErrTime.Error()+": write 2024-07-01T12:00:00Z, or a date 2024-07-01")
	default:
		p.fail("time", err.Error())
	}
}

// number reads one amount; dropped zeros and the limit of decimals are those
// of all statements.
func (p *parser) number(column, cell, asset string) (money.Amount, bool) {
	if cell == "" {
		return money.Amount{}, false
	}
	a, set, err := p.c.Amount(statement.Numbers{}, cell, asset)
	if err != nil {
		p.fail(column, err.Error())
	}
	return a, set
}

func (p *parser) quantity(name string, amount, asset int) statement.Quantity {
	q := statement.Quantity{Asset: p.row.Cell(asset)}
	cell := p.row.Cell(amount)
	if cell == "" && q.Asset == "" {
		return q
	}
	if len(cell) <= 20 { // nearly all numbers are short and plain
		if a, err := money.Parse(cell); err == nil {
			q.Amount = a
			return q
		}
	}
	q.Amount, _ = p.number(name+"_amount", cell, q.Asset)
	return q
}

func (p *parser) value(l *layout) statement.Quantity {
	q := statement.Quantity{Asset: p.row.Cell(l.valueCurrency)}
	p.currency = q.Asset
	a, set := p.number("value_amount", p.row.Cell(l.valueAmount), "USD")
	switch {
	case !set:
		return statement.Quantity{}
	case q.Asset == "":
		p.fail("value_currency", "missing: value_amount needs a currency")
	}
	q.Amount = a
	return q
}

// side reads a value that stands in value_currency, or without it in the
// currency of the row's fiat side.
func (p *parser) side(column string, at int) statement.Quantity {
	a, set := p.number(column, p.row.Cell(at), "USD")
	if !set {
		return statement.Quantity{}
	}
	for i, q := range [...]statement.Quantity{p.e.Sent, p.e.Received, p.e.Fee} {
		switch {
		case !q.Fiat():
		case p.currency == "":
			return statement.Quantity{Amount: a, Asset: q.Asset}
		case q.Asset != p.currency && i < 2 && !p.e.Value.Set(): // an event has one currency for all its values
			p.fail("value_currency", "the row's own money is of another currency; leave it empty, or fill value_amount")
		}
	}
	if p.currency != "" {
		return statement.Quantity{Amount: a, Asset: p.currency}
	}
	p.fail(column, "which currency? Fill value_currency")
	return statement.Quantity{}
}

func (p *parser) rest(l *layout) {
	if cell := p.row.Cell(l.acquired); cell != "" {
		d, err := ledger.ParseDate(cell)
		if err != nil {
			p.fail("acquired", err.Error())
		}
		p.e.Acquired = d
	}
	if cell := p.row.Cell(l.ratio); cell != "" {
		p.e.Ratio, _ = p.number("ratio", cell, "")
		if p.e.Ratio.Sign() <= 0 {
			p.fail("ratio", "must be above 0: new units for one old unit")
		}
	}
	if cell := p.row.Cell(l.lots); cell != "" {
		p.lots(cell)
	}
}

// lots reads id:amount;id:amount.
func (p *parser) lots(cell string) {
	for part := range strings.SplitSeq(cell, ";") {
		i := strings.LastIndexByte(part, ':')
		if i <= 0 {
			p.fail("lots", "write id:amount;id:amount")
			return
		}
		a, set := p.number("lots", strings.TrimSpace(part[i+1:]), "")
		if !set || a.Sign() <= 0 {
			p.fail("lots", "each lot needs an amount above 0")
			return
		}
		p.e.Lots = append(p.e.Lots, ledger.LotRef{Lot: strings.TrimSpace(part[:i]), Amount: a})
	}
}
