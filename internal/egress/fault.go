package egress

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// Kind is what went wrong between here and the other side.
type Kind string

// The kinds of error.
const (
	Lookup   Kind = "name has no address"
	Refused  Kind = "no connection"
	Reset    Kind = "connection broke off"
	Timeout  Kind = "no answer in time"
	TLS      Kind = "certificate or encryption not accepted"
	TooLarge Kind = "answer larger than allowed"
	Stopped  Kind = "stopped"
	Other    Kind = "call failed"
)

// Error is a call without a usable answer. It names the host and never the
// address, a header or what the other side wrote.
type Error struct {
	Kind   Kind
	Caller string
	Host   string

	err error // context errors only, for errors.Is
}

// Error implements error.
func (e *Error) Error() string { return e.Host + ": " + string(e.Kind) }

// Unwrap returns context.Canceled or context.DeadlineExceeded if it was one of
// them.
func (e *Error) Unwrap() error { return e.err }

// ErrDenied is what a call that may not be made matches with errors.Is.
var ErrDenied = errors.New("egress_denied")

// denied is a refusal on its way through net/http.
type denied struct{ mark *fault.Fault }

// Error implements error.
func (d *denied) Error() string { return d.mark.Error() }

// Unwrap returns the mark and the sentinel.
func (d *denied) Unwrap() []error { return []error{d.mark, ErrDenied} }

// refused reports a refusal and makes its error.
func (g *guard) refused(r *http.Request, why string) error {
	refusal := Refusal{Caller: g.caller.Name, Method: r.Method, Host: r.URL.Hostname(), Path: r.URL.Path, Why: why}
	if g.door.config.Refused != nil {
		g.door.config.Refused(refusal)
	}
	words := "A call to another service was stopped on its way out."
	if g.door.config.Deny {
		words = "This installation makes no outbound calls (LEDGERSYS_OUTBOUND=deny)."
	}
	err := errors.New(refusal.Caller + ": " + refusal.Host + ": " + why)
	return &denied{fault.Coded(fault.Upstream, "egress_denied", err, "%s", words)}
}

// asRefusal reports whether a call failed because no address may be dialled.
func asRefusal(err error) (why string, ok bool) {
	if errors.Is(err, errNotPublic) {
		return errNotPublic.Error(), true
	}
	return "", false
}

// fault makes our error of one of net/http.
func (g *guard) fault(r *http.Request, err error) error {
	if errors.Is(err, errNotPublic) {
		return err
	}
	e := &Error{Kind: kindOf(err), Caller: g.caller.Name, Host: r.URL.Host}
	for _, known := range [...]error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			e.err = known
		}
	}
	return e
}

func kindOf(err error) Kind {
	var (
		lookup *lookupError
		netErr net.Error
		record tls.RecordHeaderError
		verify *tls.CertificateVerificationError
		alert  tls.AlertError
		cert   x509.UnknownAuthorityError
		op     *net.OpError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return Stopped
	case errors.As(err, &lookup):
		return Lookup
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return Timeout
	case errors.As(err, &record), errors.As(err, &verify), errors.As(err, &alert), errors.As(err, &cert):
		return TLS
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Refused
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return Reset
	case errors.As(err, &op) && op.Op == "dial":
		return Refused
	}
	return Other
}

// Scrub returns an error without the address that net/http puts around it:
// the query of a signed call holds its signature and perhaps more.
func Scrub(err error) error {
	var at *url.Error
	if !errors.As(err, &at) {
		return err
	}
	var own *Error
	var no *denied
	switch {
	case errors.As(at.Err, &own):
		return own
	case errors.As(at.Err, &no):
		return no
	}
	host := ""
	if u, err := url.Parse(at.URL); err == nil {
		host = u.Host
	}
	e := &Error{Kind: kindOf(at), Host: host}
	for _, known := range [...]error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(at.Err, known) {
			e.err = known
		}
	}
	return e
}
