package ledgersys

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// ErrCSV reports an event that Ledgersys CSV cannot say.
var ErrCSV = errors.New("not possible in Ledgersys CSV; convert to ledger-json")

// Writer says what the native formats need to know beyond the book.
type Writer struct {
	Calendar *ledger.Calendar // of the tax zone in which bare dates were read
	Document *Document        // what the source said about the computation; nil if nothing
	Currency string           // of values for which the source names none; CSV has to name one

	// Statements says that some events come from statements: unless the
	// document names a scope, the country's own holds for all of them.
	Statements bool
}

// WriteCSV writes a book as Ledgersys CSV. Ids are the events' own, so that
// reading the file back gives the same events.
func (w Writer) WriteCSV(to io.Writer, b *ledger.Book) error {
	out := csv.NewWriter(to)
	if err := out.Write(columns); err != nil {
		return err
	}
	ids := sourceIDs(b)
	for i := range b.Events {
		row, err := w.row(&b.Events[i], ids)
		if err != nil {
			return fmt.Errorf("event on line %d: %w", b.Events[i].Origin.Line, err)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// sourceIDs maps the ids by which sources name lots to the events' own.
func sourceIDs(b *ledger.Book) map[string]string {
	ids := make(map[string]string)
	for i := range b.Events {
		e := &b.Events[i]
		if id := e.Extra().SourceID; id != "" {
			if _, taken := ids[id]; !taken {
				ids[id] = statement.FormatTx(e.ID)
			}
		}
	}
	return ids
}

// row fills the columns, by their names.
func (w Writer) row(e *ledger.Event, ids map[string]string) ([]string, error) {
	m := e.Extra()
	r := map[string]string{
		"id": statement.FormatTx(e.ID), "time": w.time(e), "type": e.Kind.String(), "account": e.Account,
		"counter_account": m.ToAccount, "tx_hash": m.TxHash, "label": m.Label, "note": m.Note, "acquired": m.Acquired.String(),
	}
	if m.Subtype != "" {
		r["label"] = m.Subtype
	}
	if err := w.sides(e, r); err != nil {
		return nil, err
	}
	switch {
	case m.FeeAsset != "" && !e.Fee.IsZero():
		return nil, fmt.Errorf("a fee in money beside one in kind: %w", ErrCSV)
	case m.FeeAsset != "" && m.FeeAmount.IsZero() && m.FeeValue != nil && !m.FeeValue.IsZero():
		return nil, fmt.Errorf("a fee of no units that is worth something: %w", ErrCSV)
	}
	w.value(e, r)
	w.fee(e, r)
	if w.nameless(e) {
		return nil, fmt.Errorf("it has a value in the reporting currency, which the file does not name: add \"currency\" to the file; %w", ErrCSV)
	}
	for i, l := range m.Lots {
		if i > 0 {
			r["lots"] += ";"
		}
		id := l.Lot
		if tx, ok := ids[id]; ok {
			id = tx
		}
		r["lots"] += id + ":" + l.Amount.String()
	}
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = r[c]
	}
	return cells, nil
}

// sides fills what arrives and what leaves.
func (w Writer) sides(e *ledger.Event, r map[string]string) error {
	m := e.Extra()
	in := func(a money.Amount, asset string) { r["received_amount"], r["received_asset"] = a.String(), asset }
	out := func(a money.Amount, asset string) { r["sent_amount"], r["sent_asset"] = a.String(), asset }
	switch e.Kind {
	case ledger.KindBuy:
		in(e.Amount, e.Asset)
		if w.paid(e) {
			r["type"] = "trade"
			out(e.Value, w.currency(e.ValueCurrency))
		}
	case ledger.KindSell:
		out(e.Amount, e.Asset)
		if w.paid(e) {
			r["type"] = "trade"
			in(e.Value, w.currency(e.ValueCurrency))
		}
	case ledger.KindSpouseIn:
		r["type"], r["label"] = ledger.KindGiftIn.String(), spouse
		in(e.Amount, e.Asset)
	case ledger.KindSpouseOut:
		r["type"], r["label"] = ledger.KindGiftOut.String(), spouse
		out(e.Amount, e.Asset)
	case ledger.KindOpening, ledger.KindIncome, ledger.KindAirdrop, ledger.KindGiftIn, ledger.KindDeposit:
		in(e.Amount, e.Asset)
	case ledger.KindSwap, ledger.KindExchange:
		r["type"] = "trade"
		out(e.Amount, e.Asset)
		in(m.ToAmount, m.ToAsset)
	case ledger.KindTransfer:
		out(e.Amount, e.Asset)
		if m.Received != nil {
			in(*m.Received, e.Asset)
		}
	case ledger.KindSplit:
		r["received_asset"], r["ratio"] = e.Asset, m.Ratio.String()
	case ledger.KindFork:
		r["sent_asset"] = e.Asset
		in(m.ToAmount, m.ToAsset)
	case ledger.KindAllocate, ledger.KindUnknown:
		return fmt.Errorf("%s: %w", e.Kind, ErrCSV)
	default:
		out(e.Amount, e.Asset)
	}
	return nil
}

// paid reports whether the value of a purchase or sale can stand as its other
// side.
func (w Writer) paid(e *ledger.Event) bool {
	return e.Has(ledger.HasValue) && e.Value.Sign() > 0 && money.IsFiat(w.currency(e.ValueCurrency))
}

// value fills the values. A gift whose giver's cost counts has two.
func (w Writer) value(e *ledger.Event, r map[string]string) {
	m := e.Extra()
	if e.Has(ledger.HasToValue) {
		r["received_value"], r["value_currency"] = m.ToValue.String(), w.currency(e.ValueCurrency)
	}
	if m.FeeValue != nil {
		r["fee_value"], r["value_currency"] = m.FeeValue.String(), w.currency(e.ValueCurrency)
	}
	if !e.Has(ledger.HasValue) || r["type"] == "trade" && w.paid(e) && m.ToAsset == "" {
		return
	}
	r["value_amount"], r["value_currency"] = e.Value.String(), w.currency(e.ValueCurrency)
	switch {
	case m.DonorCost != nil:
		r["donor_cost"] = m.DonorCost.String()
	case m.FMV != nil && w.Document != nil && w.Document.Jurisdiction == "US":
		r["donor_cost"], r["value_amount"] = e.Value.String(), m.FMV.String()
	}
}

func (w Writer) fee(e *ledger.Event, r map[string]string) {
	m := e.Extra()
	switch {
	case m.FeeAsset != "":
		r["fee_amount"], r["fee_asset"] = m.FeeAmount.String(), m.FeeAsset
	case !e.Fee.IsZero():
		r["fee_amount"], r["fee_asset"] = e.Fee.String(), w.currency(e.FeeCurrency)
	}
}

// currency names the reporting currency where the event leaves it out.
func (w Writer) currency(c string) string { return cmp.Or(c, w.Currency) }

// nameless reports whether an event has money of which nobody names the
// currency.
func (w Writer) nameless(e *ledger.Event) bool {
	m := e.Extra()
	valued := e.Has(ledger.HasValue) || e.Has(ledger.HasToValue) || m.FeeValue != nil
	return valued && w.currency(e.ValueCurrency) == "" || !e.Fee.IsZero() && w.currency(e.FeeCurrency) == ""
}

func (w Writer) time(e *ledger.Event) string {
	if e.Has(ledger.DateOnly) {
		return w.Calendar.Date(e.At).String()
	}
	return string(e.At.AppendTo(nil))
}

// Event is an event in Ledger JSON.
type Event struct {
	ID    string `json:"id"`
	Time  string `json:"time"`
	Type  string `json:"type"`
	Asset string `json:"asset"`

	Amount        *money.Amount   `json:"amount,omitempty"`
	Value         *money.Amount   `json:"value,omitempty"`
	ValueCurrency string          `json:"value_currency,omitempty"`
	Fee           *money.Amount   `json:"fee,omitempty"`
	FeeCurrency   string          `json:"fee_currency,omitempty"`
	FeeAsset      string          `json:"fee_asset,omitempty"`
	FeeAmount     *money.Amount   `json:"fee_amount,omitempty"`
	FeeValue      *money.Amount   `json:"fee_value,omitempty"`
	ToAsset       string          `json:"to_asset,omitempty"`
	ToAmount      *money.Amount   `json:"to_amount,omitempty"`
	ToValue       *money.Amount   `json:"to_value,omitempty"`
	Account       string          `json:"account,omitempty"`
	ToAccount     string          `json:"to_account,omitempty"`
	Received      *money.Amount   `json:"received,omitempty"`
	Acquired      string          `json:"acquired,omitempty"`
	FMV           *money.Amount   `json:"fmv,omitempty"`
	DonorCost     *money.Amount   `json:"donor_cost,omitempty"`
	Subtype       string          `json:"subtype,omitempty"`
	Label         string          `json:"label,omitempty"`
	Ratio         *money.Amount   `json:"ratio,omitempty"`
	Lots          []ledger.LotRef `json:"lots,omitempty"`
	Order         string          `json:"order,omitempty"`
	Accounts      []ledger.Share  `json:"accounts,omitempty"`
	TxHash        string          `json:"tx_hash,omitempty"`
	Note          string          `json:"note,omitempty"`
}

// WriteJSON writes a book as Ledger JSON, which loses nothing.
func (w Writer) WriteJSON(to io.Writer, b *ledger.Book) error {
	text, err := w.head()
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(to, "%s,\n\"events\":[", text[:len(text)-1]); err != nil {
		return err
	}
	ids := sourceIDs(b)
	for i := range b.Events {
		text, err := json.Marshal(w.event(&b.Events[i], ids))
		if err != nil {
			return err
		}
		separator := ",\n"
		if i == 0 {
			separator = "\n"
		}
		if _, err := fmt.Fprintf(to, "%s%s", separator, text); err != nil {
			return err
		}
	}
	_, err = io.WriteString(to, "\n]}\n")
	return err
}

// head is what the document says about the computation.
func (w Writer) head() ([]byte, error) {
	options := map[string]json.RawMessage{}
	head := map[string]any{"schema": 1, "options": options}
	if d := w.Document; d != nil {
		for k, v := range map[string]string{"jurisdiction": d.Jurisdiction, "method": d.Method, "currency": d.Currency, "timezone": d.Timezone} {
			if v != "" {
				head[k] = v
			}
		}
		if len(d.Options) > 0 {
			if err := json.Unmarshal(d.Options, &options); err != nil {
				return nil, fmt.Errorf("options: %w", err)
			}
			head["options"] = options
		}
	}
	if w.Statements && options["scope"] == nil && options["account_scope_from"] == nil {
		if options == nil { // the file says null
			options = map[string]json.RawMessage{}
			head["options"] = options
		}
		options["scope"] = json.RawMessage(`"country"`)
	}
	return json.Marshal(head)
}

// Event says an event alone, without the rest of the book: lots keep the ids
// by which the source names them.
func (w Writer) Event(e *ledger.Event) Event { return w.event(e, nil) }

func (w Writer) event(e *ledger.Event, ids map[string]string) Event {
	m := e.Extra()
	some := func(a money.Amount) *money.Amount {
		if a.IsZero() {
			return nil
		}
		return &a
	}
	j := Event{
		ID: statement.FormatTx(e.ID), Time: w.time(e), Type: e.Kind.String(), Asset: e.Asset, Account: e.Account,
		ValueCurrency: e.ValueCurrency, Fee: some(e.Fee), FeeCurrency: e.FeeCurrency,
		FeeAsset: m.FeeAsset, FeeAmount: some(m.FeeAmount), FeeValue: m.FeeValue, ToAsset: m.ToAsset, ToAmount: some(m.ToAmount),
		ToAccount: m.ToAccount, Received: m.Received, Acquired: m.Acquired.String(), FMV: m.FMV, DonorCost: m.DonorCost,
		Subtype: m.Subtype, Label: m.Label, Ratio: some(m.Ratio), Order: m.Order, Accounts: m.Accounts, TxHash: m.TxHash, Note: m.Note,
	}
	switch e.Kind {
	case ledger.KindSplit, ledger.KindFork, ledger.KindAllocate:
	default:
		j.Amount = &e.Amount
	}
	if e.Has(ledger.HasValue) {
		j.Value = &e.Value
	}
	if e.Has(ledger.HasToValue) {
		j.ToValue = &m.ToValue
	}
	for _, l := range m.Lots {
		if tx, ok := ids[l.Lot]; ok {
			l.Lot = tx
		}
		j.Lots = append(j.Lots, l)
	}
	return j
}
