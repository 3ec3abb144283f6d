package exchange

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// Overlap is how far back the next run of a stream begins before the end of
// the last one: exchanges show some records up to a day late.
const Overlap = 48 * time.Hour

// Spans says how a stream is walked that is asked for by time.
type Spans struct {
	Start  time.Time     // the exchange had no records before
	Window time.Duration // the longest stretch that one call may ask for; 0 is any
	Reach  time.Duration // how far back the exchange answers; 0 is from the beginning
	Back   time.Duration // how far back the next run begins; 0 is Overlap
}

// Window is a stretch of time to ask for, both ends included, and where inside
// its pages to go on.
type Window struct {
	From, To time.Time
	Token    string // "" is the first page
}

// Batch is a page of a window.
type Batch struct {
	Records []Record
	Token   string // where the next page begins
	More    bool   // whether there is a next page in this window
	Split   bool   // the window holds more than one answer can, and there are no pages: ask for half of it
	Total   int
	Missed  int64 // a moment, in ms, of which there may be more; 0 is none
}

// slack is how far outside of a window the time of a record may lie that
// belongs to it: some are asked for by another of their times.
const slack = 24 * time.Hour

// misses reports whether none of the records can belong to the window, so that
// the answer is that of another one.
func (w Window) misses(records []Record) bool {
	return len(records) > 0 && !slices.ContainsFunc(records, func(r Record) bool {
		return !r.Time.Before(w.From.Add(-slack)) && !r.Time.After(w.To.Add(slack))
	})
}

// place is the cursor of a walk by time, in milliseconds since 1970.
type place struct {
	Since int64  `json:"since"`           // where coverage begins
	Until int64  `json:"until"`           // what is covered up to
	End   int64  `json:"end,omitempty"`   // of the pass under way; 0 between two
	From  int64  `json:"from,omitempty"`  // of the window under way
	To    int64  `json:"to,omitempty"`    // of a window that was split
	Token string `json:"token,omitempty"` // inside that window
	Again int    `json:"again,omitempty"` // how often its page was another one

	Missed moments `json:"missed,omitempty"`
}

// Walk fetches the next page of a stream that is asked for by windows of time,
// from the oldest to the newest. A pass ends at the time at which it began; the
// next one begins Overlap before that. The time up to which all is covered
// moves only when a window is complete.
func Walk(ctx context.Context, s Spans, cursor string, now time.Time, fetch func(context.Context, Window) (Batch, error)) (Page, error) {
	p, err := s.open(cursor, now)
	if err != nil {
		return Page{}, err
	}
	w := Window{From: time.UnixMilli(p.From).UTC(), To: time.UnixMilli(s.end(p)).UTC(), Token: p.Token}
	batch, err := fetch(ctx, w)
	if err != nil {
		return Page{}, err
	}
	page := Page{Records: batch.Records, Total: batch.Total, More: true}
	if batch.Missed > 0 {
		p.Missed = p.Missed.add(batch.Missed)
	}
	half := p.From + w.To.Sub(w.From).Milliseconds()/2
	switch {
	case w.misses(batch.Records) && p.Again < tries: // a page that came before: ask again
		p.Again++
	case batch.More:
		p.Token = batch.Token
	case batch.Split && half > p.From:
		p.To = half
	default:
		p.Token, p.To, p.Again = "", 0, 0
		p.Until = max(p.Until, w.To.UnixMilli())
		p.From = w.To.UnixMilli()
		if p.From >= p.End {
			p.End, p.From, page.More = 0, 0, false
		}
	}
	if p.Until > p.Since {
		page.From, page.To = time.UnixMilli(p.Since).UTC(), time.UnixMilli(p.Until).UTC()
	}
	page.Next, err = encode(p)
	return page, err
}

// open reads a cursor and begins a pass if none is under way.
func (s Spans) open(cursor string, now time.Time) (place, error) {
	var p place
	if err := decode(cursor, &p); err != nil {
		return p, err
	}
	start := s.Start.UnixMilli()
	if s.Reach > 0 {
		start = max(start, now.Add(-s.Reach).UnixMilli())
	}
	if cursor == "" {
		p = place{Since: start, Until: start}
	}
	if p.End == 0 {
		p.End = max(now.UnixMilli(), p.Until)
		p.From = max(p.Until-s.back().Milliseconds(), p.Since)
	}
	// What became unreachable while the walk stood still is a gap: coverage
	// begins anew behind it.
	if p.From < start {
		if p.Until < start {
			p.Since, p.Until = start, start
		}
		p.From, p.To, p.Token = start, 0, ""
	}
	return p, nil
}

func (s Spans) back() time.Duration {
	if s.Back > 0 {
		return s.Back
	}
	return Overlap
}

// end is the end of the window under way.
func (s Spans) end(p place) int64 {
	switch {
	case p.To > 0:
		return p.To
	case s.Window == 0:
		return p.End
	}
	return min(p.End, p.From+s.Window.Milliseconds())
}

// parts is the cursor of a walk over several lists.
type parts struct {
	Names []string          `json:"names,omitempty"` // of the pass under way
	Found bool              `json:"found,omitempty"` // whether one of them was there
	At    int               `json:"at,omitempty"`
	Sub   map[string]string `json:"sub,omitempty"` // the cursor of each list
	From  map[string]int64  `json:"from,omitempty"`
	To    map[string]int64  `json:"to,omitempty"`
	Since int64             `json:"since,omitempty"`
	Until int64             `json:"until,omitempty"`
}

// emptyPages is how many pages without a record WalkParts passes over before
// it hands one on, so that progress is stored now and then.
const emptyPages = 10

// lostAtOnce is how many lists, the first of a pass, may be lost before the
// call itself is taken to be lost.
const lostAtOnce = 50

// WalkParts fetches the next page of a stream that is made of several lists:
// one for each account or symbol. list names them when a pass begins; page
// fetches a page of one of them. Lists that a pass does not name keep their
// cursor for later, and so do lists that the exchange names and does not know
// when it is asked for them: the time that all lists have covered then stays
// where it was. When it knows none of them, the call itself is lost.
func WalkParts(ctx context.Context, cursor string, list func(context.Context) ([]string, error), page func(ctx context.Context, part, cursor string) (Page, error)) (Page, error) {
	var p parts
	if err := decode(cursor, &p); err != nil {
		return Page{}, err
	}
	for _, m := range []*map[string]int64{&p.From, &p.To} {
		if *m == nil {
			*m = make(map[string]int64)
		}
	}
	if p.Sub == nil {
		p.Sub = make(map[string]string)
	}
	if p.At >= len(p.Names) {
		names, err := list(ctx)
		if err != nil {
			return Page{}, err
		}
		p.Names, p.At, p.Found = names, 0, false
	}
	records, err := p.next(ctx, page)
	if err != nil {
		return Page{}, err
	}
	out := Page{Records: records, More: p.At < len(p.Names)}
	if !out.More {
		p.cover()
		p.Names, p.At, p.Found = nil, 0, false
	}
	if p.Until > p.Since {
		out.From, out.To = time.UnixMilli(p.Since).UTC(), time.UnixMilli(p.Until).UTC()
	}
	out.Next, err = encode(p)
	return out, err
}

// next fetches pages, list after list, until one has records or there were
// enough without.
func (p *parts) next(ctx context.Context, page func(ctx context.Context, part, cursor string) (Page, error)) ([]Record, error) {
	var lost error
	for calls := 0; p.At < len(p.Names) && (calls < emptyPages || !p.Found && calls < lostAtOnce); calls++ {
		part := p.Names[p.At]
		got, err := page(ctx, part, p.Sub[part])
		switch {
		case Is(err, NotOffered):
			p.At++
			lost = err
			continue
		case err != nil:
			return nil, err
		}
		p.Found = true
		p.take(part, got)
		if len(got.Records) > 0 {
			return got.Records, nil
		}
	}
	if !p.Found {
		return nil, lost // no place is kept: the next try asks for the names again
	}
	return nil, nil
}

// take keeps where a list stands.
func (p *parts) take(part string, got Page) {
	if got.Next != "" {
		p.Sub[part] = got.Next
	}
	if !got.To.IsZero() {
		p.From[part], p.To[part] = got.From.UnixMilli(), got.To.UnixMilli()
	}
	if !got.More {
		p.At++
	}
}

// cover sets what all lists of a complete pass have covered together. What
// nobody knows of one of them is known of none.
func (p *parts) cover() {
	since, until := p.Since, p.Until
	for i, name := range p.Names {
		from, to := p.From[name], p.To[name]
		if to == 0 {
			return
		}
		if i == 0 {
			since, until = from, to
		}
		since, until = max(since, from), min(until, to)
	}
	p.Since, p.Until = since, until
}

var errCursor = errors.New("cursor not understood")

// decode reads a cursor of ours; "" leaves the value as it is.
func decode(cursor string, into any) error {
	if cursor == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(cursor), into); err != nil {
		return &Fault{Trouble: Unreadable, Err: errCursor}
	}
	return nil
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}

// Decode and Encode read and write cursors of walks of their own.
func Decode(cursor string, into any) error { return decode(cursor, into) }

// Encode writes a cursor.
func Encode(v any) (string, error) { return encode(v) }
