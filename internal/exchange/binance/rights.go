package binance

import (
	"context"
	"net/http"
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// harmless are the members of the answer that are no right to write, whatever
// they say.
var harmless = map[string]bool{"enableReading": true, "enableFixReadOnly": true, "ipRestrict": true, "createTime": true, "tradingAuthorityExpirationTime": true}

// told are the flags that every answer has.
var told = []string{"enableReading", "enableWithdrawals", "enableSpotAndMarginTrading"}

// Judge reads the answer of apiRestrictions, member by member: a flag that is
// on and not known to be harmless is too much, and so is whatever is neither a
// flag nor known.
func Judge(status int, body []byte) exchange.Rights {
	if status != http.StatusOK || exchange.CheckJSON(body) != nil {
		return exchange.NoVerdict()
	}
	members, err := exchange.ParseMembers(body)
	if err != nil {
		return exchange.NoVerdict()
	}
	f, err := exchange.ParseFields(body)
	if err != nil {
		return exchange.NoVerdict()
	}
	for _, flag := range told {
		if _, ok := f.Bool(flag); !ok {
			return exchange.NoVerdict()
		}
	}
	r := exchange.Rights{IPTold: true}
	for _, m := range members {
		on, flag := f.Bool(m.Name)
		switch {
		case flag && on && m.Name != "ipRestrict":
			r.Found = append(r.Found, m.Name)
			if !harmless[m.Name] {
				r.TooMuch = append(r.TooMuch, m.Name)
			}
		case flag, harmless[m.Name] && !strings.HasPrefix(m.Name, "enable"):
		default:
			r.TooMuch = append(r.TooMuch, m.Name)
		}
	}
	if on, ok := f.Bool("enableReading"); !ok || !on {
		r.Missing = append(r.Missing, "enableReading")
	}
	r.IPBound, _ = f.Bool("ipRestrict")
	return r.Decide()
}

// Probe implements exchange.Client.
func (b *client) Probe(ctx context.Context) (exchange.Rights, error) {
	body, err := b.own(ctx, rightsEndpoint, nil)
	if err != nil {
		return exchange.NoVerdict(), err
	}
	return Judge(http.StatusOK, body), nil
}
