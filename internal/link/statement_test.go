package link_test

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/binance"
	"github.com/ledgersys/ledgersys/pkg/statement/kraken"
)

// records are what a link keeps of a stream.
func (x *trial) records(stream string) (list []exchange.Record) {
	x.t.Helper()
	err := x.g.db.Links().ReadEntity(x.t.Context(), x.scope, func(tx link.Tx) error {
		for r, err := range tx.Records(x.id) {
			if err != nil {
				return err
			}
			if r.Stream == stream {
				list = append(list, r)
			}
		}
		return nil
	})
	if err != nil || len(list) == 0 {
		x.t.Fatalf("%d records, %v", len(list), err)
	}
	return exchange.Sort(list)
}

// reads lets the trial's book know formats of statements too.
func (x *trial) reads(formats []statement.Format) {
	x.books = intake.NewService(intake.Config{
		Store: x.g.db.Imports(), Vault: x.g.db, Formats: append(link.Formats([]*exchange.Exchange{&x.v.x}), formats...), Log: slog.New(slog.DiscardHandler),
	})
	x.Books = x.books
}

// upload takes a statement into the book.
func (x *trial) upload(text string) *intake.Import {
	x.t.Helper()
	given := false
	m, err := x.books.Upload(x.t.Context(), x.scope, intake.Order{}, func() (intake.Incoming, error) {
		if given {
			return intake.Incoming{}, io.EOF
		}
		given = true
		return intake.Incoming{Name: "statement.csv", Body: strings.NewReader(text)}, nil
	})
	if err != nil {
		x.t.Fatal(err)
	}
	if err := x.books.Read(x.t.Context(), x.scope, m.ID); err != nil {
		x.t.Fatal(err)
	}
	return x.imported(m)
}

// imported returns an import as it stands now.
func (x *trial) imported(m *intake.Import) *intake.Import {
	x.t.Helper()
	m, err := x.books.Find(x.t.Context(), x.scope, m.ID)
	if err != nil {
		x.t.Fatal(err)
	}
	return m
}

// krakenStatement is ledgers.csv of what the exchange told, in whole seconds,
// with one more row of a later day.
func (x *trial) krakenStatement() string {
	var b strings.Builder
	b.WriteString("txid,refid,time,type,subtype,aclass,asset,amount,fee,balance\n")
	for _, r := range x.records("ledger") {
		var f struct{ Refid, Type, Subtype, Aclass, Asset, Amount, Fee, Balance string }
		if err := json.Unmarshal(r.Raw, &f); err != nil {
			x.t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", r.ID, f.Refid, r.Time.UTC().Format(time.DateTime), f.Type, f.Subtype, f.Aclass, f.Asset, f.Amount, f.Fee, f.Balance)
	}
	b.WriteString("LNEW-LATER-1,RNEW-LATER-1,2025-04-20 10:00:00,deposit,,currency,ZEUR,5,0,5\n")
	return b.String()
}

// TestStatementBesideKraken: what a link and a statement of the same account
// both tell counts once, by the source's own id, whichever came first; what
// only the statement tells counts too.
func TestStatementBesideKraken(t *testing.T) {
	t.Parallel()
	v := venues()[1]
	b := newBench(t, &v)
	x := b.trial(t, 1)
	x.done()
	x.reads(kraken.Formats())
	text := x.krakenStatement()
	want := append(x.past.Oracle(v.cut), exchangesim.Fact{At: time.Date(2025, 4, 20, 10, 0, 0, 0, time.UTC)}.String())
	check := func(x *trial, m *intake.Import) {
		t.Helper()
		got := x.ledger()
		for _, line := range x.past.Oracle(v.cut) {
			if !slices.Contains(got, line) {
				t.Errorf("not in the ledger: %s", line)
			}
		}
		if src := m.Sources[0]; len(got) != len(want) || src.Events != 1 || src.Held != 0 || src.Duplicate == 0 {
			t.Errorf("%d events of %d, statement %+v", len(got), len(want), src.Inspected)
		}
	}
	check(x, x.upload(text))

	x = b.trial(t, 1)
	x.reads(kraken.Formats())
	m := x.upload(text)
	if m.Sources[0].Events < 50 {
		t.Fatalf("the statement alone: %+v", m.Sources[0].Inspected)
	}
	x.done()
	check(x, x.imported(m))
}

// TestStatementBesideBinance: its statements have no ids. Their rows inside the
// time of which the link tells are held, with that reason; others count.
func TestStatementBesideBinance(t *testing.T) {
	t.Parallel()
	v := venues()[0]
	v.moves = 12
	b := newBench(t, &v)
	x := b.trial(t, 1)
	x.reads(binance.Formats())
	first, last := x.past.Moves[0].At, x.past.Moves[len(x.past.Moves)-1].At
	row := func(at time.Time) string {
		return fmt.Sprintf("7,%s,Spot,Deposit,BTC,0.5,\n", at.UTC().Format(time.DateTime))
	}
	text := "User_ID,UTC_Time,Account,Operation,Coin,Change,Remark\n" +
		row(first.Add(-time.Hour)) + row(first) + row(first.Add(last.Sub(first)/2)) + row(last) + row(last.Add(time.Hour))
	m := x.upload(text)
	if n := len(x.ledger()); n != 5 {
		t.Fatalf("the statement alone: %d events", n)
	}
	x.done()
	check := func(x *trial, m *intake.Import) {
		t.Helper()
		got := x.ledger()
		if len(got) != len(x.past.Moves)+2 || m.State != intake.Held || m.Sources[0].Held != 3 || m.Sources[0].Events != 2 {
			t.Errorf("%d events of %d moves, %s, %+v", len(got), len(x.past.Moves), m.State, m.Sources[0].Inspected)
		}
		rows, err := x.books.HeldRows(t.Context(), x.scope, m.Sources[0], 0, 9)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if !strings.HasPrefix(r.Reason, "already covered by the link") {
				t.Errorf("held for %q", r.Reason)
			}
		}
	}
	check(x, x.imported(m))
	other := b.trial(t, 1)
	other.done()
	other.reads(binance.Formats())
	check(other, other.upload(text))
}
