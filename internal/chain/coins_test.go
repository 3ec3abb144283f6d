package chain

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// TestUnspentIsTheBalance: whatever was received and spent, in blocks or
// waiting, the unspent outputs together are the balance.
func TestUnspentIsTheBalance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := Found{Addresses: map[string]string{"a": "0", "b": "0"}}
		type coin struct {
			Coin
			at       Outpoint
			taken    bool
			inABlock bool
		}
		var coins []*coin
		for i := range rapid.IntRange(0, 12).Draw(t, "transactions") {
			tx := Tx{ID: fmt.Sprintf("%02d", i)}
			confirmed := rapid.IntRange(0, 3).Draw(t, "waits") > 0
			for _, c := range coins {
				if !c.taken && c.inABlock && rapid.Bool().Draw(t, "spend") {
					c.taken = true
					tx.In, tx.Spends = append(tx.In, c.Coin), append(tx.Spends, c.at)
				}
			}
			if confirmed {
				tx.Block = Block{int64(i), "h"}
			}
			for n := range rapid.IntRange(1, 3).Draw(t, "outputs") {
				c := Coin{rapid.SampledFrom([]string{"a", "b", "other", ""}).Draw(t, "to"), int64(1 + rapid.IntRange(0, 99).Draw(t, "sats"))}
				tx.Out = append(tx.Out, c)
				coins = append(coins, &coin{Coin: c, at: Outpoint{tx.ID, uint32(n)}, inABlock: confirmed})
			}
			f.Transactions = append(f.Transactions, tx)
		}
		var sum int64
		for _, u := range f.Unspent() {
			sum += u.Sats
		}
		if want := Balance(f.Transactions, f.Addresses); sum != want {
			t.Fatalf("unspent %d, balance %d", sum, want)
		}
	})
}

// TestUnspent: newest first, with what is leaving marked.
func TestUnspent(t *testing.T) {
	t.Parallel()
	f := Found{Addresses: map[string]string{"a": "0"}, Transactions: []Tx{
		{ID: "x", Block: Block{7, "h"}, Out: []Coin{{"a", 1}, {"other", 2}, {"a", 3}}},
		{ID: "y", Block: Block{9, "h"}, In: []Coin{{"a", 1}}, Spends: []Outpoint{{"x", 0}}, Out: []Coin{{"a", 4}}},
		{ID: "z", In: []Coin{{"a", 3}}, Spends: []Outpoint{{"x", 2}}, Out: []Coin{{"a", 5}}},
	}}
	want := []Unspent{{Outpoint{"y", 0}, "a", 4, 9, false}, {Outpoint{"x", 2}, "a", 3, 7, true}}
	if got := f.Unspent(); !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

// TestReach: a branch is looked at as far as asked for, and from what is found
// there on until the gap is full.
func TestReach(t *testing.T) {
	t.Parallel()
	w, b := watch(t, XPub, key84), newBook()
	a, err := w.Branches[0].Address(40)
	if err != nil {
		t.Fatal(err)
	}
	b.pay("far", 1, a)
	found, err := Scan(context.Background(), b, w, 20, nil)
	if err != nil || len(found.Transactions) != 0 || found.ScannedTo["wpkh/0"] != 19 {
		t.Fatalf("before: %v, %v", found.ScannedTo, err)
	}
	w.Reach = map[string]uint32{"wpkh/0": 45}
	var marks []bool
	found, err = Scan(context.Background(), b, w, 20, func(p Progress) {
		if p.Branch == "wpkh/0" {
			marks = p.Marks
		}
	})
	if err != nil || len(found.Transactions) != 1 || found.ScannedTo["wpkh/0"] != 60 || found.ScannedTo["wpkh/1"] != 19 || !slices.Equal(found.UsedAt["wpkh/0"], []uint32{40}) {
		t.Errorf("got %v, %v, %v", found.ScannedTo, found.UsedAt, err)
	}
	if len(marks) != 61 || !marks[40] || marks[39] {
		t.Errorf("marks %v", marks)
	}
}

// TestScript: a plain key is looked for in one way if somebody says which; the
// paths are those that wallets show.
func TestScript(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		kind  Kind
		value string
		as    Script
		first string // name, path and first address
	}{
		"as_it_says":     {XPub, key84, AnyScript, "wpkh/0 m/84'/0'/0'/0/* bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
		"plain_as_one":   {XPub, key86, Taproot, "tr/0 m/86'/0'/0'/0/* bc1p5cyxnuxmeuwuvkwfem96lqzszd02n6xdcjrs20cac6yqjjwudpxqkedrcr"},
		"against_itself": {XPub, key49, Legacy, "pkh/0 m/44'/0'/0'/0/* 1PkaFBUcyAccDp2Xo2K8MqduVMgMB792r2"},
		"descriptor":     {Descriptor, "wpkh([73c5da0a/84h/0h/0h]" + key84 + "/<0;1>/*)", AnyScript, "wpkh/0 m/84'/0'/0'/0/* bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
		"no_origin":      {Descriptor, "wpkh(" + key84 + "/0/*)", AnyScript, "wpkh/0 …/0/* bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu"},
	} {
		w, err := ParseAs(c.kind, c.value, c.as, Main)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		a, err := w.Branches[0].Address(0)
		if got := w.Branches[0].Name + " " + w.Branches[0].Path + " " + a; got != c.first || err != nil {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		if len(w.Branches) != 2 && name != "no_origin" {
			t.Errorf("%s: %d branches", name, len(w.Branches))
		}
	}
	for name, c := range map[string]struct {
		kind Kind
		as   Script
	}{"unknown": {XPub, "p2wsh"}, "of_several": {XPub, "multisig"}, "of_addresses": {Address, SegWit}} {
		if _, err := ParseAs(c.kind, key84, c.as, Main); fault.Of(err).Code != "bad_script" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
