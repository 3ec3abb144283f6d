package web

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// scannedBranch is how far a row of addresses was looked at.
type scannedBranch struct {
	name  string
	to    uint32
	used  int
	last  uint32 // that is in use, if any is
	marks []bool // the last indexes, whether they are in use
	from  uint32 // the index of the first mark
}

// marksShown is how many addresses of a row are drawn.
const marksShown = 120

func scannedBranches(w *link.Wallet) (list []scannedBranch) {
	for _, name := range slices.Sorted(maps.Keys(w.Found.ScannedTo)) {
		b := scannedBranch{name: name, to: w.Found.ScannedTo[name]}
		at := w.Found.UsedAt[name]
		b.from = b.to + 1 - min(b.to+1, marksShown)
		b.marks = make([]bool, b.to+1-b.from)
		if b.used = len(at); b.used > 0 {
			b.last = at[len(at)-1]
		}
		for _, i := range at {
			if i >= b.from {
				b.marks[i-b.from] = true
			}
		}
		list = append(list, b)
	}
	return list
}

// liveBranch is the row of addresses that a scan is at.
func liveBranch(p chain.Progress) scannedBranch {
	b := scannedBranch{name: p.Branch, to: p.Index, marks: p.Marks}
	for i, used := range p.Marks {
		if used {
			b.used, b.last = b.used+1, uint32(i) // #nosec G115 -- an index
		}
	}
	if cut := len(b.marks) - marksShown; cut > 0 {
		b.marks, b.from = b.marks[cut:], uint32(cut) // #nosec G115 -- an index
	}
	return b
}

// told says the marks in words.
func (b *scannedBranch) told() string {
	return branchWords(b.name, true) + ": " + ui.Counted(b.used, "address", "addresses") + " in use of " + ui.Count(int(b.to)+1) + " looked at"
}

// markClass is the colour of an address.
func markClass(used bool) string {
	if used {
		return "good"
	}
	return "none"
}

// markAt is the place of a mark in its picture, sixty in a line.
func markAt(i int) (x, y string) { return strconv.Itoa(i % 60 * 12), strconv.Itoa(i / 60 * 12) }

// coinsView is the outputs that a wallet holds, a page of them.
type coinsView struct {
	rows        []coinRow
	of          int
	leaving     int
	total       money.Amount
	from        int // of the page, counted from 1
	next, first string
}

// coinRow is an output.
type coinRow struct {
	txid, address string
	n             string
	amount        money.Amount
	height        int64
	confirmations int64
	leaving       bool
}

// coinsOnPage is how many outputs the page of a wallet lists at a time.
const coinsOnPage = 50

// walletCoins fills in the outputs of the page of a wallet.
func (s *Site) walletCoins(c echo.Context, v *walletShown) error {
	ctx := c.Request().Context()
	from, err := strconv.Atoi(c.QueryParam("coins"))
	if err != nil || from < 0 || from >= v.w.Found.Coins {
		from = 0
	}
	list, err := s.cfg.Wallets.Coins(ctx, scopeOf(ctx), v.w.ID, from, coinsOnPage)
	if err != nil {
		return err
	}
	v.coins = coinsView{of: v.w.Found.Coins, leaving: v.w.Found.Leaving, total: satoshi(v.w.Found.Balance), from: from + 1}
	for i := range list {
		u := &list[i]
		v.coins.rows = append(v.coins.rows, coinRow{
			u.TxID, u.Address, strconv.FormatUint(uint64(u.N), 10), satoshi(u.Sats), u.Height, confirmations(v.w, u.Height), u.Leaving,
		})
	}
	if from > 0 {
		v.coins.first = v.self + "#coins"
	}
	if end := from + len(list); end < v.coins.of {
		v.coins.next = v.self + "?coins=" + strconv.Itoa(end) + "#coins"
	}
	return nil
}

// confirmations are those at the last look.
func confirmations(w *link.Wallet, height int64) int64 { return max(w.Found.Tip.Height-height+1, 0) }

// told says what the outputs of a wallet are.
func (v *coinsView) told() string {
	words := ui.Counted(v.of, "unspent output", "unspent outputs")
	if len(v.rows) < v.of {
		words = ui.Count(v.from) + " to " + ui.Count(v.from+len(v.rows)-1) + " of " + words
	}
	if v.leaving > 0 {
		words += ", " + ui.Counted(v.leaving, "of them is", "of them are") + " being spent by what is in no block yet"
	}
	return words
}

// walletMatched says what the transfers of a wallet met.
func (s *Site) walletMatched(c echo.Context, v *walletShown) error {
	if s.cfg.Recon == nil || !scopeOf(c.Request().Context()).May(tenant.Need(tenant.Records, tenant.View)) {
		return nil
	}
	ctx := c.Request().Context()
	arrived, left, err := s.cfg.Recon.PairedOf(ctx, scopeOf(ctx), v.w.Account())
	if arrived > 0 {
		v.matched = append(v.matched, ui.Counted(arrived, "exchange withdrawal", "exchange withdrawals")+" matched this wallet.")
	}
	if left > 0 {
		v.matched = append(v.matched, ui.Counted(left, "transfer", "transfers")+" from it matched deposits of yours.")
	}
	return err
}

// moreAddresses is how many more addresses the button looks at.
const moreAddresses = 100

// walletFurther serves POST …/wallets/:id/further.
func (s *Site) walletFurther(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := walletID(&linkPath{ID: c.Param("wallet")})
	if err != nil {
		return err
	}
	more, err := strconv.Atoi(value(c, "more"))
	if err != nil {
		more = -1 // refused as every other number that is none
	}
	_, err = s.cfg.Wallets.Further(ctx, scopeOf(ctx), id, more)
	if err == nil {
		return see(c, entityPath(ctx)+"/wallets/"+id.String())
	}
	wrong, ok := wrongForm(c, err)
	if !ok {
		return err
	}
	v, err := s.walletFound(ctx, c)
	if err != nil {
		return err
	}
	wrong.fields = append(wrong.fields, ui.Wrong{Field: "more", Text: wrong.title})
	v.wrong = wrong
	return s.drawWallet(c, v)
}

// coinView is an unspent output.
type coinView struct {
	TxID          string       `json:"txid"`
	N             uint32       `json:"n" doc:"Which output of the transaction"`
	Address       string       `json:"address"`
	Amount        money.Amount `json:"amount" doc:"In bitcoin"`
	Height        int64        `json:"height" doc:"Of its block"`
	Confirmations int64        `json:"confirmations" doc:"At the last look"`
	Leaving       bool         `json:"leaving" doc:"A transaction that is in no block yet spends it; until then it counts"`
}

// coinsPath names a part of the outputs of a wallet.
type coinsPath struct {
	EntityAt
	PageOf
	ID string `path:"id"`
}

// coinPlace is where a page of outputs ends. They are those of one scan, and
// none of the next.
type coinPlace struct {
	Wallet  tenant.ID
	From    int
	Scanned time.Time
}

// coinsAPI registers the operations on what a wallet holds.
func (s *Site) coinsAPI(r *router) {
	const group = "Wallets"
	operation(r, call{method: http.MethodGet, path: wallets + "/{id}/utxos", id: "list-wallet-utxos", group: group, summary: "What a wallet holds", about: "The unspent outputs that the last look found in blocks, the newest first. Together they are the balance."},
		need(tenant.Connections, tenant.View), func(ctx context.Context, in *coinsPath) (*struct{ Body list[coinView] }, error) {
			out, err := s.coinPage(ctx, in)
			return &struct{ Body list[coinView] }{out}, err
		})
	operation(r, call{method: http.MethodPost, path: wallets + "/{id}/further", id: "look-further", group: group, summary: "Look at more addresses", about: "Goes on where the last look ended, and then until the gap is full again. Later looks reach as far.", status: http.StatusAccepted},
		need(tenant.Connections, tenant.Edit), func(ctx context.Context, in *struct {
			EntityAt
			ID   string `path:"id"`
			Body struct {
				More int `json:"more" minimum:"1" maximum:"1000" doc:"How many more addresses of each branch"`
			}
		},
		) (*struct{ Body walletView }, error) {
			return s.walletAct(ctx, &linkPath{ID: in.ID}, func(ctx context.Context, id tenant.ID) error {
				_, err := s.cfg.Wallets.Further(ctx, scopeOf(ctx), id, in.Body.More)
				return err
			})
		})
}

func (s *Site) coinPage(ctx context.Context, in *coinsPath) (out list[coinView], err error) {
	out.Items = []coinView{}
	id, err := walletID(&linkPath{ID: in.ID})
	if err != nil {
		return out, err
	}
	w, _, err := s.cfg.Wallets.Find(ctx, scopeOf(ctx), id)
	if err != nil {
		return out, err
	}
	at := coinPlace{Wallet: id, Scanned: w.Scanned}
	if err := s.uncursor("utxos", scopeOf(ctx), in.Cursor, &at); err != nil {
		return out, err
	}
	if at.Wallet != id || !at.Scanned.Equal(w.Scanned) {
		return out, fault.Coded(fault.Conflict, "cursor", nil, "The wallet was looked up anew meanwhile. Begin the list again.")
	}
	coins, err := s.cfg.Wallets.Coins(ctx, scopeOf(ctx), id, at.From, in.Limit)
	if err != nil {
		return out, err
	}
	for _, u := range coins {
		out.Items = append(out.Items, coinView{u.TxID, u.N, u.Address, satoshi(u.Sats), u.Height, confirmations(w, u.Height), u.Leaving})
	}
	if at.From += len(coins); at.From < w.Found.Coins && len(coins) > 0 {
		out.Next, err = s.cursor("utxos", scopeOf(ctx), at)
	}
	return out, err
}
