package ledgersys

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// JSONName is the name of the lossless native format.
const JSONName = ledger.JSONFormat

// JSONTitle is its name for people.
const JSONTitle = "Ledger JSON"

// ErrJSON reports a file that is not Ledger JSON as a whole.
var ErrJSON = errors.New("not Ledger JSON")

const (
	maxEvent = 1 << 20 // bytes of one event
	maxShown = 2000    // bytes of an event that are shown
)

// Document is a Ledger JSON file: what it says about the computation, and its
// events, not read yet. Keys that a Ledger JSON file does not have are
// ignored, so that test vectors are documents as they stand.
type Document struct {
	Schema       int
	Jurisdiction string
	Method       string
	Currency     string
	Timezone     string
	Options      json.RawMessage

	events []rawEvent
}

// rawEvent is the text of an event; it is a part of the document's.
type rawEvent struct {
	line int
	data []byte
}

// IsJSON reports whether a file begins like Ledger JSON.
func IsJSON(head []byte) bool {
	head = bytes.TrimLeft(withoutMark(head), " \t\r\n")
	return len(head) > 0 && head[0] == '{'
}

func withoutMark(data []byte) []byte { return bytes.TrimPrefix(data, []byte("\ufeff")) }

// Decode reads a document, which keeps data: nothing of it is copied until its
// events are read one by one. The error is ErrJSON with line and column.
func Decode(data []byte) (*Document, error) {
	s := &scanner{data: withoutMark(data)}
	doc, seen := &Document{}, false
	err := s.object(func(key string) error {
		if key == "events" {
			seen = true
			return doc.list(s)
		}
		return doc.field(key, s)
	})
	switch {
	case err != nil:
		return nil, err
	case s.next() != 0:
		return nil, s.fault("something stands behind the closing }")
	case !seen:
		return nil, fmt.Errorf("%w: there is no \"events\" list", ErrJSON)
	case doc.Schema > 1:
		return nil, fmt.Errorf("%w: schema %d is newer than this program; it reads schema 1", ErrJSON, doc.Schema)
	}
	return doc, nil
}

// field reads one value of the object itself.
func (doc *Document) field(key string, s *scanner) error {
	s.next()
	start := s.at
	raw, err := s.value()
	if err != nil {
		return err
	}
	into := map[string]any{
		"schema": &doc.Schema, "jurisdiction": &doc.Jurisdiction, "method": &doc.Method,
		"currency": &doc.Currency, "timezone": &doc.Timezone, "options": &doc.Options,
	}[key]
	if into == nil {
		if !json.Valid(raw) {
			s.at = start
			return s.fault(fmt.Sprintf("the value of %q is not JSON", shown(key)))
		}
		return nil
	}
	if err := json.Unmarshal(raw, into); err != nil {
		s.at = start
		return s.fault(fmt.Sprintf("the value of %q is not what it should be", key))
	}
	return nil
}

// list reads the events with their lines.
func (doc *Document) list(s *scanner) error {
	line, counted := 1, 0
	return s.list(func() error {
		start := s.at
		raw, err := s.value()
		if err != nil {
			return err
		}
		line += bytes.Count(s.data[counted:start], []byte("\n"))
		counted = start
		doc.events = append(doc.events, rawEvent{line, raw})
		return nil
	})
}

// Rows returns the number of events of the document.
func (doc *Document) Rows() int { return len(doc.events) }

// Collect turns the events into the ledger's. cal is the calendar of the tax
// zone, in which a bare date begins.
func (doc *Document) Collect(cal *ledger.Calendar, c *statement.Collector) error {
	c.KeepIDs, c.Tax = true, cal
	for i := range doc.events {
		raw := &doc.events[i]
		c.Given(1)
		ev, id, fault := readEvent(raw.data, cal)
		if fault != nil {
			c.Hold(raw.line, fault.Column, doc.which(i)+fault.Reason)
			continue
		}
		if ev == nil {
			c.Ignore(raw.line, "marked to be ignored")
			continue
		}
		doc.denominate(ev)
		c.AddEvent(ev, id, raw.line)
	}
	return c.Check()
}

// which says which event is meant, where its line alone does not.
func (doc *Document) which(i int) string {
	line := doc.events[i].line
	if i > 0 && doc.events[i-1].line == line || i+1 < len(doc.events) && doc.events[i+1].line == line {
		return fmt.Sprintf("event %d of the list: ", i+1)
	}
	return ""
}

// Raw returns the text of the events that begin on a line, as far as it can be
// shown.
func (doc *Document) Raw(line int) string {
	var parts []string
	size := 0
	for i := range doc.events {
		if e := &doc.events[i]; e.line == line && size < maxShown {
			text := shown(string(e.data[:min(len(e.data), maxShown+1)]))
			parts = append(parts, text)
			size += len(text)
		}
	}
	return shown(strings.Join(parts, ", "))
}

// shown cuts a text to what can be shown.
func shown(s string) string {
	if len(s) > maxShown {
		s = s[:maxShown]
	}
	return strings.ToValidUTF8(s, "\ufffd")
}
