package koinly

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// use is what a label means on rows of one shape. The zero use means that the
// label does not belong there.
type use struct {
	typ   statement.Type
	label string // of the entry
	why   string // with typ: of crypto-assets only, money is typ; without: the row is held for it
}

// word is a label: what it means where something only arrives, only leaves, or
// both.
type word struct{ in, out, both use }

const (
	whyDerivative = "derivative: needs a person (futures or margin, whose gains and costs are not those of a coin)"
	whyPool       = "moved into or out of a pool: say whether it was exchanged for another token or stayed the owner's"
	whyLoan       = "a loan of crypto-assets: say whether it was a disposal"
	whySwap       = "a swap that Koinly was told to leave untaxed: say whether it was a rename of one asset, or a trade"
	whyDust       = "dust: say what the small amounts were exchanged for"
)

// labels holds labels and tags, folded, with blanks for underscores.
var labels = map[string]word{
	"": {in: use{typ: statement.Deposit}, out: use{typ: statement.Withdrawal}, both: use{typ: statement.Trade}},

	"airdrop":          {in: use{typ: statement.Airdrop}},
	"fork":             {in: use{typ: statement.Income, label: "fork"}},
	"mining":           {in: use{typ: statement.Income, label: "mining"}},
	"staking":          {in: use{typ: statement.Income, label: "staking"}},
	"staking reward":   {in: use{typ: statement.Income, label: "staking"}},
	"staking rewards":  {in: use{typ: statement.Income, label: "staking"}},
	"reward":           {in: use{typ: statement.Income, label: "other"}},
	"rewards":          {in: use{typ: statement.Income, label: "other"}},
	"income":           {in: use{typ: statement.Income, label: "other"}},
	"other income":     {in: use{typ: statement.Income, label: "other"}},
	"salary":           {in: use{typ: statement.Income, label: "salary"}},
	"loan interest":    {in: use{typ: statement.Income, label: "interest"}},
	"lending interest": {in: use{typ: statement.Income, label: "interest"}},
	"interest":         {in: use{typ: statement.Income, label: "interest"}},
	"cashback":         {in: use{typ: statement.Income, label: "cashback"}},
	"fee refund":       {in: use{typ: statement.Income, label: "cashback"}},

	"gift":             {in: use{typ: statement.GiftIn}, out: use{typ: statement.GiftOut}},
	"donation":         {out: use{typ: statement.Donate}},
	"lost":             {out: use{typ: statement.Lost}},
	"cost":             {out: use{typ: statement.Spend, label: "cost"}},
	"tax":              {out: use{typ: statement.Spend, label: "tax"}},
	"loan fee":         {out: use{typ: statement.Spend, label: "loan fee"}},
	"interest payment": {out: use{typ: statement.Spend, label: "interest payment"}},

	"loan":             {in: use{statement.Deposit, "loan", whyLoan}},
	"margin loan":      {in: use{statement.Deposit, "loan", whyLoan}},
	"loan repayment":   {out: use{statement.Withdrawal, "loan", whyLoan}},
	"margin repayment": {out: use{statement.Withdrawal, "loan", whyLoan}},

	"margin fee":    held(whyDerivative),
	"funding fee":   held(whyDerivative),
	"realized gain": held(whyDerivative),
	"realised gain": held(whyDerivative),
	"realized pnl":  held(whyDerivative),
	"realized p&l":  held(whyDerivative),

	"swap":               held(whySwap),
	"liquidity in":       held(whyPool),
	"liquidity out":      held(whyPool),
	"add to pool":        held(whyPool),
	"remove from pool":   held(whyPool),
	"sent to pool":       held(whyPool),
	"received from pool": held(whyPool),
	"dust":               {in: use{why: whyDust}, out: use{why: whyDust}, both: use{typ: statement.Trade, label: "dust"}},
}

// ignored is the label that takes a row out of all reports of Koinly.
const ignored = "ignored"

func held(why string) word { return word{use{why: why}, use{why: why}, use{why: why}} }

func foldLabel(cell string) string {
	return strings.NewReplacer("_", " ", "-", " ").Replace(statement.Fold(cell))
}

// shape is what a type of the exports says about a row.
type shape uint8

const (
	arrives shape = iota + 1
	leaves
	trades
	moves
)

var shapes = map[string]shape{
	"deposit": arrives, "crypto_deposit": arrives, "fiat_deposit": arrives,
	"withdrawal": leaves, "crypto_withdrawal": leaves, "fiat_withdrawal": leaves,
	"trade": trades, "buy": trades, "sell": trades, "exchange": trades,
	"transfer": moves,
}
