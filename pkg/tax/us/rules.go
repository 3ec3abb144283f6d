// Package us holds the tax rules of the United States: property treatment
// (Notice 2014-21), inventories per account from 2025, Form 8949.
package us

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of the United States.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "US", Version: "US/2026.1", Currency: "USD",
		Zone: "America/New_York", ZoneIsGuess: true,
		Methods: []tax.Method{tax.FIFO, tax.LIFO, tax.HIFO, tax.LOFO, tax.Specific},
		// Reg. 1.1012-1(j): from 2025 every account is its own inventory.
		Scope:     tax.Scope{PerAccount: true, From: ledger.NewDate(2025, time.January, 1)},
		YearStart: tax.Day{Month: time.January, Day: 1},
		DualBasis: true, DonorCostCarries: true,
		ShortTerm: "short", LongTerm: "long",

		Count: count, Compute: compute, Annual: annual, Check: check, Forms: forms,
	}
}
