package web

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// noCard refuses a form or a call that holds the number of a payment card in
// any of its fields: it is neither kept nor logged. Files are statements, whose
// ids may look the same, and webhooks are refused by their signature.
func noCard(c echo.Context, row *route) error {
	r := c.Request()
	if safe(r.Method) || row.limits.raw {
		return nil
	}
	switch kind := mediaType(r); {
	case kind == "application/x-www-form-urlencoded":
		for _, values := range r.PostForm {
			for _, text := range values {
				if cardNumber(text) {
					return errCard()
				}
			}
		}
	case kind == "application/json" || strings.HasSuffix(kind, "+json"):
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return cutShort(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if cardInJSON(body) {
			return errCard()
		}
	}
	return nil
}

// cardInJSON looks at every text and number of a JSON body, as far as it is
// one.
func cardInJSON(body []byte) bool {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return false // the end, or what the operation will refuse
		}
		switch v := token.(type) {
		case string:
			if cardNumber(v) {
				return true
			}
		case json.Number:
			if cardNumber(v.String()) {
				return true
			}
		}
	}
}

// cardNumber reports whether a text holds the number of a payment card: 13 to
// 19 digits of an issuer's range, perhaps with blanks or dashes between, that
// pass Luhn's check. Digits that letters touch are part of an id: of four thousand
// ids in hexadecimal one would look like a card otherwise.
func cardNumber(text string) bool {
	var digits []byte
	word := false // a letter stands right before the digits
	for _, r := range text + "." {
		switch {
		case r >= '0' && r <= '9':
			digits = append(digits, byte(r))
		case (r == ' ' || r == '-') && len(digits) > 0:
		default:
			letter := unicode.IsLetter(r)
			if !word && !letter && issued(string(digits)) && luhn(digits) {
				return true
			}
			digits, word = digits[:0], letter
		}
	}
	return false
}

// issued reports whether digits are of a range from which cards are issued.
func issued(digits string) bool {
	n := len(digits)
	if n < 13 || n > 19 {
		return false
	}
	first := digits[:4]
	switch {
	case first[0] == '4':
		return n == 13 || n == 16 || n == 19
	case first >= "5100" && first <= "5599", first >= "2221" && first <= "2720":
		return n == 16
	case first[:2] == "34", first[:2] == "37":
		return n == 15
	case first[:2] == "36", first[:2] == "38", first >= "3000" && first <= "3059":
		return n >= 14
	case first[:2] == "35", first == "6011", first[:2] == "62", first >= "6440" && first <= "6599":
		return n >= 16
	case first[:2] == "50", first >= "5600" && first <= "6999":
		return n >= 16
	}
	return false
}

func luhn(digits []byte) bool {
	sum := 0
	for i := range digits {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// errCard refuses a card's number, which is neither kept nor logged.
func errCard() error {
	return fault.Coded(fault.Invalid, "card_number_refused", nil, "That looks like the number of a card. It was not stored. Cards are given on Stripe's own page only.")
}
