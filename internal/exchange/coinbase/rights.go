package coinbase

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// Judge reads the answer of key_permissions: whatever it can do but view is too
// much. Members that are no can_… say which portfolio the key is bound to.
func Judge(status int, body []byte) exchange.Rights {
	if status != http.StatusOK || exchange.CheckJSON(body) != nil {
		return exchange.NoVerdict()
	}
	f := exchange.Object(body)
	for _, told := range []string{"can_view", "can_trade", "can_transfer"} {
		if _, ok := f.Bool(told); !ok {
			return exchange.NoVerdict()
		}
	}
	var r exchange.Rights
	for member := range f {
		on, flag := f.Bool(member)
		can := strings.HasPrefix(member, "can_")
		switch {
		case flag && on:
			r.Found = append(r.Found, member)
			if member != "can_view" {
				r.TooMuch = append(r.TooMuch, member)
			}
		case !flag && can:
			r.TooMuch = append(r.TooMuch, member)
		case !flag && !slices.Contains(portfolio, member) && !f.IsNull(member):
			r.TooMuch = append(r.TooMuch, member)
		}
	}
	if on, _ := f.Bool("can_view"); !on {
		r.Missing = append(r.Missing, "can_view")
	}
	if kind := f.Text("portfolio_type"); kind != "" {
		r.Warnings = append(r.Warnings, "The key sees one portfolio only (type "+kind+"). Link each portfolio by a key of its own.")
	}
	return r.Decide()
}

// portfolio are the members that say which portfolio a key is bound to.
var portfolio = []string{"portfolio_uuid", "portfolio_type"}

// Scopes are what an owner is asked for through OAuth.
func Scopes() []string {
	return []string{
		"wallet:accounts:read", "wallet:transactions:read", "wallet:buys:read", "wallet:sells:read", "wallet:deposits:read",
		"wallet:withdrawals:read", "wallet:trades:read", "offline_access",
	}
}

// harmless are scopes that Coinbase may add by itself.
var harmless = []string{"wallet:user:read", "wallet:user:email", "wallet:addresses:read", "wallet:payment-methods:read", "wallet:checkouts:read", "wallet:orders:read"}

// JudgeScopes reads the answer of /v2/user/auth.
func JudgeScopes(status int, body []byte) exchange.Rights {
	if status != http.StatusOK || exchange.CheckJSON(body) != nil {
		return exchange.NoVerdict()
	}
	data := exchange.Object(body).Inner("data")
	var list []string
	if data.IsNull("scopes") || json.Unmarshal(data["scopes"], &list) != nil {
		return exchange.NoVerdict()
	}
	r := exchange.Rights{Found: slices.Clone(list)}
	for _, s := range list {
		if !slices.Contains(Scopes(), s) && !slices.Contains(harmless, s) {
			r.TooMuch = append(r.TooMuch, s)
		}
	}
	for _, need := range Scopes()[:2] {
		if !slices.Contains(list, need) {
			r.Missing = append(r.Missing, need)
		}
	}
	return r.Decide()
}

// Probe implements exchange.Client.
func (b *client) Probe(ctx context.Context) (exchange.Rights, error) {
	path, judge := rightsPath, Judge
	if b.sign == nil {
		path, judge = scopesPath, JudgeScopes
	}
	body, err := b.get(ctx, path, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return judge(http.StatusOK, body), nil
}
