package ledger

import (
	"cmp"
	"slices"
)

// Source is one input of a book: a statement file, or a linked account.
type Source struct {
	Name   string // base name of the file, or "binance:<label>"
	Format string
	SHA256 string // hex

	Rows, Events, Merged, Duplicate, Ignored, Held int
}

// Book is events in the order in which they count, with their sources. Only
// NewBook makes one, so whoever takes a Book need not sort or check again.
type Book struct {
	Events  []Event
	Sources []Source // by SHA256; Origin.File points here
}

// NewBook orders events by time, then by source, then by their order in it;
// events must be given in the order of sources and, inside a source, of the
// file. It takes the slice over.
func NewBook(events []Event, sources []Source) *Book {
	byTime := func(a, b Event) int { return cmp.Compare(a.At, b.At) }
	if !slices.IsSortedFunc(events, byTime) {
		slices.SortStableFunc(events, byTime)
	}
	return &Book{Events: events, Sources: sources}
}
