package statement

// Class is what a venue's type word means, before a country's rules.
type Class uint8

// The classes of type words. Review holds the row: the file alone cannot say.
const (
	ClassUnknown Class = iota
	ClassTrade
	ClassFee
	ClassDeposit
	ClassWithdrawal
	ClassInternal // moves within the venue, no effect on the holding
	ClassIncome   // with a label: staking, interest, mining, …
	ClassAirdrop
	ClassRebate // a fee given back
	ClassSpend
	ClassGiftIn
	ClassGiftOut
	ClassLost
	ClassIgnore
	ClassReview // a person has to say what it is
)

// Word is one type word of a venue with its class and, for income, its label.
type Word struct {
	Class Class
	Label string // label of the entry: staking, interest, referral, cashback, other, …
	Why   string // for ClassIgnore and ClassReview: the reason shown
}
