package exchange

import (
	"slices"
	"time"
)

// moments are times of which an exchange may have more records than one answer
// holds, and gives no way to ask for the rest. They stand in the cursor of a
// walk, for good: what lies there cannot be called complete.
type moments []int64

// add notes a moment.
func (m moments) add(ms int64) moments {
	if slices.Contains(m, ms) {
		return m
	}
	return append(m, ms)
}

// missing is the part of any cursor that tells what was missed.
type missing struct {
	Missed moments           `json:"missed"`
	Parts  string            `json:"parts"` // a cursor within
	Sub    map[string]string `json:"sub"`   // cursors within
}

// Missed returns the moments behind a cursor of which there may be more records
// than were given, in order.
func Missed(cursor string) []time.Time {
	all := missed(cursor)
	slices.Sort(all)
	out := make([]time.Time, 0, len(all))
	for _, ms := range slices.Compact(all) {
		out = append(out, time.UnixMilli(ms).UTC())
	}
	return out
}

func missed(cursor string) moments {
	var m missing
	if cursor == "" || decode(cursor, &m) != nil {
		return nil // of another form: it tells nothing
	}
	all := append(slices.Clone(m.Missed), missed(m.Parts)...)
	for _, sub := range m.Sub {
		all = append(all, missed(sub)...)
	}
	return all
}

// full reports whether a page holds as many records as an answer has at most,
// all of one moment: there may be more of it.
func full(records []Record, limit int) bool {
	if limit == 0 || len(records) < limit {
		return false
	}
	at := records[0].Time.UnixMilli()
	return !slices.ContainsFunc(records, func(r Record) bool { return r.Time.UnixMilli() != at })
}
