package chain

import (
	"bytes"
	"context"
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// purse holds the private side of a wallet, which only this test has.
type purse struct {
	account *hdkeychain.ExtendedKey
	watch   Watch
}

func newPurse(t *testing.T) *purse {
	t.Helper()
	master, err := hdkeychain.NewMaster(bytes.Repeat([]byte{7}, 32), &chaincfg.SimNetParams)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := master.Neuter()
	if err != nil {
		t.Fatal(err)
	}
	w, err := Parse(XPub, pub.String(), Simnet)
	if err != nil {
		t.Fatalf("%v: %s", err, fault.Of(err).Words)
	}
	return &purse{master, w}
}

func (p *purse) address(t *testing.T, branch string, index uint32) string {
	t.Helper()
	for i := range p.watch.Branches {
		if p.watch.Branches[i].Name == branch {
			a, err := p.watch.Branches[i].Address(index)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
	}
	t.Fatalf("no branch %s", branch)
	return ""
}

func (p *purse) key(t *testing.T, path ...uint32) *btcec.PrivateKey {
	t.Helper()
	k := p.account
	for _, n := range path {
		var err error
		if k, err = k.Derive(n); err != nil {
			t.Fatal(err)
		}
	}
	key, err := k.ECPrivKey()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// pay spends the first output of a transaction that paid pkh/0/0.
func (p *purse) pay(t *testing.T, from string, outs map[string]int64) string {
	t.Helper()
	id, err := chainhash.NewHashFromStr(from)
	if err != nil {
		t.Fatal(err)
	}
	tx := wire.NewMsgTx(2)
	tx.AddTxIn(wire.NewTxIn(wire.NewOutPoint(id, 0), nil, nil))
	for a, sats := range outs {
		tx.AddTxOut(wire.NewTxOut(sats, scriptOf(t, a)))
	}
	sig, err := txscript.SignatureScript(tx, 0, scriptOf(t, p.address(t, "pkh/0", 0)), txscript.SigHashAll, p.key(t, 0, 0), true)
	if err != nil {
		t.Fatal(err)
	}
	tx.TxIn[0].SignatureScript = sig
	var b bytes.Buffer
	if err := tx.Serialize(&b); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(b.Bytes())
}

func scriptOf(t *testing.T, text string) []byte {
	t.Helper()
	a, err := address.DecodeAddress(text, &chaincfg.SimNetParams)
	if err != nil {
		t.Fatal(err)
	}
	s, err := txscript.PayToAddrScript(a)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestBtcd walks a real node: coins are mined, a wallet is discovered over all
// four kinds of script, a spend is imported, and a reorganisation that takes
// it away is seen.
func TestBtcd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	p := newPurse(t)
	node := testkit.StartBtcd(t, p.address(t, "pkh/0", 0))
	src := NewBtcd(node.URL, node.User, node.Password, &http.Client{})
	none, err := Scan(ctx, src, p.watch, DefaultGap, nil)
	if err != nil || len(none.Transactions) != 0 || none.Tip.Height != 0 {
		t.Fatalf("an empty chain: %+v, %v", none, err)
	}
	var blocks []string
	node.Call(t, &blocks, "generate", 250) // more than two pages, and coins that may be spent
	before := scanned(t, src, p)
	if len(before.Transactions) != 250 || before.Used != 1 {
		t.Fatalf("mined 250, found %d on %d addresses", len(before.Transactions), before.Used)
	}
	mined := Balance(before.Transactions, before.Addresses)

	outs := map[string]int64{
		p.address(t, "wpkh/0", 19):   1_000_000_000, // the last one before the gap ends
		p.address(t, "tr/1", 3):      500_000_000,
		p.address(t, "sh-wpkh/0", 0): 250_000_000,
		strangers(t):                 1_000_000,
	}
	var paid string
	node.Call(t, &paid, "sendrawtransaction", p.pay(t, before.Transactions[0].ID, outs))
	waiting := scanned(t, src, p)
	if got := waiting.Transactions[len(waiting.Transactions)-1]; got.ID != paid || got.Confirmed() || Balance(waiting.Transactions, waiting.Addresses) != mined {
		t.Fatalf("a payment that waits counts already: %+v", got)
	}
	node.Call(t, &blocks, "generate", 1)
	after := scanned(t, src, p)
	effect := find(t, after, paid).EffectOn(after.Addresses)
	fee := before.Transactions[0].Out[0].Sats - 1_751_000_000
	if effect != (Effect{Sent: 1_000_000, Fee: fee}) || after.Used != 4 {
		t.Errorf("the payment did %+v on %d addresses, want a fee of %d", effect, after.Used, fee)
	}

	node.Call(t, nil, "invalidateblock", blocks[0])
	gone := scanned(t, src, p)
	if find(t, gone, paid).Confirmed() {
		t.Error("the block is gone, the payment stands")
	}
	change := Compare(after.Transactions, gone.Transactions)
	if len(change.Gone) != 2 || len(change.New)+len(change.Move) != 0 { // the payment and the coins of the block
		t.Errorf("gone %d, new %d, moved %d", len(change.Gone), len(change.New), len(change.Move))
	}
	node.Call(t, &blocks, "generate", 2)
	if change = Compare(after.Transactions, scanned(t, src, p).Transactions); len(change.Move) != 1 || change.Move[0].ID != paid {
		t.Errorf("mined again elsewhere: %+v", change)
	}
	if hash, err := src.Hash(ctx, 10_000); hash != "" || err != nil {
		t.Errorf("beyond the tip: %q, %v", hash, err)
	}
	if _, err := NewBtcd(node.URL, "user", "wrong", &http.Client{}).Tip(ctx); !fault.Is(err, fault.Upstream) {
		t.Errorf("a wrong password: %v", err)
	}
}

// strangers is an address whose key nobody has.
func strangers(t *testing.T) string {
	t.Helper()
	a, err := address.NewAddressPubKeyHash(make([]byte, 20), &chaincfg.SimNetParams)
	if err != nil {
		t.Fatal(err)
	}
	return a.EncodeAddress()
}

func scanned(t *testing.T, src Source, p *purse) Found {
	t.Helper()
	found, err := Scan(context.Background(), src, p.watch, DefaultGap, nil)
	if err != nil {
		t.Fatal(err)
	}
	var held int64
	for _, u := range found.Unspent() {
		held += u.Sats
	}
	if balance := Balance(found.Transactions, found.Addresses); held != balance {
		t.Errorf("unspent outputs of %d, a balance of %d", held, balance)
	}
	return found
}

func find(t *testing.T, f Found, id string) *Tx {
	t.Helper()
	for i := range f.Transactions {
		if f.Transactions[i].ID == id {
			return &f.Transactions[i]
		}
	}
	t.Fatalf("no transaction %s", id)
	return nil
}
