package filing

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// Own makes own transfers of the withdrawals and deposits of a book that are
// two ends of one transaction: cost and date of acquisition move along, and
// neither end is in doubt any more. What a person took apart stays two events.
// The book is taken over.
func Own(book *ledger.Book, apart []reconcile.Ends) *ledger.Book {
	book.Events = reconcile.Join(book.Events, reconcile.Decided(book.Events, apart))
	return book
}

// decisionsSchema names the file of decisions.
const decisionsSchema = "ledgersys.decisions/1"

// decisions is the file of what people decided about a book. The command line
// takes it, and the service writes it, so that both compute from the same.
type decisions struct {
	Schema string `json:"schema"`
	Apart  []ends `json:"apart"`
}

type ends struct {
	Out hexID `json:"out"`
	In  hexID `json:"in"`
}

// hexID is the id of an event as results write it.
type hexID ledger.ID

// MarshalText implements encoding.TextMarshaler.
func (h hexID) MarshalText() ([]byte, error) { return ledger.ID(h).AppendTo(nil), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *hexID) UnmarshalText(text []byte) error {
	id, err := ledger.ParseID(string(text))
	*h = hexID(id)
	return err
}

// WriteDecisions writes what was decided as the file that --decisions takes.
func WriteDecisions(w io.Writer, apart []reconcile.Ends) error {
	d := decisions{Schema: decisionsSchema, Apart: make([]ends, len(apart))}
	for i, a := range apart {
		d.Apart[i] = ends{hexID(a.Out), hexID(a.In)}
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(d)
}

// ReadDecisions reads the file of decisions. What it does not know is refused:
// a decision must not be passed over.
func ReadDecisions(text []byte) (apart []reconcile.Ends, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	var in decisions
	if err := d.Decode(&in); err != nil {
		return nil, fmt.Errorf("not a file of decisions: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("not a file of decisions: something stands behind it")
	}
	if in.Schema != decisionsSchema {
		return nil, fmt.Errorf("schema %q: not %s", in.Schema, decisionsSchema)
	}
	for i, a := range in.Apart {
		e := reconcile.Ends{Out: ledger.ID(a.Out), In: ledger.ID(a.In)}
		if e.Out.IsZero() || e.In.IsZero() {
			return nil, fmt.Errorf("pair %d: out and in are needed", i+1)
		}
		apart = append(apart, e)
	}
	return apart, nil
}
