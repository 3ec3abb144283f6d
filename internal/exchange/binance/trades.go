package binance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"time"

	binance "github.com/adshao/go-binance/v2"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// pair is what is traded for what. A trade names the pair only, so it is kept
// with the record.
type pair struct {
	Base  string `json:"base"`
	Quote string `json:"quote"`
}

// tradeCursor is where the walk over all pairs stands.
type tradeCursor struct {
	Full  int64  `json:"full"`  // when the last complete pass over all pairs began, ms
	Whole bool   `json:"whole"` // whether the pass under way is one
	Begun int64  `json:"begun"` // when the pass under way began
	Parts string `json:"parts"`
}

// Not every pass asks for every pair: a call for each of thousands takes many
// minutes of what all connections share. After a pass over all of them, passes
// ask for the pairs that were traded before and those of coins that are held,
// and once a week for all again. A pair that was new in between may be missing
// until then, so that only a pass over all of them covers time.
const (
	fullAfter = 7 * day
	fewPairs  = 200 // so few are asked for always
)

// tradePage fetches a page of the trades of one pair after another.
func (b *client) tradePage(ctx context.Context, s *stream, cursor string) (exchange.Page, error) {
	var c tradeCursor
	if err := exchange.Decode(cursor, &c); err != nil {
		return exchange.Page{}, err
	}
	now := b.wire.Now()
	page, err := exchange.WalkParts(ctx, c.Parts, func(ctx context.Context) ([]string, error) {
		c.Begun = now.UnixMilli()
		return b.choose(ctx, &c, now)
	}, func(ctx context.Context, symbol, cursor string) (exchange.Page, error) {
		return b.tradesOf(ctx, s, symbol, cursor)
	})
	if err != nil {
		return exchange.Page{}, err
	}
	if !page.More && c.Whole {
		c.Full, c.Whole = c.Begun, false
	}
	page.From, page.To = time.Time{}, time.Time{}
	if c.Full > 0 {
		page.From, page.To = began, time.UnixMilli(c.Full).UTC()
	}
	c.Parts = page.Next
	page.Next, err = exchange.Encode(c)
	return page, err
}

// choose names the pairs of a pass.
func (b *client) choose(ctx context.Context, c *tradeCursor, now time.Time) ([]string, error) {
	pairs, err := b.allPairs(ctx)
	if err != nil {
		return nil, err
	}
	held, err := b.spot(ctx)
	if err != nil {
		return nil, err
	}
	c.Whole = len(pairs) <= fewPairs || now.Sub(time.UnixMilli(c.Full)) >= fullAfter
	has := make(map[string]bool)
	for _, h := range held {
		if h.Amount.Sign() != 0 {
			has[h.Asset] = true
		}
	}
	var traded struct {
		Sub map[string]json.RawMessage `json:"sub"`
	}
	if err := exchange.Decode(c.Parts, &traded); err != nil {
		return nil, err
	}
	var names []string
	for name, p := range pairs {
		_, before := traded.Sub[name]
		if c.Whole || before || has[p.Base] {
			names = append(names, name)
		}
	}
	// What is held comes first, so that progress shows early.
	slices.SortFunc(names, func(x, y string) int {
		return cmp.Or(-compareBools(has[pairs[x].Base], has[pairs[y].Base]), cmp.Compare(x, y))
	})
	return names, nil
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// allPairs asks for all pairs, once for each client.
func (b *client) allPairs(ctx context.Context) (map[string]pair, error) {
	if b.pairs != nil {
		return b.pairs, nil
	}
	no := false
	body, err := b.library(ctx, pairsEndpoint, func(ctx context.Context, api *binance.Client) error {
		_, err := api.NewExchangeInfoService().ShowPermissionSets(&no).Do(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	var in struct {
		Symbols []struct {
			Symbol     string `json:"symbol"`
			BaseAsset  string `json:"baseAsset"`
			QuoteAsset string `json:"quoteAsset"`
		} `json:"symbols"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Symbols == nil {
		return nil, b.wire.Malform(pairsEndpoint.name(), errors.New("no list of pairs"))
	}
	pairs := make(map[string]pair, len(in.Symbols))
	for _, s := range in.Symbols {
		if s.Symbol != "" && s.BaseAsset != "" && s.QuoteAsset != "" {
			pairs[s.Symbol] = pair{s.BaseAsset, s.QuoteAsset}
		}
	}
	b.pairs = pairs
	return pairs, nil
}

// tradePlace is where the walk over one pair stands.
type tradePlace struct {
	Next   int64 `json:"next"`             // id to ask from
	Resume int64 `json:"resume,omitempty"` // where the next pass begins: behind the trades that are too old for late ones to come between
	End    int64 `json:"end,omitempty"`    // when the walk over this pair began, ms
}

// tradesOf fetches the next trades of a pair, by id, oldest first.
func (b *client) tradesOf(ctx context.Context, s *stream, symbol, cursor string) (exchange.Page, error) {
	var p tradePlace
	if err := exchange.Decode(cursor, &p); err != nil {
		return exchange.Page{}, err
	}
	if p.End == 0 {
		p.End, p.Resume = b.wire.Now().UnixMilli(), p.Next
	}
	body, err := b.library(ctx, tradesEndpoint, func(ctx context.Context, api *binance.Client) error {
		_, err := api.NewListTradesService().Symbol(symbol).Limit(s.limit).FromID(p.Next).Do(ctx)
		return err
	})
	if exchange.Is(err, exchange.NotOffered) {
		return exchange.Page{}, nil // the pair is gone: nothing more will come
	}
	if err != nil {
		return exchange.Page{}, err
	}
	records, _, err := s.parse(body)
	if err != nil {
		return exchange.Page{}, b.wire.Malform(s.Endpoint, err)
	}
	if err := b.describe(ctx, symbol, records); err != nil {
		return exchange.Page{}, err
	}
	page := exchange.Page{Records: records, More: len(records) > 0}
	if err := p.step(symbol, records); err != nil {
		return exchange.Page{}, b.wire.Malform(s.Endpoint, err)
	}
	if !page.More {
		if cursor == "" {
			return page, nil // never traded: no cursor to keep
		}
		p = tradePlace{Next: p.Resume}
	}
	page.Next, err = exchange.Encode(p)
	return page, err
}

// step moves behind the trades of a page, and notes where the next pass
// begins. A page of another pair moves nothing: what lies before its ids would
// never be asked for.
func (p *tradePlace) step(symbol string, records []exchange.Record) error {
	for i := range records {
		f, err := exchange.ParseFields(records[i].Raw)
		if err != nil {
			return err
		}
		if of := f.Text("symbol"); of != symbol {
			return errors.New("trades of another pair")
		}
		id, err := strconv.ParseInt(f.Text("id"), 10, 64)
		if err != nil || id < 0 || id == 1<<63-1 {
			return errors.New("id is no number")
		}
		if records[i].Time.UnixMilli() < p.End-exchange.Overlap.Milliseconds() {
			p.Resume = max(p.Resume, id+1)
		}
		p.Next = max(p.Next, id+1)
	}
	return nil
}

// describe keeps what is traded for what with each trade.
func (b *client) describe(ctx context.Context, symbol string, records []exchange.Record) error {
	if len(records) == 0 {
		return nil
	}
	pairs, err := b.allPairs(ctx)
	if err != nil {
		return err
	}
	text, err := exchange.Encode(pairs[symbol])
	if err != nil {
		return err
	}
	for i := range records {
		records[i].Context = text
	}
	return nil
}

// spot returns the balances of the spot wallet.
func (b *client) spot(ctx context.Context) ([]exchange.Balance, error) {
	body, err := b.library(ctx, accountEndpoint, func(ctx context.Context, api *binance.Client) error {
		_, err := api.NewGetAccountService().OmitZeroBalances(true).Do(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	f, err := exchange.ParseFields(body)
	if err != nil {
		return nil, b.wire.Malform(accountEndpoint.name(), err)
	}
	list, err := f.List("balances")
	if err == nil {
		var out []exchange.Balance
		if out, err = sums(list, "spot", "asset", "free", "locked"); err == nil {
			return out, nil
		}
	}
	return nil, b.wire.Malform(accountEndpoint.name(), err)
}

// sums reads balances that are told in parts.
func sums(list []json.RawMessage, wallet, asset string, members ...string) ([]exchange.Balance, error) {
	var out []exchange.Balance
	for _, raw := range list {
		f, err := exchange.ParseFields(raw)
		if err != nil || f.Text(asset) == "" {
			return nil, errors.New("a balance without an asset")
		}
		var sum money.Amount
		for _, m := range members {
			if f.Text(m) == "" {
				continue
			}
			a, err := exchange.ParseAmount(f.Text(m))
			if err != nil {
				return nil, err
			}
			sum = sum.Add(a)
		}
		out = append(out, exchange.Balance{Wallet: wallet, Asset: f.Text(asset), Amount: sum})
	}
	return out, nil
}
