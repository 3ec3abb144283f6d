package link

import (
	"context"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// proofRows are the changes of balances that a run is proved by.
type proofRows struct {
	all     []reconcile.Row // from the beginning on, what nothing is missing from
	wallets []reconcile.Row // of the wallets whose records begin somewhere
}

// prove compares the running balances with what the exchange reports: those
// that its records state, or, where it has no such records from the beginning
// on, those of the events that were made of them, of all its wallets together.
func (f *fetch) prove(ctx context.Context, rows proofRows) error {
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
		if slices.ContainsFunc(rows.wallets, func(r reconcile.Row) bool { return r.Account == own.Account && r.Asset == own.Asset }) {
			wallets = append(wallets, own)
		}
	}
	f.link.Proof = append(reconcile.Certify(rows.all, all), reconcile.Certify(rows.wallets, wallets)...)
	f.doubt(rows.all)
	f.doubt(rows.wallets)
	f.link.Proved = f.Clock()
	return nil
}

// doubt takes the certificate from every balance that moved in a moment of which
// the exchange may have more records than it gave: what agrees there agrees by
// chance. The row of that moment is where it begins.
func (f *fetch) doubt(rows []reconcile.Row) {
	moments := make(map[int64]bool)
	for i := range f.link.Streams {
		for _, at := range f.link.Streams[i].Missed() {
			moments[at.UnixMilli()] = true
		}
	}
	for i := range rows {
		if !moments[rows[i].At.Time().UnixMilli()] {
			continue
		}
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

// steps are the changes of balances, with the records that they come from.
func (f *fetch) steps(records []exchange.Record) (rows proofRows, err error) {
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
		stated = append(stated, reconcile.Row{
			Endpoint: r.Endpoint, ID: r.ID, At: ledger.InstantOf(r.Time), Account: account(f.x, step.Wallet), Asset: step.Asset, Change: step.Change, After: step.After,
		})
	}
	if f.x.Step != nil && !f.x.Partial {
		return proofRows{all: stated}, nil
	}
	rows.wallets = inOrder(stated)
	rows.all, err = f.changes(records)
	return rows, err
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

// changes are what the events of records do to balances. Records that tell one
// event, as on its way and at its end, count once, as they do in the book.
func (f *fetch) changes(records []exchange.Record) ([]reconcile.Row, error) {
	c := statement.NewCollector(f.x.Venue)
	c.Tax = ledger.NewCalendar(time.UTC)
	if err := exchange.Read(f.x, c, records); err != nil {
		return nil, err
	}
	var rows []reconcile.Row
	told := make(map[ledger.ID]bool, len(c.Events))
	for i := range c.Events {
		e := &c.Events[i]
		if told[e.ID] {
			continue
		}
		told[e.ID] = true
		for _, row := range reconcile.Changes(e) {
			if at := int(e.Origin.Line) - 1; at >= 0 && at < len(records) {
				row.Endpoint, row.ID = records[at].Endpoint, records[at].ID
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func account(x *exchange.Exchange, wallet string) string {
	if wallet == "" {
		return x.Venue
	}
	return x.Venue + "/" + wallet
}
