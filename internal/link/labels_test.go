package link_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
)

const (
	rentTx   = "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd"
	salaryTx = "c3bdad6e7dcd7997e16a5b7b7cf4d8f6079820ff2eedd5fcbb2ad088f767b37b"
)

// still is a chain on which two transactions stand.
type still struct{}

func (still) Tip(context.Context) (chain.Block, error) {
	return chain.Block{Height: 2, Hash: "b2"}, nil
}
func (still) Hash(context.Context, int64) (string, error) { return "b2", nil }
func (still) Privacy() string                             { return "Nobody learns anything." }
func (still) History(context.Context, string) ([]chain.Tx, error) {
	at := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	return []chain.Tx{
		{ID: salaryTx, Block: chain.Block{Height: 1, Hash: "b1"}, Time: at, In: []chain.Coin{{Address: "employer", Sats: 70_000}}, Out: []chain.Coin{{Address: miner, Sats: 60_000}}},
		{ID: rentTx, Block: chain.Block{Height: 2, Hash: "b2"}, Time: at.Add(time.Hour), In: []chain.Coin{{Address: miner, Sats: 60_000}}, Out: []chain.Coin{{Address: "landlord", Sats: 59_000}}},
	}, nil
}

// TestLabels: what an owner calls the things of a wallet is kept with it, is
// found again beside its transactions, and changes nothing else.
func TestLabels(t *testing.T) {
	t.Parallel()
	w := watchOn(t, func() chain.Source { return still{} })
	read := func(lines ...string) chain.Labels {
		in, err := link.ReadLabels(strings.NewReader(strings.Join(lines, "\n")))
		if err != nil {
			t.Fatal(err)
		}
		return in.Labels
	}
	rent, landlord := `{"type":"tx","ref":"`+rentTx+`","label":"Rent"}`, `{"type":"addr","ref":"landlord","label":"Landlord"}`
	l, err := w.Create(t.Context(), w.scope, link.Wallet{Kind: chain.Address, Value: miner, Label: "Vault", Source: link.Btcd}, read(rent)...)
	if err != nil {
		t.Fatal(err)
	}
	l = w.scanned(l.ID, 2)
	before := w.events()
	if n, err := w.TakeLabels(t.Context(), w.scope, l.ID, read(landlord, `{"type":"tx","ref":"`+rentTx+`","label":"Rent of May"}`)); err != nil || n != 2 {
		t.Errorf("%d labels, %v", n, err)
	}
	called, err := w.Called(t.Context(), w.scope, "Bitcoin/Vault", []string{rentTx, salaryTx})
	if of := called[rentTx]; err != nil || len(called) != 1 || len(of) != 2 || of[0].Text != "Rent of May" || of[1].Text != "Landlord" {
		t.Errorf("called %v, %v", called, err)
	}
	for _, account := range []string{"Bitcoin/Other", "Kraken"} {
		if called, err := w.Called(t.Context(), w.scope, account, []string{rentTx}); err != nil || len(called) > 0 {
			t.Errorf("%s: called %v, %v", account, called, err)
		}
	}
	if _, err := w.Sync(t.Context(), w.scope, l.ID); err != nil {
		t.Fatal(err)
	}
	l = w.scanned(l.ID, 2)
	if after := w.events(); len(after) != len(before) || after[0].Source != before[0].Source || after[1].Source != before[1].Source {
		t.Error("labels changed the book")
	}
	for _, one := range []func() error{
		func() error { return w.DropLabels(t.Context(), w.scope, l.ID) },
		func() error {
			_, err := w.TakeLabels(t.Context(), w.scope, l.ID, read(rent))
			return err
		},
		func() error { return w.Delete(t.Context(), w.scope, l.ID) },
	} {
		if err := one(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Labels(t.Context(), w.scope, l.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("labels of a wallet that is not there: %v", err)
	}
	if _, err := w.TakeLabels(t.Context(), w.scope, l.ID, read(rent)); !fault.Is(err, fault.NotFound) {
		t.Errorf("labels for a wallet that is not there: %v", err)
	}
}

// A file of labels that holds a private key is refused, however it is written.
func TestLabelsRefuseKeys(t *testing.T) {
	t.Parallel()
	const key = "xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi"
	for name, line := range map[string]string{
		"ref":     `{"type":"xpub","ref":"` + key + `","label":"x"}`,
		"text":    `{"type":"tx","ref":"` + rentTx + `","label":"my ` + key + `"}`,
		"escaped": `{"type":"tx","ref":"` + rentTx + `","label":"\u0078` + key[1:] + `"}`,
		"unread":  `{"type":"secret","ref":"` + key + `"}`,
		"no_line": key,
	} {
		in, err := link.ReadLabels(strings.NewReader(line))
		if fault.Of(err).Code != "private_key_refused" || len(in.Labels) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
