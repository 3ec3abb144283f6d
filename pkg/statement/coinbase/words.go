package coinbase

import "github.com/ledgersys/ledgersys/pkg/statement"

// Reasons that several words share.
const (
	whyInternal = "moved between the owner's own Coinbase wallets (app, vault, savings, staking, Pro, Exchange, Prime)"
	whyETH2     = "ETH2 is ETH in staking: no change of the asset"
	whyRenamed  = "renamed: both codes are one asset here"
	whyMigrated = "migration to another asset: a rename without tax effect, or an exchange? Enter it by hand, with the rate of the migration"
)

// words are the transaction types of the history, in folded form.
var words = map[string]statement.Word{
	"buy":                 {Class: statement.ClassTrade},
	"sell":                {Class: statement.ClassTrade},
	"advanced trade buy":  {Class: statement.ClassTrade},
	"advanced trade sell": {Class: statement.ClassTrade},
	"advance trade buy":   {Class: statement.ClassTrade},
	"advance trade sell":  {Class: statement.ClassTrade},
	"convert":             {Class: statement.ClassTrade},
	"retail simple dust":  {Class: statement.ClassTrade, Label: "dust"},
	"retail mgx dex buy":  {Class: statement.ClassTrade},
	"retail mgx dex trade": {
		Class: statement.ClassTrade,
	},

	"send":                {Class: statement.ClassWithdrawal},
	"receive":             {Class: statement.ClassDeposit},
	"deposit":             {Class: statement.ClassDeposit},
	"withdrawal":          {Class: statement.ClassWithdrawal},
	"retail mgx dex send": {Class: statement.ClassWithdrawal},

	"pro deposit":               {Class: statement.ClassInternal, Why: whyInternal},
	"pro withdrawal":            {Class: statement.ClassInternal, Why: whyInternal},
	"exchange deposit":          {Class: statement.ClassInternal, Why: whyInternal},
	"exchange withdrawal":       {Class: statement.ClassInternal, Why: whyInternal},
	"prime deposit":             {Class: statement.ClassInternal, Why: whyInternal},
	"prime withdrawal":          {Class: statement.ClassInternal, Why: whyInternal},
	"vault deposit":             {Class: statement.ClassInternal, Why: whyInternal},
	"vault withdrawal":          {Class: statement.ClassInternal, Why: whyInternal},
	"transfer":                  {Class: statement.ClassInternal, Why: whyInternal},
	"cash to savings":           {Class: statement.ClassInternal, Why: whyInternal},
	"savings to cash":           {Class: statement.ClassInternal, Why: whyInternal},
	"retail staking transfer":   {Class: statement.ClassInternal, Why: whyInternal},
	"retail unstaking transfer": {Class: statement.ClassInternal, Why: whyInternal},
	"retail eth2 deprecation":   {Class: statement.ClassInternal, Why: whyETH2},

	"staking income":            {Class: statement.ClassIncome, Label: "staking"},
	"inflation reward":          {Class: statement.ClassIncome, Label: "staking"},
	"reward income":             {Class: statement.ClassIncome, Label: "other"},
	"rewards income":            {Class: statement.ClassIncome, Label: "other"},
	"learning reward":           {Class: statement.ClassIncome, Label: "other"},
	"coinbase earn":             {Class: statement.ClassIncome, Label: "other"},
	"incentives rewards payout": {Class: statement.ClassIncome, Label: "other"},
	"interest payout":           {Class: statement.ClassIncome, Label: "interest"},

	"subscription rebate":             {Class: statement.ClassRebate, Label: "cashback"},
	"subscription rebates (24 hours)": {Class: statement.ClassRebate, Label: "cashback"},

	"subscription": {Class: statement.ClassSpend, Label: "subscription"},
	"card spend":   {Class: statement.ClassSpend, Label: "card"},
	"donation":     {Class: statement.ClassGiftOut, Label: "donation"},

	"asset migration": {Class: statement.ClassReview, Why: whyMigrated},
	"admin debit":     {Class: statement.ClassReview, Why: "taken by Coinbase: a fee, a correction or a seizure; the file does not say which. Enter it by hand"},
	"credit":          {Class: statement.ClassReview, Why: "credited by Coinbase: a gift, a refund or a purchase; the file does not say which. Enter it by hand"},
	"order":           {Class: statement.ClassReview, Why: "order of the old merchant tools: were goods bought, or sold? Enter it by hand as spend or income"},
}

// Asset returns the ticker for a code of Coinbase: ETH2 was ETH in staking,
// CGLD is the old code of CELO.
func Asset(code string) string {
	switch code {
	case "ETH2":
		return "ETH"
	case "CGLD":
		return "CELO"
	}
	return code
}
