// Package de holds the tax rules of Germany: private sales under section 23
// EStG, the BMF letter of 6 March 2025, Anlage SO.
package de

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of Germany.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "DE", Version: "DE/2026.1", Currency: "EUR", Zone: "Europe/Berlin",
		Methods:   []tax.Method{tax.DatedFIFO, tax.DatedAverage},
		Scope:     tax.Scope{PerAccount: true}, // BMF letter, paragraphs 61 and 62
		YearStart: tax.Day{Month: time.January, Day: 1},
		// Section 23(1) sentence 3 EStG: who receives a gift continues the giver's purchase.
		DonorCostCarries: true,
		ShortTerm:        "within_1y", LongTerm: "over_1y",

		Count: count, Compute: compute, Annual: annual, Forms: forms,
	}
}
