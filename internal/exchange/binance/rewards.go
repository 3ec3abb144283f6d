package binance

import (
	"strings"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// income books what Binance gave.
func income(w *exchange.Words, e statement.Entry, amount string) *statement.Fault {
	q, f := w.Quantity(amount, w.F.Text("asset"))
	switch {
	case f != nil:
		return f
	case !q.Set():
		w.C.Ignore(w.Line, "a reward of 0")
		return nil
	case negative(q):
		return fault(amount, "a reward that was taken back: reduce the reward that it corrects by hand")
	}
	e.Type, e.Received = statement.Income, q
	if q.Fiat() {
		e.Type = statement.Deposit
	}
	w.C.Add(&e, w.Line)
	return nil
}

// dividendWords tell what an entry of the list of distributions is, by what its
// text has in it; the first that fits counts.
var dividendWords = []struct{ has, label string }{
	{"airdrop", "airdrop"},
	{"staking", "staking"},
	{"launchpool", "staking"},
	{"vault", "staking"},
	{"slot auction", "staking"},
	{"locked", "staking"},
	{"saving", "interest"},
	{"earn", "interest"},
	{"flexible", "interest"},
	{"interest", "interest"},
	{"lending", "interest"},
	{"referral", "referral"},
	{"commission", "referral"},
	{"kickback", "cashback"},
	{"cashback", "cashback"},
	{"rebate", "cashback"},
	{"distribution", "airdrop"},
}

// dividend is an entry of the list of distributions. Rewards of Earn stand
// there and in their own lists: they count once.
func (r *reader) dividend(w *exchange.Words, x *exchange.Record) *statement.Fault {
	text := strings.ToLower(w.F.Text("enInfo"))
	switch {
	case w.F.Text("direction") == takenBack:
		return fault("direction", "a distribution that was taken back: reduce the one that it corrects by hand")
	case r.twice[x.ID]:
		w.C.Ignore(w.Line, "the list of rewards of Earn tells this")
		return nil
	}
	label := "other"
	for _, d := range dividendWords {
		if strings.Contains(text, d.has) {
			label = d.label
			break
		}
	}
	e := statement.Entry{ID: "dividend/" + x.ID, At: x.Instant(), Label: label}
	return income(w, e, "amount")
}

func (r *reader) flexible(w *exchange.Words, x *exchange.Record) *statement.Fault {
	return income(w, statement.Entry{ID: "flexible/" + x.ID, At: x.Instant(), Label: "interest"}, "rewards")
}

func (r *reader) locked(w *exchange.Words, x *exchange.Record) *statement.Fault {
	return income(w, statement.Entry{ID: "locked/" + x.ID, At: x.Instant(), Label: "staking"}, "amount")
}

// rebate is a commission for a friend's trades (type 1) or a part of one's own
// fees (type 2).
func (r *reader) rebate(w *exchange.Words, x *exchange.Record) *statement.Fault {
	label := "referral"
	if w.F.Text("type") == "2" {
		label = "cashback"
	}
	return income(w, statement.Entry{ID: "rebate/" + x.ID, At: x.Instant(), Label: label}, "amount")
}

// order is money that came from a bank or went to one.
func (r *reader) order(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if !happened(w.F.Text("status")) {
		w.C.Ignore(w.Line, "payment that did not happen")
		return nil
	}
	currency := w.F.Text("fiatCurrency")
	amount, f := w.Quantity("amount", currency)
	if f != nil {
		return f
	}
	fee, f := w.Quantity("totalFee", currency)
	if f != nil {
		return f
	}
	e := statement.Entry{ID: "order/" + w.F.Text("orderNo"), At: x.Instant(), Type: statement.Deposit, Received: amount, Fee: fee}
	switch part(x) {
	case "0":
		if indicated, f := w.Amount("indicatedAmount", currency); f == nil && indicated.Equal(amount.Amount.Add(fee.Amount)) {
			e.Fee = statement.Quantity{} // taken before it arrived
		}
	case "1":
		e.Type, e.Received, e.Sent = statement.Withdrawal, statement.Quantity{}, amount
	default:
		return fault("transactionType", "whether it came or went is not known")
	}
	w.C.Add(&e, w.Line)
	return nil
}

// payment is a purchase by card or from the balance of money, or a sale. What a
// card pays comes in first.
func (r *reader) payment(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if !happened(w.F.Text("status")) {
		w.C.Ignore(w.Line, "purchase that did not happen")
		return nil
	}
	fiat, coin := w.F.Text("fiatCurrency"), w.F.Text("cryptoCurrency")
	fee, f := w.Quantity("totalFee", fiat)
	if f != nil {
		return f
	}
	source, target := fiat, coin
	if part(x) == "1" {
		source, target = coin, fiat
	}
	sent, f := w.Quantity("sourceAmount", source)
	if f != nil {
		return f
	}
	received, f := w.Quantity("obtainAmount", target)
	if f != nil {
		return f
	}
	e := statement.Entry{ID: "payment/" + w.F.Text("orderNo"), At: x.Instant(), Type: statement.Trade, Sent: sent, Received: received, Fee: fee}
	outside := statement.Entry{ID: e.ID + "/money", At: e.At, Label: "card"}
	switch part(x) {
	case "0":
		e.Sent.Amount = sent.Amount.Sub(fee.Amount)
		outside.Type, outside.Received = statement.Deposit, sent
	case "1":
		e.Received.Amount = received.Amount.Add(fee.Amount)
		outside.Type, outside.Sent = statement.Withdrawal, received
	default:
		return fault("transactionType", "whether it was bought or sold is not known")
	}
	if statement.Fold(w.F.Text("paymentMethod")) == "cash balance" {
		w.C.Add(&e, w.Line)
	} else {
		w.C.AddAll([]statement.Entry{e, outside}, w.Line)
	}
	return nil
}

// peer is an order between two people: the money goes from bank to bank and
// only passes through the books here.
func (r *reader) peer(w *exchange.Words, x *exchange.Record) *statement.Fault {
	if !happened(w.F.Text("orderStatus")) {
		w.C.Ignore(w.Line, "order that did not happen")
		return nil
	}
	units, f := w.Quantity("amount", w.F.Text("asset"))
	if f != nil {
		return f
	}
	price, f := w.Quantity("totalPrice", w.F.Text("fiat"))
	if f != nil {
		return f
	}
	fee, f := w.Quantity("commission", w.F.Text("asset"))
	if f != nil {
		return f
	}
	e := statement.Entry{ID: "peer/" + w.F.Text("orderNumber"), At: x.Instant(), Type: statement.Trade, Sent: price, Received: units, Fee: fee}
	outside := statement.Entry{ID: e.ID + "/money", At: e.At, Type: statement.Deposit, Label: "peer", Received: price}
	switch w.F.Text("tradeType") {
	case "BUY":
	case "SELL":
		e.Sent, e.Received = units, price
		outside.Type, outside.Received, outside.Sent = statement.Withdrawal, statement.Quantity{}, price
	default:
		return fault("tradeType", "neither BUY nor SELL")
	}
	w.C.AddAll([]statement.Entry{e, outside}, w.Line)
	return nil
}

// pay is a payment between users of Binance, or to a merchant.
func (r *reader) pay(w *exchange.Words, x *exchange.Record) *statement.Fault {
	q, f := w.Quantity("amount", w.F.Text("currency"))
	if f != nil {
		return f
	}
	e := statement.Entry{ID: "pay/" + w.F.Text("transactionId"), At: x.Instant(), Label: "payment"}
	out := negative(q)
	q.Amount = q.Amount.Abs()
	switch kind := strings.ToUpper(w.F.Text("orderType")); {
	case !q.Set():
		return fault("amount", "nothing was paid")
	case kind == "PAY" && out:
		e.Type, e.Sent = statement.Spend, q
	case kind == "C2C" && out, kind == "REMITTANCE" && out:
		e.Type, e.Sent = statement.Withdrawal, q
	case kind == "C2C", kind == "PAYOUT":
		e.Type, e.Received = statement.Deposit, q
	default:
		return fault("orderType", "what this payment was for is not said: a gift, a refund or a promotion; enter it by hand")
	}
	w.C.Add(&e, w.Line)
	return nil
}

// part is the list that a record came from.
func part(x *exchange.Record) string { return x.Context }
