package ledgersys

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// denominate says in which currency the figures of an event are, so that they
// keep their meaning when another currency is reported. An event without
// figures gets none, so that it is the same event in every format.
func (doc *Document) denominate(ev *ledger.Event) {
	m := ev.Extra()
	valued := ev.Has(ledger.HasValue) || ev.Has(ledger.HasToValue) || m.FeeValue != nil || m.FMV != nil || m.DonorCost != nil
	if valued && ev.ValueCurrency == "" {
		ev.ValueCurrency = strings.ToUpper(doc.Currency)
	}
	if !ev.Fee.IsZero() && ev.FeeCurrency == "" {
		ev.FeeCurrency = strings.ToUpper(doc.Currency)
	}
}

// eventFields are the fields of an event; all but lots and accounts are text.
var eventFields = []string{
	"id", "time", "type", "asset", "amount", "value", "fee", "account", "note",
	"to_asset", "to_amount", "to_value", "to_account", "fee_asset", "fee_amount", "fee_value", "received",
	"acquired", "fmv", "subtype", "ratio", "lots", "order", "accounts", "source",
	"value_currency", "fee_currency", "donor_cost", "label", "tx_hash",
}

// readEvent reads one event. A nil event without fault is to be ignored.
func readEvent(data []byte, cal *ledger.Calendar) (*ledger.Event, string, *statement.Fault) {
	if len(data) > maxEvent {
		return nil, "", &statement.Fault{Column: "event", Reason: fmt.Sprintf("longer than %d bytes", maxEvent)}
	}
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(data, &raw); err != nil {
		return nil, "", &statement.Fault{Column: "event", Reason: "not an object in JSON: look for a missing quote, comma or bracket"}
	}
	r := fields{raw: raw}
	for k := range raw {
		if !slices.Contains(eventFields, k) {
			r.fail(k, "unknown field; fields of an event are "+strings.Join(eventFields, ", "))
		}
	}
	kind := ledger.ParseKind(r.text("type"))
	switch {
	case r.text("type") == "ignore":
		return nil, "", nil
	case kind == ledger.KindUnknown:
		r.fail("type", fmt.Sprintf("unknown type %q", r.text("type")))
	}
	ev := &ledger.Event{Kind: kind, Account: r.text("account"), Asset: r.text("asset"), More: &ledger.More{}}
	r.time(ev, cal)
	r.figures(ev)
	r.rest(ev, cal)
	if r.fault == nil {
		r.check(ev)
	}
	return ev, r.text("id"), r.fault
}

// fields reads the fields of one event and keeps the first fault, in the
// order of names so that it is always the same one.
type fields struct {
	raw   map[string]json.RawMessage
	fault *statement.Fault
}

func (r *fields) fail(column, reason string) {
	if r.fault == nil || column < r.fault.Column {
		r.fault = &statement.Fault{Column: column, Reason: reason}
	}
}

// text returns a field as text, "" if it is absent or null.
func (r *fields) text(key string) string {
	v, ok := r.raw[key]
	if !ok || string(v) == "null" {
		return ""
	}
	var s string
	if err := json.Unmarshal(v, &s); err != nil {
		r.fail(key, "must be text in quotes")
	}
	return s
}

// figure returns a decimal that is not negative; absent is not set.
func (r *fields) figure(key string) (a money.Amount, set bool) {
	v, ok := r.raw[key]
	if !ok || string(v) == "null" || string(v) == `""` {
		return a, false
	}
	a, err := money.Parse(strings.Trim(string(v), `"`))
	switch {
	case err != nil:
		r.fail(key, err.Error())
		return money.Amount{}, false
	case a.Sign() < 0:
		r.fail(key, "amount is negative; the direction follows from the type")
	}
	return a, true
}

func (r *fields) optional(key string) *money.Amount {
	if a, set := r.figure(key); set {
		return &a
	}
	return nil
}

// date returns a date, or the one of an instant in the tax zone.
func (r *fields) date(key string, cal *ledger.Calendar) ledger.Date {
	s := r.text(key)
	if s == "" {
		return 0
	}
	if at, ok := statement.ParseRFC3339(s); ok {
		return cal.Date(at)
	}
	d, err := ledger.ParseDate(s)
	if err != nil {
		r.fail(key, err.Error())
	}
	return d
}

// time reads an instant with its offset, or a date that begins in the tax zone.
func (r *fields) time(ev *ledger.Event, cal *ledger.Calendar) {
	s := r.text("time")
	if at, ok := statement.ParseRFC3339(s); ok {
		ev.At = at
		return
	}
	d, err := ledger.ParseDate(s)
	if fault := statement.TimeFault(s); err != nil && !errors.Is(fault, statement.ErrTime) {
		r.fail("time", fault.Error())
		return
	}
	if err != nil {
		r.fail("time", "must be a date YYYY-MM-DD or a time with its offset as in 2024-07-01T12:00:00Z")
		return
	}
	if !statement.KnownYear(d) {
		r.fail("time", statement.ErrYearRange.Error())
	}
	ev.At = cal.Midnight(d)
	ev.Flags |= ledger.DateOnly
}

func (r *fields) figures(ev *ledger.Event) {
	var set bool
	ev.Amount, _ = r.figure("amount")
	if ev.Value, set = r.figure("value"); set {
		ev.Flags |= ledger.HasValue
	}
	ev.ValueCurrency, ev.FeeCurrency = r.text("value_currency"), r.text("fee_currency")
	ev.Fee, _ = r.figure("fee")
	m := ev.More
	m.ToAmount, _ = r.figure("to_amount")
	if m.ToValue, set = r.figure("to_value"); set {
		ev.Flags |= ledger.HasToValue
	}
	m.FeeAmount, _ = r.figure("fee_amount")
	m.FeeValue, m.Received = r.optional("fee_value"), r.optional("received")
	m.FMV, m.DonorCost = r.optional("fmv"), r.optional("donor_cost")
	m.Ratio, _ = r.figure("ratio")
	switch ev.Kind { // only these have a fee of their own
	case ledger.KindOpening, ledger.KindBuy, ledger.KindSell, ledger.KindSpend, ledger.KindSwap:
	default:
		ev.Fee, ev.FeeCurrency = money.Amount{}, ""
	}
}

func (r *fields) rest(ev *ledger.Event, cal *ledger.Calendar) {
	m := ev.More
	m.ToAsset, m.ToAccount, m.FeeAsset = r.text("to_asset"), r.text("to_account"), r.text("fee_asset")
	m.Acquired, m.Subtype, m.Order = r.date("acquired", cal), r.text("subtype"), r.text("order")
	m.Note, m.Label, m.TxHash = r.text("note"), r.text("label"), r.text("tx_hash")
	if v, ok := r.raw["lots"]; ok && string(v) != "null" {
		if err := json.Unmarshal(v, &m.Lots); err != nil {
			r.fail("lots", "must be a list of {\"lot\": id, \"amount\": decimal}")
		}
	}
	if v, ok := r.raw["accounts"]; ok && string(v) != "null" {
		if err := json.Unmarshal(v, &m.Accounts); err != nil {
			r.fail("accounts", "must be a list of {\"account\": name, \"amount\": decimal}")
		}
	}
}

// check refuses events that lack what their type needs.
func (r *fields) check(ev *ledger.Event) {
	m := ev.More
	if ev.Asset == "" {
		r.fail("asset", "missing")
	}
	for _, f := range [...][2]string{
		{"asset", ev.Asset}, {"to_asset", m.ToAsset}, {"fee_asset", m.FeeAsset}, {"value_currency", ev.ValueCurrency}, {"fee_currency", ev.FeeCurrency},
	} {
		if f[1] != "" && !statement.ValidAsset(f[1]) {
			r.fail(f[0], statement.ErrAsset.Error())
		}
	}
	if m.FeeAsset == "" && !m.FeeAmount.IsZero() {
		r.fail("fee_asset", "missing: fee_amount needs it")
	}
	switch ev.Kind {
	case ledger.KindSplit:
		if m.Ratio.Sign() <= 0 {
			r.fail("ratio", "missing or not above 0")
		}
		return
	case ledger.KindAllocate:
		if m.Order != "fifo" && m.Order != "lifo" && m.Order != "hifo" && m.Order != "lofo" {
			r.fail("order", "must be fifo, lifo, hifo or lofo")
		}
		for _, a := range m.Accounts {
			if a.Amount.Sign() < 0 {
				r.fail("accounts", "amount is negative")
			}
		}
		return
	case ledger.KindSwap, ledger.KindFork:
		if m.ToAsset == "" {
			r.fail("to_asset", "missing")
		}
	case ledger.KindTransfer:
		if m.Received != nil && m.Received.Cmp(ev.Amount) > 0 {
			r.fail("received", "more arrives than was sent")
		}
	default:
	}
	if _, set := r.figure("amount"); !set && ev.Kind != ledger.KindFork {
		r.fail("amount", "missing")
	}
	for _, l := range m.Lots {
		if l.Amount.Sign() < 0 {
			r.fail("lots", "amount is negative")
		}
	}
}
