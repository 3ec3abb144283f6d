package journey_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// TestManyTrades: somebody who trades a lot links an account in the browser,
// watches the first sync, and goes on to the transactions, the year and its
// form. LEDGERSYS_TEST_TRADES says how many trades that are.
func TestManyTrades(t *testing.T) {
	t.Parallel()
	n := trades(t)
	m := newMarket(t, n)
	in := start(t, m.env()...)
	_, firm, entity := in.owner("ZA")
	base := "/f/" + firm + "/e/" + entity
	tb := in.open()
	tb.as(in.signIn(adaMail, adaPass))
	tb.name = "many"
	begun, used := time.Now(), in.worked()
	step := func(what string) {
		t.Logf("%s after %s, %d MiB", what, time.Since(begun).Round(100*time.Millisecond), in.peak())
		tb.shot(strings.ReplaceAll(what, " ", "-"))
	}
	tb.visit(base + "/connections/add/valr")
	tb.giveKey(m.Key)
	tb.press("Check and link")
	tb.sees("first sync has begun")
	if n > fewTrades {
		const seen = `document.querySelector("[data-live]")?.innerText ?? document.body.innerText`
		first := js[string](tb, seen)
		tb.until(seen+" !== "+strconv.Quote(first), "no progress is shown")
	}
	step("linked")
	limit := time.Minute + time.Duration(n)*3*time.Millisecond
	tb.untilWithin(limit, `/\d+ of \d+ balances explained/.test(document.body.innerText)`, "the first sync does not end")
	step("first sync")
	tb.visit(base + "/transactions")
	tb.sees("VALR")
	step("transactions")
	tb.visit(base)
	tb.untilWithin(limit, `document.body.innerText.includes("Open report")`, "no report")
	step("overview")
	tb.press("Open report")
	tb.sees("2026 report")
	step("year")
	form := value(tb, chromedp.Evaluate[string](`fetch(document.querySelector("a[href$='/gains.csv']").href).then((r) => r.ok ? r.text() : "status " + r.status)`, chromedp.EvalAwaitPromise))
	if got := strings.Count(form, "\n"); got < m.sales() {
		t.Errorf("the form has %d lines, there were %d sales: %s", got, m.sales(), last(form, 300))
	}
	t.Logf("%d trades in the browser: to the form %s, of which %s waits for limits of rate; the service worked %s and had %d MiB at most",
		n, time.Since(begun).Round(time.Millisecond), m.waited().Round(time.Millisecond), in.worked()-used, in.peak())
}
