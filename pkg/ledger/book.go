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
	for i := 1; i < len(events); i++ {
		if events[i].At < events[i-1].At {
			events = ordered(events)
			break
		}
	}
	return &Book{Events: events, Sources: sources}
}

// ordered sorts places, not events, for events are large.
func ordered(events []Event) []Event {
	places := make([]int32, len(events))
	for i := range places {
		places[i] = int32(i)
	}
	slices.SortFunc(places, func(x, y int32) int {
		return cmp.Or(cmp.Compare(events[x].At, events[y].At), cmp.Compare(x, y))
	})
	out := make([]Event, len(events))
	for i, p := range places {
		out[i] = events[p]
	}
	return out
}
