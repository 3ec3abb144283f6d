package statement_test

import (
	"errors"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func TestUnits(t *testing.T) {
	t.Parallel()
	var (
		plain   = statement.Numbers{}
		dash    = statement.Numbers{Dash: true}
		comma   = statement.Numbers{DecimalComma: true}
		groups  = statement.Numbers{Thousands: true}
		exp     = statement.Numbers{Exponent: true}
		dressed = statement.Numbers{Dressed: true, Thousands: true}
	)
	tests := []struct {
		name    string
		grammar statement.Numbers
		cell    string
		want    string // "" is not set
		fault   error
	}{
		{"plain", plain, "1.50", "1.5", nil},
		{"blanks_around", plain, " \u00a01.5\ufeff ", "1.5", nil},
		{"empty_is_not_set", plain, "", "", nil},
		{"blanks_are_not_set", plain, " \t", "", nil},
		{"zero_is_set", plain, "0", "0", nil},
		{"negative", plain, "-1.5", "-1.5", nil},
		{"zeros_beyond_18_decimals", plain, "1.00000000000000000000000000", "1", nil},
		{"18_decimals", plain, "0.000000000000000001", "0.000000000000000001", nil},
		{"19_decimals", plain, "0.0000000000000000001", "", statement.ErrDecimals},
		{"dash_is_no_number", plain, "-", "", money.ErrSyntax},
		{"dash_means_empty", dash, "-", "", nil},
		{"long_dash_means_empty", dash, "–", "", nil},
		{"dash_before_digits", dash, "-2", "-2", nil},
		{"group_without_leave", plain, "1,234", "", money.ErrSyntax},
		{"exponent_without_leave", plain, "1e5", "", money.ErrSyntax},
		{"sign_without_leave", plain, "$5", "", money.ErrSyntax},
		{"groups", groups, "1,234,567.89", "1234567.89", nil},
		{"groups_negative", groups, "-1,234", "-1234", nil},
		{"groups_of_two", groups, "12,34", "", statement.ErrGroups},
		{"group_of_four_first", groups, "1234,567", "", statement.ErrGroups},
		{"group_behind_the_point", groups, "1.234,567", "", statement.ErrGroups},
		{"group_of_nothing", groups, ",234", "", statement.ErrGroups},
		{"decimal_comma", comma, "1.234,56", "1234.56", nil},
		{"decimal_comma_blank_groups", comma, "1\u00a0234\u202f567,5", "1234567.5", nil},
		{"decimal_comma_apostrophes", comma, "1'234,5", "1234.5", nil},
		{"decimal_comma_wrong_groups", comma, "1.5", "", statement.ErrGroups},
		{"nothing_behind_the_point", groups, "5.", "5", nil},
		{"exponent_small", exp, "5e-05", "0.00005", nil},
		{"exponent_capital", exp, "1.5E+3", "1500", nil},
		{"exponent_zero", exp, "0E-8", "0", nil},
		{"exponent_negative", exp, "-2.5e-1", "-0.25", nil},
		{"exponent_inside", exp, "12345e-3", "12.345", nil},
		{"exponent_too_small_for_18_decimals", exp, "1e-19", "", statement.ErrDecimals},
		{"exponent_huge", exp, "1e999999999", "", statement.ErrExponent},
		{"exponent_tiny", exp, "1e-999999999", "", statement.ErrExponent},
		{"exponent_beyond_int", exp, "1e99999999999999999999", "", statement.ErrExponent},
		{"exponent_of_nothing", exp, "e5", "", money.ErrSyntax},
		{"exponent_of_words", exp, "one5", "", money.ErrSyntax},
		{"exponent_of_letters", exp, "1x2e5", "", money.ErrSyntax},
		{"39_digits", exp, "1e38", "", money.ErrRange},
		{"dollar", dressed, "$1,970.20", "1970.2", nil},
		{"euro_behind", dressed, "5.00 €", "5", nil},
		{"minus_before_the_sign", dressed, "-$2,455.00", "-2455", nil},
		{"minus_behind_the_sign", dressed, "$-2.5", "-2.5", nil},
		{"brackets_are_minus", dressed, "($20.00)", "-20", nil},
		{"real_minus", dressed, "−5 USD", "-5", nil},
		{"ticker", dressed, "0.10000000 BTC", "0.1", nil},
		{"percent", dressed, "5%", "", money.ErrSyntax},
		{"price_per", dressed, "5 USD/BTC", "", money.ErrSyntax},
		{"words", dressed, "free", "", money.ErrSyntax},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, set, err := tt.grammar.Units(tt.cell)
			if !errors.Is(err, tt.fault) || (tt.fault == nil) != (err == nil) {
				t.Fatalf("error %v, want %v", err, tt.fault)
			}
			if set != (tt.want != "") || set && a.String() != tt.want {
				t.Errorf("%s, set %v, want %q", a, set, tt.want)
			}
		})
	}
}

func TestMoneyRoundsHalfEven(t *testing.T) {
	t.Parallel()
	tests := []struct {
		cell, want string
		rounded    bool
	}{
		{"1.23", "1.23", false},
		{"0.0000000000000000005", "0", true},
		{"0.0000000000000000015", "0.000000000000000002", true},
		{"0.0000000000000000025", "0.000000000000000002", true},
		{"0.00000000000000000250000000000000000000000000001", "0.000000000000000003", true},
		{"-0.0000000000000000015", "-0.000000000000000002", true},
		{"3343.1149999999999999999999999999999999999", "3343.115", true},
		{"1.500000000000000000000000000000000000000", "1.5", false},
	}
	for _, tt := range tests {
		a, set, rounded, err := statement.Numbers{}.Money(tt.cell)
		if err != nil || !set || rounded != tt.rounded || a.String() != tt.want {
			t.Errorf("%s: %s, set %v, rounded %v, %v; want %s, rounded %v", tt.cell, a, set, rounded, err, tt.want, tt.rounded)
		}
	}
}

// Beyond 18 decimals money is what exact arithmetic rounds it to.
func moneyRounds(t *rapid.T) {
	cell := rapid.StringMatching(`-?[0-9]{1,15}\.[0-9]{1,60}`).Draw(t, "cell")
	a, _, rounded, err := statement.Numbers{}.Money(cell)
	if err != nil {
		t.Fatalf("%s: %v", cell, err)
	}
	exact, ok := new(big.Rat).SetString(cell)
	if !ok {
		t.Fatal(cell)
	}
	units := new(big.Rat).Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil)))
	want := halfEven(units)
	got, ok := new(big.Rat).SetString(a.String())
	if !ok {
		t.Fatal(a)
	}
	got.Mul(got, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(18), nil)))
	if !got.IsInt() || got.Num().Cmp(want) != 0 {
		t.Fatalf("%s: %s, want %s units of the last decimal", cell, a, want)
	}
	if rounded != (len(strings.TrimRight(cell[strings.IndexByte(cell, '.')+1:], "0")) > 18) {
		t.Fatalf("%s: rounded %v", cell, rounded)
	}
}

// halfEven rounds to a whole number.
func halfEven(r *big.Rat) *big.Int {
	two := big.NewInt(2)
	// floor((2n + d) / 2d) rounds half up; step back from odd halves.
	num := new(big.Int).Add(new(big.Int).Mul(r.Num(), two), r.Denom())
	den := new(big.Int).Mul(r.Denom(), two)
	q, rest := new(big.Int).DivMod(num, den, new(big.Int))
	if rest.Sign() == 0 && q.Bit(0) == 1 {
		q.Sub(q, big.NewInt(1))
	}
	return q
}

func TestMoneyRounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, moneyRounds)
}

func FuzzMoneyRounds(f *testing.F) { f.Fuzz(rapid.MakeFuzz(moneyRounds)) }

// A number written by a grammar's rules is the number that was written.
func grammarsAgree(t *rapid.T) {
	whole := rapid.StringMatching(`(0|[1-9][0-9]{0,14})`).Draw(t, "whole")
	decimals := rapid.StringMatching(`[0-9]{0,18}`).Draw(t, "decimals")
	plain := whole
	if decimals != "" {
		plain += "." + decimals
	}
	want, _, err := statement.Numbers{}.Units(plain)
	if err != nil {
		t.Fatal(err)
	}
	grouped := group(whole)
	check := func(n statement.Numbers, cell string) {
		if got, set, err := n.Units(cell); err != nil || !set || !got.Equal(want) {
			t.Fatalf("%+v reads %q as %s (%v), want %s", n, cell, got, err, want)
		}
	}
	check(statement.Numbers{Thousands: true}, strings.Replace(plain, whole, grouped, 1))
	swapped := strings.NewReplacer(",", ".", ".", ",").Replace(strings.Replace(plain, whole, grouped, 1))
	check(statement.Numbers{DecimalComma: true}, swapped)
	check(statement.Numbers{Dressed: true, Thousands: true}, "$"+strings.Replace(plain, whole, grouped, 1)+" USD")
	shift := len(decimals)
	check(statement.Numbers{Exponent: true}, whole+decimals+"e-"+big.NewInt(int64(shift)).String())
}

// group puts commas between groups of three digits.
func group(digits string) string {
	out := ""
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out += ","
		}
		out += string(d)
	}
	return out
}

func TestGrammarsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, grammarsAgree)
}

func FuzzGrammarsAgree(f *testing.F) { f.Fuzz(rapid.MakeFuzz(grammarsAgree)) }

// FuzzUnits: whatever a cell holds, a grammar answers with a number that has no
// more than 18 decimals, or with an error that does not quote the cell.
func FuzzUnits(f *testing.F) {
	for _, s := range []string{"1,234.5", "(5)", "1e-5", "--1", "$", "1.2.3", "٣"} {
		f.Add(s, uint8(31))
	}
	f.Fuzz(func(t *testing.T, cell string, flags uint8) {
		n := statement.Numbers{DecimalComma: flags&1 != 0, Thousands: flags&2 != 0, Exponent: flags&4 != 0, Dressed: flags&8 != 0, Dash: flags&16 != 0}
		a, set, err := n.Units(cell)
		switch {
		case err != nil && set, !set && !a.IsZero():
			t.Fatalf("%q: %s, set %v, %v", cell, a, set, err)
		case err == nil && a.Decimals() > statement.MaxDecimals:
			t.Fatalf("%q: %d decimals", cell, a.Decimals())
		case err != nil && len(cell) > 12 && strings.Contains(err.Error(), cell):
			t.Fatalf("%q: the error quotes it: %v", cell, err)
		}
	})
}
