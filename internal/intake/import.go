package intake

import (
	"cmp"
	"path"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
)

// State is where an import stands.
type State string

// The states. Staged waits for an answer or for a person's word, Held is
// finished with held rows.
const (
	Staged   State = "staged"
	Running  State = "running"
	Done     State = "done"
	Held     State = "held"
	Failed   State = "failed"
	Reverted State = "reverted"
)

// Counts reports whether the files of an import in this state count.
func (s State) Counts() bool { return s == Done || s == Held }

// Choice is what a person says about the files of an import. Each line is for
// all of them, or "FILE=" and a line for one.
type Choice struct {
	TZ      []string `json:"tz,omitempty"`
	Account []string `json:"account,omitempty"`
}

// Import is files that came together and go together.
type Import struct {
	ID      tenant.ID
	State   State
	Choice  Choice
	Created time.Time
	By      tenant.UserID // zero for jobs and the command line
	Ended   time.Time
	Stored  int    // rows whose events are stored so far
	Failure string // in words, of a failed import
	// Replaces is the import that is reverted in the moment in which this one
	// counts; zero is none.
	Replaces tenant.ID
	Sources  []Source
}

// Rows returns how many rows the files of an import have.
func (m *Import) Rows() (n int) {
	for i := range m.Sources {
		n += m.Sources[i].Rows
	}
	return n
}

// Source is one table of an import: a file, a member of an archive or a
// worksheet. What it holds is the record; the events of its batch are derived
// from it and can be made again at any time.
type Source struct {
	ID       tenant.ID
	Import   tenant.ID
	Place    int       // among the sources of the import
	Original tenant.ID // the sealed file
	Upload   string    // the name under which that came
	Table    int       // which of the tables in it

	Inspected // without held rows; they are in HeldIn
	Title     string
	Sheet     string
	IgnoredBy map[string]int // the rows left out by rule, by reason
	Months    map[string]int // events by month, "2024-05"
	Twin      bool           // another source that counts has the same content

	Choice  Choice // by which its batch was read
	Batch   int64  // of its events; 0 if there are none yet
	HeldIn  int64  // the batch of its held rows; 0 if it has none
	HeldSum string // stands for the held rows
	LostIn  int64  // the batch of the spans of its events that count elsewhere; 0 if all count here
	LostSum string // stands for these spans
	TaxZone string // in which bare dates of the batch begin
	Rank    int    // among the sources that count, by hash; 0 if it does not count
}

// Counts reports whether the source is part of the book, though all its rows
// may be another source's too.
func (src *Source) Counts() bool { return src.Rank > 0 || src.Twin }

// Filter asks for a page of an entity's events in the words of a person.
type Filter struct {
	Limit   int // at most; 0 is 50
	After   Cursor
	Account string // "" is any
	Asset   string // that leaves or arrives; "" is any
	// From and To bound the time: a date of the tax zone, whole, or an
	// instant in RFC 3339; both are included.
	From, To string
}

// Query is a Filter that was understood.
type Query struct {
	Limit    int
	After    Cursor
	Account  string
	Asset    string
	From, To ledger.Instant
	Until    bool // To is given
}

// query understands a filter.
func (f Filter) query(cal *ledger.Calendar) (Query, error) {
	q := Query{Limit: min(max(cmp.Or(f.Limit, 50), 1), MaxPage), After: f.After, Account: f.Account, Asset: f.Asset}
	var err error
	if f.From != "" {
		if q.From, err = moment(f.From, cal, 0); err != nil {
			return q, badMoment("from")
		}
	}
	if f.To != "" {
		q.Until = true
		if q.To, err = moment(f.To, cal, 1); err != nil {
			return q, badMoment("to")
		}
	}
	return q, nil
}

// moment reads an instant, or a date: its beginning, or with days 1 its end.
func moment(s string, cal *ledger.Calendar, days int) (ledger.Instant, error) {
	if at, ok := statement.ParseRFC3339(s); ok {
		return at, nil
	}
	d, err := ledger.ParseDate(s)
	return cal.Midnight(d.AddDays(days)) - ledger.Instant(days), err
}

func badMoment(field string) error {
	return &fault.Fault{
		Kind: fault.Invalid, Code: "not_a_time", Words: "Write a date such as 2024-05-31, or a time with its offset.",
		Details: []fault.Detail{{Pointer: field, Code: "not_a_time", Words: "Neither a date nor a time with its offset."}},
	}
}

// MaxPage is how many events, or imports, one page holds at most.
const MaxPage = 500

// Cursor is the place behind an event in the order of the book. The zero
// Cursor is before the first.
type Cursor struct {
	Set  bool
	At   ledger.Instant
	Rank int
	Seq  int
}

// Listed is an event with where it comes from.
type Listed struct {
	Event   ledger.Event
	Source  tenant.ID
	File    string // name of the source
	TaxZone string // in which a bare date begins
	Cursor  Cursor
}

// EventView is an event as the API shows it: Ledger JSON with the event's
// identity and the place it comes from.
type EventView struct {
	ID string `json:"id"`
	ledgersys.Event
	SourceID string `json:"source_id,omitempty" doc:"The source's own id"`
	Source   Place  `json:"source"`
}

// Place is a row of a file, or a record of a linked account.
type Place struct {
	File     string `json:"file,omitempty"`
	Line     uint32 `json:"line,omitempty"`
	Endpoint string `json:"endpoint,omitempty"`
	ID       string `json:"id,omitempty"`
}

// Place returns where the event comes from.
func (l *Listed) Place() Place {
	if refs := l.Event.Extra().Records; len(refs) > 0 {
		return Place{Endpoint: refs[0].Endpoint, ID: refs[0].ID}
	}
	return Place{File: l.File, Line: l.Event.Origin.Line}
}

// Views returns events as the API shows them.
func Views(list []Listed) ([]EventView, error) {
	views := make([]EventView, len(list))
	writers := make(map[string]ledgersys.Writer)
	for i := range list {
		l := &list[i]
		w, ok := writers[l.TaxZone]
		if !ok {
			zone, err := LoadZone(cmp.Or(l.TaxZone, "UTC"))
			if err != nil {
				return nil, err
			}
			w = ledgersys.Writer{Calendar: ledger.NewCalendar(zone)}
			writers[l.TaxZone] = w
		}
		views[i] = EventView{ID: l.Event.ID.String(), Event: w.Event(&l.Event), SourceID: l.Event.Extra().SourceID, Source: l.Place()}
	}
	return views, nil
}

// split resolves the lines of a choice for one file.
func split(lines []string, file string) (own, all string) {
	for _, line := range lines {
		name, value, named := strings.Cut(line, "=")
		switch {
		case named && path.Base(name) == file:
			own = value
		case !named:
			all = line
		}
	}
	return own, all
}

// choices resolves a choice for an uploaded file.
func (c Choice) choices(file string) (Choices, error) {
	out := Choices{Zones: map[string]*time.Location{}, Accounts: map[string]string{}}
	own, all := split(c.TZ, file)
	for name, zone := range map[string]string{file: own, "": all} {
		if zone == "" {
			continue
		}
		loc, err := LoadZone(zone)
		if err != nil {
			return out, err
		}
		out.Zones[name] = loc
	}
	own, all = split(c.Account, file)
	if own == "" {
		own = all
	}
	if own != "" {
		out.Accounts[file] = own
	}
	return out, nil
}
