package luno

import (
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// kind is what a row is to others.
type kind uint8

const (
	single    kind = iota // nothing: it stands alone
	trades                // may have a trading fee
	movements             // may have a network fee or a fee of a bank
	tradeFee
	moveFee
)

// row is one row of a wallet.
type row struct {
	line, n int
	wallet  string
	at      ledger.Instant
	text    string // the description with single blanks
	asset   string
	delta   money.Amount
	value   statement.Quantity // in money, as Luno says; not set if it does not
	tx, ref string
	chain   bool // has an address or a transaction on the chain
	sort    kind

	entry   statement.Entry
	fees    []int  // lines of the fees that joined it
	merged  bool   // it joined another row
	ignored string // why it is ignored
	why     string // why it is held
	column  int    // and the column to look at
}

func (r *row) hold(column int, why string) { r.column, r.why = column, why }

// most is as much as there may be of any currency in one amount.
const most = 1_000_000_000_000_000_000

// Asset returns the code that others use: Luno calls bitcoin XBT in the column
// and BTC in descriptions.
func Asset(code string) string {
	code = strings.ToUpper(code)
	if code == "XBT" {
		return "BTC"
	}
	return code
}

// take reads a row and keeps it for later, or gives it its outcome.
func (w *wallet) take(cells statement.Row) {
	r := &row{
		line: cells.Line, wallet: cells.Cell(w.id), text: strings.Join(strings.Fields(cells.Cell(w.text)), " "),
		asset: Asset(cells.Cell(w.currency)), tx: cells.Cell(w.tx), ref: cells.Cell(w.ref),
	}
	r.chain = r.tx != "" || cells.Cell(w.address) != ""
	if r.n, _ = strconv.Atoi(cells.Cell(w.n)); r.n == 0 {
		r.n = r.line
	}
	var err error
	r.at, err = statement.ParseTime(cells.Cell(w.time), time.UTC, "2006-01-02 15:04:05", time.RFC3339)
	if err != nil {
		w.c.HoldErr(r.line, w.header.Raw[w.time], err)
		return
	}
	if column, why := w.amounts(cells, r); why != "" {
		w.c.Hold(r.line, w.header.Raw[column], why)
		return
	}
	if r.delta.IsZero() {
		w.c.Ignore(r.line, "reserves or frees a part of the balance, which stays the same")
		return
	}
	w.rows = append(w.rows, r)
	w.classify(r)
}

// amounts reads the change of the balance and its value in money.
func (w *wallet) amounts(cells statement.Row, r *row) (column int, why string) {
	if r.asset == "" {
		return w.currency, "missing"
	}
	delta, set, err := w.c.Amount(statement.Numbers{Exponent: true}, cells.Cell(w.delta), r.asset)
	switch {
	case err != nil:
		return w.delta, err.Error()
	case !set:
		return w.delta, "missing"
	case delta.Abs().Cmp(money.FromInt(most)) > 0:
		return w.delta, "amount out of range"
	}
	r.delta = delta
	currency := Asset(cells.Cell(w.valueCurrency))
	if !money.IsFiat(currency) || money.IsFiat(r.asset) {
		return 0, ""
	}
	value, set, err := w.c.Money(statement.Numbers{Thousands: true, Exponent: true}, cells.Cell(w.value))
	if err != nil {
		return w.value, err.Error()
	}
	if set {
		r.value = statement.Quantity{Amount: value.Abs(), Asset: currency}
	}
	return 0, ""
}

// word is what a description may begin with.
type word struct {
	prefix string
	kind   statement.Type
	label  string
	in     bool
}

// words are Luno's own; a row of the chain may begin with any word of the
// person's, so that only the first two count there.
var words = []word{
	{"received", statement.Deposit, "", true},
	{"sent", statement.Withdrawal, "", false},
	{"deposit", statement.Deposit, "", true},
	{"withdrawal", statement.Withdrawal, "", false},
	{"interest", statement.Income, "interest", true},
	{"promotion", statement.Income, "other", true},
	{"refund", statement.Deposit, "refund", true},
}

// begins reports whether a text begins with that word.
func begins(text, word string) bool {
	rest, ok := strings.CutPrefix(text, word)
	return ok && (rest == "" || rest[0] == ' ' || rest[0] == ':' || rest[0] == '-')
}

// classify says what a row is. Trades are looked into later.
func (w *wallet) classify(r *row) {
	text := statement.Fold(r.text)
	switch {
	case begins(text, "trading fee"):
		w.fee(r, tradeFee)
	case strings.HasSuffix(text, "send fee"), begins(text, "withdrawal fee"), begins(text, "deposit fee"):
		w.fee(r, moveFee)
	case !r.chain && (begins(text, "bought") || begins(text, "sold")):
		r.sort = trades
	default:
		w.alone(r, text)
	}
}

func (w *wallet) fee(r *row, sort kind) {
	r.sort = sort
	if r.delta.Sign() > 0 {
		r.hold(w.delta, "a fee that came back; add what happened in a Ledgersys CSV file")
	}
	r.entry = statement.Entry{
		At: r.at, Type: statement.Fee, Fee: statement.Quantity{Amount: r.delta.Abs(), Asset: r.asset}, Value: r.value,
	}
}

// alone makes the entry of what only came or only left. The first word says
// which; a text of the person's own leaves it to the sign, if the row is one of
// the chain.
func (w *wallet) alone(r *row, text string) {
	known := word{kind: statement.Withdrawal}
	if r.delta.Sign() > 0 {
		known = word{kind: statement.Deposit, in: true}
	}
	found, own := r.chain, words
	if r.chain {
		own = words[:2]
	}
	for _, x := range own {
		if begins(text, x.prefix) {
			known, found = x, true
			break
		}
	}
	first, _, _ := strings.Cut(r.text, " ")
	switch {
	case !found:
		r.hold(w.text, `unknown type "`+first+`"`)
		return
	case known.in != (r.delta.Sign() > 0):
		r.hold(w.delta, `the sign does not fit "`+first+`"; add what happened in a Ledgersys CSV file`)
		return
	case known.prefix == "refund" && !money.IsFiat(r.asset):
		r.hold(w.text, "refund: whether coins that were sent, a fee or a purchase came back is not in the file; add it in a Ledgersys CSV file")
		return
	}
	q := statement.Quantity{Amount: r.delta.Abs(), Asset: r.asset}
	r.entry = statement.Entry{At: r.at, Type: known.kind, Label: known.label, Value: r.value, TxHash: r.tx}
	if known.in {
		r.entry.Received = q
	} else {
		r.entry.Sent = q
	}
	if known.kind != statement.Income {
		r.sort = movements
	}
}
