package tax

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Options is what a file or the user chooses beyond country and method. The
// zero value is the country's defaults. The names are those of Ledger JSON.
type Options struct {
	Scope       string      // "universal", "account", "country" or ""
	AccountFrom ledger.Date // account_scope_from

	ZeroCostShortage bool // on_shortage: zero_cost
	DaysAfter        *int // GB: how far the 30-day rule looks ahead
	NoSuperficial    bool // CA: superficial: false
	FreeRecentLoss   bool // IE: recent_purchase_loss: free
	SwapValueGiven   bool // swap_value: given
	SwapCost         string
	SwapFee          string
	NotForCrypto     bool

	Person Person
	Years  map[string]json.RawMessage // what the user gives for each tax year; nil without --options

	Compute string          // levels year and form
	Year    string          // the year that the answer stands under
	Given   json.RawMessage // its figures
}

// ErrOption reports an option that is unknown or has a value it cannot have.
var ErrOption = errors.New("option")

// optionNames are the known keys, for the error that names the nearest.
var optionNames = []string{
	"scope", "account_scope_from", "on_shortage", "days_after", "taxpayer", "superficial", "recent_purchase_loss",
	"swap_value", "swap_cost", "swap_fee", "not_for_crypto", "compute", "given", "year", "filing_status", "years",
}

// ParseOptions reads the options object of a Ledger JSON file or an options
// file into o, over what o holds already.
func (o *Options) ParseOptions(data []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return fmt.Errorf("%w: not a JSON object", ErrOption)
	}
	keys := make([]string, 0, len(raw))
	for k := range raw {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		if err := o.set(k, raw[k]); err != nil {
			return err
		}
	}
	return nil
}

func (o *Options) set(key string, v json.RawMessage) error {
	switch key {
	case "scope":
		return word(key, v, &o.Scope, "universal", "account", "country")
	case "account_scope_from":
		var s string
		if err := word(key, v, &s); err != nil {
			return err
		}
		d, err := ledger.ParseDate(s)
		if err != nil {
			return fmt.Errorf("%w %s: %w", ErrOption, key, err)
		}
		o.AccountFrom = d
		return nil
	case "on_shortage":
		return choice(key, v, &o.ZeroCostShortage, "zero_cost", "error")
	case "days_after":
		n, err := wholeNumber(v)
		if err != nil || n < 0 || n > 366 {
			return fmt.Errorf("%w %s: must be a number of days from 0 to 366", ErrOption, key)
		}
		o.DaysAfter = &n
		return nil
	case "superficial":
		on := true
		if err := flag(key, v, &on); err != nil {
			return err
		}
		o.NoSuperficial = !on
		return nil
	case "recent_purchase_loss":
		return choice(key, v, &o.FreeRecentLoss, "free", "restricted")
	case "swap_value":
		return choice(key, v, &o.SwapValueGiven, "given", "received")
	case "swap_cost":
		return word(key, v, &o.SwapCost, "given", "received")
	case "swap_fee":
		return word(key, v, &o.SwapFee, "half", "disposal", "acquisition")
	}
	return o.setPerson(key, v)
}

func (o *Options) setPerson(key string, v json.RawMessage) error {
	switch key {
	case "not_for_crypto":
		return flag(key, v, &o.NotForCrypto)
	case "taxpayer":
		return word(key, v, &o.Person.Taxpayer, "person", "company", "trust")
	case "filing_status":
		return word(key, v, &o.Person.FilingStatus, "single", "mfj", "mfs", "hoh", "qss")
	case "years":
		if err := json.Unmarshal(v, &o.Years); err != nil {
			return fmt.Errorf("%w years: must be an object of tax years, each an object of figures", ErrOption)
		}
		return nil
	case "compute":
		return word(key, v, &o.Compute)
	case "year":
		return word(key, v, &o.Year)
	case "given":
		o.Given = bytes.Clone(v)
		return nil
	}
	return fmt.Errorf("%w %q is unknown; did you mean %q?", ErrOption, key, nearest(key, optionNames))
}

// word reads a string, one of the allowed ones if there are any.
func word(key string, v json.RawMessage, into *string, allowed ...string) error {
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		return fmt.Errorf("%w %s: must be text", ErrOption, key)
	}
	if len(allowed) > 0 && !slices.Contains(allowed, s) {
		return fmt.Errorf("%w %s: must be one of %s", ErrOption, key, strings.Join(allowed, ", "))
	}
	*into = s
	return nil
}

// choice reads a word that switches something on or leaves it off.
func choice(key string, v json.RawMessage, into *bool, on, off string) error {
	var s string
	if err := word(key, v, &s, on, off); err != nil {
		return err
	}
	*into = s == on
	return nil
}

// flag reads true or false, also written as a string.
func flag(key string, v json.RawMessage, into *bool) error {
	switch strings.Trim(string(v), `"`) {
	case "true":
		*into = true
	case "false":
		*into = false
	default:
		return fmt.Errorf("%w %s: must be true or false", ErrOption, key)
	}
	return nil
}

// wholeNumber reads a JSON number without decimals, also written as a string.
func wholeNumber(v json.RawMessage) (int, error) {
	return strconv.Atoi(strings.Trim(string(v), `"`))
}

// nearest returns the name that differs least from s.
func nearest(s string, names []string) string {
	best, least := names[0], 1<<30
	for _, n := range names {
		if d := distance(s, n); d < least {
			best, least = n, d
		}
	}
	return best
}

// distance is the number of letters to insert, delete or replace.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// Figure reads one figure of an object of given figures. Absent is not set.
func (g Given) Figure(key string) (a money.Amount, set bool, err error) {
	v, ok := g[key]
	if !ok || string(v) == "null" || string(v) == `""` {
		return money.Amount{}, false, nil
	}
	a, err = money.Parse(strings.Trim(string(v), `"`))
	if err != nil {
		return money.Amount{}, false, fmt.Errorf("%w: given %s: %w", ErrOption, key, err)
	}
	return a, true, nil
}

// Given is an object of given figures: decimal strings by name, and for some
// computations lists.
type Given map[string]json.RawMessage

// ParseGiven reads an object of figures; empty input is an empty object.
func ParseGiven(data json.RawMessage) (Given, error) {
	g := Given{}
	if len(data) == 0 || string(data) == "null" {
		return g, nil
	}
	if err := json.Unmarshal(data, &g); err != nil {
		return nil, fmt.Errorf("%w given: must be an object of decimal strings", ErrOption)
	}
	return g, nil
}
