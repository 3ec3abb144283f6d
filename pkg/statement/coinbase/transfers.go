package coinbase

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// transferNames are the columns of the old report "Transfers". One more column
// between type and subtotal holds the units; its name is the coin.
var transferNames = [...]string{"timestamp", "type", "subtotal", "fees", "total", "currency", "price per coin", "payment method", "id"}

func matchTransfers(h statement.Header) bool {
	return h.Has(transferNames[:]...) && h.Index("transaction type") < 0 && coinColumn(h) >= 0
}

// coinColumn returns the column behind the type that has no other meaning.
func coinColumn(h statement.Header) int {
	i := h.Index("type") + 1
	if i >= len(h.Names) || h.Names[i] == "" {
		return -1
	}
	for _, n := range transferNames {
		if h.Names[i] == n {
			return -1
		}
	}
	return i
}

func readTransfers(in *statement.Input, c *statement.Collector) error {
	h := in.Header
	t := transfers{
		in: in, c: c, coin: Asset(h.Raw[coinColumn(h)]), units: find(h, h.Names[coinColumn(h)]),
		time: find(h, "timestamp"), kind: find(h, "type"), subtotal: find(h, "subtotal"), fees: find(h, "fees"),
		total: find(h, "total"), currency: find(h, "currency"), id: find(h, "id"),
	}
	for r := range in.Rows {
		e, fault := t.entry(r)
		if fault != nil {
			c.Hold(r.Line, fault.Column, fault.Reason)
			continue
		}
		c.Add(&e, r.Line)
	}
	return nil
}

// transfers is the reading of one report.
type transfers struct {
	in   *statement.Input
	c    *statement.Collector
	coin string

	units, time, kind, subtotal, fees, total, currency, id column
}

func (t *transfers) entry(r statement.Row) (e statement.Entry, fault *statement.Fault) {
	e.ID = transferID(r.Cell(t.id.i))
	var err error
	if e.At, err = parseTime(t.in, r.Cell(t.time.i)); err != nil {
		return e, &statement.Fault{Column: t.time.name, Reason: err.Error()}
	}
	currency := r.Cell(t.currency.i)
	if currency == "" {
		return e, &statement.Fault{Column: t.currency.name, Reason: "missing"}
	}
	var n [4]money.Amount // units, subtotal, fees, total
	for i, col := range [...]column{t.units, t.subtotal, t.fees, t.total} {
		of := currency
		if i == 0 {
			of = t.coin
		}
		if n[i], fault = amount(t.c, prices, r.Cell(col.i), of, col.name); fault != nil {
			return e, fault
		}
		n[i] = n[i].Abs()
	}
	units, subtotal, fees, total := quantity(n[0], t.coin), n[1], n[2], n[3]
	signed := fees
	e.Type, e.Fee = statement.Trade, quantity(fees, currency)
	switch kind := r.Cell(t.kind.i); statement.Fold(kind) {
	case "buy":
		e.Received, e.Sent = units, quantity(subtotal, currency)
	case "sell":
		e.Received, e.Sent = quantity(subtotal, currency), units
		signed = fees.Neg()
	case "deposit":
		e.Type, e.Received = statement.Deposit, quantity(total, currency)
		return e, nil
	case "withdrawal":
		e.Type, e.Sent = statement.Withdrawal, quantity(total, currency)
		return e, nil
	default:
		return e, &statement.Fault{Column: t.kind.name, Reason: "unknown type \"" + kind + "\""}
	}
	if subtotal.Add(signed).Sub(total).Abs().Cmp(cents) > 0 {
		return e, &statement.Fault{Column: t.total.name, Reason: "total, subtotal and fees do not add up: correct the wrong one"}
	}
	return e, nil
}

// transferID keeps the ids of the two old reports apart from those of the
// history, which are of another kind.
func transferID(id string) string {
	if id == "" {
		return ""
	}
	return "transfer:" + id
}
