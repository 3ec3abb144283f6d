package chain

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// The gap limit: how many unused addresses in a row end a branch.
const (
	DefaultGap = 20
	MaxGap     = 1000
)

// Progress is how far a scan has come.
type Progress struct {
	Branch       string
	Index        uint32 // the address that was just looked at
	Used         int    // addresses found in use so far
	Transactions int
	Unused       int    // addresses in a row, of this branch, that are not in use
	Marks        []bool // of this branch: which indexes are in use; not to be changed
}

// Found is what a scan found: the whole truth about a Watch at a block.
type Found struct {
	Tip          Block
	Addresses    map[string]string // the wallet's own, used or looked at, to "branch/index" names
	Used         int
	ScannedTo    map[string]uint32   // the last index looked at, by branch
	UsedAt       map[string][]uint32 // the indexes in use, by branch
	Transactions []Tx                // each once, by height and txid; those that wait come last
}

// ErrMoved is the error of a chain that was reorganised during a scan, again
// and again.
var ErrMoved = errors.New("chain: reorganised during the scan")

const scanTries = 3

// Scan looks at all addresses of a Watch, each branch as far as its Reach and
// then until gap of them in a row are unused (BIP44), and returns what they
// took part in. It reads
// everything anew each time: what a reorganisation took away is gone from the
// answer. A chain that moves meanwhile is read again.
//
// There is no birthday before which nothing is looked for. Both sources are
// asked address by address, and an address has nothing before the wallet was
// made: the date would save no question. As a filter it would leave out
// purchases, and with them what later sales cost.
func Scan(ctx context.Context, src Source, w Watch, gap int, progress func(Progress)) (Found, error) {
	if gap < 1 || gap > MaxGap {
		return Found{}, fault.New(fault.Invalid, nil, "The gap limit is a number from 1 to %d.", MaxGap)
	}
	for range scanTries {
		tip, err := src.Tip(ctx)
		if err != nil {
			return Found{}, err
		}
		s := scan{src: src, gap: uint32(gap), reach: w.Reach, progress: progress, txs: make(map[string]Tx)}
		s.Tip, s.Addresses, s.ScannedTo, s.UsedAt = tip, make(map[string]string), make(map[string]uint32), make(map[string][]uint32)
		for i := range w.Branches {
			if err := s.branch(ctx, &w.Branches[i]); err != nil {
				return Found{}, err
			}
		}
		now, err := src.Hash(ctx, tip.Height)
		if err != nil {
			return Found{}, err
		}
		if now == tip.Hash {
			s.Transactions = inOrder(s.txs)
			return s.Found, nil
		}
	}
	return Found{}, fault.New(fault.Upstream, ErrMoved, "The chain was reorganised while we read it. The next run reads it again.")
}

type scan struct {
	Found
	src      Source
	gap      uint32
	reach    map[string]uint32
	progress func(Progress)
	txs      map[string]Tx
}

// branch walks one branch.
func (s *scan) branch(ctx context.Context, b *Branch) error {
	const last = 1<<31 - 1
	unused, reach, marks := uint32(0), s.reach[b.Name], []bool(nil)
	for i := uint32(0); i <= last && (unused < s.gap || i <= reach); i++ {
		a, err := b.Address(i)
		if errors.Is(err, errSkip) {
			marks = append(marks, false)
			continue
		}
		if err != nil {
			return err
		}
		history, err := s.src.History(ctx, a)
		if err != nil {
			return err
		}
		if _, again := s.Addresses[a]; !again && len(history) > 0 {
			s.Used++
		}
		s.Addresses[a], s.ScannedTo[b.Name] = b.Name, i
		if marks, unused = append(marks, len(history) > 0), unused+1; len(history) > 0 {
			s.UsedAt[b.Name], unused = append(s.UsedAt[b.Name], i), 0
		}
		for _, tx := range history {
			s.txs[tx.ID] = tx
		}
		if s.progress != nil {
			s.progress(Progress{b.Name, i, s.Used, len(s.txs), int(unused), marks})
		}
		if !b.Ranged {
			break
		}
	}
	return nil
}

func inOrder(txs map[string]Tx) []Tx {
	return slices.SortedFunc(maps.Values(txs), func(a, b Tx) int {
		switch {
		case a.Confirmed() != b.Confirmed():
			if a.Confirmed() {
				return -1
			}
			return 1
		default:
			return cmp.Or(cmp.Compare(a.Block.Height, b.Block.Height), cmp.Compare(a.ID, b.ID))
		}
	})
}

// Change is what a new scan says otherwise than the one before.
type Change struct {
	New  []Tx // confirmed since
	Gone []Tx // no longer in any block: a reorganisation took them away
	Move []Tx // in another block than before, as they are now
}

// Compare returns what changed between the confirmed transactions of two
// scans of one Watch.
func Compare(before, after []Tx) Change {
	old := make(map[string]Tx, len(before))
	for _, tx := range before {
		if tx.Confirmed() {
			old[tx.ID] = tx
		}
	}
	var c Change
	for _, tx := range after {
		was, known := old[tx.ID]
		switch {
		case !tx.Confirmed():
			continue
		case !known:
			c.New = append(c.New, tx)
		case was.Block != tx.Block:
			c.Move = append(c.Move, tx)
		}
		delete(old, tx.ID)
	}
	c.Gone = inOrder(old)
	return c
}
