package journey_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/chromedp"
)

// mostStops is how often a person presses the tab key before giving up.
const mostStops = 150

// reach walks with the tab key until the focused element, e, is the one that
// is meant. Nothing here ever uses a pointer.
func (tb *tab) reach(condition, what string) {
	tb.t.Helper()
	tb.until("document.readyState === 'complete'", "the page does not load")
	for range mostStops {
		if js[bool](tb, "((e) => Boolean(e && ("+condition+")))(document.activeElement)") {
			return
		}
		tb.do(chromedp.KeyEvent("\t"))
	}
	tb.shot("failed")
	tb.t.Fatalf("the tab key does not lead to %s on %s:\n%s", what, tb.path(), tb.text())
}

// enter goes to a button or link by what stands on it, or by what a screen
// reader says, and presses the enter key.
func (tb *tab) enter(words string) {
	tb.t.Helper()
	tb.reach(fmt.Sprintf(`e.matches("a, button, summary") && (e.innerText.trim() === %[1]s || e.getAttribute("aria-label") === %[1]s)`, quoted(words)), words)
	tb.do(chromedp.KeyEvent("\r"))
}

// fill goes to a field by its name and types over what it holds.
func (tb *tab) fill(name, text string) {
	tb.t.Helper()
	tb.reach("e.name === "+quoted(name), "the field "+name)
	tb.do(chromedp.KeyEvent("a", chromedp.KeyModifiers(chromedp.ModifierCtrl)), chromedp.KeyEvent(text))
}

// choose goes to a list by its name and types the beginning of an entry.
func (tb *tab) choose(name, entry string) {
	tb.t.Helper()
	tb.reach("e.name === "+quoted(name), "the list "+name)
	tb.do(chromedp.KeyEvent(entry))
	if got := js[string](tb, "document.activeElement.selectedOptions[0].text"); !strings.EqualFold(got, entry) {
		tb.t.Fatalf("typing %q in %s chooses %q", entry, name, got)
	}
}

// quoted is a text as a script writes it.
func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		return `""` // no string fails
	}
	return string(b)
}
