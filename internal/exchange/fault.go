package exchange

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
)

// Trouble is the class of a failed call: what to do about it follows from it.
type Trouble string

// The troubles.
const (
	RateLimited  Trouble = "rate_limited"   // wait as long as RetryAfter says
	Banned       Trouble = "banned"         // as RateLimited, but asking again makes it worse
	Forbidden    Trouble = "forbidden"      // a wall or a region: tell the person, do not ask again soon
	KeyRejected  Trouble = "key_rejected"   // revoked, expired, of another account: needs a new key
	NoPermission Trouble = "no_permission"  // the key is good, but not for this call
	ClockSkew    Trouble = "clock_skew"     // the client has set its clock and asked again already
	Maintenance  Trouble = "maintenance"    // the exchange says that it is closed for a while
	Upstream     Trouble = "upstream"       // no answer or a broken one: try again with growing pauses
	Malformed    Trouble = "malformed"      // an answer that is not what it should be; nothing of it counts
	NotOffered   Trouble = "not_offered"    // the exchange does not know the call (any more, or for this account)
	BadRequest   Trouble = "bad_request"    // understood and refused: a fault of ours
	Denied       Trouble = "egress_denied"  // stopped by the guard on its way out
	Stopped      Trouble = "stopped"        // the context ended
	Unreadable   Trouble = "unknown_cursor" // a cursor of another version: begin anew
)

// Fault is a call that did not give what it should. Its text names exchange,
// endpoint and code, never what was sent and never the words of the other
// side.
type Fault struct {
	Trouble    Trouble
	Exchange   string
	Endpoint   string
	Code       string // the exchange's own code, as "-1021" or "EAPI:Invalid key"
	Status     int    // 0 if there was no answer
	RetryAfter time.Duration
	Err        error
}

// Error implements error.
func (f *Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.Exchange)
	if f.Endpoint != "" {
		b.WriteString(" " + f.Endpoint)
	}
	b.WriteString(": " + string(f.Trouble))
	if f.Status != 0 {
		b.WriteString(" (HTTP " + strconv.Itoa(f.Status) + ")")
	}
	if code := printable(f.Code); code != "" {
		b.WriteString(" " + code)
	}
	if f.Err != nil {
		b.WriteString(": " + f.Err.Error())
	}
	return b.String()
}

// Unwrap returns the error below.
func (f *Fault) Unwrap() error { return f.Err }

// printable keeps a code that looks like one and drops everything else: an
// error text of the other side may quote what was sent.
func printable(code string) string {
	if len(code) > 60 || strings.Trim(code, codeChars) != "" {
		return ""
	}
	return code
}

const codeChars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_:. "

// TroubleOf returns the class of an error, Upstream if it has none.
func TroubleOf(err error) Trouble {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Trouble
	}
	return Upstream
}

// Is reports whether an error is a fault of one of these classes.
func Is(err error, list ...Trouble) bool {
	f, ok := errors.AsType[*Fault](err)
	if !ok {
		return false
	}
	for _, t := range list {
		if f.Trouble == t {
			return true
		}
	}
	return false
}

// broken makes a fault of a call that had no answer.
func broken(err error) *Fault {
	switch {
	case errors.Is(err, egress.ErrDenied):
		return &Fault{Trouble: Denied, Err: err}
	case errors.Is(err, context.Canceled):
		return &Fault{Trouble: Stopped, Err: err}
	}
	if own, ok := errors.AsType[*egress.Error](err); ok && own.Kind == egress.TooLarge {
		return &Fault{Trouble: Malformed, Err: err}
	}
	return &Fault{Trouble: Upstream, Err: err}
}

// byStatus makes a fault of an answer whose body says nothing to us, or nil.
func byStatus(a *Answer) *Fault {
	f := &Fault{Status: a.Status, RetryAfter: a.RetryAfter}
	switch {
	case a.Status >= 200 && a.Status < 300:
		return nil
	case a.Status == http.StatusTooManyRequests:
		f.Trouble = RateLimited
	case a.Status == http.StatusTeapot:
		f.Trouble = Banned
	case a.Status == http.StatusUnauthorized:
		f.Trouble = KeyRejected
	case a.Status == http.StatusForbidden, a.Status == http.StatusUnavailableForLegalReasons:
		f.Trouble = Forbidden
	case a.Status == http.StatusNotFound, a.Status == http.StatusGone, a.Status == http.StatusMethodNotAllowed:
		f.Trouble = NotOffered
	case a.Status >= 500:
		f.Trouble = Upstream
	default:
		f.Trouble = BadRequest
	}
	return f
}

// The pauses for answers that name none.
const (
	pauseRate = 10 * time.Second
	pauseBan  = 2 * time.Minute
)

// patient sets the pause that a limit or a ban needs at least.
func (f *Fault) patient() {
	switch {
	case f.RetryAfter > 0:
	case f.Trouble == RateLimited:
		f.RetryAfter = pauseRate
	case f.Trouble == Banned:
		f.RetryAfter = pauseBan
	}
}
