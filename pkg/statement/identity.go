package statement

import (
	"encoding/binary"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// asEntry says what an event says, as far as its identity needs it.
func asEntry(ev *ledger.Event, id string) Entry {
	m := ev.Extra()
	e := Entry{
		ID: id, Account: ev.Account, Type: Type(ev.Kind.String()), At: ev.At, DateOnly: ev.Has(ledger.DateOnly), Counter: m.ToAccount,
		Sent: Quantity{ev.Amount, ev.Asset}, Received: Quantity{m.ToAmount, m.ToAsset},
		Value: Quantity{ev.Value, ev.ValueCurrency}, Fee: Quantity{ev.Fee, ev.FeeCurrency}, Ratio: m.Ratio,
		Acquired: m.Acquired, Lots: m.Lots,
	}
	if id != "" {
		return e
	}
	b := append(append([]byte(m.Subtype), 0), m.Order...)
	b = append(m.FeeAmount.AppendTo(append(b, 0)), m.FeeAsset...)
	for i, a := range [...]*money.Amount{m.FeeValue, m.Received, m.FMV, m.DonorCost} {
		if a != nil {
			b = a.AppendTo(append(b, 0, byte(i)))
		}
	}
	if ev.Has(ledger.HasToValue) {
		b = m.ToValue.AppendTo(append(b, 0, 'v'))
	}
	for _, s := range m.Accounts {
		b = s.Amount.AppendTo(append(append(append(b, 0), s.Account...), 0))
	}
	e.rest = b
	return e
}

// moment is when an entry happened, a bare date being the same in every tax
// zone.
func (c *Collector) moment(e *Entry) ledger.Instant {
	if !e.DateOnly || c.Tax == nil {
		return e.At
	}
	const day = 24 * 60 * 60 * 1_000_000 // microseconds
	return ledger.Instant(c.Tax.Date(e.At)) * day
}

// appendRare appends what few entries say, each with a mark in front.
func (e *Entry) appendRare(b []byte) []byte {
	for i, q := range [...]*Quantity{&e.ReceivedValue, &e.FeeValue, &e.DonorCost} {
		if q.Set() {
			b = append(q.Amount.AppendTo(append(b, 0, byte(i))), q.Asset...)
		}
	}
	if e.DateOnly {
		b = append(b, 0, 'd')
	}
	if e.Acquired != 0 {
		b = binary.BigEndian.AppendUint32(append(b, 0, 'a'), uint32(e.Acquired))
	}
	for _, l := range e.Lots {
		b = l.Amount.AppendTo(append(append(append(b, 0, 'l'), l.Lot...), 0))
	}
	return append(b, e.rest...)
}
