package text_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/internal/text"
	"github.com/ledgersys/ledgersys/pkg/money"
)

func catalogue(t testing.TB) *text.Catalogue {
	t.Helper()
	c, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	const long = "-12345678901234567890.123456789012345678"
	for locale, want := range map[string][3]string{
		"en-GB":      {"1,234.50", "−12,345,678,901,234,567,890.123456789012345678", "EUR\u00a01,234.50"},
		"en-IN":      {"1,234.50", "−1,23,45,67,89,01,23,45,67,890.123456789012345678", "EUR\u00a01,234.50"},
		"de":         {"1.234,50", "−12.345.678.901.234.567.890,123456789012345678", "1.234,50\u00a0EUR"},
		"es":         {"1234,50", "−12.345.678.901.234.567.890,123456789012345678", "1234,50\u00a0EUR"},
		"de-CH":      {"1’234.50", "−12’345’678’901’234’567’890.123456789012345678", ""},
		"ar":         {"1,234.50", "−12,345,678,901,234,567,890.123456789012345678", ""},
		"not a tag!": {"1,234.50", "", ""},
	} {
		p := catalogue(t).For(locale)
		if got := p.Number(money.MustParse("1234.5"), 2); got != want[0] {
			t.Errorf("%s: 1234.5 is %q, not %q", locale, got, want[0])
		}
		if got := p.Number(money.MustParse(long), 2); want[1] != "" && got != want[1] {
			t.Errorf("%s: %s is %q", locale, long, got)
		}
		if got := p.Money(money.MustParse("1234.5"), "EUR", 2); want[2] != "" && got != want[2] {
			t.Errorf("%s: 1234.5 EUR is %q, not %q", locale, got, want[2])
		}
	}
	if got := catalogue(t).For("en").Count(-1234567); got != "−1,234,567" {
		t.Errorf("counted %q", got)
	}
}

// TestNumbersKeepTheirDigits: whatever the locale, the digits are those of the
// amount, in order.
func TestNumbersKeepTheirDigits(t *testing.T) {
	t.Parallel()
	c := catalogue(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.StringMatching(`-?[1-9][0-9]{0,18}\.[0-9]{0,8}[1-9]`).Draw(t, "amount")
		locale := rapid.SampledFrom([]string{"en", "en-IN", "de", "fr", "es", "pl", "de-CH", "sv", "ja", "ar", "hi"}).Draw(t, "locale")
		digits := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r < '0' || r > '9' {
					return -1
				}
				return r
			}, s)
		}
		if got := c.For(locale).Number(money.MustParse(plain), 0); digits(got) != digits(plain) || strings.HasPrefix(got, "−") != strings.HasPrefix(plain, "-") {
			t.Errorf("%s: %s is %q", locale, plain, got)
		}
	})
}

func TestDates(t *testing.T) {
	t.Parallel()
	at := time.Date(2025, 3, 14, 13, 41, 7, 0, time.UTC)
	ny := testkit.Zone(t, "America/New_York")
	for locale, want := range map[string]string{"en-US": "March 14, 2025", "en-GB": "14 March 2025", "en": "March 14, 2025", "de": "14 March 2025"} {
		if got := catalogue(t).For(locale).Date(at, ny); got != want {
			t.Errorf("%s: %q, not %q", locale, got, want)
		}
	}
	if got := catalogue(t).For("en").Time(at, ny); got != "2025-03-14 09:41:07 −04:00" {
		t.Errorf("time %q", got)
	}
}

func TestSay(t *testing.T) {
	t.Parallel()
	p := catalogue(t).For("en")
	if got := p.Say("no.such.key", "n", 1); got != "no.such.key" {
		t.Errorf("said %q", got)
	}
	if got := p.Say("date.day_first", "day", "{year}", "month", "May", "year", "2025"); got != "{year} May 2025" {
		t.Errorf("a value is filled in again: %q", got)
	}
	if got := catalogue(t).Preferred("de-CH, en;q=0.8"); got != "de-CH" {
		t.Errorf("preferred %q", got)
	}
	if got := catalogue(t).Preferred(";;;"); got != "en" {
		t.Errorf("preferred %q", got)
	}
}
