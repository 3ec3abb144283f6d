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

// Numbered is the token of a walk over a list that is asked for by the number
// of the page, 1 the first.
type Numbered struct {
	Page  int    `json:"page"`
	First string `json:"first,omitempty"` // the first row of the page before
	Seen  int    `json:"seen,omitempty"`  // rows passed so far
	Total int    `json:"total,omitempty"` // rows that the exchange said there are
	Again int    `json:"again,omitempty"`
}

// Ask is the page to ask for.
func (n Numbered) Ask() int { return max(n.Page, 1) }

// Step takes the ids of a page and returns where to go on; more is false at
// the end of the list. A page that comes twice is asked for again; if rows came
// or went, or fewer came than there are, the walk begins anew. total is 0 if
// the exchange does not say it: then the end is a page without rows.
func (n Numbered) Step(ids []string, total int) (next Numbered, more bool) {
	again, mayAgain := Numbered{Page: 1, Again: n.Again + 1}, n.Again < tries
	next = Numbered{Page: n.Ask() + 1, Seen: n.Seen + len(ids), Total: total, Again: n.Again}
	if len(ids) > 0 {
		next.First = ids[0]
	}
	switch {
	case n.Page > 1 && n.Total != total && len(ids) > 0 && mayAgain:
		return again, true
	case len(ids) > 0 && n.Page > 1 && ids[0] == n.First && mayAgain:
		n.Again++
		return n, true
	case len(ids) == 0 && next.Seen < max(total, n.Total) && mayAgain:
		return again, true
	case len(ids) == 0, total > 0 && next.Seen >= total:
		return next, false
	}
	return next, true
}

// Chained is the token of a walk over pages each of which names the next.
type Chained struct {
	Next  string `json:"next"`            // the page to ask for; "" is the first
	First string `json:"first,omitempty"` // the first row of the page before
	Again int    `json:"again,omitempty"`
}

// Step takes the ids of a page and what it names as the next one; more is false
// at the end of the list. A page that comes twice is asked for again, and ok is
// false if it comes so too often: what is behind it was not seen.
func (c Chained) Step(ids []string, next string) (then Chained, more, ok bool) {
	switch {
	case c.Next != "" && len(ids) > 0 && ids[0] == c.First:
		return Chained{Next: c.Next, First: c.First, Again: c.Again + 1}, true, c.Again < tries
	case next == "" || next == c.Next || len(ids) == 0:
		return c, false, true
	}
	return Chained{Next: next, First: ids[0], Again: c.Again}, true, true
}
