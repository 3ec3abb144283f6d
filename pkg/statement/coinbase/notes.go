package coinbase

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Notes are written for people, but for some rows the truth stands only there.
// The sentences that are understood:
//
//	Bought 0.5 SOL for €95.57 EUR
//	Bought 0.5 SOL for 95.57 EUR using EUR Wallet
//	Sold 0.5 SOL for 94.43 EUR on SOL-EUR
//	Sold 0.5 SOL for 94.43 EUR on SOL-EUR at 190 EUR/SOL
//	Converted 0.05 BTC to 1,451.2 USDC
//	Sent 0.5 BTC to …

// tradeNote is "Bought … for …" or "Sold … for …". The cost is what was paid
// with the fee, or what was received without it.
type tradeNote struct {
	verb     string
	amount   money.Amount
	code     string
	cost     money.Amount
	quote    string
	price    money.Amount // of one unit in quote
	hasPrice bool
}

func parseTrade(notes string) (tradeNote, bool) {
	w := fields(notes)
	if len(w) < 6 || w[0] != "Bought" && w[0] != "Sold" || w[3] != "for" {
		return tradeNote{}, false
	}
	n := tradeNote{verb: w[0], code: w[2]}
	var ok bool
	if n.amount, ok = units(w[1]); !ok {
		return n, false
	}
	w = w[4:]
	if !strings.ContainsAny(w[0], "0123456789") { // a currency sign by itself
		if len([]rune(w[0])) > 3 || len(w) < 3 {
			return n, false
		}
		w = w[1:]
	}
	if n.cost, ok = dressed(w[0]); !ok || !isCode(w[1]) {
		return n, false
	}
	n.quote = w[1]
	return n, n.market(w[2:])
}

// market reads what follows the amounts: nothing, the means of payment, or
// the market and perhaps the price.
func (n *tradeNote) market(w []string) bool {
	switch {
	case len(w) == 0:
		return true
	case w[0] == "using":
		return len(w) > 1
	case len(w) != 2 && len(w) != 5, w[0] != "on", w[1] != n.code+"-"+n.quote:
		return false
	case len(w) == 2:
		return true
	case w[2] != "at" || w[4] != n.quote+"/"+n.code:
		return false
	}
	n.price, n.hasPrice = units(w[3])
	return n.hasPrice && n.price.Sign() > 0
}

// convertNote is "Converted … to …".
type convertNote struct {
	from, to         money.Amount
	fromCode, toCode string
}

func parseConvert(notes string) (convertNote, bool) {
	w := fields(notes)
	if len(w) != 6 || w[0] != "Converted" || w[3] != "to" || !isCode(w[2]) || !isCode(w[5]) {
		return convertNote{}, false
	}
	from, ok := units(w[1])
	to, okTo := units(w[4])
	return convertNote{from: from, to: to, fromCode: Asset(w[2]), toCode: Asset(w[5])}, ok && okTo
}

// parseSent reads what arrives at the address of a Send.
func parseSent(notes string) (amount money.Amount, code string, ok bool) {
	w := fields(notes)
	if len(w) < 3 || w[0] != "Sent" || len(w) > 3 && w[3] != "to" {
		return money.Amount{}, "", false
	}
	amount, ok = units(w[1])
	return amount, Asset(w[2]), ok
}

// fields splits a sentence at its blanks and drops the full stop.
func fields(notes string) []string {
	return strings.Fields(strings.TrimSuffix(strings.TrimSpace(notes), "."))
}

func isCode(w string) bool {
	for _, c := range w {
		if c >= 'a' && c <= 'z' || c == '$' || c == '€' || c == '£' {
			return false
		}
	}
	return w != "" && !strings.ContainsAny(w, "/-,.")
}

// units reads a number that may have thousands separators. "0,125" is a
// decimal comma and no number here.
func units(w string) (money.Amount, bool) {
	if strings.HasPrefix(w, ".") {
		w = "0" + w
	}
	if w == "" || w[0] < '0' || w[0] > '9' || strings.HasPrefix(w, "0,") {
		return money.Amount{}, false
	}
	a, set, err := statement.Numbers{Thousands: true, Exponent: true}.Units(w)
	return a, set && err == nil && a.Cmp(limit) < 0
}

// dressed reads a number with a currency sign around it.
func dressed(w string) (money.Amount, bool) {
	first := strings.IndexAny(w, ".0123456789")
	last := strings.LastIndexAny(w, "0123456789")
	if first < 0 || last < first || strings.ContainsAny(w[:first]+w[last+1:], "-−()/%") {
		return money.Amount{}, false
	}
	return units(w[first : last+1])
}
