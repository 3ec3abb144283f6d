package text

import (
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// minus is the sign of negative numbers on screen.
const minus = "−"

// form is how a locale writes numbers. It is learned from what the Unicode
// data prints for two samples, so that exact amounts of any length can be
// written without passing through a float.
type form struct {
	point       string
	comma       string
	first, next int // digits of the last group and of those before it
	least       int // digits of the whole part from which groups are made
	codeFirst   bool
}

func formOf(tag language.Tag) form {
	if latin, err := tag.SetTypeForKey("nu", "latn"); err == nil {
		tag = latin // figures stay as they are filed
	}
	p := message.NewPrinter(tag)
	sample := p.Sprint(number.Decimal(1234567890))
	f := form{comma: ",", first: 3, next: 3, least: 4}
	if groups := strings.FieldsFunc(sample, notDigit); len(groups) > 1 {
		f.first, f.next = len(groups[len(groups)-1]), len(groups[len(groups)-2])
		f.comma = strings.FieldsFunc(sample, func(r rune) bool { return !notDigit(r) })[0]
	}
	f.point = strings.Trim(p.Sprint(number.Decimal(0.5)), "0123456789")
	// What the library does not know of the Unicode data.
	switch base, _ := tag.Base(); base.String() {
	case "en", "ja", "zh", "ko", "hi", "th", "he", "tr":
		f.codeFirst = true
	case "es", "pl":
		f.least = 5
	}
	return f
}

func notDigit(r rune) bool { return r < '0' || r > '9' }

// group puts the separators into a whole number without sign.
func (f form) group(digits string) string {
	if len(digits) < f.least || len(digits) <= f.first {
		return digits
	}
	cut := len(digits) - f.first
	out := digits[cut:]
	for rest := digits[:cut]; rest != ""; rest = rest[:cut] {
		cut = max(0, len(rest)-f.next)
		out = rest[cut:] + f.comma + out
	}
	return out
}

// Count writes a whole number.
func (p *Printer) Count(n int) string {
	digits, negative := strings.CutPrefix(strconv.Itoa(n), "-")
	if negative {
		return minus + p.form.group(digits)
	}
	return p.form.group(digits)
}

// Number writes an amount with as many decimals as it has, but at least some.
func (p *Printer) Number(a money.Amount, decimals int) string {
	plain := string(a.Abs().AppendFixed(nil, max(decimals, a.Decimals())))
	whole, part, _ := strings.Cut(plain, ".")
	out := p.form.group(whole)
	if part != "" {
		out += p.form.point + part
	}
	if a.Sign() < 0 {
		return minus + out
	}
	return out
}

// Money writes an amount with the code of its currency, on the side where the
// locale has it.
func (p *Printer) Money(a money.Amount, in money.Currency, decimals int) string {
	n := p.Number(a, decimals)
	if p.form.codeFirst {
		return string(in) + "\u00a0" + n
	}
	return n + "\u00a0" + string(in)
}

// Date writes a day with its month in words, in the zone that is given.
func (p *Printer) Date(t time.Time, zone *time.Location) string {
	t = t.In(zone)
	month := p.Say("date.month." + strconv.Itoa(int(t.Month())))
	key := "date.day_first"
	if p.region == "US" {
		key = "date.month_first"
	}
	return p.Say(key, "day", strconv.Itoa(t.Day()), "month", month, "year", strconv.Itoa(t.Year()))
}

// Time writes an instant for tables: the date, the time and its offset.
func (p *Printer) Time(t time.Time, zone *time.Location) string {
	return strings.Replace(t.In(zone).Format("2006-01-02 15:04:05 -07:00"), " -", " "+minus, 1)
}

// region is the country of a locale, by which dates are written.
func region(tag language.Tag) string {
	r, _ := tag.Region()
	return r.String()
}
