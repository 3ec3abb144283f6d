package exchangesim

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// coinbaseSim is Coinbase: a token for each call, one wallet for each asset,
// pages behind the last row, newest first.
type coinbaseSim struct {
	*Sim
	history *History
	verify  func(text, signature []byte) bool
	wallets []string
	rows    map[string][]coinbaseRow // by wallet and list, newest first
	fills   []coinbaseRow
}

type coinbaseRow struct {
	n      int
	at     time.Time
	id     string
	fields map[string]any
}

const (
	coinbaseKey  = "organizations/o/apiKeys/k"
	coinbasePage = 20
)

// Coinbase starts a simulator of Coinbase with an Ed25519 key.
func Coinbase(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	verify := func(text, signature []byte) bool { return ed25519.Verify(public, text, signature) }
	return coinbase(tb, h, now, coinbaseKeys{Key{ID: coinbaseKey, Secret: base64.StdEncoding.EncodeToString(private)}, "EdDSA", verify})
}

// CoinbaseES256 starts a simulator of Coinbase with an EC key.
func CoinbaseES256(tb testing.TB, h *History, now func() time.Time) *Sim {
	tb.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	encoded, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		tb.Fatal(err)
	}
	verify := func(text, signature []byte) bool {
		sum := sha256.Sum256(text)
		return len(signature) == 64 && ecdsa.VerifyASN1(&private.PublicKey, sum[:], der(signature[:32], signature[32:]))
	}
	secret := strings.ReplaceAll(string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: encoded})), "\n", `\n`)
	return coinbase(tb, h, now, coinbaseKeys{Key{ID: coinbaseKey, Secret: secret}, "ES256", verify})
}

// der writes two numbers as the sequence that ASN.1 signatures are.
func der(r, s []byte) []byte {
	var body []byte
	for _, n := range [][]byte{r, s} {
		n = bytes.TrimLeft(n, "\x00")
		if len(n) == 0 || n[0] >= 0x80 {
			n = append([]byte{0}, n...)
		}
		body = append(append(body, 2, byte(len(n))), n...) // #nosec G115 -- at most 33 bytes
	}
	return append([]byte{0x30, byte(len(body))}, body...) // #nosec G115 -- at most 70 bytes
}

// coinbaseKeys are a key and how what it signs is verified.
type coinbaseKeys struct {
	key       Key
	algorithm string
	verify    func(text, signature []byte) bool
}

func coinbase(tb testing.TB, h *History, now func() time.Time, k coinbaseKeys) *Sim {
	tb.Helper()
	c := &coinbaseSim{history: h, verify: k.verify, rows: make(map[string][]coinbaseRow)}
	c.Sim = &Sim{Name: "coinbase", Key: k.key}
	c.auth = func(q *Request) *Reply { return c.check(q, k.algorithm) }
	c.words = coinbaseWords
	c.fill()
	c.routes = map[string]route{
		"GET /v2/time": {public: true, serve: func(*Request) Reply {
			return Reply{Body: map[string]any{"data": map[string]any{"iso": "x", "epoch": c.Now().Unix()}}}
		}},
		"GET /v2/accounts":                              {weight: 1, serve: c.accounts},
		"GET /v2/accounts/{id}/transactions":            {weight: 1, data: true, serve: func(q *Request) Reply { return c.list(q, "transactions") }},
		"GET /v2/accounts/{id}/deposits":                {weight: 1, data: true, serve: func(q *Request) Reply { return c.list(q, "deposits") }},
		"GET /v2/accounts/{id}/withdrawals":             {weight: 1, data: true, serve: func(q *Request) Reply { return c.list(q, "withdrawals") }},
		"GET /api/v3/brokerage/key_permissions":         {weight: 1, serve: c.rights},
		"GET /api/v3/brokerage/orders/historical/fills": {weight: 1, data: true, serve: c.fillPage},
	}
	c.buckets(func(path string) string {
		return map[bool]string{true: "v2", false: "v3"}[strings.HasPrefix(path, "/v2/")]
	})
	start(tb, c.Sim, now)
	return c.Sim
}

func coinbaseWords(f Fault) *Reply {
	switch f {
	case RateLimit:
		return &Reply{
			Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "7"},
			Body: map[string]any{"errors": []any{map[string]any{"id": "rate_limit_exceeded", "message": "Too many requests"}}},
		}
	case KeyRevoked:
		return &Reply{Status: http.StatusUnauthorized, Header: map[string]string{"Content-Type": "text/plain"}, Body: "Unauthorized"}
	default:
		return nil
	}
}

// check verifies the token: its key, time, what it is for, and its signature.
func (c *coinbaseSim) check(q *Request, algorithm string) *Reply {
	no := coinbaseWords(KeyRevoked)
	token, ok := strings.CutPrefix(q.Header.Get("Authorization"), "Bearer ")
	parts := strings.Split(token, ".")
	if !ok || len(parts) != 3 {
		return no
	}
	var head struct{ Alg, Kid, Nonce string }
	var body struct {
		Iss, Sub, URI string
		Nbf, Exp      int64
	}
	for i, into := range []any{&head, &body} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err != nil || json.Unmarshal(text, into) != nil {
			return no
		}
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	good := head.Alg == algorithm && head.Kid == c.Key.ID && body.Sub == c.Key.ID && body.Iss == "cdp" && len(head.Nonce) > 8 &&
		body.URI == q.Method+" api.coinbase.com"+q.Path && q.Header.Get("CB-VERSION") != ""
	if err != nil || !good || !c.verify([]byte(parts[0]+"."+parts[1]), signature) {
		return no
	}
	if now := c.Now().Unix(); body.Nbf > now+2 || body.Exp < now || body.Exp-body.Nbf > 120 {
		c.stolen-- // a clock that is wrong is no theft
		return no
	}
	return nil
}

func (c *coinbaseSim) rights(*Request) Reply {
	return Reply{Body: map[string]any{"can_view": true, "can_trade": c.upgraded, "can_transfer": false, "portfolio_uuid": "p", "portfolio_type": "DEFAULT"}}
}

func (c *coinbaseSim) accounts(q *Request) Reply {
	var list []any
	after := slices.Index(c.wallets, q.Query.Get("starting_after"))
	balances := c.history.Balances()
	for _, asset := range c.wallets[after+1:] {
		kind := "wallet"
		if asset == c.history.Fiat {
			kind = "fiat"
		}
		list = append(list, map[string]any{
			"id": asset, "name": asset + " Wallet", "type": kind, "currency": map[string]any{"code": asset}, "resource": "account",
			"balance": map[string]any{"amount": balances[asset].String(), "currency": asset},
		})
		if len(list) == 2 {
			break
		}
	}
	if list == nil {
		list = []any{}
	}
	var next any
	if len(list) == 2 {
		next = "/v2/accounts?starting_after=x"
	}
	return Reply{Body: map[string]any{"pagination": map[string]any{"order": "desc", "next_uri": next}, "data": list}}
}

// fill writes the history as Coinbase would.
func (c *coinbaseSim) fill() {
	for asset := range c.history.Balances() {
		c.wallets = append(c.wallets, asset)
	}
	slices.Sort(c.wallets)
	for i := range c.history.Moves {
		m := &c.history.Moves[i]
		for j, change := range m.Changes() {
			c.put(change.Asset, "transactions", m, c.transaction(m, j, change))
		}
		c.beside(m)
	}
	for k := range c.rows {
		slices.Reverse(c.rows[k])
	}
	slices.Reverse(c.fills)
}

func (c *coinbaseSim) put(asset, list string, m *Move, fields map[string]any) {
	id, _ := fields["id"].(string)
	c.rows[asset+"/"+list] = append(c.rows[asset+"/"+list], coinbaseRow{m.N, m.At, id, fields})
}

func coin(a money.Amount, currency string) map[string]any {
	return map[string]any{"amount": a.String(), "currency": currency}
}

// transaction is what the wallet of one asset says of a move.
func (c *coinbaseSim) transaction(m *Move, j int, change Change) map[string]any {
	t := map[string]any{
		"id": fmt.Sprintf("tx-%d-%d", m.N, j), "status": "completed", "amount": coin(change.Change, change.Asset), "native_amount": coin(change.Change, "EUR"),
		"created_at": m.At.UTC().Format("2006-01-02T15:04:05.000Z"), "resource": "transaction", "description": nil,
	}
	switch m.Kind {
	case Buy, Sell:
		t["type"] = "advanced_trade_fill"
		t["advanced_trade_fill"] = map[string]any{
			"fill_price": m.Cost.Rescale(money.FromInt(1), m.Units).Round(18, money.HalfEven).String(), "product_id": m.Asset + "-" + m.Quote,
			"order_id": fmt.Sprint("order-", m.N), "commission": m.Fee.String(), "order_side": map[Kind]string{Buy: "buy", Sell: "sell"}[m.Kind],
		}
	case Convert:
		t["type"] = "trade"
		t["trade"] = map[string]any{"id": fmt.Sprint("trade-", m.N), "fee": coin(money.Amount{}, "EUR")}
	case Deposit, Withdrawal:
		t["type"] = "send"
		network := map[string]any{"status": "confirmed", "hash": m.Tx, "network_name": "n"}
		if m.Kind == Withdrawal {
			network["transaction_fee"] = coin(m.Fee, m.Asset)
		}
		t["network"] = network
	case FiatIn:
		t["type"] = "fiat_deposit"
	case FiatOut:
		t["type"] = "fiat_withdrawal"
	default:
		t["type"] = "staking_reward"
	}
	return t
}

// beside writes what other lists say of a move.
func (c *coinbaseSim) beside(m *Move) {
	at := m.At.UTC().Format("2006-01-02T15:04:05.000Z")
	switch m.Kind {
	case Buy, Sell:
		c.fills = append(c.fills, coinbaseRow{m.N, m.At, "", map[string]any{
			"entry_id": fmt.Sprint("e", m.N), "trade_id": fmt.Sprint("t", m.N), "order_id": fmt.Sprint("order-", m.N), "trade_time": at, "trade_type": "FILL",
			"price": "1.00", "size": m.Units.String(), "commission": m.Fee.String(), "product_id": m.Asset + "-" + m.Quote, "side": "BUY", "size_in_quote": false,
		}})
	case FiatOut, FiatIn:
		list := map[Kind]string{FiatOut: "withdrawals", FiatIn: "deposits"}[m.Kind]
		c.put(m.Asset, list, m, map[string]any{
			"id": fmt.Sprint("w", m.N), "status": "completed", "transaction": map[string]any{"id": fmt.Sprintf("tx-%d-0", m.N)}, "created_at": at,
			"amount": coin(m.Units.Add(m.Fee), m.Asset), "subtotal": coin(m.Units, m.Asset), "fee": coin(m.Fee, m.Asset),
		})
	default:
	}
}

func (c *coinbaseSim) list(q *Request, name string) Reply {
	rows := slices.DeleteFunc(slices.Clone(c.rows[q.Form.Get("id")+"/"+name]), func(r coinbaseRow) bool { return c.hidden(r.n, r.at, c.history.last()) })
	rows = whole(c.Sim, rows)
	if after := q.Query.Get("starting_after"); after != "" {
		i := slices.IndexFunc(rows, func(r coinbaseRow) bool { return r.id == after })
		rows = rows[i+1:]
	}
	data := []any{}
	for _, r := range bend(c.Sim, rows[:min(len(rows), coinbasePage)]) {
		data = append(data, r.fields)
	}
	return Reply{Body: map[string]any{"pagination": map[string]any{"order": "desc", "limit": coinbasePage, "next_uri": nil}, "data": data}}
}

func (c *coinbaseSim) fillPage(q *Request) Reply {
	rows := slices.DeleteFunc(slices.Clone(c.fills), func(r coinbaseRow) bool { return c.hidden(r.n, r.at, c.history.last()) })
	from, _ := strconv.Atoi(q.Query.Get("cursor"))
	from = min(from, len(rows))
	rows = rows[from:min(from+coinbasePage, len(rows))]
	list, next := []any{}, ""
	for _, r := range rows {
		list = append(list, r.fields)
	}
	if len(rows) == coinbasePage {
		next = strconv.Itoa(from + coinbasePage)
	}
	return Reply{Body: map[string]any{"fills": list, "cursor": next}}
}
