// Package binance reads an account at Binance.
//
// Calls are built by go-binance where it has them, and here where it lacks
// them. The library never sees the secret and never reads an answer: its
// requests end at a tap of ours, which signs them with our clock, keeps the
// answer as it came, and hands back nothing. So neither its logs nor its errors
// can hold anything, what its structures do not know is not lost, and only the
// services that are named here are linked into the program.
//
// Binance has no ledger. Trades are asked for pair by pair, everything else by
// kind; what the lists leave out stands in Absent.
package binance

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	binance "github.com/adshao/go-binance/v2"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
)

const (
	name = "binance"
	host = "api.binance.com"
	base = "https://" + host
)

// Exchange describes Binance.
func Exchange() exchange.Exchange {
	x := exchange.Exchange{
		Name: name, Title: "Binance", Venue: "Binance", MaxBody: 48 << 20,
		Form: exchange.Form{ // #nosec G101 -- names of fields
			Key: "API key", Secret: "Secret key (HMAC)",
			Rights: "Enable Reading only. Restrict the key to the address of this server.",
		},
		Absent: []exchange.Absent{
			{Kind: exchange.Base, What: "One ledger of all changes", Instead: history},
			{Kind: exchange.Trades, What: "Trades of pairs that Binance lists no more", Instead: history},
			{Kind: exchange.Conversions, What: "Small balances converted before the last 100 conversions", Instead: history},
			{Kind: exchange.Trades, What: "Peer-to-peer orders older than six months", Instead: "C2C order history (CSV)"},
			{Kind: exchange.Other, What: "Payments by Pay older than 18 months", Instead: history},
			{Kind: exchange.Other, What: "Margin, futures, options, loans, liquidity pools, launchpad, mining pool, card, sub-accounts", Instead: history},
		},
		Judge: Judge, Open: open, Events: Events,
	}
	x.Passes = append(x.Passes, passes()...)
	for _, s := range streams() {
		x.Streams = append(x.Streams, s.Stream)
	}
	x.Limits = limits()
	return x
}

const history = "Transaction history (CSV)"

// client is one connection.
type client struct {
	wire    *exchange.Wire
	tap     *tap
	streams map[string]stream

	pairs map[string]pair // by name, once asked for
}

func open(c exchange.Config) (exchange.Client, error) {
	if c.Key.ID == "" || c.Key.Secret.Empty() {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("key and secret are needed")}
	}
	b := &client{streams: make(map[string]stream)}
	b.wire = &exchange.Wire{Exchange: name, Config: c, Faults: faults, Clock: b.serverTime}
	b.tap = &tap{wire: b.wire}
	for _, s := range streams() {
		b.streams[s.Name] = s
	}
	return b, nil
}

// tap is where requests of the library end. It is for one goroutine.
type tap struct {
	wire   *exchange.Wire
	now    time.Time
	answer *exchange.Answer
	err    error
}

// RoundTrip implements http.RoundTripper. It signs what is to be signed, makes
// the call through the guard, keeps the answer and returns an empty one.
func (t *tap) RoundTrip(r *http.Request) (*http.Response, error) {
	out := r.Clone(r.Context())
	if q := out.URL.Query(); q.Has("timestamp") {
		out.URL.RawQuery = t.signed(q)
	}
	t.answer, t.err = t.wire.Ask(out)
	if t.err != nil {
		return nil, t.err
	}
	return &http.Response{
		StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: make(http.Header), Body: io.NopCloser(strings.NewReader("null")), Request: r,
	}, nil
}

// recvWindow is how old a call may be when it arrives, in milliseconds.
const recvWindow = "10000"

// signed returns a query with time and signature.
func (t *tap) signed(q url.Values) string {
	q.Del("signature")
	q.Set("recvWindow", recvWindow)
	q.Set("timestamp", strconv.FormatInt(t.now.UnixMilli(), 10))
	text := q.Encode()
	return text + "&signature=" + sign(t.wire.Config.Key.Secret.Reveal(), text)
}

// sign is HMAC-SHA256 over the query.
func sign(secret []byte, text string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// library makes a call that the library builds. Its client lives for one call
// and is never kept: what is kept in a structure that becomes an interface
// value, or becomes one itself, makes the linker keep all of its methods, and
// with them every service that trades (see services.txt).
func (b *client) library(ctx context.Context, e endpoint, do func(context.Context, *binance.Client) error) ([]byte, error) {
	return b.wire.Send(ctx, exchange.Call{Endpoint: e.name(), Cost: e.cost, Via: func(ctx context.Context, now time.Time) (*exchange.Answer, error) {
		b.tap.now, b.tap.answer, b.tap.err = now, nil, nil
		api := binance.NewClient(b.wire.Config.Key.ID, "")
		api.BaseURL, api.HTTPClient = base, &http.Client{Transport: b.tap}
		err := do(ctx, api)
		switch {
		case b.tap.answer != nil:
			return b.tap.answer, nil
		case b.tap.err != nil:
			return nil, b.tap.err
		}
		return nil, egress.Scrub(err)
	}})
}

// own makes a call that the library lacks.
func (b *client) own(ctx context.Context, e endpoint, q url.Values) ([]byte, error) {
	return b.wire.Send(ctx, exchange.Call{Endpoint: e.name(), Cost: e.cost, Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
		b.tap.now = now
		query := url.Values{}
		for k, v := range q {
			query[k] = v
		}
		r, err := http.NewRequestWithContext(ctx, e.method, base+e.path+"?"+b.tap.signed(query), nil)
		if err != nil {
			return nil, err
		}
		r.Header.Set("X-MBX-APIKEY", b.wire.Config.Key.ID)
		return r, nil
	}})
}

// serverTime asks for the exchange's clock.
func (b *client) serverTime(ctx context.Context) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+timeEndpoint.path, nil)
	if err != nil {
		return time.Time{}, err
	}
	a, err := b.wire.Ask(r)
	if err != nil {
		return time.Time{}, err
	}
	f, err := exchange.ParseFields(a.Body)
	if err != nil {
		return time.Time{}, err
	}
	at, ok := exchange.ParseTime(f.Text("serverTime"), exchange.Milli)
	if !ok {
		return time.Time{}, errors.New("no time")
	}
	return at, nil
}

// troubles are the codes of Binance that mean something to us.
var troubles = map[string]exchange.Trouble{
	"-1000": exchange.Upstream, "-1001": exchange.Upstream, "-1006": exchange.Upstream, "-1007": exchange.Upstream, "-1008": exchange.Upstream,
	"-1016": exchange.NotOffered,
	"-1002": exchange.KeyRejected, "-1022": exchange.KeyRejected, "-2008": exchange.KeyRejected, "-2014": exchange.KeyRejected, "-2015": exchange.KeyRejected,
	"-1003": exchange.RateLimited, "-1021": exchange.ClockSkew, "-1121": exchange.NotOffered,
	"-4001": exchange.NoPermission, "-12014": exchange.RateLimited,
}

// faults reads codes: of answers that say no, and of lists that say it inside
// an answer of status 200.
func faults(a *exchange.Answer) *exchange.Fault {
	f := exchange.Object(a.Body)
	code := f.Text("code")
	good := code == "" || strings.Trim(code, "0") == "" || code == "200"
	switch {
	case good, a.Status < 400 && f.IsNull("message") && f.IsNull("msg"):
		return nil
	case a.Status == http.StatusTeapot, a.Status == http.StatusTooManyRequests, a.Status == http.StatusForbidden, a.Status >= 500:
		return nil // the status says more
	}
	out := &exchange.Fault{Trouble: exchange.BadRequest, Code: code}
	if t, ok := troubles[code]; ok {
		out.Trouble = t
	} else if a.Status == http.StatusUnauthorized {
		out.Trouble = exchange.KeyRejected
	} else if a.Status == http.StatusNotFound {
		out.Trouble = exchange.NotOffered
	}
	return out
}
