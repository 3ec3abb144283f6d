// Package luno reads an account at Luno: the numbered transactions of each
// wallet, which the statement files hold too. Both are read by
// pkg/statement/luno; times are cut to the second, as in the files, so that
// link and file make the same events.
//
// Luno tells nobody what a key may do: the person's own statement is recorded.
package luno

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
	statements "github.com/ledgersys/ledgersys/pkg/statement/luno"
)

const (
	name = "luno"
	host = "api.luno.com"

	balancePath   = "/api/1/balance"
	historyStream = "transactions"
	historyName   = "GET /api/1/accounts/{}/transactions"
)

// epoch is before the first account at Luno.
var epoch = time.Date(2013, 1, 1, 0, 0, 0, 0, time.UTC)

// Exchange describes Luno.
func Exchange() exchange.Exchange {
	within := func(kind exchange.StreamKind, what string) exchange.Absent {
		return exchange.Absent{Kind: kind, What: what, Within: historyStream}
	}
	return exchange.Exchange{
		Name: name, Title: "Luno", Venue: "Luno", Silent: true,
		Passes: []egress.Pass{
			{Method: http.MethodGet, Host: host, Path: balancePath},
			{Method: http.MethodGet, Host: host, Path: "/api/1/accounts/{}/transactions", Query: []string{"min_row", "max_row"}},
		},
		Form:    exchange.Form{Key: "API key id", Secret: "API key secret", Rights: "The preset Read-only access. Luno does not tell us what a key may do: you have to state it."},
		Streams: []exchange.Stream{{Name: historyStream, Kind: exchange.Base, Endpoint: historyName}},
		Absent: []exchange.Absent{
			within(exchange.Trades, "Trades"), within(exchange.Deposits, "Coins received"), within(exchange.Withdrawals, "Coins sent"),
			within(exchange.Conversions, "Quick buys and sells"), within(exchange.Rewards, "Interest and promotions"), within(exchange.Fiat, "Money from banks and to them"),
		},
		Limits: []exchange.Limit{{Bucket: "calls", Weight: 300, Per: time.Minute, ByKey: true}},
		Judge:  func(int, []byte) exchange.Rights { return exchange.NoVerdict() },
		Open:   open, Events: Events, Step: step,
	}
}

type client struct{ wire *exchange.Wire }

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key and secret are needed")}
	}
	return &client{&exchange.Wire{Exchange: name, Config: c, Faults: faults}}, nil
}

func (l *client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	return l.wire.Send(ctx, exchange.Call{
		Endpoint: "GET " + path, Cost: []exchange.Cost{{Bucket: "calls", Weight: 1}},
		Build: func(ctx context.Context, _ time.Time) (*http.Request, error) {
			address := "https://" + host + path
			if len(query) > 0 {
				address += "?" + query.Encode()
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				return nil, err
			}
			authorize(r, l.wire.Config.Key)
			return r, nil
		},
	})
}

// authorize signs a call: HTTP Basic, nothing else.
func authorize(r *http.Request, k exchange.Credentials) {
	r.SetBasicAuth(k.ID, string(k.Secret.Reveal()))
}

var troubles = map[string]exchange.Trouble{
	"ErrUnauthorised": exchange.KeyRejected, "ErrInvalidAPIKey": exchange.KeyRejected, "ErrApiKeyRevoked": exchange.KeyRejected,
	"ErrInsufficientPerms": exchange.NoPermission, "ErrTooManyRequests": exchange.RateLimited, "ErrUnderMaintenance": exchange.Maintenance,
	"ErrAccountNotFound": exchange.NotOffered, "ErrInternal": exchange.Upstream,
}

func faults(a *exchange.Answer) *exchange.Fault {
	code := exchange.Object(a.Body).Text("error_code")
	if t, ok := troubles[code]; ok {
		return &exchange.Fault{Trouble: t, Code: code}
	}
	if code != "" && a.Status < 300 {
		return &exchange.Fault{Trouble: exchange.BadRequest, Code: code}
	}
	return nil
}

// wallet is one account in Luno's words: one currency.
type wallet struct{ id, asset string }

func (l *client) wallets(ctx context.Context) ([]wallet, []exchange.Balance, error) {
	body, err := l.get(ctx, balancePath, nil)
	if err != nil {
		return nil, nil, err
	}
	list, err := exchange.Object(body).List("balance")
	if err != nil {
		return nil, nil, l.wire.Malform("GET "+balancePath, err)
	}
	var wallets []wallet
	var balances []exchange.Balance
	for _, raw := range list {
		f := exchange.Object(raw)
		amount, err := exchange.ParseAmount(f.Text("balance"))
		if err != nil || f.Text("account_id") == "" || f.Text("asset") == "" {
			return nil, nil, l.wire.Malform("GET "+balancePath, errors.New("a wallet without id, asset or balance"))
		}
		wallets = append(wallets, wallet{f.Text("account_id"), f.Text("asset")})
		balances = append(balances, exchange.Balance{Wallet: f.Text("account_id"), Asset: statements.Asset(f.Text("asset")), Amount: amount})
	}
	return wallets, balances, nil
}

// Probe implements exchange.Client: it can only see that the key reads.
func (l *client) Probe(ctx context.Context) (exchange.Rights, error) {
	_, _, err := l.wallets(ctx)
	return exchange.NoVerdict(), err
}

// Balances implements exchange.Client.
func (l *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	_, balances, err := l.wallets(ctx)
	return balances, err
}

var shape = exchange.Shape{
	Stream: historyStream, Endpoint: historyName, Time: "timestamp", Unit: exchange.Milli,
	Words: []string{"row_index", "currency"}, Signed: []string{"balance_delta"}, Maybe: []string{"balance", "available", "available_delta"},
}

// Page implements exchange.Client.
func (l *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	if stream != historyStream {
		return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
	}
	list := func(ctx context.Context) ([]string, error) {
		wallets, _, err := l.wallets(ctx)
		var ids []string
		for _, w := range wallets {
			ids = append(ids, w.id)
		}
		return ids, err
	}
	return exchange.WalkParts(ctx, cursor, list, l.rows)
}

// place is where the walk over one wallet stands: its rows are numbered for
// good, 1 the first.
type place struct {
	Next  int64 `json:"next"`
	Begun int64 `json:"begun,omitempty"` // when the pass began, ms
}

const (
	most  = 1000 // rows of a page
	again = 50   // rows that a pass looks at once more, so that changes show
)

func (l *client) rows(ctx context.Context, id, cursor string) (exchange.Page, error) {
	p := place{Next: 1}
	if err := exchange.Decode(cursor, &p); err != nil {
		return exchange.Page{}, err
	}
	if p.Begun == 0 {
		p.Begun = l.wire.Now().UnixMilli()
	}
	body, err := l.get(ctx, "/api/1/accounts/"+id+"/transactions", url.Values{
		"min_row": {strconv.FormatInt(p.Next, 10)}, "max_row": {strconv.FormatInt(p.Next+most, 10)},
	})
	if err != nil {
		return exchange.Page{}, err
	}
	records, last, err := parse(id, body)
	if err != nil {
		return exchange.Page{}, l.wire.Malform(historyName, err)
	}
	page := exchange.Page{Records: records, More: len(records) > 0}
	p.Next = max(p.Next, last+1)
	if !page.More {
		page.From, page.To = epoch, time.UnixMilli(p.Begun).UTC()
		p = place{Next: max(p.Next-again, 1)}
	}
	page.Next, err = exchange.Encode(p)
	return page, err
}

// parse reads the rows of a page and returns the highest number.
func parse(id string, body []byte) (records []exchange.Record, last int64, err error) {
	f := exchange.Object(body)
	if f.IsNull("transactions") {
		if _, ok := f["transactions"]; !ok {
			return nil, 0, errors.New("transactions is missing")
		}
		return nil, 0, nil
	}
	list, err := f.List("transactions")
	if err != nil {
		return nil, 0, err
	}
	for _, raw := range list {
		n, err := strconv.ParseInt(exchange.Object(raw).Text("row_index"), 10, 64)
		if err != nil || n < 1 || n >= 1<<53 {
			return nil, 0, errors.New("row_index is no number")
		}
		r, err := shape.Named(fmt.Sprintf("%s/%012d", id, n), raw)
		if err != nil {
			return nil, 0, err
		}
		records, last = append(records, r), max(last, n)
	}
	return records, last, nil
}

// columns are those of the files.
var columns = []string{
	"wallet id", "row", "timestamp (utc)", "description", "currency", "balance delta", "balance", "cryptocurrency transaction id",
	"cryptocurrency address", "value currency", "value amount", "reference",
}

// Events makes events of the rows as if they were files. A trade that two
// wallets tell is one event, with the fees of both.
func Events(c *statement.Collector, records []exchange.Record) error {
	var rows []statement.Row
	for i := range records {
		r := &records[i]
		if r.Stream != historyStream {
			c.Hold(i+1, "stream", "unknown stream")
			continue
		}
		f := exchange.Object(r.Raw)
		crypto := f.Inner("detail_fields").Inner("crypto_details")
		rows = append(rows, statement.Row{Line: i + 1, Cells: []string{
			f.Text("account_id"), f.Text("row_index"), r.Time.UTC().Format(time.DateTime), f.Text("description"), f.Text("currency"), f.Text("balance_delta"),
			f.Text("balance"), crypto.Text("txid"), crypto.Text("address"), "", "", f.Text("reference"),
		}})
	}
	start := len(c.Events)
	if err := exchange.Rows(c, statements.Formats(), "luno-wallet", columns, rows); err != nil {
		return err
	}
	join(c, start)
	return nil
}

// join makes one event of those that bear one id: the two wallets of a trade.
func join(c *statement.Collector, start int) {
	at := make(map[ledger.ID]int)
	kept := c.Events[:start]
	for i := start; i < len(c.Events); i++ {
		e := c.Events[i]
		k, told := at[e.ID]
		if !told {
			at[e.ID] = len(kept)
			kept = append(kept, e)
			continue
		}
		first := &kept[k]
		if first.Fee.IsZero() {
			first.Fee, first.FeeCurrency = e.Fee, e.FeeCurrency
		}
		m := *first.Extra()
		if x := e.Extra(); m.FeeAmount.IsZero() {
			m.FeeAsset, m.FeeAmount, m.FeeValue = x.FeeAsset, x.FeeAmount, x.FeeValue
		}
		m.Lines = append(append(m.Lines, e.Origin.Line), e.Extra().Lines...)
		first.More = &m
		first.Origin.Rows += e.Origin.Rows
		c.Tally.Events--
		c.Tally.Merged++
	}
	c.Events = kept
}

// step reads a row as a change of a balance.
func step(r *exchange.Record) (exchange.Step, bool) {
	f := exchange.Object(r.Raw)
	change, err := exchange.ParseAmount(f.Text("balance_delta"))
	if err != nil || r.Stream != historyStream {
		return exchange.Step{}, false
	}
	s := exchange.Step{Wallet: f.Text("account_id"), Asset: statements.Asset(f.Text("currency")), Change: change}
	if after, err := exchange.ParseAmount(f.Text("balance")); err == nil {
		s.After = &after
	}
	return s, true
}
