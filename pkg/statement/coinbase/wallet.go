package coinbase

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func matchWallet(h statement.Header) bool {
	return h.Has("timestamp", "balance", "amount", "currency", "to", "notes", "transfer total", "transfer total currency",
		"transfer fee", "transfer fee currency", "transfer id")
}

// readWallet reads the old report "Transactions" of one wallet: a row for each
// change of its balance. Where money bought a coin, the coin's wallet tells
// the trade and the money's wallet repeats its side.
func readWallet(in *statement.Input, c *statement.Collector) error {
	h := in.Header
	w := wallet{
		in: in, c: c, time: find(h, "timestamp"), amount: find(h, "amount"), currency: find(h, "currency"), notes: find(h, "notes"),
		exchanged: find(h, "instantly exchanged"), total: find(h, "transfer total"), totalCurrency: find(h, "transfer total currency"),
		fee: find(h, "transfer fee"), feeCurrency: find(h, "transfer fee currency"), transfer: find(h, "transfer id"),
		order: find(h, "order price"), id: column{i: -1}, hash: column{i: -1},
	}
	for i, n := range h.Names {
		switch {
		case strings.HasPrefix(n, "coinbase id"):
			w.id = column{i, h.Raw[i]}
		case strings.Contains(n, " hash"):
			w.hash = column{i, h.Raw[i]}
		}
	}
	for r := range in.Rows {
		w.row(r)
	}
	return nil
}

// wallet is the reading of one file.
type wallet struct {
	in *statement.Input
	c  *statement.Collector

	time, amount, currency, notes, exchanged, total, totalCurrency, fee, feeCurrency, transfer, order, id, hash column
}

func (w *wallet) row(r statement.Row) {
	e, moved, fault := w.base(r)
	notes := statement.Fold(r.Cell(w.notes.i))
	_, traded := parseTrade(r.Cell(w.notes.i))
	transfer := r.Cell(w.transfer.i)
	switch {
	case fault != nil:
	case moved.Amount.IsZero():
		w.c.Ignore(r.Line, "nothing moved: the amount is 0")
		return
	case statement.Fold(r.Cell(w.exchanged.i)) == "true":
		fault = &statement.Fault{Column: w.exchanged.name, Reason: "a payment that was sold at once: enter income and sale by hand"}
	case transfer != "" && r.Cell(w.totalCurrency.i) != r.Cell(w.currency.i):
		e.ID = transferID(transfer)
		fault = w.trade(r, &e, moved)
	case transfer != "":
		e.ID = transferID(transfer)
		fault = w.cash(r, &e, moved)
	case traded && e.TxHash == "" && moved.Fiat():
		w.c.Ignore(r.Line, "the money side of a trade: the file of the coin's wallet has the trade")
		return
	case r.Cell(w.order.i) != "":
		fault = &statement.Fault{Column: w.order.name, Reason: words["order"].Why}
	case e.TxHash == "" && moved.Amount.Sign() > 0 && !moved.Fiat() && reward(notes) != "":
		e.Type, e.Label, e.Received = statement.Income, reward(notes), moved
	default:
		direct(&e, moved)
	}
	if fault != nil {
		w.c.Hold(r.Line, fault.Column, fault.Reason)
		return
	}
	w.c.Add(&e, r.Line)
}

// reward returns the label of a reward that notes in folded form name.
func reward(notes string) string {
	switch {
	case strings.Contains(notes, "referral"):
		return "referral"
	case strings.Contains(notes, "coinbase earn"), strings.Contains(notes, "coinbase rewards"), strings.Contains(notes, "bonus"):
		return "other"
	}
	return ""
}

// direct books what arrived or left, by its sign.
func direct(e *statement.Entry, moved statement.Quantity) {
	if moved.Amount.Sign() > 0 {
		e.Type, e.Received = statement.Deposit, moved
		return
	}
	moved.Amount = moved.Amount.Abs()
	e.Type, e.Sent = statement.Withdrawal, moved
}

// base reads what every row has: what the balance changes by, with its sign.
func (w *wallet) base(r statement.Row) (e statement.Entry, moved statement.Quantity, fault *statement.Fault) {
	e.ID, e.TxHash = r.Cell(w.id.i), r.Cell(w.hash.i)
	var err error
	if e.At, err = parseTime(w.in, r.Cell(w.time.i)); err != nil {
		return e, moved, &statement.Fault{Column: w.time.name, Reason: err.Error()}
	}
	moved.Asset = Asset(r.Cell(w.currency.i))
	if moved.Asset == "" {
		return e, moved, &statement.Fault{Column: w.currency.name, Reason: "missing"}
	}
	moved.Amount, fault = amount(w.c, plain, r.Cell(w.amount.i), moved.Asset, w.amount.name)
	return e, moved, fault
}

// trade is a purchase or sale: the total includes the fee of a purchase and
// lacks that of a sale.
func (w *wallet) trade(r statement.Row, e *statement.Entry, moved statement.Quantity) *statement.Fault {
	total, fee, fault := w.money(r)
	if fault != nil {
		return fault
	}
	e.Type, e.Fee = statement.Trade, fee
	if moved.Amount.Sign() > 0 {
		e.Received, e.Sent = moved, quantity(total.Amount.Sub(fee.Amount), total.Asset)
	} else {
		e.Received, e.Sent = quantity(total.Amount.Add(fee.Amount), total.Asset), quantity(moved.Amount.Abs(), moved.Asset)
	}
	if e.Sent.Amount.Sign() <= 0 {
		return &statement.Fault{Column: w.fee.name, Reason: "the fee is not less than the total"}
	}
	return nil
}

// cash is money by bank or card.
func (w *wallet) cash(r statement.Row, e *statement.Entry, moved statement.Quantity) *statement.Fault {
	total, fee, fault := w.money(r)
	if fault != nil {
		return fault
	}
	if moved.Amount.Sign() < 0 {
		total.Amount = total.Amount.Neg()
	}
	direct(e, total)
	e.Fee = fee
	return nil
}

func (w *wallet) money(r statement.Row) (total, fee statement.Quantity, fault *statement.Fault) {
	total.Asset, fee.Asset = r.Cell(w.totalCurrency.i), r.Cell(w.feeCurrency.i)
	if total.Asset == "" {
		return total, fee, &statement.Fault{Column: w.totalCurrency.name, Reason: "missing"}
	}
	if total.Amount, fault = amount(w.c, prices, r.Cell(w.total.i), total.Asset, w.total.name); fault != nil {
		return total, fee, fault
	}
	if fee.Amount, fault = amount(w.c, prices, r.Cell(w.fee.i), total.Asset, w.fee.name); fault != nil {
		return total, fee, fault
	}
	total.Amount, fee.Amount = total.Amount.Abs(), fee.Amount.Abs()
	switch {
	case fee.Asset == "" && fee.Amount.IsZero():
		fee = statement.Quantity{Amount: money.Amount{}}
	case fee.Asset != total.Asset:
		return total, fee, &statement.Fault{Column: w.feeCurrency.name, Reason: "fee and total are in different currencies: enter the row by hand"}
	}
	return total, fee, nil
}
