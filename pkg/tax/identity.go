package tax

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"

	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// DisposalIDs gives the disposals of a return their ids: hashes of what the
// sources said, so that they do not depend on file names, on the order of files
// or on which year is shown, and no two disposals share one.
type DisposalIDs struct {
	list []ledger.ID
}

// NewDisposalIDs returns the ids of a return. Those of a return that Calculate
// made are worked out once, when they are asked for first.
func NewDisposalIDs(r *Return) *DisposalIDs {
	if r.ids != nil {
		return r.ids()
	}
	return disposalIDs(r)
}

// lazyIDs works out the ids of a return on demand. It may be called by several
// goroutines at once.
func lazyIDs(r *Return) func() *DisposalIDs {
	return sync.OnceValue(func() *DisposalIDs { return disposalIDs(r) })
}

func disposalIDs(r *Return) *DisposalIDs {
	x := &DisposalIDs{list: make([]ledger.ID, len(r.Disposals))}
	again := repeated(r)
	var buf []byte
	for i := range r.Disposals {
		buf = appendIdentity(buf[:0], r, &r.Disposals[i])
		if n := again[i]; n > 0 {
			buf = binary.BigEndian.AppendUint32(buf, n)
		}
		sum := sha256.Sum256(buf)
		x.list[i] = ledger.ID(sum[:16])
	}
	return x
}

// repeated counts, for a disposal that agrees with earlier ones in event, asset
// and kind, how many of them there are.
func repeated(r *Return) map[int]uint32 {
	again := make(map[int]uint32)
	if len(r.Disposals) == 0 {
		return again
	}
	from, to := r.Disposals[0].Event, r.Disposals[0].Event // the events that disposed
	for i := range r.Disposals {
		from, to = min(from, r.Disposals[i].Event), max(to, r.Disposals[i].Event)
	}
	last := make([]int32, to-from+1) // the latest disposal of each event, from 1
	var before []int32               // the one before it of the same event
	for i := range r.Disposals {
		d := &r.Disposals[i]
		if prev := last[d.Event-from]; prev > 0 {
			if before == nil {
				before = make([]int32, len(r.Disposals))
			}
			before[i] = prev
			for k := prev; k > 0; k = before[k-1] {
				if o := &r.Disposals[k-1]; o.Asset == d.Asset && o.Kind == d.Kind {
					again[i]++
				}
			}
		}
		last[d.Event-from] = int32(i) + 1
	}
	return again
}

// ID returns the id of the i-th disposal of the return.
func (x *DisposalIDs) ID(i int) ledger.ID { return x.list[i] }

// appendIdentity appends what names a disposal for good.
func appendIdentity(b []byte, r *Return, d *Disposal) []byte {
	b = append(b, "disposal\x00"...)
	b = append(b, d.Kind.String()...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(d.Asset)))
	b = append(b, d.Asset...)
	if len(d.Events) < 2 {
		return append(b, r.Book.Events[d.Event].ID[:]...)
	}
	return appendAll(b, r, d.Events)
}

// appendAll appends the ids of the events of a merged day, sorted, because the
// order of rows in a day is no fact of tax there.
func appendAll(b []byte, r *Return, events []int32) []byte {
	sources := make([]ledger.ID, 0, len(events))
	for _, e := range events {
		sources = append(sources, r.Book.Events[e].ID)
	}
	slices.SortFunc(sources, func(a, b ledger.ID) int { return bytes.Compare(a[:], b[:]) })
	for i := range sources {
		b = append(b, sources[i][:]...)
	}
	return b
}

// Find returns the index of the disposal with an id of 32 hex digits, and
// whether there is one.
func (x *DisposalIDs) Find(id string) (int, bool) {
	if len(id) != 32 {
		return 0, false
	}
	var hex [32]byte
	for i := range x.list {
		if string(x.list[i].AppendTo(hex[:0])) == id {
			return i, true
		}
	}
	return 0, false
}
