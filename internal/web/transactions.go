package web

import (
	"net/url"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// transactionsView is the list of all events.
type transactionsView struct {
	base     string
	self     string
	filter   intake.Filter
	accounts []ui.Option
	assets   []ui.Option
	chips    []chip
	rows     []ledgerRow
	next     string
	paged    bool
	total    int // events of the book
	wrong    formErrors
}

// chip is a filter that is on, with the address without it.
type chip struct{ text, href string }

// ledgerRow is an event as the list shows it.
type ledgerRow struct {
	when    string
	exact   string
	kind    string
	account string
	out     side
	in      side
	fee     side
	value   string
	note    string
	source  string   // the file or link
	place   string   // in it
	labels  []string // that its owner gave it in a watched wallet
}

// sourceTitle is the whole of the source, and what the row says beside.
func (r *ledgerRow) sourceTitle() string {
	if r.note == "" {
		return r.source + r.place
	}
	return r.source + r.place + "\n" + r.note
}

// side is an amount of an asset; the zero side is nothing.
type side struct {
	amount money.Amount
	asset  string
}

// eventsOnPage is how many events one page lists.
const eventsOnPage = 50

func (s *Site) transactionsPage(c echo.Context) error {
	ctx := c.Request().Context()
	q := c.QueryParams()
	v := transactionsView{
		base: entityPath(ctx), self: entityPath(ctx) + "/transactions", paged: q.Get("cursor") != "",
		filter: intake.Filter{Limit: eventsOnPage + 1, Account: q.Get("account"), Asset: q.Get("asset"), From: q.Get("from"), To: q.Get("to")},
	}
	if err := s.uncursor("events", scopeOf(ctx), q.Get("cursor"), &v.filter.After); err != nil {
		return err
	}
	_, sources, err := s.cfg.Imports.Book(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	accounts, assets := known(sources)
	v.accounts, v.assets = choices("Any account", accounts), choices("Any asset", assets)
	for i := range sources {
		v.total += sources[i].Events
	}
	list, err := s.cfg.Imports.Events(ctx, scopeOf(ctx), v.filter)
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v.wrong = wrong
	}
	if err := s.fillTransactions(c, &v, q, list); err != nil {
		return err
	}
	return s.bookStatus(c, v.wrong.code(), "Transactions", nil, transactionsList(v))
}

// fillTransactions fills in the rows and what leads away from them.
func (s *Site) fillTransactions(c echo.Context, v *transactionsView, q url.Values, list []intake.Listed) error {
	ctx := c.Request().Context()
	q.Del("cursor")
	if len(list) > eventsOnPage {
		list = list[:eventsOnPage]
		next, err := s.cursor("events", scopeOf(ctx), list[eventsOnPage-1].Cursor)
		if err != nil {
			return err
		}
		more := url.Values{"cursor": {*next}}
		for name, values := range q {
			more[name] = values
		}
		v.next = v.self + "?" + more.Encode()
	}
	views, err := intake.Views(list)
	if err != nil {
		return err
	}
	for i := range list {
		v.rows = append(v.rows, newLedgerRow(&list[i], &views[i]))
	}
	if err := s.nameTransactions(ctx, v.rows, list); err != nil {
		return err
	}
	for _, name := range []string{"account", "asset", "from", "to"} {
		if value := q.Get(name); value != "" {
			rest := url.Values{}
			for k, values := range q {
				if k != name {
					rest[k] = values
				}
			}
			v.chips = append(v.chips, chip{name + " " + value, v.self + "?" + rest.Encode()})
		}
	}
	return nil
}

func choices(none string, values []string) []ui.Option {
	list := []ui.Option{{Value: "", Text: none}}
	for _, value := range values {
		list = append(list, ui.Option{Value: value, Text: value})
	}
	return list
}

// newLedgerRow puts an event into words.
func newLedgerRow(l *intake.Listed, view *intake.EventView) ledgerRow {
	e, m := &l.Event, l.Event.Extra()
	r := ledgerRow{
		when: e.At.Time().Format("2006-01-02 15:04:05") + " UTC", exact: e.At.Time().Format(time.RFC3339Nano), kind: kindWords(e.Kind),
		account: e.Account, note: m.Note, source: l.File, place: placeIn(l.Place()),
	}
	if e.Has(ledger.DateOnly) {
		r.when, r.exact = view.Time, view.Time
	}
	if m.ToAccount != "" {
		r.account += " → " + m.ToAccount
	}
	if brings(e.Kind) {
		r.in = side{e.Amount, e.Asset}
	} else if e.Kind != ledger.KindSplit && e.Kind != ledger.KindAllocate {
		r.out = side{e.Amount, e.Asset}
	}
	if m.ToAsset != "" {
		r.in = side{m.ToAmount, m.ToAsset}
	}
	switch {
	case m.FeeAsset != "":
		r.fee = side{m.FeeAmount, m.FeeAsset}
	case !e.Fee.IsZero():
		r.fee = side{e.Fee, e.FeeCurrency}
	}
	if e.Has(ledger.HasValue) {
		r.value = ui.Fiat(e.Value, e.ValueCurrency)
	}
	return r
}

// brings reports whether a kind of event brings its asset.
func brings(k ledger.Kind) bool {
	switch k {
	case ledger.KindOpening, ledger.KindBuy, ledger.KindIncome, ledger.KindAirdrop, ledger.KindGiftIn, ledger.KindSpouseIn, ledger.KindDeposit:
		return true
	default:
		return false
	}
}

// kindWords names a kind of event as people do.
func kindWords(k ledger.Kind) string {
	switch k {
	case ledger.KindBuy:
		return "Purchase"
	case ledger.KindSell:
		return "Sale"
	case ledger.KindGiftIn:
		return "Gift received"
	case ledger.KindGiftOut:
		return "Gift"
	case ledger.KindDonate:
		return "Donation"
	case ledger.KindSpouseIn:
		return "From spouse"
	case ledger.KindSpouseOut:
		return "To spouse"
	case ledger.KindExchange:
		return "Exchange of money"
	default:
		return upperFirst(k.String())
	}
}

// firstPage is the address of the list's beginning, with the same filters.
func firstPage(v transactionsView) string {
	q := url.Values{}
	for name, value := range map[string]string{"account": v.filter.Account, "asset": v.filter.Asset, "from": v.filter.From, "to": v.filter.To} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return v.self
	}
	return v.self + "?" + q.Encode()
}

// placeIn says where in its source an event stands.
func placeIn(p intake.Place) string {
	if p.Endpoint != "" {
		return " " + p.Endpoint + " " + p.ID
	}
	return ":" + ui.Plain(int(p.Line))
}
