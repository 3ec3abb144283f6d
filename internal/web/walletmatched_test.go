package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

// oneWallet is a watched wallet that holds some outputs.
type oneWallet struct {
	*link.Wallets
	w     link.Wallet
	coins []chain.Unspent
}

func (o *oneWallet) Offers() map[link.NodeKind]string { return nil }
func (o *oneWallet) Find(context.Context, tenant.Scope, tenant.ID) (*link.Wallet, chain.Progress, error) {
	return &o.w, chain.Progress{}, nil
}

func (o *oneWallet) Labels(context.Context, tenant.Scope, tenant.ID) (chain.Labels, error) {
	return nil, nil
}

func (o *oneWallet) Coins(_ context.Context, _ tenant.Scope, _ tenant.ID, from, limit int) ([]chain.Unspent, error) {
	return o.coins[from:min(from+limit, len(o.coins))], nil
}

// TestWalletMatched: the page of a wallet says how many withdrawals of exchanges
// matched it, and pages through what it holds.
func TestWalletMatched(t *testing.T) {
	t.Parallel()
	o := &oneWallet{w: link.Wallet{
		ID: tenant.NewID(), Kind: chain.XPub, Label: "Wallet", State: link.WalletDone, Gap: 20, Created: time.Now(), Scanned: time.Now(),
		Found: link.Finding{Tip: chain.Block{Height: 900}, Coins: 70, Leaving: 1, Balance: 70_000, ScannedTo: map[string]uint32{"wpkh/0": 227}, UsedAt: map[string][]uint32{"wpkh/0": {0, 207}}},
	}}
	for i := range 70 {
		o.coins = append(o.coins, chain.Unspent{Outpoint: chain.Outpoint{TxID: strings.Repeat("cd", 32), N: uint32(i)}, Address: "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu", Sats: 1000, Height: 800, Leaving: i == 69})
	}
	b := newBooksWith(t, func(c *web.Config) { c.Wallets = o })
	files := transfers(3)
	files["wallet.csv"] = strings.ReplaceAll(files["wallet.csv"], ",Wallet,", ",Bitcoin/Wallet,")
	b.add("", files)
	see := func(query string, want ...string) {
		t.Helper()
		w := b.ask(http.MethodGet, b.page+"/wallets/"+o.w.ID.String()+query, nil, "Cookie", "__Host-ls_session=s")
		for _, words := range want {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), words) {
				t.Errorf("%s: %d without %q", query, w.Code, words)
			}
		}
	}
	see("", "1 to 50 of 70 unspent outputs, 1 of them is being spent", "Next outputs", ">101<", "SegWit, bc1q… to receive", "2 in use, the last at index 207; gap 20 reached at index 227", "2 addresses in use of 228 looked at")
	see("?coins=50", "51 to 70 of 70 unspent outputs", "First outputs", "! being spent")
	if err := b.recon.Match(t.Context(), b.scope); err != nil {
		t.Fatal(err)
	}
	see("", "3 exchange withdrawals matched this wallet.", b.page+"/transfers")
}
