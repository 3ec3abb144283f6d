package binance

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// numbers is how Binance writes amounts: plain, or 5.4E-7.
func numbers() statement.Numbers { return statement.Numbers{Exponent: true} }

// row is one row of the history.
type row struct {
	line    int
	user    string
	account string // in comparable form
	second  int64  // seconds since 1970
	at      ledger.Instant
	word    string // the operation in comparable form
	op      *operation
	coin    string
	change  money.Amount
	remark  string
	broken  bool // already held for a fault of its own; whoever shares its second is held too
}

// columns says where the cells of the history stand, and how the file names
// them.
type columns struct {
	when                                              clock
	user, time, account, operation, coin, change, rem int
	header                                            statement.Header
}

func newColumns(h statement.Header, when clock) columns {
	user := h.Index("user_id")
	if user < 0 {
		user = h.Index("user id")
	}
	return columns{
		when: when, header: h, user: user, time: h.Index(when.column), account: h.Index("account"),
		operation: h.Index("operation"), coin: h.Index("coin"), change: h.Index("change"), rem: h.Index("remark"),
	}
}

func (c columns) name(i int) string { return c.header.Raw[i] }

// parse reads a row. It returns nil if the row has its outcome already; a row
// of a trade that is held for a bad amount is still returned, so that nobody
// takes the rest of its second for the whole trade.
func (s *sheet) parse(r statement.Row, c *statement.Collector) *row {
	cols := &s.columns
	name := r.Cell(cols.operation)
	word := s.fold(name)
	if word == "operation" && s.fold(r.Cell(cols.change)) == "change" {
		c.Skip() // the header again: files of two periods in one
		return nil
	}
	op, known := operations[word]
	if !known {
		s.hold(r.Line, cols.name(cols.operation), `unknown type "`+name+`"`)
		return nil
	}
	at, err := statement.ParseTime(r.Cell(cols.time), cols.when.zone, "2006-01-02 15:04:05", "06-01-02 15:04:05")
	if err != nil {
		s.hold(r.Line, cols.name(cols.time), err.Error())
		return nil
	}
	out := &row{
		line: r.Line, user: r.Cell(cols.user), account: s.fold(r.Cell(cols.account)), at: at, second: second(at),
		word: word, op: op, coin: r.Cell(cols.coin), remark: r.Cell(cols.rem),
	}
	var fault *statement.Fault
	if out.change, fault = cols.amount(r, c, out.coin); fault != nil {
		s.hold(r.Line, fault.Column, fault.Reason)
		if out.broken = op.trade != ""; out.broken {
			return out
		}
		return nil
	}
	if out.change.IsZero() {
		s.ignore(r.Line, "the amount is 0: nothing changed")
		return nil
	}
	if why := derivative(out); why != "" {
		s.hold(r.Line, cols.name(cols.operation), why)
		return nil
	}
	return out
}

// fold makes a cell comparable. Few words stand in many rows.
func (s *sheet) fold(cell string) string {
	word, ok := s.folded[cell]
	if !ok {
		word = statement.Fold(cell)
		s.folded[cell] = word
	}
	return word
}

// amount reads the signed change of a row.
func (c *columns) amount(r statement.Row, to *statement.Collector, coin string) (money.Amount, *statement.Fault) {
	if coin == "" {
		return money.Amount{}, &statement.Fault{Column: c.name(c.coin), Reason: "missing"}
	}
	change, set, err := to.Amount(numbers(), plus(r.Cell(c.change)), coin)
	switch {
	case err != nil:
		return money.Amount{}, &statement.Fault{Column: c.name(c.change), Reason: err.Error()}
	case !set:
		return money.Amount{}, &statement.Fault{Column: c.name(c.change), Reason: "missing"}
	case change.Abs().Cmp(money.FromInt(most)) >= 0:
		return money.Amount{}, &statement.Fault{Column: c.name(c.change), Reason: "amount out of range"}
	}
	return change, nil
}

// most is more than there are units of any coin. Sums of smaller amounts are
// exact.
const most = 1_000_000_000_000_000_000

// plus takes off the plus sign that some exports write before a number.
func plus(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "+"); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
		return rest
	}
	return cell
}

func second(at ledger.Instant) int64 {
	const micro = 1_000_000
	s := int64(at) / micro
	if int64(at)%micro < 0 {
		s--
	}
	return s
}

// derivative says why a row of a futures or margin account is held, or "".
// Rebates and conversions of coins are plain there too.
func derivative(r *row) string {
	switch {
	case r.op.trade != spot:
		return ""
	case strings.Contains(r.account, "futures"), strings.Contains(r.account, "option"):
		return "derivative: needs a person (a trade or fee of a futures account is part of a position, not of a coin that you hold)"
	case strings.Contains(r.account, "margin"):
		return "derivative: needs a person (on margin the file does not say which coins were borrowed)"
	}
	return ""
}

// sortRows puts rows in an order that depends on what they say; the line comes
// last, so that it only parts rows that say the same.
func sortRows(rows []*row) {
	slices.SortFunc(rows, func(a, b *row) int {
		return cmp.Or(
			cmp.Compare(a.second, b.second), cmp.Compare(a.user, b.user), cmp.Compare(a.account, b.account),
			cmp.Compare(a.op.trade, b.op.trade), cmp.Compare(a.word, b.word), cmp.Compare(a.coin, b.coin),
			a.change.Cmp(b.change), cmp.Compare(a.at, b.at), cmp.Compare(a.remark, b.remark), cmp.Compare(a.line, b.line),
		)
	})
}

// lines returns the lines of rows, ascending.
func lines(rows []*row) []int {
	out := make([]int, len(rows))
	for i, r := range rows {
		out[i] = r.line
	}
	slices.Sort(out)
	return out
}

// rank is the order of events of one instant: what came in before what went
// out, so that a purchase can be given away in the second in which it was made.
func rank(t statement.Type) int {
	order := [...]statement.Type{statement.Deposit, statement.Income, statement.Trade, statement.Fee, statement.Spend}
	for i, x := range order {
		if x == t {
			return i
		}
	}
	return len(order)
}

// compareEntries orders events by time and by what they say.
func compareEntries(a, b *statement.Entry) int {
	order := cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(rank(a.Type), rank(b.Type)), cmp.Compare(a.Label, b.Label))
	for _, q := range [...][2]*statement.Quantity{{&a.Received, &b.Received}, {&a.Sent, &b.Sent}, {&a.Fee, &b.Fee}} {
		order = cmp.Or(order, cmp.Compare(q[0].Asset, q[1].Asset), q[0].Amount.Cmp(q[1].Amount))
	}
	return order
}
