package statement

import (
	"errors"
	"fmt"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// HeaderDepth is how many rows at the top of a file may come before the
// header.
const HeaderDepth = 20

// Detect finds the header among the first rows of a file. It returns the
// format and the index of the header row, or nil. The earliest matching row
// wins, and among formats the first in the list.
func Detect(formats []Format, rows []Row) (*Format, int) {
	for i, r := range rows {
		if i == HeaderDepth {
			break
		}
		if r.Blank() {
			continue
		}
		h := NewHeader(r)
		for k := range formats {
			if formats[k].Match(h) {
				return &formats[k], i
			}
		}
	}
	return nil, 0
}

// Source is a file of a known format, ready to be read.
type Source struct {
	Format   *Format
	Header   Row
	Preamble []Row
	Rows     func(yield func(Row) bool) // the rows behind the header; blank ones are dropped here
	Zone     *time.Location             // see Input.Zone
	Tax      *ledger.Calendar
	Account  string // "" means the format's venue
}

// ErrTooLarge reports amounts of a file that, put together, have more digits
// than an amount can have.
var ErrTooLarge = errors.New("amounts too large to be put together; correct them or take the row out")

// MaxHeld is how many rows of a file may be held. A file with more of them is
// not what it looks like, or lacks a choice that would free them all.
const MaxHeld = 1_000_000

// TooManyHeld is the error of a file with more than MaxHeld held rows; it says
// what is wrong with the first.
func TooManyHeld(first Held) error {
	return fmt.Errorf("more than %d rows are not understood; the first is line %d, %s: %s", MaxHeld, first.Line, first.Column, first.Reason)
}

// Collect runs a format over a source and checks that no row was lost.
func Collect(s Source, c *Collector) (err error) {
	line, full := s.Header.Line, false
	defer func() {
		if r := recover(); r != nil {
			if _, over := r.(money.Overflow); !over {
				panic(r) // invariant: a format panics with Overflow alone
			}
			err = fmt.Errorf("line %d or a row that belongs to it: %w", line, ErrTooLarge)
		}
	}()
	c.Tax = s.Tax
	in := &Input{
		Header: NewHeader(s.Header), Preamble: s.Preamble, Zone: s.Zone, Tax: s.Tax, Account: c.account,
		Rows: func(yield func(Row) bool) {
			for r := range s.Rows {
				if r.Blank() {
					continue
				}
				c.Given(1)
				line = r.Line
				if !yield(r) {
					return
				}
				if len(c.Held) > MaxHeld {
					full = true
					return
				}
			}
		},
	}
	err = s.Format.Read(in, c)
	switch {
	case full:
		return TooManyHeld(c.Held[0])
	case err != nil:
		return err
	}
	return c.Check()
}
