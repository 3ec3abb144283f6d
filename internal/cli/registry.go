package cli

import (
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/binance"
	"github.com/ledgersys/ledgersys/pkg/statement/bitstamp"
	"github.com/ledgersys/ledgersys/pkg/statement/cashapp"
	"github.com/ledgersys/ledgersys/pkg/statement/coinbase"
	"github.com/ledgersys/ledgersys/pkg/statement/cointracking"
	"github.com/ledgersys/ledgersys/pkg/statement/koinly"
	"github.com/ledgersys/ledgersys/pkg/statement/kraken"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
	"github.com/ledgersys/ledgersys/pkg/statement/luno"
	"github.com/ledgersys/ledgersys/pkg/statement/sparrow"
	"github.com/ledgersys/ledgersys/pkg/statement/strike"
	"github.com/ledgersys/ledgersys/pkg/statement/valr"
	"github.com/ledgersys/ledgersys/pkg/tax"
	"github.com/ledgersys/ledgersys/pkg/tax/au"
	"github.com/ledgersys/ledgersys/pkg/tax/ca"
	"github.com/ledgersys/ledgersys/pkg/tax/de"
	"github.com/ledgersys/ledgersys/pkg/tax/gb"
	"github.com/ledgersys/ledgersys/pkg/tax/generic"
	"github.com/ledgersys/ledgersys/pkg/tax/ie"
	"github.com/ledgersys/ledgersys/pkg/tax/in"
	"github.com/ledgersys/ledgersys/pkg/tax/lk"
	"github.com/ledgersys/ledgersys/pkg/tax/ng"
	"github.com/ledgersys/ledgersys/pkg/tax/us"
	"github.com/ledgersys/ledgersys/pkg/tax/za"
)

// formats are all statement formats, the native one first. A new venue is one
// package and one line here.
func formats() []statement.Format {
	return slices.Concat(
		ledgersys.Formats(),
		kraken.Formats(),
		coinbase.Formats(),
		binance.Formats(),
		bitstamp.Formats(),
		luno.Formats(),
		valr.Formats(),
		strike.Formats(),
		cashapp.Formats(),
		sparrow.Formats(),
		koinly.Formats(),
		cointracking.Formats(),
	)
}

// rules returns the rules of a country by its code, or nil. GENERIC is
// another name of XX.
func rules(country string) *tax.Rules {
	switch strings.ToUpper(country) {
	case "AU":
		return au.Rules()
	case "CA":
		return ca.Rules()
	case "DE":
		return de.Rules()
	case "GB":
		return gb.Rules()
	case "IE":
		return ie.Rules()
	case "IN":
		return in.Rules()
	case "LK":
		return lk.Rules()
	case "NG":
		return ng.Rules()
	case "US":
		return us.Rules()
	case "ZA":
		return za.Rules()
	case "XX", "GENERIC":
		return generic.Rules()
	}
	return nil
}

// countries are the codes that rules knows.
const countries = "US GB CA ZA DE AU IE IN NG LK, or XX for the generic rules"
