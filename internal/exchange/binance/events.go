package binance

import (
	"encoding/json"
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// reader makes entries of records. It knows what of all of them a single one
// does not say.
type reader struct {
	done  map[string]bool // ids of movements that came to their end in another record
	twice map[string]bool // ids of distributions that the lists of Earn tell as well
}

// Events makes events of all records.
func Events(c *statement.Collector, records []exchange.Record) error {
	r := &reader{done: make(map[string]bool)}
	r.look(records)
	exchange.Each(c, records, map[string]func(*exchange.Words, *exchange.Record) *statement.Fault{
		tradeStream: r.trade, depositStream: r.deposit, withdrawalStream: r.withdrawal, convertStream: r.convert, dustStream: r.dust,
		switchStream: r.autoConversion, dividendStream: r.dividend, flexibleStream: r.flexible, lockedStream: r.locked, rebateStream: r.rebate,
		orderStream: r.order, paymentStream: r.payment, peerStream: r.peer, payStream: r.pay, planStream: r.plan,
	})
	return nil
}

// look notes what records say about others.
func (r *reader) look(records []exchange.Record) {
	earned, given := make(incomes), make(incomes)
	for i := range records {
		x := &records[i]
		f, err := exchange.ParseFields(x.Raw)
		if err != nil {
			continue
		}
		switch x.Stream {
		case flexibleStream:
			earned.add(x, f, "rewards")
		case lockedStream:
			earned.add(x, f, "amount")
		case dividendStream:
			if ofEarn(f) {
				given.add(x, f, "amount")
			}
		case depositStream:
			if f.Text("status") == "1" {
				r.done[depositID(f)] = true
			}
		}
	}
	r.twice = given.pair(earned)
}

// fault is a reason to hold a record.
func fault(column, reason string) *statement.Fault {
	return &statement.Fault{Column: column, Reason: reason}
}

// trade is one fill of an order. What is traded for what was asked for with
// it: the name of a pair alone cannot be split for sure.
func (r *reader) trade(w *exchange.Words, x *exchange.Record) *statement.Fault {
	var p pair
	if json.Unmarshal([]byte(x.Context), &p) != nil || p.Base == "" || p.Quote == "" {
		return fault("symbol", "which part of the pair is bought or sold, and for what, is not known")
	}
	buyer, ok := w.F.Bool("isBuyer")
	if !ok {
		return fault("isBuyer", "neither true nor false")
	}
	base, f := w.Quantity("qty", p.Base)
	if f != nil {
		return f
	}
	quote, f := w.Quantity("quoteQty", p.Quote)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("commission", w.F.Text("commissionAsset"))
	switch {
	case f != nil:
		return f
	case fee.Amount.Sign() < 0:
		return fault("commission", "a fee that came back: enter it by hand")
	case !base.Set():
		return fault("qty", "nothing was traded")
	}
	e := statement.Entry{ID: "trade/" + x.ID, At: x.Instant(), Type: statement.Trade, Received: base, Sent: quote, Fee: fee}
	if !buyer {
		e.Received, e.Sent = quote, base
	}
	if !quote.Set() { // so little that its price is 0
		e.Type, e.Received, e.Sent, e.Label = statement.Airdrop, base, statement.Quantity{}, "price rounds to 0"
		if !buyer {
			e.Type, e.Received, e.Sent = statement.Spend, statement.Quantity{}, base
		}
	}
	w.C.Add(&e, w.Line)
	return nil
}

func depositID(f exchange.Fields) string {
	if id := f.Text("id"); id != "" {
		return id
	}
	return f.Text("txId")
}

// deposit counts once it is credited: state 6 is credited but not yet free to
// go, state 1 is the end.
func (r *reader) deposit(w *exchange.Words, x *exchange.Record) *statement.Fault {
	status, id := w.F.Text("status"), depositID(w.F)
	switch {
	case status == "6" && r.done[id]:
		w.C.Ignore(w.Line, "a step on the way of a deposit that is told by a later record")
		return nil
	case status != "1" && status != "6":
		w.C.Ignore(w.Line, "deposit not credited (status "+status+")")
		return nil
	}
	q, f := w.Quantity("amount", w.F.Text("coin"))
	if f != nil {
		return f
	}
	if !q.Set() {
		return fault("amount", "nothing arrived")
	}
	w.C.Add(&statement.Entry{ID: "deposit/" + id, At: x.Instant(), Type: statement.Deposit, Received: q, TxHash: w.F.Text("txId")}, w.Line)
	return nil
}

// withdrawal counts once it is completed (state 6). The amount is what arrives,
// the fee is taken besides.
func (r *reader) withdrawal(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if status := w.F.Text("status"); status != "6" {
		w.C.Ignore(w.Line, "withdrawal not completed (status "+status+")")
		return nil
	}
	coin := w.F.Text("coin")
	q, f := w.Quantity("amount", coin)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("transactionFee", coin)
	if f != nil {
		return f
	}
	if !q.Set() {
		return fault("amount", "nothing left")
	}
	w.C.Add(&statement.Entry{
		ID: "withdrawal/" + w.F.Text("id"), At: x.Instant(), Type: statement.Withdrawal, Sent: q, Fee: fee, TxHash: w.F.Text("txId"),
	}, w.Line)
	return nil
}

// happened reports whether a word says that something came to its end.
func happened(status string) bool {
	switch statement.Fold(status) {
	case "success", "successful", "completed", "complete", "finished", "s", "ok", "credited", "released":
		return true
	}
	return false
}

// swap books one asset for another.
func swap(w *exchange.Words, e statement.Entry, from, to [2]string) *statement.Fault {
	var f *statement.Fault
	if e.Sent, f = w.Quantity(from[0], w.F.Text(from[1])); f != nil {
		return f
	}
	if e.Received, f = w.Quantity(to[0], w.F.Text(to[1])); f != nil {
		return f
	}
	e.Type = statement.Trade
	w.C.Add(&e, w.Line)
	return nil
}

func (r *reader) convert(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if status := w.F.Text("orderStatus"); !happened(status) {
		w.C.Ignore(w.Line, "conversion that did not happen")
		return nil
	}
	e := statement.Entry{ID: "convert/" + w.F.Text("orderId"), At: x.Instant()}
	return swap(w, e, [2]string{"fromAmount", "fromAsset"}, [2]string{"toAmount", "toAsset"})
}

// autoConversion is a coin that Binance turned into another one by itself.
func (r *reader) autoConversion(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if !happened(w.F.Text("status")) {
		w.C.Ignore(w.Line, "conversion that did not happen")
		return nil
	}
	e := statement.Entry{ID: "switch/" + w.F.Text("tranId"), At: x.Instant(), Label: "auto-conversion"}
	return swap(w, e, [2]string{"deductedAmount", "deductedAsset"}, [2]string{"targetAmount", "targetAsset"})
}

func (r *reader) plan(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if !happened(w.F.Text("transactionStatus")) {
		w.C.Ignore(w.Line, "recurring purchase that did not happen")
		return nil
	}
	fee, f := w.Quantity("transactionFee", w.F.Text("transactionFeeUnit"))
	if f != nil {
		return f
	}
	sent, f := w.Quantity("sourceAssetAmount", w.F.Text("sourceAsset"))
	if f != nil {
		return f
	}
	received, f := w.Quantity("targetAssetAmount", w.F.Text("targetAsset"))
	if f != nil {
		return f
	}
	if fee.Asset == sent.Asset { // the amount of a plan has its fee inside
		sent.Amount = sent.Amount.Sub(fee.Amount)
	}
	w.C.Add(&statement.Entry{ID: "plan/" + w.F.Text("id"), At: x.Instant(), Type: statement.Trade, Sent: sent, Received: received, Fee: fee}, w.Line)
	return nil
}

// dust is one sweep of small balances into BNB: one trade for each coin. What
// arrives is without the service charge.
func (r *reader) dust(w *exchange.Words, x *exchange.Record) *statement.Fault {
	list, err := w.F.List("userAssetDribbletDetails")
	if err != nil || len(list) == 0 {
		return fault("userAssetDribbletDetails", "which coins were converted is not said")
	}
	var entries []statement.Entry
	for i, raw := range list {
		f, err := exchange.ParseFields(raw)
		if err != nil {
			return fault("userAssetDribbletDetails", "not understood")
		}
		part := &exchange.Words{C: w.C, Line: w.Line, F: f}
		target := f.Text("targetAsset")
		if target == "" {
			target = "BNB"
		}
		sent, fault := part.Quantity("amount", f.Text("fromAsset"))
		if fault != nil {
			return fault
		}
		fee, fault := part.Quantity("serviceChargeAmount", target)
		if fault != nil {
			return fault
		}
		net, fault := part.Amount("transferedAmount", target)
		if fault != nil {
			return fault
		}
		entries = append(entries, statement.Entry{
			ID: "dust/" + x.ID + "/" + string(rune('a'+i%26)) + strings.Repeat("z", i/26), At: x.Instant(), Type: statement.Trade, Label: "dust",
			Sent: sent, Received: statement.Quantity{Amount: net.Add(fee.Amount), Asset: target}, Fee: fee,
		})
	}
	w.C.AddAll(entries, w.Line)
	return nil
}

// negative reports whether a quantity is below 0.
func negative(q statement.Quantity) bool { return q.Amount.Cmp(money.Amount{}) < 0 }
