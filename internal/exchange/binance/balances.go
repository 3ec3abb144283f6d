package binance

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// Balances implements exchange.Client. The wallets inside Binance are one
// holding: spot, funding, and what is in Earn.
func (b *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	all, err := b.spot(ctx)
	if err != nil {
		return nil, err
	}
	list := all[:0]
	for _, x := range all {
		// LD… is the receipt for coins in flexible Earn, which are counted there.
		if rest, ok := strings.CutPrefix(x.Asset, "LD"); !ok || rest == "O" {
			list = append(list, x)
		}
	}
	for _, more := range []func(context.Context) ([]exchange.Balance, error){
		b.funding,
		func(ctx context.Context) ([]exchange.Balance, error) {
			return b.earn(ctx, flexiblePosition, "totalAmount")
		},
		func(ctx context.Context) ([]exchange.Balance, error) { return b.earn(ctx, lockedPosition, "amount") },
	} {
		got, err := more(ctx)
		if exchange.Is(err, exchange.NotOffered, exchange.NoPermission) {
			continue // this account has no such wallet
		}
		if err != nil {
			return nil, err
		}
		list = append(list, got...)
	}
	return list, nil
}

// funding returns the balances of the funding wallet. The call is a POST that
// reads.
func (b *client) funding(ctx context.Context) ([]exchange.Balance, error) {
	body, err := b.own(ctx, fundingEndpoint, nil)
	if err != nil {
		return nil, err
	}
	list, err := exchange.ParseList(body)
	if err == nil {
		var out []exchange.Balance
		if out, err = sums(list, "funding", "asset", "free", "locked", "freeze", "withdrawing"); err == nil {
			return out, nil
		}
	}
	return nil, b.wire.Malform(fundingEndpoint.name(), err)
}

// earn returns positions of Earn, page by page.
func (b *client) earn(ctx context.Context, e endpoint, member string) ([]exchange.Balance, error) {
	var out []exchange.Balance
	for page, seen := 1, 0; page < 100; page++ {
		body, err := b.own(ctx, e, url.Values{"current": {strconv.Itoa(page)}, "size": {"100"}})
		if err != nil {
			return nil, err
		}
		f, err := exchange.ParseFields(body)
		if err != nil {
			return nil, b.wire.Malform(e.name(), err)
		}
		var rows []json.RawMessage
		if !f.IsNull("rows") {
			if rows, err = f.List("rows"); err != nil {
				return nil, b.wire.Malform(e.name(), err)
			}
		}
		got, err := sums(rows, "earn", "asset", member)
		if err != nil {
			return nil, b.wire.Malform(e.name(), err)
		}
		out = append(out, got...)
		seen += len(rows)
		if total, err := strconv.Atoi(f.Text("total")); len(rows) == 0 || err == nil && seen >= total {
			break
		}
	}
	return out, nil
}
