package link

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/coinbase"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Config is what a Service needs.
type Config struct {
	Store     Store
	Books     Books
	Exchanges []*exchange.Exchange
	Door      *egress.Door
	Bases     map[string]string // LEDGERSYS_EXCHANGE_<NAME>_URL, by name
	Clock     clock.Clock
	Log       *slog.Logger
	// Wait returns when a call's turn has come; nil waits by the clock.
	Wait func(ctx context.Context, until time.Time) error
	// Timeout is how long a call may take; 0 is the guard's.
	Timeout time.Duration
	// Private reports whether a text holds a private key.
	Private func(text string) bool
	// Allow returns the refusal of a feature that the firm's plan does not
	// have; nil allows all.
	Allow func(ctx context.Context, firm tenant.FirmID) error
	// Coinbase is the installation as a client of Coinbase, whose owners then
	// need no key; without an id there is none.
	Coinbase coinbase.OAuth
}

// Service links accounts and fetches from them.
type Service struct {
	Config
	exchanges map[string]*exchange.Exchange

	mu      sync.Mutex
	clients map[string]*egress.Client
	budgets map[string]*exchange.Budget
	pacers  map[tenant.ID]exchange.Pacer
	ahead   map[tenant.ID]time.Duration      // the clocks of the exchanges, by link
	running map[tenant.ID]context.CancelFunc // runs of this process, by link
	reached map[tenant.ID]map[string]time.Time
}

// maxWait is how long a call waits for its turn inside a run; a run that must
// wait longer gives its worker back.
const maxWait = 20 * time.Second

// NewService makes a service.
func NewService(c Config) (*Service, error) {
	s := &Service{
		Config: c, exchanges: make(map[string]*exchange.Exchange),
		clients: make(map[string]*egress.Client), budgets: make(map[string]*exchange.Budget),
		pacers: make(map[tenant.ID]exchange.Pacer), ahead: make(map[tenant.ID]time.Duration), running: make(map[tenant.ID]context.CancelFunc),
		reached: make(map[tenant.ID]map[string]time.Time),
	}
	if s.Allow == nil {
		s.Allow = func(context.Context, tenant.FirmID) error { return nil }
	}
	for _, x := range c.Exchanges {
		client, err := c.Door.Client(egress.Caller{Name: x.Name, Passes: x.Passes, Base: c.Bases[x.Name], MaxBody: x.MaxBody, Timeout: c.Timeout})
		if err != nil {
			return nil, err
		}
		s.exchanges[x.Name], s.clients[x.Name] = x, client
		s.budgets[x.Name] = exchange.NewBudget("exchange/"+x.Name, exchange.ByAddress(x.Limits), c.Store, c.Clock, maxWait)
		s.budgets[x.Name].Wait = c.Wait
	}
	s.Coinbase.Config = exchange.Config{HTTP: s.clients[coinbase.Name], Now: c.Clock}
	return s, nil
}

// Request is a wish to link an account.
type Request struct {
	Exchange string
	Label    string
	Key      exchange.Credentials
	Schedule string
	Stated   bool // the person states that the key only reads
}

// maxLabel is how long a label may be.
const maxLabel = 60

// Exchange returns an exchange by its name.
func (s *Service) Exchange(name string) (*exchange.Exchange, error) {
	x := s.exchanges[name]
	if x == nil {
		return nil, fault.Coded(fault.Invalid, "unknown_exchange", nil, "This exchange cannot be linked. Upload its statements instead.")
	}
	return x, nil
}

// Create asks the exchange what a key may do and links the account if it may
// only read. Otherwise nothing is stored, and the refusal names what is too
// much.
func (s *Service) Create(ctx context.Context, scope tenant.Scope, q Request) (*Link, error) {
	x, err := s.Exchange(q.Exchange)
	if err != nil {
		return nil, err
	}
	if err := s.examine(x, &q); err != nil {
		return nil, err
	}
	l := &Link{ID: tenant.NewID(), Exchange: x.Name, Label: q.Label, Last4: last4(q.Key.ID), Schedule: q.Schedule, State: Active}
	if l.Schedule == "" {
		l.Schedule = Daily
	}
	plan, comes, err := schedule(l.Schedule, l.ID)
	if err != nil {
		return nil, err
	}
	if comes {
		if err := s.Allow(ctx, scope.Firm()); err != nil {
			if q.Schedule != "" {
				return nil, err
			}
			l.Schedule, comes = Manual, false // nobody asked for more than the plan has
		}
	}
	if l.Passport, err = s.probe(ctx, x, l.ID, q.Key); err != nil {
		return nil, err
	}
	for _, st := range x.Streams {
		l.Streams = append(l.Streams, Stream{Name: st.Name, State: Idle})
	}
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		l.Created = tx.Now()
		if x.Silent {
			l.Stated = tx.Now()
		}
		if err := s.checkLabel(tx, l); err != nil {
			return err
		}
		if comes {
			l.Next = plan.Next(tx.Now())
		}
		if err := tx.AddLink(l, q.Key); err != nil {
			return err
		}
		run, err := s.begin(ctx, tx, scope, l) // the first one comes at once
		if err != nil {
			return err
		}
		if err := s.planNext(ctx, tx, scope, l); err != nil {
			return err
		}
		s.Log.InfoContext(ctx, "run asked for", "connection", l.ID.String(), "id", run.ID.String())
		return errors.Join(
			tx.Audit(ctx, audit.Entry{Action: "link.add", Object: l.object(), After: l.audited()}),
			tx.Event(ctx, audit.Event{Kind: "key.linked", Outcome: "ok", Object: l.object()}),
		)
	})
	return l, err
}

// object names a link in the audit chain.
func (l *Link) object() string { return "link/" + l.ID.String() }

// audited is what the chain keeps the hash of.
func (l *Link) audited() any {
	return map[string]any{"exchange": l.Exchange, "state": l.State, "rights": l.Passport.Rights, "schedule": l.Schedule}
}

// examine refuses what cannot be a key of the exchange, and private keys
// wherever they are not the exchange's own form of a secret.
func (s *Service) examine(x *exchange.Exchange, q *Request) error {
	texts := []string{q.Label, q.Key.ID, string(q.Key.Passphrase.Reveal())}
	if !x.Form.PEM {
		texts = append(texts, string(q.Key.Secret.Reveal()))
	}
	for _, t := range texts {
		if s.Private(t) {
			return fault.Coded(fault.Invalid, "private_key_refused", nil,
				"That holds a private key or the words of a wallet. It was not stored. Treat it as exposed: move what it guards.")
		}
	}
	switch {
	case q.Key.ID == "" && q.Key.Token.Empty(), q.Key.Secret.Empty() && q.Key.Token.Empty():
		return fault.Coded(fault.Invalid, "key_missing", nil, "Give the key and its secret.")
	case x.Form.Passphrase != "" && q.Key.Passphrase.Empty() && q.Key.Token.Empty():
		return fault.Coded(fault.Invalid, "passphrase_missing", nil, "Give the passphrase that belongs to the key.")
	case x.Silent && !q.Stated:
		return fault.Coded(fault.Invalid, "statement_required", nil,
			"%s does not tell what a key may do. State that this one can only read, after checking it there.", x.Title)
	case len([]rune(q.Label)) > maxLabel || strings.ContainsAny(q.Label, "\r\n\t/\\"):
		return fault.Coded(fault.Invalid, "bad_label", nil, "A label has at most %d characters, without strokes and line ends.", maxLabel)
	}
	if q.Label = strings.TrimSpace(q.Label); q.Label == "" {
		q.Label = x.Title
	}
	return nil
}

// checkLabel keeps labels apart: a source of the book is named by it.
func (s *Service) checkLabel(tx Tx, l *Link) error {
	list, err := tx.Links()
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].ID != l.ID && list[i].Exchange == l.Exchange && strings.EqualFold(list[i].Label, l.Label) {
			return fault.Coded(fault.Conflict, "label_taken", nil, "Another link to this exchange has that label. Choose another one.")
		}
	}
	return nil
}

// client opens a client for one link.
func (s *Service) client(x *exchange.Exchange, id tenant.ID, key exchange.Credentials) (exchange.Client, error) {
	s.mu.Lock()
	pace := s.pacers[id]
	if pace == nil {
		pace = s.budgets[x.Name].ForKey("link/"+id.String(), x.Limits)
		s.pacers[id] = pace
	}
	s.mu.Unlock()
	return x.Open(exchange.Config{HTTP: s.clients[x.Name], Key: key, Now: s.Clock, Pace: pace, Told: func(ahead time.Duration) {
		s.mu.Lock()
		s.ahead[id] = ahead
		s.mu.Unlock()
	}})
}

// clockOf is how far an exchange's clock was before ours when a link's key was
// used last, nil if it was not told.
func (s *Service) clockOf(id tenant.ID) *time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if ahead, told := s.ahead[id]; told {
		return &ahead
	}
	return nil
}

// probe asks what a key may do; anything but reading refuses it.
func (s *Service) probe(ctx context.Context, x *exchange.Exchange, id tenant.ID, key exchange.Credentials) (Passport, error) {
	c, err := s.client(x, id, key)
	if err == nil {
		var r exchange.Rights
		if r, err = c.Probe(ctx); err == nil {
			return passportOf(&r, s.Clock(), s.clockOf(id)), verdict(x, &r)
		}
	}
	return Passport{}, s.refusal(x, err)
}

// verdict is the refusal of a key by its rights, nil if it only reads.
func verdict(x *exchange.Exchange, r *exchange.Rights) error {
	switch {
	case len(r.TooMuch) > 0:
		f := fault.Coded(fault.Invalid, "key_not_read_only", nil,
			"This key can do more than read: %s. We did not keep it. Delete it at %s and make a new one that only reads.", strings.Join(r.TooMuch, ", "), x.Title)
		for _, right := range r.TooMuch {
			f.Details = append(f.Details, fault.Detail{Pointer: "/api_key", Code: "right_too_much", Words: right})
		}
		return f
	case len(r.Missing) > 0:
		return fault.Coded(fault.Invalid, "key_cannot_read", nil, "This key cannot read what is needed: %s is missing. Nothing was kept.", strings.Join(r.Missing, ", "))
	case r.Verdict == exchange.ReadOnly, x.Silent && r.Verdict == exchange.CannotTell:
		return nil
	}
	return fault.Coded(fault.Invalid, "rights_unknown", nil, "%s did not say what this key may do, so it was not kept. Try again, or make a new key.", x.Title)
}

// refusal words why a key could not be looked at.
func (s *Service) refusal(x *exchange.Exchange, err error) error {
	switch exchange.TroubleOf(err) {
	case exchange.KeyRejected, exchange.BadRequest:
		return fault.Coded(fault.Invalid, "key_rejected", err, "%s does not accept this key. Check that key and secret belong together and were copied whole. Nothing was kept.", x.Title)
	case exchange.NoPermission:
		return fault.Coded(fault.Invalid, "key_cannot_read", err, "This key may not even read. Turn on the right to read at %s. Nothing was kept.", x.Title)
	case exchange.Malformed:
		return fault.Coded(fault.Invalid, "rights_unknown", err, "%s did not say what this key may do, so it was not kept. Try again later.", x.Title)
	case exchange.RateLimited, exchange.Banned, exchange.Maintenance:
		f := fault.Coded(fault.Busy, "exchange_busy", err, "%s asks us to wait. Nothing was kept; try again in a few minutes.", x.Title)
		if own, ok := errors.AsType[*exchange.Fault](err); ok {
			f.RetryAfter = own.RetryAfter
		}
		return f
	case exchange.Denied:
		return err
	default:
		return fault.Coded(fault.Upstream, "exchange_unreachable", err, "%s could not be reached. Nothing was kept; try again later.", x.Title)
	}
}

// Find returns a link.
func (s *Service) Find(ctx context.Context, scope tenant.Scope, id tenant.ID) (l *Link, last *Run, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		if l, err = tx.Link(id); err != nil {
			return err
		}
		runs, err := tx.Runs(id, 1)
		if err == nil && len(runs) > 0 {
			last = &runs[0]
		}
		return err
	})
	return l, last, gone(err)
}

// gone is the refusal of a link that is not there.
func gone(err error) error {
	if errors.Is(err, ErrGone) {
		return fault.New(fault.NotFound, err, "There is no such link.")
	}
	return err
}

// List returns the links of an entity, by label.
func (s *Service) List(ctx context.Context, scope tenant.Scope) (list []Link, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error { list, err = tx.Links(); return err })
	return list, err
}

// Runs returns the runs of a link, the newest first.
func (s *Service) Runs(ctx context.Context, scope tenant.Scope, id tenant.ID, limit int) (list []Run, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		if _, err := tx.Link(id); err != nil {
			return err
		}
		list, err = tx.Runs(id, limit)
		return err
	})
	return list, gone(err)
}

// Sync asks for a run now. One that is under way already is returned.
func (s *Service) Sync(ctx context.Context, scope tenant.Scope, id tenant.ID) (run *Run, err error) {
	err = s.Store.InEntity(ctx, scope, func(tx Tx) error {
		l, err := tx.Link(id)
		if err != nil {
			return err
		}
		if !l.State.Usable() {
			return fault.Coded(fault.Conflict, string(l.State), nil, "%s", standing(l.State))
		}
		run, err = s.begin(ctx, tx, scope, l)
		return err
	})
	return run, gone(err)
}

// standing says why a link is not used.
func standing(s State) string {
	switch s {
	case Paused:
		return "This link is paused. Resume it first."
	case Suspended:
		return "This key can do more than read, so it is not used any more. Give a key that only reads."
	default:
		return "The exchange rejects this key. Give a new one."
	}
}

// begin asks for a run, unless one is under way.
func (s *Service) begin(ctx context.Context, tx Tx, scope tenant.Scope, l *Link) (*Run, error) {
	run, err := tx.Underway(l.ID)
	if err == nil {
		return run, tx.Enqueue(ctx, syncTask(scope, run)) // in case its task was lost
	}
	if !errors.Is(err, ErrGone) {
		return nil, err
	}
	run = &Run{ID: tenant.NewID(), Link: l.ID, State: RunQueued}
	if err := tx.AddRun(run); err != nil {
		return nil, err
	}
	return run, tx.Enqueue(ctx, syncTask(scope, run))
}

// syncArgs name a run.
type syncArgs struct {
	Entity tenant.EntityID `json:"entity"`
	Link   tenant.ID       `json:"link"`
	Run    tenant.ID       `json:"run"`
	Turn   int             `json:"turn"`
}

func syncTask(scope tenant.Scope, r *Run) job.Task {
	return job.Task{Kind: SyncKind, Key: r.Link.String() + "/" + r.ID.String(), Args: syncArgs{Entity: scope.Entity(), Link: r.Link, Run: r.ID}}
}

// planNext leaves the next run to be begun at its time.
func (s *Service) planNext(ctx context.Context, tx Tx, scope tenant.Scope, l *Link) error {
	if l.Next.IsZero() {
		return nil
	}
	args := syncArgs{Entity: scope.Entity(), Link: l.ID, Turn: l.Turn}
	return tx.Enqueue(ctx, job.Task{Kind: DueKind, Key: l.ID.String() + "/" + l.Next.Format(time.RFC3339), Args: args, At: l.Next})
}
