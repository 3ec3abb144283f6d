package web

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// accountShown is the page of one linked account.
type accountShown struct {
	base, self, token string
	edit              bool
	l                 *link.Link
	title             string // of the exchange
	state             pill
	way               *wayOut
	lapsed            *wayOut // its schedule rests, because of the plan
	rest              link.Rest
	stale             int       // days
	next              time.Time // zero if it rests
	used              []string  // of the exchange's limits, in words
	streams           []streamLine
	under             *link.Run // the run under way
	first             bool      // it is the first one
	rows              int
	from, to          time.Time // that every stream covers
	passport          []passRow
	cover             coverage
	proof             []proofLine
	moreProof         int
	explained         int
	provable          bool
	runs              []runLine
	average           string
	gaps              []exchange.Absent
	given             string
	wrong             formErrors
}

// wayOut is what keeps a link from being fetched, and what to do about it.
type wayOut struct {
	kind, title, text string
	action, href      string
}

// streamLine is how far one stream was fetched.
type streamLine struct {
	name        string
	state       pill
	rows, total int
	back        time.Time // the date that a run has reached
	from, to    time.Time
	changed     int
	missed      []time.Time
	busy        bool
}

// passRow is a line of the key's passport: kind is gain, warn or loss, or ""
// for what is neither good nor bad.
type passRow struct{ kind, name, value string }

// proofLine is the certificate of one asset.
type proofLine struct {
	reconcile.Certificate
	href string // of the transactions around the first row that diverges
}

// runLine is a run in the history.
type runLine struct {
	state         pill
	started       time.Time
	took          string
	rows          int
	words         string
	underway, bad bool
}

// linkPage serves GET …/connections/:connection.
func (s *Site) linkPage(c echo.Context) error { return s.drawLink(c, formErrors{}) }

// drawLink draws the page, with what is wrong with a form of it.
func (s *Site) drawLink(c echo.Context, wrong formErrors) error {
	v, err := s.linkShown(c.Request().Context(), c)
	if err != nil {
		return err
	}
	v.wrong = wrong
	return s.bookStatus(c, wrong.code(), v.l.Label, func(p *ui.Page) {
		if v.under != nil {
			p.Refresh = 2
		}
	}, linkSheet(v))
}

// linkLive streams what changes while an account is fetched.
func (s *Site) linkLive(c echo.Context) error {
	return s.live(c, func(ctx context.Context) (templ.Component, bool, error) {
		v, err := s.linkShown(ctx, c)
		if err != nil {
			return nil, false, err
		}
		return linkProgress(v), v.under == nil, nil //nolint:contextcheck // a component gets it when it is drawn
	})
}

// runsShown is how many runs the page of a link draws.
const runsShown = 10

// linkShown gathers what the page shows.
func (s *Site) linkShown(ctx context.Context, c echo.Context) (accountShown, error) {
	l, last, err := s.foundLink(c)
	if err != nil {
		return accountShown{}, err
	}
	v := accountShown{base: entityPath(ctx), token: s.formToken(c), edit: mayLink(ctx), l: l, title: s.exchangeTitle(l.Exchange), state: linkPill(l.State)}
	v.self = v.base + "/connections/" + l.ID.String()
	if last != nil && !last.State.Over() {
		v.under = last
	}
	runs, err := s.cfg.Links.Runs(ctx, scopeOf(ctx), l.ID, runsShown)
	if err != nil {
		return v, err
	}
	v.runs, v.average = newRunLines(runs), averageOf(runs)
	v.first = len(runs) == 1
	v.fillStreams(s.cfg.Links.Reached(l.ID))
	v.passport = passportRows(l, v.title)
	if v.lapsed, err = s.scheduleRests(ctx, l); err != nil {
		return v, err
	}
	v.rest, v.stale, v.next = l.Rests(v.lapsed != nil), l.Stale(s.cfg.Clock(), v.lapsed != nil), l.NextRun(v.lapsed != nil)
	loads, err := s.cfg.Links.Loads(ctx, l.ID, l.Exchange)
	if err != nil {
		return v, err
	}
	v.used = loadWords(loads)
	v.way = wayFor(&v)
	v.fillProof()
	if x, err := s.cfg.Links.Exchange(l.Exchange); err == nil {
		v.gaps, v.given, v.provable = limitsOf(x), givenBy(x), x.Step != nil
	}
	return v, s.fillCover(ctx, &v)
}

// fillStreams says how far each stream was fetched, and what all of them cover.
func (v *accountShown) fillStreams(reached map[string]time.Time) {
	for i := range v.l.Streams {
		st := &v.l.Streams[i]
		line := streamLine{
			name: upperFirst(streamWords(st.Name)), state: streamPill(st, v.under), rows: st.Rows, total: st.Total, from: st.From, to: st.To, changed: st.Changed, missed: st.Missed(),
			busy: st.State == link.Working && v.under != nil,
		}
		if line.busy {
			line.back = reached[st.Name]
		}
		v.rows += st.Rows
		v.streams = append(v.streams, line)
		if st.State == link.NotForKey || st.State == link.Absent {
			continue
		}
		if st.From.After(v.from) || v.from.IsZero() {
			v.from = st.From
		}
		if st.To.Before(v.to) || v.to.IsZero() {
			v.to = st.To
		}
	}
}

// passportRows is what is known about a key.
func passportRows(l *link.Link, title string) []passRow {
	p := &l.Passport
	rows := []passRow{{"", "Key", "…" + l.Last4 + ", encrypted; no more of it is ever shown"}}
	switch {
	case l.State == link.Suspended:
		rows = append(rows, passRow{"loss", "Rights", strings.Join(p.Rights, ", ") + ": more than reading"})
	case !l.Stated.IsZero():
		rows = append(rows, passRow{"warn", "Rights", title + " does not tell. You stated on " + l.Stated.Format("2 Jan 2006") + " that it only reads."})
	default:
		rows = append(rows, passRow{"gain", "Rights", strings.Join(p.Rights, ", ")}, passRow{"gain", "Trade or withdraw", "no, says " + title})
	}
	if p.IPBound {
		rows = append(rows, passRow{"gain", "Addresses", cmp.Or("only "+strings.Join(p.IPs, ", "), "bound")})
	} else {
		rows = append(rows, passRow{"warn", "Addresses", "no restriction is known; bind the key to this server's address if you can"})
	}
	switch {
	case p.SameClock():
		rows = append(rows, passRow{"gain", "Clock", "the same as " + title + "'s, to the second"})
	case p.Ahead != nil:
		rows = append(rows, passRow{"warn", "Clock", p.Ahead.Abs().Round(time.Second).String() + " from " + title + "'s; where it minds, calls carry its time"})
	}
	if !p.Expires.IsZero() {
		rows = append(rows, passRow{"", "Ends", p.Expires.Format("2 Jan 2006")})
	}
	if !p.Checked.IsZero() {
		rows = append(rows, passRow{"", "Last check", p.Checked.Format("2 Jan 2006, 15:04") + " UTC; again before each run"})
	}
	for _, w := range p.Warnings {
		rows = append(rows, passRow{"warn", "Note", w})
	}
	return rows
}

// wayFor says what keeps a link from being fetched and what to do.
func wayFor(v *accountShown) *wayOut {
	key := v.self + "/key"
	switch v.l.State {
	case link.Suspended:
		return &wayOut{
			"loss", "This key can do more than read, so it is not used any more.",
			"It gained rights after it was linked. Delete it at " + v.title + ", make one that only reads, and give that. What was fetched stays, and fetching goes on where it stood.", "Give a new key", key,
		}
	case link.NeedsReauth:
		return &wayOut{
			"loss", v.title + " rejects this key.",
			"It was deleted, has ended or lost a right. Give a new one for the same account. What was fetched stays, and fetching goes on where it stood.", "Give a new key", key,
		}
	case link.Paused:
		if v.l.Code == link.Stopped {
			return &wayOut{
				"loss", "Paused: a call to " + v.title + " was stopped.",
				"It was not one of the calls that may go out, or its answer pointed to another place, which is never followed. The key is not used. The operator of this server was told; resume when they have looked at it.", "", "",
			}
		}
		return &wayOut{"", "Paused.", "Nothing is fetched and the key is not used until somebody resumes it.", "", ""}
	case link.Failed:
		return &wayOut{"warn", "The last run failed: " + codeWords(v.l.Code) + ".", nextTry(v), "", ""}
	case link.RateLimited:
		return &wayOut{"", "Waiting: " + codeWords(v.l.Code) + ".", "", "", ""}
	case link.Active:
	}
	const soon = 14 * 24 * time.Hour
	if e := v.l.Passport.Expires; !e.IsZero() && e.Sub(v.l.Passport.Checked) < soon {
		return &wayOut{"warn", "This key ends on " + e.Format("2 Jan 2006") + ".", "Make a new one and give it here: history and place are kept.", "Give a new key", key}
	}
	return nil
}

// scheduleRests says that the plan has no schedules, if the link has one.
func (s *Site) scheduleRests(ctx context.Context, l *link.Link) (*wayOut, error) {
	if l.Next.IsZero() {
		return nil, nil //nolint:nilnil // nothing rests
	}
	lapsed, err := s.cfg.Links.Lapsed(ctx, scopeOf(ctx))
	if err != nil || !lapsed {
		return nil, err
	}
	return &wayOut{
		"warn", "Scheduled fetching is part of the " + planName(billing.Holder) + " plan; fetch by hand any time.",
		"The schedule is kept and goes on with the plan.", "See the plans", plansOf(ctx),
	}, nil
}

func nextTry(v *accountShown) string {
	if v.next.IsZero() {
		return "Nothing is lost. Fetch again when you like."
	}
	return "Nothing is lost. The next run is on " + v.next.Format("2 Jan, 15:04") + " UTC, or fetch now."
}

// proofShown is how many certificates the page of a link lists.
const proofShown = 100

// fillProof lists the certificates, those that differ first.
func (v *accountShown) fillProof() {
	list := slices.Clone(v.l.Proof)
	slices.SortStableFunc(list, func(a, b reconcile.Certificate) int {
		switch {
		case a.OK == b.OK:
			return 0
		case b.OK:
			return -1
		default:
			return 1
		}
	})
	for _, c := range list {
		if c.OK {
			v.explained++
		}
	}
	v.moreProof = max(0, len(list)-proofShown)
	for _, c := range list[:min(len(list), proofShown)] {
		line := proofLine{Certificate: c}
		if c.First != nil {
			day := c.First.At.Time().UTC()
			line.href = v.base + "/transactions?asset=" + c.Asset + "&from=" + day.AddDate(0, 0, -1).Format(time.DateOnly) + "&to=" + day.AddDate(0, 0, 1).Format(time.DateOnly)
		}
		v.proof = append(v.proof, line)
	}
}

// fillCover draws which months were fetched, and in which something happened.
func (s *Site) fillCover(ctx context.Context, v *accountShown) error {
	months := make(map[string]int)
	if s.cfg.Imports != nil && !v.l.Import.IsZero() {
		m, err := s.cfg.Imports.Find(ctx, scopeOf(ctx), v.l.Import)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
		if m != nil {
			for i := range m.Sources {
				for month, n := range m.Sources[i].Months {
					months[month] += n
				}
			}
		}
	}
	v.cover = coverSpan(v.l.Label, months, v.from, v.to)
	return nil
}

// coverSpan draws a strip of what was fetched: months with events, months
// without, and months that were not asked about. It begins with the first
// event.
func coverSpan(name string, months map[string]int, from, to time.Time) coverage {
	c := coverage{name: name}
	if to.IsZero() {
		return c
	}
	first := to
	for month := range months {
		if at, err := time.Parse("2006-01", month); err == nil && at.Before(first) {
			first = at
		}
	}
	for y := max(first.Year(), to.Year()-coverYears+1); y <= to.Year(); y++ {
		row := coverYear{year: y}
		for m := time.January; m <= time.December; m++ {
			begin := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
			key := begin.Format("2006-01")
			cell := rect{x: (int(m) - 1) * 9, w: 8, h: 14, class: "out", title: key + ": not fetched"}
			switch n := months[key]; {
			case n > 0:
				cell.class, cell.title = "some", key+": "+ui.Counted(n, "event", "events")
			case !begin.AddDate(0, 1, 0).Before(from) && begin.Before(to):
				cell.class, cell.title = "still", key+": fetched, nothing happened"
			}
			row.cells = append(row.cells, cell)
		}
		c.years = append(c.years, row)
	}
	return c
}

// newRunLines are runs as lists show them.
func newRunLines(runs []link.Run) []runLine {
	lines := make([]runLine, len(runs))
	for i := range runs {
		r := &runs[i]
		lines[i] = runLine{
			state: runPill(r), started: r.Started, rows: r.Rows, words: upperFirst(runWords(r)), underway: !r.State.Over(),
			bad: r.State == link.RunFailed && !stoppedByPerson(r.Code),
		}
		if !r.Ended.IsZero() && !r.Started.IsZero() {
			lines[i].took = took(r.Ended.Sub(r.Started))
		}
	}
	return lines
}

// averageOf is how long the runs that went well took.
func averageOf(runs []link.Run) string {
	var sum time.Duration
	n := 0
	for i := range runs {
		if runs[i].State == link.RunDone {
			sum += runs[i].Ended.Sub(runs[i].Started)
			n++
		}
	}
	if n == 0 {
		return ""
	}
	return took(sum / time.Duration(n))
}

// squareClass is the colour of a run in the row of squares.
func (r *runLine) squareClass() string {
	switch {
	case r.bad:
		return "bad"
	case r.underway:
		return "now"
	case r.state.kind == "plain":
		return "none"
	default:
		return "good"
	}
}

// runTitle says what a square stands for.
func (r *runLine) title() string {
	if r.started.IsZero() {
		return r.words
	}
	return r.started.Format("2 Jan 2006, 15:04") + " UTC: " + r.words
}

// squareX is where the square of a run stands.
func squareX(i int) string { return strconv.Itoa(i * 16) }
