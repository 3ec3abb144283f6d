package exchange

import "slices"

// Offset is the token of a walk over a list that is asked for by offset, newest
// or oldest first. Rows that come or go during the walk move all others, and a
// page may come twice or short: so each page is asked for from the last row of
// the page before, and goes on behind that row, wherever it stands.
type Offset struct {
	At    int    `json:"at"`   // rows passed so far
	Last  string `json:"last"` // the row passed last
	Again int    `json:"again,omitempty"`
}

// tries is how often a walk begins again because rows moved under it. What is
// missed even then shows in the certificate of the balance.
const tries = 3

// Ask is the offset to ask for.
func (o Offset) Ask() int { return max(o.At-1, 0) }

// Step takes the ids of a page, in the order of the list, and returns where to
// go on; more is false at the end of the list. total is how many rows the
// exchange says there are, 0 if it does not say.
func (o Offset) Step(ids []string, total int) (next Offset, more bool) {
	again, mayAgain := Offset{Again: o.Again + 1}, o.Again < tries
	next = Offset{At: o.Ask() + len(ids), Again: o.Again}
	if len(ids) > 0 {
		next.Last = ids[len(ids)-1]
	}
	switch {
	case o.At > 0 && !slices.Contains(ids, o.Last) && mayAgain: // rows went away, or the page is another
		return again, true
	case len(ids) == 0, o.At > 0 && len(ids) == 1: // nothing behind the row passed last
		if total > next.At && mayAgain {
			return again, true
		}
		return next, false
	}
	return next, true
}
