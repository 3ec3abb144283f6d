// Package ledger holds the nouns that everything shares: events with their
// origin, accounts, assets, instants and tax dates, and the book that orders
// them. It says what happened in tax-neutral words; a country's rules decide
// what that means.
package ledger

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
)

// JSONFormat is the name of the lossless native format, Ledger JSON, which
// tells events as they stand here.
const JSONFormat = "ledgersys-json"

// DefaultAccount is where events happened that name no account.
const DefaultAccount = "default"

// Kind says what happened. The names are those of Ledger JSON.
type Kind uint8

// The kinds of event. The zero Kind never computes.
const (
	KindUnknown    Kind = iota
	KindOpening         // a lot held before the records begin: an acquisition at Value + Fee
	KindBuy             // acquired for money: an acquisition at Value + Fee
	KindSell            // disposed of for money
	KindSpend           // disposed of for goods or services, at market value
	KindSwap            // one crypto-asset given for another
	KindIncome          // received as income of Value, which becomes its cost
	KindAirdrop         // received without income; cost is Value
	KindGiftIn          // received as a gift; cost is Value, the donor's cost or the market value as the law says
	KindGiftOut         // given away
	KindDonate          // given to charity
	KindSpouseOut       // given to a spouse or civil partner
	KindSpouseIn        // received from a spouse or civil partner
	KindTransfer        // moved between own accounts
	KindFee             // a network or exchange fee paid in kind
	KindSplit           // units multiplied by Ratio, cost unchanged
	KindFork            // a new asset out of an old one
	KindAllocate        // Rev. Proc. 2024-28 global allocation
	KindLost            // left without proceeds: stolen, lost, destroyed
	KindDeposit         // arrived from outside, counterpart not known
	KindWithdrawal      // left to outside, counterpart not known
	KindExchange        // money for other money: no tax effect
	kinds
)

var kindNames = [kinds]string{
	"unknown", "opening", "buy", "sell", "spend", "swap", "income", "airdrop", "gift_in", "gift_out", "donate",
	"spouse_out", "spouse_in", "transfer", "fee", "split", "fork", "allocate", "lost", "deposit", "withdrawal", "exchange",
}

// String returns the name that Ledger JSON uses.
func (k Kind) String() string {
	if k < kinds {
		return kindNames[k]
	}
	return kindNames[KindUnknown]
}

// ParseKind returns the Kind of a Ledger JSON type word, or KindUnknown.
func ParseKind(s string) Kind {
	for k, name := range kindNames {
		if name == s {
			return Kind(k)
		}
	}
	return KindUnknown
}

// ID identifies an event by its source: a hash of the account and the
// source's own id, or of the row's content and its number among equal rows.
// It never depends on a database, a file name or the order of files.
type ID [16]byte

// IsZero reports whether the ID was never set.
func (id ID) IsZero() bool { return id == ID{} }

// AppendTo appends the ID as 32 hex digits.
func (id ID) AppendTo(b []byte) []byte {
	var digits [2 * len(id)]byte
	for i := 0; i < len(id); i += 4 {
		binary.LittleEndian.PutUint64(digits[2*i:], hexDigits(binary.LittleEndian.Uint32(id[i:])))
	}
	return append(b, digits[:]...)
}

// hexDigits returns the hex digits of four bytes, in the order of the bytes, the
// first of both in the lowest place. It works on all of them at once.
func hexDigits(four uint32) uint64 {
	const ones = 0x0101010101010101
	x := uint64(four)
	x = (x | x<<16) & 0x0000ffff0000ffff
	x = (x | x<<8) & 0x00ff00ff00ff00ff
	x = (x>>4 | x<<8) & (ones * 0x0f)  // a nibble in each byte
	letter := (x + ones*6) >> 4 & ones // 1 where the nibble is above 9
	return x + ones*'0' + letter*('a'-'0'-10)
}

// String returns the ID as 32 hex digits.
func (id ID) String() string { return string(id.AppendTo(nil)) }

// ParseID reads 32 hex digits in lower case, as String writes them.
func ParseID(s string) (id ID, err error) {
	if len(s) != hex.EncodedLen(len(id)) || strings.ToLower(s) != s {
		return ID{}, errors.New("an id is 32 hex digits")
	}
	if _, err := hex.Decode(id[:], []byte(s)); err != nil {
		return ID{}, errors.New("an id is 32 hex digits")
	}
	return id, nil
}

// Flags are yes-or-no facts about an event.
type Flags uint8

// The flags.
const (
	HasValue    Flags = 1 << iota // Value is known; without it 0 is not a value
	HasToValue                    // More.ToValue is known
	DateOnly                      // the source gave a local date, not an instant
	RoundedFiat                   // a fiat figure was rounded to 18 decimals on reading
)

// Origin says where an event comes from.
type Origin struct {
	File uint32 // index into the inputs of the book
	Line uint32 // physical line, 1 is the first; for an API the record's number
	Rows uint32 // how many rows of the source the event stands for; 0 for a second event of one row
}

// Event is one thing that happened, in tax-neutral terms. What an event type
// uses of these fields is said in the vectors' README (pkg/tax/testdata).
type Event struct {
	ID     ID
	At     Instant // for DateOnly events midnight of the date in the tax zone
	Kind   Kind
	Flags  Flags
	Origin Origin

	Account string // where it happened; "" means the default account
	Asset   string // what left, or arrived for acquisitions
	Amount  money.Amount

	Value         money.Amount // total, without the fee, in ValueCurrency
	ValueCurrency string       // "" is the reporting currency
	Fee           money.Amount // in FeeCurrency, a fiat currency
	FeeCurrency   string       // "" is the reporting currency

	More *More // what only some kinds carry; nil is a zero More
}

// More holds the rarer fields of an event.
type More struct {
	SourceID string // the source's own id, as specific identification refers to it

	ToAsset   string       // swap, fork: what arrives
	ToAmount  money.Amount // swap, fork
	ToValue   money.Amount // swap, fork; known if HasToValue; in the event's ValueCurrency
	ToAccount string       // transfer; fork of all accounts: where units of nothing go

	FeeAsset  string        // sell, spend: the fee was taken in the asset sold; any kind on reading
	FeeAmount money.Amount  // units of FeeAsset
	FeeValue  *money.Amount // its value in ValueCurrency; transfer: value of the network fee; nil if unknown
	Received  *money.Amount // transfer: what arrives; nil if all of it

	Acquired  Date          // opening, gift_in: the earlier date of acquisition
	FMV       *money.Amount // gift_in: market value at the gift
	DonorCost *money.Amount // gift_in: what the giver paid; counts where the law carries it over
	Subtype   string        // income: staking, mining, interest, …
	Label     string        // the source's own label
	Ratio     money.Amount  // split
	Lots      []LotRef      // specific identification
	Order     string        // allocate: fifo, lifo, hifo or lofo
	Accounts  []Share       // allocate: units held in each account
	TxHash    string        // transaction on the chain, if the source names it
	Note      string
	Lines     []uint32 // further lines of the source that merged into this event
	Records   []Ref    // of a linked account: the records that the event stands for, Lines among them
}

// Ref names a record of a linked account.
type Ref struct {
	Endpoint string `json:"endpoint"`
	ID       string `json:"id"`
}

// LotRef names units of one acquisition: the event that acquired them and how
// many of them.
type LotRef struct {
	Lot    string       `json:"lot"` // id of the acquiring event, as the source writes it
	Amount money.Amount `json:"amount"`
}

// Share is a quantity held in one account.
type Share struct {
	Account string       `json:"account"`
	Amount  money.Amount `json:"amount"`
}

var noMore More

// Extra returns the rarer fields, a shared zero More if there are none. It
// must not be written to.
func (e *Event) Extra() *More {
	if e.More == nil {
		return &noMore
	}
	return e.More
}

// Has reports whether all of the given flags are set.
func (e *Event) Has(f Flags) bool { return e.Flags&f == f }

// SameContent reports whether two events say the same, whatever rows they
// come from. Notes do not count.
func SameContent(a, b *Event) bool {
	if a.At != b.At || a.Kind != b.Kind || a.Asset != b.Asset || a.Account != b.Account ||
		a.ValueCurrency != b.ValueCurrency || a.FeeCurrency != b.FeeCurrency || a.Flags != b.Flags ||
		!a.Amount.Equal(b.Amount) || !a.Value.Equal(b.Value) || !a.Fee.Equal(b.Fee) {
		return false
	}
	x, y := a.Extra(), b.Extra()
	return x.ToAsset == y.ToAsset && x.ToAccount == y.ToAccount && x.FeeAsset == y.FeeAsset && x.Acquired == y.Acquired &&
		x.Subtype == y.Subtype && x.Order == y.Order &&
		x.ToAmount.Equal(y.ToAmount) && x.ToValue.Equal(y.ToValue) && x.FeeAmount.Equal(y.FeeAmount) && x.Ratio.Equal(y.Ratio) &&
		same(x.FeeValue, y.FeeValue) && same(x.Received, y.Received) && same(x.FMV, y.FMV) && same(x.DonorCost, y.DonorCost) &&
		slices.EqualFunc(x.Lots, y.Lots, func(a, b LotRef) bool { return a.Lot == b.Lot && a.Amount.Equal(b.Amount) }) &&
		slices.EqualFunc(x.Accounts, y.Accounts, func(a, b Share) bool { return a.Account == b.Account && a.Amount.Equal(b.Amount) })
}

func same(a, b *money.Amount) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}
