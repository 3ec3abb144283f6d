package coinbase

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
	"github.com/ledgersys/ledgersys/internal/keyring"
)

func TestSimulated(t *testing.T) {
	t.Parallel()
	suite := exchangesim.Suite{
		X: Exchange(), Start: exchangesim.Coinbase, Fiat: "EUR", Moves: 120, Cut: time.Millisecond, Main: "/v2/accounts/EUR/transactions", Skews: true,
	}
	suite.Run(t)
}

func TestES256(t *testing.T) {
	t.Parallel()
	h := exchangesim.NewHistory(1, 60, "EUR")
	clock := exchangesim.NewClock(h.Moves[len(h.Moves)-1].At.Add(time.Hour))
	d := exchangesim.NewDrive(t, Exchange(), exchangesim.CoinbaseES256(t, h, clock.Now), clock)
	if err := d.Run(t); err != nil {
		t.Fatal(err)
	}
	d.Check(t, h, time.Millisecond)
}

// The key is test key 1 of RFC 8032.
func TestToken(t *testing.T) {
	t.Parallel()
	seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	if err != nil {
		t.Fatal(err)
	}
	key := "organizations/00000000-0000-0000-0000-000000000000/apiKeys/11111111-1111-1111-1111-111111111111"
	for _, secret := range [][]byte{seed, ed25519.NewKeyFromSeed(seed)} {
		s, err := newSigner([]byte(base64.StdEncoding.EncodeToString(secret)))
		if err != nil {
			t.Fatal(err)
		}
		got, err := token(s, header{"EdDSA", "JWT", key, "0123456789abcdef0123456789abcdef"},
			claims{"cdp", key, 1700000000, 1700000120, "GET api.coinbase.com/api/v3/brokerage/key_permissions"})
		if err != nil || !strings.HasSuffix(got, ".zehgoeBeQBkSplyloco4mp9SYnx6pL17_Wiz5Yoz5M0C4RSP_vl8F636v-X7bhFUo1y_ns6r3UiqVNXcenJ0BQ") {
			t.Errorf("%s, %v", got, err)
		}
		for _, v := range exchangesim.Vectors(t, name)[:min(1, len(exchangesim.Vectors(t, name)))] {
			if v.Text("jwt") != got {
				t.Errorf("%s, want %s", got, v.Text("jwt"))
			}
		}
	}
}

func TestKeysOfOtherForms(t *testing.T) {
	t.Parallel()
	ed := ed25519.NewKeyFromSeed(make([]byte, 32))
	ed[40] ^= 1
	for name, secret := range map[string]string{
		"empty": "", "words": "not a key", "short": "AAAA", "public_part_of_another": base64.StdEncoding.EncodeToString(ed),
		"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
		"rsa":         "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----",
	} {
		_, err := Exchange().Open(exchange.Config{Key: exchange.Credentials{ID: "k", Secret: keyring.NewSecret([]byte(secret))}})
		if !exchange.Is(err, exchange.KeyRejected) || secret != "" && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	exchangesim.Permissions(t, Exchange(), []exchangesim.Permission{
		{Name: "views", Body: `{"can_view":true,"can_trade":false,"can_transfer":false,"portfolio_uuid":"p","portfolio_type":"DEFAULT"}`, Verdict: exchange.ReadOnly},
		{Name: "trades", Body: `{"can_view":true,"can_trade":true,"can_transfer":false}`, Verdict: exchange.Refuse, TooMuch: "can_trade"},
		{Name: "transfers", Body: `{"can_view":true,"can_trade":false,"can_transfer":true}`, Verdict: exchange.Refuse, TooMuch: "can_transfer"},
		{Name: "right_of_tomorrow", Body: `{"can_view":true,"can_trade":false,"can_transfer":false,"can_stake":true}`, Verdict: exchange.Refuse, TooMuch: "can_stake"},
		{Name: "right_of_tomorrow_off", Body: `{"can_view":true,"can_trade":false,"can_transfer":false,"can_stake":false}`, Verdict: exchange.ReadOnly},
		{Name: "right_of_another_name", Body: `{"can_view":true,"can_trade":false,"can_transfer":false,"admin":true}`, Verdict: exchange.Refuse, TooMuch: "admin"},
		{Name: "list_of_rights", Body: `{"can_view":true,"can_trade":false,"can_transfer":false,"scopes":["trade"]}`, Verdict: exchange.Refuse, TooMuch: "scopes"},
		{Name: "right_as_text", Body: `{"can_view":true,"can_trade":false,"can_transfer":false,"can_stake":"no"}`, Verdict: exchange.Refuse, TooMuch: "can_stake"},
		{Name: "trade_as_text", Body: `{"can_view":true,"can_trade":"false","can_transfer":false}`, Verdict: exchange.CannotTell},
		{Name: "trade_missing", Body: `{"can_view":true,"can_transfer":false}`, Verdict: exchange.CannotTell},
		{Name: "no_view", Body: `{"can_view":false,"can_trade":false,"can_transfer":false}`, Verdict: exchange.Refuse},
		{Name: "plain_text", Status: 401, Body: `Unauthorized`, Verdict: exchange.CannotTell},
		{Name: "list", Body: `[]`, Verdict: exchange.CannotTell},
	})
}

func TestScopes(t *testing.T) {
	t.Parallel()
	scopes := func(list ...string) string {
		return `{"data":{"method":"oauth","scopes":["` + strings.Join(list, `","`) + `"]}}`
	}
	tests := []struct {
		name, body string
		want       exchange.Verdict
	}{
		{"asked_for", scopes(Scopes()...), exchange.ReadOnly},
		{"user_added", scopes(append(Scopes(), "wallet:user:read")...), exchange.ReadOnly},
		{"may_send", scopes(append(Scopes(), "wallet:transactions:send")...), exchange.Refuse},
		{"may_buy", scopes(append(Scopes(), "wallet:buys:create")...), exchange.Refuse},
		{"unknown", scopes(append(Scopes(), "wallet:new:thing")...), exchange.Refuse},
		{"no_transactions", scopes("wallet:accounts:read"), exchange.Refuse},
		{"nothing", `{"data":{}}`, exchange.CannotTell},
	}
	for _, tt := range tests {
		if got := JudgeScopes(200, []byte(tt.body)); got.Verdict != tt.want {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
}

// owner is the part of Coinbase that gives tokens.
func owner(t *testing.T) (*OAuth, *url.Values) {
	t.Helper()
	var last url.Values
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		last = r.Form
		switch {
		case r.URL.Path != tokenPath || r.Form.Get("client_secret") != "c4n4ry":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"invalid_client"}`))
		case r.Form.Get("refresh_token") == "used":
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"error":"invalid_grant","error_description":"c4n4ry"}`))
		default:
			_, _ = w.Write([]byte(`{"access_token":"a","refresh_token":"r","expires_in":7200,"token_type":"bearer","scope":"wallet:accounts:read wallet:transactions:read"}`))
		}
	}))
	t.Cleanup(server.Close)
	door, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(server.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	web, err := door.Client(egress.Caller{Name: name, Passes: Exchange().Passes, Base: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2025, 6, 1, 0, 0, 0, 0, time.UTC)
	return &OAuth{
		ClientID: "c", Secret: keyring.NewSecret([]byte("c4n4ry")), Redirect: "https://books.example.org/back",
		Config: exchange.Config{HTTP: web, Now: func() time.Time { return now }},
	}, &last
}

func TestOAuth(t *testing.T) {
	t.Parallel()
	o, last := owner(t)
	// The pair of RFC 7636, appendix B.
	const verifier, challenge = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
	u, err := url.Parse(o.URL("s1", verifier))
	if err != nil || u.Host != loginHost || u.Query().Get("state") != "s1" || strings.Contains(u.Query().Get("scope"), "send") {
		t.Errorf("%s, %v", u, err)
	}
	if u.Query().Get("code_challenge") != challenge || u.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("challenge %q", u.Query().Get("code_challenge"))
	}
	tokens, err := o.Exchange(t.Context(), "code1", verifier)
	if err != nil || string(tokens.Access.Reveal()) != "a" || string(tokens.Refresh.Reveal()) != "r" || len(tokens.Scopes) != 2 || tokens.Expires.Hour() != 2 {
		t.Errorf("%+v, %v", tokens, err)
	}
	if last.Get("grant_type") != "authorization_code" || last.Get("code") != "code1" || last.Get("code_verifier") != verifier {
		t.Errorf("%v", *last)
	}
	if _, err := o.Refresh(t.Context(), keyring.NewSecret([]byte("r"))); err != nil {
		t.Error(err)
	}
	_, err = o.Refresh(t.Context(), keyring.NewSecret([]byte("used")))
	if f, ok := errors.AsType[*exchange.Fault](err); !ok || f.Trouble != exchange.KeyRejected || strings.Contains(err.Error(), "c4n4ry") {
		t.Errorf("a refresh token that is used up: %v", err)
	}
}

var testKey = exchangesim.Key{ID: "id", Secret: base64.StdEncoding.EncodeToString(make([]byte, 32))}

const someWallets = `{"pagination":{"next_uri":null},"data":[{"id":"BTC","type":"wallet","currency":{"code":"BTC"},"balance":{"amount":"1.5","currency":"BTC"}}]}`

var samples = []exchangesim.Sample{
	{Stream: "balances", File: "xchange_account_accounts-data.json", Records: 4},
	{Stream: "balances", Body: someWallets, Records: 1},
	{Stream: fillStream, File: "jkorf_Trading_GetUserTrades.json", Records: 1},
}

func TestSamples(t *testing.T) {
	t.Parallel()
	exchangesim.Samples(t, Exchange(), testKey, samples)
}

// Rows of wallets need the list of wallets first, so their samples go through
// the reader.
func TestRowSamples(t *testing.T) {
	t.Parallel()
	for file, shape := range map[string]*exchange.Shape{
		"jkorf_Account_GetTransactions.json": &transactionShape, "jkorf_Account_GetAddressTransactions.json": &transactionShape,
		"jkorf_Account_GetDeposits.json": &depositShape, "jkorf_Account_GetWithdrawals.json": &withdrawalShape,
	} {
		body := exchangesim.File(t, name, file)
		if body == "" {
			continue
		}
		records, _, err := parse([]byte(body), shape)
		if err != nil || len(records) == 0 {
			t.Errorf("%s: %d records, %v", file, len(records), err)
		}
		for _, r := range records {
			if !strings.Contains(body, string(r.Raw)) {
				t.Errorf("%s: %s is not as it came", file, r.ID)
			}
		}
	}
	if body := exchangesim.File(t, name, "jkorf_Account_GetApiKeyInfo.json"); body != "" {
		if r := Judge(200, []byte(body)); r.Verdict != exchange.Refuse {
			t.Errorf("%+v", r)
		}
	}
}

func FuzzParse(f *testing.F) {
	exchangesim.Fuzz(f, Exchange(), testKey, someWallets,
		`{"pagination":{},"data":[{"id":"BTC","type":"send","status":"completed","created_at":"2015-03-26T23:44:08-07:00","currency":{"code":"BTC"},"amount":{"amount":"-1","currency":"BTC"},"balance":{"amount":"1.5","currency":"BTC"}}]}`,
		`{"fills":[{"entry_id":"e","trade_id":"t","order_id":"o","trade_time":"2021-05-31T09:59:59Z","price":"1","size":"1","commission":"0","product_id":"BTC-USD","side":"BUY"}],"cursor":""}`)
}
