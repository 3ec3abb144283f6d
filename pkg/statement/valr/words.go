package valr

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// folded makes a type word comparable: the export writes Limit Buy where
// the interface for programs writes LIMIT_BUY.
func folded(word string) string {
	return statement.Fold(strings.Map(func(r rune) rune {
		if r == '_' || r == '-' {
			return ' '
		}
		return r
	}, word))
}

// What is said of rows that are left out or need a person.
const (
	whyMoved   = "moved between sub-accounts at VALR"
	whyUndone  = "taken back: which row it undoes is not in the file; add what is left of both in a Ledgersys CSV file"
	whyLoan    = "loan: whether the interest on borrowed coins counts as a cost needs a person"
	whyDerived = "derivative: needs a person (result or cost of a futures position, not of a coin)"
)

// words are the types of the export and those of the interface for programs,
// some of which the export is only known to have.
var words = map[string]statement.Word{
	"simple buy": {Class: statement.ClassTrade}, "simple sell": {Class: statement.ClassTrade},
	"limit buy": {Class: statement.ClassTrade}, "limit sell": {Class: statement.ClassTrade},
	"market buy": {Class: statement.ClassTrade}, "market sell": {Class: statement.ClassTrade},
	"auto buy":        {Class: statement.ClassTrade},
	"trade":           {Class: statement.ClassTrade},
	"simple swap buy": {Class: statement.ClassTrade}, "simple swap sell": {Class: statement.ClassTrade},
	"simple swap failure reversal": {Class: statement.ClassReview, Why: whyUndone},

	"receive": {Class: statement.ClassDeposit}, "blockchain receive": {Class: statement.ClassDeposit},
	"off chain blockchain deposit": {Class: statement.ClassDeposit},
	"deposit":                      {Class: statement.ClassDeposit}, "fiat deposit": {Class: statement.ClassDeposit},
	"credit card deposit":      {Class: statement.ClassDeposit},
	"fiat withdrawal reversal": {Class: statement.ClassDeposit, Label: "reversal"},
	"payment received":         {Class: statement.ClassDeposit, Label: "payment"},

	"send": {Class: statement.ClassWithdrawal}, "blockchain send": {Class: statement.ClassWithdrawal},
	"off chain blockchain withdraw": {Class: statement.ClassWithdrawal},
	"withdraw":                      {Class: statement.ClassWithdrawal}, "fiat withdrawal": {Class: statement.ClassWithdrawal},
	"payment sent":     {Class: statement.ClassWithdrawal, Label: "payment"},
	"payment reversed": {Class: statement.ClassReview, Why: whyUndone},

	"transfer": {Class: statement.ClassInternal, Why: whyMoved}, "internal transfer": {Class: statement.ClassInternal, Why: whyMoved},
	"account funding": {Class: statement.ClassInternal, Why: whyMoved}, "fund": {Class: statement.ClassInternal, Why: whyMoved},

	"maker reward":                 {Class: statement.ClassRebate, Label: "cashback"},
	"fiat withdrawal fee reversal": {Class: statement.ClassRebate, Label: "cashback"},
	"payment reward":               {Class: statement.ClassIncome, Label: "other"},
	"promotional rebate":           {Class: statement.ClassIncome, Label: "other"},
	"referral rebate":              {Class: statement.ClassIncome, Label: "referral"},
	"referral reward":              {Class: statement.ClassIncome, Label: "referral"},
	"spot lend interest payment":   {Class: statement.ClassIncome, Label: "interest"},

	"spot borrow interest charge": {Class: statement.ClassReview, Why: whyLoan},
	"futures pnl profit":          {Class: statement.ClassReview, Why: whyDerived},
	"futures pnl loss":            {Class: statement.ClassReview, Why: whyDerived},
	"futures trade fee":           {Class: statement.ClassReview, Why: whyDerived},
	"futures funding earned":      {Class: statement.ClassReview, Why: whyDerived},
	"futures funding paid":        {Class: statement.ClassReview, Why: whyDerived},
}
