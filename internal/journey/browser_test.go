package journey_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// chromium is one browser for all tests; each test gets a profile of its own.
var chromium = sync.OnceValues(func() (browser, error) {
	dir := filepath.Join(work, "chromium")
	ctx, cancel := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun, chromedp.UserDataDir(dir),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
	))
	return browser{ctx, cancel}, chromedp.Do(ctx)
})

type browser struct {
	ctx    context.Context //nolint:containedctx // it is the browser
	cancel context.CancelFunc
}

// quit ends the browser if one was started.
func quit() {
	if !started() {
		return
	}
	if b, err := chromium(); err == nil {
		b.cancel()
	}
}

// started reports whether any test opened a tab.
func started() bool {
	_, err := os.Stat(filepath.Join(work, "chromium"))
	return err == nil
}

// tab is a page in the browser that fails its test on any word in the console.
type tab struct {
	t    testing.TB
	in   *instance
	ctx  context.Context //nolint:containedctx // it is the tab
	name string          // of the page in pictures; its path if empty
	mu   sync.Mutex
	said []string
}

// patience is how long a page or a job may take: long, because a busy machine
// is no failure.
const patience = time.Minute

// open gives a test a tab with an empty profile.
func (in *instance) open() *tab {
	in.t.Helper()
	b, err := chromium()
	if err != nil {
		in.t.Fatalf("chromium: %v", err)
	}
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	ctx, stop := context.WithTimeout(ctx, 10*time.Minute)
	in.t.Cleanup(func() { stop(); cancel() })
	tb := &tab{t: in.t, in: in, ctx: ctx}
	console := chromedp.Console(ctx)
	go func() {
		for m, err := range console {
			if err != nil {
				return
			}
			tb.mu.Lock()
			tb.said = append(tb.said, m.String()+" at "+m.URL)
			tb.mu.Unlock()
		}
	}()
	in.t.Cleanup(tb.checkConsole)
	tb.size(1440, 900)
	return tb
}

// checkConsole fails if the browser complained: of scripts, of the content
// policy, of accessibility, of anything.
func (tb *tab) checkConsole() {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	for _, line := range tb.said {
		if tb.expected(line) {
			continue
		}
		tb.t.Errorf("console: %s", line)
	}
	tb.said = nil
	if strings.Contains(tb.in.logged(), "csp_report") {
		tb.t.Error("the browser sent a report of the content policy")
	}
}

// expected knows what Chromium says about pages that are errors by purpose, and
// about its cleaning up after somebody who signed out.
func (tb *tab) expected(line string) bool {
	return strings.Contains(line, "Failed to load resource: the server responded with a status of 4") || strings.HasPrefix(line, "info: Clear-Site-Data header")
}

// do runs steps and ends the test where one fails, with a picture.
func (tb *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	for i, step := range steps {
		if err := chromedp.Do(ctx, step); err != nil {
			where, _ := chromedp.Run(tb.ctx, chromedp.Location())
			text, _ := chromedp.Run(tb.ctx, chromedp.Evaluate[string]("document.body ? document.body.innerText : ''"))
			tb.shot("failed")
			tb.t.Fatalf("step %d at %s: %v\n%s\n%s", i, where, err, text, last(tb.in.logged(), 2000))
		}
	}
}

// value runs an action and returns what it gives.
func value[T any](tb *tab, a chromedp.Action[T]) T {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, a)
	if err != nil {
		tb.shot("failed")
		tb.t.Fatal(err)
	}
	return v
}

// js evaluates an expression in the page.
func js[T any](tb *tab, expression string) T {
	tb.t.Helper()
	return value(tb, chromedp.Evaluate[T](expression))
}

// visit loads a page of the instance.
func (tb *tab) visit(path string) {
	tb.t.Helper()
	tb.do(chromedp.Navigate(tb.in.base + path))
}

// path is where the tab is, without the host.
func (tb *tab) path() string {
	tb.t.Helper()
	u, err := url.Parse(value(tb, chromedp.Location()))
	if err != nil {
		tb.t.Fatal(err)
	}
	return u.Path
}

// text is what a person reads on the page.
func (tb *tab) text() string {
	tb.t.Helper()
	return js[string](tb, "document.body.innerText")
}

// sees waits until a text stands on the page, which may be loading.
func (tb *tab) sees(text string) {
	tb.t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		tb.t.Fatal(err)
	}
	tb.until("document.body && document.body.innerText.includes("+string(quoted)+")", "no "+string(quoted))
}

// until waits for a condition in the page. While one page gives way to the
// next there is nothing to ask.
func (tb *tab) until(condition, complaint string) {
	tb.t.Helper()
	tb.untilWithin(patience, condition, complaint)
}

// untilWithin is until for what may take longer.
func (tb *tab) untilWithin(limit time.Duration, condition, complaint string) {
	tb.t.Helper()
	ctx, cancel := context.WithTimeout(tb.ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if ok && err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tb.shot("failed")
			tb.t.Fatalf("%s on %s: %v\n%s\n%s", complaint, tb.path(), err, tb.text(), last(tb.in.logged(), 1500))
		}
	}
}

// write types into a field by the name it has in its form.
func (tb *tab) write(name, text string) {
	tb.t.Helper()
	sel := chromedp.CSS(fmt.Sprintf("[name=%q]", name))
	tb.do(chromedp.WaitVisible(sel), chromedp.Clear(sel), chromedp.SendKeys(sel, text))
}

// press clicks a button or link by what stands on it, and waits for the page
// that it leads to.
func (tb *tab) press(text string) {
	tb.t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		tb.t.Fatal(err)
	}
	mark := js[bool](tb, `(() => {
		const all = [...document.querySelectorAll("button, a, summary, label")].filter((e) => e.offsetParent !== null && e.innerText.trim() === `+string(quoted)+`);
		document.querySelectorAll("[data-journey]").forEach((e) => e.removeAttribute("data-journey"));
		if (all.length) all[0].setAttribute("data-journey", "");
		return all.length > 0;
	})()`)
	if !mark {
		tb.shot("failed")
		tb.t.Fatalf("nothing says %q on %s:\n%s", text, tb.path(), tb.text())
	}
	tb.do(chromedp.Click(chromedp.CSS("[data-journey]")))
}

// size gives the page the width and height of a screen.
func (tb *tab) size(width, height int64) {
	tb.t.Helper()
	tb.do(chromedp.EmulateViewport(width, height))
}

// scheme asks for light or dark as the system of the person would.
func (tb *tab) scheme(name string) {
	tb.t.Helper()
	tb.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
		})
		return err
	}))
}

// shot keeps a picture of the page where LEDGERSYS_SHOTS names a folder.
func (tb *tab) shot(name string) {
	dir := os.Getenv("LEDGERSYS_SHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(tb.ctx, patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		tb.t.Logf("no picture of %s: %v", name, err)
		return
	}
	name = strings.NewReplacer("/", "-", " ", "-", "{", "", "}", "").Replace(tb.t.Name() + "-" + name)
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600); err != nil {
		tb.t.Error(err)
	}
}

// last is the end of a text.
func last(s string, n int) string {
	if len(s) > n {
		return s[len(s)-n:]
	}
	return s
}

// formOf encodes names and values in turn.
func formOf(fields ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(fields); i += 2 {
		v.Add(fields[i], fields[i+1])
	}
	return v.Encode()
}
