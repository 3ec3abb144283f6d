package coinbase

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/keyring"
)

const (
	loginHost = "login.coinbase.com"
	tokenPath = "/oauth2/token" // #nosec G101 -- a path
)

// OAuth links accounts without a key: the owner allows reading at Coinbase.
type OAuth struct {
	ClientID string
	Secret   keyring.Secret
	Redirect string // where Coinbase sends the owner back to
	Config   exchange.Config
}

// Tokens are what Coinbase gives for a code or for the last refresh token. That
// one is used up: the new tokens must be stored before they are used.
type Tokens struct {
	Access, Refresh keyring.Secret
	Expires         time.Time
	Scopes          []string
}

// URL is where the owner is sent. state comes back with the code, which is
// good only together with the verifier (RFC 7636).
func (o *OAuth) URL(state, verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {o.ClientID}, "redirect_uri": {o.Redirect}, "state": {state}, "scope": {strings.Join(Scopes(), ",")},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	return "https://" + loginHost + "/oauth2/auth?" + q.Encode()
}

// Exchange gives a code for tokens. The verifier is that of the URL.
func (o *OAuth) Exchange(ctx context.Context, code, verifier string) (Tokens, error) {
	return o.ask(ctx, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {o.Redirect}, "code_verifier": {verifier}})
}

// Refresh gives the last refresh token for new tokens.
func (o *OAuth) Refresh(ctx context.Context, refresh keyring.Secret) (Tokens, error) {
	return o.ask(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {string(refresh.Reveal())}})
}

func (o *OAuth) ask(ctx context.Context, form url.Values) (Tokens, error) {
	form.Set("client_id", o.ClientID)
	form.Set("client_secret", string(o.Secret.Reveal()))
	wire := exchange.Wire{Exchange: name, Config: o.Config, Faults: oauthFaults}
	body, err := wire.Send(ctx, exchange.Call{
		Endpoint: "POST " + tokenPath,
		Build: func(ctx context.Context, _ time.Time) (*http.Request, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+loginHost+tokenPath, strings.NewReader(form.Encode()))
			if err != nil {
				return nil, err
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			return r, nil
		},
	})
	if err != nil {
		return Tokens{}, err
	}
	f := exchange.Object(body)
	t := Tokens{
		Access: keyring.NewSecret([]byte(f.Text("access_token"))), Refresh: keyring.NewSecret([]byte(f.Text("refresh_token"))),
		Scopes: strings.FieldsFunc(f.Text("scope"), func(c rune) bool { return c == ' ' || c == ',' }),
	}
	if t.Access.Empty() || t.Refresh.Empty() {
		return Tokens{}, &exchange.Fault{Trouble: exchange.Malformed, Exchange: name, Endpoint: "POST " + tokenPath}
	}
	if seconds, err := time.ParseDuration(f.Text("expires_in") + "s"); err == nil {
		t.Expires = o.Config.Now().Add(seconds)
	}
	return t, nil
}

// oauthFaults reads the errors of RFC 6749: a grant that is no longer good
// needs the owner again.
func oauthFaults(a *exchange.Answer) *exchange.Fault {
	code := exchange.Object(a.Body).Text("error")
	switch {
	case a.Status < 300 || code == "":
		return nil
	case code == "invalid_grant", code == "access_denied", code == "unauthorized_client", code == "invalid_client":
		return &exchange.Fault{Trouble: exchange.KeyRejected, Code: code}
	case code == "temporarily_unavailable", code == "server_error":
		return &exchange.Fault{Trouble: exchange.Upstream, Code: code}
	}
	return &exchange.Fault{Trouble: exchange.BadRequest, Code: code}
}
