package link

import (
	"strings"

	"github.com/ledgersys/ledgersys/internal/chain"
)

// Preview is what a wallet would be watched as, for its owner to compare with
// what the wallet itself shows.
type Preview struct {
	Kind     chain.Kind
	Branches []PreviewBranch
}

// PreviewBranch is the beginning of a row of addresses.
type PreviewBranch struct {
	Name   string // as "wpkh/0"
	Ranged bool
	Path   string // of the addresses, as far as it is known
	First  []string
}

// Preview derives the first addresses of what is to be watched. Nothing is
// asked of any node and nothing is kept.
func (w *Wallets) Preview(kind chain.Kind, value string, as chain.Script, first int) (Preview, error) {
	value = strings.TrimSpace(value)
	if w.Private(chain.Suspect(kind, value)) {
		return Preview{}, refusePrivate()
	}
	watch, err := chain.ParseAs(kind, value, as, w.Network)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Kind: watch.Kind}
	for i := range watch.Branches {
		b := &watch.Branches[i]
		row := PreviewBranch{Name: b.Name, Ranged: b.Ranged, Path: b.Path}
		for n := range uint32(first) { // #nosec G115 -- a handful
			a, err := b.Address(n)
			if err != nil {
				break // BIP32 leaves an index out once in 2^127; the rest is enough to compare
			}
			if row.First = append(row.First, a); !b.Ranged {
				break
			}
		}
		p.Branches = append(p.Branches, row)
	}
	return p, nil
}
