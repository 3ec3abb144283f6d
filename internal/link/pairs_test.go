package link_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/btcsuite/btcd/address/v2"
	"github.com/btcsuite/btcd/btcec/v2"
	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"
	"github.com/btcsuite/btcd/chaincfg/v2"
	"github.com/btcsuite/btcd/chainhash/v2"
	"github.com/btcsuite/btcd/txscript/v2"
	"github.com/btcsuite/btcd/wire/v2"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/kraken"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// payer is who holds the exchange's coins on the chain.
type payer struct {
	t    *testing.T
	node *testkit.Btcd
	key  *btcec.PrivateKey
	home address.Address
}

func newPayer(t *testing.T) *payer {
	t.Helper()
	key, pub := btcec.PrivKeyFromBytes(bytes.Repeat([]byte{9}, 32))
	home, err := address.NewAddressPubKeyHash(address.Hash160(pub.SerializeCompressed()), &chaincfg.SimNetParams)
	if err != nil {
		t.Fatal(err)
	}
	return &payer{t: t, key: key, home: home, node: testkit.StartBtcd(t, home.EncodeAddress())}
}

func (p *payer) script(a address.Address) []byte {
	p.t.Helper()
	s, err := txscript.PayToAddrScript(a)
	if err != nil {
		p.t.Fatal(err)
	}
	return s
}

// pay sends satoshi of the coins of a block to an address, the rest comes back,
// and returns the transaction's id.
func (p *payer) pay(block, to string, sats int64) (txid string) {
	p.t.Helper()
	var mined struct{ Tx []string }
	p.node.Call(p.t, &mined, "getblock", block, 1)
	from, err1 := chainhash.NewHashFromStr(mined.Tx[0])
	target, err2 := address.DecodeAddress(to, &chaincfg.SimNetParams)
	if err := errors.Join(err1, err2); err != nil {
		p.t.Fatal(err)
	}
	const reward, fee = 50_0000_0000, 10_000
	tx := wire.NewMsgTx(2)
	tx.AddTxIn(wire.NewTxIn(wire.NewOutPoint(from, 0), nil, nil))
	tx.AddTxOut(wire.NewTxOut(sats, p.script(target)))
	tx.AddTxOut(wire.NewTxOut(reward-sats-fee, p.script(p.home)))
	sig, err := txscript.SignatureScript(tx, 0, p.script(p.home), txscript.SigHashAll, p.key, true)
	if err != nil {
		p.t.Fatal(err)
	}
	tx.TxIn[0].SignatureScript = sig
	var raw bytes.Buffer
	if err := tx.Serialize(&raw); err != nil {
		p.t.Fatal(err)
	}
	p.node.Call(p.t, &txid, "sendrawtransaction", hex.EncodeToString(raw.Bytes()))
	return txid
}

// vault is an extended public key of simnet, with its first address.
func vault(t *testing.T) (xpub, first string) {
	t.Helper()
	master, err := hdkeychain.NewMaster(bytes.Repeat([]byte{5}, 32), &chaincfg.SimNetParams)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := master.Neuter()
	if err != nil {
		t.Fatal(err)
	}
	watch, err := chain.Parse(chain.XPub, pub.String(), chain.Simnet)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(watch.Branches, func(b chain.Branch) bool { return b.Name == "wpkh/0" })
	if first, err = watch.Branches[i].Address(0); err != nil {
		t.Fatal(err)
	}
	return pub.String(), first
}

// pairing is an installation that links a simulated exchange, watches bitcoin
// through a real node, and looks for what fits together.
type pairing struct {
	links   *link.Service
	wallets *link.Wallets
	recon   *recon.Service
	scope   tenant.Scope
	sim     *exchangesim.Sim
}

func newPairing(t *testing.T, past *exchangesim.History, node *testkit.Btcd) *pairing {
	t.Helper()
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	p := &pairing{sim: exchangesim.Kraken(t, past, time.Now)}
	db, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	masters, err1 := keyring.FindMasters("", "", dir, true)
	_, err2 := db.OpenKeys(t.Context(), masters, 0)
	x := kraken.Exchange()
	x.Limits = nil // nobody waits here
	list := []*exchange.Exchange{&x}
	books := intake.NewService(intake.Config{
		Store: db.Imports(), Vault: db, Formats: append(link.Formats(list), link.WalletFormat()), Log: log, Changed: recon.Changed,
	})
	door, err3 := egress.New(egress.Config{Allow: []string{p.sim.Place()}})
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	private := func(string) bool { return false }
	p.links, err1 = link.NewService(link.Config{
		Store: db.Links(), Books: books, Exchanges: list, Door: door, Bases: map[string]string{"kraken": p.sim.URL()}, Clock: time.Now, Log: log, Private: private,
	})
	p.wallets = link.NewWallets(link.WalletConfig{
		Store: db.Wallets(), Books: books, Network: chain.Simnet, Clock: time.Now, Log: log, Private: private,
		Nodes: map[link.NodeKind]func() chain.Source{link.Btcd: func() chain.Source { return chain.NewBtcd(node.URL, node.User, node.Password, http.DefaultClient) }},
	})
	p.recon = recon.NewService(recon.Config{Store: db.Findings(), Log: log})
	firm := tenant.NewID()
	err2 = db.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") })
	p.scope = tenant.ForJob(firm, tenant.NewID(), "test")
	reg := job.NewRegistry(2)
	if err := errors.Join(err1, err2, p.links.Register(reg), p.wallets.Register(reg), books.Register(reg), p.recon.Register(reg)); err != nil {
		t.Fatal(err)
	}
	runJobs(t, db, reg)
	return p
}

// paired waits until so many pairs are there.
func (p *pairing) paired(t *testing.T, n int) (list []recon.Pair) {
	t.Helper()
	testkit.Eventually(t, "the pairs are looked for", func() bool {
		var err error
		list, err = p.recon.Pairs(t.Context(), p.scope, recon.Cursor{}, 10)
		return err == nil && len(list) == n
	})
	return list
}

// TestPairByTransaction: what leaves a linked exchange and arrives in a watched
// wallet is one transfer, found by the transaction that both name; a
// reorganisation that undoes the transaction dissolves the pair, and it comes
// back when the transaction is mined again.
func TestPairByTransaction(t *testing.T) {
	t.Parallel()
	payer, past := newPayer(t), exchangesim.NewHistory(7, 40, "EUR")
	var blocks []string
	payer.node.Call(t, &blocks, "generate", 101) // the first one's coins may be spent now
	at := slices.IndexFunc(past.Moves, func(m exchangesim.Move) bool { return m.Kind == exchangesim.Withdrawal && m.Asset == "BTC" })
	if at < 0 {
		t.Fatal("the exchange's history has no withdrawal")
	}
	sats, err := strconv.ParseInt(past.Moves[at].Units.Mul(money.FromInt(1_0000_0000)).String(), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	xpub, first := vault(t)
	past.Moves[at].Tx = payer.pay(blocks[0], first, sats)
	payer.node.Call(t, &blocks, "generate", 1)

	p := newPairing(t, past, payer.node)
	_, err = p.links.Create(t.Context(), p.scope, link.Request{
		Exchange: "kraken", Label: "mine", Schedule: link.Manual, Key: exchange.Credentials{ID: p.sim.Key.ID, Secret: keyring.NewSecret([]byte(p.sim.Key.Secret))},
	})
	if err != nil {
		t.Fatalf("%v: %s", err, fault.Of(err).Words)
	}
	w, err := p.wallets.Create(t.Context(), p.scope, link.Wallet{Kind: chain.XPub, Value: xpub, Label: "Vault", Source: link.Btcd, Gap: 5})
	if err != nil {
		t.Fatalf("%v: %s", err, fault.Of(err).Words)
	}
	pair := p.paired(t, 1)[0]
	if pair.State != recon.Paired || pair.Out.Account != "Kraken" || pair.In.Account != "Bitcoin/Vault" || pair.Hash != past.Moves[at].Tx || !pair.In.Amount.Equal(past.Moves[at].Units) {
		t.Errorf("paired %+v", pair)
	}
	counted := func(account string, arrived, left int) {
		t.Helper()
		in, out, err := p.recon.PairedOf(t.Context(), p.scope, account)
		if err != nil || in != arrived || out != left {
			t.Errorf("%s: %d arrived and %d left, %v", account, in, out, err)
		}
	}
	counted("Bitcoin/Vault", 1, 0)
	counted("Kraken", 0, 1)
	counted("Bitcoin/Other", 0, 0)
	payer.node.Call(t, nil, "invalidateblock", blocks[0])
	if _, err := p.wallets.Sync(t.Context(), p.scope, w.ID); err != nil {
		t.Fatal(err)
	}
	p.paired(t, 0)
	counted("Bitcoin/Vault", 0, 0)
	payer.node.Call(t, &blocks, "generate", 2)
	if _, err := p.wallets.Sync(t.Context(), p.scope, w.ID); err != nil {
		t.Fatal(err)
	}
	if back := p.paired(t, 1)[0]; back.ID != pair.ID || back.State != recon.Paired {
		t.Errorf("after it was mined again: %+v", back)
	}
}
