package binance

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"

	binance "github.com/adshao/go-binance/v2"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// The streams.
const (
	depositStream    = "deposits"
	withdrawalStream = "withdrawals"
	tradeStream      = "trades"
	convertStream    = "converts"
	dustStream       = "dust"
	switchStream     = "auto-conversions"
	dividendStream   = "dividends"
	flexibleStream   = "flexible-rewards"
	lockedStream     = "locked-rewards"
	rebateStream     = "rebates"
	orderStream      = "fiat-orders"
	paymentStream    = "fiat-payments"
	peerStream       = "peer-orders"
	payStream        = "pay"
	planStream       = "auto-invest"
)

const day = 24 * time.Hour

// began is when Binance opened. Every list is walked from there on, for nothing
// that the calls tell says when an account was opened: what was bought from
// people, say, is told for six months only, and what became of it may be years
// older than the first trade. In 2026 that takes some 1000 calls besides those
// for pairs, once. The limits of the costly ones make it slow:
// withdrawals 39 calls in 5 minutes, money 2 in 2, conversions 115 in 3, payments
// 7, rebates 79 in 7, flexible rewards 345 in 6, locked ones 115 in 2, all of
// them one after the other. Later runs ask for the newest window of each.
var began = time.Date(2017, 7, 1, 0, 0, 0, 0, time.UTC)

// paging is how a list is walked inside a window of time.
type paging int

const (
	byPair   paging = iota
	byOffset        // offset and limit
	byPage          // number of the page
	bySplit         // no pages: a window with too much is asked for in halves
)

// stream is a stream with the way to fetch it.
type stream struct {
	exchange.Stream
	shape  exchange.Shape
	spans  exchange.Spans
	paging paging
	parts  []string // the lists that it is made of; none if it is one
	limit  int      // most rows of an answer
	counts string   // a member that goes on by itself
	list   []string // the members that lead to the list; none if the answer is it
	get    func(b *client, ctx context.Context, a ask) ([]byte, error)
}

// ask is what to ask for.
type ask struct {
	from, to int64 // milliseconds
	part     string
	at       int // offset, or number of the page
	limit    int
}

// windows are the limits of the documents, a little less.
func windows(days int) exchange.Spans {
	return exchange.Spans{Start: began, Window: time.Duration(days)*day - time.Hour}
}

// settling are windows of records whose state changes for days.
func settling(days int) exchange.Spans {
	s := windows(days)
	s.Back = 14 * day
	return s
}

// streams lists all of them, in the order in which they are fetched.
func streams() []stream {
	list := append(movements(), trading()...)
	list = append(list, rewards()...)
	return append(list, heavy()...)
}

// movements are what came and went, where that is cheap to ask for.
func movements() []stream {
	return []stream{
		{
			Stream: of(depositStream, exchange.Deposits, depositsEndpoint), paging: byOffset, limit: 1000, counts: "confirmTimes", spans: settling(90),
			shape: exchange.Shape{ID: []string{"id", "txId", "status"}, Time: "insertTime", Unit: exchange.Milli, Words: []string{"coin", "status"}, Amounts: []string{"amount"}},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.library(ctx, depositsEndpoint, func(ctx context.Context, api *binance.Client) error {
					_, err := api.NewListDepositsService().StartTime(a.from).EndTime(a.to).Offset(a.at).Limit(a.limit).Do(ctx)
					return err
				})
			},
		},
		{
			Stream: of(paymentStream, exchange.Fiat, paymentsEndpoint), paging: byPage, limit: 500, list: []string{"data"}, spans: settling(365),
			parts: []string{"0", "1"},
			shape: exchange.Shape{
				ID: []string{"orderNo", "status"}, Time: "createTime", Unit: exchange.Milli, Words: []string{"fiatCurrency", "cryptoCurrency", "status"},
				Amounts: []string{"sourceAmount", "obtainAmount"}, Maybe: []string{"totalFee"},
			},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.library(ctx, paymentsEndpoint, func(ctx context.Context, api *binance.Client) error {
					_, err := api.NewFiatPaymentsHistoryService().TransactionType(binance.TransactionType(a.part)).BeginTime(a.from).EndTime(a.to).
						Page(int32(a.at)).Rows(int32(a.limit)).Do(ctx) // #nosec G115 -- pages are few
					return err
				})
			},
		},
		{
			Stream: of(peerStream, exchange.Trades, peersEndpoint), paging: byPage, limit: 100, list: []string{"data"},
			spans: exchange.Spans{Start: began, Window: 29 * day, Reach: 179 * day, Back: 14 * day}, parts: []string{"BUY", "SELL"},
			shape: exchange.Shape{
				ID: []string{"orderNumber", "orderStatus"}, Time: "createTime", Unit: exchange.Milli, Words: []string{"tradeType", "asset", "fiat", "orderStatus"},
				Amounts: []string{"amount", "totalPrice"}, Maybe: []string{"commission"},
			},
			get: func(b *client, ctx context.Context, a ask) ([]byte, error) {
				return b.own(ctx, peersEndpoint, url.Values{
					"tradeType": {a.part}, "startTimestamp": {number(a.from)}, "endTimestamp": {number(a.to)},
					"page": {strconv.Itoa(a.at)}, "rows": {strconv.Itoa(a.limit)},
				})
			},
		},
	}
}

func of(name string, kind exchange.StreamKind, e endpoint) exchange.Stream {
	return exchange.Stream{Name: name, Kind: kind, Endpoint: e.name(), Optional: kind != exchange.Trades && kind != exchange.Deposits && kind != exchange.Withdrawals}
}

// Page implements exchange.Client.
func (b *client) Page(ctx context.Context, name, cursor string) (exchange.Page, error) {
	s, ok := b.streams[name]
	if !ok {
		return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: "binance", Endpoint: name}
	}
	s.shape.Stream, s.shape.Endpoint = s.Name, s.Endpoint
	switch {
	case s.paging == byPair:
		return b.tradePage(ctx, &s, cursor)
	case len(s.parts) > 0:
		return exchange.WalkParts(ctx, cursor,
			func(context.Context) ([]string, error) { return s.parts, nil },
			func(ctx context.Context, part, cursor string) (exchange.Page, error) {
				return b.walk(ctx, &s, part, cursor)
			})
	}
	return b.walk(ctx, &s, "", cursor)
}

// walk fetches a page of one list.
func (b *client) walk(ctx context.Context, s *stream, part, cursor string) (exchange.Page, error) {
	if late, err := s.late(cursor); err != nil {
		return exchange.Page{}, err
	} else if late {
		cursor = ""
	}
	return exchange.Walk(ctx, s.spans, cursor, b.wire.Now(), func(ctx context.Context, w exchange.Window) (exchange.Batch, error) {
		return b.batch(ctx, s, part, w)
	})
}

// late reports whether a cursor is of a walk that began later than what the
// list has, as the costly ones once did: it begins anew.
func (s *stream) late(cursor string) (bool, error) {
	var at struct {
		Since int64 `json:"since"`
	}
	err := exchange.Decode(cursor, &at)
	return s.spans.Reach == 0 && at.Since > s.spans.Start.UnixMilli(), err
}

// batch fetches one answer.
func (b *client) batch(ctx context.Context, s *stream, part string, w exchange.Window) (exchange.Batch, error) {
	a := ask{from: w.From.UnixMilli(), to: w.To.UnixMilli(), part: part, limit: s.limit}
	var offset exchange.Offset
	var number exchange.Numbered
	var err error
	switch s.paging {
	case byOffset:
		err = exchange.Decode(w.Token, &offset)
		a.at = offset.Ask()
	case byPage:
		err = exchange.Decode(w.Token, &number)
		a.at = number.Ask()
	default:
	}
	if err != nil {
		return exchange.Batch{}, err
	}
	body, err := s.get(b, ctx, a)
	if err != nil {
		return exchange.Batch{}, err
	}
	records, total, err := s.parse(body)
	if err != nil {
		return exchange.Batch{}, b.wire.Malform(s.Endpoint, err)
	}
	for i := range records {
		records[i].Context = part
		if s.counts != "" {
			records[i].Steady = exchange.Without(records[i].Raw, s.counts)
		}
	}
	batch := exchange.Batch{Records: records, Total: total}
	ids := exchange.IDs(records)
	switch s.paging {
	case byOffset:
		offset, batch.More = offset.Step(ids, 0)
		batch.Token, err = exchange.Encode(offset)
	case byPage:
		number, batch.More = number.Step(ids, total)
		batch.Token, err = exchange.Encode(number)
	default:
		batch.Split = total > len(records) || s.limit > 0 && len(records) >= s.limit
	}
	return batch, err
}

// parse reads the list of an answer.
func (s *stream) parse(body []byte) (records []exchange.Record, total int, err error) {
	raw := json.RawMessage(body)
	for _, member := range s.list {
		f, err := exchange.ParseFields(raw)
		if err != nil {
			return nil, 0, err
		}
		for _, name := range []string{"total", "totalRecords"} {
			if text := f.Text(name); text != "" {
				if total, err = strconv.Atoi(text); err != nil || total < 0 {
					return nil, 0, errors.New(name + " is no number")
				}
			}
		}
		if more, ok := f.Bool("moreData"); ok && more {
			total = 1 << 30 // more than any answer has
		}
		if f.IsNull(member) {
			return nil, 0, nil // an answer without rows may leave its list out
		}
		raw = f[member]
	}
	list, err := exchange.ParseList(raw)
	if err != nil {
		return nil, 0, err
	}
	records, err = s.shape.Records(list)
	return records, total, err
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// query writes what to ask for as a query of our own.
func (a ask) query() url.Values {
	q := url.Values{"startTime": {number(a.from)}, "endTime": {number(a.to)}}
	if a.at > 0 {
		q.Set("current", strconv.Itoa(a.at))
		q.Set("size", strconv.Itoa(a.limit))
	}
	if a.part != "" {
		q.Set("type", a.part)
	}
	return q
}
