package exchangesim

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Consent is the part of a simulated Coinbase to which owners come to allow
// reading. It gives codes and, for a code with its verifier, tokens; each
// refresh token once.
type Consent struct {
	*Sim
	ClientID, ClientSecret string

	scopes    []string
	challenge string // of the code that is out
	code      string
	refresh   string
	token     string
	given     int
}

// CoinbaseConsent starts a simulator of Coinbase for owners without a key.
func CoinbaseConsent(tb testing.TB, h *History, now func() time.Time) *Consent {
	tb.Helper()
	c := &Consent{
		Sim: Coinbase(tb, h, now), ClientID: "client-of-tests", ClientSecret: "c4n4ry-client-secret",
		scopes: []string{"wallet:accounts:read", "wallet:transactions:read", "wallet:deposits:read", "wallet:withdrawals:read", "wallet:user:read"},
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.routes["POST /oauth2/token"] = route{public: true, serve: c.tokens}
	c.routes["GET /v2/user/auth"] = route{weight: 1, serve: func(*Request) Reply {
		return Reply{Body: map[string]any{"data": map[string]any{"method": "oauth", "scopes": c.scopes}}}
	}}
	c.auth = func(q *Request) *Reply {
		if c.token == "" || q.Header.Get("Authorization") != "Bearer "+c.token {
			return coinbaseWords(KeyRevoked)
		}
		return nil
	}
	return c
}

// Allow is what an owner does who was sent to Coinbase with an address: it
// returns the code that goes back, and the state. scopes are granted beside
// those for reading.
func (c *Consent) Allow(tb testing.TB, address string, scopes ...string) (code, state string) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	q := u.Query()
	if u.Host != "login.coinbase.com" || q.Get("client_id") != c.ClientID || q.Get("code_challenge_method") != "S256" || q.Get("response_type") != "code" {
		tb.Fatalf("sent to %s", address)
	}
	for s := range strings.SplitSeq(q.Get("scope"), ",") {
		if s != "offline_access" && !strings.HasSuffix(s, ":read") {
			tb.Fatalf("asks for %s", s)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.given++
	c.code, c.challenge = "code-"+strings.Repeat("x", c.given), q.Get("code_challenge")
	c.scopes = append(c.scopes, scopes...)
	return c.code, q.Get("state")
}

// tokens gives tokens for a code or a refresh token, once.
func (c *Consent) tokens(q *Request) Reply {
	no := Reply{Status: http.StatusUnauthorized, Body: map[string]any{"error": "invalid_grant"}}
	if q.Form.Get("client_id") != c.ClientID || q.Form.Get("client_secret") != c.ClientSecret {
		return Reply{Status: http.StatusUnauthorized, Body: map[string]any{"error": "invalid_client"}}
	}
	switch q.Form.Get("grant_type") {
	case "authorization_code":
		sum := sha256.Sum256([]byte(q.Form.Get("code_verifier")))
		if c.code == "" || q.Form.Get("code") != c.code || base64.RawURLEncoding.EncodeToString(sum[:]) != c.challenge {
			return no
		}
		c.code = ""
	case "refresh_token":
		if c.refresh == "" || q.Form.Get("refresh_token") != c.refresh {
			return no
		}
	default:
		return no
	}
	c.given++
	c.token, c.refresh = "token-"+strings.Repeat("y", c.given), "refresh-"+strings.Repeat("z", c.given)
	return Reply{Body: map[string]any{"access_token": c.token, "refresh_token": c.refresh, "token_type": "bearer", "expires_in": 3600, "scope": strings.Join(c.scopes, " ")}}
}
