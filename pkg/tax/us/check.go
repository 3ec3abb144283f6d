package us

import (
	"maps"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// check asks, for each account with taxable disposals and without a line of
// Form 1099-DA, whether such a form came: the box of its rows depends on it.
// Decision 55.
func check(r *tax.Return) []tax.Issue {
	reported := make(map[string]bool)
	for i := range r.Brokers {
		reported[named(r.Brokers[i].Account)] = true
	}
	open := make(map[string]bool)
	last := ""
	for i := range r.Disposals {
		d := &r.Disposals[i]
		if account := named(d.Account); d.Counts() && account != last {
			last = account
			if !reported[account] {
				open[account] = true
			}
		}
	}
	var issues []tax.Issue
	for _, account := range slices.Sorted(maps.Keys(open)) {
		issues = append(issues, tax.Issue{
			Code: "form.unknown", Severity: tax.Info, Event: tax.NoEvent,
			Message: "Account " + account + ": no Form 1099-DA is given (--form-1099da), so its rows stand in boxes I and L, up to 2024 C and F. " +
				"If the broker sent one, give it: its rows then belong in G, H, J or K.",
		})
	}
	return issues
}
