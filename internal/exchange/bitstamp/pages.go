package bitstamp

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
	statements "github.com/ledgersys/ledgersys/pkg/statement/bitstamp"
)

// Page implements exchange.Client.
func (b *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	switch stream {
	case historyStream:
		return b.rows(ctx, cursor)
	case depositStream, withdrawalStream:
		return exchange.Walk(ctx, exchange.Spans{Start: epoch}, cursor, b.wire.Now(), func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
			return b.chain(ctx, stream, w)
		})
	}
	return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
}

var (
	historyShape = exchange.Shape{
		Stream: historyStream, Endpoint: "POST " + historyPath, ID: []string{"id"}, Time: "datetime", Unit: exchange.Text, Words: []string{"id", "type"}, Maybe: []string{"fee"},
	}
	chainShape = exchange.Shape{
		Endpoint: "POST " + chainPath, ID: []string{"currency", "txid", "amount", "datetime"}, Time: "datetime", Unit: exchange.Second, Words: []string{"currency"}, Amounts: []string{"amount"},
	}
)

const (
	most      = "1000"
	mostChain = "1000"
)

// place is where the walk over the transactions stands: oldest first, so that
// new rows come behind it.
type place struct {
	Offset exchange.Offset `json:"offset"`
	Resume int             `json:"resume"`          // rows that are too old for late ones to come between
	Begun  int64           `json:"begun,omitempty"` // when the pass began, ms
	Until  int64           `json:"until,omitempty"` // when the last complete pass began
}

// rows fetches a page of transactions.
func (b *client) rows(ctx context.Context, cursor string) (exchange.Page, error) {
	var p place
	if err := exchange.Decode(cursor, &p); err != nil {
		return exchange.Page{}, err
	}
	if p.Begun == 0 {
		p.Begun = b.wire.Now().UnixMilli()
	}
	from := p.Resume + p.Offset.Ask()
	body, err := b.post(ctx, historyPath, url.Values{"offset": {strconv.Itoa(from)}, "limit": {most}, "sort": {"asc"}})
	if err != nil {
		return exchange.Page{}, err
	}
	list, err := exchange.ParseList(body)
	if err != nil {
		return exchange.Page{}, b.wire.Malform(historyShape.Endpoint, err)
	}
	records, err := historyShape.Records(list)
	if err == nil {
		err = sound(records)
	}
	if err != nil {
		return exchange.Page{}, b.wire.Malform(historyShape.Endpoint, err)
	}
	page := exchange.Page{Records: records}
	p.Offset, page.More = p.Offset.Step(exchange.IDs(records), 0)
	if !page.More {
		p = place{Resume: max(p.Resume+p.Offset.At-late, 0), Until: p.Begun}
	}
	if p.Until > 0 {
		page.From, page.To = epoch, time.UnixMilli(p.Until).UTC()
	}
	page.Next, err = exchange.Encode(p)
	return page, err
}

// late is how many rows the next pass looks at once more: rows that come late
// stand between them.
const late = 2000

// sound checks that the amounts of a transaction are numbers.
func sound(records []exchange.Record) error {
	for _, r := range records {
		for member, raw := range exchange.Object(r.Raw) {
			if !isCurrency(member) {
				continue
			}
			if _, err := exchange.ParseAmount((exchange.Fields{"x": raw}).Text("x")); err != nil {
				return errors.New("an amount is no number")
			}
		}
	}
	return nil
}

// isCurrency reports whether a member of a transaction is the amount of a
// currency, or the rate of two: the others are known by name.
func isCurrency(member string) bool {
	switch member {
	case "id", "order_id", "type", "datetime", "fee", "status", "self_trade", "self_trade_order_id", "fee_currency", "market", "description":
		return false
	}
	for _, c := range member {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' {
			return false
		}
	}
	return member != ""
}

// chain fetches a page of what went over chains. Both directions come in one
// answer; each is a stream.
func (b *client) chain(ctx context.Context, stream string, w exchange.Window) (exchange.Batch, error) {
	var at exchange.Offset
	if err := exchange.Decode(w.Token, &at); err != nil {
		return exchange.Batch{}, err
	}
	body, err := b.post(ctx, chainPath, url.Values{"offset": {strconv.Itoa(at.Ask())}, "limit": {mostChain}})
	if err != nil {
		return exchange.Batch{}, err
	}
	member := "deposits"
	if stream == withdrawalStream {
		member = "withdrawals"
	}
	var list []json.RawMessage
	if f := exchange.Object(body); f == nil || !f.IsNull(member) {
		if list, err = f.List(member); err != nil {
			return exchange.Batch{}, b.wire.Malform(chainShape.Endpoint, err)
		}
	}
	shape := chainShape
	shape.Stream = stream
	records, err := shape.Records(list)
	if err != nil {
		return exchange.Batch{}, b.wire.Malform(chainShape.Endpoint, err)
	}
	batch := exchange.Batch{Records: records}
	at, batch.More = at.Step(exchange.IDs(records), 0)
	batch.Token, err = exchange.Encode(at)
	return batch, err
}

// types are the numbers of the types of transactions, in the words of the
// files.
var types = map[string]string{
	"0": "Deposit", "1": "Withdrawal", "2": "Market", "14": "Sub account transfer", "25": "Sub account transfer", "26": "Sub account transfer",
	"27": "Staking reward", "32": "Referral reward", "35": "Inter account transfer",
}

// columns are those of the newer files.
var columns = []string{"id", "type", "subtype", "datetime", "amount", "amount currency", "value", "value currency", "fee", "fee currency"}

// Events makes events of the transactions as if they were a file, and notes the
// hashes of those that went over a chain.
func Events(c *statement.Collector, records []exchange.Record) error {
	var rows []statement.Row
	for i := range records {
		r := &records[i]
		switch r.Stream {
		case historyStream:
			cells, fault := cells(r)
			if fault != nil {
				c.Hold(i+1, fault.Column, fault.Reason)
				continue
			}
			rows = append(rows, statement.Row{Line: i + 1, Cells: cells})
		case depositStream, withdrawalStream:
			c.Ignore(i+1, "the transactions tell this; the list adds the transaction on the chain")
		default:
			c.Hold(i+1, "stream", "unknown stream")
		}
	}
	start := len(c.Events)
	if err := exchange.Rows(c, statements.Formats(), "bitstamp", columns, rows); err != nil {
		return err
	}
	hashes(c.Events[start:], records)
	return nil
}

// cells writes a transaction as a row of the file.
func cells(r *exchange.Record) ([]string, *statement.Fault) {
	f := exchange.Object(r.Raw)
	number := f.Text("type")
	word, known := types[number]
	if !known {
		return nil, &statement.Fault{Column: "type", Reason: "unknown type \"" + number + "\""}
	}
	amount, value, fault := amounts(f, number == "2")
	if fault != nil {
		return nil, fault
	}
	side := ""
	feeAsset := amount.Asset
	if number == "2" {
		feeAsset, side = value.Asset, "Buy"
		if amount.Amount.Sign() < 0 {
			side = "Sell"
		}
		if (amount.Amount.Sign() < 0) == (value.Amount.Sign() < 0) {
			return nil, &statement.Fault{Column: "amount", Reason: "both sides of the trade have one sign"}
		}
	}
	if number == "0" && amount.Amount.Sign() < 0 {
		word = "Deposit reverted"
	}
	text := func(q statement.Quantity) string {
		if !q.Set() {
			return ""
		}
		return q.Amount.Abs().String()
	}
	return []string{
		r.ID, word, side, r.Time.UTC().Format(time.RFC3339Nano), text(amount), amount.Asset, text(value), value.Asset, f.Text("fee"), feeAsset,
	}, nil
}

// amounts finds the currencies of a transaction. The member with a stroke in
// its name is the rate of a trade: it says which currency was traded for which.
func amounts(f exchange.Fields, trade bool) (amount, value statement.Quantity, fault *statement.Fault) {
	var moved []statement.Quantity
	base, quote := "", ""
	for member := range f {
		if !isCurrency(member) {
			continue
		}
		a, err := exchange.ParseAmount(f.Text(member))
		if err != nil {
			return amount, value, &statement.Fault{Column: member, Reason: err.Error()}
		}
		if x, y, pair := strings.Cut(member, "_"); pair {
			if !a.IsZero() {
				base, quote = strings.ToUpper(x), strings.ToUpper(y)
			}
			continue
		}
		if !a.IsZero() {
			moved = append(moved, statement.Quantity{Amount: a, Asset: strings.ToUpper(member)})
		}
	}
	switch {
	case !trade && len(moved) == 1:
		return moved[0], value, nil
	case trade && len(moved) == 2:
		for _, q := range moved {
			switch q.Asset {
			case base:
				amount = q
			case quote:
				value = q
			}
		}
		if amount.Set() && value.Set() {
			return amount, value, nil
		}
	}
	return amount, value, &statement.Fault{Column: "amount", Reason: "which currencies moved cannot be told"}
}

// hashes notes the transaction on the chain of each event that has exactly one
// candidate: same asset, same amount, same direction, within two days.
func hashes(events []ledger.Event, records []exchange.Record) {
	type key struct{ stream, asset, amount string }
	found := make(map[key][]*exchange.Record)
	for i := range records {
		r := &records[i]
		f := exchange.Object(r.Raw)
		a, err := exchange.ParseAmount(f.Text("amount"))
		if r.Stream == historyStream || err != nil || f.Text("txid") == "" {
			continue
		}
		k := key{r.Stream, strings.ToUpper(f.Text("currency")), a.String()}
		found[k] = append(found[k], r)
	}
	for i := range events {
		e := &events[i]
		stream := map[ledger.Kind]string{ledger.KindDeposit: depositStream, ledger.KindWithdrawal: withdrawalStream}[e.Kind]
		if stream == "" || money.IsFiat(e.Asset) {
			continue
		}
		k := key{stream, e.Asset, e.Amount.String()}
		best := -1
		for n, r := range found[k] {
			off := r.Time.Sub(e.At.Time()).Abs()
			if off < exchange.Overlap && (best < 0 || off < found[k][best].Time.Sub(e.At.Time()).Abs()) {
				best = n
			}
		}
		if best >= 0 {
			exchange.SetTx(e, exchange.Object(found[k][best].Raw).Text("txid"))
			found[k] = append(found[k][:best:best], found[k][best+1:]...)
		}
	}
}
