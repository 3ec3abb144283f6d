package binance

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// movements is the history of deposits or of withdrawals, with the hash and,
// for withdrawals, the network fee.
//
// The newer layout has a column Fee for withdrawals and none for deposits. The
// older one has the column TransactionFee for both and does not say which of
// the two it is; but a deposit is free, so that one fee in the file shows that
// it lists withdrawals. Without any fee its rows are held.
//
// Amount is read without the fee, as what arrives at the address: so say the
// tools that read these files.
func movements() statement.Format {
	return statement.Format{
		Name: "binance-movements", Title: "Binance deposits or withdrawals", Venue: venue, ZoneInFile: true, Zone: "UTC",
		Match: func(h statement.Header) bool {
			return dateColumn(h) >= 0 && h.Has("coin", "amount", "txid", "status")
		},
		Read: func(in *statement.Input, c *statement.Collector) error {
			readMovements(in, c)
			return nil
		},
	}
}

// dateColumn finds the column whose name says that its times are UTC.
func dateColumn(h statement.Header) int {
	for _, name := range [...]string{"date(utc)", "date(utc+0)"} {
		if i := h.Index(name); i >= 0 {
			return i
		}
	}
	return -1
}

const whyDirection = "the file does not say whether it lists deposits or withdrawals; read the transaction history of the same period"

// movement is where the cells of such a file stand.
type movement struct {
	header                              statement.Header
	date, coin, amount, fee, tx, status int
	kind                                statement.Type // "" if the file does not say it
}

func readMovements(in *statement.Input, c *statement.Collector) {
	h := in.Header
	m := movement{
		header: h, date: dateColumn(h), coin: h.Index("coin"), amount: h.Index("amount"), fee: h.Index("fee"),
		tx: h.Index("txid"), status: h.Index("status"), kind: statement.Deposit,
	}
	rows := in.All()
	if m.fee >= 0 {
		m.kind = statement.Withdrawal
	} else if m.fee = h.Index("transactionfee"); m.fee >= 0 {
		m.kind = ""
		for _, r := range rows {
			if fee, set, err := numbers().Units(r.Cell(m.fee)); err == nil && set && fee.Sign() > 0 {
				m.kind = statement.Withdrawal
			}
		}
	}
	for _, r := range rows {
		m.read(r, c)
	}
}

// read gives one row its outcome.
func (m *movement) read(r statement.Row, c *statement.Collector) {
	if status := r.Cell(m.status); statement.Fold(status) != "completed" {
		c.Ignore(r.Line, statusReason(status))
		return
	}
	if m.kind == "" {
		c.Hold(r.Line, m.header.Raw[m.fee], whyDirection)
		return
	}
	at, err := utc(r.Cell(m.date))
	if err != nil {
		c.HoldErr(r.Line, m.header.Raw[m.date], err)
		return
	}
	e := statement.Entry{At: at, Type: m.kind, TxHash: r.Cell(m.tx)}
	coin := r.Cell(m.coin)
	amount, _, err := c.Amount(numbers(), r.Cell(m.amount), coin)
	if err != nil {
		c.HoldErr(r.Line, m.header.Raw[m.amount], err)
		return
	}
	moved := statement.Quantity{Amount: amount, Asset: coin}
	if m.kind == statement.Deposit {
		e.Received = moved
		c.Add(&e, r.Line)
		return
	}
	fee, set, err := c.Amount(numbers(), r.Cell(m.fee), coin)
	if err != nil {
		c.HoldErr(r.Line, m.header.Raw[m.fee], err)
		return
	}
	e.Sent = moved
	if set && !fee.IsZero() {
		e.Fee = statement.Quantity{Amount: fee, Asset: coin}
	}
	c.Add(&e, r.Line)
}

// statusReason says why a row that did not happen is left out.
func statusReason(status string) string { return `status "` + status + `": it did not happen` }

// utc reads a time of a column that says that it is UTC.
func utc(cell string) (ledger.Instant, error) {
	return statement.ParseTime(cell, time.UTC, "2006-01-02 15:04:05", "06-01-02 15:04:05")
}
