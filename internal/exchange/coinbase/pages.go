package coinbase

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/money"
	statements "github.com/ledgersys/ledgersys/pkg/statement/coinbase"
)

// epoch is before the first account at Coinbase.
var epoch = time.Date(2012, 6, 1, 0, 0, 0, 0, time.UTC)

// wallet is one account in the words of /v2: one currency.
type wallet struct {
	id, currency string
	balance      money.Amount
	fiat         bool
}

// most is how many rows a page has.
const most = "100"

// allWallets asks for all wallets, once for each client.
func (b *client) allWallets(ctx context.Context) ([]wallet, error) {
	if b.wallets != nil {
		return b.wallets, nil
	}
	var all []wallet
	after := ""
	for range 1000 {
		q := url.Values{"limit": {most}}
		if after != "" {
			q.Set("starting_after", after)
		}
		body, err := b.get(ctx, accountsPath, q)
		if err != nil {
			return nil, err
		}
		list, err := exchange.Object(body).List("data")
		if err != nil {
			return nil, b.wire.Malform("GET "+accountsPath, err)
		}
		before := len(all)
		for _, raw := range list {
			w, err := newWallet(raw)
			if err != nil {
				return nil, b.wire.Malform("GET "+accountsPath, err)
			}
			if !slices.ContainsFunc(all, func(x wallet) bool { return x.id == w.id && x.currency == w.currency }) {
				all = append(all, w)
			}
			after = w.id
		}
		next := exchange.Object(body).Inner("pagination").Text("next_uri")
		if len(all) == before || next == "" {
			break
		}
	}
	b.wallets = all
	return all, nil
}

func newWallet(raw json.RawMessage) (wallet, error) {
	f := exchange.Object(raw)
	w := wallet{id: f.Text("id"), currency: f.Inner("currency").Text("code"), fiat: f.Text("type") == "fiat"}
	if w.currency == "" {
		w.currency = f.Inner("balance").Text("currency")
	}
	var err error
	if w.balance, err = exchange.ParseAmount(f.Inner("balance").Text("amount")); err != nil {
		return w, err
	}
	w.fiat = w.fiat || money.IsFiat(w.currency)
	if w.id == "" || w.currency == "" {
		return w, errors.New("a wallet without id or currency")
	}
	return w, nil
}

// Balances implements exchange.Client.
func (b *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	b.wallets = nil // as they are now
	all, err := b.allWallets(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]exchange.Balance, len(all))
	for i, w := range all { // a transaction does not tell its wallet: those of one asset are one account
		list[i] = exchange.Balance{Asset: statements.Asset(w.currency), Amount: w.balance}
	}
	return list, nil
}

// Page implements exchange.Client.
func (b *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	var part string
	var shape *exchange.Shape
	switch stream {
	case fillStream:
		return exchange.Walk(ctx, exchange.Spans{Start: epoch}, cursor, b.wire.Now(), b.fills)
	case transactionStream:
		part, shape = transactionsPart, &transactionShape
	case depositStream:
		part, shape = depositsPart, &depositShape
	case withdrawalStream:
		part, shape = withdrawalsPart, &withdrawalShape
	default:
		return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
	}
	names := func(ctx context.Context) ([]string, error) {
		b.wallets = nil
		all, err := b.allWallets(ctx)
		var ids []string
		for _, w := range all {
			if part == transactionsPart || w.fiat {
				ids = append(ids, w.id)
			}
		}
		return ids, err
	}
	return exchange.WalkParts(ctx, cursor, names, func(ctx context.Context, id, cursor string) (exchange.Page, error) {
		return b.rows(ctx, shape, accountsPath+"/"+id+"/"+part, cursor)
	})
}

// The shapes of the streams. A record that changes its state is another one:
// what is pending says nothing yet.
var (
	transactionShape = exchange.Shape{
		Stream: transactionStream, Endpoint: "GET /v2/accounts/{}/transactions", ID: []string{"id", "status"}, Time: "created_at", Unit: exchange.RFC,
		Words: []string{"id", "type", "status"},
	}
	depositShape = exchange.Shape{
		Stream: depositStream, Endpoint: "GET /v2/accounts/{}/deposits", ID: []string{"id", "status"}, Time: "created_at", Unit: exchange.RFC, Words: []string{"id", "status"},
	}
	withdrawalShape = exchange.Shape{
		Stream: withdrawalStream, Endpoint: "GET /v2/accounts/{}/withdrawals", ID: []string{"id", "status"}, Time: "created_at", Unit: exchange.RFC, Words: []string{"id", "status"},
	}
	fillShape = exchange.Shape{
		Stream: fillStream, Endpoint: "GET " + fillsPath, ID: []string{"entry_id", "trade_id"}, Time: "trade_time", Unit: exchange.RFC,
		Words: []string{"order_id", "product_id", "side"}, Amounts: []string{"price", "size"}, Signed: []string{"commission"},
	}
)

// back is how far back the next pass goes: a transaction may be pending for
// days.
const back = 14 * 24 * time.Hour

// rows fetches a page of one wallet.
func (b *client) rows(ctx context.Context, shape *exchange.Shape, path, cursor string) (exchange.Page, error) {
	walk := exchange.Behind{Start: epoch, Back: back}
	return exchange.WalkBehind(ctx, walk, cursor, b.wire.Now(), func(ctx context.Context, after string) ([]exchange.Record, string, error) {
		q := url.Values{"limit": {most}}
		if after != "" {
			q.Set("starting_after", after)
		}
		body, err := b.get(ctx, path, q)
		if err != nil {
			return nil, "", err
		}
		records, last, err := parse(body, shape)
		if err != nil {
			return nil, "", b.wire.Malform(shape.Endpoint, err)
		}
		return records, last, nil
	})
}

// parse reads the rows of a page and names the oldest, which is the last one if
// the page is in order.
func parse(body []byte, shape *exchange.Shape) (records []exchange.Record, last string, err error) {
	list, err := exchange.Object(body).List("data")
	if err != nil {
		return nil, "", err
	}
	if records, err = shape.Records(list); err != nil {
		return nil, "", err
	}
	for i := range records {
		if err := amounts(records[i].Raw); err != nil {
			return nil, "", err
		}
	}
	if r, ok := exchange.Oldest(records); ok {
		last = exchange.Object(r.Raw).Text("id")
	}
	return records, last, nil
}

// amounts checks what every row states: an amount of a currency.
func amounts(raw json.RawMessage) error {
	a := exchange.Object(raw).Inner("amount")
	if a.Text("currency") == "" {
		return errors.New("amount without a currency")
	}
	_, err := exchange.ParseAmount(a.Text("amount"))
	return err
}

// fills fetches a page of fills, which has a cursor of its own.
func (b *client) fills(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
	q := url.Values{
		"limit": {most}, "start_sequence_timestamp": {w.From.Format(time.RFC3339)}, "end_sequence_timestamp": {w.To.Add(time.Second).Format(time.RFC3339)},
	}
	if w.Token != "" {
		q.Set("cursor", w.Token)
	}
	body, err := b.get(ctx, fillsPath, q)
	if err != nil {
		return exchange.Batch{}, err
	}
	f := exchange.Object(body)
	list, err := f.List("fills")
	if err != nil {
		return exchange.Batch{}, b.wire.Malform(fillShape.Endpoint, err)
	}
	records, err := fillShape.Records(list)
	if err != nil {
		return exchange.Batch{}, b.wire.Malform(fillShape.Endpoint, err)
	}
	next := f.Text("cursor")
	return exchange.Batch{Records: records, Token: next, More: next != "" && len(records) > 0 && next != w.Token}, nil
}
