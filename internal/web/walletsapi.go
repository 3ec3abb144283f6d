package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// watcher is the part of watched wallets that their pages and operations use.
type watcher interface {
	Offers() map[link.NodeKind]string
	Preview(kind chain.Kind, value string, as chain.Script, first int) (link.Preview, error)
	Create(ctx context.Context, s tenant.Scope, w link.Wallet, labels ...chain.Label) (*link.Wallet, error)
	Find(ctx context.Context, s tenant.Scope, id tenant.ID) (*link.Wallet, chain.Progress, error)
	List(ctx context.Context, s tenant.Scope) ([]link.Wallet, error)
	Sync(ctx context.Context, s tenant.Scope, id tenant.ID) (*link.Wallet, error)
	Further(ctx context.Context, s tenant.Scope, id tenant.ID, more int) (*link.Wallet, error)
	Coins(ctx context.Context, s tenant.Scope, id tenant.ID, from, limit int) ([]chain.Unspent, error)
	Delete(ctx context.Context, s tenant.Scope, id tenant.ID) error
	Labels(ctx context.Context, s tenant.Scope, id tenant.ID) (chain.Labels, error)
	TakeLabels(ctx context.Context, s tenant.Scope, id tenant.ID, more chain.Labels) (n int, err error)
	DropLabels(ctx context.Context, s tenant.Scope, id tenant.ID) error
	Called(ctx context.Context, s tenant.Scope, account string, txids []string) (map[string]chain.Labels, error)
}

// walletView is a watched wallet. What is watched is not shown again: it
// locates a person.
type walletView struct {
	ID           string            `json:"id"`
	Kind         chain.Kind        `json:"kind" enum:"xpub,descriptor,address"`
	Script       chain.Script      `json:"script" enum:",pkh,sh-wpkh,wpkh,tr" doc:"How the addresses of an extended public key are made, if somebody said so"`
	Label        string            `json:"label"`
	Source       link.NodeKind     `json:"source" enum:"btcd,esplora"`
	State        link.WalletState  `json:"state" enum:"queued,scanning,active,failed"`
	Code         string            `json:"code,omitempty"`
	Gap          int               `json:"gap"`
	Scanned      *time.Time        `json:"scanned"`
	NextScan     *time.Time        `json:"next_scan" doc:"When it is looked up by itself; null while the plan has no schedules"`
	ScannedTo    map[string]uint32 `json:"scanned_to" doc:"The last index looked at, by branch"`
	Used         int               `json:"used" doc:"Addresses in use"`
	Transactions int               `json:"transactions"`
	Waiting      int               `json:"waiting" doc:"Transactions that are in no block yet; they do not count"`
	Balance      money.Amount      `json:"balance" doc:"In bitcoin"`
	Coins        int               `json:"coins" doc:"Unspent outputs, which together are the balance"`
	Gone         int               `json:"gone" doc:"Transactions that a reorganisation took away since the scan before"`
	Height       int64             `json:"height" doc:"Of the chain at the scan"`
	Created      time.Time         `json:"created"`
}

func newWalletView(w *link.Wallet, p chain.Progress) walletView {
	v := walletView{
		ID: w.ID.String(), Kind: w.Kind, Script: w.Script, Label: w.Label, Source: w.Source, State: w.State, Code: w.Code, Gap: w.Gap, Scanned: timeOrNull(w.Scanned), NextScan: timeOrNull(w.Next),
		ScannedTo: w.Found.ScannedTo, Used: max(w.Found.Used, p.Used), Transactions: max(w.Found.Transactions, p.Transactions), Waiting: w.Found.Waiting,
		Balance: money.FromInt(w.Found.Balance).Mul(money.MustParse("0.00000001")), Coins: w.Found.Coins, Gone: w.Found.Gone, Height: w.Found.Tip.Height, Created: w.Created,
	}
	if v.ScannedTo == nil {
		v.ScannedTo = map[string]uint32{}
	}
	return v
}

const wallets = "/api/v1/firms/{firm}/entities/{entity}/wallets"

// walletInput is what is to be watched.
type walletInput struct {
	Firm   string `path:"firm"`
	Entity string `path:"entity"`
	Body   struct {
		Kind   string `json:"kind" doc:"xpub, descriptor or address"`
		Value  string `json:"value" doc:"One a line. Public keys only: private ones are refused."`
		Label  string `json:"label,omitempty"`
		Source string `json:"source" doc:"btcd or esplora"`
		Gap    int    `json:"gap,omitempty" doc:"How many unused addresses end the search; 20 if not given"`
		Script string `json:"script,omitempty" enum:",pkh,sh-wpkh,wpkh,tr" doc:"Of an extended public key: how its addresses are made, whatever it says itself. Without it a plain xpub is looked for in all four ways."`
		Labels string `json:"labels,omitempty" doc:"What the wallet calls its things: a BIP329 file"`
	}
}

// walletsAPI registers the operations on watched wallets.
func (s *Site) walletsAPI(r *router) {
	if s.cfg.Wallets == nil {
		return
	}
	const group = "Wallets"
	operation(r, call{method: http.MethodGet, path: wallets, id: "list-wallets", group: group, summary: "Watched wallets"},
		need(tenant.Connections, tenant.View), func(ctx context.Context, _ *struct {
			Firm   string `path:"firm"`
			Entity string `path:"entity"`
		},
		) (*struct{ Body list[walletView] }, error) {
			all, err := s.cfg.Wallets.List(ctx, scopeOf(ctx))
			if err != nil {
				return nil, err
			}
			out := list[walletView]{Items: []walletView{}}
			for i := range all {
				out.Items = append(out.Items, newWalletView(&all[i], chain.Progress{}))
			}
			return &struct{ Body list[walletView] }{out}, nil
		})
	operation(r, call{method: http.MethodPost, path: wallets, id: "create-wallet", group: group, status: http.StatusCreated, summary: "Watch bitcoin"},
		need(tenant.Connections, tenant.Edit), func(ctx context.Context, in *walletInput) (*struct{ Body walletView }, error) {
			labels, err := link.ReadLabels(strings.NewReader(in.Body.Labels))
			if err != nil {
				return nil, err
			}
			w, err := s.cfg.Wallets.Create(ctx, scopeOf(ctx), link.Wallet{
				Kind: chain.Kind(in.Body.Kind), Value: in.Body.Value, Label: in.Body.Label, Source: link.NodeKind(in.Body.Source), Gap: in.Body.Gap,
				Script: chain.Script(in.Body.Script),
			}, labels.Labels...)
			if err != nil {
				return nil, err
			}
			return &struct{ Body walletView }{newWalletView(w, chain.Progress{})}, nil
		}, costly(), withBody(labelsBody))
	s.labelsAPI(r)
	s.coinsAPI(r)
	operation(r, call{method: http.MethodGet, path: wallets + "/{id}", id: "get-wallet", group: group, summary: "One watched wallet"},
		need(tenant.Connections, tenant.View), func(ctx context.Context, in *linkPath) (*struct{ Body walletView }, error) {
			return s.walletAct(ctx, in, func(context.Context, tenant.ID) error { return nil })
		})
	operation(r, call{method: http.MethodPost, path: wallets + "/{id}/sync", id: "sync-wallet", group: group, summary: "Look it up now", status: http.StatusAccepted},
		need(tenant.Connections, tenant.Edit), func(ctx context.Context, in *linkPath) (*struct{ Body walletView }, error) {
			return s.walletAct(ctx, in, func(ctx context.Context, id tenant.ID) error {
				_, err := s.cfg.Wallets.Sync(ctx, scopeOf(ctx), id)
				return err
			})
		})
	operation(r, call{method: http.MethodDelete, path: wallets + "/{id}", id: "delete-wallet", group: group, summary: "Watch it no more", status: http.StatusNoContent},
		need(tenant.Connections, tenant.Edit), func(ctx context.Context, in *linkPath) (*struct{}, error) {
			id, err := walletID(in)
			if err != nil {
				return nil, err
			}
			return &struct{}{}, s.cfg.Wallets.Delete(ctx, scopeOf(ctx), id)
		})
}

func walletID(in *linkPath) (tenant.ID, error) {
	id, err := tenant.ParseID(in.ID)
	if err != nil {
		return id, fault.New(fault.NotFound, err, "There is no such wallet.")
	}
	return id, nil
}

// walletAct does something with a wallet and shows it.
func (s *Site) walletAct(ctx context.Context, in *linkPath, act func(ctx context.Context, id tenant.ID) error) (*struct{ Body walletView }, error) {
	id, err := walletID(in)
	if err != nil {
		return nil, err
	}
	if err := act(ctx, id); err != nil {
		return nil, err
	}
	w, p, err := s.cfg.Wallets.Find(ctx, scopeOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return &struct{ Body walletView }{newWalletView(w, p)}, nil
}
