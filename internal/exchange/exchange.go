// Package exchange is what all linked exchanges have in common: what a key may
// do, what an account holds, and its history as streams of records that are
// fetched page by page from a cursor and turned into events.
//
// One exchange is a package below this one, and one value of [Exchange]. A
// client fetches records and keeps each as the exchange wrote it; a pure
// function makes events of all records of a connection. So events can be made
// again at any time, and a rule that is read better later needs no new call.
package exchange

import (
	"context"
	"encoding/json"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Exchange describes one exchange: everything that is known without a key.
type Exchange struct {
	Name  string // lower case, as the API and the settings write it: "kraken"
	Title string // for people: "Kraken"
	Venue string // the account of its events, the same as that of its statement files

	Passes  []egress.Pass // every call that its client ever makes
	MaxBody int64         // of an answer; 0 is the guard's default
	Form    Form
	Streams []Stream
	Absent  []Absent
	Limits  []Limit

	// Silent says that no call tells the rights of a key: the person's own
	// statement is needed, and Judge gives CannotTell for every answer.
	Silent bool

	// Judge reads the answer of the call that tells a key's rights. It knows no
	// error: what it does not understand is no permission.
	Judge func(status int, body []byte) Rights

	// Open returns a client for one connection. It makes no call. A credential
	// of the wrong form is a *Fault with KeyRejected.
	Open func(Config) (Client, error)

	// Events gives each record its outcome. Records are those of one
	// connection, ordered by Sort; the record at index i is line i+1. Use Read.
	Events func(c *statement.Collector, records []Record) error

	// Step reads the change of a balance that a record states, for the proof
	// that nothing is missing; nil if the exchange has no records that state
	// every change: then the events are what is proved.
	Step func(r *Record) (Step, bool)
	// Partial says that such records begin late or tell of some wallets only:
	// then the events are proved, and besides them the wallets that have steps,
	// from their first record on. Every step has a balance after it.
	Partial bool
}

// Form is what a person has to enter to link an account.
type Form struct {
	Key        string // the exchange's own word: "API key"
	Secret     string
	Passphrase string // "" if it has none
	PEM        bool   // the secret may be a private key of its own kind, as with Coinbase
	OAuth      bool
	Rights     string // which rights to choose when the key is made
}

// Stream is one list of records that an exchange offers.
type Stream struct {
	Name     string
	Kind     StreamKind
	Endpoint string // as "POST /0/private/Ledgers"

	// Reach is how far back the exchange answers; 0 is from the beginning.
	Reach time.Duration
	// Optional says that a key without the right for this stream is good all
	// the same: it only adds hashes or addresses to what another stream tells.
	Optional bool
}

// StreamKind says what a stream is about, in the words that every exchange is
// measured by.
type StreamKind string

// The kinds of stream.
const (
	Base        StreamKind = "base" // the ledger: every change of a balance
	Trades      StreamKind = "trades"
	Deposits    StreamKind = "deposits"
	Withdrawals StreamKind = "withdrawals"
	Conversions StreamKind = "conversions"
	Rewards     StreamKind = "rewards"
	Fiat        StreamKind = "fiat"
	Other       StreamKind = "other" // what only explains others: symbols, accounts
)

// StreamKinds are the kinds that each exchange fetches or says to be absent.
func StreamKinds() []StreamKind {
	return []StreamKind{Base, Trades, Deposits, Withdrawals, Conversions, Rewards, Fiat}
}

// Absent is what the API of an exchange cannot give, or gives inside another
// stream.
type Absent struct {
	Kind    StreamKind
	What    string // for people: "Trades of coins that were delisted"
	Within  string // name of the stream that holds it; "" if it is not offered
	Instead string // the file to upload for it; "" if Within is set or there is none
}

// Config is what a client needs for one connection.
type Config struct {
	HTTP *egress.Client
	Key  Credentials
	Now  func() time.Time
	Pace Pacer // nil sets no pace
	// Told hears how far the exchange's clock is before ours, from the Date of
	// an answer: to half a second. nil does not listen.
	Told func(ahead time.Duration)
}

// Credentials are the key of a person at an exchange.
type Credentials struct {
	ID         string
	Secret     keyring.Secret
	Passphrase keyring.Secret
	Token      keyring.Secret // OAuth access token, in place of the others
	Refresh    keyring.Secret // for which the next Token is given, once
	Expires    time.Time      // of Token
}

// Client reads one account. It is for one goroutine at a time.
type Client interface {
	// Probe asks what the key may do. An error means that nothing is known: for
	// an exchange that does not tell, the rights say CannotTell and the key was
	// seen to read.
	Probe(ctx context.Context) (Rights, error)
	// Balances returns what the account holds, assets as in its events.
	Balances(ctx context.Context) ([]Balance, error)
	// Page fetches the next page of a stream. cursor is the Next of the page
	// before, "" at first.
	Page(ctx context.Context, stream, cursor string) (Page, error)
}

// Page is one answer of a stream. Records, Next and coverage are stored
// together or not at all.
type Page struct {
	Records []Record
	Next    string // opaque; where the next page begins
	More    bool   // false: all that there is was fetched, and Next is for the next run

	// From and To are the time that the stream has covered without gaps since
	// its first page; zero if nothing is complete yet.
	From, To time.Time
	// Total is how many records the exchange says there are; 0 is not said.
	Total int
}

// Record is one thing that an exchange said, kept as it said it.
type Record struct {
	Stream   string
	Endpoint string
	ID       string // unique in its stream: the exchange's own, or made of what names the record
	Time     time.Time
	Raw      json.RawMessage // bit for bit
	Context  string          // what else the client knew when it asked, for Events; "" for most

	// Steady is Raw without what goes on by itself, such as a count of
	// confirmations; nil if there is nothing of the kind. It is not kept.
	Steady json.RawMessage
}

// Said is what a record is compared by when it comes again: if it differs, the
// exchange tells otherwise than it did.
func (r *Record) Said() json.RawMessage {
	if r.Steady != nil {
		return r.Steady
	}
	return r.Raw
}

// Balance is what a wallet of an account holds of an asset.
type Balance struct {
	Wallet string // "spot", "funding", "earn"; "" if there is one
	Asset  string
	Amount money.Amount
}

// Total adds balances up by asset.
func Total(list []Balance) map[string]money.Amount {
	sum := make(map[string]money.Amount)
	for _, b := range list {
		sum[b.Asset] = sum[b.Asset].Add(b.Amount)
	}
	return sum
}

// Step is a change of a balance as a record states it.
type Step struct {
	Wallet string
	Asset  string
	Change money.Amount  // negative leaves the account; fees are in it
	After  *money.Amount // the balance after it; nil if it is not stated
}

// Stated makes the step of a record that states a change and the balance after
// it; none if it does not state both.
func Stated(wallet, asset, change, after string) (Step, bool) {
	c, err := ParseAmount(change)
	if err != nil || asset == "" {
		return Step{}, false
	}
	a, err := ParseAmount(after)
	if err != nil {
		return Step{}, false
	}
	return Step{Wallet: wallet, Asset: asset, Change: c, After: &a}, true
}
