// Package statement says what a statement format is: how a file is
// recognised, what becomes of each of its rows, and the equation that has to
// hold in the end:
//
//	rows = events + merged + duplicate + ignored + held
//
// A format lives in a package of its own below this one and is one value of
// [Format]. It turns rows into [Entry] values and gives each row exactly one
// outcome; the [Collector] makes events of the entries, counts the outcomes
// and finds rows that got none. The list of all formats is made by the caller.
package statement

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// Format is one layout of one venue's export.
type Format struct {
	Name  string // stable, lower case: "kraken-ledgers"
	Title string // for people: "Kraken ledgers"
	Venue string // the account that rows belong to unless the user names another: "Kraken"
	Zone  string // IANA zone that the venue, or with ZoneInFile the header, states for all times; "" if there is none

	// ZoneInFile says that times carry their own offset or zone, or that the
	// header names it, so that no other zone is needed.
	ZoneInFile bool
	// LocalToo says that with ZoneInFile single times may carry no zone all
	// the same. They are read in the zone that the user names, and the format
	// counts them in Collector.Local.
	LocalToo bool
	// Linked says that the rows are what a linked account told.
	Linked bool
	// Untold are the groups of events of which a linked account does not tell
	// all: some kinds, assets or times of them are not to be had from it. Of
	// other groups it tells all that happened, from its first event to its last.
	Untold []Group

	// Match reports whether a row is the header of this format. It is asked
	// for each of the first rows of a file.
	Match func(h Header) bool

	// Read gives each row its outcome. It stops only for a fault that spoils
	// the whole file; everything else holds a row.
	Read func(in *Input, c *Collector) error
}

// Group is a group of kinds of events that exchanges list together.
type Group uint8

// The groups.
const (
	Moves  Group = iota // to and from the account
	Trades              // one thing given for another
	Others              // income, fees and the rest
)

// GroupOf returns the group of a kind of event.
func GroupOf(k ledger.Kind) Group {
	switch k {
	case ledger.KindDeposit, ledger.KindWithdrawal, ledger.KindTransfer:
		return Moves
	case ledger.KindBuy, ledger.KindSell, ledger.KindSwap, ledger.KindExchange, ledger.KindSpend:
		return Trades
	default:
		return Others
	}
}

// Row is one record of a file. Cells are valid for good, the slice only until
// the next row is asked for; Clone keeps it.
type Row struct {
	Line  int // physical line on which the row starts; 1 is the first
	Cells []string
}

// Cell returns the i-th cell without blanks around it, or "" if there is none.
func (r Row) Cell(i int) string {
	if i < 0 || i >= len(r.Cells) {
		return ""
	}
	return trim(r.Cells[i])
}

// Blank reports whether every cell is empty.
func (r Row) Blank() bool {
	for _, c := range r.Cells {
		if trim(c) != "" {
			return false
		}
	}
	return true
}

// Clone returns a row that stays valid when the next one is read.
func (r Row) Clone() Row {
	return Row{Line: r.Line, Cells: append([]string(nil), r.Cells...)}
}

// Input is what a format reads: the rows behind the header, and what is known
// about the file from outside.
type Input struct {
	Header   Header
	Preamble []Row // rows above the header

	// Rows yields the rows behind the header. Blank rows do not come. A row
	// that could not be split into cells is already held and does not come
	// either. The slice of cells is reused unless cloned.
	Rows func(yield func(Row) bool)

	// Zone is the zone of times that carry none: the user's choice, else the
	// venue's. It is nil if nobody knows; then such rows are held with
	// ErrNoZone.
	Zone *time.Location

	// Tax is the calendar of the tax zone: a date without a time of day
	// begins there.
	Tax *ledger.Calendar

	Account string // the account for rows that name none
}

// All reads the remaining rows into memory, for formats whose rows belong
// together.
func (in *Input) All() []Row {
	var rows []Row
	for r := range in.Rows {
		rows = append(rows, r.Clone())
	}
	return rows
}
