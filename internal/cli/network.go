package cli

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/config"
	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// network is what --prices says for prices from outside.
const network = "network"

// calculate computes the return, with prices from outside if they were asked
// for: then as often as it takes until each is known or known to be missing.
func (f *taxFlags) calculate(s *Streams, files []*intake.File, in tax.Input) (*filing.Computation, error) {
	p := newProgress(s)
	defer p.done()
	p.say("computing")
	if f.Prices != network {
		c, err := filing.Calculate(files, in)
		if err != nil {
			return nil, usage(err)
		}
		return c, nil
	}
	q, err := quoter(quote.WidthFor(in.Rules.Country))
	if err != nil {
		return nil, err
	}
	book := quote.NewBook(nil)
	in.Prices = book
	var c *filing.Computation
	told := func(done, of int) { p.say(fmt.Sprintf("prices %d of %d", done, of)) }
	err = book.Settle(context.Background(), q, told, func() (err error) {
		if c, err = filing.Calculate(files, in); err != nil {
			return usage(err)
		}
		return nil
	})
	p.done()
	if words := fault.Of(err).Words; err != nil && words != "" {
		return nil, fmt.Errorf("%s Nothing was written; run it again later, or give prices in a file. (%w)", words, err)
	}
	if err != nil {
		return nil, err
	}
	for _, found := range book.Quotes() {
		if w := found.Warning(); w != "" {
			fmt.Fprintln(s.Err, "warning:", string(found.At.AppendTo(nil))+":", w)
		}
	}
	return c, nil
}

// quoter asks for prices as the environment's settings allow it. The way out
// is open for nothing but the listed sources of prices.
func quoter(width quote.Width) (*quote.Quoter, error) {
	l, err := config.Load(config.Source{Environ: os.Environ(), Extra: clock.Variables()})
	if err != nil {
		return nil, usage(err)
	}
	now, err := clock.System(os.Getenv)
	if err != nil {
		return nil, usage(err)
	}
	door, err := egress.New(egress.Config{Deny: !l.Outbound.Allowed, Allow: l.Outbound.Allow})
	if err != nil {
		return nil, usage(err)
	}
	return quote.New(quote.Config{
		Door: door, Bases: l.Prices.URL, Now: now, Width: width,
		Wait: func(ctx context.Context, d time.Duration) error { return now.Wait(ctx, now().Add(d)) },
	})
}
