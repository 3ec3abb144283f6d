package exchange

import (
	"slices"
	"time"
)

// Verdict is what is known about a key.
type Verdict string

// The verdicts. The zero Verdict is CannotTell in effect: nothing but ReadOnly
// lets a key be stored without the person's own statement.
const (
	ReadOnly   Verdict = "read_only"
	Refuse     Verdict = "refuse"      // it may do more than read, or it cannot read
	CannotTell Verdict = "cannot_tell" // the answer says nothing about rights
)

// Rights are what a key may do, as the exchange tells it.
type Rights struct {
	Verdict  Verdict
	Found    []string // all rights, in the exchange's words
	TooMuch  []string // those beyond reading, unknown ones included
	Missing  []string // rights to read that the key lacks
	IPs      []string // addresses that it is bound to
	IPBound  bool
	IPTold   bool      // whether the exchange tells whether it is bound
	Expires  time.Time // zero: never, or not told
	Warnings []string  // what a person should know: history limited, one portfolio only
}

// Unknown is the name of a right that is missing or of a form that nobody
// expected, for TooMuch.
const Unknown = "unknown"

// Decide sets the verdict from what was found: any right too much, or none to
// read, refuses.
func (r *Rights) Decide() Rights {
	slices.Sort(r.Found)
	r.TooMuch = sorted(r.TooMuch)
	r.Missing = sorted(r.Missing)
	r.Verdict = ReadOnly
	if len(r.TooMuch) > 0 || len(r.Missing) > 0 {
		r.Verdict = Refuse
	}
	return *r
}

func sorted(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// NoVerdict are the rights of an answer that does not tell any.
func NoVerdict() Rights { return Rights{Verdict: CannotTell} }
