package audit

import (
	"fmt"
	"time"
)

// Finding is what is wrong with a chain.
type Finding struct {
	Chain string `json:"chain"`
	Seq   int64  `json:"seq"`  // the first link that is wrong or missing, 0 if it is no link
	What  string `json:"what"` // in words, without anything that a link says
}

// String returns a finding as a line.
func (f Finding) String() string {
	if f.Seq == 0 {
		return fmt.Sprintf("chain %s: %s", f.Chain, f.What)
	}
	return fmt.Sprintf("chain %s: link %d: %s", f.Chain, f.Seq, f.What)
}

// Checker verifies one chain, link by link.
type Checker struct {
	chain   string
	anchors map[int64]Hash // heads that the chain had, by size
	last    Link
	found   *Finding
}

// NewChecker makes a checker of a chain of which heads were signed before.
// Two that contradict each other are the first finding.
func NewChecker(chain string, anchors ...Head) *Checker {
	c := &Checker{chain: chain, anchors: make(map[int64]Hash)}
	for _, a := range anchors {
		if have, ok := c.anchors[a.Size]; ok && have != a.Hash {
			c.find(a.Size, "two signed heads contradict each other")
		}
		c.anchors[a.Size] = a.Hash
	}
	return c
}

func (c *Checker) find(seq int64, what string) {
	if c.found == nil {
		c.found = &Finding{c.chain, seq, what}
	}
}

// Link takes the next link as it is stored, and reports whether all is well so
// far; after a finding there is nothing more to learn.
func (c *Checker) Link(l Link) bool {
	want := c.last.Seq + 1
	switch {
	case c.found != nil:
	case l.Seq != want:
		c.find(want, "it is missing or out of order")
	case l.Prev != c.last.Hash:
		c.find(l.Seq, "it does not follow the one before")
	case l.Hash != l.Sum(c.chain):
		c.find(l.Seq, "it was changed")
	default:
		if a, ok := c.anchors[l.Seq]; ok && a != l.Hash {
			c.find(l.Seq, "it is not the one that was signed: the chain was rewritten")
		}
	}
	c.last = l
	return c.found == nil
}

// Unreadable takes note of a link that cannot be read.
func (c *Checker) Unreadable(seq int64) {
	c.find(seq, "it cannot be read: it was changed, or sealed for another place")
}

// End returns the head of the chain and what was found, nil if all is well.
func (c *Checker) End() (Head, *Finding) {
	for size := range c.anchors {
		if size > c.last.Seq {
			c.find(c.last.Seq+1, fmt.Sprintf("the end is missing: %d links were signed", size))
		}
	}
	return Head{c.chain, c.last.Seq, c.last.Hash}, c.found
}

// Report is what a verification of several chains found.
type Report struct {
	At       time.Time `json:"at"`
	Chains   int       `json:"chains"` // verified
	Links    int64     `json:"links"`
	Findings []Finding `json:"findings"`
}

// OK reports whether nothing was found.
func (r Report) OK() bool { return len(r.Findings) == 0 }

// State is how the daily verification stands.
type State struct {
	Began       time.Time // when verification was first expected
	LastRun     time.Time // when all chains were last verified, well or not; zero if never
	LastSuccess time.Time // when they were last found well
	Findings    []Finding // of the last run, until a run finds them gone
}

// Overdue is how old the last run may be before its absence is an alert.
const Overdue = 26 * time.Hour

// Late reports whether the verification is overdue.
func (s State) Late(now time.Time) bool {
	last := s.LastRun
	if last.IsZero() {
		last = s.Began
	}
	return now.Sub(last) > Overdue
}

// Alert is what the operator must hear at once, and what goes to the operator
// with every day's checkpoint.
type Alert struct {
	Kind     string    `json:"kind"` // Broken, Late or Daily
	At       time.Time `json:"at"`
	Findings []Finding `json:"findings,omitempty"`
	Note     string    `json:"note,omitempty"` // the signed checkpoint
}

// The kinds of alerts.
const (
	Broken = "audit_broken"     // a chain does not verify; Findings say which
	Late   = "audit_late"       // the chains were not verified for too long
	Daily  = "audit_checkpoint" // all is well; Note is what was signed
)
