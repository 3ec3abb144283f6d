// Package link keeps linked accounts. A key is taken only after its rights were
// read from the exchange and found to be for reading; it is asked about again
// before each run. A run fetches page after page, and each page is stored
// together with its cursor and the time that it covers, so that a run that
// ends anywhere goes on where it stood. What was fetched becomes a source of
// the entity's book like a statement, and a certificate says whether it
// explains what the exchange reports.
package link

import (
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// State is what a link can do now.
type State string

// The states.
const (
	Active      State = "active"
	Paused      State = "paused"                     // by a person, or, with the code Stopped, by the guard over what goes out
	NeedsReauth State = "needs_reauth"               // the key is rejected: give another one
	Suspended   State = "suspended_write_permission" // the key may do more than read: it is used no more
	RateLimited State = "rate_limited"               // waits because the exchange asks for it
	Failed      State = "failed"                     // the last run failed; the next one tries again
)

// Stopped is the code of a link that is paused because the guard stopped a call
// of it: one that is not listed, a redirect, a place that is not public. It is
// not used until a person resumes it.
const Stopped = string(exchange.Denied)

// Usable reports whether a run may use the key.
func (s State) Usable() bool { return s == Active || s == RateLimited || s == Failed }

// Link is an account at an exchange, as it is shown. The key is not part of
// it and is never shown.
type Link struct {
	ID       tenant.ID
	Exchange string
	Label    string
	Last4    string // of the key's id, all that is ever shown of it
	Keys     int    // that it was given after the first one: a run speaks for the key that it has, and for no later one
	Passport Passport
	Stated   time.Time // when the person stated that the key only reads; zero where the exchange tells
	Schedule string    // hourly, daily, weekly, manual, or five fields of cron
	Next     time.Time // of the next run; zero for none
	Turn     int       // grows with every change of the schedule: a run that was planned before does not count
	State    State
	Code     string // why it is not active: the trouble of the last run
	Created  time.Time
	Streams  []Stream
	Proof    []reconcile.Certificate
	Proved   time.Time // when the proof was made
	Import   tenant.ID // of the book's source; zero if nothing was fetched yet
	Coming   tenant.ID // the import that is being made in its place; zero for none
	Strikes  int       // failed runs in a row
	Told     time.Time // when somebody was last told of them
}

// Passport is what is known about a key.
type Passport struct {
	Rights   []string
	IPs      []string
	IPBound  bool
	Expires  time.Time
	Warnings []string
	Checked  time.Time
	Ahead    *time.Duration // how far the exchange's clock is before ours; nil if it does not say
}

func passportOf(r *exchange.Rights, at time.Time, ahead *time.Duration) Passport {
	return Passport{Rights: r.Found, IPs: r.IPs, IPBound: r.IPBound, Expires: r.Expires, Warnings: r.Warnings, Checked: at, Ahead: ahead}
}

// SameClock reports whether the exchange's clock and ours agree well enough for
// every exchange.
func (p *Passport) SameClock() bool { return p.Ahead != nil && p.Ahead.Abs() <= time.Second }

// Stream is how far one stream was fetched.
type Stream struct {
	Name     string
	State    StreamState
	Cursor   string
	From, To time.Time // covered without a gap; zero if nothing is
	Rows     int       // records that are kept
	Total    int       // that the exchange says there are; 0 is not said
	Changed  int       // records that the exchange now tells otherwise than it did
}

// Missed are the moments of which the exchange may have more records than it
// gives.
func (s *Stream) Missed() []time.Time { return exchange.Missed(s.Cursor) }

// StreamState is how a stream stands.
type StreamState string

// The states of a stream.
const (
	Idle      StreamState = "waiting"
	Working   StreamState = "working"
	Done      StreamState = "done"
	NotForKey StreamState = "not_permitted" // an optional stream that this key may not read
	Absent    StreamState = "not_offered"   // an optional stream that the exchange did not have for this account in the last run
)

// Run is one run of a link.
type Run struct {
	ID      tenant.ID
	Link    tenant.ID
	State   RunState
	Started time.Time // zero until it began
	Ended   time.Time
	Rows    int    // records that it brought
	Code    string // why it failed or waits
	Until   time.Time
}

// RunState is how a run stands.
type RunState string

// The states of a run.
const (
	RunQueued  RunState = "queued"
	RunRunning RunState = "running"
	RunWaiting RunState = "waiting" // for a limit of rate, or for its turn
	RunDone    RunState = "done"
	RunFailed  RunState = "failed"
)

// Over reports whether a run has ended.
func (s RunState) Over() bool { return s == RunDone || s == RunFailed }

// The schedules with a name.
const (
	Hourly = "hourly"
	Daily  = "daily"
	Weekly = "weekly"
	Manual = "manual"
)

// schedule returns when a link comes, or ok false for never by itself. The
// named ones come at a minute of the link's own, so that not all links of an
// installation come at once.
func schedule(text string, id tenant.ID) (s job.Schedule, ok bool, err error) {
	minute, hour, day := int(id[0])%60, int(id[1])%24, int(id[2])%7
	spec := strings.TrimSpace(text)
	switch spec {
	case Manual:
		return s, false, nil
	case Hourly:
		spec = numbers(minute) + " * * * *"
	case "", Daily:
		spec = numbers(minute, hour) + " * * *"
	case Weekly:
		spec = numbers(minute, hour) + " * * " + numbers(day)
	default:
		if len(strings.Fields(spec)) != 5 {
			return s, false, badSchedule(nil)
		}
	}
	if s, err = job.ParseSchedule(spec); err != nil {
		return s, false, badSchedule(err)
	}
	return s, true, nil
}

func badSchedule(err error) error {
	return fault.Coded(fault.Invalid, "bad_schedule", err, "A schedule is hourly, daily, weekly, manual, or the five fields of cron, in UTC.")
}

func numbers(list ...int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " ")
}

// last4 is all of a key's id that is ever shown.
func last4(id string) string { return id[max(0, len(id)-4):] }
