package billing

import (
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Status is where an invoice stands.
type Status string

// The statuses, in the words of the API.
const (
	Waiting    Status = "new"
	Partial    Status = "partial"    // some of it was received, before or until it ran out
	Processing Status = "processing" // all of it was seen, not yet confirmed
	Settled    Status = "settled"
	Over       Status = "over" // settled with more than was asked for
	Expired    Status = "expired"
	Late       Status = "late" // all of it came after it had run out
	Invalid    Status = "invalid"
	Refund     Status = "refund" // a refund was opened
)

// Paid reports whether a status unlocks what was bought.
func (s Status) Paid() bool { return s == Settled || s == Over }

// Open reports whether the provider may still change a status by itself.
func (s Status) Open() bool { return s == Waiting || s == Partial || s == Processing }

// Provider is who takes the money.
type Provider string

// The providers.
const (
	BTCPay Provider = "btcpay"
	Stripe Provider = "stripe"
)

// Payment is the record of a payment, with nothing in it from the chain and
// nothing about who paid: exactly these columns are kept (AC-PAY-4).
type Payment struct {
	ID            tenant.ID
	Firm          tenant.FirmID
	Provider      Provider
	Ref           string // the provider's own id of the invoice or session
	Amount        money.Amount
	Currency      string
	Status        Status
	Confirmations int // 1 once the provider counts it as final, else 0
	Created       time.Time
	Settled       time.Time // zero until it was
}

// Order is what was sold with a payment.
type Order struct {
	ID       tenant.ID // the payment's
	Plan     string
	Period   string
	Credit   money.Amount // of the price, taken from the firm's credit
	Expires  time.Time
	Marked   bool // the provider's operator set the status by hand
	URL      string
	Watch    time.Time // until when late money can come
	Odd      string    // why a person must look at it; "" if nobody must; see oddity
	Received string    // what the provider says was received, in the currency; "" if nothing
	Noted    time.Time // when all that was received was kept as credit or noted as sent back; zero once more of it waits

	// What became of what was received, beyond what the order cost if it was
	// bought with it: none of it is in two of these.
	Kept   money.Amount // is credit
	Sent   money.Amount // was sent back
	Wanted money.Amount // is asked back, and not sent yet
	Held   bool         // Credit is taken: reserved while the invoice is open, used once it is paid

	Seen string // the oddity that the operator has seen

	Reason string // what the operator tells the firm about a state that was set by hand

	// Of what was received, what came after the invoice had run out: as the
	// provider counts it, at the invoice's rate, and by the rate of the time at
	// which it came. Received holds the latter.
	LatePaid, LateWorth money.Amount

	// Confirmed is whether the network has confirmed all that was received, so
	// that it can be kept as credit. The provider counts what is only seen.
	Confirmed bool

	Reverse   bool   // the buyer owes the tax itself: none is in the price
	TaxNumber string // the buyer's VAT number because of which; "" if it does not
}

// ToLookAt reports whether the operator must still look at a sale.
func (o *Order) ToLookAt() bool { return o.Odd != "" && o.Odd != o.Seen }

// Asked reports whether the firm wants money back and has not got it yet.
func (o *Order) Asked() bool { return o.Wanted.Sign() > 0 || o.Odd == refundWanted }

// bought reports whether what was received has bought the plan.
func (s *Sale) bought() bool {
	return s.Status.Paid() || s.Status == Refund && s.Noted.IsZero() && s.Confirmations > 0
}

// sentBack reports whether all of it was sent back.
func (s *Sale) sentBack() bool { return s.Status == Refund && !s.Noted.IsZero() }

// got is what was received; 0 if the provider does not tell.
func (s *Sale) got() money.Amount {
	got, err := money.Parse(s.Received)
	if err != nil {
		return money.Amount{}
	}
	return got
}

// spare is what was received and bought nothing, whatever became of it since,
// except what was sent back.
func (s *Sale) spare(bought bool) money.Amount {
	got := s.got().Sub(s.Sent)
	if bought {
		got = got.Sub(s.Amount)
	}
	return money.Max(got.Round(2, money.Down), money.Amount{})
}

// lost is what was kept as credit of money that is not there any more; 0 if it
// has bought the plan.
func (s *Sale) lost() money.Amount {
	if s.bought() {
		return money.Amount{}
	}
	return money.Max(s.Kept.Sub(s.spare(false)), money.Amount{})
}

// Loose is what was received and waits for somebody to say what becomes of it.
func (s *Sale) Loose() money.Amount {
	return money.Max(s.spare(s.bought()).Sub(s.Kept).Sub(s.Wanted), money.Amount{})
}

// What the firm or the card's bank wants stays until it is done.
const (
	refundWanted = "refund_wanted"
	disputed     = "disputed"
)

// refundLeft is why a sale is odd that counts as paid after all, while the firm
// has a link for its money.
const refundLeft = "refund_left"

// checkVAT is why a sale is odd that is free of tax because of a number that
// nobody has looked up.
const checkVAT = "check_vat"

// creditGone is why a sale is odd that was paid after the credit that belongs
// to its price had been released and used elsewhere.
const creditGone = "credit_gone"

// foreignCredit is why a sale is odd whose credit comes back, or goes, in
// another currency than the firm's credit has by now.
const foreignCredit = "foreign_credit"

// creditLost is why a sale is odd of which more was kept as credit than has come,
// because some of it was lost again. Kept is what of that is still credit, or
// has been used.
const creditLost = "credit_lost"

// Due is what is still to be paid, "" if the provider does not tell what was.
func (s *Sale) Due() string {
	got, err := money.Parse(s.Received)
	if err != nil || got.Cmp(s.Amount) >= 0 {
		return ""
	}
	return s.Amount.Sub(got).String()
}

// Money writes an amount of the sale with its currency; "" stays "".
func (s *Sale) Money(amount string) string {
	if amount == "" {
		return ""
	}
	return amount + " " + s.Currency
}

// paidBy is what a receipt says of how it was paid, beyond the sale.
type paidBy struct {
	rate      money.Amount // of one bitcoin, if it was asked for
	taxNumber string       // that the buyer gave to the provider; "" if none
}

// truth is what the provider's API says about an invoice.
type truth struct {
	ref        string
	order      string // the order id that it carries
	store      string
	amount     money.Amount
	currency   string
	status     string
	additional string
	paid       string // "" if it does not say
	expires    time.Time
	watch      time.Time
	url        string
	by         paidBy
	invoice    string // of a session by card, once it is complete
	renews     string // the subscription that renews it by itself; "" if none
	late       late   // what came after it had run out, if that was asked
	pays       bool   // it is settled, and the sale is covered; see stands
}

// confirmed reports whether all that was paid is final. What is settled is, by
// the provider's own rule; of what came for an invoice that ran out only its
// payments tell.
func (t *truth) confirmed() bool { return t.status == "Settled" || t.late.sure }

// mapped maps the provider's words to ours. They are BTCPay's; unknown ones
// change nothing.
func (t *truth) mapped(before Status) (s Status, marked bool) {
	marked = t.additional == "Marked"
	received := t.paid != "" && t.paid != "0" && t.additional != "None" || t.additional == "PaidPartial"
	switch t.status {
	case "New":
		s = Waiting
		if received || positive(t.paid) {
			s = Partial
		}
	case "Processing":
		s = Processing
	case "Settled":
		if s = Settled; t.additional == "PaidOver" || t.excess().Sign() > 0 {
			s = Over
		}
	case "Expired":
		switch {
		case t.additional == "PaidLate":
			s = Late
		case received || positive(t.paid):
			s = Partial
		default:
			s = Expired
		}
	case "Invalid":
		s = Invalid
	default:
		return before, false
	}
	return s, marked
}

// excess is what was paid too much, whatever the provider calls it.
func (t *truth) excess() money.Amount { return excess(t.paid, t.amount) }

func excess(paid string, due money.Amount) money.Amount {
	a, err := money.Parse(paid)
	if err != nil || a.Cmp(due) <= 0 {
		return money.Amount{}
	}
	return a.Sub(due).Round(2, money.Down)
}

// refundable reports whether money lies at the provider that can be sent back.
func (t *truth) refundable(s Status) bool {
	return s.Paid() || s == Late || s == Partial && t.status == "Expired"
}

// tells reports whether the provider says how much was received: one that does
// not has lost nothing.
func (t *truth) tells() bool {
	_, err := money.Parse(t.paid)
	return err == nil
}

func positive(text string) bool {
	a, err := money.Parse(text)
	return err == nil && a.Sign() > 0
}

// mismatch says what in the provider's truth is not what was sold; "" if all
// of it is.
func (t *truth) mismatch(p *Payment, store string) string {
	switch {
	case t.ref != p.Ref:
		return "id"
	case store != "" && t.store != store:
		return "store"
	case t.order != p.ID.String():
		return "order"
	case t.currency != p.Currency:
		return "currency"
	case !t.amount.Equal(p.Amount):
		return "amount"
	}
	return ""
}
