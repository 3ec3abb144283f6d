package exchange

import (
	"context"
	"slices"
	"time"
)

// Behind says how a list is walked that comes newest first and is asked for
// behind a row that is known.
type Behind struct {
	Start time.Time     // the exchange had no records before
	Back  time.Duration // how far back the next pass goes; 0 is Overlap
	Reach time.Duration // how far back the exchange answers; 0 is from the beginning
	// Limit is the most rows of a page where the next one is asked for behind a
	// time: more than that of one moment are passed over and said to be missed.
	// It is 0 where it is asked for behind an id.
	Limit int
}

// behind is the cursor of such a walk.
type behind struct {
	After string `json:"after,omitempty"` // the row passed last
	Begun int64  `json:"begun,omitempty"` // when the pass began, ms
	Until int64  `json:"until,omitempty"` // when the last complete pass began
	Since int64  `json:"since,omitempty"` // where coverage begins
	Last  int64  `json:"last,omitempty"`  // when the row passed last was, ms

	Missed moments `json:"missed,omitempty"`
}

// WalkBehind fetches the next page of a list that comes newest first. Each page
// is asked for behind the oldest row of the one before, so that rows that come
// in meanwhile move nothing. A pass ends with a page without rows, or behind
// the rows that the last one saw settled. name is how the exchange refers to a
// record.
func WalkBehind(ctx context.Context, b Behind, cursor string, now time.Time, fetch func(ctx context.Context, after string) (records []Record, oldest string, err error)) (Page, error) {
	var p behind
	if err := decode(cursor, &p); err != nil {
		return Page{}, err
	}
	if p.Begun == 0 {
		p.Begun = now.UnixMilli()
		// What became unreachable since the last pass is a gap: coverage begins
		// anew behind it.
		if first := now.Add(-b.Reach).UnixMilli(); b.Reach > 0 && p.Until < first {
			p.Since, p.Until = first, 0
		}
	}
	records, oldest, err := fetch(ctx, p.After)
	if err != nil {
		return Page{}, err
	}
	page := Page{Records: records, More: len(records) > 0}
	if p.Until > 0 {
		stop := time.UnixMilli(p.Until).Add(-max(b.Back, Overlap))
		page.More = page.More && !slices.ContainsFunc(records, func(r Record) bool { return r.Time.Before(stop) })
	}
	if last, ok := Oldest(records); ok {
		// The page before ended in the moment that fills this one.
		if ms := last.Time.UnixMilli(); ms == p.Last && full(records, b.Limit) {
			p.Missed = p.Missed.add(ms)
		}
		p.Last = last.Time.UnixMilli()
	}
	p.After = oldest
	if !page.More {
		p = behind{Until: p.Begun, Since: p.Since, Missed: p.Missed}
	}
	if p.Until > 0 {
		page.From, page.To = b.Start, time.UnixMilli(p.Until).UTC()
		if p.Since > 0 {
			page.From = time.UnixMilli(p.Since).UTC()
		}
	}
	page.Next, err = encode(p)
	return page, err
}

// Oldest returns the record to go on behind: the oldest, of several of one
// moment the one that the page has last.
func Oldest(records []Record) (r Record, ok bool) {
	for i := range records {
		if !ok || !records[i].Time.After(r.Time) {
			r, ok = records[i], true
		}
	}
	return r, ok
}
