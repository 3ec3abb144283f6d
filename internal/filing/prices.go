package filing

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// PriceFile is an entity's own file of prices, as --prices takes it.
type PriceFile struct {
	File   tenant.ID // zero if there is none
	Name   string
	SHA256 string
	At     time.Time // when it came
}

// layers asks one after the other: what a person gave wins over what was
// looked up.
type layers []tax.Prices

// Price implements tax.Prices.
func (l layers) Price(asset, currency string, at ledger.Instant, date ledger.Date) (money.Amount, bool) {
	for _, p := range l {
		if price, ok := p.Price(asset, currency, at, date); ok {
			return price, true
		}
	}
	return money.Amount{}, false
}

// prices gives a computation the prices that an entity has: those of its file,
// then those that were looked up, which come back too.
func (s *Service) prices(ctx context.Context, scope tenant.Scope, st *state, in *tax.Input) (sheet *quote.Book, err error) {
	var list layers
	if !st.file.File.IsZero() {
		r, size, err := s.Vault.FileAt(ctx, scope, st.file.File)
		if err != nil {
			return nil, err
		}
		own, err := intake.ReadPrices(st.file.Name, r, size, in.Calendar)
		if err != nil {
			return nil, fault.Coded(fault.Invalid, "unusable_file", nil, "%s.", upper(err.Error()))
		}
		list = append(list, own)
	}
	if s.Quotes != nil {
		if sheet, err = s.Quotes.Open(ctx, scope, quote.WidthFor(in.Rules.Country)); err != nil {
			return nil, err
		}
		list = append(list, sheet)
	}
	if len(list) > 0 {
		in.Prices = list
	}
	return sheet, nil
}

// rounds is how often Refresh looks prices up at most: one that was found may
// make another one wanted.
const rounds = 5

// Refresh builds all years in which something happened. Prices that are missing
// are looked up before, if that is allowed. Where a source asked to wait or did
// not answer the years are built all the same, without its prices, and its
// fault is returned: whoever calls comes again. Then it is only asked again,
// and as long as it tells nothing new, nothing is built anew.
func (s *Service) Refresh(ctx context.Context, scope tenant.Scope) error {
	done, lack, err := s.askAgain(ctx, scope)
	if done || err != nil {
		return errors.Join(err, lack)
	}
	for round := 0; ; round++ {
		c, err := s.refresh(ctx, scope, round < rounds && lack == nil)
		if err != nil || c == nil {
			return errors.Join(err, lack)
		}
		if lack = s.look(ctx, scope, c.quotes); lack == nil {
			continue
		}
		built, key, err := s.built(ctx, scope, c.labels())
		if err != nil {
			return errors.Join(err, lack)
		}
		if built {
			s.wait(scope, lacking{key, c.quotes.Rest()})
			return lack
		}
	}
}

// lacking is what a source did not tell: the years that are built without it,
// and the prices that they want.
type lacking struct {
	key string
	ask *quote.Book
}

// maxLacking is for how many prices of an entity a process remembers that they
// are wanted. Those of more are found by computing.
const maxLacking = 10_000

// wait remembers what is wanted.
func (s *Service) wait(scope tenant.Scope, l lacking) {
	if len(l.ask.Missing()) > maxLacking {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lacking[scope.Entity()] = l
}

// askAgain asks for what the years of an entity are built without. It is done
// if nothing else changed since and no source told anything new; lack is the
// fault of one that did not answer.
func (s *Service) askAgain(ctx context.Context, scope tenant.Scope) (done bool, lack, err error) {
	s.mu.Lock()
	l, ok := s.lacking[scope.Entity()]
	delete(s.lacking, scope.Entity())
	s.mu.Unlock()
	if !ok {
		return false, nil, nil
	}
	key, err := s.now(ctx, scope)
	if err != nil || key != l.key {
		return false, nil, err
	}
	lack = s.look(ctx, scope, l.ask)
	if key, err = s.now(ctx, scope); err != nil || key != l.key {
		return false, lack, err
	}
	if lack != nil {
		s.wait(scope, l)
	}
	return true, lack, nil
}

// now names everything that the years of an entity depend on.
func (s *Service) now(ctx context.Context, scope tenant.Scope) (string, error) {
	_, key, err := s.built(ctx, scope, nil)
	return key, err
}

// built reports whether what was built last for some labels still holds. key
// names everything that all years depend on.
func (s *Service) built(ctx context.Context, scope tenant.Scope, labels []string) (ok bool, key string, err error) {
	var st state
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		if err := st.read(tx); err != nil {
			return err
		}
		if st.version, err = tx.Version(); err != nil {
			return err
		}
		for _, st.label = range labels {
			r, err := tx.Report(st.label)
			if err != nil || r == nil || r.Key != st.key() {
				return err
			}
		}
		ok, st.label = true, ""
		return nil
	})
	return ok, st.key(), err
}

// lookTime is how long prices are looked up in one run; the next one goes on.
const lookTime = 10 * time.Minute

func (s *Service) look(ctx context.Context, scope tenant.Scope, sheet *quote.Book) error {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return s.Quotes.Look(ctx, scope, sheet)
}

// refresh computes once. It stores what came out, or, if it may look prices up
// and some are missing, returns it instead.
func (s *Service) refresh(ctx context.Context, scope tenant.Scope, mayLook bool) (*Computation, error) {
	leave, err := s.enter(ctx, scope) // not while prices are waited for
	if err != nil {
		return nil, err
	}
	defer leave()
	done, err := s.Inputs.Turn(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var st state
	if err := s.Store.ReadEntity(ctx, scope, st.read); err != nil {
		return nil, err
	}
	c, err := s.compute(ctx, scope, &st, "")
	if err != nil {
		return nil, err
	}
	if mayLook && c.lacks() {
		return c, nil
	}
	if _, err = s.storeAll(ctx, scope, c, st, c.labels()); err == nil && c.lacks() {
		st.label = ""
		s.wait(scope, lacking{st.key(), c.quotes.Rest()})
	}
	return nil, err
}

// lacks reports whether prices are missing that may be looked up.
func (c *Computation) lacks() bool {
	return c.quotes != nil && c.quotes.MayAsk() && len(c.quotes.Missing()) > 0
}

// unasked reports whether prices are missing that nobody has asked for yet.
func (c *Computation) unasked() bool {
	return c.lacks() && slices.ContainsFunc(c.quotes.Gaps(), func(g quote.Gap) bool { return g.Code == quote.NotAsked })
}

// afterwards is how work goes on whose prices were not all learned: a source
// that asked to wait is asked again then, one that did not answer after an
// hour, and what there was no time for at once.
func afterwards(err error) error {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return job.Later(time.Second)
	case fault.Is(err, fault.TooMany):
		return job.Later(max(fault.Of(err).RetryAfter, time.Minute))
	case fault.Is(err, fault.Upstream):
		return job.Later(time.Hour)
	}
	return err
}

// PriceGap is a price that a year wanted in vain, and why.
type PriceGap struct {
	Asset    string `json:"asset"`
	Currency string `json:"currency"`
	At       string `json:"at"`
	Code     string `json:"code"`
	Reason   string `json:"reason"`
}

// maxGaps is how many of them a summary lists.
const maxGaps = 200

// gaps adds to a summary which prices of its days are missing and why, and
// which of them two sources do not agree on.
func (c *Computation) gaps(s *Summary, first, last ledger.Date) {
	if c.quotes == nil {
		return
	}
	within := func(d ledger.Date) bool { return first == 0 || first <= d && d <= last }
	for _, g := range c.quotes.Gaps() {
		if !within(g.Date) {
			continue
		}
		if s.Unpriced++; len(s.Gaps) < maxGaps {
			s.Gaps = append(s.Gaps, PriceGap{g.Asset, g.Currency, string(g.At.AppendTo(nil)), string(g.Code), g.Code.Words()})
		}
	}
	for _, q := range c.quotes.Used() {
		if !within(q.Date) {
			continue
		}
		s.LookedUp++
		if w := q.Warning(); w != "" && len(s.Spreads) < maxGaps {
			s.Spreads = append(s.Spreads, string(q.At.AppendTo(nil))+": "+w)
		}
	}
}

// maxPrices is how many bytes a file of prices may have.
const maxPrices = 16 << 20

// GivePrices takes an entity's own prices in place of those before: a plain
// table of time, asset, currency and price. One that cannot be read, or that
// holds a private key, is not stored and changes nothing.
func (s *Service) GivePrices(ctx context.Context, scope tenant.Scope, name string, r io.Reader) (PriceFile, error) {
	p := PriceFile{Name: path.Base(name)}
	text, err := io.ReadAll(io.LimitReader(r, maxPrices+1))
	if err != nil {
		return p, err
	}
	if err := checkPrices(p.Name, text); err != nil {
		return p, err
	}
	id, _, sum, err := s.Vault.PutFile(ctx, scope, bytes.NewReader(text))
	if err != nil {
		return p, err
	}
	p.File, p.SHA256 = id, hex.EncodeToString(sum[:])
	return p, s.savePrices(ctx, scope, &p)
}

// checkPrices refuses what cannot be taken as prices.
func checkPrices(name string, text []byte) error {
	if len(text) > maxPrices {
		return fault.New(fault.TooLarge, nil, "A file of prices has at most 16 MiB.")
	}
	_, inName := keyring.FindInName(name)
	if _, found := keyring.FindPrivateKey(string(text)); found || inName {
		return fault.Coded(fault.Invalid, "private_key_refused", nil,
			"That file holds a secret. It was not stored. Treat this secret as exposed if you sent it over a network.")
	}
	if bytes.HasPrefix(text, []byte("PK")) || bytes.HasPrefix(text, []byte("\x1f\x8b")) {
		return fault.Coded(fault.Invalid, "unusable_file", nil, "Give prices as a plain CSV file, not packed.")
	}
	utc := ledger.NewCalendar(time.UTC) // any zone: whether it can be read does not depend on it
	if _, err := intake.ReadPrices(name, bytes.NewReader(text), int64(len(text)), utc); err != nil {
		return fault.Coded(fault.Invalid, "unusable_file", nil, "%s.", upper(firstLine(err)))
	}
	return nil
}

// firstLine is the first of several things that are wrong.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// DropPrices takes an entity's own prices away.
func (s *Service) DropPrices(ctx context.Context, scope tenant.Scope) error {
	return s.savePrices(ctx, scope, &PriceFile{})
}

// Prices returns the entity's own file of prices, zero if it has none.
func (s *Service) Prices(ctx context.Context, scope tenant.Scope) (p PriceFile, err error) {
	err = s.Store.ReadEntity(ctx, scope, func(tx Tx) error {
		p, _, err = tx.Prices()
		return err
	})
	return p, err
}

func (s *Service) savePrices(ctx context.Context, scope tenant.Scope, p *PriceFile) error {
	return s.Store.InEntity(ctx, scope, func(tx Tx) error {
		before, _, err := tx.Prices()
		if err != nil || before.File.IsZero() && p.File.IsZero() {
			return err
		}
		if !p.File.IsZero() {
			p.At = tx.Now()
			if err := tx.KeepFile(ctx, p.File); err != nil {
				return err
			}
		}
		if err := tx.SavePrices(*p); err != nil {
			return err
		}
		if !before.File.IsZero() {
			if err := tx.DropFile(ctx, before.File); err != nil {
				return err
			}
		}
		return errors.Join(
			tx.Audit(ctx, audit.Entry{Action: "prices.file", Object: "entity/" + scope.Entity().String(), Before: before.SHA256, After: p.SHA256}),
			Changed(ctx, tx, scope),
		)
	})
}
