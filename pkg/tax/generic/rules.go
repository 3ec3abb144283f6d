// Package generic holds the rule set XX, which belongs to no country: plain
// methods, calendar years, UTC.
package generic

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the generic rule set.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "XX", Version: "XX/2026.1", Zone: "UTC",
		Methods:   []tax.Method{tax.FIFO, tax.LIFO, tax.HIFO, tax.LOFO, tax.Average, tax.Specific},
		YearStart: tax.Day{Month: time.January, Day: 1},

		Compute: compute,
	}
}
