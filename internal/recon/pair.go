// Package recon keeps what was found in an entity's books, what was decided
// about it, and how that is undone: so far the withdrawals and deposits that
// are two ends of one transaction, and the accounts whose rows do not explain
// their balance.
//
// Findings are derived: they are made again from events and decisions whenever
// events change. Decisions are records of their own, which nothing changes or
// takes away: an undo is a decision too. Events are never edited; whoever
// computes takes the decisions into account.
package recon

import (
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// State is how a pair stands.
type State string

// The states. A pair that dissolved has lost one of its events, or another end
// came that fits as well; a pair that a person took apart stays so, whatever
// comes and goes.
const (
	Paired    State = "paired"
	Apart     State = "undone"
	Dissolved State = "dissolved"
)

// EqualHash is the reason of a pair whose ends name the same transaction. It
// is the only one that is decided without a person.
const EqualHash = "equal_hash"

// Pair is a withdrawal and a deposit that are one own transfer.
type Pair struct {
	ID      tenant.ID
	State   State
	Reason  string
	Asset   string
	Hash    string // the transaction that both ends name
	Out, In End
	Found   time.Time
}

// Ends returns the events at the ends of the pair.
func (p *Pair) Ends() reconcile.Ends { return reconcile.Ends{Out: p.Out.Event, In: p.In.Event} }

// End is one end of a pair: an event, as it was found.
type End struct {
	Event   ledger.ID      `json:"-"`
	At      ledger.Instant `json:"at"`
	Account string         `json:"account"`
	Amount  money.Amount   `json:"amount"`
	Place   Place          `json:"place"`
}

// Place is where an event comes from: a row of a file, or a record of a linked
// account.
type Place struct {
	File     string `json:"file,omitempty"`
	Line     uint32 `json:"line,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	ID       string `json:"id,omitempty"`
}

// Move is an event that brings something from outside or sends it there.
type Move struct {
	Event ledger.Event
	Place Place
}

// end makes an end of a move.
func (m *Move) end() End {
	return End{Event: m.Event.ID, At: m.Event.At, Account: m.Event.Account, Amount: m.Event.Amount, Place: m.Place}
}

// Kind is what was decided about a pair.
type Kind string

// The kinds of decision. Made and Lost are the program's own, the others a
// person's.
const (
	Made   Kind = "pair.make"
	Lost   Kind = "pair.dissolve"
	Undone Kind = "pair.undo"
	Redone Kind = "pair.redo"
)

// Decision is a record of what was decided, when, by whom and why.
type Decision struct {
	ID     tenant.ID
	At     time.Time
	By     tenant.UserID // zero if the program decided by itself
	Kind   Kind
	Ends   reconcile.Ends
	Reason string
}

// Cursor is the place behind a pair in the list: by the time of the
// withdrawal, the newest first. The zero Cursor is before the first.
type Cursor struct {
	Set bool
	At  ledger.Instant
	ID  tenant.ID
}

// Difference is an account whose rows do not explain the balance that its
// source reports.
type Difference struct {
	reconcile.Certificate
	Link   tenant.ID
	Name   string // of the linked account
	Proved time.Time
}
