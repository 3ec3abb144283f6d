package cli

import (
	"slices"

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
)

// Formats are all statement formats, the native one first. A new venue is one
// package and one line here.
func Formats() []statement.Format {
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
