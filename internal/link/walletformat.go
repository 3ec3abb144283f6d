package link

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// A watched wallet is a source of the book too: a table of what each of its
// transactions changed, in satoshi. The first cell of the head holds the label,
// which is the account of its events.

// walletColumns are the rest of the head.
var walletColumns = []string{"txid", "block", "time", "received", "sent", "fee"}

const (
	walletMark    = "ledgersys-wallet:"
	walletAccount = "Bitcoin/" // begins the name of its account
)

// WalletFormat is the format of watched wallets.
func WalletFormat() statement.Format {
	return statement.Format{
		Name: "bitcoin-watch", Title: "Watched bitcoin wallet", Venue: "Bitcoin", Zone: "UTC", ZoneInFile: true,
		Match: func(h statement.Header) bool {
			return len(h.Raw) == len(walletColumns)+1 && strings.HasPrefix(h.Raw[0], walletMark) && slices.Equal(h.Raw[1:], walletColumns)
		},
		Read: readWallet,
	}
}

// walletTable writes the table of a wallet's transactions that stand in
// blocks, in their order.
func walletTable(l *Wallet, f *chain.Found) string {
	var b strings.Builder
	quoted := func(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }
	b.WriteString(quoted(walletMark+l.Label) + "," + strings.Join(walletColumns, ",") + "\n")
	for i := range f.Transactions {
		t := &f.Transactions[i]
		e := t.EffectOn(f.Addresses)
		if !t.Confirmed() || e == (chain.Effect{}) {
			continue
		}
		b.WriteString(",")
		for k, cell := range []string{
			t.ID, t.Block.Hash, t.Time.UTC().Format(time.RFC3339), strconv.FormatInt(e.Received, 10), strconv.FormatInt(e.Sent, 10), strconv.FormatInt(e.Fee, 10),
		} {
			if k > 0 {
				b.WriteString(",")
			}
			b.WriteString(cell)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// readWallet makes entries of the table's rows.
func readWallet(in *statement.Input, c *statement.Collector) error {
	account := walletAccount + strings.TrimPrefix(in.Header.Raw[0], walletMark)
	for _, r := range in.All() {
		c.Records = append(c.Records, make([]ledger.Ref, max(0, r.Line-len(c.Records)))...)
		c.Records[r.Line-1] = ledger.Ref{Endpoint: "transaction", ID: r.Cell(1)}
		e, err := walletEntry(r)
		if err != nil {
			c.Hold(r.Line, "row", "a row that we did not write")
			continue
		}
		e.Account = account
		c.Add(&e, r.Line)
	}
	return nil
}

func walletEntry(r statement.Row) (e statement.Entry, err error) {
	at, err := time.Parse(time.RFC3339, r.Cell(3))
	if err != nil {
		return e, err
	}
	var sats [3]int64
	for i := range sats {
		if sats[i], err = strconv.ParseInt(r.Cell(4+i), 10, 64); err != nil {
			return e, err
		}
	}
	return chain.Effect{Received: sats[0], Sent: sats[1], Fee: sats[2]}.Entry(r.Cell(1), at), nil
}
