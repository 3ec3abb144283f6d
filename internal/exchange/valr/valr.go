// Package valr reads an account at VALR: its transaction history, which says
// of each event what left, what came and what the fee was, as the file does.
// Both are read by pkg/statement/valr.
package valr

import (
	"context"
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
	statements "github.com/ledgersys/ledgersys/pkg/statement/valr"
)

const (
	name = "valr"
	host = "api.valr.com"

	rightsPath   = "/v1/account/api-keys/current"
	balancesPath = "/v1/account/balances"
	historyPath  = "/v1/account/transactionhistory"
	timePath     = "/v1/public/time"

	historyStream = "transactions"
	historyName   = "GET " + historyPath
)

// epoch is before the first account at VALR.
var epoch = time.Date(2018, 6, 1, 0, 0, 0, 0, time.UTC)

// Exchange describes VALR.
func Exchange() exchange.Exchange {
	get := func(path string, query ...string) egress.Pass {
		return egress.Pass{Method: http.MethodGet, Host: host, Path: path, Query: query}
	}
	within := func(kind exchange.StreamKind, what string) exchange.Absent {
		return exchange.Absent{Kind: kind, What: what, Within: historyStream}
	}
	return exchange.Exchange{
		Name: name, Title: "VALR", Venue: "VALR",
		Passes:  []egress.Pass{get(timePath), get(rightsPath), get(balancesPath), get(historyPath, "limit", "beforeId", "skip")},
		Form:    exchange.Form{Key: "API key", Secret: "API secret", Rights: "View access only."},
		Streams: []exchange.Stream{{Name: historyStream, Kind: exchange.Base, Endpoint: historyName}},
		Absent: []exchange.Absent{
			within(exchange.Trades, "Trades"), within(exchange.Deposits, "Deposits of coins"), within(exchange.Withdrawals, "Withdrawals of coins"),
			within(exchange.Conversions, "Simple swaps"), within(exchange.Rewards, "Interest, rewards and rebates"), within(exchange.Fiat, "Money from banks and to them"),
			{Kind: exchange.Other, What: "Other sub-accounts: a key sees one of them", Instead: "a key of each sub-account"},
		},
		Limits: []exchange.Limit{{Bucket: "calls", Weight: 1000, Per: time.Minute}},
		Judge:  Judge, Open: open, Events: Events,
	}
}

type client struct{ wire *exchange.Wire }

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key and secret are needed")}
	}
	v := &client{}
	v.wire = &exchange.Wire{Exchange: name, Config: c, Clock: v.serverTime}
	v.wire.Faults = v.faults
	return v, nil
}

func (v *client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	return v.wire.Send(ctx, exchange.Call{
		Endpoint: "GET " + path, Cost: []exchange.Cost{{Bucket: "calls", Weight: 1}},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			full := path
			if len(query) > 0 {
				full += "?" + query.Encode()
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+full, nil)
			if err != nil {
				return nil, err
			}
			at := strconv.FormatInt(now.UnixMilli(), 10)
			r.Header.Set("X-VALR-API-KEY", v.wire.Config.Key.ID)
			r.Header.Set("X-VALR-TIMESTAMP", at)
			r.Header.Set("X-VALR-SIGNATURE", sign(v.wire.Config.Key.Secret.Reveal(), at+http.MethodGet+full))
			return r, nil
		},
	})
}

// sign is HMAC-SHA512 over time, verb, path with query and body.
func sign(secret []byte, text string) string {
	mac := hmac.New(sha512.New, secret)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

func (v *client) serverTime(ctx context.Context) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+timePath, nil)
	if err != nil {
		return time.Time{}, err
	}
	a, err := v.wire.Ask(r)
	if err != nil {
		return time.Time{}, err
	}
	at, ok := exchange.ParseTime(exchange.Object(a.Body).Text("epochTime"), exchange.Second)
	if !ok {
		return a.Date, nil
	}
	return at, nil
}

// skew is how far clocks may be apart before a refused key is taken for a
// refused time: the answer does not tell the two apart.
const skew = 5 * time.Second

// faults reads the code of an error.
func (v *client) faults(a *exchange.Answer) *exchange.Fault {
	code := exchange.Object(a.Body).Text("code")
	if a.Status < 300 {
		return nil
	}
	f := &exchange.Fault{Code: code}
	switch {
	case a.Status == http.StatusUnauthorized, code == "-11", code == "-93":
		f.Trouble = exchange.KeyRejected
		if off := a.Date.Sub(v.wire.Now()); !a.Date.IsZero() && off.Abs() > skew {
			f.Trouble = exchange.ClockSkew
		}
	case a.Status == http.StatusForbidden && code != "":
		f.Trouble = exchange.NoPermission
	default:
		return nil
	}
	return f
}

// Judge reads the answer about the key itself: it may have the one right to
// view and no other.
func Judge(status int, body []byte) exchange.Rights {
	if status != http.StatusOK || exchange.CheckJSON(body) != nil {
		return exchange.NoVerdict()
	}
	f := exchange.Object(body)
	var list []string
	if f.IsNull("permissions") || json.Unmarshal(f["permissions"], &list) != nil {
		return exchange.NoVerdict()
	}
	const view = "View access"
	r := exchange.Rights{Found: slices.Clone(list), IPTold: true}
	for _, word := range list {
		if word != view {
			r.TooMuch = append(r.TooMuch, word)
		}
	}
	if !slices.Contains(list, view) {
		r.Missing = append(r.Missing, view)
	}
	if ip := f.Text("allowedIpAddressCidr"); ip != "" {
		r.IPs, r.IPBound = []string{ip}, true
	}
	if sub, _ := f.Bool("isSubAccount"); sub {
		r.Warnings = append(r.Warnings, "The key sees one sub-account only. Link each sub-account by a key of its own.")
	}
	return r.Decide()
}

// Probe implements exchange.Client.
func (v *client) Probe(ctx context.Context) (exchange.Rights, error) {
	body, err := v.get(ctx, rightsPath, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return Judge(http.StatusOK, body), nil
}

// Balances implements exchange.Client: what is free, in orders and lent, less
// what is borrowed.
func (v *client) Balances(ctx context.Context) ([]exchange.Balance, error) {
	body, err := v.get(ctx, balancesPath, nil)
	if err != nil {
		return nil, err
	}
	list, err := exchange.ParseList(body)
	if err != nil {
		return nil, v.wire.Malform("GET "+balancesPath, err)
	}
	var out []exchange.Balance
	for _, raw := range list {
		f := exchange.Object(raw)
		var sum money.Amount
		for _, part := range []string{"available", "reserved", "borrowReserved", "lendReserved", "borrowedAmount"} {
			if f.Text(part) == "" {
				continue
			}
			a, err := exchange.ParseAmount(f.Text(part))
			if err != nil || f.Text("currency") == "" {
				return nil, v.wire.Malform("GET "+balancesPath, errors.New("a balance that is no number, or without a currency"))
			}
			if part == "borrowedAmount" {
				a = a.Neg()
			}
			sum = sum.Add(a)
		}
		out = append(out, exchange.Balance{Asset: f.Text("currency"), Amount: sum})
	}
	return out, nil
}

var shape = exchange.Shape{
	Stream: historyStream, Endpoint: historyName, ID: []string{"id"}, Time: "eventAt", Unit: exchange.RFC,
	Words: []string{"id"}, Maybe: []string{"debitValue", "creditValue", "feeValue"},
}

// Page implements exchange.Client.
func (v *client) Page(ctx context.Context, stream, cursor string) (exchange.Page, error) {
	if stream != historyStream {
		return exchange.Page{}, &exchange.Fault{Trouble: exchange.NotOffered, Exchange: name, Endpoint: stream}
	}
	return exchange.WalkBehind(ctx, exchange.Behind{Start: epoch}, cursor, v.wire.Now(), func(ctx context.Context, after string) ([]exchange.Record, string, error) {
		q := url.Values{"limit": {"100"}}
		if after != "" {
			q.Set("beforeId", after)
		}
		body, err := v.get(ctx, historyPath, q)
		if err != nil {
			return nil, "", err
		}
		list, err := exchange.ParseList(body)
		if err != nil {
			return nil, "", v.wire.Malform(historyName, err)
		}
		records, err := shape.Records(list)
		if err != nil {
			return nil, "", v.wire.Malform(historyName, err)
		}
		last, _ := exchange.Oldest(records)
		for i := range records {
			f := exchange.Object(records[i].Raw)
			named(&records[i], f)
			for _, side := range []string{"debitValue", "creditValue", "feeValue"} {
				if a, err := exchange.ParseAmount(f.Text(side)); err == nil && a.Sign() < 0 {
					return nil, "", v.wire.Malform(historyName, errors.New(side+" is negative"))
				}
			}
		}
		return records, last.ID, nil
	})
}

// named adds the transaction on the chain to the name of a record: a movement
// that is told again once it has one is another record, so that the final one
// is not lost behind the first. How often the chain has confirmed it goes on by
// itself.
func named(r *exchange.Record, f exchange.Fields) {
	if tx := hash(f); tx != "" {
		r.ID += "/" + tx
	}
	if f.Inner("additionalInfo")["confirmations"] != nil {
		r.Steady = exchange.Without(r.Raw, "additionalInfo", "confirmations")
	}
}

func hash(f exchange.Fields) string { return f.Inner("additionalInfo").Text("transactionHash") }

// own is the exchange's own part of the name of a record.
func own(r *exchange.Record) (id string, sent bool) {
	id, _, sent = strings.Cut(r.ID, "/")
	return id, sent
}

// final finds, of the records about one movement, the one that counts: the last
// one that has a transaction on the chain, the last one if none has.
func final(records []exchange.Record) map[string]int {
	at := make(map[string]int, len(records))
	for i := range records {
		id, sent := own(&records[i])
		if before, ok := at[id]; ok && !sent {
			if _, had := own(&records[before]); had {
				continue
			}
		}
		at[id] = i
	}
	return at
}

// columns are those of the file, and the id that it lacks.
var columns = []string{
	"date", "transaction type", "debit currency", "debit value", "credit currency", "credit value", "fee currency", "fee value", "transactionhash", "id",
}

// Events makes events of the history as if it were a file.
func Events(c *statement.Collector, records []exchange.Record) error {
	var rows []statement.Row
	counts := final(records)
	for i := range records {
		r := &records[i]
		if r.Stream != historyStream {
			c.Hold(i+1, "stream", "unknown stream")
			continue
		}
		id, _ := own(r)
		if counts[id] != i {
			c.Ignore(i+1, "a step on the way of a movement that is told by another record")
			continue
		}
		f := exchange.Object(r.Raw)
		rows = append(rows, statement.Row{Line: i + 1, Cells: []string{
			r.Time.UTC().Format(time.RFC3339Nano), f.Inner("transactionType").Text("type"), f.Text("debitCurrency"), f.Text("debitValue"),
			f.Text("creditCurrency"), f.Text("creditValue"), f.Text("feeCurrency"), f.Text("feeValue"), hash(f), id,
		}})
	}
	return exchange.Rows(c, statements.Formats(), "valr-history", columns, rows)
}
