package bitstamp

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// What is said of rows that are left out or need a person.
const (
	whySub   = "moved between sub-accounts at Bitstamp"
	whyInter = "inter account transfer: may be a move between own accounts or one side of a sale to Bitstamp; add what happened in a Ledgersys CSV file"
)

// words are the types of row.
var words = map[string]statement.Word{
	"market":         {Class: statement.ClassTrade},
	"deposit":        {Class: statement.ClassDeposit},
	"card deposit":   {Class: statement.ClassDeposit},
	"crypto deposit": {Class: statement.ClassDeposit},
	"ripple deposit": {Class: statement.ClassDeposit},

	"withdrawal":        {Class: statement.ClassWithdrawal},
	"crypto withdrawal": {Class: statement.ClassWithdrawal},
	"ripple payment":    {Class: statement.ClassWithdrawal},
	reverted:            {Class: statement.ClassWithdrawal, Label: "reversal"},

	"staking reward":  {Class: statement.ClassIncome, Label: "staking"},
	"referral reward": {Class: statement.ClassIncome, Label: "referral"},

	"sub account transfer":   {Class: statement.ClassInternal, Why: whySub},
	"inter account transfer": {Class: statement.ClassReview, Why: whyInter},
}

// reverted is the one type that has a minus sign: a deposit leaves again.
const reverted = "deposit reverted"

// entry makes the entry of a row, without its time and its names.
func (l *layout) entry(r statement.Row, c *statement.Collector, word statement.Word) (statement.Entry, *statement.Fault) {
	var amount, value, fee statement.Quantity
	for _, cell := range [...]struct {
		from place
		to   *statement.Quantity
	}{{l.amount, &amount}, {l.value, &value}, {l.fee, &fee}} {
		q, fault := quantity(r, c, cell.from)
		if fault != "" {
			return statement.Entry{}, l.fault(cell.from.number, fault)
		}
		*cell.to = q
	}
	if amount.Amount.Sign() < 0 && statement.Fold(r.Cell(l.kind)) == reverted {
		amount.Amount = amount.Amount.Abs()
	}
	switch {
	case !amount.Set():
		return statement.Entry{}, l.fault(l.amount.number, "missing or 0")
	case amount.Amount.Sign() < 0:
		return statement.Entry{}, l.fault(l.amount.number, "the amount is negative; at Bitstamp the type says whether something came or went")
	case fee.Amount.Sign() < 0:
		return statement.Entry{}, l.fault(l.fee.number, "the fee is negative; add what happened in a Ledgersys CSV file")
	}
	if word.Class == statement.ClassTrade {
		return l.trade(r, amount, value, fee)
	}
	e := statement.Entry{Type: statement.Deposit, Received: amount, Fee: fee}
	if word.Class == statement.ClassWithdrawal {
		e = statement.Entry{Type: statement.Withdrawal, Sent: amount, Fee: fee}
	}
	if word.Class == statement.ClassIncome {
		e.Type = statement.Income
		if money.IsFiat(value.Asset) {
			e.Value = value
		}
		if fee.Set() {
			return e, l.fault(l.fee.number, "fee on a reward: the file does not say whether the amount is without it; add the reward in a Ledgersys CSV file")
		}
	}
	return e, nil
}

// trade makes the entry of a purchase or a sale.
func (l *layout) trade(r statement.Row, amount, value, fee statement.Quantity) (statement.Entry, *statement.Fault) {
	if value.Amount.Sign() <= 0 {
		return statement.Entry{}, l.fault(l.value.number, "missing or not above 0: what the amount was traded for")
	}
	e := statement.Entry{Type: statement.Trade, Received: amount, Sent: value, Fee: fee}
	switch side := r.Cell(l.sub); statement.Fold(side) {
	case "buy":
	case "sell":
		e.Received, e.Sent = value, amount
	default:
		return e, l.fault(l.sub, `unknown type "`+side+`"`)
	}
	return e, nil
}

// most is as much as there may be of any currency in one amount.
const most = 1_000_000_000_000_000_000

// quantity reads an amount and its currency; one of 0 is none.
func quantity(r statement.Row, c *statement.Collector, from place) (q statement.Quantity, fault string) {
	number, asset := r.Cell(from.number), ""
	if from.currency >= 0 {
		asset = r.Cell(from.currency)
	} else if i := strings.LastIndexByte(number, ' '); i >= 0 {
		number, asset = number[:i], number[i+1:]
	}
	amount, set, err := c.Amount(statement.Numbers{Thousands: true, Exponent: true}, number, asset)
	switch {
	case err != nil:
		return q, err.Error()
	case !set || amount.IsZero():
		return q, ""
	case asset == "":
		return q, "an amount without a currency"
	case amount.Abs().Cmp(money.FromInt(most)) > 0:
		return q, "amount out of range"
	}
	return statement.Quantity{Amount: amount, Asset: asset}, ""
}
