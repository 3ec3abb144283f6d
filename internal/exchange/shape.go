package exchange

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Unit is how an exchange writes times.
type Unit string

// The ways of writing times.
const (
	Milli  Unit = "ms" // milliseconds since 1970, as a number or its text
	Second Unit = "s"  // seconds since 1970, perhaps with a fraction
	Micro  Unit = "us"
	RFC    Unit = "rfc"  // RFC 3339
	Text   Unit = "text" // 2006-01-02 15:04:05 in UTC, perhaps with a fraction
)

// Shape says what the records of a stream have, as far as something depends on
// it. A record without it spoils its page: nothing of an answer that is not
// what it should be counts. Everything else in a record may be as it likes.
type Shape struct {
	Stream   string
	Endpoint string

	ID   []string // together the name of a record; a part may be empty
	Time string
	Unit Unit

	Words   []string // must be there and not empty
	Amounts []string // must be numbers, not below 0
	Signed  []string // must be numbers
	Maybe   []string // numbers if they are there and not empty
}

// Named checks one record whose name stands outside of it.
func (s *Shape) Named(id string, raw json.RawMessage) (Record, error) {
	f, err := ParseFields(raw)
	if err != nil {
		return Record{}, err
	}
	return s.named(id, f, raw)
}

func (s *Shape) named(id string, f Fields, raw json.RawMessage) (Record, error) {
	at, ok := ParseTime(f.Text(s.Time), s.Unit)
	switch {
	case !ok:
		return Record{}, fmt.Errorf("%s is no time", s.Time)
	case id == "":
		return Record{}, fmt.Errorf("a record without a name")
	}
	if err := s.check(f); err != nil {
		return Record{}, err
	}
	return Record{Stream: s.Stream, Endpoint: s.Endpoint, ID: id, Time: at, Raw: raw}, nil
}

// Record checks one record and names it.
func (s *Shape) Record(raw json.RawMessage) (Record, error) {
	f, err := ParseFields(raw)
	if err != nil {
		return Record{}, err
	}
	parts := make([]string, len(s.ID))
	empty := true
	for i, name := range s.ID {
		parts[i] = f.Text(name)
		empty = empty && parts[i] == ""
	}
	if empty {
		return Record{}, fmt.Errorf("%s is missing", strings.Join(s.ID, ", "))
	}
	return s.named(strings.Join(parts, "/"), f, raw)
}

// check looks at what must be there.
func (s *Shape) check(f Fields) error {
	for _, name := range s.Words {
		if f.Text(name) == "" {
			return fmt.Errorf("%s is missing", name)
		}
	}
	for i, list := range [...][]string{s.Amounts, s.Signed, s.Maybe} {
		for _, name := range list {
			text := f.Text(name)
			if text == "" && i == 2 && !hasParts(f[name]) {
				continue
			}
			a, err := ParseAmount(text)
			switch {
			case err != nil:
				return fmt.Errorf("%s is no number: %w", name, err)
			case i == 0 && a.Sign() < 0:
				return fmt.Errorf("%s is negative", name)
			}
		}
	}
	return nil
}

func hasParts(raw json.RawMessage) bool { return len(raw) > 0 && (raw[0] == '{' || raw[0] == '[') }

// Records checks all records of a page. Those of equal name that say different
// things are told apart by their place, so that none hides another.
func (s *Shape) Records(list []json.RawMessage) ([]Record, error) {
	out := make([]Record, 0, len(list))
	said := make(map[string]json.RawMessage, len(list))
	for i, raw := range list {
		r, err := s.Record(raw)
		if err != nil {
			return nil, fmt.Errorf("record %d: %w", i, err)
		}
		for n, name := 2, r.ID; said[r.ID] != nil && !bytes.Equal(said[r.ID], raw); n++ {
			r.ID = name + "#" + strconv.Itoa(n)
		}
		said[r.ID] = raw
		out = append(out, r)
	}
	return out, nil
}

// Numbers is how exchanges write amounts: plainly, or with an exponent.
var numbers = statement.Numbers{Exponent: true}

// limit keeps amounts small enough for sums and products of them.
var limit = money.MustParse("1000000000000000000000000")

// ParseAmount reads an amount exactly.
func ParseAmount(text string) (money.Amount, error) {
	a, set, _, err := numbers.Money(text)
	switch {
	case err != nil:
		return money.Amount{}, err
	case !set:
		return money.Amount{}, fmt.Errorf("missing")
	case a.Abs().Cmp(limit) >= 0:
		return money.Amount{}, fmt.Errorf("out of range")
	}
	return a, nil
}

// ParseTime reads a time. Years that no exchange has seen are refused.
func ParseTime(text string, unit Unit) (time.Time, bool) {
	var at time.Time
	switch unit {
	case RFC:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return at, false
		}
		at = t.UTC()
	case Text:
		t, err := time.Parse(time.DateTime, strings.TrimSuffix(text, " UTC"))
		if err != nil {
			return at, false
		}
		at = t
	default:
		n, ok := sinceEpoch(text, unit)
		if !ok {
			return at, false
		}
		at = time.UnixMicro(n).UTC()
	}
	return at, at.Year() >= 1970 && at.Year() <= 2200
}

// sinceEpoch reads a number of seconds or parts of them as microseconds.
func sinceEpoch(text string, unit Unit) (micro int64, ok bool) {
	a, err := ParseAmount(text)
	if err != nil || a.Sign() < 0 || a.Cmp(money.FromInt(1<<53)) > 0 {
		return 0, false
	}
	factor := int64(1)
	switch unit {
	case Second:
		factor = 1_000_000
	case Milli:
		factor = 1000
	default:
	}
	a = a.Round(6, money.Down).Mul(money.FromInt(factor)).Round(0, money.Down)
	if a.Cmp(money.FromInt(1<<53)) > 0 {
		return 0, false
	}
	for _, c := range a.AppendFixed(nil, 0) {
		micro = micro*10 + int64(c-'0')
	}
	return micro, true
}
