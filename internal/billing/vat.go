package billing

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// euNumbers are the forms of the VAT numbers of the countries of the EU, behind
// their two letters, by Regulation (EU) 904/2010 as the Commission lists them:
// 9 is a digit, L a letter, X either. One that has the form need not exist:
// nobody is asked here.
var euNumbers = map[string][]string{
	"AT": {"U99999999"}, "BE": {"9999999999"}, "BG": {"999999999", "9999999999"}, "CY": {"99999999L"}, "CZ": {"99999999", "999999999", "9999999999"},
	"DE": {"999999999"}, "DK": {"99999999"}, "EE": {"999999999"}, "EL": {"999999999"}, "ES": {"X9999999X"}, "FI": {"99999999"}, "FR": {"XX999999999"},
	"HR": {"99999999999"}, "HU": {"99999999"}, "IE": {"9X99999L", "9999999LL"}, "IT": {"99999999999"}, "LT": {"999999999", "999999999999"}, "LU": {"99999999"},
	"LV": {"99999999999"}, "MT": {"99999999"}, "NL": {"999999999B99"}, "PL": {"9999999999"}, "PT": {"999999999"},
	"RO": {"99", "999", "9999", "99999", "999999", "9999999", "99999999", "999999999", "9999999999"}, "SE": {"999999999999"}, "SI": {"99999999"}, "SK": {"9999999999"},
}

// euCountry returns the country of a VAT number of the EU, "" if it has not the
// form of one.
func euCountry(number string) string {
	number = strings.NewReplacer(" ", "", ".", "", "-", "").Replace(strings.ToUpper(number))
	if len(number) < 2 {
		return ""
	}
	for _, form := range euNumbers[number[:2]] {
		if fits(number[2:], form) {
			return number[:2]
		}
	}
	return ""
}

// fits reports whether a text has a form.
func fits(text, form string) bool {
	if len(text) != len(form) {
		return false
	}
	for i := range len(text) {
		digit, letter := text[i] >= '0' && text[i] <= '9', text[i] >= 'A' && text[i] <= 'Z'
		switch form[i] {
		case '9':
			if !digit {
				return false
			}
		case 'L':
			if !letter {
				return false
			}
		case 'X':
			if !digit && !letter {
				return false
			}
		default:
			if text[i] != form[i] {
				return false
			}
		}
	}
	return true
}

// reversed reports whether a buyer owes the tax itself: seller and buyer have
// VAT numbers of two countries of the EU, and there is a tax (article 196 of
// Directive 2006/112/EC).
func (s *Seller) reversed(b *Buyer) bool {
	from, to := euCountry(s.TaxNumber), euCountry(b.TaxNumber)
	return s.TaxRate.Sign() > 0 && from != "" && to != "" && from != to
}

// decides is the VAT number of a buyer because of which it owes the tax itself;
// "" if it does not.
func (s *Seller) decides(b *Buyer) string {
	if !s.reversed(b) {
		return ""
	}
	return b.TaxNumber
}

// asks is what a plan costs a buyer: its price without the tax in it where the
// buyer owes that itself.
func (s *Seller) asks(price money.Amount, b *Buyer) (asked money.Amount, reversed bool) {
	if reversed = s.reversed(b); reversed {
		price = price.Sub(contained(price, s.TaxRate))
	}
	return price, reversed
}
