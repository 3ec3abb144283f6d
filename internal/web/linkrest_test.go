package web_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchange/kraken"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

// oldLinks are linked accounts that were last fetched six days ago, and a plan
// that ran out.
type oldLinks struct {
	*link.Service
	list   []link.Link
	lapsed bool
}

func (o *oldLinks) Exchange(string) (*exchange.Exchange, error) {
	x := kraken.Exchange()
	return &x, nil
}
func (o *oldLinks) Offered() []*exchange.Exchange                           { return nil }
func (o *oldLinks) Reached(tenant.ID) map[string]time.Time                  { return nil }
func (o *oldLinks) Lapsed(context.Context, tenant.Scope) (bool, error)      { return o.lapsed, nil }
func (o *oldLinks) List(context.Context, tenant.Scope) ([]link.Link, error) { return o.list, nil }
func (o *oldLinks) Find(_ context.Context, _ tenant.Scope, id tenant.ID) (*link.Link, *link.Run, error) {
	for i := range o.list {
		if o.list[i].ID == id {
			return &o.list[i], nil, nil
		}
	}
	return nil, nil, link.ErrGone
}

func (o *oldLinks) Runs(context.Context, tenant.Scope, tenant.ID, int) ([]link.Run, error) {
	return nil, nil
}

func (o *oldLinks) Loads(context.Context, tenant.ID, string) ([]exchange.Load, error) {
	return []exchange.Load{
		{Limit: exchange.Limit{Bucket: "weight", Weight: 6000, Per: time.Minute}, Used: 1500},
		{Limit: exchange.Limit{Bucket: "raw_calls", Weight: 20, Per: 10 * time.Second, ByKey: true}},
	}, nil
}

// TestStaleLinks: data that is older than it should be is told in days, a link
// that rests names no time but why, and the use of limits stands there.
func TestStaleLinks(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	streams := []link.Stream{{Name: "ledgers", State: link.Done, From: now.AddDate(-1, 0, 0), To: now.AddDate(0, 0, -6).Add(-time.Hour)}}
	failed := link.Link{ID: tenant.NewID(), Exchange: "kraken", Label: "Old", Last4: "9F3A", State: link.Failed, Code: "upstream", Schedule: link.Daily, Next: now.Add(time.Hour), Created: now, Streams: streams}
	links := &oldLinks{list: []link.Link{failed}}
	b := newBooksWith(t, func(c *web.Config) { c.Links = links })
	see := func(path string, want ...string) {
		t.Helper()
		w := b.ask(http.MethodGet, b.page+path, nil, "Cookie", "__Host-ls_session=s")
		for _, words := range want {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), words) {
				t.Errorf("%s: %d without %q", path, w.Code, words)
			}
		}
	}
	one := "/connections/" + failed.ID.String()
	see("/connections", "! Data stale 6 d", "27 Nov 2026, 10:00")
	see(one, "! Data stale 6 d", "27 Nov 2026, 10:00", "Not in this strip, because Kraken does not give it", "Kraken Futures", "weight: 1,500 of 6,000 in the last minute (25 %), by all links of this installation",
		"raw calls: 0 of 20 in the last 10 seconds (0 %), by this key")
	var got struct {
		NextRun *time.Time `json:"next_run"`
		Rests   string     `json:"next_run_rests"`
		Stale   int        `json:"stale_days"`
	}
	read := func() {
		t.Helper()
		got.NextRun = nil
		if err := json.Unmarshal(b.call(http.MethodGet, one, http.StatusOK, nil), &got); err != nil {
			t.Fatal(err)
		}
	}
	if read(); got.NextRun == nil || got.Rests != "" || got.Stale != 6 {
		t.Errorf("%+v", got)
	}
	links.lapsed = true
	if read(); got.NextRun != nil || got.Rests != "plan_lapsed" {
		t.Errorf("lapsed: %+v", got)
	}
	see("/connections", "until there is a plan that has schedules")
	see(one, "It rests now: until there is a plan that has schedules.")
	links.list[0].State = link.Suspended
	if read(); got.NextRun != nil || got.Rests != "suspended_write_permission" {
		t.Errorf("suspended: %+v", got)
	}
	see("/connections", "until there is a new key")
}
