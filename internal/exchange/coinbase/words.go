package coinbase

import "github.com/ledgersys/ledgersys/pkg/statement"

// What is said of transactions that are left out or need a person.
const (
	whyInternal = "moved between the owner's own Coinbase wallets (app, vault, savings, staking, Pro, Exchange, Prime)"
	whyETH2     = "ETH2 is ETH in staking: no change of the asset"
	whyDerived  = "derivative: needs a person (result or cost of a position, not of a coin)"
	whyLoan     = "loan: borrowed coins are no purchase and paying them back is no sale; needs a person"
)

// words are the types of transactions.
var words = map[string]statement.Word{
	"buy": {Class: statement.ClassTrade}, "sell": {Class: statement.ClassTrade}, "trade": {Class: statement.ClassTrade},
	"advanced_trade_fill": {Class: statement.ClassTrade}, "retail_simple_dust": {Class: statement.ClassTrade, Label: "dust"},
	"wrap_asset": {Class: statement.ClassTrade, Label: "wrapping"}, "unwrap_asset": {Class: statement.ClassTrade, Label: "wrapping"},
	"delegated_staking_swap": {Class: statement.ClassTrade},

	"send": {Class: statement.ClassWithdrawal}, "receive": {Class: statement.ClassDeposit}, "tx": {Class: statement.ClassDeposit},
	"fiat_deposit": {Class: statement.ClassDeposit}, "fiat_withdrawal": {Class: statement.ClassWithdrawal},
	"onchain_deposit": {Class: statement.ClassDeposit}, "onchain_withdrawal": {Class: statement.ClassWithdrawal},
	"clawback":         {Class: statement.ClassReview, Why: "taken back by Coinbase: whether that undoes an income or is a loss needs a person"},
	"admin_debit":      {Class: statement.ClassReview, Why: "taken by Coinbase: a fee, a correction or a seizure; it is not said which. Enter it by hand"},
	"admin_credit":     {Class: statement.ClassReview, Why: "credited by Coinbase: a gift, a refund or a purchase; it is not said which. Enter it by hand"},
	"sweep":            {Class: statement.ClassReview, Why: "swept by Coinbase: where to is not said. Enter it by hand"},
	"asset_migration":  {Class: statement.ClassReview, Why: "migration to another asset: a rename without tax effect, or an exchange? Enter it by hand, with the rate of the migration"},
	"loan_disbursal":   {Class: statement.ClassReview, Why: whyLoan},
	"loan_repayment":   {Class: statement.ClassReview, Why: whyLoan},
	"loan_liquidation": {Class: statement.ClassReview, Why: whyLoan},

	"transfer": {Class: statement.ClassInternal, Why: whyInternal}, "vault_deposit": {Class: statement.ClassInternal, Why: whyInternal},
	"vault_withdrawal": {Class: statement.ClassInternal, Why: whyInternal},
	"pro_deposit":      {Class: statement.ClassInternal, Why: whyInternal}, "pro_withdrawal": {Class: statement.ClassInternal, Why: whyInternal},
	"exchange_deposit": {Class: statement.ClassInternal, Why: whyInternal}, "exchange_withdrawal": {Class: statement.ClassInternal, Why: whyInternal},
	"prime_deposit": {Class: statement.ClassInternal, Why: whyInternal}, "prime_withdrawal": {Class: statement.ClassInternal, Why: whyInternal},
	"intx_deposit": {Class: statement.ClassInternal, Why: whyInternal}, "intx_withdrawal": {Class: statement.ClassInternal, Why: whyInternal},
	"staking_transfer": {Class: statement.ClassInternal, Why: whyInternal}, "unstaking_transfer": {Class: statement.ClassInternal, Why: whyInternal},
	"retail_staking_transfer": {Class: statement.ClassInternal, Why: whyInternal}, "retail_unstaking_transfer": {Class: statement.ClassInternal, Why: whyInternal},
	"cash_to_savings": {Class: statement.ClassInternal, Why: whyInternal}, "savings_to_cash": {Class: statement.ClassInternal, Why: whyInternal},
	"retail_eth2_deprecation": {Class: statement.ClassInternal, Why: whyETH2}, "eth2_deprecation": {Class: statement.ClassInternal, Why: whyETH2},
	"portfolio_transfer": {Class: statement.ClassInternal, Why: whyInternal},
	"request":            {Class: statement.ClassIgnore, Why: "a request for money: what came of it is a transaction of its own"},

	"staking_reward": {Class: statement.ClassIncome, Label: "staking"}, "inflation_reward": {Class: statement.ClassIncome, Label: "staking"},
	"interest": {Class: statement.ClassIncome, Label: "interest"}, "interest_payout": {Class: statement.ClassIncome, Label: "interest"},
	"earn_payout": {Class: statement.ClassIncome, Label: "other"}, "reward": {Class: statement.ClassIncome, Label: "other"},
	"rewards": {Class: statement.ClassIncome, Label: "other"}, "learning_reward": {Class: statement.ClassIncome, Label: "other"},
	"incentives_rewards_payout": {Class: statement.ClassIncome, Label: "other"}, "referral_reward": {Class: statement.ClassIncome, Label: "referral"},
	"incentives_shared_clawback": {Class: statement.ClassReview, Why: "taken back by Coinbase: whether that undoes an income or is a loss needs a person"},

	"subscription_rebate": {Class: statement.ClassRebate, Label: "cashback"}, "cardbuyback": {Class: statement.ClassRebate, Label: "cashback"},
	"card_spend_reward": {Class: statement.ClassRebate, Label: "cashback"},
	"subscription":      {Class: statement.ClassSpend, Label: "subscription"}, "cardspend": {Class: statement.ClassSpend, Label: "card"},
	"card_spend": {Class: statement.ClassSpend, Label: "card"}, "donation": {Class: statement.ClassGiftOut, Label: "donation"},

	"derivatives_settlement": {Class: statement.ClassReview, Why: whyDerived}, "futures_profit_loss": {Class: statement.ClassReview, Why: whyDerived},
	"perpetual_settlement": {Class: statement.ClassReview, Why: whyDerived},
}
