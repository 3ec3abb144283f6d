package cashapp

import "github.com/ledgersys/ledgersys/pkg/statement"

// way is the direction that a type word states.
type way uint8

const (
	signed way = iota // the word states none; the amount is signed
	in
	out
)

// word is what a type word means.
type word struct {
	statement.Word
	way way
}

// words holds the type words, folded. The older export says "Received P2P"
// and "Cash out", the newer one "P2P" and "Withdrawal".
var words = map[string]word{
	"bitcoin buy":           {statement.Word{Class: statement.ClassTrade}, in},
	"bitcoin recurring buy": {statement.Word{Class: statement.ClassTrade}, in},
	"bitcoin purchase":      {statement.Word{Class: statement.ClassTrade}, in},
	"bitcoin sale":          {statement.Word{Class: statement.ClassTrade}, out},
	"bitcoin sell":          {statement.Word{Class: statement.ClassTrade}, out},

	"bitcoin deposit":              {statement.Word{Class: statement.ClassDeposit}, in},
	"bitcoin lightning deposit":    {statement.Word{Class: statement.ClassDeposit}, in},
	"bitcoin received p2p":         {statement.Word{Class: statement.ClassDeposit}, in},
	"bitcoin withdrawal":           {statement.Word{Class: statement.ClassWithdrawal}, out},
	"bitcoin lightning withdrawal": {statement.Word{Class: statement.ClassWithdrawal}, out},
	"bitcoin sent p2p":             {statement.Word{Class: statement.ClassWithdrawal}, out},

	"bitcoin boost":   {statement.Word{Class: statement.ClassRebate, Label: "cashback"}, in},
	"boost payment":   {statement.Word{Class: statement.ClassRebate, Label: "cashback"}, in},
	"loyalty rewards": {statement.Word{Class: statement.ClassRebate, Label: "cashback"}, in},
	"loyalty reward":  {statement.Word{Class: statement.ClassRebate, Label: "cashback"}, in},

	"cash in":         {statement.Word{Class: statement.ClassDeposit}, in},
	"deposits":        {statement.Word{Class: statement.ClassDeposit}, in},
	"deposit":         {statement.Word{Class: statement.ClassDeposit}, in},
	"received p2p":    {statement.Word{Class: statement.ClassDeposit}, in},
	"cash out":        {statement.Word{Class: statement.ClassWithdrawal}, out},
	"withdrawal":      {statement.Word{Class: statement.ClassWithdrawal}, out},
	"sent p2p":        {statement.Word{Class: statement.ClassWithdrawal}, out},
	"cash card debit": {statement.Word{Class: statement.ClassWithdrawal}, out},
	"p2p":             {statement.Word{Class: statement.ClassDeposit}, signed},

	"account notifications":     {statement.Word{Class: statement.ClassIgnore, Why: "a notification, not a payment"}, signed},
	"savings internal transfer": {statement.Word{Class: statement.ClassInternal, Why: "money moved within Cash App"}, signed},
	"stock buy":                 {statement.Word{Class: statement.ClassIgnore, Why: "a share, not a crypto-asset"}, signed},
	"stock sell":                {statement.Word{Class: statement.ClassIgnore, Why: "a share, not a crypto-asset"}, signed},
}

// outcome is what a status says about its row.
type outcome uint8

const (
	counts   outcome = iota + 1
	undone           // never happened, or is taken back in the same row
	refunded         // money that came back: the sign says which way it went
)

// statuses holds the statuses, folded. The shortest layout has none.
var statuses = map[string]outcome{
	"": counts, "complete": counts, "completed": counts, "payment sent": counts, "payment deposited": counts,
	"card charged": counts, "transfer sent": counts, "deposited": counts,
	"failed": undone, "canceled": undone, "cancelled": undone, "declined": undone, "pending": undone,
	"expired": undone, "reversed": undone,
	"payment refunded": refunded, "card refunded": refunded, "refunded": refunded,
}
