package tax_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// story is a case that can be read aloud. Who says country and method, and
// options as JSON if there are any. An event is a line: time, type, amount and
// asset, then fields of Ledger JSON as name=value; a swap or fork also has
// to=AMOUNT:ASSET, named lots are lots=ID:AMOUNT,…, shares of an allocation
// accounts=NAME:AMOUNT,…. Events are called e1, e2 and so on.
//
// What comes of it is lines as well:
//
//	DATE TYPE AMOUNT ASSET [@ACCOUNT]: proceeds - fees - cost = gain [facts]
//	by RULE [DATE] AMOUNT: proceeds - fees - cost = gain [facts]
//	income DATE AMOUNT ASSET: value kind
//	year LABEL: disposals, proceeds - fees - cost, gains, losses, further keys
//	left ASSET [@ACCOUNT]: amount at cost [lots]
//	SEVERITY CODE DATE
//
// Only kinds of lines that the wanted text has are compared, but of those all;
// "no issue" and the like want none of a kind. The question that every sale in
// the United States raises (form.unknown) is left out.
type story struct {
	who    string
	events string
	want   string
	prices prices
}

// prices are those of one unit, by "BTC EUR", or of one date, by "BTC EUR 2024-01-01".
type prices map[string]string

func (p prices) Price(asset, currency string, _ ledger.Instant, date ledger.Date) (money.Amount, bool) {
	for _, key := range []string{asset + " " + currency + " " + date.String(), asset + " " + currency} {
		if v, ok := p[key]; ok {
			return money.MustParse(v), true
		}
	}
	return money.Amount{}, false
}

// tell runs stories by their names.
func tell(t *testing.T, stories map[string]story) {
	t.Helper()
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := s.input(t)
			ret, err := tax.Calculate(in)
			if err != nil {
				t.Fatal(err)
			}
			checkStory(t, show(ret), s.want)
		})
	}
}

// input makes the engine's input, by way of Ledger JSON.
func (s story) input(t *testing.T) tax.Input {
	t.Helper()
	in, err := input(s.document(t))
	if err != nil {
		t.Fatal(err)
	}
	if s.prices != nil {
		in.Prices = s.prices
	}
	return in
}

// document is the story as Ledger JSON, an event a line from line 2 on.
func (s story) document(t *testing.T) []byte {
	t.Helper()
	w := strings.SplitN(s.who, " ", 3)
	if w[0] == "XX" {
		w[0] = "GENERIC"
	}
	r := countries()[w[0]]
	if r == nil {
		t.Fatalf("no such country: %s", s.who)
	}
	currency, options := r.Currency, "{}"
	if currency == "" {
		currency = "EUR"
	}
	if len(w) > 2 {
		options = w[2]
	}
	var b strings.Builder
	fmt.Fprintf(&b, `{"schema":1,"jurisdiction":%q,"method":%q,"currency":%q,"timezone":%q,"options":%s,"events":[`, w[0], w[1], currency, r.Zone, options)
	n := 0
	for line := range strings.SplitSeq(s.events, "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if n++; n > 1 {
			b.WriteByte(',')
		}
		event, err := json.Marshal(eventOf(line, fmt.Sprintf("e%d", n)))
		if err != nil {
			t.Fatal(err)
		}
		b.WriteString("\n" + string(event))
	}
	b.WriteString("\n]}")
	return []byte(b.String())
}

func eventOf(line, id string) map[string]any {
	w := strings.Fields(line)
	e := map[string]any{"id": id, "time": w[0], "type": w[1], "asset": w[2]}
	rest := w[3:]
	if len(w) > 3 && !strings.Contains(w[3], "=") {
		e["amount"], e["asset"], rest = w[2], w[3], w[4:]
	}
	for _, part := range rest {
		key, value, _ := strings.Cut(part, "=")
		switch key {
		case "to":
			e["to_amount"], e["to_asset"], _ = strings.Cut(value, ":")
		case "lots", "accounts":
			var list []map[string]string
			for share := range strings.SplitSeq(value, ",") {
				name, amount, _ := strings.Cut(share, ":")
				list = append(list, map[string]string{key[:len(key)-1]: name, "amount": amount})
			}
			e[key] = list
		default:
			e[key] = value
		}
	}
	return e
}

// show writes a return as lines.
func show(r *tax.Return) []string {
	var out []string
	for i := range r.Disposals {
		out = append(out, showDisposal(r, &r.Disposals[i])...)
	}
	for _, in := range r.Income {
		value := in.Value.String()
		if in.Unknown {
			value = "?"
		}
		out = append(out, fmt.Sprintf("income %s %s %s: %s %s", in.Date, in.Amount, in.Asset, value, in.Kind))
	}
	for i := range r.Years {
		out = append(out, showYear(&r.Years[i]))
	}
	for _, h := range r.Remaining {
		out = append(out, showHolding(h))
	}
	for _, i := range r.Issues {
		if i.Code == "form.unknown" {
			continue
		}
		text := fmt.Sprintf("%s %s %s", i.Severity, i.Code, i.Date)
		if i.Stake {
			text += fmt.Sprintf(" from %s to %s", i.Low, i.High)
		}
		out = append(out, strings.TrimSpace(text))
	}
	for _, kind := range kindsOfLine { // so that "none of these" can be wanted
		found := false
		for _, line := range out {
			found = found || kindOfLine(line) == kind
		}
		if !found {
			out = append(out, "no "+kind)
		}
	}
	return out
}

// figures writes a result as its arithmetic.
func figures(known bool, proceeds, fees, cost money.Amount) string {
	if !known {
		return fmt.Sprintf("? - %s - %s = ?", fees, cost)
	}
	return fmt.Sprintf("%s - %s - %s = %s", proceeds, fees, cost, proceeds.Sub(fees).Sub(cost))
}

func showDisposal(r *tax.Return, d *tax.Disposal) []string {
	text := fmt.Sprintf("%s %s %s %s", d.Date, d.Kind, d.Amount, d.Asset)
	if d.Account != "" && d.Account != ledger.DefaultAccount {
		text += " @" + d.Account
	}
	text += ": " + figures(!d.Unknown, d.Proceeds, d.Fees, d.Cost)
	if !d.Taxable {
		text += " not taxable"
	}
	if d.Basis != tax.BasisKnown {
		text += " " + d.Basis.String()
	}
	if !d.Denied.IsZero() {
		text += " denied " + d.Denied.String()
	}
	if !d.Restricted.IsZero() {
		text += " restricted " + d.Restricted.String()
	}
	out := []string{text}
	for i := range d.Legs {
		l := &d.Legs[i]
		text := "by " + l.Rule.String()
		if l.Acquired != 0 {
			text += " " + l.Acquired.String()
		}
		text += fmt.Sprintf(" %s: %s", l.Amount, figures(!d.Unknown, l.Proceeds, l.Fees, l.Cost))
		text += strings.TrimRight([]string{"", " " + r.Rules.ShortTerm, " " + r.Rules.LongTerm}[l.Term], " ")
		if x := l.Restricted(); !x.IsZero() {
			text += " restricted " + x.String()
		}
		out = append(out, text)
	}
	return out
}

func showYear(y *tax.Year) string {
	text := fmt.Sprintf("year %s: %d, %s - %s - %s, gains %s, losses %s", y.Label, y.Disposals, y.Proceeds, y.Fees, y.Cost, y.Gains, y.Losses)
	if y.HasIncome {
		text += ", income " + y.Income.String()
	}
	for _, f := range y.Extra {
		text += fmt.Sprintf(", %s %s", f.Key, f.Amount)
	}
	for _, c := range y.Answers {
		text += fmt.Sprintf(", %s=%s", c.Key, c.Text)
	}
	return text
}

func showHolding(h tax.Holding) string {
	text := "left " + h.Asset
	if h.Account != "" && h.Account != ledger.DefaultAccount {
		text += " @" + h.Account
	}
	text += fmt.Sprintf(": %s at %s", h.Amount, h.Cost)
	for _, l := range h.Lots {
		text += fmt.Sprintf(", %s of %s at %s", l.Amount, l.Acquired, l.Cost)
	}
	return text
}

// kindsOfLine are the kinds of lines in the order in which they come.
var kindsOfLine = []string{"disposal", "leg", "income", "year", "holding", "issue"}

func kindOfLine(line string) string {
	first, rest, _ := strings.Cut(line, " ")
	switch first {
	case "by":
		return "leg"
	case "income", "year":
		return first
	case "left":
		return "holding"
	case "error", "warning", "info":
		return "issue"
	case "no":
		return rest
	}
	return "disposal"
}

// checkStory compares the lines of those kinds that are wanted.
func checkStory(t *testing.T, got []string, want string) {
	t.Helper()
	wanted := map[string]bool{}
	var lines []string
	for line := range strings.SplitSeq(want, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
			wanted[kindOfLine(line)] = true
		}
	}
	of := slices.DeleteFunc(slices.Clone(got), func(line string) bool { return !wanted[kindOfLine(line)] })
	if g, w := inOrder(of), inOrder(lines); g != w {
		t.Errorf("got\n%s\nwant\n%s\nall of it\n%s", g, w, strings.Join(got, "\n"))
	}
}

// inOrder puts lines in the order of their kinds; legs stay with their
// disposals.
func inOrder(lines []string) string {
	place := func(line string) int { return max(slices.Index(kindsOfLine, kindOfLine(line)), 1) }
	slices.SortStableFunc(lines, func(a, b string) int { return place(a) - place(b) })
	return strings.Join(lines, "\n")
}
