// Package report shows a return: as the JSON document that scripts rely on, as
// forms in CSV or plain lines, and as text for people. It computes no tax; what
// it prints stands in the [tax.Return] already. It writes to the writer that it
// is given and nowhere else, and the same return gives the same bytes.
package report

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// View is what of a return is shown: all of it, or one tax year. Make it with
// [Select]; the caller sets Engine.
type View struct {
	Return *tax.Return
	Engine string // the version of the program

	// Label is the tax year that is shown, or "" for all of them.
	Label string
	// At is the day at whose end Remaining holds; 0 means after the last
	// event.
	At ledger.Date

	Disposals []tax.Disposal
	Income    []tax.Income
	Years     []tax.Year
	Remaining []tax.Holding
	Issues    []tax.Issue

	offset int // of Disposals in Return.Disposals
}

// ErrNoSnapshot reports a return that was computed without recording what was
// held at the end of a day that is to be shown.
var ErrNoSnapshot = errors.New("no snapshot")

// Select returns the view of one tax year by its label, or of everything if
// the label is empty. The return must have a snapshot of the last day of that
// year, unless it has no events.
func Select(r *tax.Return, label string) (View, error) {
	if label == "" {
		return View{Return: r, Disposals: r.Disposals, Income: r.Income, Years: r.Years, Remaining: r.Remaining, Issues: r.Issues}, nil
	}
	label, first, last, err := r.Rules.FindYear(label)
	if err != nil {
		return View{}, err
	}
	v := during(r, label, first, last)
	v.Issues = issuesOf(r, v.Disposals, first, last)
	if err := v.HoldAt(last); err != nil {
		return View{}, err
	}
	return v, nil
}

// during returns the view of one tax year without what was held at its end and
// without issues.
func during(r *tax.Return, label string, first, last ledger.Date) View {
	v := View{Return: r, Label: label}
	from, to := span(r.Disposals, first, last, func(d *tax.Disposal) ledger.Date { return d.Date })
	v.Disposals, v.offset = r.Disposals[from:to], from
	from, to = span(r.Income, first, last, func(in *tax.Income) ledger.Date { return in.Date })
	v.Income = r.Income[from:to]
	for i := range r.Years {
		if r.Years[i].Label == label {
			v.Years = r.Years[i : i+1]
		}
	}
	return v
}

// HoldAt makes the view show what was held at the end of a day, of which the
// return must have a snapshot, unless it has no events.
func (v *View) HoldAt(day ledger.Date) error {
	list := v.Return.Snapshots
	i := slices.IndexFunc(list, func(s tax.Snapshot) bool { return s.Date == day })
	switch {
	case i >= 0:
		v.Remaining = list[i].Holdings
	case len(v.Return.Book.Events) == 0:
		v.Remaining = nil
	default:
		return fmt.Errorf("%w of %s", ErrNoSnapshot, day)
	}
	v.At = day
	return nil
}

// span returns the part of a list in order of date that lies in a year.
func span[T any](list []T, first, last ledger.Date, date func(*T) ledger.Date) (from, to int) {
	after := func(d ledger.Date) int {
		n, _ := slices.BinarySearchFunc(list, d, func(x T, d ledger.Date) int {
			if date(&x) < d {
				return -1
			}
			return 1
		})
		return n
	}
	return after(first), after(last + 1)
}

// issuesOf returns the issues of a year, those of no date, and those of other
// years that a leg of the year rests on.
func issuesOf(r *tax.Return, disposals []tax.Disposal, first, last ledger.Date) []tax.Issue {
	inside := func(d ledger.Date) bool { return d == 0 || first <= d && d <= last }
	doubted := make(map[int32]bool) // acquiring events of other years: whether a leg rests on one
	for i := range r.Issues {
		if is := &r.Issues[i]; is.Event != tax.NoEvent && !inside(is.Date) {
			doubted[is.Event] = false
		}
	}
	pools := make(map[string]ledger.Date) // the last day on which an asset's pool answered
	if len(doubted) > 0 {
		mark(r, disposals, doubted, pools)
	}
	var list []tax.Issue
	for i := range r.Issues {
		is := &r.Issues[i]
		if inside(is.Date) || doubted[is.Event] || is.Event != tax.NoEvent && is.Date <= pools[acquires(&r.Book.Events[is.Event])] {
			list = append(list, *is)
		}
	}
	return list
}

// mark notes which doubted events legs rest on, and which pools answered.
func mark(r *tax.Return, disposals []tax.Disposal, doubted map[int32]bool, pools map[string]ledger.Date) {
	note := func(event int32) {
		if _, ok := doubted[event]; ok {
			doubted[event] = true
		}
	}
	for i := range disposals {
		d := &disposals[i]
		for k := range d.Legs {
			l := &d.Legs[k]
			note(l.Lot)
			for _, event := range l.Events() {
				note(event)
			}
			if pooled(l.Rule) || r.Method == tax.DatedAverage {
				pools[d.Asset] = max(pools[d.Asset], d.Date)
			}
		}
	}
}

// pooled reports whether all units held share in the cost under a rule.
func pooled(rule tax.Rule) bool {
	return rule == tax.RulePool || rule == tax.RuleAverage || rule == tax.RuleACB
}

// acquires returns the asset that an event brings, or "".
func acquires(e *ledger.Event) string {
	switch e.Kind {
	case ledger.KindSwap, ledger.KindFork:
		return e.Extra().ToAsset
	case ledger.KindOpening, ledger.KindBuy, ledger.KindIncome, ledger.KindAirdrop, ledger.KindGiftIn,
		ledger.KindSpouseIn, ledger.KindDeposit:
		return e.Asset
	default:
		return ""
	}
}

// hasLots reports whether what remains of a return is kept in lots.
func hasLots(r *tax.Return) bool { return !r.Method.Pool() && r.Method != tax.DatedAverage }

// perAccount reports whether what remains of a return is kept by account.
func perAccount(r *tax.Return) bool { return r.Scope.PerAccount && !r.Method.Pool() }

// accountName returns the name of an account for people.
func accountName(name string) string {
	if name == "" {
		return ledger.DefaultAccount
	}
	return name
}

// accountOf returns the account of a disposal that did not merge from several
// events: the inventory's, or in a pool the one where it happened. It is as the
// source has it, so it may be empty.
func accountOf(r *tax.Return, d *tax.Disposal) string {
	if d.Account != "" {
		return d.Account
	}
	return r.Book.Events[d.Event].Account
}

// termWord returns the country's name of a holding period, or "".
func termWord(r *tax.Rules, t tax.Term) string {
	switch t {
	case tax.ShortTerm:
		return r.ShortTerm
	case tax.LongTerm:
		return r.LongTerm
	default:
		return ""
	}
}
