// Package web serves the pages and the JSON API. Everything that can be asked
// for is a row of one table of routes, which says who may ask; three layers
// between the network and a handler turn a cookie or a token into a
// tenant.Scope, and a handler has nothing else to go by.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// Config is what a Site is made of. The zero of a limit is its default; a use
// case that is nil has no routes.
type Config struct {
	Log     *slog.Logger
	Clock   clock.Clock
	Key     keyring.Secret // at least 32 bytes; signs form tokens, cursors and notices, on every replica the same
	Version string

	// BaseURL is where people reach the service; with none only loopback is served.
	BaseURL *url.URL
	// Hosts are further names that the service answers to, as "host" or "host:port".
	Hosts []string
	// TrustedProxies are the peers whose X-Forwarded-* headers count.
	TrustedProxies []netip.Prefix
	// Addresses are the fixed ones that calls to exchanges come from, if there are.
	Addresses []netip.Prefix
	// SecurityEmail is whom to tell about a weakness; with none there is no
	// security.txt.
	SecurityEmail string
	// HSTS replaces the promised value of Strict-Transport-Security.
	HSTS string

	MaxBody   int64         // of an ordinary request, 1 MiB
	MaxUpload int64         // of an upload, 200 MiB
	Timeout   time.Duration // of an ordinary request, 30 s
	Rate      Rate          // of one client; zero fields are defaults

	Accounts    accounts
	People      people // for tests without accounts; Accounts if that is given
	Firms       firms
	Admission   admission
	Memberships memberships // for tests without firms; Firms if that is given, and so are the next two
	Entities    entities
	Health      health
	Billing     cashier
	Links       linker
	Consents    consenter // nil where the installation is no client of Coinbase
	Wallets     watcher
	Imports     statements
	Years       years
	Recon       reconciler
	Prices      pricer
	Audit       auditor
	Names       firmPeople
	// Observe is told of each answered request: its route, never its address.
	// It may be nil.
	Observe func(method, route string, status int, took time.Duration)
}

// health says whether the service can work; nil is always ready.
type health interface {
	Ready(ctx context.Context) error
	// Full reports whether nothing may be written for want of room.
	Full() bool
}

// Site is the whole web side of the service.
type Site struct {
	cfg    Config
	echo   *echo.Echo
	router *router
	guard  *guard
	guest  func(ctx context.Context, from Peer) (session.Opened, error) // of a demo
	api    huma.API
	stamp  string // of the assets

	ordinary, tight *buckets
	beat            time.Duration // how often what is under way is drawn again
}

// New builds the site. A route that says not who may come, or says it
// wrongly, is an error here and not at the first request.
func New(cfg Config) (*Site, error) { return build(cfg, nil) }

// build makes a site with more routes than its own.
func build(cfg Config, more func(*router)) (*Site, error) {
	if len(cfg.Key.Reveal()) < 32 {
		return nil, errors.New("web: the signing key has less than 32 bytes")
	}
	cfg = defaults(cfg)
	if cfg.Accounts != nil {
		cfg.People = cfg.Accounts
	}
	if cfg.Firms != nil {
		cfg.Memberships, cfg.Entities, cfg.Names = cfg.Firms, cfg.Firms, cfg.Firms
	}
	s := &Site{cfg: cfg, echo: echo.New(), stamp: ui.Stamp(), beat: time.Second}
	s.ordinary = newBuckets(rate.Limit(cfg.Rate.PerSecond), cfg.Rate.Burst, cfg.Clock)
	s.tight = newBuckets(rate.Limit(cfg.Rate.CostlyPerMinute/60), cfg.Rate.CostlyBurst, cfg.Clock)
	s.guard = newGuard(cfg)
	s.router = &router{echo: s.echo, site: s}
	s.setUp()
	s.api = newAPI(s)
	s.routes()
	if more != nil {
		more(s.router)
	}
	return s, s.router.check()
}

// defaults fills in the zero fields.
func defaults(cfg Config) Config {
	if cfg.Version == "" {
		cfg.Version = "devel"
	}
	if cfg.MaxBody == 0 {
		cfg.MaxBody = 1 << 20
	}
	if cfg.MaxUpload == 0 {
		cfg.MaxUpload = 200 << 20
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = 30 * time.Second
	}
	if cfg.HSTS == "" {
		cfg.HSTS = "max-age=31536000; includeSubDomains"
	}
	cfg.Rate = cfg.Rate.orDefault()
	return cfg
}

// setUp puts the middleware in its order: what must hold for every answer is
// outermost.
func (s *Site) setUp() {
	e := s.echo
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(nowhere{})
	e.HTTPErrorHandler = s.fail
	e.IPExtractor = realIP(s.cfg.TrustedProxies)
	e.SchemeExtractor = scheme(s.cfg.TrustedProxies)
	e.Pre(s.identify, s.logged, s.headers, s.recovered, s.transport, s.strict)
	e.Use(s.guarded)
}

// routes registers what every build has; the use cases add theirs.
func (s *Site) routes() {
	r := s.router
	s.probes(r)
	s.assets(r)
	s.reports(r)
	s.docs(r)
	s.help(r)
	s.webhooks(r)
	s.billingAPI(r)
	s.billingPages(r)
	s.adminBilling(r)
	s.linksAPI(r)
	s.walletsAPI(r)
	s.firmsAPI(r)
	s.peopleAPI(r)
	s.grantsAPI(r)
	s.importsAPI(r)
	s.yearsAPI(r)
	s.transfersAPI(r)
	s.pricesAPI(r)
	s.auditRoutes(r)
	s.linkPages(r)
	s.consentPages(r)
	s.walletPages(r)
	s.importPages(r)
	s.yearPages(r)
	s.transferPages(r)
	s.pricePages(r)
	s.wellKnown(r)
	s.peoplePages(r)
	if a := s.cfg.Accounts; a != nil {
		(&signInPages{s, a}).routes(r)
		(&recoverPages{s, a}).routes(r)
		(&accountPages{s, a}).routes(r)
		s.sessionsAPI(r, a)
	}
}

// peoplePages registers the pages of firms and their people.
func (s *Site) peoplePages(r *router) {
	if s.cfg.Firms == nil {
		return
	}
	(&clientPages{s}).routes(r)
	(&teamPages{s}).routes(r)
	(&sharingPages{s}).routes(r)
	(&firmPages{s}).routes(r)
	(&invitationPages{s}).routes(r)
	if s.cfg.Accounts != nil && s.cfg.Admission != nil {
		(&homePages{s}).routes(r)
	}
}

// ServeHTTP implements http.Handler.
func (s *Site) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.echo.ServeHTTP(w, r) }

// Guest makes the site that of a demo: whoever comes is signed in by fn. It is
// called before anybody can come.
func (s *Site) Guest(fn func(ctx context.Context, from Peer) (session.Opened, error)) { s.guest = fn }

// Routes lists every route with who may use it, ordered by path and method.
func (s *Site) Routes() []Route { return s.router.list() }

// Server returns a server for the site with every limit of time and size set.
// Uploads and event streams extend their own deadlines.
func (s *Site) Server() *http.Server {
	return &http.Server{
		Handler:                      s,
		DisableGeneralOptionsHandler: true, // OPTIONS * has the headers of every answer too
		ReadHeaderTimeout:            5 * time.Second,
		ReadTimeout:                  s.cfg.Timeout,
		WriteTimeout:                 2 * s.cfg.Timeout,
		IdleTimeout:                  2 * time.Minute,
		MaxHeaderBytes:               16 << 10,
		ErrorLog:                     slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
}

// nowhere is where Echo's own log goes: we write one line a request ourselves.
type nowhere struct{}

// Write implements io.Writer.
func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
