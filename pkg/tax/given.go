package tax

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// Incomplete is the error of an annual answer that leaves something out: no
// table holds the year, the user gave no figure that it needs, or the law taxes
// this person by rules that are not built. What was answered stands; the caller
// warns with the words of the error.
type Incomplete struct {
	Year string   // the label of the tax year
	Keys []string // what is left out
	Why  string   // the reason, with what to do next
}

// Error implements error.
func (e *Incomplete) Error() string {
	return fmt.Sprintf("%s: left out %s: %s", e.Year, strings.Join(e.Keys, ", "), e.Why)
}

// ErrCompute reports the name of a computation that a country does not have.
var ErrCompute = errors.New("compute")

// UnknownCompute is the error for the name of a computation that a country
// does not have.
func UnknownCompute(country, name string, known ...string) error {
	if len(known) == 0 {
		return fmt.Errorf("%w %q: %s has no annual computation", ErrCompute, name, country)
	}
	return fmt.Errorf("%w %q is unknown; %s has %s", ErrCompute, name, country, strings.Join(known, ", "))
}

// Reader takes figures out of a [Given] by name. It keeps the first error, so
// that a computation reads all it needs and asks once, with Err.
type Reader struct {
	given Given
	err   error
}

// NewReader reads an object of figures. A key that is not among the known ones
// is an error that names it: a figure with a mistyped name must not count as
// absent.
func NewReader(data json.RawMessage, known ...string) *Reader {
	g, err := ParseGiven(data)
	r := &Reader{given: g, err: err}
	var unknown []string
	for k := range g {
		if !slices.Contains(known, k) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) > 0 && err == nil {
		slices.Sort(unknown)
		r.err = fmt.Errorf("%w given: %q is unknown; known: %s", ErrOption, unknown[0], strings.Join(known, ", "))
	}
	return r
}

// Err returns the first error.
func (r *Reader) Err() error { return r.err }

// Need returns a figure that must be there and not below 0.
func (r *Reader) Need(key string) money.Amount {
	a := r.Signed(key)
	r.positive(key, a)
	return a
}

// Signed returns a figure that must be there.
func (r *Reader) Signed(key string) money.Amount {
	a, set, err := r.given.Figure(key)
	r.fail(err)
	if !set {
		r.fail(fmt.Errorf("%w given: %s is missing", ErrOption, key))
	}
	return a
}

// Or returns a figure that must not be below 0, or another if it is absent.
func (r *Reader) Or(key string, absent money.Amount) money.Amount {
	a, set := r.Take(key)
	if !set {
		return absent
	}
	return a
}

// Take returns a figure that must not be below 0, and whether it is there.
func (r *Reader) Take(key string) (a money.Amount, set bool) {
	a, set, err := r.given.Figure(key)
	r.fail(err)
	r.positive(key, a)
	return a, set
}

// Or takes a figure from the user, or else from a country's table: a person
// may have a limit of their own, and a year that the table does not hold yet.
// It is not known if neither has it.
func (t Table) Or(r *Reader, key, year, name string) (a money.Amount, known bool) {
	if a, known = r.Take(key); known {
		return a, true
	}
	return t.Value(year, name)
}

func (r *Reader) positive(key string, a money.Amount) {
	if a.Sign() < 0 {
		r.fail(fmt.Errorf("%w given: %s must not be below 0", ErrOption, key))
	}
}

// Word returns a text that must be there and be one of the allowed.
func (r *Reader) Word(key string, allowed ...string) string {
	var s string
	if v, ok := r.given[key]; !ok {
		r.fail(fmt.Errorf("%w given: %s is missing", ErrOption, key))
	} else if err := word("given "+key, v, &s, allowed...); err != nil {
		r.fail(err)
	}
	return s
}

// List returns the elements of a list that must be there.
func (r *Reader) List(key string) []json.RawMessage {
	var list []json.RawMessage
	if v, ok := r.given[key]; !ok {
		r.fail(fmt.Errorf("%w given: %s is missing", ErrOption, key))
	} else if err := json.Unmarshal(v, &list); err != nil {
		r.fail(fmt.Errorf("%w given: %s must be a list", ErrOption, key))
	}
	return list
}

// Figures returns the figures of a list that must be there, of either sign.
func (r *Reader) Figures(key string) []money.Amount {
	list := r.List(key)
	out := make([]money.Amount, 0, len(list))
	for i, v := range list {
		a, set, err := Given{key: v}.Figure(key)
		if err == nil && !set {
			err = fmt.Errorf("%w given: %s, entry %d is empty", ErrOption, key, i+1)
		}
		r.fail(err)
		out = append(out, a)
	}
	return out
}

// fail keeps the first error.
func (r *Reader) fail(err error) {
	if r.err == nil && err != nil {
		r.err = err
	}
}

// Catch turns the panic of an amount beyond 38 digits into an error. Defer it
// in a computation on given figures.
func Catch(err *error) {
	switch v := recover().(type) {
	case nil:
	case money.Overflow:
		*err = fmt.Errorf("%w given: %w", ErrOption, v)
	default:
		panic(v) // invariant: not ours, so it goes on up
	}
}

// AnswerOf returns the answer of one tax year.
func AnswerOf(year string, cells ...Cell) ([]Answer, error) {
	if year == "" {
		return nil, fmt.Errorf("%w year is missing: the answer stands under it", ErrOption)
	}
	return []Answer{{Year: year, Cells: cells}}, nil
}

// Positive returns a, or 0 if it is below 0.
func Positive(a money.Amount) money.Amount { return money.Max(a, money.Amount{}) }
