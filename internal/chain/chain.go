// Package chain watches bitcoin without any key that could move it: extended
// public keys, descriptors and addresses, through the user's own btcd or an
// Esplora server. It derives what to look for, finds what is used, and says
// what each transaction changed. It signs nothing and sends nothing.
package chain

import (
	"errors"
	"time"

	"github.com/btcsuite/btcd/chaincfg/v2"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// ErrPrivate is the error of key material that could move coins.
var ErrPrivate = errors.New("chain: a private key was given")

// errPrivate refuses it in words for people.
func errPrivate() error {
	return fault.Coded(fault.Invalid, "private_key_refused", ErrPrivate,
		"That is a secret. It was not stored. Ledgersys only needs public keys. Treat this secret as exposed if you typed it into a web page.")
}

// Network is the bitcoin network that a node follows.
type Network string

// The networks. Other than on Main, keys with Main's version bytes are
// accepted too; addresses always have the form of the network.
const (
	Main    Network = "main"
	Test    Network = "test"
	Signet  Network = "signet"
	Regtest Network = "regtest"
	Simnet  Network = "simnet"
)

// params returns the constants of a network.
func (n Network) params() (*chaincfg.Params, error) {
	switch n {
	case Main, "":
		return &chaincfg.MainNetParams, nil
	case Test:
		return &chaincfg.TestNet3Params, nil
	case Signet:
		return &chaincfg.SigNetParams, nil
	case Regtest:
		return &chaincfg.RegressionNetParams, nil
	case Simnet:
		return &chaincfg.SimNetParams, nil
	}
	return nil, fault.New(fault.Invalid, nil, "A bitcoin network is one of main, test, signet, regtest and simnet.")
}

// Block names a block of the best chain.
type Block struct {
	Height int64
	Hash   string
}

// Coin is an output of a transaction, made or spent.
type Coin struct {
	Address string // "" if the script has no address
	Sats    int64
}

// Tx is a transaction of the chain, as a source tells it.
type Tx struct {
	ID    string // txid, 64 hex digits
	Block Block  // zero while it waits for a block
	Time  time.Time
	In    []Coin // what it spends; empty for newly mined coins
	Out   []Coin
	// Spends names the outputs that In are, one for each.
	Spends []Outpoint `json:",omitempty"`
}

// Outpoint names an output of a transaction.
type Outpoint struct {
	TxID string
	N    uint32
}

// Confirmed reports whether the transaction stands in a block.
func (t *Tx) Confirmed() bool { return t.Block.Hash != "" }
