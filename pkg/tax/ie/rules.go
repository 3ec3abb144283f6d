// Package ie holds the tax rules of Ireland: FIFO with the four-week rule of
// section 581 TCA 1997.
package ie

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of Ireland.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "IE", Version: "IE/2026.1", Currency: "EUR", Zone: "Europe/Dublin",
		Methods:        []tax.Method{tax.FourWeekFIFO},
		YearStart:      tax.Day{Month: time.January, Day: 1},
		GiftIsDisposal: true,
		// TCA 1997 s538(1): the entire loss or destruction of an asset is a disposal.
		LossIsDisposal: true,

		Compute: compute, Annual: annual, Forms: forms,
	}
}
