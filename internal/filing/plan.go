// Package filing builds a year: from files and settings to the result and the
// forms. The command line and the service call the same functions, so that
// they give the same bytes.
package filing

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Settings are what a person says about a computation. What is empty is taken
// from the Ledger JSON files, then from the country.
type Settings struct {
	Country  string
	Method   string
	Currency string
	Timezone string
	Scope    string
	Options  []byte // JSON; nil for none
	// Apart are the pairs of withdrawal and deposit that a person took apart.
	Apart []reconcile.Ends

	// Mark stands before the name of a setting in errors: "--" on the command
	// line.
	Mark string
	// OptionsFrom names where Options come from, in errors.
	OptionsFrom string
}

// Prepare settles country, method, currency, zone and options from the settings
// and from what Ledger JSON files say; settings win. Its errors are words for
// the person who gave them.
func Prepare(files []*intake.File, s Settings) (tax.Input, error) {
	var in tax.Input
	doc, err := OneDocument(files)
	if err != nil {
		return in, err
	}
	country, from := doc.Either(s.Mark+"country", s.Country, "jurisdiction", doc.Jurisdiction)
	if country == "" {
		return in, fmt.Errorf("no country: give %scountry, one of %s", s.Mark, Countries)
	}
	if in.Rules = Rules(country); in.Rules == nil {
		return in, fmt.Errorf("%s: not one of %s", from, Countries)
	}
	if err := s.options(&in, doc); err != nil {
		return in, err
	}
	if s.Country != "" && Rules(doc.Jurisdiction) != nil && Rules(doc.Jurisdiction).Country != in.Rules.Country {
		doc.Method = "" // of another country than the file's
	}
	if err := s.method(&in, doc); err != nil {
		return in, err
	}
	currency, from := doc.Either(s.Mark+"currency", s.Currency, "currency", doc.Currency)
	if in.Currency = strings.ToUpper(cmp.Or(currency, in.Rules.Currency)); in.Currency == "" {
		return in, fmt.Errorf("no reporting currency: give %scurrency, for example EUR", s.Mark)
	}
	if !money.IsFiat(in.Currency) {
		return in, fmt.Errorf("%s: not a currency of ISO 4217; write its three letters, for example EUR", from)
	}
	name, from := doc.Either(s.Mark+"timezone", s.Timezone, "timezone", doc.Timezone)
	zone, err := intake.LoadZone(cmp.Or(name, in.Rules.Zone, "UTC"))
	if err != nil {
		return in, fmt.Errorf("%s: %w", from, err)
	}
	in.Calendar = ledger.NewCalendar(zone)
	in.ZoneGuessed = in.Rules.ZoneIsGuess && name == ""
	in.Scope = in.Options.ScopeFor(in.Rules, len(files) > 0 && AllDocuments(files))
	return in, nil
}

// options puts the options of the file, then those of the settings.
func (s *Settings) options(in *tax.Input, doc *Said) error {
	if len(doc.Options) > 0 && string(doc.Options) != "null" {
		if err := in.Options.ParseOptions(doc.Options); err != nil {
			return fmt.Errorf("%s: %w", doc.File, err)
		}
	}
	if s.Options != nil {
		if err := in.Options.ParseOptions(s.Options); err != nil {
			return fmt.Errorf("%s: %w", s.OptionsFrom, err)
		}
		if in.Options.Years == nil {
			in.Options.Years = map[string]json.RawMessage{}
		}
	}
	if s.Scope != "" {
		in.Options.Scope, in.Options.AccountFrom = s.Scope, 0
	}
	return nil
}

func (s *Settings) method(in *tax.Input, doc *Said) (err error) {
	taxpayer := in.Options.Person.Taxpayer
	if s.Method != "" {
		in.Method, err = in.Rules.FindMethod(strings.ToLower(s.Method), taxpayer)
	} else if in.Method, err = in.Rules.FileMethod(doc.Method, taxpayer); err != nil && doc.File != "" {
		err = fmt.Errorf("%s: %w", doc.File, err)
	}
	return err
}

// Said is what Ledger JSON files say about the computation, and where. Without
// such a file it says nothing.
type Said struct {
	ledgersys.Document
	File string
}

// Either returns the first that is not empty, with the words that say where it
// comes from: a setting, or the file that said it.
func (d *Said) Either(setting, given, key, word string) (value, from string) {
	if given != "" || word == "" {
		return given, fmt.Sprintf("%s %s", setting, given)
	}
	return word, fmt.Sprintf("%s: %s %q", d.File, key, word)
}

// ErrContradiction reports Ledger JSON files that say different things about
// the computation.
var ErrContradiction = errors.New("they ask for different computations; run them one by one")

// OneDocument returns what the Ledger JSON files say about the computation;
// several must not contradict each other.
func OneDocument(files []*intake.File) (*Said, error) {
	out := &Said{}
	for _, f := range files {
		d := f.Document
		if d == nil {
			continue
		}
		if out.File != "" && (d.Jurisdiction != out.Jurisdiction || d.Method != out.Method || d.Currency != out.Currency ||
			d.Timezone != out.Timezone || !sameOptions(d.Options, out.Options)) {
			return nil, fmt.Errorf("%s and %s: %w", out.File, f.Name, ErrContradiction)
		}
		if out.File == "" {
			*out = Said{Document: *d, File: f.Name}
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

// AllDocuments reports whether all files are Ledger JSON.
func AllDocuments(files []*intake.File) bool {
	return !slices.ContainsFunc(files, func(f *intake.File) bool { return f.Document == nil })
}
