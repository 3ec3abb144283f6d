package exchange

import (
	"context"
	"time"
)

// After says how a list is walked that is asked for from a time on and answers
// with the oldest rows since then, in any order.
type After struct {
	Start time.Time     // the exchange had no records before
	Back  time.Duration // how far back the next pass begins; 0 is Overlap
	Limit int           // the most rows of a page
}

// after is the cursor of such a walk.
type after struct {
	From  int64 `json:"from"`
	Begun int64 `json:"begun,omitempty"` // when the pass began, ms
	Until int64 `json:"until,omitempty"` // when the last complete pass began
	Again int   `json:"again,omitempty"` // how often a page came that was not asked for

	Missed moments `json:"missed,omitempty"`
}

// WalkAfter fetches the next page of such a list. A pass ends with a page that
// has nothing newer than what it was asked from.
func WalkAfter(ctx context.Context, a After, cursor string, now time.Time, fetch func(ctx context.Context, from time.Time) ([]Record, error)) (Page, error) {
	p := after{From: a.Start.UnixMilli()}
	if err := decode(cursor, &p); err != nil {
		return Page{}, err
	}
	if p.Begun == 0 {
		p.Begun = now.UnixMilli()
	}
	records, err := fetch(ctx, time.UnixMilli(p.From).UTC())
	if err != nil {
		return Page{}, err
	}
	newest, old := p.From, false
	for _, r := range records {
		newest = max(newest, r.Time.UnixMilli())
		old = old || r.Time.UnixMilli() < p.From
	}
	page := Page{Records: records, More: true}
	switch {
	case newest > p.From:
		p.From = newest
	case old && p.Again < tries: // a page that came before
		p.Again++
	case len(records) >= a.Limit:
		p.Missed = p.Missed.add(p.From)
		p.From++
	default:
		page.More = false
		p = after{From: max(p.Begun-max(a.Back, Overlap).Milliseconds(), a.Start.UnixMilli()), Until: p.Begun, Missed: p.Missed}
	}
	if p.Until > 0 {
		page.From, page.To = a.Start, time.UnixMilli(p.Until).UTC()
	}
	page.Next, err = encode(p)
	return page, err
}

// Before is the token of a walk over a list that comes newest first and is
// asked for up to a time. Each page is asked for up to the oldest row of the
// one before.
type Before struct {
	End   int64 `json:"end"` // ms
	Again int   `json:"again,omitempty"`

	// Missed is the moment, in ms, of which the page held as many rows as there
	// may be on one: what else is of it was passed over. 0 is none.
	Missed int64 `json:"-"`
}

// Ask is the time to ask up to, end at first.
func (b Before) Ask(end int64) int64 {
	if b.End > 0 {
		return b.End
	}
	return end
}

// Step takes a page that was asked for up to end; more is false when it has
// nothing older. limit is the most rows of a page: more than that of one
// millisecond are passed over and said to be missed.
func (b Before) Step(records []Record, end int64, limit int) (next Before, more bool) {
	oldest, late := end, false
	for _, r := range records {
		oldest = min(oldest, r.Time.UnixMilli())
		late = late || r.Time.UnixMilli() > end
	}
	switch {
	case late && b.Again < tries: // a page that came before
		return Before{End: b.End, Again: b.Again + 1}, true
	case oldest < end:
		return Before{End: oldest, Again: b.Again}, true
	case len(records) >= limit:
		return Before{End: end - 1, Again: b.Again, Missed: end}, true
	}
	return b, false
}
