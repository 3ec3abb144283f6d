package bybit

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

var convertShape = exchange.Shape{
	Stream: convertStream, Endpoint: "GET " + convertPath, ID: []string{"exchangeTxId", "exchangeStatus"}, Time: "createdAt", Unit: exchange.Milli,
	Words: []string{"fromCoin", "toCoin", "exchangeStatus"}, Amounts: []string{"fromAmount", "toAmount"},
}

// Page implements exchange.Client.
func (b *client) Page(ctx context.Context, name, cursor string) (exchange.Page, error) {
	if name == convertStream {
		return exchange.Walk(ctx, exchange.Spans{Start: epoch}, cursor, b.wire.Now(), b.converts)
	}
	for _, s := range streams() {
		if s.Name == name {
			spans := exchange.Spans{Start: epoch, Window: time.Duration(s.days)*day - time.Minute, Reach: reach, Back: s.back}
			return exchange.Walk(ctx, spans, cursor, b.wire.Now(), func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
				return b.rows(ctx, s, w)
			})
		}
	}
	return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: "bybit", Endpoint: name}
}

// rows fetches a page of a window.
func (b *client) rows(ctx context.Context, s stream, w exchange.Window) (exchange.Batch, error) {
	var page exchange.Chained
	if err := exchange.Decode(w.Token, &page); err != nil {
		return exchange.Batch{}, err
	}
	q := url.Values{"startTime": {strconv.FormatInt(w.From.UnixMilli(), 10)}, "endTime": {strconv.FormatInt(w.To.UnixMilli(), 10)}}
	for k, v := range s.query {
		q[k] = v
	}
	if page.Next != "" {
		q.Set("cursor", page.Next)
	}
	result, err := b.get(ctx, s.path, q)
	if err != nil {
		return exchange.Batch{}, err
	}
	list, err := items(result, s.list)
	if err != nil {
		return exchange.Batch{}, b.wire.Malform(s.Endpoint, err)
	}
	records, err := s.shape.Records(list)
	if err != nil {
		return exchange.Batch{}, b.wire.Malform(s.Endpoint, err)
	}
	for i := range records {
		symbol := exchange.Object(records[i].Raw).Text("symbol")
		if s.Kind != exchange.Trades || symbol == "" {
			continue
		}
		p, err := b.pairOf(ctx, symbol)
		if err != nil {
			return exchange.Batch{}, err
		}
		if records[i].Context, err = exchange.Encode(p); err != nil {
			return exchange.Batch{}, err
		}
	}
	page, more, ok := page.Step(exchange.IDs(records), result.Text("nextPageCursor"))
	if !ok {
		return exchange.Batch{}, b.wire.Malform(s.Endpoint, errors.New("a page comes again and again"))
	}
	token, err := exchange.Encode(page)
	return exchange.Batch{Records: records, Token: token, More: more}, err
}

func items(result exchange.Fields, member string) ([]json.RawMessage, error) {
	if _, ok := result[member]; ok && result.IsNull(member) {
		return nil, nil
	}
	return result.List(member)
}

// converts fetches a page of conversions, which are asked for by number.
func (b *client) converts(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
	var n exchange.Numbered
	if err := exchange.Decode(w.Token, &n); err != nil {
		return exchange.Batch{}, err
	}
	result, err := b.get(ctx, convertPath, url.Values{"index": {strconv.Itoa(n.Ask())}, "limit": {"100"}})
	if err != nil {
		return exchange.Batch{}, err
	}
	list, err := items(result, "list")
	if err != nil {
		return exchange.Batch{}, b.wire.Malform(convertShape.Endpoint, err)
	}
	records, err := convertShape.Records(list)
	if err != nil {
		return exchange.Batch{}, b.wire.Malform(convertShape.Endpoint, err)
	}
	batch := exchange.Batch{Records: records}
	n, batch.More = n.Step(exchange.IDs(records), 0)
	batch.Token, err = exchange.Encode(n)
	return batch, err
}

// Events makes events of executions, movements, conversions and rewards; the
// log proves balances.
func Events(c *statement.Collector, records []exchange.Record) error {
	exchange.Each(c, records, map[string]func(*exchange.Words, *exchange.Record) *statement.Fault{
		"executions": execution, "deposits": deposit, "withdrawals": withdrawal, convertStream: convert, "funding": funding, "log": logged,
	})
	return nil
}

func fault(column, reason string) *statement.Fault {
	return &statement.Fault{Column: column, Reason: reason}
}

// execution is a fill of an order on the spot market.
func execution(w *exchange.Words, x *exchange.Record) *statement.Fault {
	var p pair
	if json.Unmarshal([]byte(x.Context), &p) != nil || p.Base == "" {
		return fault("symbol", "what is traded for what is not known: the symbol is gone. Enter the trade by hand")
	}
	units, f := w.Quantity("execQty", p.Base)
	if f != nil {
		return f
	}
	price, f := w.Amount("execPrice", p.Quote)
	if f != nil {
		return f
	}
	side := w.F.Text("side")
	currency := w.F.Text("feeCurrency")
	if currency == "" { // a purchase pays in what it buys
		currency = map[string]string{"Buy": p.Base, "Sell": p.Quote}[side]
	}
	fee, f := w.Quantity("execFee", currency)
	if f != nil {
		return f
	}
	if fee.Amount.Sign() < 0 {
		return fault("execFee", "a fee that came back: enter it by hand")
	}
	cost := statement.Quantity{Amount: units.Amount.Mul(price).Round(statement.MaxDecimals, money.HalfEven), Asset: p.Quote}
	e := statement.Entry{ID: "execution/" + x.ID, At: x.Instant(), Type: statement.Trade, Received: units, Sent: cost, Fee: fee}
	switch side {
	case "Buy":
	case "Sell":
		e.Received, e.Sent = cost, units
	default:
		return fault("side", "neither Buy nor Sell")
	}
	w.C.Add(&e, w.Line)
	return nil
}

// deposit counts once it is credited (state 3).
func deposit(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if w.F.Text("status") != "3" {
		w.C.Ignore(w.Line, "deposit not credited (yet)")
		return nil
	}
	q, f := w.Quantity("amount", w.F.Text("coin"))
	if f != nil {
		return f
	}
	w.C.Add(&statement.Entry{ID: "deposit/" + x.ID, At: x.Instant(), Type: statement.Deposit, Received: q, TxHash: w.F.Text("txID")}, w.Line)
	return nil
}

func withdrawal(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if statement.Fold(w.F.Text("status")) != "success" {
		w.C.Ignore(w.Line, "withdrawal not completed")
		return nil
	}
	q, f := w.Quantity("amount", w.F.Text("coin"))
	if f != nil {
		return f
	}
	fee, f := w.Quantity("withdrawFee", w.F.Text("coin"))
	if f != nil {
		return f
	}
	w.C.Add(&statement.Entry{ID: "withdrawal/" + w.F.Text("withdrawId"), At: x.Instant(), Type: statement.Withdrawal, Sent: q, Fee: fee, TxHash: w.F.Text("txID")}, w.Line)
	return nil
}

func convert(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if statement.Fold(w.F.Text("exchangeStatus")) != "success" {
		w.C.Ignore(w.Line, "conversion that did not happen")
		return nil
	}
	sent, f := w.Quantity("fromAmount", w.F.Text("fromCoin"))
	if f != nil {
		return f
	}
	received, f := w.Quantity("toAmount", w.F.Text("toCoin"))
	if f != nil {
		return f
	}
	w.C.Add(&statement.Entry{ID: "convert/" + w.F.Text("exchangeTxId"), At: x.Instant(), Type: statement.Trade, Sent: sent, Received: received}, w.Line)
	return nil
}

// rewardWords tell what an entry of the funding account is, by what its text
// has in it; the first that fits counts.
var rewardWords = []struct {
	has  string
	word statement.Word
}{
	{"interest", statement.Word{Class: statement.ClassIncome, Label: "interest"}},
	{"yield", statement.Word{Class: statement.ClassIncome, Label: "interest"}},
	{"airdrop", statement.Word{Class: statement.ClassIncome, Label: "airdrop"}},
	{"reward", statement.Word{Class: statement.ClassIncome, Label: "other"}},
	{"bonus", statement.Word{Class: statement.ClassIncome, Label: "other"}},
	{"referral", statement.Word{Class: statement.ClassIncome, Label: "referral"}},
	{"subscri", statement.Word{Class: statement.ClassInternal, Why: "into or out of savings at Bybit: the coins stay the owner's"}},
	{"stake", statement.Word{Class: statement.ClassInternal, Why: "into or out of savings at Bybit: the coins stay the owner's"}},
	{"redeem", statement.Word{Class: statement.ClassInternal, Why: "into or out of savings at Bybit: the coins stay the owner's"}},
	{"redemption", statement.Word{Class: statement.ClassInternal, Why: "into or out of savings at Bybit: the coins stay the owner's"}},
	{"transfer", statement.Word{Class: statement.ClassInternal, Why: "moved between accounts inside Bybit"}},
	{"convert", statement.Word{Class: statement.ClassIgnore, Why: "the conversions tell this"}},
	{"deposit", statement.Word{Class: statement.ClassIgnore, Why: "the deposits tell this"}},
	{"withdraw", statement.Word{Class: statement.ClassIgnore, Why: "the withdrawals tell this"}},
}

func funding(w *exchange.Words, x *exchange.Record) *statement.Fault {
	text := strings.ToLower(w.F.Text("descriptionEn") + " " + w.F.Text("description") + " " + w.F.Text("showBusiTypeEn"))
	for _, known := range rewardWords {
		if !strings.Contains(text, known.has) {
			continue
		}
		if known.word.Class != statement.ClassIncome {
			w.C.Ignore(w.Line, known.word.Why)
			return nil
		}
		q, f := w.Quantity("txnAmt", w.F.Text("currency"))
		switch {
		case f != nil:
			return f
		case w.F.Text("ioDirection") != "I":
			return fault("ioDirection", "a reward that was taken back: reduce the reward that it corrects by hand")
		case !q.Set():
			w.C.Ignore(w.Line, "nothing moved: the amount is 0")
			return nil
		}
		w.C.Add(&statement.Entry{ID: "funding/" + x.ID, At: x.Instant(), Type: statement.Income, Label: known.word.Label, Received: q}, w.Line)
		return nil
	}
	return fault("description", "what this entry of the funding account was is not known: enter it by hand")
}

// logged is a row of the log of the unified account.
func logged(w *exchange.Words, _ *exchange.Record) *statement.Fault {
	switch w.F.Text("type") {
	case "TRADE":
		if category := w.F.Text("category"); category != "" && category != "spot" {
			return fault("category", "derivative: needs a person (result or cost of a position, not of a coin)")
		}
		w.C.Ignore(w.Line, "the executions tell this")
	case "TRANSFER_IN", "TRANSFER_OUT":
		w.C.Ignore(w.Line, "moved between accounts inside Bybit")
	case "CURRENCY_BUY", "CURRENCY_SELL":
		w.C.Ignore(w.Line, "the conversions tell this")
	default:
		return fault("type", "what this row of the log is about needs a person (funding, settlement, liquidation, interest or a bonus)")
	}
	return nil
}

// step reads a row of the log as a change of the balance that it states.
func step(r *exchange.Record) (exchange.Step, bool) {
	if r.Stream != "log" {
		return exchange.Step{}, false
	}
	f := exchange.Object(r.Raw)
	return exchange.Stated("unified", f.Text("currency"), f.Text("change"), f.Text("cashBalance"))
}
