// Package ng holds the tax rules of Nigeria: ten per cent up to 2025, the
// Nigeria Tax Act 2025 from 2026.
package ng

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of Nigeria.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "NG", Version: "NG/2026.1", Currency: "NGN", Zone: "Africa/Lagos",
		Methods:   []tax.Method{tax.FIFO, tax.Average},
		YearStart: tax.Day{Month: time.January, Day: 1},

		Compute: compute, Annual: annual,
	}
}
