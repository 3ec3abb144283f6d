// Package lk holds the tax rules of Sri Lanka: no law names crypto-assets, so
// there are lists of gains and income and no tax figure.
package lk

import (
	"time"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

// Rules returns the rules of Sri Lanka.
func Rules() *tax.Rules {
	return &tax.Rules{
		Country: "LK", Version: "LK/2026.1", Currency: "LKR", Zone: "Asia/Colombo",
		Methods:   []tax.Method{tax.FIFO},
		YearStart: tax.Day{Month: time.April, Day: 1}, SplitLabel: true,

		Compute: compute,
	}
}
