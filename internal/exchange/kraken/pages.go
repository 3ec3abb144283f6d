package kraken

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	statements "github.com/ledgersys/ledgersys/pkg/statement/kraken"
)

// epoch is before the first account at Kraken.
var epoch = time.Date(2011, 7, 1, 0, 0, 0, 0, time.UTC)

// Balances implements exchange.Client.
func (k *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	result, err := k.call(ctx, "BalanceEx", 1, nil)
	if err != nil {
		return nil, err
	}
	f, err := exchange.ParseFields(result)
	if err != nil {
		return nil, k.wire.Malform(endpoint("BalanceEx"), err)
	}
	var list []exchange.Balance
	for code := range f {
		text := f.Text(code) // Balance has a number here, BalanceEx an object
		if inner := f.Inner(code); inner != nil {
			text = inner.Text("balance")
		}
		amount, err := exchange.ParseAmount(text)
		if err != nil {
			return nil, k.wire.Malform(endpoint("BalanceEx"), fmt.Errorf("balance is no number: %w", err))
		}
		list = append(list, exchange.Balance{Wallet: code, Asset: statements.Asset(code), Amount: amount})
	}
	slices.SortFunc(list, func(a, b exchange.Balance) int { return cmp.Compare(a.Wallet, b.Wallet) })
	return list, nil
}

// Page implements exchange.Client.
func (k *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	fetch := map[string]func(context.Context, exchange.Window) (exchange.Batch, error){
		ledgerStream: func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
			return k.numbered(ctx, w, "Ledgers", "ledger", &ledgerShape)
		},
		tradeStream: func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
			return k.numbered(ctx, w, "TradesHistory", "trades", &tradeShape)
		},
		depositStream: func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
			return k.listed(ctx, w, "DepositStatus", &depositShape)
		},
		withdrawalStream: func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
			return k.listed(ctx, w, "WithdrawStatus", &withdrawalShape)
		},
	}[stream]
	if fetch == nil {
		return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
	}
	spans := exchange.Spans{Start: epoch}
	if stream == depositStream || stream == withdrawalStream {
		spans.Back = settling
	}
	return exchange.Walk(ctx, spans, cursor, k.wire.Now(), fetch)
}

// settling is how long the state of deposits and withdrawals may change.
const settling = 14 * 24 * time.Hour

// settled names a deposit or withdrawal with its state and its transaction on
// the chain: what is told again once it has them is another record, so that
// the final one is not lost behind the first.
var settled = []string{"refid", "status", "txid"}

// The shapes of the streams. Ids are the names of members, not members, but for
// deposits and withdrawals.
var (
	ledgerShape = exchange.Shape{
		Stream: ledgerStream, Endpoint: endpoint("Ledgers"), Time: "time", Unit: exchange.Second,
		Words: []string{"refid", "type", "asset"}, Signed: []string{"amount", "fee"}, Maybe: []string{"balance"},
	}
	tradeShape = exchange.Shape{
		Stream: tradeStream, Endpoint: endpoint("TradesHistory"), Time: "time", Unit: exchange.Second,
		Words: []string{"pair", "type"}, Amounts: []string{"vol", "cost"}, Signed: []string{"fee"}, Maybe: []string{"margin", "price"},
	}
	depositShape = exchange.Shape{
		Stream: depositStream, Endpoint: endpoint("DepositStatus"), ID: settled, Time: "time", Unit: exchange.Second,
		Words: []string{"asset", "refid"}, Amounts: []string{"amount"}, Maybe: []string{"fee"},
	}
	withdrawalShape = exchange.Shape{
		Stream: withdrawalStream, Endpoint: endpoint("WithdrawStatus"), ID: settled, Time: "time", Unit: exchange.Second,
		Words: []string{"asset", "refid"}, Amounts: []string{"amount"}, Maybe: []string{"fee"},
	}
)

// numbered fetches a page of a list that is asked for by offset, newest first.
func (k *client) numbered(ctx context.Context, w exchange.Window, method, member string, shape *exchange.Shape) (exchange.Batch, error) {
	var at exchange.Offset
	if err := exchange.Decode(w.Token, &at); err != nil {
		return exchange.Batch{}, err
	}
	form := window(w)
	form.Set("ofs", strconv.Itoa(at.Ask()))
	result, err := k.call(ctx, method, 2, form)
	if err != nil {
		return exchange.Batch{}, err
	}
	records, total, err := parse(result, member, shape)
	if err != nil {
		return exchange.Batch{}, k.wire.Malform(endpoint(method), err)
	}
	b := exchange.Batch{Records: records, Total: total}
	at, b.More = at.Step(exchange.IDs(records), total)
	b.Token, err = exchange.Encode(at)
	return b, err
}

// window asks for a stretch of time in whole seconds. The exchange leaves its
// start out and has its end in, so that it is a second wider on both sides.
func window(w exchange.Window) url.Values {
	return url.Values{
		"start": {strconv.FormatInt(w.From.Unix()-1, 10)},
		"end":   {strconv.FormatInt(w.To.Unix()+1, 10)},
	}
}

// parse reads an object of records by their ids, in the order of the answer.
// total is 0 if it is not said.
func parse(result json.RawMessage, member string, shape *exchange.Shape) (records []exchange.Record, total int, err error) {
	f, err := exchange.ParseFields(result)
	if err != nil {
		return nil, 0, err
	}
	if text := f.Text("count"); text != "" {
		if total, err = strconv.Atoi(text); err != nil || total < 0 {
			return nil, 0, errors.New("count is no number")
		}
	}
	if f.IsNull(member) {
		return nil, 0, errors.New(member + " is missing")
	}
	rows, err := exchange.ParseMembers(f[member])
	if err != nil {
		return nil, 0, err
	}
	for _, m := range rows {
		r, err := shape.Named(m.Name, m.Raw)
		if err != nil {
			return nil, 0, err
		}
		records = append(records, r)
	}
	return records, total, nil
}

// listed fetches the list of deposits or withdrawals, which has no pages but a
// limit that nobody documents: a window with many rows is asked for again from
// its last row on.
func (k *client) listed(ctx context.Context, w exchange.Window, method string, shape *exchange.Shape) (exchange.Batch, error) {
	form := window(w)
	form.Set("limit", "500")
	if w.Token != "" {
		form.Set("cursor", w.Token)
	} else {
		form.Set("cursor", "true")
	}
	result, err := k.call(ctx, method, 1, form)
	if err != nil {
		return exchange.Batch{}, err
	}
	list, next, err := cursored(result)
	if err != nil {
		return exchange.Batch{}, k.wire.Malform(endpoint(method), err)
	}
	records, err := shape.Records(list)
	if err != nil {
		return exchange.Batch{}, k.wire.Malform(endpoint(method), err)
	}
	for i := range records {
		records[i].Steady = exchange.Without(records[i].Raw, "status-prop") // on hold, and then not
	}
	return exchange.Batch{Records: records, Token: next, More: next != "" && len(list) > 0}, nil
}

// cursored reads a list, or an object of a list and the cursor of the next
// page: the exchange answers with one or the other.
func cursored(result json.RawMessage) (list []json.RawMessage, next string, err error) {
	if list, err = exchange.ParseList(result); err == nil {
		return list, "", nil
	}
	f, err := exchange.ParseFields(result)
	if err != nil {
		return nil, "", err
	}
	for _, member := range []string{"deposit", "deposits", "withdrawal", "withdrawals"} {
		if _, ok := f[member]; ok {
			list, err = f.List(member)
			return list, f.Text("next_cursor"), err
		}
	}
	return nil, "", errors.New("neither a list nor a page")
}
