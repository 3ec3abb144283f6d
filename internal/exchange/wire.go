package exchange

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Wire makes the signed calls of one connection: at the pace that all
// connections of an exchange share, with its clock set by the exchange's, and
// with every answer checked before anything of it is used.
type Wire struct {
	Exchange string
	Config   Config

	// Faults reads an answer in the exchange's own words; nil if it finds
	// nothing wrong. It is asked for answers of every status.
	Faults func(*Answer) *Fault
	// Clock asks the exchange for its time; nil takes the Date header.
	Clock func(context.Context) (time.Time, error)

	offset time.Duration // the exchange's clock minus ours
}

// Call is one call to make.
type Call struct {
	Endpoint string // as in Stream
	Cost     []Cost
	// Build makes the request for a time by the exchange's clock. It is called
	// again when the clock had to be set.
	Build func(ctx context.Context, now time.Time) (*http.Request, error)
	// Via makes the call in another way, in place of Build: through a library.
	Via func(ctx context.Context, now time.Time) (*Answer, error)
}

// Answer is what came back.
type Answer struct {
	Status     int
	Header     http.Header
	Body       []byte
	RetryAfter time.Duration
	Date       time.Time // by the exchange's clock; zero if it did not say
}

// Now is the time by the exchange's clock, as far as it is known.
func (w *Wire) Now() time.Time { return w.Config.Now().Add(w.offset) }

// Send makes a call and returns the body of its answer, which is sound JSON.
// If the exchange finds our clock wrong, it is set and the call made once
// more.
func (w *Wire) Send(ctx context.Context, call Call) ([]byte, error) {
	body, fault := w.once(ctx, call)
	if fault != nil && fault.Trouble == ClockSkew {
		if err := w.setClock(ctx, fault); err == nil {
			body, fault = w.once(ctx, call)
		}
	}
	if fault != nil {
		return nil, fault
	}
	return body, nil
}

// setClock learns how far the exchange's clock is from ours.
func (w *Wire) setClock(ctx context.Context, f *Fault) error {
	var there time.Time
	var err error
	if w.Clock != nil {
		if there, err = w.Clock(ctx); err != nil {
			return err
		}
	} else if d, ok := errors.AsType[*dateError](f.Err); ok {
		there = d.at
	}
	if there.IsZero() {
		return f
	}
	w.offset = there.Sub(w.Config.Now())
	return nil
}

// dateError carries the time of an answer to setClock.
type dateError struct{ at time.Time }

// Error implements error.
func (*dateError) Error() string { return "our clock differs from the exchange's" }

// once makes a call one time.
func (w *Wire) once(ctx context.Context, call Call) ([]byte, *Fault) {
	fault := w.take(ctx, call)
	if fault != nil {
		return nil, w.name(fault, call)
	}
	answer, fault := w.perform(ctx, call)
	if fault == nil {
		fault = w.judge(answer)
	}
	if fault != nil {
		fault = w.name(fault, call)
	}
	err := w.report(ctx, fault)
	switch {
	case fault != nil:
		fault.Err = errors.Join(fault.Err, err)
		return nil, fault
	case err != nil:
		return nil, w.name(broken(err), call)
	}
	return answer.Body, nil
}

// report lets the pace know how a call went. What an exchange asks for is
// written down also when the call was given up meanwhile.
func (w *Wire) report(ctx context.Context, f *Fault) error {
	ctx = context.WithoutCancel(ctx)
	switch pace := w.Config.Pace; {
	case pace == nil || f != nil && f.Trouble == Stopped:
		return nil
	case f != nil && f.Status != 0 && f.RetryAfter > 0:
		return errors.Join(pace.Report(ctx, f.Trouble != Upstream), pace.Pause(ctx, f.RetryAfter))
	default:
		return pace.Report(ctx, f == nil || f.Trouble != Upstream)
	}
}

func (w *Wire) take(ctx context.Context, call Call) *Fault {
	if w.Config.Pace == nil {
		return nil
	}
	for _, c := range call.Cost {
		if err := w.Config.Pace.Take(ctx, c); err != nil {
			if own, ok := errors.AsType[*Fault](err); ok {
				return own
			}
			return broken(err)
		}
	}
	return nil
}

// perform makes a call, by itself or through a library.
func (w *Wire) perform(ctx context.Context, call Call) (*Answer, *Fault) {
	var answer *Answer
	var err error
	if call.Via != nil {
		answer, err = call.Via(ctx, w.Now())
	} else {
		var r *http.Request
		if r, err = call.Build(ctx, w.Now()); err == nil {
			answer, err = w.Ask(r)
		}
	}
	if err == nil {
		if w.Config.Told != nil && !answer.Date.IsZero() {
			const cutOff = 500 * time.Millisecond // of the second, on average
			w.Config.Told(answer.Date.Add(cutOff).Sub(w.Config.Now()))
		}
		return answer, nil
	}
	if own, ok := errors.AsType[*Fault](err); ok {
		return nil, own
	}
	return nil, &Fault{Trouble: BadRequest, Err: err}
}

// Ask sends a request and reads its answer, whatever it says. Its errors are
// of type *Fault.
func (w *Wire) Ask(r *http.Request) (*Answer, error) {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "ledgersys")
	resp, err := w.Config.HTTP.Do(r)
	if err != nil {
		return nil, broken(err)
	}
	defer resp.Body.Close() //nolint:errcheck // read to its end or given up
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		f := broken(err)
		f.Status = resp.StatusCode
		return nil, f
	}
	return newAnswer(resp, body), nil
}

func newAnswer(resp *http.Response, body []byte) *Answer {
	a := &Answer{Status: resp.StatusCode, Header: resp.Header, Body: body}
	if at, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.Date = at
	}
	a.RetryAfter = retryAfter(resp.Header.Get("Retry-After"), a.Date)
	return a
}

// maxPause is the longest pause that a header may ask of us in one go.
const maxPause = 72 * time.Hour

// retryAfter reads seconds or a date.
func retryAfter(s string, date time.Time) time.Duration {
	s = strings.TrimSpace(s)
	d := time.Duration(0)
	if n, err := strconv.ParseUint(s, 10, 32); err == nil {
		d = time.Duration(n) * time.Second // #nosec G115 -- below 2^32
	} else if at, err := http.ParseTime(s); err == nil && !date.IsZero() {
		d = at.Sub(date)
	}
	return min(max(d, 0), maxPause)
}

// judge finds what is wrong with an answer: first in the exchange's words,
// then by its status, then by its form.
func (w *Wire) judge(a *Answer) *Fault {
	fault := w.Faults(a)
	if fault == nil {
		fault = byStatus(a)
	}
	if fault == nil {
		if err := CheckJSON(a.Body); err != nil {
			return &Fault{Trouble: Malformed, Status: a.Status, Err: err}
		}
		return nil
	}
	fault.Status = a.Status
	if fault.RetryAfter == 0 {
		fault.RetryAfter = a.RetryAfter
	}
	if fault.Trouble == ClockSkew && fault.Err == nil && !a.Date.IsZero() {
		fault.Err = &dateError{a.Date}
	}
	return fault
}

// name completes a fault.
func (w *Wire) name(f *Fault, call Call) *Fault {
	f.Exchange = w.Exchange
	if f.Endpoint == "" {
		f.Endpoint = call.Endpoint
	}
	f.patient()
	return f
}

// Malform makes the fault of an answer whose content is not what it should be.
func (w *Wire) Malform(endpoint string, err error) *Fault {
	if own, ok := errors.AsType[*Fault](err); ok {
		return own
	}
	return &Fault{Trouble: Malformed, Exchange: w.Exchange, Endpoint: endpoint, Err: err}
}
