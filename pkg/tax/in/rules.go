// Package in holds the tax rules of India: section 115BBH, each transfer by
// itself, Schedule VDA.
package in

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of India.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "IN", Version: "IN/2026.1", Currency: "INR", Zone: "Asia/Kolkata",
		Methods:   []tax.Method{tax.FIFO},
		YearStart: tax.Day{Month: time.April, Day: 1}, SplitLabel: true,

		Compute: compute, Annual: annual, Forms: forms,
	}
}
