// Package reconcile finds, purely, what fits together and what does not:
// transfers that pair, balances that differ and the first row after which they
// do. It decides nothing that could be undone; who calls it keeps the
// decisions.
package reconcile

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// Pair is a withdrawal and a deposit that are the two ends of one own
// transfer.
type Pair struct {
	Out, In ledger.ID
	Asset   string
	Hash    string // the transaction that both name
}

// minHash is the length below which a text is no transaction's hash but a
// note of the venue, such as "Internal transfer 12345".
const minHash = 32

// Hash returns the form in which hashes of transactions are compared, "" if a
// text is none: hex digits in lower case, without 0x and without the number of
// an output behind a colon or a dash.
func Hash(text string) string {
	s := strings.TrimSpace(text)
	if at := strings.LastIndexAny(s, ":-"); at >= minHash && strings.Trim(s[at+1:], "0123456789") == "" {
		s = s[:at]
	}
	if hex := strings.ToLower(strings.TrimPrefix(strings.TrimPrefix(s, "0x"), "0X")); strings.Trim(hex, "0123456789abcdef") == "" {
		s = hex
	}
	if len(s) < minHash || strings.ContainsAny(s, " \t") {
		return ""
	}
	return s
}

// key is what both ends of a transfer have in common.
type key struct{ hash, asset string }

// EqualHash pairs withdrawals and deposits of one asset in different accounts
// that name the same transaction. A transaction may pay several of one's
// accounts, and a venue may send to several people in one: where there is more
// than one candidate on either side, only amounts that are equal and alone
// decide, and what stays open is no pair. A deposit never brings more than was
// sent. The order of events does not matter.
func EqualHash(events []ledger.Event) []Pair {
	outs, ins := make(map[key][]*ledger.Event), make(map[key][]*ledger.Event)
	for i := range events {
		e := &events[i]
		k := key{Hash(e.Extra().TxHash), e.Asset}
		switch {
		case k.hash == "":
		case e.Kind == ledger.KindWithdrawal:
			outs[k] = append(outs[k], e)
		case e.Kind == ledger.KindDeposit:
			ins[k] = append(ins[k], e)
		default:
		}
	}
	var pairs []Pair
	for k, out := range outs {
		pairs = append(pairs, match(k, out, ins[k])...)
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return slices.Compare(a.Out[:], b.Out[:]) })
	return pairs
}

// match pairs the ends of one transaction and asset.
func match(k key, outs, ins []*ledger.Event) []Pair {
	if len(outs) == 1 && len(ins) == 1 {
		if o, i := outs[0], ins[0]; fits(o, i) {
			return []Pair{{o.ID, i.ID, k.asset, k.hash}}
		}
		return nil
	}
	var pairs []Pair
	for _, o := range outs {
		in, n := only(o, ins)
		if n != 1 {
			continue
		}
		if _, back := only(in, outs); back == 1 {
			pairs = append(pairs, Pair{o.ID, in.ID, k.asset, k.hash})
		}
	}
	return pairs
}

// only returns a candidate in another account with the same amount and how
// many there are.
func only(e *ledger.Event, list []*ledger.Event) (found *ledger.Event, n int) {
	for _, c := range list {
		if c.Account != e.Account && c.Amount.Equal(e.Amount) {
			found, n = c, n+1
		}
	}
	return found, n
}

func fits(out, in *ledger.Event) bool {
	return out.Account != in.Account && in.Amount.Cmp(out.Amount) <= 0
}

// Join replaces the two ends of each pair by one transfer, which stands where
// the withdrawal stood and keeps its identity; what was sent and did not
// arrive is its fee in kind. Events must be those that the pairs were found
// in; the given slice is left alone.
func Join(events []ledger.Event, pairs []Pair) []ledger.Event {
	if len(pairs) == 0 {
		return events
	}
	ins, outs := make(map[ledger.ID]*ledger.Event, len(pairs)), make(map[ledger.ID]ledger.ID, len(pairs))
	for _, p := range pairs {
		ins[p.In], outs[p.Out] = nil, p.In
	}
	for i := range events {
		if _, paired := ins[events[i].ID]; paired {
			ins[events[i].ID] = &events[i]
		}
	}
	joined := make([]ledger.Event, 0, len(events))
	for i := range events {
		e := events[i]
		if _, end := ins[e.ID]; end && e.Kind == ledger.KindDeposit {
			continue
		}
		if id, paired := outs[e.ID]; paired && e.Kind == ledger.KindWithdrawal && ins[id] != nil {
			e = transfer(&e, ins[id])
		}
		joined = append(joined, e)
	}
	return joined
}

func transfer(out, in *ledger.Event) ledger.Event {
	t, more := *out, *out.Extra()
	t.Kind, t.More = ledger.KindTransfer, &more
	more.ToAccount = cmp.Or(in.Account, "default")
	if !in.Amount.Equal(out.Amount) {
		arrived := in.Amount
		more.Received = &arrived
	}
	return t
}
