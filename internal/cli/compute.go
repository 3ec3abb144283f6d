package cli

import (
	"fmt"
	"os"

	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// taxFlags are the flags of every verb that computes.
type taxFlags struct {
	inputFlags
	Country  string `help:"Country whose rules apply: US GB CA ZA DE AU IE IN NG LK, or XX for the generic rules."`
	Method   string `help:"fifo lifo hifo lofo average s104 acb specific; the country's own unless given."`
	Currency string `help:"Reporting currency (ISO 4217)."`
	Timezone string `help:"Tax zone, which decides the date of each event."`
	Scope    string `enum:",universal,account" default:"" help:"Inventory by which lots are kept: universal or account."`
	Prices   string `default:"off" placeholder:"FILE.csv|network|off" help:"Prices for what the statements do not value."`
	Options  string `placeholder:"FILE" help:"JSON with options of the computation and figures of each year."`
	Decide   string `name:"decisions" placeholder:"FILE" help:"Decisions about pairs of withdrawal and deposit, as the service writes them."`
	Form1099 string `name:"form-1099da" placeholder:"FILE.csv" help:"What brokers reported (US): account,asset,date_sold,units,proceeds,basis,basis_reported."`
}

// job is a computation, as the verbs show it.
type job struct{ *filing.Computation }

// plan settles the computation from flags and from what Ledger JSON files say;
// flags win.
func (f *taxFlags) plan(files []*intake.File) (tax.Input, error) {
	s := filing.Settings{
		Country: f.Country, Method: f.Method, Currency: f.Currency, Timezone: f.Timezone, Scope: f.Scope,
		OptionsFrom: f.Options, Mark: "--",
	}
	if f.Options != "" {
		var err error
		if s.Options, err = os.ReadFile(f.Options); err != nil {
			return tax.Input{}, usage(pathError(err))
		}
	}
	in, err := filing.Prepare(files, s)
	if err != nil {
		return in, usage(err)
	}
	return in, nil
}

// compute reads the files and computes the return. ask adds to the input what
// is wanted beside the return itself.
func (f *taxFlags) compute(s *Streams, ask func(*tax.Input)) (*job, error) {
	files, err := f.openKnown(s)
	if err != nil {
		return nil, err
	}
	in, err := f.plan(files)
	if err != nil {
		return nil, err
	}
	if in.Prices, err = f.prices(s, in.Calendar); err != nil {
		return nil, err
	}
	if in.Brokers, err = f.brokers(s); err != nil {
		return nil, err
	}
	apart, err := f.decisions()
	if err != nil {
		return nil, err
	}
	files, book, err := read(s, files, in.Calendar)
	if err != nil {
		return nil, err
	}
	in.Book = filing.Own(book, apart)
	ask(&in)
	c, err := f.calculate(s, files, in)
	if err != nil {
		return nil, err
	}
	return &job{c}, nil
}

// decisions reads what was decided about pairs.
func (f *taxFlags) decisions() ([]reconcile.Ends, error) {
	if f.Decide == "" {
		return nil, nil
	}
	text, err := os.ReadFile(f.Decide)
	if err != nil {
		return nil, usage(pathError(err))
	}
	apart, err := filing.ReadDecisions(text)
	if err != nil {
		return nil, usage(fmt.Errorf("%s: %w", f.Decide, err))
	}
	return apart, nil
}
