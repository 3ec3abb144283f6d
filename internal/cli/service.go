package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/config"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/host"
	"github.com/ledgersys/ledgersys/internal/intake"
	stored "github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/logging"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/text"
	"github.com/ledgersys/ledgersys/internal/web"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// service is everything that works on one data directory, wired together. It
// serves nobody yet: serve adds the listeners, a command of the operator uses
// it as it is.
type service struct {
	conf   *config.Loaded
	log    *slog.Logger
	now    clock.Clock
	lock   *host.Lock
	made   bool // the master key is new
	store  *store.Store
	ring   *keyring.Keyring
	jobs   *stored.Registry
	watch  *host.Watch
	metric *host.Metrics
	words  *text.Catalogue
	door   *egress.Door
	post   *notify.Post

	accounts *session.Service
	firms    *firm.Service
	closers  []io.Closer // of files that stay open
	billing  *billing.Service
	intake   *intake.Service
	filing   *filing.Service
	recon    *recon.Service
	quotes   *quote.Service
	links    *link.Service
	wallets  *link.Wallets
	site     *web.Site
}

// The exit codes of a service that cannot start.
const (
	exitNoBooks = 10
	exitInUse   = 11
	exitKey     = 12
)

// presence says whether data must be there before a verb works on them.
type presence bool

const (
	mayBeNew    presence = false
	mustBeThere presence = true
)

// workersALane is how many tasks of one kind of work run at a time.
const workersALane = 4

// open takes the data directory and opens everything in it. The error carries
// its exit code.
func open(ctx context.Context, conf *config.Loaded, errs io.Writer, there presence) (_ *service, err error) {
	log, err := logging.New(errs, conf.Log.Level, conf.Log.Format)
	if err != nil {
		return nil, usage(err)
	}
	now, err := clock.System(os.Getenv)
	if err != nil {
		return nil, usage(err)
	}
	s := &service{conf: conf, log: log, now: now}
	if bool(there) && !s.exists() {
		return nil, &coded{exitNoBooks, fmt.Errorf("there are no books in %s: start `ledgersys serve` first, or name another --data-dir", conf.DataDir)}
	}
	if s.lock, err = host.Take(conf.DataDir); err != nil {
		if errors.Is(err, host.ErrInUse) {
			return nil, &coded{exitInUse, err}
		}
		return nil, err
	}
	defer func() { //nolint:contextcheck // closing goes on when ctx has ended
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	if err := s.openStore(ctx); err != nil {
		return nil, err
	}
	s.watch = &host.Watch{Dir: conf.DataDir, Log: log, Measure: host.Measure}
	s.watch.Look(ctx)
	s.metric = host.NewMetrics(Version, s.watch.Last)
	s.figures() //nolint:contextcheck // whoever asks brings the time
	s.jobs = stored.NewRegistry(workersALane)
	s.jobs.PauseWhile(s.watch.Full)
	if err := s.openOutside(); err != nil {
		return nil, err
	}
	if err := s.openPeople(ctx); err != nil {
		return nil, err
	}
	if err := s.openBilling(ctx); err != nil {
		return nil, err
	}
	if err := s.openBooks(); err != nil {
		return nil, err
	}
	s.site, err = s.newSite(ctx)
	return s, err
}

// openBooks wires what takes statements in and builds years from them.
func (s *service) openBooks() error {
	s.intake = intake.NewService(intake.Config{
		Store: s.store.Imports(), Vault: s.store, Formats: slices.Concat(Formats(), link.Formats(linked()), []statement.Format{link.WalletFormat()}), Changed: changed, MaxUpload: int64(s.conf.MaxUpload), Log: s.log,
	})
	s.quotes = quote.NewService(quote.ServiceConfig{
		Store: s.store.Quotes(), Allowed: s.conf.Prices.Network && s.conf.Outbound.Allowed, Changed: filing.Changed, Log: s.log,
		Quoter: func(width quote.Width) (*quote.Quoter, error) {
			return quote.New(quote.Config{Door: s.door, Bases: s.conf.Prices.URL, Now: s.now, Width: width})
		},
	})
	s.filing = filing.NewService(filing.Config{Store: s.store.Reports(), Vault: s.store, Inputs: s.intake, Quotes: s.quotes, Plan: s.billing, Leaves: s.accounts.Exported, Log: s.log})
	s.recon = recon.NewService(recon.Config{Store: s.store.Findings(), Changed: filing.Changed, Differences: s.differences, Log: s.log})
	return errors.Join(s.intake.Register(s.jobs), s.filing.Register(s.jobs), s.recon.Register(s.jobs), s.openLinks(), s.openWallets(), s.openMails())
}

// changed is what has to be done after an entity's events changed: its years
// are built anew, and what fits together is looked for anew.
func changed(ctx context.Context, tx stored.Outbox, scope tenant.Scope) error {
	return errors.Join(filing.Changed(ctx, tx, scope), recon.Changed(ctx, tx, scope))
}

// differences lists what the balances of linked accounts show.
func (s *service) differences(ctx context.Context, scope tenant.Scope) ([]recon.Difference, error) {
	links, err := s.links.List(ctx, scope)
	var list []recon.Difference
	for i := range links {
		for _, c := range links[i].Proof {
			list = append(list, recon.Difference{Certificate: c, Link: links[i].ID, Name: links[i].Label, Proved: links[i].Proved})
		}
	}
	return list, err
}

// openOutside opens the way out and the post.
func (s *service) openOutside() (err error) {
	if s.words, err = text.Load(); err != nil {
		return err
	}
	if err := s.openDoor(); err != nil {
		return err
	}
	s.post, err = notify.NewPost(notify.Config{
		URL: s.conf.Mail.URL, From: s.conf.Mail.From, BaseURL: s.conf.BaseURL, Locale: s.conf.Locale, Operator: s.conf.OperatorEmail,
		Plain: s.conf.PlainMail(), Catalogue: s.words, Dial: s.door.Dial, Store: s.store.Mail(), Clock: s.now, Log: s.log,
	})
	if err != nil {
		return usage(err)
	}
	s.watch.Tell = s.tellMachine
	if err := s.watchKeys(s.jobs); err != nil {
		return err
	}
	return s.store.Chores(s.jobs, s.tellAudit)
}

// exists reports whether there is an installation already. That of a database
// server is found when it is opened.
func (s *service) exists() bool {
	return !s.conf.Database.URL.Empty() || store.HasData(s.conf.DataDir)
}

// openStore finds the master key, opens the store and unwraps its keys. The
// key is made only where there are no data yet: data whose key is missing or
// another are refused before anything is written.
func (s *service) openStore(ctx context.Context) (err error) {
	local := s.conf.Database.URL.Empty()
	var masters keyring.Masters
	if local {
		if masters, err = s.findMasters(ctx, !s.exists()); err != nil {
			return err
		}
		if err := store.CheckKeys(ctx, s.conf.DataDir, masters); err != nil {
			return keyFault(err)
		}
	}
	s.store, err = store.Open(ctx, store.Config{
		DataDir: s.conf.DataDir, DatabaseURL: string(s.conf.Database.URL.Reveal()), Clock: s.now, Log: s.log, Residency: s.conf.Residency,
	})
	if err != nil {
		return err
	}
	grace := time.Duration(0)
	if !local {
		grace = replicaGrace
		var records []keyring.Record
		err := s.store.ReadControl(ctx, func(t *store.ControlTx) error {
			records, err = t.KeyRecords(ctx)
			return err
		})
		if err != nil {
			return err
		}
		if masters, err = s.findMasters(ctx, len(records) == 0); err != nil {
			return err
		}
	}
	s.made = masters.Created
	s.ring, err = s.store.OpenKeys(ctx, masters, grace)
	return keyFault(err)
}

// replicaGrace is how long a rotation of keys waits for other processes on the
// same database to notice.
const replicaGrace = 90 * time.Second

func (s *service) findMasters(ctx context.Context, create bool) (keyring.Masters, error) {
	if len(s.conf.Keys.KMS) > 0 {
		m, err := keyring.KMSMasters(ctx, s.conf.Keys.KMS...)
		return m, keyFault(err)
	}
	m, err := keyring.FindMasters(s.conf.Keys.MasterFile, os.Getenv("CREDENTIALS_DIRECTORY"), s.conf.DataDir, create)
	return m, keyFault(err)
}

// keyFault gives an error of keys its exit code.
func keyFault(err error) error {
	if errors.Is(err, keyring.ErrMaster) || errors.Is(err, keyring.ErrNoKey) || errors.Is(err, fs.ErrNotExist) {
		return &coded{exitKey, err}
	}
	return err
}

// newSite wires the web side.
func (s *service) newSite(ctx context.Context) (*web.Site, error) {
	control, err := s.ring.Control(ctx)
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(s.conf.BaseURL)
	if err != nil {
		return nil, usage(fmt.Errorf("base_url: %w", err))
	}
	c := web.Config{
		Log: s.log, Clock: s.now, Key: control.Derive("web"), Version: Version,
		BaseURL: base, Hosts: s.conf.Hosts, TrustedProxies: s.conf.TrustedProxies, Addresses: s.conf.Outbound.From,
		Accounts: s.accounts, Firms: s.firms, Admission: s.admission(), SecurityEmail: s.conf.SecurityEmail,
		MaxUpload: int64(s.conf.MaxUpload), Health: s, Observe: s.metric.Request,
		Billing: s.billing, Links: s.links, Wallets: s.wallets, Imports: s.intake, Years: s.filing, Recon: s.recon, Prices: s.quotes, Audit: auditLog{audit.NewReader(s.store.AuditLog()), s},
	}
	if s.links.Consents() {
		c.Consents = s.links
	}
	return web.New(c) //nolint:contextcheck // requests bring their own
}

// Ready reports whether the service can work: it implements web's health.
func (s *service) Ready(ctx context.Context) error {
	if s.watch.Full() {
		return errors.New("the disk is full")
	}
	return s.store.ReadControl(ctx, func(*store.ControlTx) error { return nil })
}

// Full reports whether nothing may be written for want of room: it implements
// web's health.
func (s *service) Full() bool { return s.watch.Full() }

// close gives everything back, in the order in which it depends on the rest.
func (s *service) close() error {
	var errs []error
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	for _, c := range s.closers {
		errs = append(errs, c.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Release())
	}
	return errors.Join(errs...)
}

// fileSealer seals small files that lie in the data directory.
type fileSealer struct{ ring *keyring.Keyring }

// SealFile implements host.Sealer.
func (f fileSealer) SealFile(name string, plain []byte) ([]byte, error) {
	k, err := f.ring.Control(context.Background())
	if err != nil {
		return nil, err
	}
	return k.Seal("file", name, "content", plain)
}

// OpenFile implements host.Sealer.
func (f fileSealer) OpenFile(name string, sealed []byte) ([]byte, error) {
	k, err := f.ring.Control(context.Background())
	if err != nil {
		return nil, err
	}
	return k.Open("file", name, "content", sealed)
}
