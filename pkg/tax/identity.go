package tax

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// DisposalIDs gives the disposals of a return their ids: hashes of what the
// sources said, so that they do not depend on file names, on the order of files
// or on which year is shown, and no two disposals share one. It is not for use
// by several goroutines at once.
type DisposalIDs struct {
	r *Return
	// again counts, for a disposal that agrees with earlier ones in event,
	// asset and kind, how many of them there are.
	again   map[int]uint32
	buf     []byte
	sources []ledger.ID
}

// NewDisposalIDs prepares the ids of a return.
func NewDisposalIDs(r *Return) *DisposalIDs {
	x := &DisposalIDs{r: r, again: make(map[int]uint32)}
	last := make([]int32, len(r.Book.Events)) // the latest disposal of each event, from 1
	var before []int32                        // the one before it of the same event
	for i := range r.Disposals {
		d := &r.Disposals[i]
		if prev := last[d.Event]; prev > 0 {
			if before == nil {
				before = make([]int32, len(r.Disposals))
			}
			before[i] = prev
			for k := prev; k > 0; k = before[k-1] {
				if o := &r.Disposals[k-1]; o.Asset == d.Asset && o.Kind == d.Kind {
					x.again[i]++
				}
			}
		}
		last[d.Event] = int32(i) + 1
	}
	return x
}

// ID returns the id of the i-th disposal of the return.
func (x *DisposalIDs) ID(i int) ledger.ID {
	d := &x.r.Disposals[i]
	b := append(x.buf[:0], "disposal\x00"...)
	b = append(b, d.Kind.String()...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(len(d.Asset)))
	b = append(b, d.Asset...)
	if len(d.Events) < 2 {
		b = append(b, x.r.Book.Events[d.Event].ID[:]...)
	} else {
		b = x.appendAll(b, d.Events)
	}
	if n := x.again[i]; n > 0 {
		b = binary.BigEndian.AppendUint32(b, n)
	}
	x.buf = b
	sum := sha256.Sum256(b)
	return ledger.ID(sum[:16])
}

// appendAll appends the ids of the events of a merged day, sorted, because the
// order of rows in a day is no fact of tax there.
func (x *DisposalIDs) appendAll(b []byte, events []int32) []byte {
	x.sources = x.sources[:0]
	for _, e := range events {
		x.sources = append(x.sources, x.r.Book.Events[e].ID)
	}
	slices.SortFunc(x.sources, func(a, b ledger.ID) int { return bytes.Compare(a[:], b[:]) })
	for i := range x.sources {
		b = append(b, x.sources[i][:]...)
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
	for i := range x.r.Disposals {
		if string(x.ID(i).AppendTo(hex[:0])) == id {
			return i, true
		}
	}
	return 0, false
}
