package chain

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// book is a Source that knows everything.
type book struct {
	blocks []string // hashes by height
	txs    map[string][]Tx
	moves  int // how many more times the tip moves during a scan
	asked  []string
}

func (b *book) Tip(context.Context) (Block, error) {
	return Block{int64(len(b.blocks) - 1), b.blocks[len(b.blocks)-1]}, nil
}

func (b *book) Hash(_ context.Context, height int64) (string, error) {
	if b.moves > 0 {
		b.moves--
		return "other", nil
	}
	if height >= int64(len(b.blocks)) {
		return "", nil
	}
	return b.blocks[height], nil
}

func (b *book) History(_ context.Context, address string) ([]Tx, error) {
	b.asked = append(b.asked, address)
	return b.txs[address], nil
}

func (*book) Privacy() string { return "" }

func (b *book) pay(id string, height int64, address string) {
	b.txs[address] = append(b.txs[address], Tx{ID: id, Block: Block{height, b.blocks[height]}, Out: []Coin{{address, 1000}}})
}

func newBook() *book { return &book{blocks: []string{"a", "b", "c", "d"}, txs: make(map[string][]Tx)} }

func watch(t interface{ Fatal(...any) }, kind Kind, value string) Watch {
	w, err := Parse(kind, value, Main)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestGapLimit: an address after fewer unused ones than the limit is found, one
// after as many is not, whatever the branch.
func TestGapLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := watch(t, XPub, key84)
		gap := rapid.IntRange(1, 30).Draw(t, "gap")
		b, want := newBook(), make(map[string]bool)
		for i := range w.Branches {
			last, reached := -1, true
			for n, at := range rapid.SliceOfNDistinct(rapid.IntRange(0, 60), 0, 6, rapid.ID[int]).Draw(t, "used") {
				_ = n
				a, err := w.Branches[i].Address(uint32(at))
				if err != nil {
					t.Fatal(err)
				}
				b.pay(fmt.Sprintf("%d-%03d", i, at), 1+int64(at%3), a)
			}
			for at := range 61 {
				a, _ := w.Branches[i].Address(uint32(at))
				if len(b.txs[a]) == 0 {
					continue
				}
				reached = reached && at-last-1 < gap
				last = at
				if reached {
					want[b.txs[a][0].ID] = true
				}
			}
		}
		found, err := Scan(context.Background(), b, w, gap, nil)
		if err != nil {
			t.Fatal(err)
		}
		got := make(map[string]bool)
		for _, tx := range found.Transactions {
			got[tx.ID] = true
		}
		if !maps.Equal(got, want) || found.Used != len(want) {
			t.Fatalf("found %v, want %v", slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
		}
	})
}

// TestScanMoves: a chain that moves during a scan is read again, and given up
// only after several times.
func TestScanMoves(t *testing.T) {
	t.Parallel()
	const address = "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA"
	b := newBook()
	b.pay("x", 1, address)
	b.moves = scanTries - 1
	found, err := Scan(context.Background(), b, watch(t, Address, address), DefaultGap, nil)
	if err != nil || len(found.Transactions) != 1 || found.Tip.Hash != "d" {
		t.Errorf("got %v, %v", found, err)
	}
	b.moves = scanTries
	if _, err = Scan(context.Background(), b, watch(t, Address, address), DefaultGap, nil); !errors.Is(err, ErrMoved) {
		t.Errorf("got %v", err)
	}
	if _, err = Scan(context.Background(), b, watch(t, Address, address), MaxGap+1, nil); !fault.Is(err, fault.Invalid) {
		t.Errorf("a gap beyond the limit: %v", err)
	}
}

// TestProgress: every address that is looked at is told, and a fixed address
// is looked at once.
func TestProgress(t *testing.T) {
	t.Parallel()
	b := newBook()
	var told []Progress
	_, err := Scan(context.Background(), b, watch(t, XPub, key44), 2, func(p Progress) { told = append(told, p) })
	if err != nil || len(told) != 16 || len(b.asked) != 16 {
		t.Errorf("told %d, asked %d, %v", len(told), len(b.asked), err)
	}
	b = newBook()
	w := watch(t, Address, "1LqBGSKuX5yYUonjxT5qGfpUsXKYYWeabA bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu")
	if _, err := Scan(context.Background(), b, w, 20, nil); err != nil || len(b.asked) != 2 {
		t.Errorf("asked %v, %v", b.asked, err)
	}
}

func TestEntries(t *testing.T) {
	t.Parallel()
	own := map[string]string{"me": "0", "mine": "1"}
	at := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	for name, c := range map[string]struct {
		in, out []Coin
		want    string
	}{
		"received":      {[]Coin{{"them", 5000}}, []Coin{{"me", 4000}, {"them", 900}}, "deposit +0.00004"},
		"mined":         {nil, []Coin{{"me", 312500000}}, "deposit +3.125"},
		"sent":          {[]Coin{{"me", 5000}}, []Coin{{"them", 3000}, {"mine", 1900}}, "withdrawal -0.00003 fee 0.000001"},
		"all_of_it":     {[]Coin{{"me", 5000}, {"mine", 1}}, []Coin{{"them", 5001}}, "withdrawal -0.00005001"},
		"to_oneself":    {[]Coin{{"me", 5000}}, []Coin{{"mine", 4900}}, "fee -0.000001"},
		"data_output":   {[]Coin{{"me", 5000}}, []Coin{{"", 0}, {"mine", 4900}}, "fee -0.000001"},
		"joined_more":   {[]Coin{{"me", 5000}, {"them", 5000}}, []Coin{{"mine", 6000}, {"them", 3900}}, "deposit +0.00001"},
		"joined_less":   {[]Coin{{"me", 5000}, {"them", 5000}}, []Coin{{"mine", 4500}, {"them", 5000}}, "withdrawal -0.000005"},
		"joined_even":   {[]Coin{{"me", 5000}, {"them", 5000}}, []Coin{{"mine", 5000}, {"them", 4000}}, ""},
		"not_ours":      {[]Coin{{"them", 5000}}, []Coin{{"them", 4000}}, ""},
		"no_address_in": {[]Coin{{"", 5000}}, []Coin{{"me", 4000}}, "deposit +0.00004"},
	} {
		tx := Tx{ID: name, Block: Block{1, "b"}, Time: at, In: c.in, Out: c.out}
		e, ok := tx.Entry(own)
		got := ""
		if ok {
			got = string(e.Type)
			for sign, q := range map[string]statement.Quantity{" +": e.Received, " -": e.Sent} {
				if q.Set() {
					got += sign + q.Amount.String()
				}
			}
			if e.Fee.Set() {
				got += " fee " + e.Fee.Amount.String()
			}
			if e.TxHash != name || e.ID != name || !e.At.Time().Equal(at) {
				t.Errorf("%s: lost its identity: %+v", name, e)
			}
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		tx.Block = Block{}
		if _, ok := tx.Entry(own); ok {
			t.Errorf("%s: counts before it stands in a block", name)
		}
	}
}

// TestConserved: what the entries add up to is what the chain says is left.
func TestConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		who := rapid.SampledFrom([]string{"me", "mine", "them", "others"})
		own := map[string]string{"me": "0", "mine": "1"}
		unspent := []Coin{{"them", 1_000_000}, {"others", 1_000_000}}
		var txs []Tx
		for n := range rapid.IntRange(1, 20).Draw(t, "transactions") {
			take := rapid.IntRange(1, min(3, len(unspent))).Draw(t, "inputs")
			tx := Tx{ID: fmt.Sprint(n), Block: Block{int64(n), "h"}, In: slices.Clone(unspent[:take])}
			unspent = unspent[take:]
			var sum int64
			for _, c := range tx.In {
				sum += c.Sats
			}
			for range rapid.IntRange(1, 3).Draw(t, "outputs") {
				part := rapid.Int64Range(0, sum).Draw(t, "sats")
				sum -= part
				tx.Out = append(tx.Out, Coin{who.Draw(t, "to"), part})
			}
			unspent = append(unspent, tx.Out...)
			txs = append(txs, tx)
		}
		var left int64
		for _, c := range unspent {
			if own[c.Address] != "" {
				left += c.Sats
			}
		}
		if got := Balance(txs, own); got != left {
			t.Fatalf("the entries leave %d, the chain %d", got, left)
		}
	})
}

func TestCompare(t *testing.T) {
	t.Parallel()
	tx := func(id string, height int64, hash string) Tx { return Tx{ID: id, Block: Block{height, hash}} }
	before := []Tx{tx("stays", 1, "a"), tx("goes", 2, "b"), tx("moves", 2, "b"), {ID: "waits"}}
	after := []Tx{tx("stays", 1, "a"), tx("moves", 3, "c2"), tx("comes", 3, "c2"), tx("waits", 3, "c2"), {ID: "goes"}}
	c := Compare(before, after)
	ids := func(list []Tx) string {
		var s []string
		for _, tx := range list {
			s = append(s, tx.ID)
		}
		return strings.Join(s, " ")
	}
	if ids(c.New) != "comes waits" || ids(c.Gone) != "goes" || ids(c.Move) != "moves" {
		t.Errorf("new %q, gone %q, moved %q", ids(c.New), ids(c.Gone), ids(c.Move))
	}
	if c := Compare(after, after); len(c.New)+len(c.Gone)+len(c.Move) > 0 {
		t.Errorf("nothing changed, but %+v", c)
	}
}
