package exchangesim

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// Suite puts one exchange through everything that can go wrong.
type Suite struct {
	X     exchange.Exchange
	Start func(testing.TB, *History, func() time.Time) *Sim
	Fiat  string
	Moves int           // enough for three pages and more of the main stream
	Cut   time.Duration // how exactly the exchange tells times
	Main  string        // path of the stream that the faults strike
	Skews bool          // whether calls are signed with the time
	// Priced says that trades are told as units and a price: costs are rounded
	// to what they give.
	Priced bool
	Units  bool // fees of purchases are taken from what is bought
	Once   bool // lists are numbered for good: rows never come late
	// Early is soon after the exchange began, where a history is asked for window
	// by window: there it begins, so that years without rows are not fetched.
	Early time.Time
	// Settles says that movements are told while they are on their way.
	Settles bool
}

// seeds is how many histories each fault is tried on. LEDGERSYS_TEST_SEEDS
// asks for more.
func seeds(tb testing.TB) uint64 {
	tb.Helper()
	text := os.Getenv("LEDGERSYS_TEST_SEEDS")
	if text == "" {
		return 1
	}
	n, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// session is one history, its simulator and its drive.
type session struct {
	*Drive
	history *History
	cut     time.Duration
}

func (u *Suite) session(tb testing.TB, seed uint64) *session {
	tb.Helper()
	h := NewHistory(seed, u.Moves, u.Fiat)
	if !u.Early.IsZero() {
		h.From(u.Early)
	}
	if u.Priced {
		h.Price()
	}
	if u.Units {
		h.FeesInUnits()
	}
	clock := NewClock(h.Moves[len(h.Moves)-1].At.Add(time.Hour))
	sim := u.Start(tb, h, clock.Now)
	return &session{NewDrive(tb, u.X, sim, clock), h, u.Cut}
}

// Run runs the suite.
func (u *Suite) Run(t *testing.T) {
	t.Helper()
	t.Run("whole", u.whole)
	t.Run("resumed", u.resumed)
	for _, f := range []Fault{
		RateLimit, Ban, Status500, Status502, Status503, Status504, Broken, HTML, Truncated, WrongType, NaN, Infinite, Negative, Doubled,
		Mark, SamePage, Mixed, Shrunk, PartFirst, Tail,
	} {
		t.Run(slug(f), func(t *testing.T) {
			t.Parallel()
			u.each(t, func(s *session, after int) { u.survives(t, s, f, after) })
		})
	}
	for _, f := range []Fault{Wall, Region, KeyRevoked, Redirected} {
		t.Run(slug(f), func(t *testing.T) {
			t.Parallel()
			u.each(t, func(s *session, after int) { u.stops(t, s, f, after) })
		})
	}
	for _, f := range []Fault{Huge, Bomb} {
		t.Run(slug(f), func(t *testing.T) {
			t.Parallel()
			u.survives(t, u.session(t, 1), f, 1)
		})
	}
	t.Run("key_upgraded", u.upgraded)
	t.Run("late_rows", u.lateRows)
	t.Run("settles", u.settles)
	t.Run("clock", u.clock)
}

func slug(f Fault) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == ',' {
			return '_'
		}
		return r
	}, strings.ToLower(string(f)))
}

// each calls f for the first, a middle and the last page of every seed.
func (u *Suite) each(t *testing.T, f func(s *session, after int)) {
	t.Helper()
	for seed := uint64(1); seed <= seeds(t); seed++ {
		pages := u.pages(t, seed)
		for _, after := range []int{0, pages / 2, pages - 1} {
			f(u.session(t, seed), after)
		}
	}
}

// pages is how many pages the main stream has.
func (u *Suite) pages(t *testing.T, seed uint64) int {
	t.Helper()
	s := u.session(t, seed)
	if err := s.Run(t); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, q := range s.Sim.Log() {
		if q.Path == u.Main || u.Main == "" && q.Data {
			n++
		}
	}
	if n < 3 {
		t.Fatalf("%d pages of %s, want 3 and more", n, u.Main)
	}
	return n
}

// whole fetches a history without any fault, twice.
func (u *Suite) whole(t *testing.T) {
	t.Parallel()
	for seed := uint64(1); seed <= seeds(t)+3; seed++ {
		s := u.session(t, seed)
		for run := range 2 {
			before := len(s.Records)
			if err := s.Run(t); err != nil {
				t.Fatal(err)
			}
			if run > 0 && len(s.Records) != before {
				t.Errorf("seed %d: a second run found %d records more", seed, len(s.Records)-before)
			}
			s.Check(t, s.history, u.Cut)
			s.Clock.Move(26 * time.Hour)
		}
		s.CheckBalances(t, s.history)
		u.steps(t, s)
		u.budget(t, s)
	}
}

// steps adds up what the records state and compares it with the balances that
// they state.
func (u *Suite) steps(t *testing.T, s *session) {
	t.Helper()
	if u.X.Step == nil {
		return
	}
	n := 0
	for _, r := range s.List() {
		if _, ok := u.X.Step(&r); ok {
			n++
		}
	}
	if n == 0 {
		t.Error("no record states a change of a balance")
	}
}

// budget compares what was used with what the exchange allows.
func (u *Suite) budget(t *testing.T, s *session) {
	t.Helper()
	for _, l := range u.X.Limits {
		if used, most := s.Sim.Used(l.Bucket, l.Per), l.Weight*exchange.Share/100; used > most {
			t.Fatalf("%d of %s used in %s, at most %d", used, l.Bucket, l.Per, most)
		}
	}
}

// resumed makes a new client for every page, as if the process had died.
func (u *Suite) resumed(t *testing.T) {
	t.Parallel()
	s := u.session(t, 1)
	for _, stream := range u.X.Streams {
		for more := true; more; {
			again := NewDrive(t, u.X, s.Sim, s.Clock)
			again.Cursors, again.Records = s.Cursors, s.Records
			page, err := retry(t, again, func() (exchange.Page, error) {
				return again.Client.Page(t.Context(), stream.Name, s.Cursors[stream.Name])
			})
			if err != nil {
				t.Fatal(err)
			}
			s.keep(stream.Name, page)
			more = page.More
			s.Clock.Move(time.Second)
		}
	}
	s.Check(t, s.history, u.Cut)
}

// survives plans a fault and wants the ledger whole all the same.
func (u *Suite) survives(t *testing.T, s *session, f Fault, after int) {
	t.Helper()
	s.Sim.Plan(f, u.Main, after, 1)
	if err := s.Run(t); err != nil {
		t.Fatalf("page %d: %v", after, err)
	}
	if f == Tail { // what was missing then is there in the next run
		s.Clock.Move(time.Hour)
		if err := s.Run(t); err != nil {
			t.Fatalf("page %d, run after it: %v", after, err)
		}
	}
	s.Check(t, s.history, s.cut)
	pause := map[Fault]time.Duration{RateLimit: 7 * time.Second, Ban: 2 * time.Minute}[f]
	log := s.Sim.Log()
	if i := u.strike(log, after); i >= 0 && i+1 < len(log) && log[i+1].At.Sub(log[i].At) < pause {
		t.Errorf("the next call came %s after the answer that asked for %s", log[i+1].At.Sub(log[i].At), pause)
	}
}

// strike is the place of the page that a fault struck, -1 if there is none.
func (u *Suite) strike(log []Request, after int) int {
	n := 0
	for i, q := range log {
		if q.Data && (u.Main == "" || q.Path == u.Main) {
			if n == after {
				return i
			}
			n++
		}
	}
	return -1
}

// stops plans a fault after which nothing more may be asked, and wants the
// ledger whole once it is over.
func (u *Suite) stops(t *testing.T, s *session, f Fault, after int) {
	t.Helper()
	s.Sim.Plan(f, u.Main, after, 1)
	err := s.Run(t)
	want := map[Fault]exchange.Trouble{
		Wall: exchange.Forbidden, Region: exchange.Forbidden, KeyRevoked: exchange.KeyRejected, Redirected: exchange.Denied,
	}[f]
	if !exchange.Is(err, want) {
		t.Fatalf("page %d: %v, want %s", after, err, want)
	}
	log := s.Sim.Log()
	if i := u.strike(log, after); i < 0 || len(log)-1-i > 0 {
		t.Errorf("page %d: %d calls after the answer that said no", after, len(log)-1-i)
	}
	if f == KeyRevoked {
		s.CheckCalls(t)
		return
	}
	if err := s.Run(t); err != nil {
		t.Fatalf("page %d, run after it: %v", after, err)
	}
	s.Check(t, s.history, s.cut)
}

// upgraded gives the key a right to trade between two runs.
func (u *Suite) upgraded(t *testing.T) {
	t.Parallel()
	if u.X.Silent {
		return
	}
	s := u.session(t, 1)
	if err := s.Run(t); err != nil {
		t.Fatal(err)
	}
	s.Sim.Upgrade()
	before := len(s.Sim.Log())
	if err := s.Run(t); err == nil || !strings.Contains(err.Error(), "suspended") {
		t.Errorf("a key that may trade was used: %v", err)
	}
	for _, q := range s.Sim.Log()[before:] {
		if q.Data {
			t.Errorf("data was asked for with a key that may trade: %s", q.Path)
		}
	}
}

// lateRows lets rows appear a day late.
func (u *Suite) lateRows(t *testing.T) {
	t.Parallel()
	if u.Once {
		return
	}
	for seed := uint64(1); seed <= seeds(t); seed++ {
		s := u.session(t, seed)
		s.Sim.Hold(true)
		if err := s.Run(t); err != nil {
			t.Fatal(err)
		}
		early := len(s.Records)
		s.Sim.Hold(false)
		s.Clock.Move(24 * time.Hour)
		if err := s.Run(t); err != nil {
			t.Fatal(err)
		}
		if len(s.Records) == early {
			t.Errorf("seed %d: no row came late, so nothing was tried", seed)
		}
		s.Check(t, s.history, u.Cut)
	}
}

// clock sets the exchange's clock apart from ours.
func (u *Suite) clock(t *testing.T) {
	t.Parallel()
	if !u.Skews {
		return
	}
	for _, skew := range []time.Duration{-5 * time.Minute, -7 * time.Second, 7 * time.Second, 5 * time.Minute} {
		s := u.session(t, 1)
		s.Sim.Skew(skew)
		before := 0
		if err := s.Run(t); err != nil {
			t.Fatalf("%s: %v", skew, err)
		}
		for _, q := range s.Sim.Log() {
			if strings.Contains(strings.ToLower(q.Path), "time") {
				before++
			}
		}
		if before > 2 {
			t.Errorf("%s: the time was asked for %d times", skew, before)
		}
		c := s.Read(t)
		if got := Facts(c.Events); !slices.Equal(got, s.history.Oracle(u.Cut)) {
			t.Errorf("%s: events differ from the oracle:\n%s", skew, Difference(s.history.Oracle(u.Cut), got))
		}
	}
}
