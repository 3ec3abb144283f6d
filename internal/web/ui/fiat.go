package ui

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// Fiat writes money with two places, and all of them where rounding would hide
// what there is.
func Fiat(a money.Amount, currency string) string {
	text := Cents(a)
	if currency != "" {
		text += "\u00a0" + currency
	}
	return text
}

// Cents is Fiat without a currency.
func Cents(a money.Amount) string {
	r := a.Round(2, money.HalfEven)
	text := commas(string(r.AppendFixed(nil, 2)))
	if r.IsZero() && !a.IsZero() {
		text += " (exact " + Signless(a.String()) + ")"
	}
	return text
}

// SignedCents is Cents with a plus before what is above zero.
func SignedCents(a money.Amount) string {
	if a.Sign() > 0 {
		return "+" + Cents(a)
	}
	return Cents(a)
}

// Signless writes the sign of the screen for the one of programs.
func Signless(s string) string { return minus(s) }

// Coins writes an amount of bitcoin as Bitcoin does, for a sentence.
func Coins(a money.Amount) string {
	var groups []string
	for _, g := range bitcoinGroups(a) {
		groups = append(groups, g.digits)
	}
	return strings.Join(groups, " ")
}

// Count writes a number of things with its thousands apart.
func Count(n int) string { return commas(itoa(n)) }

// Counted writes a number of things with their name.
func Counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// commas puts commas between thousands.
func commas(s string) string {
	whole, frac, has := strings.Cut(s, ".")
	sign := ""
	if rest, ok := strings.CutPrefix(whole, "-"); ok {
		sign, whole = "−", rest
	}
	var b strings.Builder
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if has {
		return sign + b.String() + "." + frac
	}
	return sign + b.String()
}

// Plain writes a number without anything between its digits.
func Plain(n int) string { return itoa(n) }

// SignedFiat is Fiat with a plus before what is above zero.
func SignedFiat(a money.Amount, currency string) string {
	if a.Sign() > 0 {
		return "+" + Fiat(a, currency)
	}
	return Fiat(a, currency)
}

func resultClass(a money.Amount) string {
	switch {
	case a.Sign() > 0:
		return "gain"
	case a.Sign() < 0:
		return "loss"
	default:
		return ""
	}
}

// lengthClass makes room for an amount that is long where it is set large.
func lengthClass(text string) string {
	amount, _, _ := strings.Cut(text, "\u00a0")
	switch n := len(amount); {
	case n > 18:
		return "longer"
	case n > 12:
		return "long"
	default:
		return ""
	}
}
