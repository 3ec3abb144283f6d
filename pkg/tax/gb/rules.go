// Package gb holds the tax rules of the United Kingdom: same day, thirty days
// and Section 104 pools for people, ten days for companies, SA108.
package gb

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of the United Kingdom.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "GB", Version: "GB/2026.1", Currency: "GBP", Zone: "Europe/London",
		Methods:        []tax.Method{tax.S104},
		CompanyMethods: []tax.Method{tax.CorporatePool},
		YearStart:      tax.Day{Month: time.April, Day: 6}, SplitLabel: true,
		// CRYPTO22257: proceeds are what is received, cost is what is given.
		SwapCostGiven: true, SwapFee: tax.FeeHalf,
		GiftIsDisposal: true, NetPerDisposal: true,

		Count: count, Compute: compute, Annual: annual, Forms: forms,
	}
}
