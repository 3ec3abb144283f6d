package report

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// ErrNoDisposal reports a reference that leads to no disposal.
var ErrNoDisposal = errors.New("no disposal")

// Lookup returns the raw text of a line of a source of the book, and whether
// it is at hand.
type Lookup func(file, line uint32) (raw string, ok bool)

// Find returns the disposal that a reference means, as its index in
// Return.Disposals: the id of a disposal (32 hex digits), the tx of its event
// if no other disposal comes from it, or a form and a row of it, "8949:3" or "8949-2025:3", for any form with a column of disposal ids.
// Row 1 is the first below the header. Without a year in the reference or in
// the view the form must exist for one year only.
func Find(v View, ref string) (int, error) {
	ids := tax.NewDisposalIDs(v.Return)
	name, number, isRow := strings.Cut(ref, ":")
	if isRow {
		id, err := formRow(v, name, number)
		if err != nil {
			return 0, fmt.Errorf("%w %q: %w", ErrNoDisposal, ref, err)
		}
		ref = id
	}
	if i, ok := ids.Find(strings.ToLower(ref)); ok {
		return i, nil
	}
	switch found := ofEvent(v.Return, strings.ToLower(ref)); len(found) {
	case 0:
		return 0, fmt.Errorf("%w %q: give an id as result.json shows it, or a row of a form like 8949:3", ErrNoDisposal, ref)
	case 1:
		return found[0], nil
	default:
		return 0, fmt.Errorf("%w %q: several disposals come from that event, so give the id of one: %s or %s",
			ErrNoDisposal, ref, ids.ID(found[0]), ids.ID(found[1]))
	}
}

// ofEvent returns the disposals that come from the event with an id.
func ofEvent(r *tax.Return, id string) []int {
	at := slices.IndexFunc(r.Book.Events, func(e ledger.Event) bool { return e.ID.String() == id })
	if len(id) != 32 || at < 0 {
		return nil
	}
	var found []int
	for i := range r.Disposals {
		if d := &r.Disposals[i]; d.Event == int32(at) || slices.Contains(d.Events, int32(at)) {
			found = append(found, i)
		}
	}
	return found
}

// formRow returns the disposal id in row number of a form.
func formRow(v View, name, number string) (string, error) {
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 {
		return "", errors.New("a row is a number from 1")
	}
	forms, err := formsOf(v, name)
	switch {
	case err != nil:
		return "", err
	case len(forms) == 0:
		return "", fmt.Errorf("no form %s with disposal ids in the years shown", name)
	case len(forms) > 1:
		return "", fmt.Errorf("several years have a form %s: name the year with --year, or as %s-YEAR:%d", name, name, n)
	}
	p := picker{row: n, column: idColumn(forms[0])}
	forms[0].Rows(&p)
	if p.found == "" {
		return "", fmt.Errorf("form %s has %d rows", name, p.rows)
	}
	return p.found, nil
}

// formsOf returns the forms with a name, bare or with the year behind it, that
// have a column of disposal ids.
func formsOf(v View, name string) ([]tax.Form, error) {
	var found []tax.Form
	for i := range v.Years {
		y := &v.Years[i]
		forms := Generic(during(v.Return, y.Label, y.First, y.Last))
		if v.Return.Rules.Forms != nil {
			own, err := v.Return.Rules.Forms(v.Return, y)
			if err != nil {
				return nil, err
			}
			forms = append(forms, own...)
		}
		for _, f := range forms {
			if (name == f.Name || name == f.Name+"-"+y.Label) && idColumn(f) >= 0 {
				found = append(found, f)
			}
		}
	}
	return found, nil
}

// idColumn returns the column of disposal ids of a form, or -1.
func idColumn(f tax.Form) int {
	for i, name := range f.Header {
		if strings.EqualFold(strings.ReplaceAll(name, "_", " "), "disposal id") {
			return i
		}
	}
	return -1
}

// picker keeps one cell of a form. It implements [tax.RowWriter].
type picker struct {
	row, column int // which cell: the row from 1, the column from 0
	rows, cell  int // where we are
	found       string
}

// Text implements [tax.RowWriter].
func (p *picker) Text(s string) { pick(p, s) }

// Bytes implements [tax.RowWriter].
func (p *picker) Bytes(b []byte) { pick(p, b) }

// ID implements [tax.RowWriter].
func (p *picker) ID(id ledger.ID) {
	var hex [2 * len(id)]byte
	pick(p, id.AppendTo(hex[:0]))
}

// Money implements [tax.RowWriter].
func (p *picker) Money(money.Amount, int) { p.cell++ }

// Units implements [tax.RowWriter].
func (p *picker) Units(money.Amount) { p.cell++ }

// Date implements [tax.RowWriter].
func (p *picker) Date(ledger.Date, tax.DateLayout) { p.cell++ }

// End implements [tax.RowWriter].
func (p *picker) End() { p.rows, p.cell = p.rows+1, 0 }

func pick[T string | []byte](p *picker, s T) {
	if p.rows+1 == p.row && p.cell == p.column {
		p.found = string(s)
	}
	p.cell++
}

// WriteLots writes one ledgersys.lots/1 object: what is left, with its lots,
// and the day at whose end it is.
func WriteLots(w io.Writer, v View) error {
	d := newDocument(w, v)
	d.buf = appendText(d.buf, `{"schema":`, lotsSchema)
	d.buf = appendDay(d.buf, `,"at":`, v.At)
	d.remaining()
	d.buf = append(d.buf, "\n}\n"...)
	return d.close()
}

// WriteExplain writes one ledgersys.explain/1 object: the i-th disposal of the
// return, and each row of a source that it or one of its legs rests on; for a
// pool these are all rows that moved it until then.
func WriteExplain(w io.Writer, v View, i int, raw Lookup) error {
	d := newDocument(w, v)
	d.buf = appendText(d.buf, `{"schema":`, explainSchema)
	d.buf = append(d.buf, ",\n\"disposal\":"...)
	d.disposal(i)
	rows := placesOf(d.r, &d.r.Disposals[i])
	d.list("sources", len(rows), func(k int) {
		p := rows[k]
		src := &d.r.Book.Sources[p.file]
		b := appendText(d.buf, `{"file":`, src.Name)
		b = appendCount(b, `,"line":`, int(p.line))
		b = appendText(b, `,"sha256":`, src.SHA256)
		if text, ok := raw(p.file, p.line); ok {
			b = appendText(b, `,"raw":`, text)
		} else {
			b = append(b, `,"raw":null`...)
		}
		d.buf = append(b, '}')
	})
	d.buf = append(d.buf, "\n}\n"...)
	return d.close()
}

// place is a line of a source of the book.
type place struct{ file, line uint32 }

// placesOf returns the rows that a disposal rests on, each once: its own, then
// those of its legs.
func placesOf(r *tax.Return, p *tax.Disposal) []place {
	var list []place
	seen := make(map[place]bool)
	add := func(events []int32, alone int32) {
		for _, at := range places(r.Book, events, alone) {
			if !seen[at] {
				seen[at] = true
				list = append(list, at)
			}
		}
	}
	add(p.Events, p.Event)
	for i := range p.Legs {
		add(legEvents(r, p, &p.Legs[i]), p.Legs[i].Lot)
	}
	return list
}

// legEvents returns the events that a leg names. A pool names none: there it is
// everything that moved the pool up to the disposal.
func legEvents(r *tax.Return, p *tax.Disposal, l *tax.Leg) []int32 {
	if len(l.Events()) > 0 || !pooled(l.Rule) {
		return l.Events()
	}
	last, own := p.Event, make(map[int32]bool, len(p.Events))
	for _, i := range p.Events {
		last, own[i] = max(last, i), true
	}
	var list []int32
	for i := range last {
		e := &r.Book.Events[i]
		moved := e.Asset == p.Asset || e.Extra().ToAsset == p.Asset
		if moved && e.Kind != ledger.KindTransfer && !own[i] {
			list = append(list, i)
		}
	}
	return list
}

// places returns the rows behind events, or behind the one that stands alone
// if there are none.
func places(book *ledger.Book, events []int32, alone int32) []place {
	if len(events) == 0 && alone != tax.NoEvent {
		events = []int32{alone}
	}
	var list []place
	for _, i := range events {
		e := &book.Events[i]
		if int(e.Origin.File) >= len(book.Sources) {
			continue
		}
		list = append(list, place{e.Origin.File, e.Origin.Line})
		for _, line := range e.Extra().Lines {
			list = append(list, place{e.Origin.File, line})
		}
	}
	return list
}
