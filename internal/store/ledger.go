package store

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// ledgerRow is an event of an entity's book.
type ledgerRow struct {
	BookNo        int64
	Batch         int64
	Seq           int
	Tx            []byte
	At            int64
	Kind          string
	Flags         int
	AccountNo     *int64
	ToAccountNo   *int64
	Asset         string
	Amount        amount
	Value         *amount
	ValueCurrency *string
	Fee           *amount
	FeeCurrency   *string
	ToAsset       *string
	ToAmount      *amount
	Line          int64
	RowCount      int
	More          []byte
}

// TableName implements gorm's Tabler.
func (ledgerRow) TableName() string { return "ledger_events" }

// more is the rarer fields of an event, as they are sealed.
type more struct {
	SourceID  string          `json:"id,omitempty"`
	ToAsset   string          `json:"ta,omitempty"`
	ToAmount  money.Amount    `json:"tm,omitzero"`
	ToValue   money.Amount    `json:"tv,omitzero"`
	ToAccount string          `json:"tc,omitempty"`
	FeeAsset  string          `json:"fa,omitempty"`
	FeeAmount money.Amount    `json:"fm,omitzero"`
	FeeValue  *money.Amount   `json:"fv,omitempty"`
	Received  *money.Amount   `json:"rc,omitempty"`
	Acquired  ledger.Date     `json:"ac,omitempty"`
	FMV       *money.Amount   `json:"mv,omitempty"`
	DonorCost *money.Amount   `json:"dc,omitempty"`
	Subtype   string          `json:"st,omitempty"`
	Label     string          `json:"lb,omitempty"`
	Ratio     money.Amount    `json:"ra,omitzero"`
	Lots      []ledger.LotRef `json:"lo,omitempty"`
	Order     string          `json:"or,omitempty"`
	Accounts  []ledger.Share  `json:"sh,omitempty"`
	TxHash    string          `json:"tx,omitempty"`
	Note      string          `json:"no,omitempty"`
	Lines     []uint32        `json:"ln,omitempty"`
	Records   []ledger.Ref    `json:"rr,omitempty"`
}

// AddEvents implements intake.Tx.
func (t *intakeTx) AddEvents(batch int64, first int, list []ledger.Event) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	rows := make([]ledgerRow, len(list))
	for i := range list {
		rows[i].BookNo, rows[i].Batch, rows[i].Seq = no, batch, first+i
		if err := t.fill(&rows[i], &list[i]); err != nil {
			return err
		}
	}
	return t.db.CreateInBatches(&rows, 500).Error
}

// fill puts an event into its row.
func (t *intakeTx) fill(r *ledgerRow, e *ledger.Event) (err error) {
	r.Tx, r.At, r.Kind, r.Flags = e.ID[:], int64(e.At), e.Kind.String(), int(e.Flags)
	r.Asset, r.Amount = e.Asset, amount{e.Amount}
	r.Value, r.ValueCurrency = some(e.Value), word(e.ValueCurrency)
	r.Fee, r.FeeCurrency = some(e.Fee), word(e.FeeCurrency)
	r.Line, r.RowCount = int64(e.Origin.Line), int(e.Origin.Rows)
	if r.AccountNo, err = t.account(e.Account); err != nil || e.More == nil {
		return err
	}
	m := e.More
	r.ToAsset, r.ToAmount = word(m.ToAsset), some(m.ToAmount)
	if r.ToAccountNo, err = t.account(m.ToAccount); err != nil {
		return err
	}
	r.More, err = t.sealJSON("ledger_events", heldName(r.BookNo, r.Batch, r.Seq), "more", more(*m))
	return err
}

// event makes an event of its row.
func (t *intakeTx) event(r *ledgerRow) (e ledger.Event, err error) {
	e = ledger.Event{
		ID: ledger.ID(r.Tx), At: ledger.Instant(r.At), Kind: ledger.ParseKind(r.Kind), Flags: ledger.Flags(r.Flags), // #nosec G115 -- written by fill
		Origin: ledger.Origin{Line: uint32(r.Line), Rows: uint32(r.RowCount)}, // #nosec G115 -- written by fill
		Asset:  r.Asset, Amount: r.Amount.Amount, Value: none(r.Value), ValueCurrency: text(r.ValueCurrency),
		Fee: none(r.Fee), FeeCurrency: text(r.FeeCurrency),
	}
	if e.Account, err = t.accountName(r.AccountNo); err != nil || r.More == nil {
		return e, err
	}
	var m more
	if err := t.openJSON("ledger_events", heldName(r.BookNo, r.Batch, r.Seq), "more", r.More, &m); err != nil {
		return e, err
	}
	rest := ledger.More(m)
	e.More = &rest
	return e, nil
}

func some(a money.Amount) *amount {
	if a.IsZero() {
		return nil
	}
	return &amount{a}
}

func none(a *amount) money.Amount {
	if a == nil {
		return money.Amount{}
	}
	return a.Amount
}

func word(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// accountRow is an account by its number.
type accountRow struct {
	No      int64
	BookNo  int64
	Name    []byte
	NameKey []byte
}

// TableName implements gorm's Tabler.
func (accountRow) TableName() string { return "accounts" }

// doubleRow is events that do not count in their source.
type doubleRow struct {
	BookNo int64
	Batch  int64
	First  int
	Last   int
}

// TableName implements gorm's Tabler.
func (doubleRow) TableName() string { return "doubles" }

// AddLost implements intake.Tx.
func (t *intakeTx) AddLost(batch int64, spans []intake.Span) error {
	no, err := t.book()
	if err != nil {
		return err
	}
	rows := make([]doubleRow, len(spans))
	for i, s := range spans {
		rows[i] = doubleRow{no, batch, s.First, s.Last}
	}
	return t.db.CreateInBatches(&rows, 500).Error
}

// account returns the number of an account; nil if it has no name. Writing,
// one that is new gets a number; reading, it gets 0, which no event has.
func (t *intakeTx) account(name string) (*int64, error) {
	if name == "" {
		return nil, nil //nolint:nilnil // no name is no account
	}
	if no, ok := t.accounts[name]; ok {
		return &no, nil
	}
	book, err := t.book()
	if err != nil {
		return nil, err
	}
	row := accountRow{BookNo: book}
	if row.NameKey, err = t.LookUp("accounts", "name", []byte(name)); err != nil {
		return nil, err
	}
	if err := t.db.Raw("select coalesce(max(no), 0) from accounts where book_no = ? and name_key = ?", book, row.NameKey).Scan(&row.No).Error; err != nil {
		return nil, err
	}
	if row.No == 0 && t.write {
		if err := t.newAccount(&row, name); err != nil {
			return nil, err
		}
	}
	if t.accounts == nil {
		t.accounts = make(map[string]int64)
	}
	t.accounts[name] = row.No
	return &row.No, nil
}

func (t *intakeTx) newAccount(row *accountRow, name string) (err error) {
	if err = t.db.Raw("select coalesce(max(no), 0) + 1 from accounts").Scan(&row.No).Error; err != nil {
		return err
	}
	if row.Name, err = t.Seal("accounts", heldName(row.BookNo, row.No, 0), "name", []byte(name)); err != nil {
		return err
	}
	return t.db.Create(row).Error
}

func (t *intakeTx) accountName(no *int64) (string, error) {
	if no == nil {
		return "", nil
	}
	if name, ok := t.names[*no]; ok {
		return name, nil
	}
	var row accountRow
	if err := t.db.Where("no = ?", *no).Take(&row).Error; err != nil {
		return "", err
	}
	name, err := t.Open("accounts", heldName(row.BookNo, row.No, 0), "name", row.Name)
	if err != nil {
		return "", err
	}
	if t.names == nil {
		t.names = make(map[int64]string)
	}
	t.names[*no] = string(name)
	return string(name), nil
}

// listedRow is an event with the source that it counts in.
type listedRow struct {
	Event    ledgerRow `gorm:"embedded"`
	SourceID key
	Rank     int
}

// listed are the columns of listedRow.
const listed = "e.book_no, e.batch, e.seq, e.tx, e.at, e.kind, e.flags, e.account_no, e.to_account_no, e.asset, e.amount," +
	" e.value, e.value_currency, e.fee, e.fee_currency, e.to_asset, e.to_amount, e.line, e.row_count, e.more, s.id as source_id, s.rank"

// counts leaves out events of rows that count elsewhere.
const counts = " and e.seq > coalesce((select d.last from doubles d where d.book_no = e.book_no and d.batch = s.lost_batch and d.first <= e.seq" +
	" order by d.first desc limit 1), -1)"

// Events implements intake.Tx. The order is that of a ledger.Book.
func (t *intakeTx) Events(q intake.Query) ([]intake.Listed, error) {
	ways, err := t.ways(q)
	if err != nil {
		return nil, err
	}
	var rows []listedRow
	for _, w := range ways {
		var more []listedRow
		// A cross join, so that SQLite goes along the index of the events.
		err := t.db.Raw("select "+listed+" from ledger_events e cross join import_sources s"+
			" where s.book_no = e.book_no and s.batch = e.batch and s.rank > 0"+w.where.String()+counts+
			" order by e.at, s.rank, e.seq limit ?", append(w.args, q.Limit)...).Scan(&more).Error
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	if len(ways) > 1 {
		slices.SortFunc(rows, func(a, b listedRow) int {
			return cmp.Or(cmp.Compare(a.Event.At, b.Event.At), cmp.Compare(a.Rank, b.Rank), cmp.Compare(a.Event.Seq, b.Event.Seq))
		})
		rows = rows[:min(len(rows), q.Limit)]
	}
	return t.listed(rows)
}

// way is one way to events, each along an index.
type way struct {
	where strings.Builder
	args  []any
}

func (w *way) and(cond string, values ...any) {
	w.where.WriteString(" and " + cond)
	w.args = append(w.args, values...)
}

// ways returns the ways that together lead to the events of a query: what
// leaves and what arrives have an index each.
func (t *intakeTx) ways(q intake.Query) ([]*way, error) {
	no, err := t.book()
	if err != nil {
		return nil, err
	}
	account := new(int64)
	if q.Account != "" {
		if account, err = t.account(q.Account); err != nil || *account == 0 {
			return nil, err
		}
	}
	ways := []*way{{}, {}}
	switch {
	case q.Asset != "":
		ways[0].and("e.asset = ?", q.Asset)
		ways[1].and("e.to_asset = ? and e.asset <> ?", q.Asset, q.Asset)
	case q.Account != "":
		ways[0].and("e.account_no = ?", *account)
		ways[1].and("e.to_account_no = ? and coalesce(e.account_no, 0) <> ?", *account, *account)
	default:
		ways = ways[:1]
	}
	for _, w := range ways {
		if q.Asset != "" && q.Account != "" {
			w.and("(e.account_no = ? or e.to_account_no = ?)", *account, *account)
		}
		w.and("e.book_no = ? and e.at >= ?", no, int64(max(q.From, q.After.At)))
		if q.Until {
			w.and("e.at <= ?", int64(q.To))
		}
		if a := q.After; a.Set {
			w.and("(e.at > ? or s.rank > ? or s.rank = ? and e.seq > ?)", int64(a.At), a.Rank, a.Rank, a.Seq)
		}
	}
	return ways, nil
}

// listed opens events and names their sources.
func (t *intakeTx) listed(rows []listedRow) ([]intake.Listed, error) {
	sources := make(map[key]intake.Source)
	list := make([]intake.Listed, len(rows))
	for i := range rows {
		r := &rows[i]
		src, ok := sources[r.SourceID]
		if !ok {
			var row sourceRow
			if err := t.db.Where("id = ?", r.SourceID).Take(&row).Error; err != nil {
				return nil, err
			}
			var err error
			if src, err = t.source(&row); err != nil {
				return nil, err
			}
			sources[r.SourceID] = src
		}
		e, err := t.event(&r.Event)
		if err != nil {
			return nil, err
		}
		list[i] = intake.Listed{
			Event: e, File: src.Name, Source: tenant.ID(r.SourceID), TaxZone: src.TaxZone,
			Cursor: intake.Cursor{Set: true, At: e.At, Rank: r.Rank, Seq: r.Event.Seq},
		}
	}
	return list, nil
}
