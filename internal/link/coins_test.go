package link_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
)

// spread is a chain on which some addresses were paid once each.
type spread map[string]int64

func (spread) Tip(context.Context) (chain.Block, error) {
	return chain.Block{Height: 9, Hash: "b9"}, nil
}
func (spread) Hash(context.Context, int64) (string, error) { return "b9", nil }
func (spread) Privacy() string                             { return "Nobody learns anything." }
func (s spread) History(_ context.Context, address string) ([]chain.Tx, error) {
	sats, paid := s[address]
	if !paid {
		return nil, nil
	}
	return []chain.Tx{{
		ID: fmt.Sprintf("%064d", sats), Block: chain.Block{Height: sats % 10, Hash: "b"}, Time: time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC),
		In: []chain.Coin{{Address: "payer", Sats: sats + 1}}, Out: []chain.Coin{{Address: "payer", Sats: 1}, {Address: address, Sats: sats}},
	}}, nil
}

// TestFurther: what lies behind the gap is found when somebody looks further,
// and stays found by the looks that come after; the outputs are listed in
// parts and are the balance.
func TestFurther(t *testing.T) {
	t.Parallel()
	xpub, _ := vault(t)
	watch, err := chain.ParseAs(chain.XPub, xpub, chain.SegWit, chain.Simnet)
	if err != nil {
		t.Fatal(err)
	}
	chainOf := make(spread)
	for i, index := range []uint32{0, 3, 30} {
		a, err := watch.Branches[0].Address(index)
		if err != nil {
			t.Fatal(err)
		}
		chainOf[a] = int64(1001 + i)
	}
	w := watchOn(t, func() chain.Source { return chainOf })
	l, err := w.Create(t.Context(), w.scope, link.Wallet{Kind: chain.XPub, Value: xpub, Script: chain.SegWit, Label: "Vault", Source: link.Btcd, Gap: 5})
	if err != nil {
		t.Fatal(err)
	}
	l = w.scanned(l.ID, 2)
	if to := l.Found.ScannedTo; len(to) != 2 || to["wpkh/0"] != 8 || l.Found.Coins != 2 || l.Found.Balance != 2003 {
		t.Errorf("first: %+v", l.Found)
	}
	for _, more := range []int{0, chain.MaxGap + 1} {
		if _, err := w.Further(t.Context(), w.scope, l.ID, more); fault.Of(err).Code != "bad_reach" {
			t.Errorf("%d more: %v", more, err)
		}
	}
	if _, err := w.Further(t.Context(), w.scope, l.ID, 25); err != nil {
		t.Fatal(err)
	}
	l = w.scanned(l.ID, 3)
	if to := l.Found.ScannedTo; to["wpkh/0"] != 35 || to["wpkh/1"] != 29 || len(l.Found.UsedAt["wpkh/0"]) != 3 {
		t.Errorf("further: %+v", l.Found)
	}
	if _, err := w.Sync(t.Context(), w.scope, l.ID); err != nil {
		t.Fatal(err)
	}
	l = w.scanned(l.ID, 3)
	var sum int64
	var list []chain.Unspent
	for from := 0; from < l.Found.Coins; from += 2 {
		some, err := w.Coins(t.Context(), w.scope, l.ID, from, 2)
		if err != nil || len(some) == 0 {
			t.Fatalf("from %d: %v, %v", from, some, err)
		}
		list = append(list, some...)
	}
	for _, u := range list {
		sum += u.Sats
	}
	if len(list) != 3 || sum != l.Found.Balance || list[0].Height != 3 || list[0].N != 1 || list[0].Address == "" {
		t.Errorf("%d of %d: %+v", sum, l.Found.Balance, list)
	}
}
