// Package fault marks an error with its class and with what the person at the
// screen may be told. The web maps a Kind to a status, the command line to an
// exit code; an error without a mark is Internal and says nothing.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the class of a fault.
type Kind uint8

// The kinds.
const (
	Internal        Kind = iota // the default: say nothing, log everything
	Malformed                   // the request cannot be parsed
	Unauthenticated             // sign-in or token needed
	PlanRequired                // the plan does not allow it
	Denied                      // known, but not allowed
	NotFound                    // not there, or not for this person: the two look alike
	Conflict                    // the state does not allow it
	Precondition                // the version that was to be changed is not the current one
	TooLarge                    // more bytes than the limit
	Invalid                     // understood and refused
	Locked                      // a locked period
	TooMany                     // a limit of rate; RetryAfter says when
	Upstream                    // an outside service did not answer as it should
	Busy                        // try again soon; RetryAfter may say when
	NoRoom                      // the disk is full: nothing is written until there is room
)

// String returns the kind's name, as logs show it.
func (k Kind) String() string {
	return [...]string{
		"internal", "malformed", "unauthenticated", "plan required", "denied", "not found", "conflict", "precondition",
		"too large", "invalid", "locked", "too many", "upstream", "busy", "no room",
	}[k]
}

// Kinds lists every Kind, so that a test can check that each one is mapped.
func Kinds() []Kind {
	all := make([]Kind, NoRoom+1)
	for i := range all {
		all[i] = Kind(i)
	}
	return all
}

// Detail is one thing that is wrong with an input.
type Detail struct {
	Pointer string `json:"pointer"` // JSON pointer, or the name of a form's field
	Code    string `json:"code"`
	Words   string `json:"detail"`
}

// Fault is a marked error. Words are safe and useful to show; they never
// quote the error below.
type Fault struct {
	Kind       Kind
	Code       string // machine-readable, as "password_too_short"; "" where the kind says it all
	Words      string
	RetryAfter time.Duration // for TooMany and Busy; 0 is not said
	Details    []Detail
	Err        error // for the log; may be nil
}

// New marks err, which may be nil, with a kind and a sentence to show.
func New(kind Kind, err error, words string, args ...any) *Fault {
	return &Fault{Kind: kind, Words: fmt.Sprintf(words, args...), Err: err}
}

// Coded is New with a machine-readable code.
func Coded(kind Kind, code string, err error, words string, args ...any) *Fault {
	f := New(kind, err, words, args...)
	f.Code = code
	return f
}

// Error is for the log, so it leaves out the words, which may name what the
// person typed.
func (f *Fault) Error() string {
	s := f.Kind.String()
	if f.Code != "" {
		s += " (" + f.Code + ")"
	}
	if f.Err != nil {
		s += ": " + f.Err.Error()
	}
	return s
}

// Unwrap returns the error below the mark.
func (f *Fault) Unwrap() error { return f.Err }

// Of returns the outermost mark on err, or an Internal one without words.
func Of(err error) *Fault {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f
	}
	return &Fault{Kind: Internal, Err: err}
}

// Is reports whether err is marked with a kind.
func Is(err error, kind Kind) bool { return err != nil && Of(err).Kind == kind }
