package chain

import (
	"cmp"
	"slices"
)

// Unspent is an output that a wallet holds.
type Unspent struct {
	Outpoint
	Address string
	Sats    int64
	Height  int64 // of the block that it stands in
	// Leaving says that a transaction spends it which waits for a block; until
	// then it counts.
	Leaving bool `json:",omitempty"`
}

// Unspent returns the outputs that stand in blocks and that no transaction in
// a block spends, the newest first. Together they are the Balance.
func (f *Found) Unspent() []Unspent {
	spent := make(map[Outpoint]bool) // true: by a transaction in a block
	for i := range f.Transactions {
		t := &f.Transactions[i]
		for _, o := range t.Spends {
			spent[o] = spent[o] || t.Confirmed()
		}
	}
	var list []Unspent
	for i := range f.Transactions {
		t := &f.Transactions[i]
		if !t.Confirmed() {
			continue
		}
		for n, c := range t.Out {
			if _, mine := f.Addresses[c.Address]; !mine || c.Address == "" {
				continue
			}
			at := Outpoint{t.ID, uint32(n)} // #nosec G115 -- outputs of one transaction
			gone, leaving := spent[at]
			if !gone {
				list = append(list, Unspent{Outpoint: at, Address: c.Address, Sats: c.Sats, Height: t.Block.Height, Leaving: leaving})
			}
		}
	}
	slices.SortFunc(list, func(a, b Unspent) int {
		return cmp.Or(cmp.Compare(b.Height, a.Height), cmp.Compare(a.TxID, b.TxID), cmp.Compare(a.N, b.N))
	})
	return list
}
