package us

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// spot is where and when units were sold: what a line of Form 1099-DA and a
// disposal must share.
type spot struct {
	account, asset string
	date           ledger.Date
}

// place of a whole disposal, or of one leg of it.
type place struct{ disposal, leg int }

// whole stands for a disposal as a whole.
const whole = -1

// matches says which line of the brokers' forms reports which disposal or leg.
type matches map[place]*tax.BrokerSale

// matcher pairs lines of the brokers' forms with disposals. Each line is used
// once.
type matcher struct {
	lines map[spot][]*tax.BrokerSale
	found matches
}

// match pairs by account, asset, date and units, and of several lines takes
// the one with the nearest proceeds: first whole disposals, then the legs of
// those that no line reports, for brokers report each lot by itself.
// Decision 51.
func match(r *tax.Return, disposals []tax.Disposal) matches {
	if len(r.Brokers) == 0 {
		return nil
	}
	m := matcher{lines: make(map[spot][]*tax.BrokerSale, len(r.Brokers)), found: make(matches)}
	for i := range r.Brokers {
		b := &r.Brokers[i]
		k := spot{named(b.Account), b.Asset, b.Date}
		m.lines[k] = append(m.lines[k], b)
	}
	for i := range disposals {
		if d := &disposals[i]; d.Counts() && !m.take(d, place{i, whole}, d.Amount, d.Proceeds) {
			if units, ok := withoutFee(r, d); ok {
				m.take(d, place{i, whole}, units, d.Proceeds)
			}
		}
	}
	for i := range disposals {
		d := &disposals[i]
		if !d.Counts() || m.found[place{i, whole}] != nil {
			continue
		}
		for j := range d.Legs {
			m.take(d, place{i, j}, d.Legs[j].Amount, d.Legs[j].Proceeds)
		}
	}
	return m.found
}

// take gives a place the line with its units and the nearest proceeds.
func (m *matcher) take(d *tax.Disposal, p place, units, proceeds money.Amount) bool {
	k := spot{named(d.Account), d.Asset, d.Date}
	lines := m.lines[k]
	best, least := -1, money.Amount{}
	for i, b := range lines {
		if !near(b.Units, units) {
			continue
		}
		if off := b.Proceeds.Sub(proceeds).Abs(); best < 0 || off.Cmp(least) < 0 {
			best, least = i, off
		}
	}
	if best < 0 {
		return false
	}
	m.found[p] = lines[best]
	m.lines[k] = append(lines[:best], lines[best+1:]...)
	return true
}

// near reports whether units agree to the tolerance of forms.md 1.3.
func near(a, b money.Amount) bool {
	return a.Sub(b).Abs().Cmp(money.MustParse("0.00000001")) <= 0
}

// withoutFee returns the units sold without those that a fee in kind took,
// which a broker may leave out.
func withoutFee(r *tax.Return, d *tax.Disposal) (money.Amount, bool) {
	if r.Book == nil || d.Event < 0 {
		return money.Amount{}, false
	}
	x := r.Book.Events[d.Event].Extra()
	return d.Amount.Sub(x.FeeAmount), x.FeeAsset == d.Asset && x.FeeAmount.Sign() > 0
}

// named returns the name of an account; the empty name is the default one.
func named(account string) string {
	if account == "" {
		return "default"
	}
	return account
}
