package kraken

import (
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/statement"
	statements "github.com/ledgersys/ledgersys/pkg/statement/kraken"
)

// Columns of the files that say the same as the calls.
var (
	ledgerColumns = []string{"txid", "refid", "time", "type", "subtype", "aclass", "asset", "amount", "fee", "balance"}
	tradeColumns  = []string{"txid", "ordertxid", "pair", "time", "type", "ordertype", "price", "cost", "fee", "vol", "margin", "misc"}
)

const layout = "2006-01-02 15:04:05.999999"

// Events makes events of the ledger. A trade that the ledger does not have is
// read from the list of trades; deposits and withdrawals add the transaction
// on the chain to what the ledger tells: of several records about one of them
// the one of its end counts.
func Events(c *statement.Collector, records []exchange.Record) error {
	told := make(map[string]bool) // references of the ledger
	refs := make(map[int]string)  // reference of each line of the ledger
	hashes := make(map[string]string)
	var ledger, trades []statement.Row
	for i := range records {
		r, line := &records[i], i+1
		f, err := exchange.ParseFields(r.Raw)
		if err != nil {
			c.HoldErr(line, "record", err)
			continue
		}
		switch r.Stream {
		case ledgerStream:
			refs[line] = f.Text("refid")
			told[refs[line]] = true
			ledger = append(ledger, row(r, f, line, ledgerColumns))
		case tradeStream:
			trades = append(trades, row(r, f, line, tradeColumns))
		case depositStream, withdrawalStream:
			ref, tx := f.Text("refid"), f.Text("txid")
			if tx != "" && (hashes[ref] == "" || f.Text("status") == success) {
				hashes[ref] = tx
			}
		default:
			c.Hold(line, "stream", "unknown stream")
		}
	}
	start := len(c.Events)
	if err := exchange.Rows(c, statements.Formats(), "kraken-ledgers", ledgerColumns, ledger); err != nil {
		return err
	}
	chain(c, start, refs, hashes)
	beside(c, records, told)
	return lone(c, trades, told)
}

// row writes a record as a row of the file.
func row(r *exchange.Record, f exchange.Fields, line int, columns []string) statement.Row {
	cells := make([]string, len(columns))
	for i, name := range columns {
		cells[i] = f.Text(name)
	}
	cells[0] = r.ID
	for i, name := range columns {
		if name == "time" {
			cells[i] = r.Time.UTC().Format(layout)
		}
	}
	return statement.Row{Line: line, Cells: cells}
}

// chain sets the transactions on the chain.
func chain(c *statement.Collector, start int, refs map[int]string, hashes map[string]string) {
	for i := start; i < len(c.Events); i++ {
		if tx := hashes[refs[int(c.Events[i].Origin.Line)]]; tx != "" {
			exchange.SetTx(&c.Events[i], tx)
		}
	}
}

// success is the state of a deposit or withdrawal that came to its end.
const success = "Success"

// What is said of records that add to what the ledger tells.
const (
	whyMoved  = "the ledger tells this; the list of deposits and withdrawals adds the transaction on the chain"
	whyTraded = "the ledger tells this trade"
)

// beside gives the records of deposits and withdrawals their outcome.
func beside(c *statement.Collector, records []exchange.Record, told map[string]bool) {
	for i := range records {
		r := &records[i]
		if r.Stream != depositStream && r.Stream != withdrawalStream {
			continue
		}
		if f, err := exchange.ParseFields(r.Raw); err != nil {
			continue // held before
		} else if !told[f.Text("refid")] && f.Text("status") == success {
			c.Hold(i+1, "refid", "a deposit or withdrawal that the ledger does not have: fetch the ledger again, or upload ledgers.csv for this time")
			continue
		}
		c.Ignore(i+1, whyMoved)
	}
}

// lone reads trades that the ledger does not have.
func lone(c *statement.Collector, trades []statement.Row, told map[string]bool) error {
	var rest []statement.Row
	for _, t := range trades {
		if told[t.Cells[0]] {
			c.Ignore(t.Line, whyTraded)
			continue
		}
		rest = append(rest, t)
	}
	return exchange.Rows(c, statements.Formats(), "kraken-trades", tradeColumns, rest)
}

// step reads a row of the ledger as a change of a balance.
func step(r *exchange.Record) (exchange.Step, bool) {
	f, err := exchange.ParseFields(r.Raw)
	if err != nil || r.Stream != ledgerStream {
		return exchange.Step{}, false
	}
	amount, err := exchange.ParseAmount(f.Text("amount"))
	if err != nil {
		return exchange.Step{}, false
	}
	if fee, err := exchange.ParseAmount(f.Text("fee")); err == nil {
		amount = amount.Sub(fee)
	}
	code := f.Text("asset")
	s := exchange.Step{Wallet: code, Asset: statements.Asset(code), Change: amount}
	if after, err := exchange.ParseAmount(f.Text("balance")); err == nil {
		s.After = &after
	}
	return s, true
}
