package chain

import (
	"fmt"
	"slices"

	"github.com/btcsuite/btcd/btcutil/v2/hdkeychain"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// Script is how the keys of a wallet become addresses.
type Script string

// The scripts of single keys. AnyScript is what an extended key says itself;
// of a plain xpub, which says nothing, all of them are looked for.
const (
	AnyScript Script = ""
	Legacy    Script = "pkh"     // BIP44, 1…
	Nested    Script = "sh-wpkh" // BIP49, 3…
	SegWit    Script = "wpkh"    // BIP84, bc1q…
	Taproot   Script = "tr"      // BIP86, bc1p…
)

// script checks a choice.
func (s Script) script(kind Kind) (script, error) {
	if s == AnyScript {
		return anyScript, nil
	}
	of := script(slices.Index(scriptNames[:], string(s))) // #nosec G115 -- a handful; -1 is refused below
	if kind != XPub || of < pkh || of > tr {
		return 0, fault.Coded(fault.Invalid, "bad_script", nil,
			"A script type is one of pkh, sh-wpkh, wpkh and tr, and is chosen for an extended public key only: descriptors and addresses say it themselves.")
	}
	return of, nil
}

// purposes are the first steps of paths by script (BIP43).
var purposes = [...]int{pkh: 44, shWpkh: 49, wpkh: 84, tr: 86}

// path is the path of the addresses below a key, from the master key if the
// key is that of an account as wallets make it.
func (p parser) path(key *hdkeychain.ExtendedKey, kind script, below string) string {
	const hardened = hdkeychain.HardenedKeyStart
	if n := key.ChildIndex(); key.Depth() == 3 && n >= hardened {
		return fmt.Sprintf("m/%d'/%d'/%d'%s/*", purposes[kind], p.params.HDCoinType, n-hardened, below)
	}
	return "…" + below + "/*"
}
