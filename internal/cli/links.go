package cli

import (
	"context"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/coinbase"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
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
		Allow:   s.scheduled,
		Coinbase: coinbase.OAuth{
			ClientID: s.conf.Exchange.CoinbaseClientID, Secret: s.conf.Exchange.CoinbaseClientSecret, Redirect: strings.TrimSuffix(s.conf.BaseURL, "/") + web.ConsentBack,
		},
	})
	if err != nil {
		return usage(err)
	}
	return s.links.Register(s.jobs)
}

// scheduled refuses schedules to firms whose plan does not have them.
func (s *service) scheduled(ctx context.Context, firm tenant.FirmID) error {
	return s.billing.Allow(ctx, firm, billing.ScheduledSync)
}

// openWallets wires watched bitcoin, with the nodes that the operator has set.
func (s *service) openWallets() error {
	b := s.conf.Bitcoin
	network := chain.Network(b.Network)
	nodes := make(map[link.NodeKind]func() chain.Source)
	if b.BtcdURL != "" {
		client, err := s.nodeClient("btcd", b.BtcdURL, b.BtcdCertFile, chain.BtcdCalls()...)
		if err != nil {
			return err
		}
		nodes[link.Btcd] = func() chain.Source {
			return chain.NewBtcd(strings.TrimSuffix(b.BtcdURL, "/")+"/", b.BtcdUser, string(b.BtcdPassword.Reveal()), client)
		}
	}
	if b.EsploraURL != "" {
		client, err := s.nodeClient("esplora", b.EsploraURL, "", chain.EsploraCalls()...)
		if err != nil {
			return err
		}
		base, err := egress.ParseBase(b.EsploraURL)
		if err != nil {
			return err
		}
		nodes[link.Esplora] = func() chain.Source {
			if s.door.Listed(base) {
				return chain.NewEsplora(b.EsploraURL, client)
			}
			return chain.NewEsplora(b.EsploraURL, client).OfOthers()
		}
	}
	s.wallets = link.NewWallets(link.WalletConfig{
		Store: s.store.Wallets(), Books: s.intake, Network: network, Nodes: nodes, Clock: s.now, Log: s.log,
		Private: func(text string) bool { _, found := keyring.FindInWallet(text); return found },
		Allow:   s.scheduled,
	})
	return s.wallets.Register(s.jobs)
}

// nodeBody is the largest answer of a bitcoin node.
const nodeBody = 64 << 20

// nodeClient makes the client of a bitcoin node of the operator's.
func (s *service) nodeClient(name, address, certFile string, passes ...egress.Pass) (*egress.Client, error) {
	base, err := egress.ParseBase(address)
	if err != nil {
		return nil, usage(fmt.Errorf("%s_url: %w", name, err))
	}
	caller := egress.Caller{Name: name, Base: address, MaxBody: nodeBody}
	for _, p := range passes {
		p.Host = base.Host
		caller.Passes = append(caller.Passes, p)
	}
	if certFile != "" {
		pem, err := os.ReadFile(certFile) // #nosec G304 -- the operator names it
		if err != nil {
			return nil, usage(fmt.Errorf("%s_cert_file: %w", name, pathError(err)))
		}
		caller.Roots = x509.NewCertPool()
		if !caller.Roots.AppendCertsFromPEM(pem) {
			return nil, usage(fmt.Errorf("%s_cert_file: it holds no certificate", name))
		}
	}
	client, err := s.door.Client(caller)
	if err != nil {
		return nil, usage(err)
	}
	return client, nil
}
