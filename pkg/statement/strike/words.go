package strike

import "github.com/ledgersys/ledgersys/pkg/statement"

// way is the direction that a type word states for bitcoin, or for money where
// no bitcoin moves.
type way uint8

const (
	signed way = iota // the word states none; the amounts are signed
	in
	out
)

// word is what a type word means.
type word struct {
	statement.Word
	way   way
	money bool // about money only: with bitcoin in it, the row needs a person
}

// words holds the type words of all layouts, folded.
var words = map[string]word{
	"purchase": {Word: statement.Word{Class: statement.ClassTrade}, way: in},
	"buy":      {Word: statement.Word{Class: statement.ClassTrade}, way: in},
	"sale":     {Word: statement.Word{Class: statement.ClassTrade}, way: out},
	"sell":     {Word: statement.Word{Class: statement.ClassTrade}, way: out},
	"trade":    {Word: statement.Word{Class: statement.ClassTrade}},

	"receive":    {Word: statement.Word{Class: statement.ClassDeposit}, way: in},
	"deposit":    {Word: statement.Word{Class: statement.ClassDeposit}, way: in},
	"send":       {Word: statement.Word{Class: statement.ClassWithdrawal}, way: out},
	"withdrawal": {Word: statement.Word{Class: statement.ClassWithdrawal}, way: out},

	// The older layouts name the road, not the direction.
	"lightning": {Word: statement.Word{Class: statement.ClassDeposit}},
	"onchain":   {Word: statement.Word{Class: statement.ClassDeposit}},
	"p2p":       {Word: statement.Word{Class: statement.ClassDeposit}},

	// Money borrowed and paid back.
	"loan":                {Word: statement.Word{Class: statement.ClassDeposit, Label: "loan", Why: whyLoan}, way: in, money: true},
	"line of credit draw": {Word: statement.Word{Class: statement.ClassDeposit, Label: "loan", Why: whyLoan}, way: in, money: true},
	"principal payment":   {Word: statement.Word{Class: statement.ClassWithdrawal, Label: "loan", Why: whyLoan}, way: out, money: true},
	"interest payment":    {Word: statement.Word{Class: statement.ClassWithdrawal, Label: "loan", Why: whyLoan}, way: out, money: true},
	"loan collateral": {Word: statement.Word{
		Class: statement.ClassInternal, Why: "collateral of a loan: it moves within Strike and stays the owner's",
	}},

	"reversal": {Word: statement.Word{
		Class: statement.ClassDeposit,
		Why:   "the file does not say which bitcoin payment was reversed: decide about both rows together",
	}, money: true},
}

const whyLoan = "a loan that is paid out or paid back in bitcoin: say whether it was a disposal"

// states says what becomes of a row by its state: true counts, false is left
// out. The annual layout has no state: its rows are all completed.
var states = map[string]bool{
	"": true, "completed": true, "complete": true,
	"pending": false, "reversed": false, "failed": false, "cancelled": false, "canceled": false,
	"expired": false, "declined": false, "rejected": false, "refunded": false,
}
