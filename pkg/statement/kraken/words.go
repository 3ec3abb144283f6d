package kraken

import "github.com/ledgersys/ledgersys/pkg/statement"

// Reasons that several words share.
const (
	whyMove       = "moved between wallets of the same Kraken account"
	whyDerivative = "derivative: needs a person (profit, loss and cost of margin positions are not told apart here; enter the result by hand)"
	whyDelisted   = "delisting conversion: the ledger does not say what was given for what and at which rate; enter it by hand as a trade or a rename"
)

// words are the types of ledger rows, with the subtype behind a slash.
var words = map[string]statement.Word{
	"deposit/":    {Class: statement.ClassDeposit},
	"withdrawal/": {Class: statement.ClassWithdrawal},

	"trade/":               {Class: statement.ClassTrade},
	"trade/tradespot":      {Class: statement.ClassTrade},
	"spend/":               {Class: statement.ClassTrade},
	"receive/":             {Class: statement.ClassTrade},
	"spend/dustsweeping":   {Class: statement.ClassTrade, Label: "dust"},
	"receive/dustsweeping": {Class: statement.ClassTrade, Label: "dust"},
	"settled/":             {Class: statement.ClassTrade},
	"sale/":                {Class: statement.ClassTrade, Label: "sale"},

	"staking/":          {Class: statement.ClassIncome, Label: "staking"},
	"earn/reward":       {Class: statement.ClassIncome, Label: "staking"},
	"earn/airdrop":      {Class: statement.ClassIncome, Label: "airdrop"},
	"transfer/airdrop":  {Class: statement.ClassIncome, Label: "airdrop"},
	"dividend/":         {Class: statement.ClassIncome, Label: "other"},
	"invite bonus/":     {Class: statement.ClassIncome, Label: "referral"},
	"earn/":             {Class: statement.ClassInternal, Label: "staking", Why: whyMove}, // with a fee it is a reward
	"earn/allocation":   {Class: statement.ClassInternal, Why: whyMove},
	"earn/deallocation": {Class: statement.ClassInternal, Why: whyMove},
	"earn/migration":    {Class: statement.ClassInternal, Why: whyMove},

	"earn/autoallocation":      {Class: statement.ClassInternal, Why: whyMove},
	"earn/autoallocate":        {Class: statement.ClassInternal, Why: whyMove},
	"transfer/spottostaking":   {Class: statement.ClassInternal, Why: whyMove},
	"transfer/stakingfromspot": {Class: statement.ClassInternal, Why: whyMove},
	"transfer/stakingtospot":   {Class: statement.ClassInternal, Why: whyMove},
	"transfer/spotfromstaking": {Class: statement.ClassInternal, Why: whyMove},
	"transfer/spottofutures":   {Class: statement.ClassInternal, Why: whyMove},
	"transfer/spotfromfutures": {Class: statement.ClassInternal, Why: whyMove},
	"custodytransfer/":         {Class: statement.ClassInternal, Why: whyMove},

	"margin/":   {Class: statement.ClassReview, Label: "margin fee", Why: whyDerivative},
	"rollover/": {Class: statement.ClassReview, Label: "margin fee", Why: whyDerivative},

	"transfer/":                    {Class: statement.ClassReview, Why: "transfer without a subtype: a fork, an airdrop, a delisting or a move; the ledger does not say which. Enter it by hand"},
	"transfer/delistingconversion": {Class: statement.ClassReview, Why: whyDelisted},
	"earn/delistingconversion":     {Class: statement.ClassReview, Why: whyDelisted},
	"adjustment/":                  {Class: statement.ClassReview, Why: "adjustment: a correction, a fork or a compensation; the ledger does not say which. Enter it by hand"},
	"credit/":                      {Class: statement.ClassReview, Why: "credit: a gift, a compensation or a loan; the ledger does not say which. Enter it by hand"},
	"nfttrade/":                    {Class: statement.ClassReview, Why: "trade of an NFT: the ledger does not name it. Enter it by hand"},
}
