// Package kraken reads the exports of Kraken: ledgers.csv in all its layouts
// and trades.csv.
//
// The ledger is the better base: it has every move and names the asset of each
// fee. A trade bears the same id in both (the ledger's refid is the txid of
// the trade), so that files of both kinds never count a trade twice: where the
// two tell exactly the same the second one is a duplicate, and where their
// decimals or fractions of a second differ it is a row with an id that is
// already there.
package kraken

import (
	"errors"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// venue is the account of all rows; zone the one that Kraken states.
const (
	venue = "Kraken"
	zone  = "UTC"
)

// Formats returns the formats of Kraken.
func Formats() []statement.Format {
	return []statement.Format{
		{Name: "kraken-ledgers", Title: "Kraken ledgers", Venue: venue, Zone: zone, Match: matchLedgers, Read: readLedgers},
		{Name: "kraken-trades", Title: "Kraken trades", Venue: venue, Zone: zone, Match: matchTrades, Read: readTrades},
	}
}

// numbers are plain; zeros may be written 0E-8, and the value in dollars may
// be a dash.
var numbers = statement.Numbers{Exponent: true, Dash: true}

const layout = "2006-01-02 15:04:05" // a fraction may follow

// limit keeps amounts small enough for sums and products of them.
var (
	limit    = money.MustParse("1000000000000000000")
	errRange = errors.New("amount out of range: more than 10^18")
)

func matchLedgers(h statement.Header) bool {
	return h.Has("txid", "refid", "time", "type", "asset", "amount", "fee") && h.Index("ordertxid") < 0
}

// columns say where a ledger has what; -1 is nowhere.
type columns struct {
	txid, refid, time, typ, subtype, asset, amount, fee, usd int
}

func newColumns(h statement.Header) columns {
	return columns{
		txid: h.Index("txid"), refid: h.Index("refid"), time: h.Index("time"), typ: h.Index("type"), subtype: h.Index("subtype"),
		asset: h.Index("asset"), amount: h.Index("amount"), fee: h.Index("fee"), usd: h.Index("amountusd"),
	}
}

// row is one row of a ledger. The asset's balance changes by amount - fee.
type row struct {
	line        int
	txid, refid string
	typ         string // folded
	name        string // type and subtype, as in words
	raw         string // the same as the file has it, if nobody knows it
	word        statement.Word
	asset       string
	at          ledger.Instant
	amount, fee money.Amount
	usd         money.Amount // what amount is worth, without a sign
	hasUSD      bool
	fault       *statement.Fault
	done        bool
}

// ledgers is the reading of one file: rows with the same key belong together.
type ledgers struct {
	c    *statement.Collector
	rows []row
	keys map[string][]int
}

// readLedgers takes all rows first: those of one refid may stand anywhere.
func readLedgers(in *statement.Input, c *statement.Collector) error {
	l := &ledgers{c: c, keys: make(map[string][]int)}
	cols := newColumns(in.Header)
	for r := range in.Rows {
		if r.Cell(cols.txid) == "" {
			c.Ignore(r.Line, "pending: a copy without txid; the final row has one")
			continue
		}
		l.take(newRow(in, c, cols, r))
	}
	for i := range l.rows {
		if !l.rows[i].done {
			l.settle(i)
		}
	}
	return nil
}

func (l *ledgers) take(r row) {
	if k := r.key(); k != "" {
		l.keys[k] = append(l.keys[k], len(l.rows))
	}
	l.rows = append(l.rows, r)
}

// newRow reads the cells of a row; what is wrong with it is kept until it is
// known whether it matters.
func newRow(in *statement.Input, c *statement.Collector, cols columns, cells statement.Row) row {
	r := row{
		line: cells.Line, txid: cells.Cell(cols.txid), refid: cells.Cell(cols.refid),
		typ: statement.Fold(cells.Cell(cols.typ)), asset: Asset(cells.Cell(cols.asset)),
	}
	r.name = r.typ + "/" + statement.Fold(cells.Cell(cols.subtype))
	if r.word = words[r.name]; r.word.Class == statement.ClassUnknown {
		r.raw = strings.TrimSuffix(cells.Cell(cols.typ)+"/"+cells.Cell(cols.subtype), "/")
	}
	var err error
	if r.at, err = statement.ParseTime(cells.Cell(cols.time), in.Zone, layout); err != nil {
		r.fault = &statement.Fault{Column: "time", Reason: err.Error()}
		return r
	}
	if r.asset == "" {
		r.fault = &statement.Fault{Column: "asset", Reason: "missing"}
		return r
	}
	r.amount, r.fault = number(c, cells.Cell(cols.amount), r.asset, "amount")
	if r.fault == nil && cells.Cell(cols.amount) == "" {
		r.fault = &statement.Fault{Column: "amount", Reason: "missing"}
	}
	if r.fault == nil {
		r.fee, r.fault = number(c, cells.Cell(cols.fee), r.asset, "fee")
	}
	if usd := cells.Cell(cols.usd); r.fault == nil && usd != "" && usd != "-" {
		r.usd, r.fault = number(c, usd, "USD", "amountusd")
		r.usd, r.hasUSD = r.usd.Abs(), r.fault == nil
	}
	return r
}

// number reads an amount of an asset.
func number(c *statement.Collector, cell, asset, column string) (money.Amount, *statement.Fault) {
	a, _, err := c.Amount(numbers, cell, asset)
	if err == nil && a.Abs().Cmp(limit) > 0 {
		err = errRange
	}
	if err != nil {
		return money.Amount{}, &statement.Fault{Column: column, Reason: err.Error()}
	}
	return a, nil
}

// key names the rows that belong together; "" is a row for itself. Rows of
// rewards and staking moves have ids that join nothing, or the word Unknown.
func (r *row) key() string {
	if r.refid == "" || r.refid == "Unknown" {
		return ""
	}
	switch class := r.word.Class; {
	case class == statement.ClassTrade:
		return "trade\x00" + r.refid
	case class == statement.ClassDeposit, class == statement.ClassWithdrawal:
		return r.typ + "\x00" + r.asset + "\x00" + r.refid
	case r.name == "transfer/":
		return r.typ + "\x00" + r.refid
	}
	return ""
}

// group returns the rows that belong to the i-th one, itself included, in the
// order of the file, and marks them as done.
func (l *ledgers) group(i int) []*row {
	is := l.keys[l.rows[i].key()]
	if len(is) == 0 {
		is = []int{i}
	}
	rows := make([]*row, len(is))
	for k, i := range is {
		rows[k] = &l.rows[i]
		rows[k].done = true
	}
	return rows
}

// settle gives the i-th row and those that belong to it their outcome.
func (l *ledgers) settle(i int) {
	r := &l.rows[i]
	switch class := r.word.Class; {
	case r.word == (statement.Word{}):
		l.c.Hold(r.line, "type", "unknown type \""+r.raw+"\"")
	case class == statement.ClassTrade:
		l.trade(l.group(i))
	case class == statement.ClassDeposit, class == statement.ClassWithdrawal:
		l.moves(l.group(i))
	case class == statement.ClassReview:
		l.review(i)
	default:
		l.single(r)
	}
}

// single settles a row that stands for itself: income or a move.
func (l *ledgers) single(r *row) {
	switch {
	case r.asset == kfee:
		l.c.Ignore(r.line, whyVouchers)
	case r.word.Class == statement.ClassInternal && !mayPay(r):
		l.c.Ignore(r.line, r.word.Why)
	case r.fault != nil:
		l.c.Hold(r.line, r.fault.Column, r.fault.Reason)
	default:
		l.income(r)
	}
}

// mayPay reports whether a row of moves is a reward all the same: one without
// a subtype and with a fee, which no move costs.
func mayPay(r *row) bool {
	return r.name == "earn/" && (r.fault != nil || r.fee.Sign() != 0)
}

// income books what arrives, net of Kraken's cut, which stands in the fee.
func (l *ledgers) income(r *row) {
	net := r.amount.Sub(r.fee)
	switch {
	case r.amount.Sign() < 0:
		l.c.Hold(r.line, "amount", "a reward that was taken back: reduce the reward that it corrects by hand")
		return
	case r.fee.Sign() < 0 || net.Sign() < 0:
		l.c.Hold(r.line, "fee", "the fee does not fit the reward: it is negative or more than the amount")
		return
	case net.IsZero():
		l.c.Ignore(r.line, whyNothing)
		return
	}
	e := statement.Entry{ID: r.txid, At: r.at, Type: statement.Income, Label: r.word.Label, Received: statement.Quantity{Amount: net, Asset: r.asset}}
	if e.Received.Fiat() {
		e.Type = statement.Deposit
	} else if r.hasUSD {
		value := r.usd.Share(net, r.amount).Round(statement.MaxDecimals, money.HalfEven)
		e.Value = statement.Quantity{Amount: value, Asset: "USD"}
	}
	l.c.Add(&e, r.line)
}

// review holds what a person has to name, apart from what the numbers settle:
// a transfer that the same refid undoes, and the plain fee of a position.
func (l *ledgers) review(i int) {
	r := &l.rows[i]
	if r.name == "transfer/" {
		l.transfers(l.group(i))
		return
	}
	plain := r.fault == nil && r.amount.IsZero() && r.word.Label != ""
	switch {
	case plain && (r.fee.IsZero() || r.asset == kfee):
		l.c.Ignore(r.line, whyNothing)
	case plain && r.fee.Sign() > 0:
		e := feeEntry(r.txid, r.at, statement.Quantity{Amount: r.fee, Asset: r.asset})
		e.Label = r.word.Label
		l.c.Add(&e, r.line)
	default:
		l.c.Hold(r.line, "type", r.word.Why)
	}
}

// transfers of one refid that cancel out are a move.
func (l *ledgers) transfers(rows []*row) {
	var sum money.Amount
	same := len(rows) > 1
	for _, r := range rows {
		same = same && r.fault == nil && r.asset == rows[0].asset
		sum = sum.Add(r.amount).Sub(r.fee)
	}
	for _, r := range rows {
		if same && sum.IsZero() {
			l.c.Ignore(r.line, whyMove)
		} else {
			l.c.Hold(r.line, "subtype", r.word.Why)
		}
	}
}
