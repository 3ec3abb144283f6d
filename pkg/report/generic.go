package report

import (
	"slices"
	"strconv"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Generic returns the forms that every country has: gains with a line for each
// leg, income, holdings, and lots, without rows where the method keeps none.
// Their figures are not rounded; what nobody knows is an empty cell.
func Generic(v View) []tax.Form {
	// Forms may be written at the same time, so each has a state of its own.
	rows := func(write func(*generic, tax.RowWriter)) func(tax.RowWriter) {
		return func(w tax.RowWriter) { write(&generic{view: v, r: v.Return}, w) }
	}
	forms := []tax.Form{
		{
			Name: "gains", Ext: "csv", Rows: rows((*generic).gains),
			Header: []string{
				"date", "asset", "kind", "account", "amount", "proceeds", "fees", "cost", "gain", "currency",
				"rule", "acquired", "term", "taxable", "basis", "denied_loss", "restricted_loss",
				"disposal_id", "source", "lot_source",
			},
		},
		{
			Name: "income", Ext: "csv", Rows: rows((*generic).income),
			Header: []string{"date", "asset", "kind", "account", "amount", "value", "currency", "tx", "source"},
		},
		{
			Name: "holdings", Ext: "csv", Rows: rows((*generic).holdings),
			Header: []string{"asset", "account", "amount", "cost", "currency"},
		},
		{
			Name: "lots", Ext: "csv", Rows: rows((*generic).lots),
			Header: []string{"asset", "account", "acquired", "amount", "cost", "currency", "lot_id", "source"},
		},
	}
	return forms
}

// generic writes the rows of the forms.
type generic struct {
	view View
	r    *tax.Return
	buf  []byte
	seen uint32 // of no meaning; see Return.Ahead
}

// gains writes a row for each leg. What belongs to a disposal as a whole, its
// denied loss, stands in the row of its first leg, so that columns add up.
func (g *generic) gains(w tax.RowWriter) {
	ids := tax.NewDisposalIDs(g.r)
	for i := range g.view.Disposals {
		d := &g.view.Disposals[i]
		id := ids.ID(g.view.offset + i)
		g.seen += g.r.Ahead(g.view.offset + i)
		taxable := "no"
		if d.Taxable {
			taxable = "yes"
		}
		for k := range d.Legs {
			l := &d.Legs[k]
			g.what(w, d, l)
			w.Text(g.r.Currency)
			w.Text(l.Rule.String())
			w.Date(l.Acquired, tax.ISODate)
			w.Text(termWord(g.r.Rules, l.Term))
			w.Text(taxable)
			w.Text(d.Basis.String())
			if k == 0 {
				w.Units(d.Denied)
			} else {
				w.Text("0")
			}
			w.Units(l.Restricted())
			w.ID(id)
			g.place(w, d.Events, only(d))
			g.place(w, l.Events(), l.Lot)
			w.End()
		}
	}
}

// only returns the event of a disposal that did not merge from several.
func only(d *tax.Disposal) int32 {
	if len(d.Events) > 1 {
		return tax.NoEvent
	}
	return d.Event
}

// what writes the cells of a leg that say what was given up, and for what.
func (g *generic) what(w tax.RowWriter, d *tax.Disposal, l *tax.Leg) {
	w.Date(d.Date, tax.ISODate)
	w.Text(d.Asset)
	w.Text(d.Kind.String())
	if len(d.Events) > 1 {
		w.Text(d.Account)
	} else {
		w.Text(accountName(accountOf(g.r, d)))
	}
	w.Units(l.Amount)
	if d.Unknown {
		w.Text("")
	} else {
		w.Units(l.Proceeds)
	}
	w.Units(l.Fees)
	w.Units(l.Cost)
	if d.Unknown {
		w.Text("")
	} else {
		w.Units(l.Gain())
	}
}

// place writes the row behind an event. Of several events the first row stands
// for all, with how many more there are.
func (g *generic) place(w tax.RowWriter, events []int32, alone int32) {
	if len(events) > 0 {
		alone = slices.Min(events)
	}
	if alone == tax.NoEvent {
		w.Text("")
		return
	}
	g.buf = appendPlace(g.buf[:0], g.r.Book, alone)
	if len(events) > 1 {
		g.buf = append(g.buf, " and "...)
		g.buf = strconv.AppendInt(g.buf, int64(len(events)-1), 10)
		g.buf = append(g.buf, " more"...)
	}
	w.Bytes(g.buf)
}

// event writes the id of an event and the row behind it, or two empty cells.
func (g *generic) event(w tax.RowWriter, event int32) {
	if event == tax.NoEvent {
		w.Text("")
		w.Text("")
		return
	}
	w.ID(g.r.Book.Events[event].ID)
	g.place(w, nil, event)
}

// income writes a row for each receipt.
func (g *generic) income(w tax.RowWriter) {
	for i := range g.view.Income {
		in := &g.view.Income[i]
		w.Date(in.Date, tax.ISODate)
		w.Text(in.Asset)
		w.Text(in.Kind)
		w.Text(accountName(g.r.Book.Events[in.Event].Account))
		w.Units(in.Amount)
		if in.Unknown {
			w.Text("")
		} else {
			w.Units(in.Value)
		}
		w.Text(g.r.Currency)
		g.event(w, in.Event)
		w.End()
	}
}

// holdings writes a row for each asset, and account where accounts count.
func (g *generic) holdings(w tax.RowWriter) {
	for i := range g.view.Remaining {
		h := &g.view.Remaining[i]
		g.held(w, h)
		w.Units(h.Amount)
		w.Units(h.Cost)
		w.Text(g.r.Currency)
		w.End()
	}
}

// lots writes a row for each lot that is left; pools have none.
func (g *generic) lots(w tax.RowWriter) {
	for i := range g.view.Remaining {
		h := &g.view.Remaining[i]
		for k := range h.Lots {
			l := &h.Lots[k]
			g.seen += g.r.LotAhead(h.Lots, k)
			g.held(w, h)
			w.Date(l.Acquired, tax.ISODate)
			w.Units(l.Amount)
			w.Units(l.Cost)
			w.Text(g.r.Currency)
			g.event(w, l.Event)
			w.End()
		}
	}
}

func (g *generic) held(w tax.RowWriter, h *tax.Holding) {
	w.Text(h.Asset)
	if perAccount(g.r) {
		w.Text(accountName(h.Account))
	} else {
		w.Text("")
	}
}

// appendPlace appends the file and line of an event, or nothing if its source
// is not known.
func appendPlace(b []byte, book *ledger.Book, event int32) []byte {
	o := book.Events[event].Origin
	if int(o.File) >= len(book.Sources) {
		return b
	}
	b = append(b, book.Sources[o.File].Name...)
	b = append(b, ':')
	return strconv.AppendUint(b, uint64(o.Line), 10)
}
