// Package coinbase reads an account at Coinbase: with a key of the developer
// platform (CDP), which signs each call as a JWT with ES256 or Ed25519, or with
// a token that the owner gave through OAuth.
//
// The transactions of all wallets are the base. A trade is two of them, one in
// each wallet, joined by the id of the conversion or the order; fills, deposits
// and withdrawals of money say more about what the transactions tell.
package coinbase

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
)

// Name is the exchange's name.
const Name = name

const (
	name = "coinbase"
	host = "api.coinbase.com"

	// version is the day whose form of /v2 we read.
	version = "2024-03-01"
)

// The streams.
const (
	transactionStream = "transactions"
	fillStream        = "fills"
	depositStream     = "deposits"
	withdrawalStream  = "withdrawals"
)

// The calls.
const (
	rightsPath       = "/api/v3/brokerage/key_permissions"
	fillsPath        = "/api/v3/brokerage/orders/historical/fills"
	accountsPath     = "/v2/accounts"
	scopesPath       = "/v2/user/auth"
	timePath         = "/v2/time"
	transactionsPart = "transactions"
	depositsPart     = "deposits"
	withdrawalsPart  = "withdrawals"
)

// Exchange describes Coinbase.
func Exchange() exchange.Exchange {
	get := func(path string, query ...string) egress.Pass {
		return egress.Pass{Method: http.MethodGet, Host: host, Path: path, Query: query}
	}
	list := func(part string) egress.Pass {
		return get(accountsPath+"/{}/"+part, "limit", "starting_after", "order")
	}
	return exchange.Exchange{
		Name: name, Title: "Coinbase", Venue: "Coinbase",
		Passes: []egress.Pass{
			get(timePath), get(rightsPath), get(scopesPath), get(accountsPath, "limit", "starting_after"),
			list(transactionsPart), list(depositsPart), list(withdrawalsPart),
			get(fillsPath, "limit", "cursor", "start_sequence_timestamp", "end_sequence_timestamp"),
			{Method: http.MethodPost, Host: loginHost, Path: tokenPath},
		},
		Form: exchange.Form{
			Key: "API key name (organizations/…/apiKeys/…)", Secret: "Private key", PEM: true, OAuth: true,
			Rights: "View only, of the portfolio whose history is needed. Neither Trade nor Transfer.",
		},
		Streams: []exchange.Stream{
			{Name: transactionStream, Kind: exchange.Base, Endpoint: "GET /v2/accounts/{}/transactions"},
			{Name: depositStream, Kind: exchange.Deposits, Endpoint: "GET /v2/accounts/{}/deposits", Optional: true},
			{Name: withdrawalStream, Kind: exchange.Withdrawals, Endpoint: "GET /v2/accounts/{}/withdrawals", Optional: true},
			{Name: fillStream, Kind: exchange.Trades, Endpoint: "GET " + fillsPath, Optional: true},
		},
		Absent: []exchange.Absent{
			{Kind: exchange.Conversions, What: "Conversions", Within: transactionStream},
			{Kind: exchange.Rewards, What: "Staking, rewards and interest", Within: transactionStream},
			{Kind: exchange.Fiat, What: "Money from banks and to them", Within: transactionStream},
			{Kind: exchange.Other, What: "Other portfolios: a key sees one of them", Instead: "a key of each portfolio, or Transaction history (CSV)"},
			{Kind: exchange.Other, What: "Coinbase Exchange (former Pro), Prime, International, derivatives", Instead: "account statement (CSV) of each"},
		},
		Limits: []exchange.Limit{
			{Bucket: "v2", Weight: 10000, Per: time.Hour, ByKey: true},
			{Bucket: "v3", Weight: 30, Per: time.Second, ByKey: true},
		},
		Judge: Judge, Open: open, Events: Events,
	}
}

// client is one connection.
type client struct {
	wire *exchange.Wire
	sign signer // nil with OAuth

	wallets []wallet // once asked for
}

func open(c exchange.Config) (exchange.Client, error) {
	b := &client{}
	b.wire = &exchange.Wire{Exchange: name, Config: c, Clock: b.serverTime}
	b.wire.Faults = b.faults
	if !c.Key.Token.Empty() {
		return b, nil
	}
	var err error
	if b.sign, err = newSigner(c.Key.Secret.Reveal()); err != nil || c.Key.ID == "" {
		return nil, &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: name, Err: errors.New("the private key is neither a PEM of an EC key nor an Ed25519 key in base64")}
	}
	return b, nil
}

// get makes a signed call.
func (b *client) get(ctx context.Context, path string, query url.Values) ([]byte, error) {
	bucket := "v2"
	if path == rightsPath || path == fillsPath {
		bucket = "v3"
	}
	return b.wire.Send(ctx, exchange.Call{
		Endpoint: "GET " + path, Cost: []exchange.Cost{{Bucket: bucket, Weight: 1}},
		Build: func(ctx context.Context, now time.Time) (*http.Request, error) {
			address := "https://" + host + path
			if len(query) > 0 {
				address += "?" + query.Encode()
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
			if err != nil {
				return nil, err
			}
			token := string(b.wire.Config.Key.Token.Reveal())
			if b.sign != nil {
				if token, err = newToken(b.sign, b.wire.Config.Key.ID, http.MethodGet+" "+host+path, now); err != nil {
					return nil, err
				}
			}
			r.Header.Set("Authorization", "Bearer "+token)
			r.Header.Set("CB-VERSION", version)
			return r, nil
		},
	})
}

// serverTime asks for the exchange's clock.
func (b *client) serverTime(ctx context.Context) (time.Time, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+host+timePath, nil)
	if err != nil {
		return time.Time{}, err
	}
	a, err := b.wire.Ask(r)
	if err != nil {
		return time.Time{}, err
	}
	at, ok := exchange.ParseTime(exchange.Object(a.Body).Inner("data").Text("epoch"), exchange.Second)
	if !ok {
		return time.Time{}, errors.New("no time")
	}
	return at, nil
}

// skew is how far clocks may be apart before an answer that refuses a key is
// taken for one about the time: the answer does not tell the two apart.
const skew = 5 * time.Second

// troubles are the ids of errors of /v2.
var troubles = map[string]exchange.Trouble{
	"authentication_error": exchange.KeyRejected, "invalid_token": exchange.KeyRejected, "revoked_token": exchange.KeyRejected, "expired_token": exchange.KeyRejected,
	"two_factor_required": exchange.KeyRejected, "personal_details_required": exchange.Forbidden, "unverified_email": exchange.Forbidden,
	"invalid_scope": exchange.NoPermission, "not_found": exchange.NotOffered, "rate_limit_exceeded": exchange.RateLimited,
	"internal_server_error": exchange.Upstream, "PERMISSION_DENIED": exchange.NoPermission, "UNAUTHENTICATED": exchange.KeyRejected,
}

// faults reads errors: a list in /v2, a word in /v3, plain text where the key is
// not known.
func (b *client) faults(a *exchange.Answer) *exchange.Fault {
	if a.Status < 300 {
		return nil
	}
	f := exchange.Object(a.Body)
	code := f.Text("error")
	if list, err := f.List("errors"); err == nil && len(list) > 0 {
		code = exchange.Object(list[0]).Text("id")
	}
	out := &exchange.Fault{Code: code, Trouble: troubles[code]}
	if out.Trouble == "" {
		if a.Status != http.StatusUnauthorized {
			return nil
		}
		out.Trouble = exchange.KeyRejected
	}
	if off := a.Date.Sub(b.wire.Now()); out.Trouble == exchange.KeyRejected && b.sign != nil && !a.Date.IsZero() && off.Abs() > skew {
		out.Trouble = exchange.ClockSkew
	}
	return out
}
