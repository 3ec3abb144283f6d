package us

import (
	"fmt"
	"maps"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// check asks, for each account with taxable disposals and without a line of
// Form 1099-DA, whether such a form came: the box of its rows depends on it.
// Decision 55. Lines that fit no disposal are named as well.
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
	return append(issues, unmatched(r)...)
}

// unmatched names the lines of the brokers' forms that fit no disposal: the
// IRS has them, so the return must account for them. Decision 51.
func unmatched(r *tax.Return) []tax.Issue {
	fits := make(map[*tax.BrokerSale]bool)
	for _, b := range match(r, r.Disposals) {
		fits[b] = true
	}
	var issues []tax.Issue
	for i := range r.Brokers {
		b := &r.Brokers[i]
		if fits[b] {
			continue
		}
		issues = append(issues, tax.Issue{
			Code: "balance.diff", Severity: tax.Warning, Event: tax.NoEvent, Date: b.Date,
			Message: fmt.Sprintf("Form 1099-DA reports %s %s sold on %s in account %s for %s; no sale in these statements fits account, asset, date and units. "+
				"Add the statement that has it, or ask the broker for a corrected form.", b.Units, b.Asset, b.Date, named(b.Account), b.Proceeds),
		})
	}
	return issues
}
