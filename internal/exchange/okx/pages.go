package okx

import (
	"context"
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Page implements exchange.Client.
func (o *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	for _, s := range streams() {
		if s.Name == stream {
			walk := exchange.Behind{Start: epoch, Back: s.back, Reach: s.Reach}
			if s.after == "ts" {
				walk.Limit = pageRows
			}
			return exchange.WalkBehind(ctx, walk, cursor, o.wire.Now(), func(ctx context.Context, after string) ([]exchange.Record, string, error) {
				return o.rows(ctx, s, after)
			})
		}
	}
	return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
}

// rows fetches a page behind an id or a time.
func (o *client) rows(ctx context.Context, s stream, after string) ([]exchange.Record, string, error) {
	q := s.query
	if after != "" {
		q.Set("after", after)
	}
	list, err := o.get(ctx, s.path, q)
	if err != nil {
		return nil, "", err
	}
	records, err := s.shape.Records(list)
	if err != nil {
		return nil, "", o.wire.Malform(s.Endpoint, err)
	}
	r, ok := exchange.Oldest(records)
	if !ok {
		return nil, after, nil
	}
	if s.after != "ts" {
		return records, exchange.Object(r.Raw).Text(s.after), nil
	}
	// The time itself is left out by the exchange: the same millisecond is asked
	// for once more, unless that was done already.
	next := strconv.FormatInt(r.Time.UnixMilli()+1, 10)
	if next == after {
		next = strconv.FormatInt(r.Time.UnixMilli(), 10)
	}
	return records, next, nil
}

// Events makes events of fills, movements and conversions, and of the bills
// that nothing else tells.
func Events(c *statement.Collector, records []exchange.Record) error {
	exchange.Each(c, records, map[string]func(*exchange.Words, *exchange.Record) *statement.Fault{
		"fills": fill, "deposits": deposit, "withdrawals": withdrawal, "converts": convert, "bills": bill, "funding-bills": funding,
	})
	return nil
}

func fault(column, reason string) *statement.Fault {
	return &statement.Fault{Column: column, Reason: reason}
}

// sides parts a pair: BTC-USDT.
func sides(pair string) (base, quote string, ok bool) {
	base, quote, ok = strings.Cut(pair, "-")
	return base, quote, ok && base != "" && quote != "" && !strings.Contains(quote, "-")
}

// fill is a fill of an order: units at a price; the fee is negative.
func fill(w *exchange.Words, x *exchange.Record) *statement.Fault {
	base, quote, ok := sides(w.F.Text("instId"))
	if !ok {
		return fault("instId", "derivative: needs a person (a position is not a purchase or sale of coins)")
	}
	units, f := w.Quantity("fillSz", base)
	if f != nil {
		return f
	}
	price, f := w.Amount("fillPx", quote)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("fee", w.F.Text("feeCcy"))
	if f != nil {
		return f
	}
	if fee.Amount.Sign() > 0 {
		return fault("fee", "a fee that came back: enter it by hand")
	}
	fee.Amount = fee.Amount.Neg()
	cost := statement.Quantity{Amount: units.Amount.Mul(price).Round(statement.MaxDecimals, money.HalfEven), Asset: quote}
	e := statement.Entry{ID: "fill/" + x.ID, At: x.Instant(), Type: statement.Trade, Received: units, Sent: cost, Fee: fee}
	switch w.F.Text("side") {
	case "buy":
	case "sell":
		e.Received, e.Sent = cost, units
	default:
		return fault("side", "neither buy nor sell")
	}
	w.C.Add(&e, w.Line)
	return nil
}

// deposit counts once it is credited (states 1 and 2).
func deposit(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if state := w.F.Text("state"); state != "2" {
		w.C.Ignore(w.Line, "deposit not credited (yet)")
		return nil
	}
	q, f := w.Quantity("amt", w.F.Text("ccy"))
	if f != nil {
		return f
	}
	w.C.Add(&statement.Entry{ID: "deposit/" + w.F.Text("depId"), At: x.Instant(), Type: statement.Deposit, Received: q, TxHash: w.F.Text("txId")}, w.Line)
	return nil
}

// withdrawal counts once it is sent (state 2); the fee is taken besides.
func withdrawal(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if state := w.F.Text("state"); state != "2" {
		w.C.Ignore(w.Line, "withdrawal not completed")
		return nil
	}
	q, f := w.Quantity("amt", w.F.Text("ccy"))
	if f != nil {
		return f
	}
	currency := w.F.Text("feeCcy")
	if currency == "" {
		currency = q.Asset
	}
	fee, f := w.Quantity("fee", currency)
	if f != nil {
		return f
	}
	w.C.Add(&statement.Entry{ID: "withdrawal/" + w.F.Text("wdId"), At: x.Instant(), Type: statement.Withdrawal, Sent: q, Fee: fee, TxHash: w.F.Text("txId")}, w.Line)
	return nil
}

func convert(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if w.F.Text("state") != "fullyFilled" {
		w.C.Ignore(w.Line, "conversion that did not happen")
		return nil
	}
	base, quote, ok := sides(w.F.Text("instId"))
	if !ok {
		return fault("instId", "what was converted is not known")
	}
	units, f := w.Quantity("fillBaseSz", base)
	if f != nil {
		return f
	}
	cost, f := w.Quantity("fillQuoteSz", quote)
	if f != nil {
		return f
	}
	e := statement.Entry{ID: "convert/" + w.F.Text("tradeId"), At: x.Instant(), Type: statement.Trade, Received: units, Sent: cost}
	if w.F.Text("side") == "sell" {
		e.Received, e.Sent = cost, units
	}
	w.C.Add(&e, w.Line)
	return nil
}

// bill is a row of the trading account: transfers and trades are told by other
// lists.
func bill(w *exchange.Words, _ *exchange.Record) *statement.Fault {
	switch w.F.Text("type") {
	case "1":
		w.C.Ignore(w.Line, "moved between accounts inside OKX")
	case "2":
		w.C.Ignore(w.Line, "the fills tell this")
	case "30", "31":
		w.C.Ignore(w.Line, "the conversions tell this")
	default:
		return fault("type", "what this bill is about needs a person (interest, liquidation, funding fee or a position)")
	}
	return nil
}

// fundingWords are the types of rows of the funding account.
var fundingWords = map[string]statement.Word{
	"1": {Class: statement.ClassIgnore, Why: "the deposits tell this"}, "2": {Class: statement.ClassIgnore, Why: "the withdrawals tell this"},
	"13": {Class: statement.ClassIgnore, Why: "the withdrawals tell this"}, "130": {Class: statement.ClassInternal, Why: "moved between accounts inside OKX"},
	"131": {Class: statement.ClassInternal, Why: "moved between accounts inside OKX"}, "20": {Class: statement.ClassInternal, Why: "moved between accounts inside OKX"},
	"21": {Class: statement.ClassInternal, Why: "moved between accounts inside OKX"}, "75": {Class: statement.ClassInternal, Why: "into or out of savings at OKX: the coins stay the owner's"},
	"76": {Class: statement.ClassInternal, Why: "into or out of savings at OKX: the coins stay the owner's"}, "77": {Class: statement.ClassIncome, Label: "interest"},
	"47": {Class: statement.ClassIncome, Label: "airdrop"}, "48": {Class: statement.ClassIncome, Label: "airdrop"}, "146": {Class: statement.ClassIncome, Label: "referral"},
}

func funding(w *exchange.Words, x *exchange.Record) *statement.Fault {
	word, known := fundingWords[w.F.Text("type")]
	if !known {
		return fault("type", `unknown type "`+w.F.Text("type")+`"`)
	}
	if word.Class != statement.ClassIncome {
		w.C.Ignore(w.Line, word.Why)
		return nil
	}
	q, f := w.Quantity("balChg", w.F.Text("ccy"))
	switch {
	case f != nil:
		return f
	case q.Amount.Sign() <= 0:
		return fault("balChg", "a reward that was taken back: reduce the reward that it corrects by hand")
	}
	w.C.Add(&statement.Entry{ID: "bill/" + x.ID, At: x.Instant(), Type: statement.Income, Label: word.Label, Received: q}, w.Line)
	return nil
}

// step reads a bill as a change of the balance that it states.
func step(r *exchange.Record) (exchange.Step, bool) {
	wallet, ok := map[string]string{"bills": "trading", "funding-bills": "funding"}[r.Stream]
	if !ok {
		return exchange.Step{}, false
	}
	f := exchange.Object(r.Raw)
	return exchange.Stated(wallet, f.Text("ccy"), f.Text("balChg"), f.Text("bal"))
}
