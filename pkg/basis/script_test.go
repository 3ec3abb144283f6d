package basis

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// The cases of these tests are scripts, one step a line, with what the step
// must give behind an arrow. Units are those of the coin BTC; a lot is named
// by the number of its purchase, from 1, or by its date.
//
//	buy DATE UNITS COST [ACCOUNT]     a purchase; COST ? is unknown and taken as 0
//	gift DATE UNITS COST VALUE        a gift worth VALUE in all
//	sell UNITS [ACCOUNT]              -> the pieces taken, in order
//	sell UNITS from DATE [ACCOUNT]    the same, purchases from DATE on first
//	lots N:UNITS … [ACCOUNT]          -> the pieces of the purchases named
//	move UNITS FROM TO [from DATE]    -> what was not there to move
//	split RATIO [ACCOUNT]
//	fork UNITS VALUE TOVALUE [ACCOUNT] units of the new coin BCH
//	pour ORDER ACCOUNT:UNITS …        -> the difference to what is held
//	separate                          accounts stand for themselves from now on
//	left [COIN]                       -> what is held, by account
//
// A piece prints as UNITS of DATE at COST.
type script struct {
	t      *testing.T
	held   *Holdings
	events int32
}

func run(t *testing.T, c Config, text string) {
	t.Helper()
	s := &script{t: t, held: NewHoldings(c)}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		step, want, checked := strings.Cut(strings.TrimSpace(line), "->")
		got := s.step(strings.Fields(step))
		if want = strings.Join(strings.Fields(want), " "); checked && got != want {
			t.Errorf("%s\n got %s\nwant %s", strings.TrimSpace(step), got, want)
		}
	}
}

// word returns the n-th word of a step, or "".
func word(w []string, n int) string {
	if n < len(w) {
		return w[n]
	}
	return ""
}

func amt(s string) money.Amount {
	if s == "" || s == "?" {
		return money.Amount{}
	}
	return money.MustParse(s)
}

func date(s string) ledger.Date {
	d, err := ledger.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func (s *script) step(w []string) string {
	switch w[0] {
	case "buy", "gift":
		s.events++
		l := Lot{Quantity: amt(w[2]), Cost: amt(w[3]), Date: date(w[1]), Event: s.events, Assumed: w[3] == "?"}
		account := word(w, 4)
		if w[0] == "gift" {
			l.Gift, account = &Gift{Value: amt(w[4]), Date: date(w[1])}, ""
		}
		s.held.Acquire("BTC", account, l)
	case "sell":
		if word(w, 2) == "from" {
			return s.recent(w)
		}
		return pieces(s.held.Take("BTC", word(w, 2), amt(w[1])))
	case "lots":
		return s.named(w[1:])
	case "move":
		from := ledger.Date(0)
		if word(w, 4) == "from" {
			from = date(w[5])
		}
		return s.held.Move("BTC", w[2], w[3], amt(w[1]), from).String()
	case "split":
		s.held.Split("BTC", word(w, 2), amt(w[1]))
	case "fork":
		s.events++
		s.held.Fork("BTC", ForkTerms{
			To: "BCH", Amount: amt(w[1]), Value: amt(w[2]), ToValue: amt(w[3]), Account: word(w, 4), Home: word(w, 4),
			Event: s.events, Date: ledger.NewDate(2024, time.December, 31),
		})
	case "pour":
		return s.pour(w)
	case "separate":
		s.held.Separate()
	case "left":
		coin := "BTC"
		if len(w) > 1 {
			coin = w[1]
		}
		return s.left(coin)
	default:
		s.t.Fatalf("no such step: %s", w[0])
	}
	return ""
}

func (s *script) recent(w []string) string {
	list, recent, missing := s.held.TakeRecent("BTC", word(w, 4), amt(w[1]), date(w[3]))
	return strings.TrimSpace(fmt.Sprintf("%s (%d recent)", pieces(list, missing), recent))
}

func (s *script) named(w []string) string {
	var refs []Ref
	account := ""
	for _, part := range w {
		lot, units, ok := strings.Cut(part, ":")
		if !ok {
			account = part
			continue
		}
		refs = append(refs, Ref{Event: int32(lot[0] - '0'), Amount: amt(units)})
	}
	return pieces(s.held.TakeLots("BTC", account, refs))
}

func (s *script) pour(w []string) string {
	order, ok := ParseOrder(w[1])
	if !ok {
		s.t.Fatalf("no such order: %s", w[1])
	}
	var shares []ledger.Share
	for _, part := range w[2:] {
		account, units, _ := strings.Cut(part, ":")
		shares = append(shares, ledger.Share{Account: account, Amount: amt(units)})
	}
	return s.held.Allocate("BTC", order, shares).String()
}

func (s *script) left(coin string) string {
	var out []string
	for h := range s.held.Remaining() {
		if h.Asset != coin {
			continue
		}
		text := pieces(slices.Collect(h.Lots), money.Amount{})
		if h.Account != "" {
			text = h.Account + ": " + text
		}
		out = append(out, text)
	}
	if len(out) == 0 {
		return "nothing"
	}
	return strings.Join(out, "; ")
}

func pieces(list []Lot, missing money.Amount) string {
	var out []string
	for _, l := range list {
		text := fmt.Sprintf("%s of %s at %s", l.Quantity, l.Date, l.Cost)
		if l.Assumed {
			text += " assumed"
		}
		if l.Fork {
			text += " forked"
		}
		if l.Gift != nil {
			text += fmt.Sprintf(" (worth %s on %s)", l.Gift.Value, l.Gift.Date)
		}
		out = append(out, text)
	}
	if !missing.IsZero() {
		out = append(out, missing.String()+" missing")
	}
	return strings.Join(out, ", ")
}
