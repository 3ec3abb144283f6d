package link

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Wallet is bitcoin that is watched without any key that could move it. What
// is watched, an extended public key, a descriptor or addresses, is sealed.
type Wallet struct {
	ID      tenant.ID
	Kind    chain.Kind
	Value   string
	Label   string
	Source  NodeKind
	Gap     int
	State   WalletState
	Code    string // why it is not scanned
	Created time.Time
	Scanned time.Time // when the last scan ended; zero before the first
	Found   Finding
	Import  tenant.ID // of the book's source; zero if nothing was found yet
	Coming  tenant.ID // the import that is being made in its place; zero for none
	Next    time.Time // when it is looked up by itself; zero before the first scan ended, and by Find while schedules rest
	// Script is what somebody said about an extended public key; "" is what
	// the key says itself.
	Script chain.Script
	// Reach is how far to look whatever the gap limit, by branch. It stays, for
	// a look that ends earlier would lose again what was found there.
	Reach map[string]uint32
	// Named says that the labels of each transaction are kept by themselves.
	Named bool
}

// NodeKind is where a wallet is looked up.
type NodeKind string

// The nodes, both the operator's settings.
const (
	Btcd    NodeKind = "btcd"
	Esplora NodeKind = "esplora"
)

// WalletState is how a wallet stands.
type WalletState string

// The states of a wallet.
const (
	WalletQueued   WalletState = "queued"
	WalletScanning WalletState = "scanning"
	WalletDone     WalletState = "active"
	WalletFailed   WalletState = "failed"
)

// Finding is what the last scan found.
type Finding struct {
	Tip          chain.Block
	ScannedTo    map[string]uint32   // the last index looked at, by branch
	UsedAt       map[string][]uint32 // the indexes in use, by branch
	Coins        int                 // outputs that it holds
	Leaving      int                 // of them: spent by what is in no block yet
	Used         int
	Addresses    int
	Transactions int
	Waiting      int // that are in no block yet
	Young        int // that are in blocks which a reorganisation may still take away
	Balance      int64
	Gone         int // that a reorganisation took away since the scan before
}

// WalletStore keeps wallets, each in the store of its firm.
type WalletStore interface {
	InEntity(ctx context.Context, s tenant.Scope, fn func(WalletTx) error) error
	ReadEntity(ctx context.Context, s tenant.Scope, fn func(WalletTx) error) error
	Acquire(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
	Release(ctx context.Context, name, holder string) error
}

// WalletTx is a transaction on one entity's wallets. What is not there is
// ErrGone.
type WalletTx interface {
	audit.Log
	job.Outbox
	Now() time.Time

	AddWallet(w *Wallet) error
	Wallet(id tenant.ID) (*Wallet, error)
	Wallets() ([]Wallet, error)
	SaveWallet(w *Wallet) error
	DropWallet(id tenant.ID) error
	// Chain returns the transactions of the last scan.
	Chain(id tenant.ID) ([]chain.Tx, error)
	// SaveChain replaces them.
	SaveChain(id tenant.ID, txs []chain.Tx) error
	// Labels returns what the wallet's things are called.
	Labels(id tenant.ID) (chain.Labels, error)
	// SaveLabels replaces them.
	SaveLabels(id tenant.ID, list chain.Labels) error
	// Coins returns a part of the outputs that a wallet holds.
	Coins(id tenant.ID, from, limit int) ([]chain.Unspent, error)
	// SaveCoins replaces them.
	SaveCoins(id tenant.ID, list []chain.Unspent) error
	// Called returns the labels of some transactions of a wallet, by txid.
	Called(id tenant.ID, txids []string) (map[string]chain.Labels, error)
	// SaveCalled replaces those of all transactions.
	SaveCalled(id tenant.ID, of map[string]chain.Labels) error
}

// WalletConfig is what Wallets needs.
type WalletConfig struct {
	Store   WalletStore
	Books   Books
	Network chain.Network
	// Nodes are the sources that the operator configured, each made anew for
	// every scan.
	Nodes   map[NodeKind]func() chain.Source
	Clock   clock.Clock
	Log     *slog.Logger
	Private func(text string) bool
	// Allow refuses looks by schedule with PlanRequired; nil allows them.
	Allow func(ctx context.Context, firm tenant.FirmID) error
}

// Wallets watches bitcoin.
type Wallets struct {
	WalletConfig

	mu   sync.Mutex
	live map[tenant.ID]chain.Progress // scans of this process
}

// NewWallets makes the service.
func NewWallets(c WalletConfig) *Wallets {
	return &Wallets{WalletConfig: c, live: make(map[tenant.ID]chain.Progress)}
}

// ScanKind is the stored work of looking a wallet up.
const ScanKind = "link.scan"

// scanLimit is how long a scan may take.
const scanLimit = time.Hour

// Register makes the service's work known.
func (w *Wallets) Register(reg *job.Registry) error {
	return errors.Join(
		reg.Handle(job.Kind{Name: ScanKind, Limit: scanLimit, Tries: tries, Backoff: backoff, Work: w.scanJob}),
		reg.Handle(job.Kind{Name: AgainKind, Work: w.againJob}),
	)
}

// Offers lists the nodes that can be asked, with what each of them learns.
func (w *Wallets) Offers() map[NodeKind]string {
	out := make(map[NodeKind]string)
	for kind, node := range w.Nodes {
		out[kind] = node().Privacy()
	}
	return out
}

// scanArgs name a wallet.
type scanArgs struct {
	Entity tenant.EntityID `json:"entity"`
	Wallet tenant.ID       `json:"wallet"`
}

func scanTask(s tenant.Scope, id tenant.ID) job.Task {
	return job.Task{Kind: ScanKind, Key: id.String(), Args: scanArgs{s.Entity(), id}}
}

// Create takes what is to be watched, with the labels that its owner has for
// it, and asks for its first scan. Private material is refused and not stored.
func (w *Wallets) Create(ctx context.Context, scope tenant.Scope, in Wallet, labels ...chain.Label) (*Wallet, error) {
	if in.Gap == 0 {
		in.Gap = chain.DefaultGap
	}
	in.Value, in.Label = strings.TrimSpace(in.Value), strings.TrimSpace(in.Label)
	if w.Private(in.Label) || w.Private(chain.Suspect(in.Kind, in.Value)) {
		return nil, refusePrivate()
	}
	if _, err := chain.ParseAs(in.Kind, in.Value, in.Script, w.Network); err != nil {
		return nil, err
	}
	switch {
	case w.Nodes[in.Source] == nil:
		return nil, fault.Coded(fault.Invalid, "source_not_offered", nil, "This installation has no such node. The operator sets one: LEDGERSYS_BTCD_URL or LEDGERSYS_ESPLORA_URL.")
	case in.Gap < 1 || in.Gap > chain.MaxGap:
		return nil, fault.Coded(fault.Invalid, "bad_gap", nil, "The gap limit is a number from 1 to %d.", chain.MaxGap)
	case len([]rune(in.Label)) > maxLabel || strings.ContainsAny(in.Label, "\r\n\t/\\"):
		return nil, fault.Coded(fault.Invalid, "bad_label", nil, "A label has at most %d characters, without strokes and line ends.", maxLabel)
	}
	if in.Label == "" {
		in.Label = "Bitcoin"
	}
	in.ID, in.State, in.Named = tenant.NewID(), WalletQueued, true
	err := w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		list, err := tx.Wallets()
		if err != nil {
			return err
		}
		for i := range list {
			if strings.EqualFold(list[i].Label, in.Label) {
				return fault.Coded(fault.Conflict, "label_taken", nil, "Another wallet has that label. Choose another one.")
			}
		}
		in.Created = tx.Now()
		if err := tx.AddWallet(&in); err != nil {
			return err
		}
		if err := tx.SaveLabels(in.ID, labels); err != nil {
			return err
		}
		return errors.Join(
			tx.Audit(ctx, audit.Entry{Action: "wallet.add", Object: in.object(), After: map[string]any{"kind": in.Kind, "source": in.Source, "labels": len(labels)}}),
			tx.Enqueue(ctx, scanTask(scope, in.ID)),
		)
	})
	return &in, err
}

func refusePrivate() error {
	return fault.Coded(fault.Invalid, "private_key_refused", chain.ErrPrivate,
		"That is a secret. It was not stored. Ledgersys only needs public keys. Treat this secret as exposed if you typed it into a web page.")
}

// object names a wallet in the audit chain.
func (l *Wallet) object() string { return "wallet/" + l.ID.String() }

// Account is the account of the wallet's events in the book.
func (l *Wallet) Account() string { return walletAccount + l.Label }

// name is the wallet's name as a source of the book.
func (l *Wallet) name() string { return "bitcoin:" + l.Label }

// noWallet is the refusal of a wallet that is not there.
func noWallet(err error) error {
	if errors.Is(err, ErrGone) {
		return fault.New(fault.NotFound, err, "There is no such wallet.")
	}
	return err
}

// Find returns a wallet, and how far its scan is if one is under way here.
func (w *Wallets) Find(ctx context.Context, scope tenant.Scope, id tenant.ID) (l *Wallet, p chain.Progress, err error) {
	err = w.Store.ReadEntity(ctx, scope, func(tx WalletTx) error { l, err = tx.Wallet(id); return err })
	if err != nil {
		return nil, p, noWallet(err)
	}
	lapsed, err := w.lapsed(ctx, scope)
	if lapsed {
		l.Next = time.Time{}
	}
	w.mu.Lock()
	p = w.live[id]
	w.mu.Unlock()
	return l, p, err
}

// List returns the wallets of an entity, with what Find says of each.
func (w *Wallets) List(ctx context.Context, scope tenant.Scope) (list []Wallet, err error) {
	err = w.Store.ReadEntity(ctx, scope, func(tx WalletTx) error { list, err = tx.Wallets(); return err })
	if err != nil || len(list) == 0 {
		return nil, err
	}
	lapsed, err := w.lapsed(ctx, scope)
	for i := range list {
		if lapsed {
			list[i].Next = time.Time{}
		}
	}
	return list, err
}

// Sync asks for a scan now.
func (w *Wallets) Sync(ctx context.Context, scope tenant.Scope, id tenant.ID) (l *Wallet, err error) {
	err = w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		if l, err = tx.Wallet(id); err != nil {
			return err
		}
		if l.State != WalletScanning {
			l.State = WalletQueued
		}
		return errors.Join(tx.SaveWallet(l), tx.Enqueue(ctx, scanTask(scope, id)))
	})
	return l, noWallet(err)
}

// Further asks for a scan that goes on where the last one ended: more addresses
// of each branch are looked at, and then again until the gap is full. What is
// found there stays found: later scans reach as far.
func (w *Wallets) Further(ctx context.Context, scope tenant.Scope, id tenant.ID, more int) (l *Wallet, err error) {
	if more < 1 || more > chain.MaxGap {
		return nil, fault.Coded(fault.Invalid, "bad_reach", nil, "How many more addresses to look at is a number from 1 to %d.", chain.MaxGap)
	}
	err = w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		if l, err = tx.Wallet(id); err != nil {
			return err
		}
		if l.State == WalletQueued || l.State == WalletScanning {
			return fault.Coded(fault.Conflict, "scanning", nil, "This wallet is being looked up. Look further when that has ended.")
		}
		if l.Reach == nil {
			l.Reach = make(map[string]uint32)
		}
		for branch, to := range l.Found.ScannedTo {
			l.Reach[branch] = min(to, math.MaxInt32-chain.MaxGap) + uint32(more) // #nosec G115 -- at most MaxGap
		}
		l.State = WalletQueued
		return errors.Join(
			tx.SaveWallet(l), tx.Enqueue(ctx, scanTask(scope, id)),
			tx.Audit(ctx, audit.Entry{Action: "wallet.further", Object: l.object(), After: map[string]any{"more": more}}),
		)
	})
	return l, noWallet(err)
}

// Coins returns a part of the outputs that a wallet holds, the newest first, as
// the last scan found them.
func (w *Wallets) Coins(ctx context.Context, scope tenant.Scope, id tenant.ID, from, limit int) (list []chain.Unspent, err error) {
	err = w.Store.ReadEntity(ctx, scope, func(tx WalletTx) error {
		if _, err := tx.Wallet(id); err != nil {
			return err
		}
		list, err = tx.Coins(id, from, limit)
		return err
	})
	return list, noWallet(err)
}

// Delete forgets what was watched. What it brought stays in the book.
func (w *Wallets) Delete(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	return noWallet(w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		l, err := tx.Wallet(id)
		if err != nil {
			return err
		}
		return errors.Join(tx.DropWallet(id), tx.Audit(ctx, audit.Entry{Action: "wallet.delete", Object: l.object(), Before: map[string]any{"kind": l.Kind}}))
	}))
}

func (w *Wallets) scanJob(ctx context.Context, r job.Run) error {
	var args scanArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	return w.try(ctx, r.Scope(args.Entity), args.Wallet, r.Last)
}

// try is one try of a scan. One at a time has a wallet, among all replicas and
// within this one: what two found side by side would count twice.
func (w *Wallets) try(ctx context.Context, scope tenant.Scope, id tenant.ID, last bool) error {
	name, holder := "wallet:"+id.String(), tenant.NewID().String()
	ok, err := w.Store.Acquire(ctx, name, holder, scanLimit+time.Minute)
	if err != nil {
		return err
	}
	if !ok {
		return job.Later(turnPause)
	}
	defer w.Store.Release(context.WithoutCancel(ctx), name, holder) //nolint:errcheck // it runs out by itself
	err = w.scan(ctx, scope, id)
	if errors.Is(err, ErrGone) {
		return nil
	}
	if err == nil || !last && !fault.Is(err, fault.Invalid) {
		return err
	}
	return errors.Join(job.Never(err), w.failed(context.WithoutCancel(ctx), scope, id, err))
}

func (w *Wallets) failed(ctx context.Context, scope tenant.Scope, id tenant.ID, cause error) error {
	return w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		l, err := tx.Wallet(id)
		if err != nil {
			return err
		}
		l.State, l.Code = WalletFailed, fault.Of(cause).Kind.String()
		if err := w.plan(ctx, tx, scope, l); err != nil {
			return err
		}
		return tx.SaveWallet(l)
	})
}

// scan looks a wallet up, keeps what it found in place of what was found
// before, and gives it to the book.
func (w *Wallets) scan(ctx context.Context, scope tenant.Scope, id tenant.ID) error {
	var l *Wallet
	var before []chain.Tx
	err := w.Store.InEntity(ctx, scope, func(tx WalletTx) (err error) {
		if l, err = tx.Wallet(id); err != nil {
			return err
		}
		if before, err = tx.Chain(id); err != nil {
			return err
		}
		l.State, l.Code = WalletScanning, ""
		return tx.SaveWallet(l)
	})
	if err != nil {
		return err
	}
	watch, err := chain.ParseAs(l.Kind, l.Value, l.Script, w.Network)
	if err != nil {
		return err
	}
	watch.Reach = l.Reach
	node := w.Nodes[l.Source]
	if node == nil {
		return fault.New(fault.Invalid, nil, "This installation has no such node any more.")
	}
	defer func() { w.mu.Lock(); delete(w.live, id); w.mu.Unlock() }()
	found, err := chain.Scan(ctx, node(), watch, l.Gap, func(p chain.Progress) { w.mu.Lock(); w.live[id] = p; w.mu.Unlock() })
	if err != nil {
		return err
	}
	if err := w.publish(ctx, scope, l, &found); err != nil {
		return err
	}
	return w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
		if l, err = tx.Wallet(id); err != nil {
			return err
		}
		labels, err := tx.Labels(id)
		if err != nil {
			return err
		}
		coins := found.Unspent()
		l.State, l.Scanned, l.Named, l.Found = WalletDone, tx.Now(), true, finding(&found, coins, chain.Compare(before, found.Transactions))
		if err := w.plan(ctx, tx, scope, l); err != nil {
			return err
		}
		return errors.Join(tx.SaveChain(id, found.Transactions), tx.SaveCoins(id, coins), tx.SaveCalled(id, labels.Of(found.Transactions)), tx.SaveWallet(l))
	})
}

func finding(f *chain.Found, coins []chain.Unspent, c chain.Change) Finding {
	out := Finding{
		Tip: f.Tip, ScannedTo: f.ScannedTo, UsedAt: f.UsedAt, Coins: len(coins), Used: f.Used, Addresses: len(f.Addresses), Transactions: len(f.Transactions),
		Balance: chain.Balance(f.Transactions, f.Addresses), Gone: len(c.Gone), Young: young(f),
	}
	for i := range f.Transactions {
		if !f.Transactions[i].Confirmed() {
			out.Waiting++
		}
	}
	for i := range coins {
		if coins[i].Leaving {
			out.Leaving++
		}
	}
	return out
}

// publish gives the book what stands in blocks, in place of what it gave
// before.
func (w *Wallets) publish(ctx context.Context, scope tenant.Scope, l *Wallet, f *chain.Found) error {
	table := walletTable(l, f)
	p := publisher{books: w.Books, scope: scope, name: l.name(), now: l.Import, next: l.Coming, keep: func(ctx context.Context, now, next tenant.ID) error {
		return w.Store.InEntity(ctx, scope, func(tx WalletTx) error {
			kept, err := tx.Wallet(l.ID)
			if err != nil {
				return err
			}
			kept.Import, kept.Coming = now, next
			return tx.SaveWallet(kept)
		})
	}}
	if strings.Count(table, "\n") < 2 {
		return p.withdraw(ctx) // nothing happened on it yet, or nothing stayed
	}
	return p.publish(ctx, sum([]byte(table)), func() io.ReadCloser { return io.NopCloser(strings.NewReader(table)) })
}
