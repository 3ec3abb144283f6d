package report

import (
	"bytes"
	"cmp"
	"io"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// The names of the documents.
const (
	resultSchema  = "ledgersys.result/1"
	lotsSchema    = "ledgersys.lots/1"
	explainSchema = "ledgersys.explain/1"
)

// WriteJSON writes one ledgersys.result/1 object. It is streamed: memory does
// not grow with the return. Each element of a list stands on its own line.
func WriteJSON(w io.Writer, v View) error {
	d := newDocument(w, v)
	d.head()
	d.inputs()
	d.list("disposals", len(v.Disposals), func(i int) { d.disposal(v.offset + i) })
	d.list("income", len(v.Income), func(i int) { d.income(&v.Income[i]) })
	d.totals()
	d.remaining()
	d.list("issues", len(v.Issues), func(i int) { d.issue(&v.Issues[i]) })
	d.buf = append(d.buf, "\n}\n"...)
	return d.close()
}

// document writes the parts of a return as JSON.
type document struct {
	out
	view  View
	r     *tax.Return
	ids   *tax.DisposalIDs
	files [][]byte // for each source `{"file":"name","line":`
	order []int32  // scratch of sorted
}

func newDocument(w io.Writer, v View) *document {
	d := &document{out: newOut(w), view: v, r: v.Return, ids: tax.NewDisposalIDs(v.Return)}
	for i := range v.Return.Book.Sources {
		f := appendText(nil, `{"file":`, v.Return.Book.Sources[i].Name)
		d.files = append(d.files, append(f, `,"line":`...))
	}
	return d
}

// list writes an array under a key.
func (d *document) list(key string, n int, element func(i int)) {
	d.buf = append(append(append(d.buf, ",\n\""...), key...), "\":["...)
	for i := range n {
		if i > 0 {
			d.buf = append(d.buf, ',')
		}
		d.buf = append(d.buf, '\n')
		element(i)
		d.spill()
	}
	if n > 0 {
		d.buf = append(d.buf, '\n')
	}
	d.buf = append(d.buf, ']')
}

func (d *document) head() {
	b := appendText(d.buf, `{"schema":`, resultSchema)
	b = appendText(b, `,"engine":`, d.view.Engine)
	b = appendText(b, `,"rules":`, d.r.Rules.Version)
	b = appendText(b, `,"country":`, d.r.Rules.Country)
	b = appendText(b, `,"method":`, d.r.Method.Short())
	b = appendText(b, `,"currency":`, d.r.Currency)
	d.buf = appendText(b, `,"timezone":`, d.r.Zone)
}

func (d *document) inputs() {
	list := d.r.Book.Sources
	d.list("inputs", len(list), func(i int) {
		s := &list[i]
		b := appendText(d.buf, `{"name":`, s.Name)
		b = appendText(b, `,"format":`, s.Format)
		b = appendText(b, `,"sha256":`, s.SHA256)
		b = appendCount(b, `,"rows":`, s.Rows)
		b = appendCount(b, `,"events":`, s.Events)
		b = appendCount(b, `,"merged":`, s.Merged)
		b = appendCount(b, `,"duplicate":`, s.Duplicate)
		b = appendCount(b, `,"ignored":`, s.Ignored)
		b = appendCount(b, `,"held":`, s.Held)
		d.buf = append(b, '}')
	})
}

// disposal writes the i-th disposal of the return.
func (d *document) disposal(i int) {
	p := &d.r.Disposals[i]
	d.buf = appendHash(d.buf, `{"id":`, d.ids.ID(i))
	events := d.sorted(p.Events, p.Event)
	if len(events) > 1 {
		d.several(events)
	} else {
		d.buf = appendHash(d.buf, `,"tx":`, d.r.Book.Events[p.Event].ID)
		d.buf = appendText(d.buf, `,"account":`, accountOf(d.r, p))
	}
	b := appendText(d.buf, `,"asset":`, p.Asset)
	b = appendDay(b, `,"date":`, p.Date)
	b = append(b, `,"time":"`...)
	b = d.r.Book.Events[events[0]].At.AppendTo(b)
	b = append(b, `","kind":"`...)
	b = append(append(b, p.Kind.String()...), '"')
	b = appendFigure(b, `,"amount":`, p.Amount)
	b = appendKnown(b, `,"proceeds":`, knownOf(p, p.Proceeds))
	b = appendFigure(b, `,"fees":`, p.Fees)
	b = appendFigure(b, `,"cost":`, p.Cost)
	b = appendKnown(b, `,"gain":`, knownOf(p, p.Gain()))
	b = appendBool(b, `,"taxable":`, p.Taxable)
	b = append(b, `,"basis":"`...)
	b = append(b, p.Basis.String()...)
	d.buf = append(b, `","legs":[`...)
	for k := range p.Legs {
		if k > 0 {
			d.buf = append(d.buf, ',')
		}
		d.leg(p, &p.Legs[k])
	}
	b = appendFigure(d.buf, `],"denied_loss":`, p.Denied)
	d.buf = appendFigure(b, `,"restricted_loss":`, p.Restricted)
	d.sources(`,"source":`, d.sorted(p.Events, p.Event))
	d.buf = append(d.buf, '}')
}

// knownOf returns a figure that follows from the proceeds of a disposal, or nil
// where nobody knows them.
func knownOf(p *tax.Disposal, a money.Amount) *money.Amount {
	if p.Unknown {
		return nil
	}
	return &a
}

// several writes the events and accounts of a merged disposal.
func (d *document) several(events []int32) {
	d.hashes(`,"txs":`, events)
	names := make([]string, 0, 4)
	for _, e := range events {
		name := d.r.Book.Events[e].Account
		if at, ok := slices.BinarySearch(names, name); !ok {
			names = slices.Insert(names, at, name)
		}
	}
	b := append(d.buf, `,"accounts":[`...)
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, name)
	}
	d.buf = append(b, ']')
}

// leg writes a leg of p.
func (d *document) leg(p *tax.Disposal, l *tax.Leg) {
	b := append(d.buf, `{"rule":"`...)
	b = append(append(b, l.Rule.String()...), '"')
	b = appendDay(b, `,"acquired":`, l.Acquired)
	b = appendFigure(b, `,"amount":`, l.Amount)
	b = appendKnown(b, `,"proceeds":`, knownOf(p, l.Proceeds))
	b = appendFigure(b, `,"fees":`, l.Fees)
	b = appendFigure(b, `,"cost":`, l.Cost)
	b = appendKnown(b, `,"gain":`, knownOf(p, l.Gain()))
	if term := termWord(d.r.Rules, l.Term); term != "" {
		b = appendText(b, `,"term":`, term)
	}
	if l.Lot == tax.NoEvent {
		b = append(b, `,"lot":null`...)
	} else {
		b = appendHash(b, `,"lot":`, d.r.Book.Events[l.Lot].ID)
	}
	d.buf = b
	events := d.sorted(l.Events(), l.Lot)
	if len(l.Events()) > 0 || l.Lot == tax.NoEvent && l.Rule != tax.RuleMissing {
		d.hashes(`,"events":`, events)
	}
	d.sources(`,"source":`, events)
	if !l.Restricted().IsZero() {
		d.buf = appendFigure(d.buf, `,"restricted_loss":`, l.Restricted())
	}
	d.buf = append(d.buf, '}')
}

// sorted returns events, or the one that stands alone if there are none, by
// time and then id, so that the order of rows of one time does not show. The
// slice is good until the next call.
func (d *document) sorted(events []int32, alone int32) []int32 {
	if len(events) == 0 {
		d.order = d.order[:0]
		if alone != tax.NoEvent {
			d.order = append(d.order, alone)
		}
		return d.order
	}
	all := d.r.Book.Events
	compare := func(a, b int32) int {
		x, y := &all[a], &all[b]
		return cmp.Or(cmp.Compare(x.At, y.At), bytes.Compare(x.ID[:], y.ID[:]))
	}
	if slices.IsSortedFunc(events, compare) {
		return events
	}
	d.order = append(d.order[:0], events...)
	slices.SortFunc(d.order, compare)
	return d.order
}

// hashes writes the ids of events as an array.
func (d *document) hashes(key string, events []int32) {
	d.buf = append(append(d.buf, key...), '[')
	for i, e := range events {
		if i > 0 {
			d.buf = append(d.buf, ',')
		}
		d.buf = appendHash(d.buf, "", d.r.Book.Events[e].ID)
		d.spill()
	}
	d.buf = append(d.buf, ']')
}

// sources writes the rows behind events as an array of places.
func (d *document) sources(key string, events []int32) {
	d.buf = append(append(d.buf, key...), '[')
	first := true
	for _, i := range events {
		e := &d.r.Book.Events[i]
		if int(e.Origin.File) >= len(d.files) {
			continue
		}
		if !first {
			d.buf = append(d.buf, ',')
		}
		first = false
		d.origin(e)
		d.spill()
	}
	d.buf = append(d.buf, ']')
}

// origin writes the places of one event: lines of its file, or records of its
// linked account.
func (d *document) origin(e *ledger.Event) {
	more := e.Extra()
	if len(more.Records) > 0 {
		for i, r := range more.Records {
			if i > 0 {
				d.buf = append(d.buf, ',')
			}
			d.record(r)
		}
		return
	}
	d.place(e.Origin.File, e.Origin.Line)
	for _, line := range more.Lines {
		d.buf = append(d.buf, ',')
		d.place(e.Origin.File, line)
	}
}

func (d *document) record(r ledger.Ref) {
	d.buf = appendText(d.buf, `{"endpoint":`, r.Endpoint)
	d.buf = append(appendText(d.buf, `,"id":`, r.ID), '}')
}

func (d *document) place(file, line uint32) {
	d.buf = append(d.buf, d.files[file]...)
	d.buf = append(appendCount(d.buf, "", int(line)), '}')
}

func (d *document) income(in *tax.Income) {
	b := appendHash(d.buf, `{"tx":`, d.r.Book.Events[in.Event].ID)
	b = appendDay(b, `,"date":`, in.Date)
	b = appendText(b, `,"asset":`, in.Asset)
	b = appendFigure(b, `,"amount":`, in.Amount)
	value := &in.Value
	if in.Unknown {
		value = nil
	}
	b = appendKnown(b, `,"value":`, value)
	d.buf = appendText(b, `,"kind":`, in.Kind)
	d.sources(`,"source":`, d.sorted(nil, in.Event))
	d.buf = append(d.buf, '}')
}

// totals writes the object of tax years. Figures that were computed without
// events, from given ones, are all that their year shows.
func (d *document) totals() {
	d.buf = append(d.buf, ",\n\"totals\":{"...)
	for i := range d.view.Years {
		y := &d.view.Years[i]
		if i > 0 {
			d.buf = append(d.buf, ',')
		}
		b := append(appendString(append(d.buf, '\n'), y.Label), ":{"...)
		if len(d.r.Book.Events) > 0 {
			b = appendYear(b, y)
		}
		for k, c := range y.Answers {
			if k > 0 || len(d.r.Book.Events) > 0 {
				b = append(b, ',')
			}
			b = appendText(append(appendString(b, c.Key), ':'), "", c.Text)
		}
		d.buf = append(b, '}')
	}
	if len(d.view.Years) > 0 {
		d.buf = append(d.buf, '\n')
	}
	d.buf = append(d.buf, '}')
}

func appendYear(b []byte, y *tax.Year) []byte {
	b = appendCount(b, `"disposals":`, y.Disposals)
	b = appendFigure(b, `,"proceeds":`, y.Proceeds)
	b = appendFigure(b, `,"fees":`, y.Fees)
	b = appendFigure(b, `,"cost":`, y.Cost)
	b = appendFigure(b, `,"gains":`, y.Gains)
	b = appendFigure(b, `,"losses":`, y.Losses)
	b = appendFigure(b, `,"net":`, y.Net())
	if y.HasIncome {
		b = appendFigure(b, `,"income":`, y.Income)
	}
	for _, f := range y.Extra {
		b = append(appendString(append(b, ','), f.Key), ':')
		b = appendFigure(b, "", f.Amount)
	}
	return b
}

// remaining writes what is left.
func (d *document) remaining() {
	account, lots, unnamed := perAccount(d.r), hasLots(d.r), onlyDocuments(d.r.Book)
	d.list("remaining", len(d.view.Remaining), func(i int) {
		h := &d.view.Remaining[i]
		b := appendText(d.buf, `{"asset":`, h.Asset)
		switch {
		case account && unnamed && h.Account == ledger.DefaultAccount:
			b = append(b, `,"account":""`...)
		case account:
			b = appendText(b, `,"account":`, h.Account)
		}
		b = appendFigure(b, `,"amount":`, h.Amount)
		d.buf = appendFigure(b, `,"cost":`, h.Cost)
		if lots {
			d.lots(h.Lots)
		}
		d.buf = append(d.buf, '}')
	})
}

// onlyDocuments reports whether all of a book comes from Ledger JSON, in which
// what is absent is empty: what lies in an account that no event names is shown
// without one.
func onlyDocuments(b *ledger.Book) bool {
	return !slices.ContainsFunc(b.Sources, func(s ledger.Source) bool { return s.Format != ledger.JSONFormat })
}

func (d *document) lots(list []tax.Lot) {
	d.buf = append(d.buf, `,"lots":[`...)
	for i := range list {
		l := &list[i]
		if i > 0 {
			d.buf = append(d.buf, ',')
		}
		b := appendDay(d.buf, `{"acquired":`, l.Acquired)
		b = appendFigure(b, `,"amount":`, l.Amount)
		b = appendFigure(b, `,"cost":`, l.Cost)
		d.buf = append(appendHashOrNull(b, `,"lot":`, d.r.Book, l.Event), '}')
		d.spill()
	}
	d.buf = append(d.buf, ']')
}

func (d *document) issue(is *tax.Issue) {
	b := appendText(d.buf, `{"code":`, is.Code)
	b = appendText(b, `,"severity":`, is.Severity.String())
	b = appendHashOrNull(b, `,"tx":`, d.r.Book, is.Event)
	b = append(b, `,"source":`...)
	d.buf = b
	if is.Event != tax.NoEvent && int(d.r.Book.Events[is.Event].Origin.File) < len(d.files) {
		e := &d.r.Book.Events[is.Event]
		if records := e.Extra().Records; len(records) > 0 {
			d.record(records[0])
		} else {
			d.place(e.Origin.File, e.Origin.Line)
		}
	} else {
		d.buf = append(d.buf, "null"...)
	}
	b = appendText(d.buf, `,"message":`, is.Message)
	if is.Stake {
		b = appendFigure(b, `,"at_stake":{"low":`, is.Low)
		b = append(appendFigure(b, `,"high":`, is.High), '}')
	}
	d.buf = append(b, '}')
}

// appendHashOrNull appends the id of an event of a book, or null for none.
func appendHashOrNull(b []byte, key string, book *ledger.Book, event int32) []byte {
	if event == tax.NoEvent {
		return append(append(b, key...), "null"...)
	}
	return appendHash(b, key, book.Events[event].ID)
}
