package statement

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Tally counts what became of the rows of a file. Duplicates are found later,
// when files are put together.
type Tally struct {
	Rows, Events, Merged, Duplicate, Ignored, Held int
}

// Balances reports whether the row equation holds.
func (t Tally) Balances() bool {
	return t.Rows == t.Events+t.Merged+t.Duplicate+t.Ignored+t.Held
}

// Held is a row that led to nothing, with the reason in words.
type Held struct {
	Line   int
	Column string
	Reason string
}

// ErrRowLost reports that a format gave a row no outcome, or two. It is a
// fault of the format, never of the file.
var ErrRowLost = errors.New("row without exactly one outcome")

// Collector takes what a format makes of its rows. A format calls exactly one
// of Add, Ignore, Hold and Skip for each row that Input.Rows gave it.
type Collector struct {
	Events []ledger.Event
	Tally  Tally
	Held   []Held

	// Ignored counts the rows left out by rule, by reason.
	Ignored map[string]int
	// Rounded counts fiat figures with more than 18 decimals.
	Rounded int
	// Local counts the times without zone of a format with LocalToo.
	Local int
	// KeepIDs keeps the source's own ids with the events, for formats whose
	// disposals may name the lots they take.
	KeepIDs bool
	// Records names the record behind each line, for the records of a linked
	// account: line 1 is the first.
	Records []ledger.Ref
	// Tax is the calendar of the tax zone, in which bare dates begin.
	Tax *ledger.Calendar

	account string
	named   []uint64 // a bit for each event that the source names by an id of its own
	given   int      // rows that the format was given
	skipped int
	strings map[string]string
	last    [4]string // the strings met last, so that most look-ups are one comparison
	equal   map[ledger.ID]uint32
	buf     []byte
}

// NewCollector returns a collector for one file whose rows belong to account
// unless they name another.
func NewCollector(account string) *Collector {
	return &Collector{account: account, strings: make(map[string]string), Ignored: make(map[string]int)}
}

// Grow makes room for n more events.
func (c *Collector) Grow(n int) {
	if free := cap(c.Events) - len(c.Events); free < n {
		c.Events = append(make([]ledger.Event, 0, len(c.Events)+n), c.Events...)
	}
}

// Given counts rows handed to the format; the caller of Format.Read calls it.
func (c *Collector) Given(n int) { c.given += n }

// Add records an entry that the row on this line led to, together with other
// rows that merged into it. A faulty entry holds all of its rows.
func (c *Collector) Add(e *Entry, line int, merged ...int) {
	start := len(c.Events)
	if f := c.push(e, 0); f != nil {
		c.holdAll(f, line, merged)
		return
	}
	c.count(start, line, merged)
}

// AddAll records several entries that the same rows led to: a purchase and
// the deposit that it was paid from, say. If one of them is faulty, none
// counts and the rows are held.
func (c *Collector) AddAll(entries []Entry, line int, merged ...int) {
	start := len(c.Events)
	for i := range entries {
		if f := c.push(&entries[i], i); f != nil {
			c.Events = c.Events[:start]
			c.holdAll(f, line, merged)
			return
		}
	}
	c.count(start, line, merged)
}

// push appends the event of an entry, the part-th of its rows.
func (c *Collector) push(e *Entry, part int) *Fault {
	switch {
	case e.Account == "" && !e.AllOver:
		e.Account = c.account
	case e.Account == "" && e.Type == Fork:
		e.Counter = cmp.Or(e.Counter, c.home())
	}
	n := len(c.Events)
	if n == cap(c.Events) {
		c.Grow(max(64, n/2))
	}
	c.Events = c.Events[:n+1]
	ev := &c.Events[n]
	if f := e.event(ev); f != nil {
		c.Events = c.Events[:n]
		return f
	}
	ev.ID = c.identify(e)
	c.mark(n, e)
	if part > 0 {
		ev.ID = hash(append(append(c.buf[:0], ev.ID[:]...), byte(part)))
	}
	c.keep(ev, e)
	return nil
}

// AddEvent records an event that the source gives as such: Ledger JSON. id is
// the source's own, "" if it has none.
func (c *Collector) AddEvent(ev *ledger.Event, id string, line int) {
	start := len(c.Events)
	c.place(ev)
	e := asEntry(ev, id)
	e.Tx, _ = ParseTx(id)
	ev.ID = c.identify(&e)
	c.Events = append(c.Events, *ev)
	c.mark(start, &e)
	c.keep(&c.Events[start], &e)
	c.count(start, line, nil)
}

// home is the account that was chosen for the file, "" if none was.
func (c *Collector) home() string {
	if c.account == ledger.DefaultAccount {
		return ""
	}
	return c.account
}

// place fills in the accounts that an event does not name.
func (c *Collector) place(ev *ledger.Event) {
	switch ev.Kind {
	case ledger.KindSplit: // without an account it is about all
		return
	case ledger.KindFork: // this too, but units of nothing have to go somewhere
		if ev.Account == "" && ev.More != nil {
			ev.More.ToAccount = cmp.Or(ev.More.ToAccount, c.home())
		}
		return
	case ledger.KindAllocate:
		for i := range ev.More.Accounts {
			ev.More.Accounts[i].Account = cmp.Or(ev.More.Accounts[i].Account, c.account)
		}
		return
	case ledger.KindTransfer:
		if ev.More != nil {
			ev.More.ToAccount = cmp.Or(ev.More.ToAccount, c.account)
		}
	default:
	}
	ev.Account = cmp.Or(ev.Account, c.account)
}

// txPrefix marks an id that is an event's identity itself, as our own exports
// write it, so that reading them back gives the same event.
const txPrefix = "tx:"

// FormatTx writes an identity as an id of our own exports.
func FormatTx(id ledger.ID) string { return txPrefix + id.String() }

// ParseTx reads what FormatTx wrote.
func ParseTx(s string) (id ledger.ID, ok bool) {
	if len(s) != len(txPrefix)+2*len(id) || s[:len(txPrefix)] != txPrefix {
		return id, false
	}
	if _, err := hex.Decode(id[:], []byte(s[len(txPrefix):])); err != nil {
		return ledger.ID{}, false
	}
	return id, true
}

func (c *Collector) holdAll(f *Fault, line int, merged []int) {
	c.Hold(line, f.Column, f.Reason)
	for _, l := range merged {
		c.Hold(l, f.Column, fmt.Sprintf("belongs to line %d: %s", line, f.Reason))
	}
}

// count gives the rows of the events from start on their outcome: the first
// event stands for all of them.
func (c *Collector) count(start, line int, merged []int) {
	for i := start; i < len(c.Events); i++ {
		c.Events[i].Origin.Line = uint32(line)
	}
	lead := &c.Events[start]
	lead.Origin.Rows = uint32(1 + len(merged))
	if len(merged) > 0 {
		if lead.More == nil {
			lead.More = &ledger.More{}
		}
		for _, l := range merged {
			lead.More.Lines = append(lead.More.Lines, uint32(l))
		}
	}
	c.name(start, line, merged)
	c.Tally.Events++
	c.Tally.Merged += len(merged)
	c.Tally.Rows += 1 + len(merged)
}

// name gives the events from start on the names of their records.
func (c *Collector) name(start, line int, merged []int) {
	if len(c.Records) == 0 {
		return
	}
	refs := make([]ledger.Ref, 0, 1+len(merged))
	for _, l := range append([]int{line}, merged...) {
		if l >= 1 && l <= len(c.Records) {
			refs = append(refs, c.Records[l-1])
		}
	}
	for i := start; i < len(c.Events); i++ {
		if c.Events[i].More == nil {
			c.Events[i].More = &ledger.More{}
		}
		c.Events[i].More.Records = refs
	}
}

// keep interns the strings of an event, so that none of them holds on to the
// block of the file that it was cut from.
func (c *Collector) keep(ev *ledger.Event, e *Entry) {
	ev.Account = c.intern(0, ev.Account)
	ev.Asset = c.intern(1, ev.Asset)
	ev.ValueCurrency = c.intern(2, ev.ValueCurrency)
	ev.FeeCurrency = c.intern(3, ev.FeeCurrency)
	if c.KeepIDs && e.ID != "" {
		e.more(ev)
	}
	if ev.More == nil {
		return
	}
	m := ev.More
	for _, s := range [...]*string{&m.ToAsset, &m.ToAccount, &m.FeeAsset, &m.Subtype, &m.Label, &m.Order} {
		*s = c.word(*s)
	}
	m.SourceID, m.Note, m.TxHash = strings.Clone(e.ID), strings.Clone(m.Note), strings.Clone(m.TxHash)
	for i := range m.Lots {
		m.Lots[i].Lot = strings.Clone(m.Lots[i].Lot)
	}
}

func (c *Collector) intern(slot int, s string) string {
	if c.last[slot] == s {
		return c.last[slot]
	}
	c.last[slot] = c.word(s)
	return c.last[slot]
}

func (c *Collector) word(s string) string {
	if s == "" {
		return ""
	}
	if w, ok := c.strings[s]; ok {
		return w
	}
	w := strings.Clone(s)
	c.strings[w] = w
	return w
}

// identify hashes what names the entry for good: the account and the source's
// own id, or, where there is none, everything it says and its number among
// equal ones.
func (c *Collector) identify(e *Entry) ledger.ID {
	if !e.Tx.IsZero() {
		return e.Tx
	}
	if e.ID != "" {
		return c.SourceID(e.Account, e.ID)
	}
	b := append(c.buf[:0], "row\x00"...)
	for _, s := range [...]string{e.Account, string(e.Type), e.Counter, e.Label, e.TxHash} {
		b = append(append(b, s...), 0)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(c.moment(e)))
	for _, q := range [...]*Quantity{&e.Received, &e.Sent, &e.Fee, &e.Value} {
		b = append(append(q.Amount.AppendTo(b), q.Asset...), 0)
	}
	b = e.appendRare(e.Ratio.AppendTo(b))
	c.buf = b
	base := hash(b)
	if c.equal == nil {
		c.equal = make(map[ledger.ID]uint32)
	}
	n := c.equal[base]
	c.equal[base] = n + 1
	if n == 0 {
		return base
	}
	return hash(binary.BigEndian.AppendUint32(append(c.buf[:0], base[:]...), n))
}

// mark notes whether the source names the n-th event.
func (c *Collector) mark(n int, e *Entry) {
	for len(c.named) <= n/64 {
		c.named = append(c.named, 0)
	}
	bit := uint64(1) << (n % 64)
	c.named[n/64] &^= bit
	if e.ID != "" || !e.Tx.IsZero() {
		c.named[n/64] |= bit
	}
}

// Named reports whether the source names the n-th event by an id of its own.
func (c *Collector) Named(n int) bool { return n/64 < len(c.named) && c.named[n/64]>>(n%64)&1 == 1 }

// SourceID is the identity of the event that a source names by an id of its
// own in an account.
func (c *Collector) SourceID(account, id string) ledger.ID {
	b := append(c.buf[:0], "id\x00"...)
	b = append(append(append(b, account...), 0), id...)
	c.buf = b
	return hash(b)
}

func hash(b []byte) ledger.ID {
	sum := sha256.Sum256(b)
	return ledger.ID(sum[:16])
}

// Ignore records a row that is left out by rule: cancelled, pending, no
// effect. Why is the same text for rows of one sort.
func (c *Collector) Ignore(line int, why string) {
	_ = line
	c.Tally.Rows++
	c.Tally.Ignored++
	c.Ignored[why]++
}

// Merge records rows that say again, or say more about, what another row's
// event already holds, where that event was added before.
func (c *Collector) Merge(lines ...int) {
	c.Tally.Rows += len(lines)
	c.Tally.Merged += len(lines)
}

// Hold records a row that leads to nothing, with the column to look at and
// the reason. Nothing is lost: the row is shown and counted.
func (c *Collector) Hold(line int, column, reason string) {
	c.Tally.Rows++
	c.Tally.Held++
	c.Held = append(c.Held, Held{Line: line, Column: column, Reason: reason})
}

// HoldErr holds a row for an error, which must not quote amounts.
func (c *Collector) HoldErr(line int, column string, err error) { c.Hold(line, column, err.Error()) }

// Renumber gives all lines other numbers, for a source whose rows were counted
// from behind its head, or without some of them.
func (c *Collector) Renumber(to func(line int) int) {
	for i := range c.Events {
		e := &c.Events[i]
		e.Origin.Line = uint32(to(int(e.Origin.Line))) // #nosec G115 -- a line of a file
		if e.More != nil {
			for k, line := range e.More.Lines {
				e.More.Lines[k] = uint32(to(int(line))) // #nosec G115 -- likewise
			}
		}
	}
	for i := range c.Held {
		c.Held[i].Line = to(c.Held[i].Line)
	}
}

// Skip says that a line is no row at all: a comment or a total.
func (c *Collector) Skip() { c.skipped++ }

// Check returns ErrRowLost if the format did not give each row exactly one
// outcome.
func (c *Collector) Check() error {
	if got := c.Tally.Rows + c.skipped; got != c.given || !c.Tally.Balances() {
		return fmt.Errorf("%w: %d rows, %d outcomes", ErrRowLost, c.given, got)
	}
	return nil
}

// Money reads a fiat figure by the venue's grammar and counts it if it had to
// be rounded.
func (c *Collector) Money(n Numbers, cell string) (a money.Amount, set bool, err error) {
	a, set, rounded, err := n.Money(cell)
	if rounded {
		c.Rounded++
	}
	return a, set, err
}

// Amount reads a figure of an asset, fiat or not, by the venue's grammar.
func (c *Collector) Amount(n Numbers, cell, asset string) (a money.Amount, set bool, err error) {
	if money.IsFiat(asset) {
		return c.Money(n, cell)
	}
	return n.Units(cell)
}
