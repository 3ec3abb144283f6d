// Package za holds the tax rules of South Africa: the Eighth Schedule to the
// Income Tax Act 58 of 1962, ITR12.
package za

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of South Africa.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "ZA", Version: "ZA/2026.1", Currency: "ZAR", Zone: "Africa/Johannesburg",
		Methods:   []tax.Method{tax.FIFO, tax.Specific},
		YearStart: tax.Day{Month: time.March, Day: 1}, LabelByEnd: true,
		GiftIsDisposal: true,
		// Eighth Schedule para 11(1)(c): the scrapping, loss or destruction of an asset.
		LossIsDisposal: true,

		Compute: compute, Annual: annual, Forms: forms,
	}
}
