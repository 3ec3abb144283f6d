package journey_test

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// axe returns the script that checks accessibility. scripts/check installs it
// and names it in LEDGERSYS_AXE; without it these tests fail.
func axe(t *testing.T) string {
	t.Helper()
	path := os.Getenv("LEDGERSYS_AXE")
	if path == "" {
		t.Fatal("LEDGERSYS_AXE names no axe.min.js: npm install axe-core@4.14.1, or run scripts/check")
	}
	return string(testkit.Read(t, path))
}

// prepare loads axe into the page, and stills what moves: colours that are on
// their way from one theme to the other are no finding.
func (tb *tab) prepare(script string) {
	tb.t.Helper()
	tb.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Evaluate[json.RawMessage](script+`; (() => {
			const still = new CSSStyleSheet();
			still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
			document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
			return true;
		})()`, chromedp.EvalAsValue))
		return err
	}))
}

// checkAccess runs axe on the page and fails on what is serious or worse.
func (tb *tab) checkAccess(name string) {
	tb.t.Helper()
	found := value(tb, chromedp.Evaluate[string](`axe.run(document, {resultTypes: ["violations"]}).then((r) => JSON.stringify(r.violations
		.filter((v) => v.impact === "serious" || v.impact === "critical")
		.map((v) => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + " " + n.failureSummary)}))))`, chromedp.EvalAwaitPromise))
	if found != "[]" {
		tb.t.Errorf("%s: %s", name, found)
	}
}

// checkWidth fails if the page has to be scrolled sideways.
func (tb *tab) checkWidth(name string, width int64) {
	tb.t.Helper()
	if got := js[int64](tb, "document.documentElement.scrollWidth"); got > width {
		tb.t.Errorf("%s: %d px wide on a screen of %d", name, got, width)
	}
}

// checkKeyboard walks through the page with the tab key: everything that can
// be clicked is reached, each stop is marked, and none is a trap.
func (tb *tab) checkKeyboard(name string) {
	tb.t.Helper()
	want := js[int](tb, `[...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")].filter((e) => {
		if (e.disabled || e.tabIndex < 0 || e.type === "hidden") return false;
		if (e.type === "radio" && !e.checked && document.querySelector("input[type=radio][name='" + e.name + "']:checked")) return false;
		return e.checkVisibility ? e.checkVisibility({visibilityProperty: true}) : e.offsetParent !== null;
	}).length`)
	js[bool](tb, `(() => { // begin before the first thing on the page, wherever the focus is
		const first = document.createElement("span");
		first.tabIndex = -1;
		document.body.prepend(first);
		first.focus();
		first.remove();
		window.journeySeen = new Set();
		return true;
	})()`)
	for range 4*want + 8 { // a date has several stops
		tb.do(chromedp.KeyEvent("\t"))
		state := js[string](tb, `(() => {
			const e = document.activeElement;
			if (!e || e === document.body) return "end";
			const s = getComputedStyle(e);
			window.journeySeen.add(e);
			const ring = s.outlineStyle !== "none" && parseFloat(s.outlineWidth) > 0;
			return ring ? "ok" : "no ring on " + e.outerHTML.slice(0, 120);
		})()`)
		if state == "end" {
			break
		}
		if state != "ok" {
			tb.t.Errorf("%s: %s", name, state)
		}
	}
	if got := js[int](tb, "window.journeySeen.size"); got < want {
		tb.t.Errorf("%s: the tab key reaches %d of %d", name, got, want)
	}
}

// settled waits for what scripts still draw.
func (tb *tab) settled() {
	tb.t.Helper()
	tb.until(`!document.querySelector("#reference") || document.querySelectorAll("#reference .opblock").length > 5`, "nothing drawn")
}

// checkLooks checks a page at both ends of the sizes and in both themes, and
// keeps its pictures.
func (tb *tab) checkLooks(path, script string) {
	tb.t.Helper()
	name := cmp.Or(tb.name, strings.Trim(path, "/"))
	if name == "" {
		name = "start"
	}
	tb.visit(path)
	tb.settled()
	tb.checkShown(name, script)
	tb.checkKeyboard(name)
	tb.checkConsole()
}

// checkShown looks at a page as it stands, in each size and theme.
func (tb *tab) checkShown(name, script string) {
	tb.t.Helper()
	tb.prepare(script)
	for _, theme := range []string{"light", "dark"} {
		tb.scheme(theme)
		for _, width := range []int64{1440, 360} {
			tb.size(width, 900)
			size := map[int64]string{1440: "wide", 360: "slim"}[width]
			tb.shot(name + "-" + size + "-" + theme)
			tb.checkWidth(name+" "+size, width)
			tb.checkAccess(name + " " + size + " " + theme)
		}
	}
	tb.size(1440, 900)
	tb.checkConsole()
}

// TestPublicPages: how every page looks that needs no account.
func TestPublicPages(t *testing.T) {
	t.Parallel()
	script := axe(t)
	in := start(t)
	tb := in.open()
	only := os.Getenv("LEDGERSYS_PAGE") // to look at one while working on it
	for _, r := range allRoutes(t) {
		if only != "" && r.Path != only {
			continue
		}
		if r.Method != http.MethodGet || r.Permission != "public" || strings.Contains(r.Path, "{") {
			continue
		}
		if a := in.client().get(r.Path); !strings.HasPrefix(a.Header.Get("Content-Type"), "text/html") || a.StatusCode != http.StatusOK {
			continue // a document, a file, or a page of another state
		}
		tb.checkLooks(r.Path, script)
	}
	tb.checkLooks("/nothing/here", script)
}
