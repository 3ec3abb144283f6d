package quote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Code says why there is no price.
type Code string

// The codes. Only NoPrice is final: nobody traded it then, as far as the
// sources know. NotYet is what no source can know before the day is over.
// AskedToWait and NoAnswer are about a source, not about the price; NotAsked
// was not come to yet; Off is what nobody may ask for.
const (
	NoPrice     Code = "no_price"
	NotYet      Code = "not_yet"
	AskedToWait Code = "asked_to_wait"
	NoAnswer    Code = "no_answer"
	NotAsked    Code = "not_asked"
	Off         Code = "off"
)

// Kept is what the store knows about an ask: its quote, or why there is none.
// A quote is never replaced, so that a result that used it can be computed
// again.
type Kept struct {
	Quote       // without a Code
	Code  Code  // "" for a quote
	Asked Width // how exact the price was asked for
}

// Choice is what an entity says about looking prices up.
type Choice string

// The choices. Unsaid follows the installation.
const (
	Unsaid  Choice = ""
	Never   Choice = "off"
	Network Choice = "network"
)

// Store keeps quotes, each in the store of its firm. Both ways in are one
// transaction on the entity of the scope.
type Store interface {
	InEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
	ReadEntity(ctx context.Context, s tenant.Scope, fn func(Tx) error) error
}

// Tx is a transaction on one entity's quotes.
type Tx interface {
	audit.Log
	job.Outbox
	Now() time.Time

	Choice() (Choice, error)
	SaveChoice(c Choice) error
	// Kept returns everything that was asked for with a width.
	Kept(asked Width) ([]Kept, error)
	// Keep adds what was learned. A quote that is there already stays as it is.
	Keep(list []Kept) error
	// Page returns quotes from behind one, by time, the newest first.
	Page(after Cursor, limit int) ([]Kept, error)
}

// Cursor is the place behind a quote in the list. The zero Cursor is before
// the first.
type Cursor struct {
	Set             bool
	At              int64
	Asset, Currency string
	Date            int32
	Asked           Width
}

// ServiceConfig is what a Service needs.
type ServiceConfig struct {
	Store Store
	// Allowed says that the installation may look prices up.
	Allowed bool
	// Quoter makes a quoter over all sources, for one run.
	Quoter func(width Width) (*Quoter, error)
	// Changed adds to the transaction that changes what an entity may look up
	// what has to be done after it; nil adds nothing.
	Changed func(ctx context.Context, tx job.Outbox, s tenant.Scope) error
	Log     *slog.Logger
}

// Service keeps the prices of entities and looks up what they lack.
type Service struct{ ServiceConfig }

// NewService makes a service.
func NewService(c ServiceConfig) *Service {
	if c.Changed == nil {
		c.Changed = func(context.Context, job.Outbox, tenant.Scope) error { return nil }
	}
	return &Service{c}
}

// Open returns the prices that an entity has. Nothing is looked up.
func (s *Service) Open(ctx context.Context, scope tenant.Scope, width Width) (*Book, error) {
	var list []Kept
	var choice Choice
	err := s.Store.ReadEntity(ctx, scope, func(tx Tx) (err error) {
		if choice, err = tx.Choice(); err != nil {
			return err
		}
		list, err = tx.Kept(width)
		return err
	})
	b := NewBook(nil)
	b.asked, b.closed = width, !s.Allowed || choice == Never
	for i := range list {
		switch k := &list[i]; k.Code {
		case "":
			b.quotes[k.Ask] = k.Quote
		case NoPrice:
			b.none[k.Ask] = true
		default:
			b.before[k.Ask] = k.Code
		}
	}
	return b, err
}

// MayAsk reports whether what is missing may be asked for.
func (b *Book) MayAsk() bool { return !b.closed }

// step is how many answers are kept at a time.
const step = 100

// Look asks for what a computation wanted in vain, and keeps what it learns as
// it goes. A source that does not answer or asks to wait keeps only those
// prices back that no other source has; the reason is kept, the rest is asked
// for, and the fault comes at the end, to try again. What
// cannot be known before a day is over is a fault at its end, to come again
// then. When ctx ends it ends too, and goes on from there when it is called
// again.
func (s *Service) Look(ctx context.Context, scope tenant.Scope, b *Book) error {
	if b.closed {
		return nil
	}
	q, err := s.Quoter(b.asked)
	if err != nil {
		return err
	}
	var learned []Kept
	keep := func(ctx context.Context) error {
		if len(learned) == 0 {
			return nil
		}
		list := learned
		learned = nil
		return s.Store.InEntity(ctx, scope, func(tx Tx) error { return tx.Keep(list) })
	}
	missing := b.Missing()
	found, early := 0, false
	var unheard error
	for _, a := range missing {
		quote, err := q.Quote(ctx, a)
		if ctx.Err() != nil { // nobody knows whether the source would have answered
			return errors.Join(ctx.Err(), keep(context.WithoutCancel(ctx)))
		}
		if err == nil {
			found++
		}
		learned = append(learned, b.learn(a, quote, err, q.config.Now()))
		early = early || errors.Is(err, ErrNotYet)
		switch {
		case errors.Is(err, egress.ErrDenied):
			return errors.Join(err, keep(context.WithoutCancel(ctx)))
		case isFault(err) && unheard == nil:
			unheard = err
		}
		if len(learned) >= step {
			if err := keep(ctx); err != nil {
				return err
			}
		}
	}
	s.Log.InfoContext(ctx, "prices", "firm", scope.Firm().String(), "asked", len(missing), "found", found)
	if err := errors.Join(keep(ctx), unheard); err != nil || !early {
		return err
	}
	return tooEarly(q.config.Now())
}

// codeOf says why there is no price.
func codeOf(err error) Code {
	switch {
	case errors.Is(err, ErrNoPrice):
		return NoPrice
	case errors.Is(err, ErrNotYet):
		return NotYet
	case fault.Is(err, fault.TooMany):
		return AskedToWait
	default:
		return NoAnswer
	}
}

// isFault reports whether a source, and not the price, is the reason.
func isFault(err error) bool {
	return err != nil && !errors.Is(err, ErrNoPrice) && !errors.Is(err, ErrNotYet)
}

// tooEarly asks to come again when the day is over.
func tooEarly(now time.Time) error {
	f := fault.New(fault.TooMany, ErrNotYet, "A price is known when the day is over.")
	f.RetryAfter = dayAfter(now).Sub(now) + time.Minute
	return f
}

// learn notes an answer in the book and returns what is to be kept of it.
func (b *Book) learn(a Ask, q Quote, err error, now time.Time) Kept {
	k := Kept{Quote: q, Asked: b.asked}
	switch {
	case err == nil:
		b.quotes[a] = q
		delete(b.wanted, a)
		return k
	case errors.Is(err, ErrNoPrice):
		b.none[a], b.wanted[a] = true, false
	}
	k.Ask, k.Fetched, k.Code = a, now, codeOf(err)
	if k.Code != NoPrice {
		b.before[a] = k.Code
	}
	return k
}

// State is what an entity may look up.
type State struct {
	Allowed bool // by the installation
	Choice  Choice
}

// On reports whether prices are looked up.
func (s State) On() bool { return s.Allowed && s.Choice != Never }

// State returns what an entity may look up.
func (s *Service) State(ctx context.Context, scope tenant.Scope) (st State, err error) {
	st.Allowed = s.Allowed
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		st.Choice, err = tx.Choice()
		return err
	})
	return st, err
}

// Choose says whether an entity's prices are looked up. What was looked up
// stays.
func (s *Service) Choose(ctx context.Context, scope tenant.Scope, c Choice) error {
	if c != Never && c != Network {
		return fault.Coded(fault.Invalid, "lookups", nil, "Looking prices up is \"off\" or \"network\".")
	}
	return s.Store.InEntity(ctx, scope, func(tx Tx) error {
		before, err := tx.Choice()
		if err != nil || before == c {
			return err
		}
		return errors.Join(
			tx.SaveChoice(c),
			tx.Audit(ctx, audit.Entry{Action: "prices.lookups", Object: "entity/" + scope.Entity().String(), Before: before, After: c}),
			s.Changed(ctx, tx, scope),
		)
	})
}

// MaxPage is how many quotes one page holds at most.
const MaxPage = 500

// Quotes returns a page of what an entity's prices are and where they come
// from.
func (s *Service) Quotes(ctx context.Context, scope tenant.Scope, after Cursor, limit int) (list []Kept, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		if list, err = tx.Page(after, min(max(limit, 1), MaxPage)); err != nil {
			return fmt.Errorf("quotes: %w", err)
		}
		return nil
	})
	return list, err
}

// Words says why there is no price.
func (c Code) Words() string {
	switch c {
	case NoPrice:
		return "No source knows a price of that time. Give one in a price file."
	case NotYet:
		return "It is known when the day is over, and will be asked for then."
	case AskedToWait:
		return "A source asked to wait. It will be asked again."
	case NoAnswer:
		return "A source did not answer. It will be asked again."
	case NotAsked:
		return "It was not looked up yet."
	case Off:
		return "Looking prices up is off. Allow it, or give a price file."
	default:
		return ""
	}
}

// Cursor returns the place behind a quote in the list.
func (k *Kept) Cursor() Cursor {
	return Cursor{true, int64(k.At), k.Asset, k.Currency, int32(k.Date), k.Asked}
}
