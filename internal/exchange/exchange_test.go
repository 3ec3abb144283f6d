package exchange_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// moving is a clock that a waiter moves on itself.
type moving struct{ at time.Time }

func (m *moving) now() time.Time { return m.at }

var noon = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// take takes a cost, moving the clock on as long as it must wait.
func take(t interface{ Fatalf(string, ...any) }, p exchange.Pacer, m *moving, c exchange.Cost) {
	for range 1000 {
		err := p.Take(context.Background(), c)
		if err == nil {
			return
		}
		f, ok := errors.AsType[*exchange.Fault](err)
		if !ok || f.Trouble != exchange.RateLimited || f.RetryAfter <= 0 {
			t.Fatalf("%v", err)
		}
		m.at = m.at.Add(f.RetryAfter)
	}
	t.Fatalf("no end of waiting")
}

// shelf keeps use as a database does: as a text.
type shelf map[string][]byte

func (s shelf) Use(ctx context.Context, name string, change func(*exchange.Use) (time.Time, error)) error {
	u, err := s.Used(ctx, name)
	if err != nil {
		return err
	}
	if _, err := change(&u); err != nil {
		return err
	}
	s[name], err = json.Marshal(u)
	return err
}

func (s shelf) Used(_ context.Context, name string) (u exchange.Use, err error) {
	if text := s[name]; text != nil {
		err = json.Unmarshal(text, &u)
	}
	return u, err
}

// Whatever is asked for and whenever, also by processes that come one after
// another, no stretch of the limit's length sees more than its share.
func budgetHolds(t *rapid.T) {
	limits := []exchange.Limit{{Bucket: "a", Weight: rapid.IntRange(10, 100).Draw(t, "weight"), Per: time.Minute}, {Bucket: "a", Weight: 30, Per: time.Second}}
	m, kept := &moving{noon}, shelf{}
	b := exchange.NewBudget("x", limits, kept, m.now, 0)
	type spent struct {
		at     time.Time
		weight int
	}
	var log []spent
	for range rapid.IntRange(1, 60).Draw(t, "calls") {
		m.at = m.at.Add(time.Duration(rapid.IntRange(0, 5000).Draw(t, "pause")) * time.Millisecond)
		if rapid.IntRange(0, 4).Draw(t, "restarted") == 0 {
			b = exchange.NewBudget("x", limits, kept, m.now, 0)
		}
		if rapid.IntRange(0, 20).Draw(t, "limited") == 0 {
			if err := b.Pause(context.Background(), 7*time.Second); err != nil {
				t.Fatal(err)
			}
			before := m.at
			take(t, b, m, exchange.Cost{Bucket: "a", Weight: 1})
			if m.at.Sub(before) < 7*time.Second {
				t.Fatalf("a call came %s after the pause of 7 s began", m.at.Sub(before))
			}
			log = append(log, spent{m.at, 1})
		}
		w := rapid.IntRange(1, 8).Draw(t, "cost")
		take(t, b, m, exchange.Cost{Bucket: "a", Weight: w})
		log = append(log, spent{m.at, w})
	}
	for _, l := range limits {
		for i := range log {
			used := 0
			for _, s := range log[i:] {
				if s.at.Sub(log[i].at) < l.Per {
					used += s.weight
				}
			}
			if used > max(l.Weight*exchange.Share/100, 8) {
				t.Fatalf("%d of %d used in %s", used, l.Weight, l.Per)
			}
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	rapid.Check(t, budgetHolds)
}

func FuzzBudget(f *testing.F) { f.Fuzz(rapid.MakeFuzz(budgetHolds)) }

func TestBudgetIsSharedButForKeys(t *testing.T) {
	t.Parallel()
	m := &moving{noon}
	limits := []exchange.Limit{{Bucket: "ip", Weight: 10, Per: time.Minute}, {Bucket: "key", Weight: 5, Per: time.Minute, ByKey: true}}
	shared := exchange.NewBudget("x", exchange.ByAddress(limits), nil, m.now, 0)
	a, b := shared.ForKey("a", limits), shared.ForKey("b", limits)
	for _, p := range []exchange.Pacer{a, b} {
		if err := p.Take(t.Context(), exchange.Cost{Bucket: "ip", Weight: 4}); err != nil {
			t.Error(err)
		}
		if err := p.Take(t.Context(), exchange.Cost{Bucket: "key", Weight: 4}); err != nil {
			t.Error(err)
		}
		if err := p.Take(t.Context(), exchange.Cost{Bucket: "key", Weight: 1}); err == nil {
			t.Error("a key took more than its share")
		}
	}
	if err := a.Take(t.Context(), exchange.Cost{Bucket: "ip", Weight: 1}); !exchange.Is(err, exchange.RateLimited) {
		t.Errorf("the address took more than its share: %v", err)
	}
	if err := a.Pause(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	if err := b.Take(t.Context(), exchange.Cost{}); !exchange.Is(err, exchange.RateLimited) {
		t.Errorf("a pause holds for all: %v", err)
	}
}

// TestBudgetAfterAWrongClock: what a clock wrote that was far ahead does not
// keep a right one waiting.
func TestBudgetAfterAWrongClock(t *testing.T) {
	t.Parallel()
	limits := []exchange.Limit{{Bucket: "a", Weight: 10, Per: time.Minute}}
	m, kept := &moving{noon.AddDate(1, 0, 0)}, shelf{}
	b := exchange.NewBudget("x", limits, kept, m.now, 0)
	take(t, b, m, exchange.Cost{Bucket: "a", Weight: 8})
	if err := b.Pause(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	m.at = noon
	b = exchange.NewBudget("x", limits, kept, m.now, 0)
	if err := b.Take(t.Context(), exchange.Cost{Bucket: "a", Weight: 8}); err != nil {
		t.Error(err)
	}
	if err := b.Take(t.Context(), exchange.Cost{Bucket: "a", Weight: 1}); !exchange.Is(err, exchange.RateLimited) {
		t.Errorf("more than the share: %v", err)
	}
}

// walkFinds says that a walk by time finds every record exactly, also those
// that come while it runs, and that it never claims more than it has seen.
func walkFinds(t *rapid.T) {
	s := exchange.Spans{Start: noon.Add(-40 * 24 * time.Hour), Window: time.Duration(rapid.IntRange(0, 9).Draw(t, "days")) * 24 * time.Hour}
	var all []exchange.Record
	add := func(at time.Time) {
		all = append(all, exchange.Record{Stream: "s", ID: fmt.Sprint(len(all)), Time: at})
	}
	for range rapid.IntRange(0, 30).Draw(t, "rows") {
		add(s.Start.Add(time.Duration(rapid.Int64Range(0, 40*24*3600*1000).Draw(t, "at")) * time.Millisecond))
	}
	now, cursor, seen := noon, "", make(map[string]bool)
	fetch := func(_ context.Context, w exchange.Window) (exchange.Batch, error) {
		var in []exchange.Record
		for _, r := range all {
			if !r.Time.Before(w.From) && !r.Time.After(w.To) {
				in = append(in, r)
			}
		}
		exchange.Sort(in)
		from := 0
		_, _ = fmt.Sscan(w.Token, &from)
		to := min(from+3, len(in))
		return exchange.Batch{Records: in[min(from, to):to], Token: fmt.Sprint(to), More: to < len(in)}, nil
	}
	for run := range 3 {
		for more := true; more; {
			p, err := exchange.Walk(t.Context(), s, cursor, now, fetch)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range p.Records {
				seen[r.ID] = true
			}
			for _, r := range all {
				if !r.Time.Before(p.From) && r.Time.Before(p.To) && r.Time.Before(now.Add(-exchange.Overlap)) && !seen[r.ID] {
					t.Fatalf("covered to %s without record of %s", p.To, r.Time)
				}
			}
			cursor, more = p.Next, p.More
		}
		if len(seen) != len(all) {
			t.Fatalf("run %d: %d of %d records", run, len(seen), len(all))
		}
		now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "hours")) * time.Hour)
		for range rapid.IntRange(0, 5).Draw(t, "late") {
			add(now.Add(-time.Duration(rapid.IntRange(0, 1440).Draw(t, "minutes")) * time.Minute))
		}
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, walkFinds)
}

func TestWalkOverAGap(t *testing.T) {
	t.Parallel()
	s := exchange.Spans{Start: noon.Add(-1000 * 24 * time.Hour), Reach: 90 * 24 * time.Hour}
	none := func(context.Context, exchange.Window) (exchange.Batch, error) { return exchange.Batch{}, nil }
	p, err := exchange.Walk(t.Context(), s, "", noon, none)
	if err != nil || p.More || !p.From.Equal(noon.Add(-s.Reach)) || !p.To.Equal(noon) {
		t.Fatalf("%+v, %v", p, err)
	}
	later := noon.Add(200 * 24 * time.Hour)
	if p, err = exchange.Walk(t.Context(), s, p.Next, later, none); err != nil || !p.From.Equal(later.Add(-s.Reach)) || !p.To.Equal(later) {
		t.Errorf("coverage from %s to %s, %v", p.From, p.To, err)
	}
	if _, err := exchange.Walk(t.Context(), s, "{", noon, none); !exchange.Is(err, exchange.Unreadable) {
		t.Errorf("a broken cursor: %v", err)
	}
}

func TestWalkParts(t *testing.T) {
	t.Parallel()
	calls := 0
	lists := [][]string{{"a", "b", "c"}, {"a", "b", "c", "d"}}
	page := func(_ context.Context, part, cursor string) (exchange.Page, error) {
		calls++
		p := exchange.Page{Next: cursor + "x", From: noon, To: noon.Add(time.Hour), More: part == "b" && len(cursor)%2 == 0}
		if part == "b" {
			p.Records = []exchange.Record{{Stream: "s", ID: fmt.Sprint(part, len(cursor))}}
		}
		return p, nil
	}
	cursor := ""
	var got []string
	for _, names := range lists {
		list := func(context.Context) ([]string, error) { return names, nil }
		for more := true; more; {
			p, err := exchange.WalkParts(t.Context(), cursor, list, page)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, exchange.IDs(p.Records)...)
			cursor, more = p.Next, p.More
			if !more && (!p.From.Equal(noon) || !p.To.Equal(noon.Add(time.Hour))) {
				t.Errorf("coverage %s to %s", p.From, p.To)
			}
		}
	}
	if want := []string{"b0", "b1", "b2", "b3"}; !slices.Equal(got, want) || calls != 9 {
		t.Errorf("%v after %d calls", got, calls)
	}
}

// offsetFinds says that a walk by offset finds all rows of a list that grows at
// its head under way, whatever pages shrink or come twice.
func offsetFinds(t *rapid.T) {
	n := rapid.IntRange(0, 40).Draw(t, "rows")
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprint("r", i)
	}
	old := slices.Clone(list)
	seen := make(map[string]bool)
	var o exchange.Offset
	faults, before := 3, []string{}
	for step := 0; ; step++ {
		if step > 1000 {
			t.Fatal("no end")
		}
		from := min(o.Ask(), len(list))
		page := list[from:min(from+7, len(list))]
		if faults > 0 && rapid.IntRange(0, 5).Draw(t, "fault") == 0 {
			faults--
			switch rapid.IntRange(0, 2).Draw(t, "sort") {
			case 0:
				page = page[:(len(page)+1)/2]
			case 1:
				if o.At > 0 {
					page = before
				}
			case 2:
				list = slices.Insert(list, 0, fmt.Sprint("n", step))
			}
		}
		before = page
		for _, id := range page {
			seen[id] = true
		}
		more := false
		if o, more = o.Step(page, len(list)); !more {
			break
		}
	}
	for _, id := range old {
		if !seen[id] {
			t.Fatalf("%s was not seen", id)
		}
	}
}

func TestOffset(t *testing.T) {
	t.Parallel()
	rapid.Check(t, offsetFinds)
}

func FuzzOffset(f *testing.F) { f.Fuzz(rapid.MakeFuzz(offsetFinds)) }

func TestCheckJSON(t *testing.T) {
	t.Parallel()
	good := []string{`{}`, ` [1,"a",null,{"a":{"a":1}}] `, `1e400`, `"x"`, `[{"a":1},{"a":2}]`}
	bad := []string{
		``, ` `, `{`, `{"a":1}x`, `{"a":NaN}`, "\xef\xbb\xbf{}", `{"a":1,"a":2}`, `{"b":{"a":1,"a":1}}`, "{\"a\":\"\xff\"}", `<html>`,
		strings.Repeat("[", 40) + strings.Repeat("]", 40), `{"a":1}{"a":1}`, `{1:2}`, `[1,]`,
	}
	for _, s := range good {
		if err := exchange.CheckJSON([]byte(s)); err != nil {
			t.Errorf("%s: %v", s, err)
		}
	}
	for _, s := range bad {
		if err := exchange.CheckJSON([]byte(s)); err == nil {
			t.Errorf("%q is no sound JSON", s)
		}
	}
}

func TestWithout(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		`{"b":1.10,"a":{"n":3,"x":"y"}}`: `{"a":{"x":"y"},"b":1.10}`, `{"b":1}`: `{"b":1}`, `{"a":null}`: `{"a":null}`, `{"a":[1]}`: `{"a":[1]}`, `7`: `7`, ``: ``,
	} {
		if got := exchange.Without(json.RawMessage(raw), "a", "n"); string(got) != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		unit exchange.Unit
		want string
	}{
		{"1688464484.1787", exchange.Second, "2023-07-04T09:54:44.1787Z"},
		{"1688464484178", exchange.Milli, "2023-07-04T09:54:44.178Z"},
		{"1688464484178701", exchange.Micro, "2023-07-04T09:54:44.178701Z"},
		{"2023-07-04T09:54:44.178+02:00", exchange.RFC, "2023-07-04T07:54:44.178Z"},
		{"2019-10-12 11:12:02", exchange.Text, "2019-10-12T11:12:02Z"},
		{"2019-10-12 11:12:02.123456", exchange.Text, "2019-10-12T11:12:02.123456Z"},
		{"1e10", exchange.Second, ""}, // the year 2286
		{"-1", exchange.Second, ""},
		{"", exchange.Milli, ""},
		{"NaN", exchange.Milli, ""},
		{"1e400", exchange.Milli, ""},
		{"99999999999999999999999", exchange.Second, ""},
		{"2019-13-12 11:12:02", exchange.Text, ""},
	}
	for _, tt := range tests {
		at, ok := exchange.ParseTime(tt.text, tt.unit)
		got := ""
		if ok {
			got = at.Format(time.RFC3339Nano)
		}
		if got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.text, tt.unit, got, tt.want)
		}
	}
}

func TestFaultSaysNoMoreThanACode(t *testing.T) {
	t.Parallel()
	f := &exchange.Fault{Trouble: exchange.KeyRejected, Exchange: "kraken", Endpoint: "POST /0/private/Ledgers", Status: 200, Code: "EAPI:Invalid key"}
	if got, want := f.Error(), "kraken POST /0/private/Ledgers: key_rejected (HTTP 200) EAPI:Invalid key"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	f.Code = `no such key "c4n4ry"`
	if strings.Contains(f.Error(), "c4n4ry") {
		t.Errorf("%q quotes the other side", f.Error())
	}
}

func TestShape(t *testing.T) {
	t.Parallel()
	s := exchange.Shape{ID: []string{"symbol", "id"}, Time: "t", Unit: exchange.Milli, Words: []string{"symbol"}, Amounts: []string{"qty"}, Signed: []string{"fee"}, Maybe: []string{"x"}}
	tests := []struct{ raw, id string }{
		{`{"symbol":"A","id":9007199254740993123,"t":1700000000000,"qty":"1e-18","fee":-1}`, "A/9007199254740993123"},
		{`{"symbol":"A","id":"7","t":"1700000000000","qty":1,"fee":"0","x":"","new":{"a":[1]}}`, "A/7"},
		{`{"symbol":"","id":"7","t":1,"qty":1,"fee":0}`, ""},
		{`{"symbol":"A","id":"7","t":1,"qty":-1,"fee":0}`, ""},
		{`{"symbol":"A","id":"7","t":1,"qty":"NaN","fee":0}`, ""},
		{`{"symbol":"A","id":"7","t":1,"qty":1e400,"fee":0}`, ""},
		{`{"symbol":"A","id":"7","t":1,"qty":{"v":1},"fee":0}`, ""},
		{`{"symbol":"A","id":"7","t":1,"qty":1,"fee":0,"x":{"v":1}}`, ""},
		{`{"symbol":"A","id":"7","t":1,"qty":1}`, ""},
		{`{"symbol":"A","id":"7","qty":1,"fee":0}`, ""},
		{`[1,2]`, ""},
		{`7`, ""},
	}
	for _, tt := range tests {
		r, err := s.Record([]byte(tt.raw))
		if (err == nil) != (tt.id != "") || r.ID != tt.id {
			t.Errorf("%s: %q, %v", tt.raw, r.ID, err)
		}
	}
}

// TestCircuit: calls that have no answer, of whatever connection, stop all
// calls for a while, longer each time; an answer ends it.
func TestCircuit(t *testing.T) {
	t.Parallel()
	m := &moving{at: noon}
	shared := exchange.NewBudget("x", nil, nil, m.now, 0)
	one, two := shared.ForKey("a", nil), shared.ForKey("b", nil)
	report := func(p exchange.Pacer, answered bool, times int) {
		for range times {
			if err := p.Report(t.Context(), answered); err != nil {
				t.Fatal(err)
			}
		}
	}
	silent := func(p exchange.Pacer, times int) { report(p, false, times) }
	silent(one, 2)
	silent(two, 2)
	if err := one.Take(t.Context(), exchange.Cost{}); err != nil {
		t.Errorf("after four calls: %v", err)
	}
	for _, pause := range []time.Duration{1, 2, 4, 8, 16, 16} {
		silent(two, 1)
		err := one.Take(t.Context(), exchange.Cost{})
		f, ok := errors.AsType[*exchange.Fault](err)
		if !ok || f.Trouble != exchange.RateLimited || f.RetryAfter != pause*time.Minute {
			t.Fatalf("pause %s: %v", pause*time.Minute, err)
		}
		m.at = m.at.Add(f.RetryAfter)
		if err := two.Take(t.Context(), exchange.Cost{}); err != nil {
			t.Errorf("behind the pause: %v", err)
		}
	}
	report(one, true, 1)
	silent(two, 4)
	if err := one.Take(t.Context(), exchange.Cost{}); err != nil {
		t.Errorf("after an answer: %v", err)
	}
}
