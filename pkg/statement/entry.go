package statement

import (
	"errors"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Quantity is an amount of an asset or a currency. The zero Quantity is "none".
type Quantity struct {
	Amount money.Amount
	Asset  string
}

// Set reports whether there is an asset at all; the amount may still be 0.
func (q Quantity) Set() bool { return q.Asset != "" }

// Fiat reports whether it is money of a state.
func (q Quantity) Fiat() bool { return money.IsFiat(q.Asset) }

// Type is what an entry says happened: the type words of Ledgersys CSV.
type Type string

// The types of entry. Trade covers buy, sell, swap and money against money:
// which of them it is follows from its two sides.
const (
	Trade      Type = "trade"
	Deposit    Type = "deposit"
	Withdrawal Type = "withdrawal"
	Transfer   Type = "transfer"
	Income     Type = "income"
	Airdrop    Type = "airdrop"
	Spend      Type = "spend"
	GiftIn     Type = "gift_in"
	GiftOut    Type = "gift_out"
	Donate     Type = "donate"
	Lost       Type = "lost"
	Fee        Type = "fee"
	Opening    Type = "opening"
	Fork       Type = "fork"
	Split      Type = "split"

	// Buy and Sell name one side only; what the other was worth is the value.
	Buy  Type = "buy"
	Sell Type = "sell"
)

// Entry is one thing that happened, as a venue tells it: what arrived, what
// left, what it cost. Amounts are never negative. Sent and Received leave the
// fee out; it is taken in addition.
type Entry struct {
	ID       string    // the source's own id; "" if it has none
	Tx       ledger.ID // the identity itself, when the source is our own export
	At       ledger.Instant
	DateOnly bool
	Type     Type

	Received Quantity
	Sent     Quantity
	Fee      Quantity
	FeeValue Quantity // value of a fee in kind, where the source says it

	Value         Quantity // total fair value of what was disposed of or received, without the fee
	ReceivedValue Quantity // market value of the received side of a swap

	Account string // "" means the account of the file
	AllOver bool   // split, fork: "" means all accounts
	Counter string // transfer: the own account at the other end
	Label   string
	Note    string
	TxHash  string

	Acquired  ledger.Date
	DonorCost Quantity
	Ratio     money.Amount
	Lots      []ledger.LotRef

	rest []byte // of an event that the source gives as such: what else it says
}

// Fault is what is wrong with an entry or a row: the column to look at and
// the reason in words for the person who made the file. It never quotes
// amounts.
type Fault struct {
	Column string
	Reason string
}

// Error implements error.
func (f *Fault) Error() string { return f.Column + ": " + f.Reason }

// event makes the ledger's event of an entry. The strings are those of the
// entry; the collector interns them.
func (e *Entry) event(ev *ledger.Event) *Fault {
	*ev = ledger.Event{At: e.At, Account: e.Account}
	if e.DateOnly {
		ev.Flags |= ledger.DateOnly
	}
	if f := e.checkAmounts(); f != nil {
		return f
	}
	if f := e.sides(ev); f != nil {
		return f
	}
	e.value(ev)
	return e.fee(ev)
}

// checkAmounts refuses what no type of entry may have.
func (e *Entry) checkAmounts() *Fault {
	for _, q := range [...]struct {
		name string
		q    *Quantity
	}{{"received", &e.Received}, {"sent", &e.Sent}, {"fee", &e.Fee}, {"value", &e.Value}} {
		switch {
		case q.q.Amount.Sign() < 0:
			return &Fault{q.name + "_amount", "amount is negative; the direction follows from the column"}
		case !q.q.Set() && q.q.Amount.Sign() != 0:
			return &Fault{q.name + "_asset", "an amount without an asset"}
		case q.q.Set() && !ValidAsset(q.q.Asset):
			return &Fault{q.name + "_asset", ErrAsset.Error()}
		}
	}
	switch {
	case e.ReceivedValue.Amount.Sign() < 0:
		return &Fault{"received_value", "a value is never negative"}
	case e.FeeValue.Amount.Sign() < 0:
		return &Fault{"fee_value", "a value is never negative"}
	case e.DonorCost.Amount.Sign() < 0:
		return &Fault{"donor_cost", "a cost is never negative"}
	}
	return nil
}

// ErrAsset reports what cannot be the name of an asset.
var ErrAsset = errors.New("unknown asset: a ticker has letters, digits and . _ - / : $ + only")

// ValidAsset reports whether s can be the name of an asset.
func ValidAsset(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c >= 0x80:
		case c == '.' || c == '_' || c == '-' || c == '/' || c == ':' || c == '$' || c == '+' || c == '*' || c == '#' || c == '@':
		default:
			return false
		}
	}
	return true
}

// sideRule says which sides a type needs and which kind of event it becomes.
type sideRule struct {
	kind           ledger.Kind
	received, sent bool
}

var sideRules = map[Type]sideRule{
	Deposit: {ledger.KindDeposit, true, false}, Withdrawal: {ledger.KindWithdrawal, false, true},
	Income: {ledger.KindIncome, true, false}, Airdrop: {ledger.KindAirdrop, true, false},
	GiftIn: {ledger.KindGiftIn, true, false}, Opening: {ledger.KindOpening, true, false},
	Spend: {ledger.KindSpend, false, true}, GiftOut: {ledger.KindGiftOut, false, true},
	Donate: {ledger.KindDonate, false, true}, Lost: {ledger.KindLost, false, true},
	Buy: {ledger.KindBuy, true, false}, Sell: {ledger.KindSell, false, true},
}

// sides sets kind, asset and amount from the two sides of the entry.
func (e *Entry) sides(ev *ledger.Event) *Fault {
	switch e.Type {
	case Trade:
		return e.trade(ev)
	case Transfer:
		return e.transfer(ev)
	case Fee:
		return e.feeOnly(ev)
	case Fork:
		return e.fork(ev)
	case Split:
		return e.split(ev)
	default:
	}
	rule, ok := sideRules[e.Type]
	if !ok {
		return &Fault{"type", "unknown type"}
	}
	ev.Kind = rule.kind
	q, other, name := e.Received, e.Sent, "received"
	if rule.sent {
		q, other, name = e.Sent, e.Received, "sent"
	}
	if f := needed(name, q); f != nil {
		return f
	}
	if other.Set() && other.Amount.Sign() != 0 {
		return &Fault{"type", string(e.Type) + " has one side only; this row has two"}
	}
	ev.Asset, ev.Amount = q.Asset, q.Amount
	e.kinds(ev)
	return nil
}

func needed(name string, q Quantity) *Fault {
	switch {
	case !q.Set():
		return &Fault{name + "_asset", "missing"}
	case q.Amount.IsZero():
		return &Fault{name + "_amount", "amount is 0"}
	}
	return nil
}

// kinds sets what depends on the label, and the fields of single kinds.
func (e *Entry) kinds(ev *ledger.Event) {
	spouse := e.Label == "spouse"
	switch {
	case ev.Kind == ledger.KindGiftIn && spouse:
		ev.Kind = ledger.KindSpouseIn
	case ev.Kind == ledger.KindGiftOut && spouse:
		ev.Kind = ledger.KindSpouseOut
	case ev.Kind == ledger.KindIncome && e.Label != "":
		e.more(ev).Subtype = e.Label
	}
	if e.Acquired != 0 {
		e.more(ev).Acquired = e.Acquired
	}
	if e.DonorCost.Set() {
		cost := e.DonorCost.Amount
		e.more(ev).DonorCost = &cost
	}
}

func (e *Entry) more(ev *ledger.Event) *ledger.More {
	if ev.More == nil {
		ev.More = &ledger.More{}
	}
	return ev.More
}

func (e *Entry) trade(ev *ledger.Event) *Fault {
	if f := needed("received", e.Received); f != nil {
		return f
	}
	if f := needed("sent", e.Sent); f != nil {
		return f
	}
	in, out := e.Received.Fiat(), e.Sent.Fiat()
	switch {
	case in && out:
		ev.Kind = ledger.KindExchange
	case out:
		ev.Kind, ev.Asset, ev.Amount = ledger.KindBuy, e.Received.Asset, e.Received.Amount
		ev.Value, ev.ValueCurrency = e.Sent.Amount, e.Sent.Asset
		ev.Flags |= ledger.HasValue
		return nil
	case in:
		ev.Kind, ev.Asset, ev.Amount = ledger.KindSell, e.Sent.Asset, e.Sent.Amount
		ev.Value, ev.ValueCurrency = e.Received.Amount, e.Received.Asset
		ev.Flags |= ledger.HasValue
		return nil
	default:
		ev.Kind = ledger.KindSwap
	}
	ev.Asset, ev.Amount = e.Sent.Asset, e.Sent.Amount
	m := e.more(ev)
	m.ToAsset, m.ToAmount = e.Received.Asset, e.Received.Amount
	if e.ReceivedValue.Set() {
		m.ToValue = e.ReceivedValue.Amount
		ev.ValueCurrency = e.ReceivedValue.Asset
		ev.Flags |= ledger.HasToValue
	}
	return nil
}

func (e *Entry) transfer(ev *ledger.Event) *Fault {
	if f := needed("sent", e.Sent); f != nil {
		return f
	}
	if e.Counter == "" {
		return &Fault{"counter_account", "missing: a transfer goes to an own account"}
	}
	if e.Received.Set() && e.Received.Asset != e.Sent.Asset {
		return &Fault{"received_asset", "a transfer moves one asset"}
	}
	if e.Received.Amount.Cmp(e.Sent.Amount) > 0 {
		return &Fault{"received_amount", "more arrives than was sent"}
	}
	ev.Kind, ev.Asset, ev.Amount = ledger.KindTransfer, e.Sent.Asset, e.Sent.Amount
	m := e.more(ev)
	m.ToAccount = e.Counter
	arrived := e.Sent.Amount
	if e.Received.Set() {
		arrived = e.Received.Amount
	}
	if e.Fee.Asset == e.Sent.Asset {
		var ok bool
		if ev.Amount, ok = sum(e.Sent.Amount, e.Fee.Amount); !ok {
			return &Fault{"fee_amount", "amount and fee together have more than 38 digits"}
		}
	}
	if !arrived.Equal(ev.Amount) {
		m.Received = &arrived
		e.feeValue(ev, m)
	}
	return nil
}

// sum adds two amounts; it is not ok if the digits of the sum are too many.
func sum(a, b money.Amount) (total money.Amount, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			if _, over := r.(money.Overflow); !over {
				panic(r) // invariant: adding panics with Overflow alone
			}
			ok = false
		}
	}()
	return a.Add(b), true
}

func (e *Entry) feeOnly(ev *ledger.Event) *Fault {
	q := e.Sent
	if !q.Set() || q.Amount.IsZero() {
		q = e.Fee
	}
	if f := needed("sent", q); f != nil {
		return f
	}
	ev.Kind, ev.Asset, ev.Amount = ledger.KindFee, q.Asset, q.Amount
	return nil
}

func (e *Entry) fork(ev *ledger.Event) *Fault {
	if f := needed("received", e.Received); f != nil {
		return f
	}
	if !e.Sent.Set() {
		return &Fault{"sent_asset", "missing: the asset that forked"}
	}
	ev.Kind, ev.Asset = ledger.KindFork, e.Sent.Asset
	m := e.more(ev)
	m.ToAsset, m.ToAmount = e.Received.Asset, e.Received.Amount
	if e.Account == "" {
		m.ToAccount = e.Counter
	}
	if e.ReceivedValue.Set() {
		m.ToValue = e.ReceivedValue.Amount
		ev.ValueCurrency = e.ReceivedValue.Asset
		ev.Flags |= ledger.HasToValue
	}
	return nil
}

func (e *Entry) split(ev *ledger.Event) *Fault {
	asset := e.Received.Asset
	if asset == "" {
		asset = e.Sent.Asset
	}
	if asset == "" {
		return &Fault{"received_asset", "missing: the asset that split"}
	}
	if e.Ratio.Sign() <= 0 {
		return &Fault{"ratio", "missing or not above 0: new units for one old unit"}
	}
	ev.Kind, ev.Asset = ledger.KindSplit, asset
	e.more(ev).Ratio = e.Ratio
	return nil
}

// value sets what the source says the event was worth; it wins over the fiat
// side of a trade.
func (e *Entry) value(ev *ledger.Event) {
	if !e.Value.Set() {
		return
	}
	ev.Value, ev.ValueCurrency = e.Value.Amount, e.Value.Asset
	ev.Flags |= ledger.HasValue
}

// fee sets the fee: money beside the value, units of an asset for the engine
// to value and to dispose of.
func (e *Entry) fee(ev *ledger.Event) *Fault {
	if len(e.Lots) > 0 {
		e.more(ev).Lots = e.Lots
	}
	if e.Note != "" {
		e.more(ev).Note = e.Note
	}
	if e.TxHash != "" {
		e.more(ev).TxHash = e.TxHash
	}
	if e.Label != "" {
		e.more(ev).Label = e.Label
	}
	if !e.Fee.Set() || e.Fee.Amount.IsZero() {
		return nil
	}
	if ev.Kind == ledger.KindFee {
		if e.Sent.Set() && e.Sent.Amount.Sign() > 0 {
			return &Fault{"fee_amount", "a fee row has its amount in sent_amount or in fee_amount, not in both"}
		}
		return nil
	}
	if e.Fee.Fiat() {
		ev.Fee, ev.FeeCurrency = e.Fee.Amount, e.Fee.Asset
		return nil
	}
	if ev.Kind == ledger.KindTransfer && e.Fee.Asset == e.Sent.Asset {
		return nil // already in what left
	}
	m := e.more(ev)
	e.feeValue(ev, m)
	m.FeeAsset, m.FeeAmount = e.Fee.Asset, e.Fee.Amount
	return nil
}

// feeValue keeps what a fee in kind was worth.
func (e *Entry) feeValue(ev *ledger.Event, m *ledger.More) {
	if !e.FeeValue.Set() {
		return
	}
	v := e.FeeValue.Amount
	m.FeeValue = &v
	if ev.ValueCurrency == "" {
		ev.ValueCurrency = e.FeeValue.Asset
	}
}
