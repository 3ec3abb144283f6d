package gemini

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

var (
	tradeShape = exchange.Shape{
		Stream: tradeStream, Endpoint: "POST " + tradesPath, ID: []string{"symbol", "tid"}, Time: "timestampms", Unit: exchange.Milli,
		Words: []string{"tid", "type"}, Amounts: []string{"price", "amount"}, Maybe: []string{"fee_amount"},
	}
	transferShape = exchange.Shape{
		Stream: transferStream, Endpoint: "POST " + transfersPath, ID: []string{"eid", "status"}, Time: "timestampms", Unit: exchange.Milli,
		Words: []string{"eid", "type", "currency", "status"}, Amounts: []string{"amount"}, Maybe: []string{"feeAmount"},
	}
	stakingShape = exchange.Shape{
		Stream: stakingStream, Endpoint: "POST " + stakingPath, ID: []string{"transactionId"}, Time: "dateTime", Unit: exchange.Milli,
		Words: []string{"transactionId", "transactionType", "amountCurrency"}, Amounts: []string{"amount"},
	}
)

// Page implements exchange.Client.
func (g *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	a := exchange.After{Start: epoch, Limit: 500}
	var fetch func(ctx context.Context, from time.Time) ([]exchange.Record, error)
	switch stream {
	case tradeStream:
		fetch = g.trades
	case transferStream:
		a.Limit, a.Back = 50, 14*24*time.Hour
		fetch = func(ctx context.Context, from time.Time) ([]exchange.Record, error) {
			return g.list(ctx, transfersPath, &transferShape, map[string]any{"limit_transfers": 50, "timestamp": from.UnixMilli()})
		}
	case stakingStream:
		fetch = g.staking
	default:
		return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
	}
	return exchange.WalkAfter(ctx, a, cursor, g.wire.Now(), fetch)
}

// list fetches a plain list of records.
func (g *client) list(ctx context.Context, path string, shape *exchange.Shape, members map[string]any) ([]exchange.Record, error) {
	body, err := g.post(ctx, path, members)
	if err != nil {
		return nil, err
	}
	raws, err := exchange.ParseList(body)
	if err == nil {
		var records []exchange.Record
		if records, err = shape.Records(raws); err == nil {
			return records, nil
		}
	}
	return nil, g.wire.Malform(shape.Endpoint, err)
}

// trades fetches trades of all symbols and notes what each symbol stands for.
func (g *client) trades(ctx context.Context, from time.Time) ([]exchange.Record, error) {
	records, err := g.list(ctx, tradesPath, &tradeShape, map[string]any{"limit_trades": 500, "timestamp": from.UnixMilli()})
	if err != nil {
		return nil, err
	}
	for i := range records {
		symbol := exchange.Object(records[i].Raw).Text("symbol")
		if symbol == "" {
			continue
		}
		p, err := g.pairOf(ctx, strings.ToUpper(symbol))
		if err != nil {
			return nil, err
		}
		if records[i].Context, err = exchange.Encode(p); err != nil {
			return nil, err
		}
	}
	return records, nil
}

// staking fetches what staking did, which comes by provider.
func (g *client) staking(ctx context.Context, from time.Time) ([]exchange.Record, error) {
	body, err := g.post(ctx, stakingPath, map[string]any{"since": from.UTC().Format("2006-01-02T15:04:05.000Z"), "limit": 500, "sortAsc": true})
	if err != nil {
		return nil, err
	}
	providers, err := exchange.ParseList(body)
	if err != nil {
		return nil, g.wire.Malform(stakingShape.Endpoint, err)
	}
	var records []exchange.Record
	for _, raw := range providers {
		list, err := exchange.Object(raw).List("transactions")
		if err != nil {
			return nil, g.wire.Malform(stakingShape.Endpoint, err)
		}
		got, err := stakingShape.Records(list)
		if err != nil {
			return nil, g.wire.Malform(stakingShape.Endpoint, err)
		}
		records = append(records, got...)
	}
	return records, nil
}

// Events makes events of all records.
func Events(c *statement.Collector, records []exchange.Record) error {
	exchange.Each(c, records, map[string]func(*exchange.Words, *exchange.Record) *statement.Fault{
		tradeStream: trade, transferStream: transfer, stakingStream: stake,
	})
	return nil
}

func fault(column, reason string) *statement.Fault {
	return &statement.Fault{Column: column, Reason: reason}
}

// trade is one fill: units at a price, the fee in a currency of its own.
func trade(w *exchange.Words, x *exchange.Record) *statement.Fault {
	var p pair
	if json.Unmarshal([]byte(x.Context), &p) != nil || p.Base == "" {
		return fault("symbol", "what is traded for what is not known: the symbol is gone. Enter the trade by hand")
	}
	units, f := w.Quantity("amount", p.Base)
	if f != nil {
		return f
	}
	price, f := w.Amount("price", p.Quote)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("fee_amount", w.F.Text("fee_currency"))
	if f != nil {
		return f
	}
	if fee.Amount.Sign() < 0 {
		return fault("fee_amount", "a fee that came back: enter it by hand")
	}
	cost := statement.Quantity{Amount: units.Amount.Mul(price).Round(statement.MaxDecimals, money.HalfEven), Asset: p.Quote}
	e := statement.Entry{ID: "trade/" + x.ID, At: x.Instant(), Type: statement.Trade, Received: units, Sent: cost, Fee: fee}
	switch statement.Fold(w.F.Text("type")) {
	case "buy":
	case "sell":
		e.Received, e.Sent = cost, units
	default:
		return fault("type", "neither Buy nor Sell")
	}
	w.C.Add(&e, w.Line)
	return nil
}

// transfer is what came or went.
func transfer(w *exchange.Words, x *exchange.Record) *statement.Fault {
	status := statement.Fold(w.F.Text("status"))
	if status != "complete" && status != "completed" && status != "advanced" {
		w.C.Ignore(w.Line, "not completed")
		return nil
	}
	asset := w.F.Text("currency")
	q, f := w.Quantity("amount", asset)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("feeAmount", asset)
	if f != nil {
		return f
	}
	e := statement.Entry{ID: "transfer/" + w.F.Text("eid"), At: x.Instant(), Fee: fee, TxHash: w.F.Text("txHash")}
	switch kind := statement.Fold(w.F.Text("type")); kind {
	case "deposit":
		e.Type, e.Received = statement.Deposit, q
	case "withdrawal":
		e.Type, e.Sent = statement.Withdrawal, q
	case "reward":
		e.Type, e.Received, e.Label = statement.Income, q, "other"
	case "admindebit", "admincredit":
		return fault("type", "booked by Gemini: what for is not said. Enter it by hand")
	default:
		return fault("type", `unknown type "`+w.F.Text("type")+`"`)
	}
	w.C.Add(&e, w.Line)
	return nil
}

// stake is what staking paid; moves into it and out of it change nothing.
func stake(w *exchange.Words, x *exchange.Record) *statement.Fault {
	switch statement.Fold(w.F.Text("transactionType")) {
	case "interest", "reward":
	case "deposit", "redeem", "redemption", "redeempayment", "depositpayment":
		w.C.Ignore(w.Line, "into or out of staking at Gemini: the coins stay the owner's")
		return nil
	default:
		return fault("transactionType", `unknown type "`+w.F.Text("transactionType")+`"`)
	}
	q, f := w.Quantity("amount", w.F.Text("amountCurrency"))
	if f != nil {
		return f
	}
	if !q.Set() {
		w.C.Ignore(w.Line, "a reward of 0")
		return nil
	}
	w.C.Add(&statement.Entry{ID: "staking/" + x.ID, At: x.Instant(), Type: statement.Income, Label: "staking", Received: q}, w.Line)
	return nil
}
