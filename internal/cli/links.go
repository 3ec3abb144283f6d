package cli

import (
	"context"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// linked are the exchanges that can be linked, as their users take them.
func linked() []*exchange.Exchange {
	all := Exchanges()
	list := make([]*exchange.Exchange, len(all))
	for i := range all {
		list[i] = &all[i]
	}
	return list
}

// openLinks wires linked accounts.
func (s *service) openLinks() (err error) {
	s.links, err = link.NewService(link.Config{
		Store: s.store.Links(), Books: s.intake, Exchanges: linked(), Door: s.door, Bases: s.conf.Exchange.URL, Clock: s.now, Log: s.log,
		Private: func(text string) bool { _, found := keyring.FindPrivateKey(text); return found },
		Allow: func(ctx context.Context, firm tenant.FirmID) error {
			return s.billing.Allow(ctx, firm, billing.ScheduledSync)
		},
	})
	if err != nil {
		return usage(err)
	}
	return s.links.Register(s.jobs)
}
