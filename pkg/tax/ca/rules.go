// Package ca holds the tax rules of Canada: adjusted cost base, superficial
// losses, Schedule 3.
package ca

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of Canada.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "CA", Version: "CA/2026.1", Currency: "CAD",
		Zone: "America/Toronto", ZoneIsGuess: true,
		Methods:        []tax.Method{tax.ACB},
		YearStart:      tax.Day{Month: time.January, Day: 1},
		GiftIsDisposal: true, NetPerDisposal: true,

		Compute: compute, Annual: annual, Forms: forms,
	}
}
