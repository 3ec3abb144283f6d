package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
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
	Form1099 string `name:"form-1099da" placeholder:"FILE.csv" help:"What brokers reported (US): account,asset,date_sold,units,proceeds,basis,basis_reported."`
}

// job is a computation with everything it was made from.
type job struct {
	files  []*intake.File
	input  tax.Input
	result *tax.Return
}

// said is what Ledger JSON files say about the computation, and where. Without
// such a file it says nothing.
type said struct {
	ledgersys.Document
	file string
}

// either returns the first that is not empty, with the words that say where it
// comes from: a flag, or the file that said it.
func (d *said) either(flag, given, key, word string) (value, from string) {
	if given != "" || word == "" {
		return given, fmt.Sprintf("%s %s", flag, given)
	}
	return word, fmt.Sprintf("%s: %s %q", d.file, key, word)
}

// plan settles country, method, currency, zone and options from flags and
// from what Ledger JSON files say; flags win.
func (f *taxFlags) plan(files []*intake.File) (tax.Input, error) {
	var in tax.Input
	doc, err := oneDocument(files)
	if err != nil {
		return in, err
	}
	country, from := doc.either("--country", f.Country, "jurisdiction", doc.Jurisdiction)
	if country == "" {
		return in, usage(fmt.Errorf("no country: give --country, one of %s", countries))
	}
	if in.Rules = rules(country); in.Rules == nil {
		return in, usage(fmt.Errorf("%s: not one of %s", from, countries))
	}
	if err := f.options(&in, doc); err != nil {
		return in, err
	}
	if f.Country != "" && rules(doc.Jurisdiction) != nil && rules(doc.Jurisdiction).Country != in.Rules.Country {
		doc.Method = "" // of another country than the file's
	}
	if err := f.method(&in, doc); err != nil {
		return in, err
	}
	currency, from := doc.either("--currency", f.Currency, "currency", doc.Currency)
	if in.Currency = strings.ToUpper(first(currency, in.Rules.Currency)); in.Currency == "" {
		return in, usage(errors.New("no reporting currency: give --currency, for example EUR"))
	}
	if !money.IsFiat(in.Currency) {
		return in, usage(fmt.Errorf("%s: not a currency of ISO 4217; write its three letters, for example EUR", from))
	}
	name, from := doc.either("--timezone", f.Timezone, "timezone", doc.Timezone)
	zone, err := loadZone(first(name, in.Rules.Zone, "UTC"))
	if err != nil {
		return in, usage(fmt.Errorf("%s: %w", from, err))
	}
	in.Calendar = ledger.NewCalendar(zone)
	in.ZoneGuessed = in.Rules.ZoneIsGuess && name == ""
	in.Scope = in.Options.ScopeFor(in.Rules, len(files) > 0 && allDocuments(files))
	if f.Prices == "network" {
		return in, &coded{exitError, errors.New("--prices network: not built yet; give a file of prices")}
	}
	return in, nil
}

// options puts the options of the file, then those of --options and --scope.
func (f *taxFlags) options(in *tax.Input, doc *said) error {
	if len(doc.Options) > 0 && string(doc.Options) != "null" {
		if err := in.Options.ParseOptions(doc.Options); err != nil {
			return usage(fmt.Errorf("%s: %w", doc.file, err))
		}
	}
	if f.Options != "" {
		data, err := os.ReadFile(f.Options)
		if err != nil {
			return usage(pathError(err))
		}
		if err := in.Options.ParseOptions(data); err != nil {
			return usage(fmt.Errorf("%s: %w", f.Options, err))
		}
		if in.Options.Years == nil {
			in.Options.Years = map[string]json.RawMessage{}
		}
	}
	if f.Scope != "" {
		in.Options.Scope, in.Options.AccountFrom = f.Scope, 0
	}
	return nil
}

func (f *taxFlags) method(in *tax.Input, doc *said) (err error) {
	taxpayer := in.Options.Person.Taxpayer
	if f.Method != "" {
		in.Method, err = in.Rules.FindMethod(strings.ToLower(f.Method), taxpayer)
	} else if in.Method, err = in.Rules.FileMethod(doc.Method, taxpayer); err != nil && doc.file != "" {
		err = fmt.Errorf("%s: %w", doc.file, err)
	}
	if err != nil {
		return usage(err)
	}
	return nil
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// oneDocument returns what the Ledger JSON files say about the computation;
// several must not contradict each other.
func oneDocument(files []*intake.File) (*said, error) {
	out := &said{}
	for _, f := range files {
		d := f.Document
		if d == nil {
			continue
		}
		if out.file != "" && (d.Jurisdiction != out.Jurisdiction || d.Method != out.Method || d.Currency != out.Currency ||
			d.Timezone != out.Timezone || !sameOptions(d.Options, out.Options)) {
			return nil, usage(fmt.Errorf("%s and %s: they ask for different computations; run them one by one", out.file, f.Name))
		}
		if out.file == "" {
			*out = said{Document: *d, file: f.Name}
		}
	}
	return out, nil
}

// sameOptions compares options by what they say, not by how it is written. No
// options are the same as empty ones.
func sameOptions(a, b json.RawMessage) bool {
	var x, y map[string]any
	if json.Unmarshal(a, &x) != nil && len(a) > 0 || json.Unmarshal(b, &y) != nil && len(b) > 0 {
		return bytes.Equal(a, b) // what is wrong with them is said where they are read
	}
	return len(x) == 0 && len(y) == 0 || reflect.DeepEqual(x, y)
}

func allDocuments(files []*intake.File) bool {
	return !slices.ContainsFunc(files, func(f *intake.File) bool { return f.Document == nil })
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
	files, book, err := read(s, files, in.Calendar)
	if err != nil {
		return nil, err
	}
	in.Book = book
	ask(&in)
	p := newProgress(s.Err)
	p.say("computing")
	result, err := tax.Calculate(in)
	p.done()
	if err != nil {
		return nil, usage(err)
	}
	j := &job{files: files, input: in, result: result}
	return j, j.answer()
}

// answer adds what a file of level year or form asks for.
func (j *job) answer() error {
	o := &j.input.Options
	if o.Compute == "" {
		return nil
	}
	from := ""
	if i := slices.IndexFunc(j.files, func(f *intake.File) bool { return f.Document != nil }); i >= 0 {
		from = j.files[i].Name + ": "
	}
	if j.input.Rules.Compute == nil {
		return usage(fmt.Errorf("%s%w %q: %s has no annual arithmetic", from, tax.ErrCompute, o.Compute, j.input.Rules.Country))
	}
	answers, err := j.input.Rules.Compute(o.Compute, o.Year, o.Given)
	if err != nil {
		return usage(fmt.Errorf("%s%w", from, err))
	}
	for _, a := range answers {
		j.result.Answer(a)
	}
	return nil
}

// yearEnds returns the last day of each tax year that has an event, or of the
// year asked for.
func yearEnds(in *tax.Input, label string) []ledger.Date {
	var ends []ledger.Date
	if _, _, last, err := in.Rules.FindYear(label); err == nil && label != "" {
		return []ledger.Date{last}
	}
	var until ledger.Date
	for i := range in.Book.Events {
		if day := in.Calendar.Date(in.Book.Events[i].At); i == 0 || day > until {
			_, _, until = in.Rules.YearOf(day)
			ends = append(ends, until)
		}
	}
	return ends
}
