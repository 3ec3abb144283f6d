package ui_test

import (
	"context"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"github.com/a-h/templ"

	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// drawn is a part as HTML.
func drawn(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var tags = regexp.MustCompile(`<[^>]*>`)

// TestFigures: amounts are whole, grouped for the eye and right when copied.
func TestFigures(t *testing.T) {
	t.Parallel()
	amount := func(s string) money.Amount {
		a, err := money.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for in, want := range map[string]string{
		"0.6134821": "0.61348210", "0": "0.00000000", "-0.00125": "−0.00125000", "1": "1.00000000", "0.123456789012": "0.123456789012", "21000000": "21\u202f000\u202f000.00000000",
	} {
		if got := tags.ReplaceAllString(drawn(t, ui.Bitcoin(amount(in))), ""); got != want {
			t.Errorf("%s copied as %q, want %q", in, got, want)
		}
	}
	if got := drawn(t, ui.Bitcoin(amount("0.5"))); strings.Count(got, `class="dim"`) != 2 {
		t.Errorf("zeros at the end are not dimmed: %s", got)
	}
	if got := tags.ReplaceAllString(drawn(t, ui.Quantity(amount("-1234.5"))), ""); got != "−1\u202f234.5" {
		t.Errorf("quantity %q", got)
	}
	for in, want := range map[string]string{"5520.00": `gain">+5520.00<`, "-0.01": `loss">−0.01<`, "0.00": `">0.00<`} {
		if got := drawn(t, ui.Gain(in)); !strings.Contains(got, want) {
			t.Errorf("gain %s: %s", in, got)
		}
	}
}

// TestLongFigures: a figure in the millions is set smaller, its currency apart.
func TestLongFigures(t *testing.T) {
	t.Parallel()
	for amount, class := range map[string]string{"1234.5": `gain "`, "5706987.45": `gain long"`, "12345678901234.56": `gain longer"`} {
		got := drawn(t, ui.Result(money.MustParse(amount), "GBP"))
		if !strings.Contains(got, class) || !strings.Contains(got, `<small class="unit">GBP</small>`) {
			t.Errorf("%s: %s", amount, got)
		}
	}
	if got := drawn(t, ui.Money("−0.00")); strings.Contains(got, "small") {
		t.Errorf("without a currency: %s", got)
	}
}

// TestEscapes: what people wrote stays text, wherever it stands.
func TestEscapes(t *testing.T) {
	t.Parallel()
	const evil = `"><script>alert(1)</script><a href="javascript:alert(2)">`
	for name, c := range map[string]templ.Component{
		"pill":    ui.Pill(evil, evil),
		"field":   ui.Field(ui.Input{Name: evil, Label: evil, Value: evil, Help: evil, Error: evil, Hint: evil}),
		"link":    ui.ButtonLink("", evil, "/x?"+evil),
		"select":  ui.Select(ui.Input{Name: evil, Label: evil}, []ui.Option{{Value: evil, Text: evil}}),
		"copy":    ui.Copy(evil),
		"confirm": ui.Confirm(evil, "/x", evil, evil, evil),
		"shell":   ui.Shell(ui.Page{Title: evil, Token: evil, Person: ui.Person{Name: evil, Email: evil}, Book: ui.Book{Name: evil, Note: evil}, Nav: []ui.Link{{Text: evil, Href: "/x", Icon: evil}}, Notice: ui.Notice{Text: evil}}),
	} {
		got := drawn(t, c)
		if strings.Contains(got, "<script>alert") || strings.Contains(got, `<a href="javascript`) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := drawn(t, ui.SecretField(ui.Input{Name: "p", Value: "SECRET"})); strings.Contains(got, "SECRET") {
		t.Errorf("a secret is repeated: %s", got)
	}
	if got := drawn(t, ui.Field(ui.Input{Name: "p", Type: "password", Value: "SECRET"})); strings.Contains(got, "SECRET") {
		t.Errorf("a password is repeated: %s", got)
	}
}

// TestPlainPages: no page has a script, a style or a handler inside: our own
// content policy would block them.
func TestPlainPages(t *testing.T) {
	t.Parallel()
	inline := regexp.MustCompile(`(?i)<script(?:>|[^>]*[^"]>[^<])|\sstyle=|<style|\son[a-z]+=`)
	page := ui.Page{Title: "T", Nonce: "N", Token: "K", Assets: "/assets/x", Demo: true, Refresh: 5, Person: ui.Person{Email: "a@b.c"}, Books: []ui.Book{{Name: "A"}, {Name: "B"}}, Years: []ui.Link{{Text: "2025", Href: "/2025"}}}
	for name, c := range map[string]templ.Component{"shell": ui.Shell(page), "sheet": ui.Sheet(page), "docs": ui.APIDocs(page)} {
		got := drawn(t, c)
		if m := inline.FindString(got); m != "" {
			t.Errorf("%s: %q", name, m)
		}
		for _, script := range regexp.MustCompile(`<script[^>]*>`).FindAllString(got, -1) {
			if !strings.Contains(script, `nonce="N"`) || !strings.Contains(script, `src="/assets/x/`) {
				t.Errorf("%s: %s", name, script)
			}
		}
		for _, want := range []string{`lang="en"`, `class="skip"`, `id="main"`} {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s", name, want)
			}
		}
	}
}

// TestAssets: nothing that we ship asks another host for anything.
func TestAssets(t *testing.T) {
	t.Parallel()
	css, err := fs.ReadFile(ui.Files(), "app.css")
	if err != nil {
		t.Fatal(err)
	}
	if m := regexp.MustCompile(`url\((?:https?:|//)[^)]*\)|@import`).Find(css); m != nil {
		t.Errorf("the stylesheet loads %s", m)
	}
	for _, url := range regexp.MustCompile(`url\(([^)]*)\)`).FindAllSubmatch(css, -1) {
		if _, err := fs.Stat(ui.Files(), string(url[1])); err != nil {
			t.Errorf("the stylesheet wants %s: %v", url[1], err)
		}
	}
	if again := ui.Stamp(); len(ui.Stamp()) != 12 || ui.Stamp() != again {
		t.Errorf("stamp %q", ui.Stamp())
	}
	for name, want := range map[string]string{"a.css": "text/css; charset=utf-8", "a.js": "text/javascript; charset=utf-8", "a.exe": "application/octet-stream"} {
		if got := ui.MediaType(name); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for in, want := range map[[2]string]string{{"Ada Example", ""}: "AE", {"", "ada.example@x.org"}: "AE", {"", "ada@x.org"}: "A", {"Zoë", ""}: "Z", {"", ""}: ""} {
		if got := (ui.Person{Name: in[0], Email: in[1]}).Initials(); got != want {
			t.Errorf("%v: %s, want %s", in, got, want)
		}
	}
}
