package link

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// proof is what a run is proved by: the changes of balances, added up.
type proof struct {
	all     reconcile.Walk // from the beginning on, what nothing is missing from
	wallets reconcile.Walk // of the wallets whose records begin somewhere
	// doubted are the rows of moments of which the exchange may have more
	// records than it gave.
	doubted []reconcile.Row
	missed  map[int64]bool // these moments, in ms
}

// add takes the next row of a walk.
func (p *proof) add(w *reconcile.Walk, r *reconcile.Row) {
	w.Add(r)
	if p.missed[r.At.Time().UnixMilli()] {
		p.doubted = append(p.doubted, *r)
	}
}

// prove compares the running balances with what the exchange reports: those
// that its records state, or, where it has no such records from the beginning
// on, those of the events that were made of them, of all its wallets together.
func (f *fetch) prove(ctx context.Context, p *proof) error {
	balances, err := f.client.Balances(ctx)
	if err != nil {
		return err
	}
	whole := f.x.Step != nil && !f.x.Partial
	var all, wallets []reconcile.Balance
	for _, b := range balances {
		own := reconcile.Balance{Account: account(f.x, b.Wallet), Asset: b.Asset, Amount: b.Amount}
		if whole {
			all = append(all, own)
			continue
		}
		all = append(all, reconcile.Balance{Account: f.x.Venue, Asset: b.Asset, Amount: b.Amount})
		if p.wallets.Has(own.Account, own.Asset) {
			wallets = append(wallets, own)
		}
	}
	f.link.Proof = append(p.all.Certify(all), p.wallets.Certify(wallets)...)
	f.doubt(p.doubted)
	f.link.Proved = f.Clock()
	return nil
}

// doubt takes the certificate from every balance that moved in a moment of which
// the exchange may have more records than it gave: what agrees there agrees by
// chance. The row of that moment is where it begins.
func (f *fetch) doubt(rows []reconcile.Row) {
	for i := range rows {
		for k := range f.link.Proof {
			c := &f.link.Proof[k]
			if c.Asset != rows[i].Asset || c.Account != rows[i].Account {
				continue
			}
			if c.OK = false; c.First == nil || rows[i].At.Time().Before(c.First.At.Time()) {
				c.First = &rows[i]
			}
		}
	}
}

// steps adds up what records do to balances. Records are in their order.
func (f *fetch) steps(records []exchange.Record) (*proof, error) {
	p := &proof{missed: make(map[int64]bool)}
	for i := range f.link.Streams {
		for _, at := range f.link.Streams[i].Missed() {
			p.missed[at.UnixMilli()] = true
		}
	}
	whole := f.x.Step != nil && !f.x.Partial
	var stated []reconcile.Row
	for i := range records {
		if f.x.Step == nil {
			break
		}
		r := &records[i]
		step, ok := f.x.Step(r)
		if !ok {
			continue
		}
		row := reconcile.Row{
			Endpoint: r.Endpoint, ID: r.ID, At: ledger.InstantOf(r.Time), Account: account(f.x, step.Wallet), Asset: step.Asset, Change: step.Change, After: step.After,
		}
		if whole {
			p.add(&p.all, &row)
		} else {
			stated = append(stated, row)
		}
	}
	if whole {
		return p, nil
	}
	stated = inOrder(stated)
	for i := range stated {
		p.add(&p.wallets, &stated[i])
	}
	return p, f.changes(p, records)
}

// held is one balance of an account.
type held struct{ account, asset string }

func heldBy(r *reconcile.Row) held { return held{r.Account, r.Asset} }

// before is the balance before a row that states the one after it.
func before(r *reconcile.Row) money.Amount { return r.After.Sub(r.Change) }

// inOrder puts rows that state balances behind what there was before the first
// of each balance. Rows of one instant come in the order that their balances
// give: the names of records need not.
func inOrder(rows []reconcile.Row) []reconcile.Row {
	out, after := make([]reconcile.Row, 0, len(rows)), make(map[held]money.Amount)
	for from := 0; from < len(rows); {
		to := from + 1
		for to < len(rows) && rows[to].At == rows[from].At {
			to++
		}
		rest := slices.Clone(rows[from:to])
		for len(rest) > 0 {
			i := follows(rest, after)
			r := rest[i]
			rest = slices.Delete(rest, i, i+1)
			if _, known := after[heldBy(&r)]; !known {
				opening := before(&r)
				out = append(out, reconcile.Row{Endpoint: r.Endpoint, ID: r.ID, At: r.At, Account: r.Account, Asset: r.Asset, Change: opening, After: &opening})
			}
			after[heldBy(&r)] = *r.After
			out = append(out, r)
		}
		from = to
	}
	return out
}

// follows is the place of the row that comes next: one that begins where its
// balance stands, or else one that begins where no other of them ends.
func follows(rest []reconcile.Row, after map[held]money.Amount) int {
	for i := range rest {
		if stands, known := after[heldBy(&rest[i])]; known && before(&rest[i]).Equal(stands) {
			return i
		}
	}
	for i := range rest {
		first := before(&rest[i])
		if !slices.ContainsFunc(rest, func(r reconcile.Row) bool { return heldBy(&r) == heldBy(&rest[i]) && r.After.Equal(first) }) {
			return i
		}
	}
	return 0
}

// changes adds up what the events of records do to balances. Records that tell
// one event, as on its way and at its end, count once, as they do in the book.
func (f *fetch) changes(p *proof, records []exchange.Record) error {
	c := statement.NewCollector(f.x.Venue)
	c.Tax = ledger.NewCalendar(time.UTC)
	if err := exchange.Read(f.x, c, records); err != nil {
		return err
	}
	told := make(map[ledger.ID]bool, len(c.Events))
	places := make([]int, 0, len(c.Events))
	for i := range c.Events {
		if id := c.Events[i].ID; !told[id] {
			told[id] = true
			places = append(places, i)
		}
	}
	slices.SortStableFunc(places, func(x, y int) int { return cmp.Compare(c.Events[x].At, c.Events[y].At) })
	for _, i := range places {
		for _, row := range reconcile.Changes(&c.Events[i]) {
			if at := int(c.Events[i].Origin.Line) - 1; at >= 0 && at < len(records) {
				row.Endpoint, row.ID = records[at].Endpoint, records[at].ID
			}
			p.add(&p.all, &row)
		}
	}
	return nil
}

func account(x *exchange.Exchange, wallet string) string {
	if wallet == "" {
		return x.Venue
	}
	return x.Venue + "/" + wallet
}
