package cointracking

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// way says which sides a type has.
type way uint8

const (
	in way = iota + 1
	out
	both
)

// word is what a type means. With a type and a reason, the reason holds
// crypto-assets and the type is that of money; with a reason only, the row is
// held in any case.
type word struct {
	way   way
	typ   statement.Type
	label string
	why   string
}

const (
	whyDerivative = "derivative: needs a person (futures or margin, whose gains and costs are not those of a coin)"
	whyPool       = "moved into or out of a pool: say whether it was exchanged for another token or stayed the owner's"
	whyCollateral = "collateral of a loan: say whether it stayed the owner's"
	whyLoan       = "a loan of crypto-assets: say whether it was a disposal"
	whySwap       = "a swap that CoinTracking was told to leave untaxed: say whether it was a rename of one asset, or a trade"
	whyTaxFree    = "CoinTracking was told to leave this untaxed: say what it was, so that the law can decide"
	whyMinting    = "minted: say whether it was earned, or paid for"
)

// words holds the types, folded, with no blanks around a slash.
var words = map[string]word{
	"trade":                     {both, statement.Trade, "", ""},
	"margin trade":              {both, "", "", whyDerivative},
	"derivatives/futures trade": {both, "", "", whyDerivative},
	"liquidation":               {both, "", "", whyDerivative},
	"swap (non taxable)":        {both, "", "", whySwap},

	"deposit":               {in, statement.Deposit, "", ""},
	"income":                {in, statement.Income, "other", ""},
	"other income":          {in, statement.Income, "other", ""},
	"dividends income":      {in, statement.Income, "other", ""},
	"reward/bonus":          {in, statement.Income, "other", ""},
	"lp rewards":            {in, statement.Income, "other", ""},
	"staking":               {in, statement.Income, "staking", ""},
	"masternode":            {in, statement.Income, "staking", ""},
	"mining":                {in, statement.Income, "mining", ""},
	"mining (commercial)":   {in, statement.Income, "mining", ""},
	"lending income":        {in, statement.Income, "interest", ""},
	"interest income":       {in, statement.Income, "interest", ""},
	"airdrop":               {in, statement.Airdrop, "", ""},
	"airdrop (non taxable)": {in, statement.Airdrop, "", ""},
	"gift/tip":              {in, statement.GiftIn, "", ""},
	"gift/tip(in)":          {in, statement.GiftIn, "", ""},

	"minting":                    {in, "", "", whyMinting},
	"income (non taxable)":       {in, statement.Deposit, "", whyTaxFree},
	"receive loan":               {in, statement.Deposit, "loan", whyLoan},
	"receive collateral":         {in, statement.Deposit, "loan", whyCollateral},
	"remove collateral":          {in, statement.Deposit, "loan", whyCollateral},
	"remove liquidity":           {in, "", "", whyPool},
	"receive lp token":           {in, "", "", whyPool},
	"margin profit":              {in, "", "", whyDerivative},
	"derivatives/futures profit": {in, "", "", whyDerivative},

	"withdrawal":            {out, statement.Withdrawal, "", ""},
	"spend":                 {out, statement.Spend, "", ""},
	"other expense":         {out, statement.Spend, "", ""},
	"borrowing fee":         {out, statement.Spend, "borrowing fee", ""},
	"other fee":             {out, statement.Fee, "", ""},
	"donation":              {out, statement.Donate, "", ""},
	"gift":                  {out, statement.GiftOut, "", ""},
	"gift(out)":             {out, statement.GiftOut, "", ""},
	"lost":                  {out, statement.Lost, "", ""},
	"stolen":                {out, statement.Lost, "stolen", ""},
	"stolen/hacked/fraud":   {out, statement.Lost, "stolen", ""},
	"expense (non taxable)": {out, statement.Withdrawal, "", whyTaxFree},

	"repay loan":               {out, statement.Withdrawal, "loan", whyLoan},
	"add collateral":           {out, statement.Withdrawal, "loan", whyCollateral},
	"send collateral":          {out, statement.Withdrawal, "loan", whyCollateral},
	"provide liquidity":        {out, "", "", whyPool},
	"return lp token":          {out, "", "", whyPool},
	"settlement fee":           {out, "", "", whyDerivative},
	"margin fee":               {out, "", "", whyDerivative},
	"margin loss":              {out, "", "", whyDerivative},
	"derivatives/futures loss": {out, "", "", whyDerivative},
}

// german gives the English type of a German one. "Geschenk" is what somebody
// gave, "Schenkung" what the owner gave away.
//
//nolint:misspell // German
var german = map[string]string{
	"derivate/futures trade": "derivatives/futures trade", "swap (steuerfrei)": "swap (non taxable)",

	"einzahlung": "deposit", "einnahme": "income", "sonstige einnahme": "other income", "dividenden einnahme": "dividends income",
	"belohnung/bonus": "reward/bonus", "mining (kommerziell)": "mining (commercial)", "lending einnahme": "lending income",
	"zinsen": "interest income", "airdrop (steuerfrei)": "airdrop (non taxable)", "geschenk": "gift/tip",
	"geschenk/trinkgeld": "gift/tip", "einnahme (steuerfrei)": "income (non taxable)", "darlehen erhalten": "receive loan",
	"collateral erhalten": "receive collateral", "margin gewinn": "margin profit", "derivate/futures gewinn": "derivatives/futures profit",

	"auszahlung": "withdrawal", "ausgabe": "spend", "sonstige ausgabe": "other expense", "borrowing gebühr": "borrowing fee",
	"sonstige gebühr": "other fee", "spende": "donation", "schenkung": "gift", "verlust": "lost", "verloren": "lost",
	"gestohlen": "stolen", "ausgabe (steuerfrei)": "expense (non taxable)", "darlehen zurückgezahlt": "repay loan",
	"collateral gesendet": "send collateral", "settlement gebühr": "settlement fee", "margin gebühr": "margin fee",
	"margin verlust": "margin loss", "derivate/futures verlust": "derivatives/futures loss",
}

// meaning looks a type up in both languages.
func meaning(cell string) (word, bool) {
	name := strings.ReplaceAll(strings.ReplaceAll(statement.Fold(cell), " /", "/"), "/ ", "/")
	if english, ok := german[name]; ok {
		name = english
	}
	w, ok := words[name]
	return w, ok
}
