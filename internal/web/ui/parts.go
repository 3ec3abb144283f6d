package ui

import (
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// Input is one field of a form.
type Input struct {
	Name, Label, Help, Error string
	Value                    string // shown again after an error; never of a secret
	Type                     string // text if empty
	Class                    string
	Auto                     string // autocomplete
	Mode                     string // inputmode
	Hint                     string // placeholder
	Pattern                  string
	Min, Max                 int // length
	Required, Focus          bool
	More                     templ.Attributes
}

// Option is one choice of a Select.
type Option struct{ Value, Text string }

// Wrong is one thing that is wrong with a form.
type Wrong struct{ Field, Text string }

func (f Input) id() string { return "f-" + f.Name }

func (f Input) kind() string {
	if f.Type == "" {
		return "text"
	}
	return f.Type
}

// shown is the value, except of passwords.
func (f Input) shown() string {
	if f.kind() == "password" {
		return ""
	}
	return f.Value
}

// attrs are the attributes that a field has only sometimes.
func (f Input) attrs() templ.Attributes {
	a := templ.Attributes{}
	for k, v := range f.More {
		a[k] = v
	}
	for k, v := range map[string]string{"autocomplete": f.Auto, "inputmode": f.Mode, "placeholder": f.Hint, "pattern": f.Pattern} {
		if v != "" {
			a[k] = v
		}
	}
	if f.Min > 0 {
		a["minlength"] = strconv.Itoa(f.Min)
	}
	if f.Max > 0 {
		a["maxlength"] = strconv.Itoa(f.Max)
	}
	var by []string
	if f.Help != "" {
		by = append(by, f.id()+"-help")
	}
	if f.Error != "" {
		by = append(by, f.id()+"-err")
		a["aria-invalid"] = "true"
	}
	if len(by) > 0 {
		a["aria-describedby"] = strings.Join(by, " ")
	}
	return a
}

func bannerRole(kind string) string {
	if kind == "loss" {
		return "alert"
	}
	return "note"
}

func bannerMark(kind string) string {
	switch kind {
	case "warn", "loss":
		return "!"
	case "gain":
		return "✓"
	default:
		return "i"
	}
}

func itoa(n int) string { return strconv.Itoa(n) }

// percent is rounded down, so that 100 % means all.
func percent(done, max int) string { return strconv.Itoa(done*100/max) + " %" }

// shorten keeps the ends of a long id.
func shorten(id string) string {
	if len(id) <= 12 {
		return id
	}
	return id[:6] + "…" + id[len(id)-4:]
}

// group is a run of digits of a bitcoin amount.
type group struct {
	digits string
	dim    bool
}

// bitcoinGroups writes 0.61348210 as 0.613 482 10 and dims the zeros at its end.
func bitcoinGroups(a money.Amount) []group {
	whole, frac, _ := strings.Cut(a.String(), ".")
	for len(frac) < 8 {
		frac += "0"
	}
	kept := len(strings.TrimRight(frac, "0"))
	groups := []group{{digits: minus(grouped(whole)) + "." + frac[:min(3, len(frac))], dim: false}}
	for at := 3; at < len(frac); at += 3 {
		groups = append(groups, group{frac[at:min(at+3, len(frac))], at >= kept})
	}
	return groups
}

// threes cuts a whole number into groups of three from its end; what stands
// behind a point stays in one.
func threes(text string) (groups []string) {
	whole, frac, has := strings.Cut(text, ".")
	for n := len(whole) % 3; whole != ""; n = 3 {
		if n > 0 {
			groups = append(groups, whole[:n])
		}
		whole = whole[n:]
	}
	if has {
		groups[len(groups)-1] += "." + frac
	}
	return groups
}

// fours cuts a value into groups of four.
func fours(value string) (groups []string) {
	for g := range slices.Chunk([]byte(value), 4) {
		groups = append(groups, string(g))
	}
	return groups
}

// grouped puts a thin space between thousands.
func grouped(s string) string {
	whole, frac, has := strings.Cut(s, ".")
	sign := ""
	if rest, ok := strings.CutPrefix(whole, "-"); ok {
		sign, whole = "-", rest
	}
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteRune('\u202f')
		}
		b.WriteRune(d)
	}
	if has {
		return sign + b.String() + "." + frac
	}
	return sign + b.String()
}

// minus is the sign for the screen.
func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

// signed writes a plus before what is above zero.
func signed(s string) string {
	if gainClass(s) == "gain" {
		return "+" + s
	}
	return minus(s)
}

// gainClass is gain, loss or, for zero, nothing.
func gainClass(s string) string {
	switch {
	case strings.HasPrefix(s, "-"):
		return "loss"
	case strings.ContainsAny(s, "123456789"):
		return "gain"
	default:
		return ""
	}
}
