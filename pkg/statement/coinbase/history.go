// Package coinbase reads the exports of Coinbase: the transaction history of
// the app in all its generations, the two older reports "Transfers" and
// "Transactions" (one file per wallet), and account and fills of Coinbase Pro,
// now Exchange.
//
// All of them belong to one account, Coinbase: moves between the app, its
// vault, Pro and Exchange stay within it. Account and fills of Pro tell the
// same trades; a trade bears the same id in both, so that files of both kinds
// never count it twice. The same holds for "Transfers" and "Transactions". A
// purchase that stands in the history and in an older report or in Pro cannot
// be recognised: import one of them.
package coinbase

import (
	"errors"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

const venue = "Coinbase"

// Formats returns the formats of Coinbase.
func Formats() []statement.Format {
	return []statement.Format{
		{Name: "coinbase-transactions", Title: "Coinbase transaction history", Venue: venue, ZoneInFile: true, Match: matchHistory, Read: readHistory},
		{Name: "coinbase-transfers", Title: "Coinbase transfers (before 2019)", Venue: venue, ZoneInFile: true, Match: matchTransfers, Read: readTransfers},
		{Name: "coinbase-wallet", Title: "Coinbase transactions of one wallet (before 2019)", Venue: venue, ZoneInFile: true, Match: matchWallet, Read: readWallet},
		{Name: "coinbase-pro-account", Title: "Coinbase Pro or Exchange account", Venue: venue, ZoneInFile: true, Match: matchAccount, Read: readAccount},
		{Name: "coinbase-pro-fills", Title: "Coinbase Pro or Exchange fills", Venue: venue, ZoneInFile: true, Match: matchFills, Read: readFills},
	}
}

// layouts of times: the history has the first two, the older reports an offset.
var layouts = [...]string{"2006-01-02 15:04:05 UTC", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04:05"}

func parseTime(in *statement.Input, cell string) (ledger.Instant, error) {
	if at, ok := statement.ParseRFC3339(cell); ok {
		return at, nil
	}
	return statement.ParseTime(cell, in.Zone, layouts[:]...)
}

var (
	plain  = statement.Numbers{Exponent: true}
	prices = statement.Numbers{Dressed: true, Thousands: true, Exponent: true}
)

// limit keeps amounts small enough for sums and products of them.
var (
	limit    = money.MustParse("1000000000000000000")
	errRange = errors.New("amount out of range: more than 18 digits before the point")
)

// column is where a figure stands and how the file calls it.
type column struct {
	i    int
	name string
}

func find(h statement.Header, names ...string) column {
	for _, n := range names {
		if i := h.Index(n); i >= 0 {
			return column{i, h.Raw[i]}
		}
	}
	return column{-1, names[0]}
}

// columns say where a history has what. The first generation has the currency
// inside the names: "EUR Subtotal".
type columns struct {
	id, time, kind, asset, quantity, currency, price, subtotal, total, fees, notes, recipient column

	inNames string // the currency, if the names have it
}

func newColumns(h statement.Header) columns {
	c := columns{
		id: find(h, "id"), time: find(h, "timestamp"), kind: find(h, "transaction type"), asset: find(h, "asset"),
		quantity: find(h, "quantity transacted"), currency: find(h, "price currency", "spot price currency"),
		price: find(h, "price at transaction", "spot price at transaction"), subtotal: find(h, "subtotal"),
		total: find(h, "total (inclusive of fees and/or spread)", "total (inclusive of fees)", "total (inclusive of fees/spread)", "total"),
		fees:  find(h, "fees and/or spread", "fees", "fees/spread"), notes: find(h, "notes"), recipient: find(h, "recipient address"),
	}
	if i, currency := h.Find("", " subtotal"); i >= 0 && currency != "" && c.subtotal.i < 0 {
		c.inNames = strings.ToUpper(currency)
		c.price = find(h, currency+" spot price at transaction")
		c.subtotal = find(h, currency+" subtotal")
		c.total = find(h, currency+" total (inclusive of fees)")
		c.fees = find(h, currency+" fees")
	}
	return c
}

func matchHistory(h statement.Header) bool {
	if !h.Has("timestamp", "transaction type", "asset", "quantity transacted") {
		return false
	}
	c := newColumns(h)
	if c.inNames != "" {
		return c.price.i >= 0 && c.total.i >= 0 && c.fees.i >= 0 // all in the same currency
	}
	return c.subtotal.i >= 0 || c.total.i >= 0
}

// row is one row of a history.
type row struct {
	line     int
	id       string
	at       ledger.Instant
	kind     string // folded
	word     statement.Word
	code     string // of the asset, as the file has it
	asset    string
	quantity money.Amount // with the sign of the file
	currency string       // of price, subtotal, total and fees

	price, subtotal, total, fees string // cells
	notes, recipient             string

	fault *statement.Fault
	done  bool
}

// history is the reading of one file.
type history struct {
	c     *statement.Collector
	cols  columns
	rows  []row
	slots map[slot][]int
}

// readHistory takes all rows first: some events have two, and which comes
// first differs from file to file.
func readHistory(in *statement.Input, c *statement.Collector) error {
	h := &history{c: c, cols: newColumns(in.Header), slots: make(map[slot][]int)}
	for r := range in.Rows {
		if h.repeated(r) {
			c.Skip()
			continue
		}
		h.rows = append(h.rows, h.read(in, r))
	}
	h.join()
	for i := range h.rows {
		if !h.rows[i].done {
			h.settle(i)
		}
	}
	return nil
}

// repeated reports whether a row is the header or the lines above it once
// more: people put files together.
func (h *history) repeated(r statement.Row) bool {
	if statement.Fold(r.Cell(h.cols.kind.i)) == "transaction type" {
		return true
	}
	if r.Cell(h.cols.quantity.i) != "" || len(r.Cells) == 0 {
		return false
	}
	first := statement.Fold(r.Cells[0])
	return first == "transactions" || first == "user"
}

func (h *history) read(in *statement.Input, cells statement.Row) row {
	k := h.cols
	code := cells.Cell(k.asset.i)
	r := row{
		line: cells.Line, id: cells.Cell(k.id.i), kind: statement.Fold(cells.Cell(k.kind.i)), code: code, asset: Asset(code), currency: k.inNames,
		price: cells.Cell(k.price.i), subtotal: cells.Cell(k.subtotal.i), total: cells.Cell(k.total.i), fees: cells.Cell(k.fees.i),
		notes: cells.Cell(k.notes.i), recipient: cells.Cell(k.recipient.i),
	}
	if r.word = words[r.kind]; r.word.Class == statement.ClassUnknown {
		r.kind = cells.Cell(k.kind.i)
		return r
	}
	if k.currency.i >= 0 {
		r.currency = strings.ToUpper(cells.Cell(k.currency.i))
	}
	var err error
	if r.at, err = parseTime(in, cells.Cell(k.time.i)); err != nil {
		r.fault = &statement.Fault{Column: k.time.name, Reason: err.Error()}
		return r
	}
	if r.asset == "" {
		r.fault = &statement.Fault{Column: k.asset.name, Reason: "missing"}
		return r
	}
	r.quantity, r.fault = amount(h.c, plain, cells.Cell(k.quantity.i), r.asset, k.quantity.name)
	return r
}

// amount reads a figure of an asset.
func amount(c *statement.Collector, n statement.Numbers, cell, asset, column string) (money.Amount, *statement.Fault) {
	a, _, err := c.Amount(n, cell, asset)
	if err == nil && a.Abs().Cmp(limit) >= 0 {
		err = errRange
	}
	if err != nil {
		return money.Amount{}, &statement.Fault{Column: column, Reason: err.Error()}
	}
	return a, nil
}

// figure reads a money column without its sign, which follows no rule.
func (h *history) figure(r *row, cell string, col column) (money.Amount, *statement.Fault) {
	a, fault := amount(h.c, prices, cell, r.currency, col.name)
	return a.Abs(), fault
}

// settle gives the i-th row and those that belong to it their outcome.
func (h *history) settle(i int) {
	r := &h.rows[i]
	r.done = true
	switch class := r.word.Class; {
	case r.word == (statement.Word{}):
		h.c.Hold(r.line, h.cols.kind.name, "unknown type \""+r.kind+"\"")
	case class == statement.ClassInternal:
		h.internal(r)
	case r.kind == "asset migration":
		h.migration(i)
	case class == statement.ClassReview:
		h.c.Hold(r.line, h.cols.kind.name, r.word.Why)
	case r.fault != nil:
		h.c.Hold(r.line, r.fault.Column, r.fault.Reason)
	case r.quantity.IsZero():
		h.c.Ignore(r.line, "nothing moved: the quantity is 0")
	case class == statement.ClassTrade:
		h.trade(i)
	default:
		e, fault := h.single(r)
		h.put(r, &e, fault)
	}
}

// put adds the entry of one row, or holds the row.
func (h *history) put(r *row, e *statement.Entry, fault *statement.Fault) {
	if fault != nil {
		h.c.Hold(r.line, fault.Column, fault.Reason)
		return
	}
	h.c.Add(e, r.line)
}

func (h *history) internal(r *row) {
	if r.kind == "retail eth2 deprecation" && r.asset != "ETH" {
		h.c.Hold(r.line, h.cols.asset.name, "the end of ETH2, but another asset: enter it by hand")
		return
	}
	h.c.Ignore(r.line, r.word.Why)
}

func quantity(a money.Amount, asset string) statement.Quantity {
	return statement.Quantity{Amount: a, Asset: asset}
}
