// Package au holds the tax rules of Australia: capital gains tax with the
// discount for assets held longer than twelve months.
package au

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of Australia.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "AU", Version: "AU/2026.1", Currency: "AUD", Zone: "Australia/Sydney",
		Methods:   []tax.Method{tax.FIFO, tax.Specific},
		YearStart: tax.Day{Month: time.July, Day: 1}, SplitLabel: true,
		GiftIsDisposal: true,
		// ITAA 1997 s 104-20, CGT event C1: loss or destruction of an asset.
		LossIsDisposal: true,
		ShortTerm:      "other", LongTerm: "discount",

		Count: count, Compute: compute, Annual: annual, Forms: forms,
	}
}
