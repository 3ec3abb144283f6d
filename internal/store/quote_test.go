package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestQuotes: a quote comes back as it was kept and gives way to none; the
// reason for which there was none gives way to a quote; each change is a new
// revision for whoever computes, in the entity that it is about and no other.
func TestQuotes(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		home := newFirm(t, s)
		scope, err1 := home.Open(tenant.NewID())
		other, err2 := home.Open(tenant.NewID())
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		in := func(scope tenant.Scope, fn func(quote.Tx) error) {
			t.Helper()
			if err := s.Quotes().InEntity(t.Context(), scope, fn); err != nil {
				t.Fatal(err)
			}
		}
		found := quote.Kept{Asked: quote.Minute, Quote: quote.Quote{
			Ask:   quote.Ask{Asset: "BTC", Currency: "EUR", At: ledger.InstantOf(today), Date: ledger.DateOf(today)},
			Price: money.MustParse("61234.123456789012345678"), Source: "kraken BTC/EUR", Candle: today.Truncate(time.Hour), Width: quote.Hour, Fetched: today,
			Second: &quote.Opinion{Source: "bitstamp BTC/EUR", Price: money.MustParse("61000"), Spread: money.MustParse("0.0038")},
		}}
		lost := quote.Kept{Asked: quote.Minute, Code: quote.AskedToWait}
		lost.Ask, lost.Fetched = found.Ask, today
		lost.Asset = "ETH"
		day := found
		day.Asked = quote.Day
		in(scope, func(tx quote.Tx) error { return tx.Keep([]quote.Kept{found, lost, day}) })
		still := lost
		still.Fetched = today.Add(time.Hour)
		in(scope, func(tx quote.Tx) error { return tx.Keep([]quote.Kept{still, found}) }) // no news, no revision
		again, late := found, found
		again.Price, again.Second = money.MustParse("1"), nil
		late.Asset, late.Second = "ETH", nil
		in(scope, func(tx quote.Tx) error { return tx.Keep([]quote.Kept{again, late}) })
		in(scope, func(tx quote.Tx) error {
			list, err := tx.Kept(quote.Minute)
			if err != nil || len(list) != 2 {
				t.Fatalf("%d quotes, %v", len(list), err)
			}
			for _, k := range list {
				want := found
				if k.Asset == "ETH" {
					want = late
				}
				if g, w := show(&k), show(&want); g != w {
					t.Errorf("got\n%s, want\n%s", g, w)
				}
			}
			seen := map[string]bool{}
			var after quote.Cursor
			for range 3 {
				page, err := tx.Page(after, 1)
				if err != nil || len(page) != 1 {
					t.Fatalf("a page of %d, %v", len(page), err)
				}
				seen[page[0].Asset+page[0].Asked.String()] = true
				after = page[0].Cursor()
			}
			if page, err := tx.Page(after, 1); err != nil || len(page) != 0 || len(seen) != 3 {
				t.Errorf("%d pages, then %d, %v", len(seen), len(page), err)
			}
			return tx.SaveChoice(quote.Never)
		})
		in(other, func(tx quote.Tx) error {
			list, err := tx.Kept(quote.Minute)
			c, err2 := tx.Choice()
			if len(list) != 0 || c != quote.Unsaid {
				t.Errorf("another entity: %d, %s", len(list), c)
			}
			return errors.Join(err, err2)
		})
		revisions(t, s, scope, other)
	})
}

// show writes all of a quote.
func show(k *quote.Kept) string {
	text := fmt.Sprint(k.Ask, k.Price, k.Source, k.Candle, k.Width, k.Fetched, k.Code, k.Asked)
	if k.Second != nil {
		text += fmt.Sprint(*k.Second)
	}
	return text
}

// revisions checks what a computation is told: two lists and a choice were
// kept, then a file.
func revisions(t *testing.T, s *store.Store, scope, other tenant.Scope) {
	t.Helper()
	file := filing.PriceFile{File: keptFile(t, s, scope), Name: "mine.csv", SHA256: "ab", At: today}
	for i, want := range []int64{3, 4} {
		err := s.Reports().InEntity(t.Context(), scope, func(tx filing.Tx) error {
			p, n, err := tx.Prices()
			if n != want || i == 0 && p != (filing.PriceFile{}) || i == 1 && p != file {
				t.Errorf("revision %d of %+v, want %d", n, p, want)
			}
			return errors.Join(err, tx.SavePrices(file))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := s.Reports().ReadEntity(t.Context(), other, func(tx filing.Tx) error {
		if p, n, err := tx.Prices(); err != nil || n != 0 || p != (filing.PriceFile{}) {
			t.Errorf("another entity: %+v, %d, %v", p, n, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
