package chain

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

const bitcoin = "BTC"

// Effect is what a transaction changed for a wallet, in satoshi.
type Effect struct {
	Received int64 // arrived from others
	Sent     int64 // left to others, without the fee
	Fee      int64 // of the miner, where the wallet alone paid it
}

// EffectOn returns what a transaction changed for the owner of addresses. A
// transaction to which others added inputs shows only what changed for the
// owner, because nobody can tell whose fee it was.
func (t *Tx) EffectOn(own map[string]string) Effect {
	var in, out, ownIn, ownOut int64
	alone := true
	for _, c := range t.In {
		in += c.Sats
		if _, mine := own[c.Address]; mine && c.Address != "" {
			ownIn += c.Sats
		} else {
			alone = false
		}
	}
	for _, c := range t.Out {
		out += c.Sats
		if _, mine := own[c.Address]; mine && c.Address != "" {
			ownOut += c.Sats
		}
	}
	switch change := ownOut - ownIn; {
	case ownIn > 0 && alone:
		return Effect{Sent: out - ownOut, Fee: in - out}
	case change >= 0:
		return Effect{Received: change}
	default:
		return Effect{Sent: -change}
	}
}

// Entry makes a statement's entry of a confirmed transaction; ok is false if
// nothing changed.
func (t *Tx) Entry(own map[string]string) (e statement.Entry, ok bool) {
	effect := t.EffectOn(own)
	return effect.Entry(t.ID, t.Time), t.Confirmed() && effect != (Effect{})
}

// Entry makes a statement's entry of what a transaction changed, which must be
// something. What arrives is a deposit, what leaves a withdrawal, and a
// transaction of the wallet to itself a network fee, as in the exports of
// wallets.
func (f Effect) Entry(txid string, at time.Time) statement.Entry {
	e := statement.Entry{ID: txid, TxHash: txid, At: ledger.InstantOf(at)}
	switch {
	case f.Received > 0:
		e.Type, e.Received = statement.Deposit, btc(f.Received)
	case f.Sent > 0:
		e.Type, e.Sent = statement.Withdrawal, btc(f.Sent)
		if f.Fee > 0 {
			e.Fee = btc(f.Fee)
		}
	default:
		e.Type, e.Sent = statement.Fee, btc(f.Fee)
	}
	return e
}

func btc(sats int64) statement.Quantity {
	return statement.Quantity{Amount: money.FromInt(sats).Mul(money.MustParse("0.00000001")), Asset: bitcoin}
}

// Balance returns what the transactions left on the owner's addresses, in
// satoshi: the figure that the chain itself must confirm.
func Balance(txs []Tx, own map[string]string) int64 {
	var sum int64
	for i := range txs {
		if !txs[i].Confirmed() {
			continue
		}
		e := txs[i].EffectOn(own)
		sum += e.Received - e.Sent - e.Fee
	}
	return sum
}
