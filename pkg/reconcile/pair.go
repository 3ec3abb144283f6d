// Package reconcile finds, purely, what fits together and what does not:
// transfers that pair, balances that differ and the first row after which they
// do. It decides nothing that could be undone; who calls it keeps the
// decisions.
package reconcile

import (
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Ends names a pair by the events at its ends. It is how a decision about a
// pair is written down: events have the same ids wherever their rows are read.
type Ends struct{ Out, In ledger.ID }

// Pair is a withdrawal and a deposit that are the two ends of one own
// transfer.
type Pair struct {
	Out, In ledger.ID
	Asset   string
	Hash    string // the transaction that both name
}

// Ends returns the events at the ends of the pair.
func (p *Pair) Ends() Ends { return Ends{p.Out, p.In} }

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
// sent, and what it brings less must be a fee: the rest may have been paid to
// somebody else by the same transaction. Money of a state is left alone, for its moves count for nothing. The
// order of events does not matter.
func EqualHash(events []ledger.Event) []Pair {
	outs, ins := make(map[key][]*ledger.Event), make(map[key][]*ledger.Event)
	for i := range events {
		e := &events[i]
		if e.Kind != ledger.KindWithdrawal && e.Kind != ledger.KindDeposit || money.IsFiat(e.Asset) {
			continue
		}
		k := key{Hash(e.Extra().TxHash), e.Asset}
		switch {
		case k.hash == "":
		case e.Kind == ledger.KindWithdrawal:
			outs[k] = append(outs[k], e)
		default:
			ins[k] = append(ins[k], e)
		}
	}
	var pairs []Pair
	for k, out := range outs {
		pairs = append(pairs, match(k, out, ins[k])...)
	}
	slices.SortFunc(pairs, func(a, b Pair) int { return slices.Compare(a.Out[:], b.Out[:]) })
	return pairs
}

// Decided returns the pairs that hold: those of EqualHash but for those that a
// person took apart. An end that was taken apart stays alone; it is not given
// to another one instead.
func Decided(events []ledger.Event, apart []Ends) []Pair {
	pairs := EqualHash(events)
	if len(apart) == 0 {
		return pairs
	}
	return slices.DeleteFunc(pairs, func(p Pair) bool { return slices.Contains(apart, p.Ends()) })
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
		in, n := only(ins, func(i *ledger.Event) bool { return same(o, i) })
		if n != 1 {
			continue
		}
		if _, back := only(outs, func(o *ledger.Event) bool { return same(o, in) }); back == 1 {
			pairs = append(pairs, Pair{o.ID, in.ID, k.asset, k.hash})
		}
	}
	return pairs
}

// only returns a candidate and how many there are.
func only(list []*ledger.Event, is func(*ledger.Event) bool) (found *ledger.Event, n int) {
	for _, c := range list {
		if is(c) {
			found, n = c, n+1
		}
	}
	return found, n
}

// same reports whether two ends fit and have the same amount.
func same(out, in *ledger.Event) bool { return in.Amount.Equal(out.Amount) && fits(out, in) }

// fits reports whether a withdrawal and a deposit can be one transfer: between
// two accounts, no more in than out, what is missing is a fee, and with fees
// that one event can say.
func fits(out, in *ledger.Event) bool {
	missing := out.Amount.Sub(in.Amount)
	return out.Account != in.Account && missing.Sign() >= 0 && missing.Cmp(mostFee(out, in)) <= 0 && feeFits(out, in)
}

// unstated is the part of what was sent that may be a fee which nobody states:
// one tenth.
const unstated = 10

// mostFee is how much less than was sent may arrive: the fees that both ends
// state in the asset, for amounts may be before them or after them, or a part
// of what was sent where none is stated.
func mostFee(out, in *ledger.Event) money.Amount {
	stated := money.Amount{}
	for _, e := range []*ledger.Event{out, in} {
		if f := e.Extra(); f.FeeAsset == e.Asset {
			stated = stated.Add(f.FeeAmount)
		}
	}
	if stated.Sign() > 0 {
		return stated
	}
	return out.Amount.Share(money.FromInt(1), money.FromInt(unstated))
}

// feeFits reports whether the fees of both ends can be said by one event: all
// of them in the asset that moves, or one of the withdrawal in another asset
// while all that was sent arrives.
func feeFits(out, in *ledger.Event) bool {
	if f := in.Extra(); f.FeeAsset != "" && (f.FeeAsset != in.Asset || f.FeeAmount.Cmp(in.Amount) > 0) {
		return false
	}
	f := out.Extra()
	return f.FeeAsset == "" || f.FeeAsset == out.Asset || in.Amount.Equal(out.Amount) && in.Extra().FeeAsset == ""
}

// Join makes one transfer of the two ends of each pair. It stands where the
// withdrawal stood, keeps its identity, and ends in the account of the deposit;
// what left and did not arrive, fees taken in the asset among it, is its fee in
// kind. Events must be those that the pairs were found in. The slice is taken
// over; events themselves are replaced, never written to.
func Join(events []ledger.Event, pairs []Pair) []ledger.Event {
	if len(pairs) == 0 {
		return events
	}
	ins, outs := make(map[ledger.ID]*ledger.Event, len(pairs)), make(map[ledger.ID]ledger.ID, len(pairs))
	for _, p := range pairs {
		ins[p.In], outs[p.Out] = nil, p.In
	}
	for i := range events {
		if in, paired := ins[events[i].ID]; paired && in == nil && events[i].Kind == ledger.KindDeposit {
			e := events[i]
			ins[e.ID] = &e
		}
	}
	kept := events[:0]
	for i := range events {
		e := &events[i]
		if in := ins[e.ID]; in != nil && e.Kind == ledger.KindDeposit {
			continue
		}
		if id, paired := outs[e.ID]; paired && e.Kind == ledger.KindWithdrawal && ins[id] != nil {
			kept = append(kept, transfer(e, ins[id]))
			continue
		}
		kept = append(kept, *e)
	}
	clear(events[len(kept):])
	return kept
}

func transfer(out, in *ledger.Event) ledger.Event {
	t, more := *out, *out.Extra()
	t.Kind, t.More = ledger.KindTransfer, &more
	more.ToAccount = in.Account
	arrived, stated := in.Amount, money.Amount{}
	if more.FeeAsset == out.Asset {
		stated = more.FeeAmount
		t.Amount = t.Amount.Add(stated)
		more.FeeAsset, more.FeeAmount = "", money.Amount{}
	}
	if f := in.Extra(); f.FeeAsset == in.Asset {
		arrived = arrived.Sub(f.FeeAmount)
	}
	if !arrived.Equal(t.Amount) {
		more.Received = &arrived
	}
	if more.FeeAsset == "" && !t.Amount.Sub(arrived).Equal(stated) {
		more.FeeValue = nil // it is the value of another fee
	}
	return t
}
