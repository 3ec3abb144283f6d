package binance

import "github.com/ledgersys/ledgersys/pkg/statement"

// operation is one word of the column Operation.
type operation struct {
	statement.Word
	trade   string // rows of one trade have the same name here; "" for rows that stand alone
	side    side   // the side of the order that the word names
	apart   int64  // seconds that the legs of one trade may be apart
	paid    bool   // a row of money that came in is what the purchase was paid with
	cancels bool   // two rows of one second that cancel out are a move; one alone needs a person
}

// side is the side of an order: both legs of a purchase say "buy".
type side uint8

const (
	noSide side = iota
	buySide
	sellSide
)

// spot is the sort of trades on the order book: their fees come as rows of
// their own and join them.
const spot = "spot"

func leg(of side) *operation {
	return &operation{Word: statement.Word{Class: statement.ClassTrade}, trade: spot, side: of, apart: 1}
}

// pair is a word that stands on both legs of a trade without fee rows.
func pair(name, label string) *operation {
	return &operation{Word: statement.Word{Class: statement.ClassTrade, Label: label}, trade: name, apart: 1}
}

// purchase is a pair paid from a card or a bank, whose legs are up to two
// seconds apart.
func purchase(name string) *operation {
	op := pair(name, "")
	op.apart, op.paid = 2, true
	return op
}

func fee() *operation {
	return &operation{Word: statement.Word{Class: statement.ClassFee}, trade: spot, apart: 1}
}

func plain(class statement.Class) *operation {
	return &operation{Word: statement.Word{Class: class}}
}

func income(label string) *operation {
	return &operation{Word: statement.Word{Class: statement.ClassIncome, Label: label}}
}

func rebate() *operation {
	return &operation{Word: statement.Word{Class: statement.ClassRebate, Label: "cashback"}}
}

func review(why string) *operation {
	return &operation{Word: statement.Word{Class: statement.ClassReview, Why: why}}
}

func moved() *operation {
	return &operation{Word: statement.Word{Class: statement.ClassInternal, Why: "moved between wallets inside Binance"}}
}

// earned is a move into or out of a product of Binance that leaves the coins
// with their owner; receipt tokens such as LDBTC come and go with it.
func earned() *operation {
	return &operation{Word: statement.Word{Class: statement.ClassInternal, Why: "into or out of savings or staking at Binance: the coins stay the owner's"}}
}

func between(why string) *operation {
	return &operation{Word: statement.Word{Class: statement.ClassInternal, Why: why}, cancels: true}
}

// What a person has to say about words that the file alone does not settle.
const (
	whyPool      = "liquidity pool: whether coins went into a pool or were exchanged is not in the file; add what happened in a Ledgersys CSV file"
	whyDerived   = "derivative: needs a person (result or cost of a futures position, not of a coin)"
	whyLoan      = "loan: borrowed coins are no purchase and paying them back is no sale; needs a person"
	whyRename    = "token swap or renaming: whether it is one for one without tax effect needs a person"
	whyGift      = "crypto box: whether it is a gift or a promotion is not in the file; add it as gift_in, gift_out or income in a Ledgersys CSV file"
	whyHandout   = "distribution: may be an airdrop, a fork or a taking back; add it as airdrop, fork or income in a Ledgersys CSV file"
	whyTransfer  = "may be an airdrop or a removal; the file does not say what it was for"
	whyLaunchpad = "launchpad: may be a purchase of new coins or a lock-up; the file does not say which"
	whyPeer      = "peer-to-peer trade: the money side is not in the file; add the trade in a Ledgersys CSV file"
	whySub       = "to or from a sub-account: the other side is not in this file; if that account is yours, read its file together with this one"
	whyTaken     = "taken back by Binance: whether that undoes an income or is a loss needs a person"
)

// operations are the words of the column Operation, as statement.Fold writes
// them: Binance changes the capitals of one word between exports.
var operations = map[string]*operation{
	"buy": leg(buySide), "transaction buy": leg(buySide), "transaction spend": leg(buySide),
	"sell": leg(sellSide), "transaction sold": leg(sellSide), "transaction revenue": leg(sellSide),
	"transaction related": leg(noSide),
	"fee":                 fee(), "transaction fee": fee(),

	"binance convert":   pair("convert", ""),
	"large otc trading": pair("otc", ""), "the easiest way to trade": pair("easiest", ""),
	"sell crypto to fiat": pair("sell to fiat", ""),
	"buy crypto":          purchase("buy crypto"), "buy crypto with card": purchase("buy with card"),
	"buy crypto with fiat": purchase("buy with fiat"), "convert fiat to crypto ocbs": purchase("ocbs"),
	"swap farming transaction": pair("pool swap", ""), "liquid swap sell": pair("pool swap", ""),
	"leverage token redemption": pair("leverage token", ""),
	"asset conversion transfer": pair("asset conversion", ""), "futures convert": pair("futures convert", ""),
	"auto-invest transaction":     pair("auto-invest", ""),
	"small assets exchange bnb":   pair("dust", "dust"),
	"bnb fee deduction":           pair("bnb deduction", "dust"),
	"stablecoins auto-conversion": pair("stablecoins", "auto-conversion"),
	"eth 2.0 staking":             pair("eth2", labelETH2),

	"deposit": plain(statement.ClassDeposit), "fiat deposit": plain(statement.ClassDeposit),
	"deposit fiat ocbs": plain(statement.ClassDeposit), "fiat ocbs - add fiat and fees": plain(statement.ClassDeposit),
	"withdraw": plain(statement.ClassWithdrawal), "fiat withdraw": plain(statement.ClassWithdrawal),
	"fiat withdrawal": plain(statement.ClassWithdrawal), "send": plain(statement.ClassWithdrawal),
	"binance card spending": plain(statement.ClassSpend),

	"c2c transfer": between(whyPeer), "p2p trading": between(whyPeer),
	"transfer between main account and sub-account": between(whySub),
	"transfer_in": moved(), "transfer_out": moved(),
	"main and funding account transfer":                        moved(),
	"transfer between main and funding wallet":                 moved(),
	"transfer between spot account and um futures account":     moved(),
	"transfer between spot account and cm futures account":     moved(),
	"transfer between main account/futures and margin account": moved(),
	"transfer between main account and mining account":         moved(),
	"savings purchase": earned(), "savings principal redemption": earned(),
	"pos savings purchase": earned(), "pos savings redemption": earned(),
	"staking purchase": earned(), "staking redemption": earned(),
	"simple earn flexible subscription": earned(), "simple earn flexible redemption": earned(),
	"simple earn locked subscription": earned(), "simple earn locked redemption": earned(),
	"launchpool subscription/redemption": earned(),

	"savings interest": income("interest"), "savings distribution": income("interest"),
	"simple earn flexible interest": income("interest"), "launchpool interest": income("interest"),
	"pool distribution":    income("interest"),
	"pos savings interest": income("staking"), "staking rewards": income("staking"),
	"eth 2.0 staking rewards": income("staking"), "simple earn locked rewards": income("staking"),
	"bnb vault rewards": income("staking"), "launchpool earnings withdrawal": income("staking"),
	"dot slot auction rewards":                     income("staking"),
	"simple earn flexible airdrop":                 income("airdrop"),
	"hodler airdrops distribution":                 income("airdrop"),
	"megadrop rewards":                             income("airdrop"),
	"airdrop assets":                               income("airdrop"),
	"campaign related reward":                      income("airdrop"),
	"rewards distribution":                         income("airdrop"),
	"launchpool airdrop":                           income("airdrop"),
	"commission history":                           income("referral"),
	"commission fee shared with you":               income("referral"),
	"referrer rebates":                             income("referral"),
	"referral commission":                          income("referral"),
	"liquid swap rewards":                          income("other"),
	"swap farming rewards":                         income("other"),
	"cash voucher distribution":                    income("other"),
	"super bnb mining":                             income("other"),
	"mission reward distribution":                  income("other"),
	"launchpool airdrop - system distribution":     income("airdrop"),
	"launchpool airdrop - user claim distribution": income("airdrop"),

	"cashback voucher": rebate(), "commission rebate": rebate(), "referral kickback": rebate(),
	"referee rebates": rebate(), "binance card cashback": rebate(), "card cashback": rebate(),

	"liquid swap add": review(whyPool), "liquid swap add/sell": review(whyPool),
	"liquid swap remove": review(whyPool), "liquidity farming remove": review(whyPool),
	"asset - transfer": review(whyTransfer), "launchpad subscribe": review(whyLaunchpad),
	"distribution": review(whyHandout), "crypto box": review(whyGift), "asset recovery": review(whyTaken),
	"token swap - distribution": review(whyRename), "token swap - redenomination/rebranding": review(whyRename),
	"leveraged coin consolidation": review(whyRename),
	"realize profit and loss":      review(whyDerived), "realized profit and loss": review(whyDerived),
	"funding fee": review(whyDerived), "insurance fund compensation": review(whyDerived),
	"insurance fund refund": review(whyDerived),
	"margin loan":           review(whyLoan), "isolated margin loan": review(whyLoan),
	"margin repayment": review(whyLoan), "isolated margin repayment": review(whyLoan),
}
