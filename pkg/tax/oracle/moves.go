package oracle

import "math/big"

// Names of methods that need more than one rule.
const (
	s104Pool      = "uk-s104"
	corporatePool = "uk-corporate-pool"
	irishFIFO     = "ie-fifo-4w"
	germanAverage = "de-average"
	canadianPool  = "acb"
	averagePool   = "average"
)

// ruleNames gives for each method the rule that its plain legs carry.
var ruleNames = map[string]string{
	s104Pool: "s104", corporatePool: "s104", canadianPool: "acb", averagePool: "average",
	"fifo": "fifo", "lifo": "lifo", "hifo": "hifo", "lofo": "lofo", "specific": "fifo",
	irishFIFO: "fifo", "de-fifo": "fifo", germanAverage: "fifo",
}

// kinds are the types of events.
var kinds = map[string]bool{
	"opening": true, "buy": true, "sell": true, "spend": true, "swap": true, "income": true, "airdrop": true,
	"gift_in": true, "gift_out": true, "donate": true, "spouse_out": true, "spouse_in": true, "transfer": true,
	"fee": true, "split": true, "fork": true, "allocate": true,
}

// giftsTaxed are the countries in which giving away is a disposal at market value.
var giftsTaxed = map[string]bool{"GB": true, "CA": true, "AU": true, "IE": true, "ZA": true}

// methodName gives the name that the vectors use for a short name.
func methodName(country, name string) string {
	switch {
	case name == "s104":
		return s104Pool
	case country == "IE" && name == "fifo":
		return irishFIFO
	case country == "DE" && name == "fifo":
		return "de-fifo"
	case country == "DE" && name == "average":
		return germanAverage
	}
	return name
}

func isPool(method string) bool {
	return isDayPool(method) || method == canadianPool || method == averagePool
}

func isDayPool(method string) bool { return method == s104Pool || method == corporatePool }

// sale is the part of an event that takes units away. Proceeds are nil when nobody knows the value.
type sale struct {
	event    *event
	kind     string
	amount   *big.Rat
	proceeds *big.Rat
	fees     *big.Rat
	taxable  bool
	noGain   bool // proceeds are whatever the cost turns out to be
}

// purchase is the part of an event that brings units.
type purchase struct {
	event    *event
	asset    string
	amount   *big.Rat
	cost     *big.Rat
	acquired day
	fmv      *big.Rat // nil unless the units are a gift with a value of their own
}

// nothing says whether the event is of a type with an amount and that amount is zero: such an event changes nothing.
func (e *event) nothing() bool {
	switch e.kind {
	case "split", "allocate":
		return false
	case "fork":
		return e.toAmount.Sign() == 0
	}
	return e.amount.Sign() == 0
}

// feeInKind is what a transfer loses on its way.
func (e *event) feeInKind() *big.Rat {
	if e.kind != "transfer" || e.received == nil {
		return zero()
	}
	return positive(sub(e.amount, e.received))
}

// arriving is what reaches the other account of a transfer.
func (e *event) arriving() *big.Rat { return sub(e.amount, e.feeInKind()) }

// saleOf gives the disposal that an event leads to, if it leads to one.
func (l *ledger) saleOf(e *event) (sale, bool) {
	if e.nothing() {
		return sale{}, false
	}
	s := sale{event: e, kind: e.kind, amount: clone(e.amount), proceeds: e.value, fees: zero(), taxable: true}
	switch e.kind {
	case "sell", "spend":
		s.fees = clone(e.fee)
		if e.feeAsset != "" && e.feeAsset == e.asset {
			s.addFeeInKind()
		}
	case "swap":
		s.proceeds = firstKnown(l.swapValue, e)
		s.fees, _ = l.swapFees(e)
	case "gift_out", "donate":
		s.taxable = giftsTaxed[l.country]
	case "fee":
	case "spouse_out":
		s.taxable, s.noGain, s.proceeds = false, true, zero()
	case "transfer":
		s.kind, s.amount, s.proceeds = "fee", e.feeInKind(), e.feeValue
		return s, s.amount.Sign() > 0
	default:
		return sale{}, false
	}
	return s, true
}

// addFeeInKind counts a fee that is taken in the asset itself: more units leave, and their value is both proceeds and
// fee. Without a value it is neither.
func (s *sale) addFeeInKind() {
	value := valueOr0(s.event.feeValue)
	s.amount = add(s.amount, s.event.feeAmount)
	s.fees = add(s.fees, value)
	if s.proceeds != nil {
		s.proceeds = add(s.proceeds, value)
	}
}

// firstKnown is the value of the wanted side of a swap, or that of the other when it is blank; nil when both are.
func firstKnown(side string, e *event) *big.Rat {
	wanted, other := e.toValue, e.value
	if side == "given" {
		wanted, other = other, wanted
	}
	if wanted != nil {
		return wanted
	}
	return other
}

// swapFees shares the fee of a swap between the disposal and the acquisition.
func (l *ledger) swapFees(e *event) (disposal, acquisition *big.Rat) {
	switch l.swapFee {
	case "half":
		half := quo(e.fee, big.NewRat(2, 1))
		return half, clone(half)
	case "acquisition":
		return zero(), clone(e.fee)
	}
	return clone(e.fee), zero()
}

// purchaseOf gives the acquisition that an event leads to, if it leads to one. Forks are not among them.
func (l *ledger) purchaseOf(e *event) (purchase, bool) {
	if e.nothing() {
		return purchase{}, false
	}
	p := purchase{event: e, asset: e.asset, amount: clone(e.amount), cost: valueOr0(e.value), acquired: e.day}
	switch e.kind {
	case "opening", "buy":
		if e.value != nil {
			p.cost = add(e.value, e.fee)
		}
	case "swap":
		p.asset, p.amount, p.cost = e.toAsset, clone(e.toAmount), zero()
		if value := firstKnown(l.swapCost, e); value != nil {
			_, fee := l.swapFees(e)
			p.cost = add(value, fee)
		}
	case "gift_in":
		p.fmv = e.fmv
	case "income", "airdrop", "spouse_in":
	default:
		return purchase{}, false
	}
	if (e.kind == "opening" || e.kind == "gift_in") && e.acquired != 0 {
		p.acquired = e.acquired
	}
	return p, p.amount.Sign() > 0
}

// forkShare is the part of the old coin's cost that goes over to the new one.
func (e *event) forkShare() *big.Rat {
	value, toValue := valueOr0(e.value), valueOr0(e.toValue)
	return share(one(), toValue, add(value, toValue))
}
