package journey_test

import (
	"net/http"
	"strings"
	"testing"
)

// nextRuns: a link names the time of its next run, or that it rests and why.
func nextRuns(t *testing.T, b bearer, link string) {
	t.Helper()
	for _, step := range []struct{ change, rests string }{
		{`{"schedule":"daily"}`, ""}, {`{"paused":true}`, "paused"}, {`{"paused":false}`, ""}, {`{"schedule":"manual"}`, "manual"},
	} {
		for _, ask := range [][2]string{{http.MethodPatch, step.change}, {http.MethodGet, ""}} {
			var l struct {
				NextRun *string `json:"next_run"`
				Rests   string  `json:"next_run_rests"`
				Stale   int     `json:"stale_days"`
			}
			b.call(ask[0], link, ask[1], http.StatusOK, &l)
			if l.Rests != step.rests || (l.NextRun == nil) != (step.rests != "") || l.Stale != 0 {
				t.Errorf("%s %s: %+v", ask[0], step.change, l)
			}
		}
	}
}

// saysWhatIsMissing looks at the page of each exchange that can be linked: what
// its API does not give stands there, each with the file to upload for it.
func (c *client) saysWhatIsMissing(base string) {
	c.in.t.Helper()
	for _, name := range strings.Fields("binance kraken coinbase bitstamp luno valr gemini bitfinex okx bybit kucoin") {
		a := c.get(base + "/add/" + name)
		_, card, found := strings.Cut(a.body, "What the link cannot bring")
		card, _, whole := strings.Cut(card, "</section>")
		missing, files := strings.Count(card, `class="what"`), strings.Count(card, "For these: ")
		switch {
		case a.StatusCode != http.StatusOK || !found || !whole:
			c.in.t.Errorf("%s: %d, the page does not say it", name, a.StatusCode)
		case missing != files:
			c.in.t.Errorf("%s: %d things are missing, %d files are named", name, missing, files)
		case missing == 0 && !strings.Contains(card, "the API gives the whole history"):
			c.in.t.Errorf("%s: %s", name, card)
		case missing > 0 && !strings.Contains(card, "Upload these files"):
			c.in.t.Errorf("%s: nothing leads to the upload", name)
		}
	}
}
