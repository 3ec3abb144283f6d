package report

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// ruleWords says in words how a rule answers for units.
func ruleWords(r tax.Rule) string {
	switch r {
	case tax.RuleMissing:
		return "nothing covers these units, so they count at cost 0"
	case tax.RuleSameDay:
		return "units acquired on the day of the disposal"
	case tax.RuleThirtyDay:
		return "units acquired in the 30 days after the disposal"
	case tax.RuleTenDay:
		return "units acquired in the 10 days before the disposal"
	case tax.RulePool:
		return "their share in the cost of the Section 104 pool"
	case tax.RuleFIFO:
		return "first in, first out"
	case tax.RuleLIFO:
		return "last in, first out"
	case tax.RuleHIFO:
		return "highest cost per unit first"
	case tax.RuleLOFO:
		return "lowest cost per unit first"
	case tax.RuleSpecific:
		return "the lot that was named for this disposal"
	case tax.RuleAverage:
		return "their share in the cost of all units held"
	case tax.RuleACB:
		return "their share in the adjusted cost base of all units held"
	case tax.RuleFourWeek:
		return "units acquired in the four weeks before the disposal"
	default:
		return r.String()
	}
}

// basisWords says what a grade of basis means, or nothing if all is known.
func basisWords(b tax.Basis) string {
	switch b {
	case tax.BasisAssumed:
		return "The cost rests on an acquisition without a known value, which counts at 0."
	case tax.BasisPartial:
		return "No acquisition covers part of these units; that part counts at cost 0."
	case tax.BasisMissing:
		return "No acquisition covers these units; they count at cost 0."
	default:
		return ""
	}
}

// IssueTitle returns the title of an issue for people.
func IssueTitle(code string) string {
	title, _ := advice(code)
	return title
}

// advice returns the title of an issue and what to do about it, or only its
// code if it is not known here.
func advice(code string) (title, next string) {
	switch code {
	case "basis.missing":
		return "No purchase found", "Add the file that shows how the units came, or an opening row with their date and cost."
	case "price.missing":
		return "No value known", "Put the value into the row (value_amount), or give prices: --prices FILE.csv."
	case "price.outlier":
		return "Price looks wrong", "Compare the value of the row with a price of that day."
	case "neg.balance":
		return "Goes below zero", "Add the file that is missing, or put rows of the same time into their true order."
	case "balance.diff":
		return "Balance differs", "Compare with what is reported; add the statement that is missing, or correct what is wrong."
	case "xfer.unmatched_out":
		return "Unmatched withdrawal", "Sent to yourself: add the file of the account that received it. Sold, spent or given away: say so in a row of that type."
	case "xfer.unmatched_in":
		return "Unmatched deposit", "Sent by yourself: add the file of the account that sent it. Bought, earned or received as a gift: say so in a row of that type."
	case "dup.probable":
		return "Possible duplicate", "Take one of the two rows out if they are the same trade."
	case "type.unknown":
		return "Unknown type", "Say what the row is: a row of Ledgersys CSV in its place."
	case "time.doubt":
		return "Doubt about time", "Name the zone of the file: --tz FILE=ZONE."
	case "fee.ambiguous":
		return "Fee counted twice?", "Check whether the amount of the row holds the fee already."
	case "link.stale":
		return "Data is stale", "Fetch again, or add a file."
	case "form.unknown":
		return "Broker's form not given", "If a Form 1099-DA came, give it: --form-1099da FILE.csv. Else nothing is to do."
	case "zone.default":
		return "Tax zone not given", "If you lived in another zone, name it: --timezone ZONE."
	}
	return code, ""
}

// figureLabel returns a key of a year's totals in words: "st" is short-term,
// "gains_to_2024_10_29" is gains to 2024-10-29.
func figureLabel(key string) string {
	switch key {
	case "st":
		return "short-term"
	case "lt":
		return "long-term"
	}
	digit := func(i int) bool { return i >= 0 && i < len(key) && key[i] >= '0' && key[i] <= '9' }
	b := []byte(key)
	for i := range b {
		switch {
		case b[i] == '_' && digit(i-1) && digit(i+1):
			b[i] = '-'
		case b[i] == '_':
			b[i] = ' '
		}
	}
	return string(b)
}

// figureText returns a figure of a year's totals; those that may be a loss bear
// a sign.
func figureText(key string, a money.Amount) string {
	if key == "net" || key == "st" || key == "lt" || strings.HasSuffix(key, "_gain") {
		return signed(a)
	}
	return fiat(a)
}

// answerText returns a cell of an answer: a figure, or a word as it is.
func answerText(c tax.Cell) string {
	if a, err := money.Parse(c.Text); err == nil {
		return figureText(c.Key, a)
	}
	return c.Text
}
