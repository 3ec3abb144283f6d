package bitfinex

import (
	"context"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Records are lists; the names of members are their places.
var (
	ledgerShape = exchange.Shape{
		Stream: ledgerStream, Endpoint: "POST /" + ledgersPath, ID: []string{"0"}, Time: "3", Unit: exchange.Milli,
		Words: []string{"0", "1", "8"}, Signed: []string{"5"}, Maybe: []string{"6"},
	}
	tradeShape = exchange.Shape{
		Stream: tradeStream, Endpoint: "POST /" + tradesPath, ID: []string{"0"}, Time: "2", Unit: exchange.Milli,
		Words: []string{"0", "1"}, Signed: []string{"4"}, Amounts: []string{"5"}, Maybe: []string{"9"},
	}
	movementShape = exchange.Shape{
		Stream: movementStream, Endpoint: "POST /" + movementsPath, ID: []string{"0", "9"}, Time: "5", Unit: exchange.Milli,
		Words: []string{"0", "1", "9"}, Signed: []string{"12"}, Maybe: []string{"13"},
	}
)

// Page implements exchange.Client.
func (b *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	path, limit, shape := ledgersPath, 2500, &ledgerShape
	switch stream {
	case ledgerStream:
	case tradeStream:
		path, shape = tradesPath, &tradeShape
	case movementStream:
		path, limit, shape = movementsPath, 1000, &movementShape
	default:
		return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
	}
	spans := exchange.Spans{Start: epoch}
	if stream == movementStream {
		spans.Back = 14 * 24 * time.Hour
	}
	return exchange.Walk(ctx, spans, cursor, b.wire.Now(), func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
		var before exchange.Before
		if err := exchange.Decode(w.Token, &before); err != nil {
			return exchange.Batch{}, err
		}
		end := before.Ask(w.To.UnixMilli())
		body, err := b.post(ctx, path, map[string]any{"start": w.From.UnixMilli(), "end": end, "limit": limit})
		if err != nil {
			return exchange.Batch{}, err
		}
		list, err := exchange.ParseList(body)
		if err != nil {
			return exchange.Batch{}, b.wire.Malform(shape.Endpoint, err)
		}
		records, err := shape.Records(list)
		if err != nil {
			return exchange.Batch{}, b.wire.Malform(shape.Endpoint, err)
		}
		batch := exchange.Batch{Records: records}
		before, batch.More = before.Step(records, end, limit)
		batch.Missed = before.Missed
		batch.Token, err = exchange.Encode(before)
		return batch, err
	})
}

// Events makes events: of trades and movements what they tell, of the ledger
// the rest.
func Events(c *statement.Collector, records []exchange.Record) error {
	exchange.Each(c, records, map[string]func(*exchange.Words, *exchange.Record) *statement.Fault{
		ledgerStream: entry, tradeStream: trade, movementStream: movement,
	})
	return nil
}

func fault(column, reason string) *statement.Fault {
	return &statement.Fault{Column: column, Reason: reason}
}

// split parts a pair: tBTCUSD, tDUSK:USD.
func split(pair string) (base, quote string, ok bool) {
	pair, ok = strings.CutPrefix(pair, "t")
	if x, y, parted := strings.Cut(pair, ":"); parted {
		return asset(x), asset(y), ok && x != "" && y != ""
	}
	if len(pair) != 6 {
		return "", "", false
	}
	return asset(pair[:3]), asset(pair[3:]), ok
}

// trade is one fill: units, negative if sold, at a price; the fee is negative.
func trade(w *exchange.Words, x *exchange.Record) *statement.Fault {
	base, quote, ok := split(w.F.Text("1"))
	if !ok {
		return fault("PAIR", "what is traded for what is not known")
	}
	if kind := w.F.Text("6"); kind != "" && !strings.HasPrefix(kind, "EXCHANGE") {
		return fault("ORDER_TYPE", "derivative: needs a person (a margin position is not a purchase or sale of coins)")
	}
	units, f := w.Amount("4", base)
	if f != nil {
		return f
	}
	price, f := w.Amount("5", quote)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("9", asset(w.F.Text("10")))
	if f != nil {
		return f
	}
	if fee.Amount.Sign() > 0 {
		return fault("FEE", "a fee that came back: enter it by hand")
	}
	fee.Amount = fee.Amount.Neg()
	q := statement.Quantity{Amount: units.Abs(), Asset: base}
	cost := statement.Quantity{Amount: units.Abs().Mul(price).Round(statement.MaxDecimals, money.HalfEven), Asset: quote}
	e := statement.Entry{ID: "trade/" + x.ID, At: x.Instant(), Type: statement.Trade, Received: q, Sent: cost, Fee: fee}
	if units.Sign() < 0 {
		e.Received, e.Sent = cost, q
	}
	w.C.Add(&e, w.Line)
	return nil
}

// movement is what came or went: an amount without the fee, which is negative.
func movement(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if status := w.F.Text("9"); status != "COMPLETED" {
		w.C.Ignore(w.Line, "not completed")
		return nil
	}
	currency := asset(w.F.Text("1"))
	amount, f := w.Amount("12", currency)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("13", currency)
	if f != nil {
		return f
	}
	fee.Amount = fee.Amount.Abs()
	e := statement.Entry{ID: "movement/" + w.F.Text("0"), At: x.Instant(), Type: statement.Deposit, Fee: fee, TxHash: w.F.Text("20")}
	if q := (statement.Quantity{Amount: amount.Abs(), Asset: currency}); amount.Sign() < 0 {
		e.Type, e.Sent = statement.Withdrawal, q
	} else {
		e.Received = q
	}
	w.C.Add(&e, w.Line)
	return nil
}

// ledgerWords tell what an entry of the ledger is, by what its text begins with
// or has in it; the first that fits counts.
var ledgerWords = []struct {
	has  string
	word statement.Word
}{
	{"trading fees for", statement.Word{Class: statement.ClassIgnore, Why: "the trades tell this"}},
	{"trading rebate", statement.Word{Class: statement.ClassReview, Why: "a fee that came back: enter it by hand"}},
	{"withdrawal fee", statement.Word{Class: statement.ClassIgnore, Why: "the movements tell this"}},
	{"margin funding payment", statement.Word{Class: statement.ClassIncome, Label: "interest"}},
	{"staking", statement.Word{Class: statement.ClassIncome, Label: "staking"}},
	{"affiliate rebate", statement.Word{Class: statement.ClassIncome, Label: "referral"}},
	{"transfer of", statement.Word{Class: statement.ClassInternal, Why: "moved between wallets of the same Bitfinex account"}},
	{"settlement", statement.Word{Class: statement.ClassReview, Why: "derivative: needs a person (result or cost of a position, not of a coin)"}},
	{"position", statement.Word{Class: statement.ClassReview, Why: "derivative: needs a person (result or cost of a position, not of a coin)"}},
	{"funding charge", statement.Word{Class: statement.ClassReview, Why: "loan: whether the interest on borrowed coins counts as a cost needs a person"}},
	{"exchange ", statement.Word{Class: statement.ClassIgnore, Why: "the trades tell this"}},
	{"withdrawal", statement.Word{Class: statement.ClassIgnore, Why: "the movements tell this"}},
	{"deposit", statement.Word{Class: statement.ClassIgnore, Why: "the movements tell this"}},
}

// entry is a row of the ledger.
func entry(w *exchange.Words, x *exchange.Record) *statement.Fault {
	text := statement.Fold(w.F.Text("8"))
	for _, known := range ledgerWords {
		if !strings.Contains(text, known.has) {
			continue
		}
		switch known.word.Class {
		case statement.ClassReview:
			return fault("DESCRIPTION", known.word.Why)
		case statement.ClassIncome:
			return income(w, x, known.word.Label)
		default:
			w.C.Ignore(w.Line, known.word.Why)
			return nil
		}
	}
	return fault("DESCRIPTION", "what this entry of the ledger was is not known: enter it by hand")
}

func income(w *exchange.Words, x *exchange.Record, label string) *statement.Fault {
	q, f := w.Quantity("5", asset(w.F.Text("1")))
	switch {
	case f != nil:
		return f
	case !q.Set():
		w.C.Ignore(w.Line, "nothing moved: the amount is 0")
		return nil
	case q.Amount.Sign() < 0:
		return fault("AMOUNT", "a reward that was taken back: reduce the reward that it corrects by hand")
	}
	e := statement.Entry{ID: "ledger/" + x.ID, At: x.Instant(), Type: statement.Income, Label: label, Received: q}
	if q.Fiat() {
		e.Type = statement.Deposit
	}
	w.C.Add(&e, w.Line)
	return nil
}

// step reads a row of the ledger as a change of a balance.
func step(r *exchange.Record) (exchange.Step, bool) {
	f, err := exchange.ParseFields(r.Raw)
	if err != nil || r.Stream != ledgerStream {
		return exchange.Step{}, false
	}
	change, err := exchange.ParseAmount(f.Text("5"))
	if err != nil {
		return exchange.Step{}, false
	}
	s := exchange.Step{Wallet: f.Text("2"), Asset: asset(f.Text("1")), Change: change}
	if after, err := exchange.ParseAmount(f.Text("6")); err == nil {
		s.After = &after
	}
	return s, true
}
