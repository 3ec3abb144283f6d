package binance

import (
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// rule says what a row that stands alone becomes and which sign its Change
// must have. The word decides; the sign only has to agree.
type rule struct {
	kind statement.Type
	in   bool
}

var rules = map[statement.Class]rule{
	statement.ClassDeposit:    {statement.Deposit, true},
	statement.ClassWithdrawal: {statement.Withdrawal, false},
	statement.ClassIncome:     {statement.Income, true},
	statement.ClassRebate:     {statement.Income, true},
	statement.ClassSpend:      {statement.Spend, false},
}

// single gives a row that needs no other row its outcome.
//
// The Change of a withdrawal contains the network fee where Remark says so;
// how much of it was the fee is not in the file, so all of it leaves.
func (s *sheet) single(r *row) {
	rule, ok := rules[r.op.Class]
	if !ok {
		s.still(r)
		return
	}
	if rule.in != (r.change.Sign() > 0) {
		s.hold(r.line, s.columns.name(s.columns.change), rule.signFault(r.word))
		return
	}
	if r.op.Class == statement.ClassIncome && receipt(r.coin) {
		s.hold(r.line, s.columns.name(s.columns.coin),
			"receipt token of savings: without the coin that it stands for in the same second, interest and deposit look alike")
		return
	}
	e := statement.Entry{At: r.at, Type: rule.kind, Label: r.op.Label}
	q := statement.Quantity{Amount: r.change.Abs(), Asset: r.coin}
	switch {
	case rule.in:
		e.Received = q
	case rule.kind == statement.Spend && q.Fiat():
		e.Type, e.Sent = statement.Withdrawal, q // money paid with a card has no tax effect
	default:
		e.Sent = q
	}
	s.add([]int{r.line}, e)
}

// still handles the rows that change no holding, and those that need a person.
func (s *sheet) still(r *row) {
	if r.op.Class == statement.ClassInternal && !r.op.cancels {
		s.ignore(r.line, r.op.Why)
		return
	}
	s.hold(r.line, s.columns.name(s.columns.operation), r.op.Why)
}

func (x rule) signFault(word string) string {
	sign := "a minus sign"
	if x.in {
		sign = "no minus sign"
	}
	return `the sign does not fit "` + word + `", which has ` + sign + `: it may be undone or given back; add what happened in a Ledgersys CSV file`
}

// receipt reports whether a coin is the receipt that flexible savings gave for
// another one: LDBTC for BTC. (LDO is a coin of its own.)
func receipt(coin string) bool { return strings.HasPrefix(coin, "LD") && len(coin) > 4 }

// cancel ignores rows of one second that cancel out: a transfer between two
// accounts of the same person with both its sides, and a coin that became its
// receipt token. It returns the others.
func (s *sheet) cancel(rows []*row) []*row {
	gone := make(map[*row]bool)
	waiting := make(map[move][]*row)
	for i, r := range rows {
		if i > 0 && rows[i-1].second != r.second {
			clear(waiting)
		}
		m, ok := moveOf(r)
		if !ok {
			continue
		}
		other := m
		other.side = !m.side
		if w := waiting[other]; len(w) > 0 {
			s.cancelTwo(w[0], r)
			gone[w[0]], gone[r] = true, true
			waiting[other] = w[1:]
			continue
		}
		waiting[m] = append(waiting[m], r)
	}
	return slices.DeleteFunc(rows, func(r *row) bool { return gone[r] })
}

func (s *sheet) cancelTwo(a, b *row) {
	why := moved().Why
	if !a.op.cancels {
		why = earned().Why
	}
	s.ignore(a.line, why)
	s.ignore(b.line, why)
}

// move is one side of a transfer inside Binance; its other side differs in
// side only.
type move struct {
	word, coin, amount string
	side               bool
}

// moveOf returns the side of a transfer that a row may be: one account sends
// what another gets, or a coin leaves as its receipt token arrives.
func moveOf(r *row) (m move, ok bool) {
	switch {
	case r.broken:
		return move{}, false
	case r.op.cancels:
		return move{r.word, r.coin, r.change.Abs().String(), r.change.Sign() > 0}, true
	case r.op.Class != statement.ClassIncome:
		return move{}, false
	case receipt(r.coin):
		return move{r.word, r.coin[len("LD"):], r.change.Neg().String(), true}, true
	}
	return move{r.word, r.coin, r.change.String(), false}, true
}
