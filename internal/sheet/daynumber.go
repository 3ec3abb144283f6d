package sheet

import (
	"math/bits"
	"strconv"
	"strings"
	"time"
)

// dateForm is what of a day number a cell style shows.
type dateForm uint8

const (
	notDate dateForm = iota
	dateOnly
	timeOnly
	dateAndTime
)

// builtinForm gives the form of the number formats that every workbook has
// without saying so, by their id.
func builtinForm(id string) dateForm {
	switch id {
	case "14", "15", "16", "17", "27", "28", "29", "30", "31", "34", "35", "36",
		"50", "51", "52", "53", "54", "55", "56", "57", "58":
		return dateOnly
	case "18", "19", "20", "21", "32", "33", "45", "47":
		return timeOnly
	case "22":
		return dateAndTime
	}
	return notDate
}

// formOf reads a number format such as "yyyy-mm-dd hh:mm" or `#,##0.00 "USD"`.
// A length of time, such as "[h]:mm", is a number.
func formOf(code string) dateForm {
	day, clock := false, false
	for i := 0; i < len(code); i++ {
		switch c := code[i] | 0x20; {
		case code[i] == ';':
			i = len(code)
		case code[i] == '"':
			i = behind(code, i+1, '"')
		case code[i] == '\\' || code[i] == '_' || code[i] == '*':
			i++
		case code[i] == '[':
			end := behind(code, i+1, ']')
			if in := strings.ToLower(code[i+1 : end]); in != "" && strings.Trim(in, in[:1]) == "" && strings.IndexByte("hms", in[0]) >= 0 {
				return notDate
			}
			i = end
		case c == 'y' || c == 'd':
			day = true
		case c == 'h':
			clock = true
		case c == 's':
			clock = true
			if strings.HasPrefix(code[i+1:], ".0") {
				i = len(code) - len(strings.TrimLeft(code[i+2:], "0")) - 1
			}
		case code[i] == '0' || code[i] == '#' || code[i] == '?':
			return notDate // a place for a digit: the letters are a unit
		}
	}
	switch {
	case day && clock:
		return dateAndTime
	case day:
		return dateOnly
	case clock:
		return timeOnly
	}
	return notDate
}

// behind gives the place of c in s at or behind from, or the end of s.
func behind(s string, from int, c byte) int {
	if i := strings.IndexByte(s[from:], c); i >= 0 {
		return from + i
	}
	return len(s)
}

const (
	dayMillis = 24 * 60 * 60 * 1000
	lastDay   = 2_958_465 // 9999-12-31
)

// dayText gives a day number as date, time or both, to the millisecond, which
// is what Excel keeps. What the number holds is shown even if the style hides it:
// a time of day behind a date, a date in front of a time. It is not ok for what
// is no day number.
func dayText(number string, form dateForm, since04 bool) (string, bool) {
	millis, ok := dayNumber(number)
	if !ok {
		return "", false
	}
	days, rest := millis/dayMillis, millis%dayMillis
	day := time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	switch {
	case since04 || form == timeOnly && days == 0:
	case days > 60:
		day = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	case days > 0 && days < 60:
		day = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)
	default:
		return "", false // 1900-01-00 and 1900-02-29, which exist in Excel only
	}
	at := day.AddDate(0, 0, int(days)).Add(time.Duration(rest) * time.Millisecond)
	clock := at.Format("15:04:05.000")
	clock = strings.TrimSuffix(clock, ".000")
	switch {
	case days == 0 && form == timeOnly:
		return clock, true
	case rest == 0 && form == dateOnly:
		return at.Format("2006-01-02"), true
	}
	return at.Format("2006-01-02 ") + clock, true
}

// dayNumber gives a day number such as 44245.18498 or 4.4245E4 in milliseconds,
// rounded half up. Digits behind the fifteenth of a day's fraction stand for less
// than a nanosecond and are cut off.
func dayNumber(s string) (int64, bool) {
	const places = 15
	whole, part, ok := plain(s)
	if !ok {
		return 0, false
	}
	days, err := strconv.ParseInt("0"+whole, 10, 64)
	if err != nil || days > lastDay {
		return 0, false
	}
	part = (part + strings.Repeat("0", places))[:places]
	fraction, err := strconv.ParseUint(part, 10, 64)
	if err != nil {
		return 0, false
	}
	const unit = 1_000_000_000_000_000 // 10 to the power of places
	high, low := bits.Mul64(fraction, dayMillis)
	low, carry := bits.Add64(low, unit/2, 0)
	rest, _ := bits.Div64(high+carry, low, unit)
	millis := days*dayMillis + int64(rest) //nolint:gosec // rest is at most a day
	return millis, millis < (lastDay+1)*dayMillis
}

// plain writes a decimal number without exponent: its digits in front of the
// point and those behind it.
func plain(s string) (whole, part string, ok bool) {
	mantissa, exponent, scaled := strings.Cut(strings.ToUpper(s), "E")
	whole, part, _ = strings.Cut(mantissa, ".")
	if len(mantissa) > 40 || len(exponent) > 3 || whole+part == "" || strings.Trim(whole+part, "0123456789") != "" {
		return "", "", false
	}
	if !scaled {
		return whole, part, true
	}
	shift, err := strconv.Atoi(exponent)
	if err != nil {
		return "", "", false
	}
	zeros := strings.Repeat("0", max(shift, -shift))
	whole, part = zeros+whole, part+zeros
	point := len(whole) + shift
	digits := whole + part
	return digits[:point], digits[point:], true
}
