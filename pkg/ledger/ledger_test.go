package ledger_test

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// TestKindNames: the names are those of Ledger JSON, each its own, and reading
// a name gives the kind back.
func TestKindNames(t *testing.T) {
	t.Parallel()
	want := strings.Fields("unknown opening buy sell spend swap income airdrop gift_in gift_out donate spouse_out spouse_in " +
		"transfer fee split fork allocate lost deposit withdrawal exchange")
	for i, name := range want {
		k := ledger.Kind(i)
		if k.String() != name || ledger.ParseKind(name) != k {
			t.Errorf("kind %d is %q and %q is kind %d", i, k, name, ledger.ParseKind(name))
		}
	}
	if got := ledger.Kind(len(want)).String(); got != "unknown" {
		t.Errorf("a kind beyond the last is %q", got)
	}
	for _, name := range []string{"", "Buy", "ignore", "trade", "gift"} {
		if k := ledger.ParseKind(name); k != ledger.KindUnknown {
			t.Errorf("%q is kind %s", name, k)
		}
	}
}

func TestID(t *testing.T) {
	t.Parallel()
	var none ledger.ID
	if !none.IsZero() || none.String() != strings.Repeat("0", 32) {
		t.Errorf("the zero id is %s", none)
	}
	id := ledger.ID{0: 0x0f, 15: 0xa1}
	if got := id.String(); id.IsZero() || got != "0f0000000000000000000000000000a1" {
		t.Errorf("got %s", got)
	}
	for n := range 256 {
		id := ledger.ID{byte(n), byte(n * 3), byte(n * 5), byte(n * 7), byte(n * 11), 15: byte(n)}
		if got := string(id.AppendTo([]byte("x"))); got != "x"+hex.EncodeToString(id[:]) {
			t.Errorf("got %s for %v", got, [16]byte(id))
		}
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	e := ledger.Event{Flags: ledger.HasValue | ledger.DateOnly}
	for _, c := range []struct {
		flags ledger.Flags
		want  bool
	}{
		{ledger.HasValue, true},
		{ledger.HasValue | ledger.DateOnly, true},
		{ledger.HasValue | ledger.HasToValue, false},
		{ledger.HasToValue, false},
		{0, true},
	} {
		if got := e.Has(c.flags); got != c.want {
			t.Errorf("has %b: %v", c.flags, got)
		}
	}
}

func TestExtra(t *testing.T) {
	t.Parallel()
	var e ledger.Event
	if one, two := e.Extra(), e.Extra(); one.ToAsset != "" || one != two {
		t.Error("an event without rarer fields has some")
	}
	e.More = &ledger.More{ToAsset: "ETH"}
	if e.Extra().ToAsset != "ETH" {
		t.Error("the rarer fields are not those of the event")
	}
}

// TestNewBook: by time, then by source, then by place in it.
func TestNewBook(t *testing.T) {
	t.Parallel()
	event := func(at ledger.Instant, file, line uint32) ledger.Event {
		return ledger.Event{At: at, Origin: ledger.Origin{File: file, Line: line}}
	}
	for name, c := range map[string]struct {
		events []ledger.Event
		want   []uint32 // file * 10 + line
	}{
		"empty":          {nil, nil},
		"in_order":       {[]ledger.Event{event(1, 0, 1), event(1, 0, 2), event(2, 1, 1)}, []uint32{1, 2, 11}},
		"newest_first":   {[]ledger.Event{event(3, 0, 1), event(2, 0, 2), event(1, 0, 3)}, []uint32{3, 2, 1}},
		"one_instant":    {[]ledger.Event{event(1, 0, 1), event(0, 0, 2), event(1, 0, 3), event(1, 1, 1), event(0, 1, 2)}, []uint32{2, 12, 1, 3, 11}},
		"before_1970":    {[]ledger.Event{event(5, 0, 1), event(-5, 0, 2)}, []uint32{2, 1}},
		"files_overlap":  {[]ledger.Event{event(1, 0, 1), event(9, 0, 2), event(5, 1, 1)}, []uint32{1, 11, 2}},
		"equal_all_over": {[]ledger.Event{event(1, 1, 2), event(1, 1, 1)}, []uint32{12, 11}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sources := []ledger.Source{{Name: "a"}, {Name: "b"}}
			b := ledger.NewBook(slices.Clone(c.events), sources)
			var got []uint32
			for i := range b.Events {
				got = append(got, b.Events[i].Origin.File*10+b.Events[i].Origin.Line)
			}
			if !slices.Equal(got, c.want) || len(b.Sources) != 2 {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func ptr(s string) *money.Amount {
	a := money.MustParse(s)
	return &a
}

// TestSameContent: every field that says something counts, where a row stands
// and what is noted beside it does not.
func TestSameContent(t *testing.T) {
	t.Parallel()
	base := func() *ledger.Event {
		return &ledger.Event{
			ID: ledger.ID{1}, At: 5, Kind: ledger.KindSell, Flags: ledger.HasValue, Account: "A", Asset: "BTC",
			Amount: money.MustParse("1.5"), Value: money.MustParse("100"), ValueCurrency: "EUR", Fee: money.MustParse("1"), FeeCurrency: "EUR",
			More: &ledger.More{
				ToAsset: "ETH", ToAccount: "B", ToAmount: money.MustParse("2"), ToValue: money.MustParse("3"),
				FeeAsset: "BNB", FeeAmount: money.MustParse("0.1"), FeeValue: ptr("4"), Received: ptr("5"), FMV: ptr("6"), DonorCost: ptr("7"),
				Acquired: 77, Subtype: "staking", Ratio: money.MustParse("2"), Order: "fifo",
				Lots:     []ledger.LotRef{{Lot: "x", Amount: money.MustParse("1")}},
				Accounts: []ledger.Share{{Account: "A", Amount: money.MustParse("1")}},
			},
		}
	}
	for name, change := range map[string]func(*ledger.Event){
		"time":           func(e *ledger.Event) { e.At++ },
		"kind":           func(e *ledger.Event) { e.Kind = ledger.KindSpend },
		"flags":          func(e *ledger.Event) { e.Flags |= ledger.DateOnly },
		"account":        func(e *ledger.Event) { e.Account = "" },
		"asset":          func(e *ledger.Event) { e.Asset = "btc" },
		"amount":         func(e *ledger.Event) { e.Amount = money.MustParse("1.50000001") },
		"value":          func(e *ledger.Event) { e.Value = money.MustParse("99") },
		"value_currency": func(e *ledger.Event) { e.ValueCurrency = "" },
		"fee":            func(e *ledger.Event) { e.Fee = money.Amount{} },
		"fee_currency":   func(e *ledger.Event) { e.FeeCurrency = "USD" },
		"to_asset":       func(e *ledger.Event) { e.More.ToAsset = "SOL" },
		"to_account":     func(e *ledger.Event) { e.More.ToAccount = "C" },
		"to_amount":      func(e *ledger.Event) { e.More.ToAmount = money.Amount{} },
		"to_value":       func(e *ledger.Event) { e.More.ToValue = money.Amount{} },
		"fee_asset":      func(e *ledger.Event) { e.More.FeeAsset = "BTC" },
		"fee_amount":     func(e *ledger.Event) { e.More.FeeAmount = money.Amount{} },
		"fee_value":      func(e *ledger.Event) { e.More.FeeValue = ptr("9") },
		"fee_value_gone": func(e *ledger.Event) { e.More.FeeValue = nil },
		"received":       func(e *ledger.Event) { e.More.Received = ptr("9") },
		"fmv":            func(e *ledger.Event) { e.More.FMV = nil },
		"donor_cost":     func(e *ledger.Event) { e.More.DonorCost = ptr("0") },
		"acquired":       func(e *ledger.Event) { e.More.Acquired = 0 },
		"subtype":        func(e *ledger.Event) { e.More.Subtype = "" },
		"ratio":          func(e *ledger.Event) { e.More.Ratio = money.MustParse("3") },
		"order":          func(e *ledger.Event) { e.More.Order = "lifo" },
		"lot":            func(e *ledger.Event) { e.More.Lots[0].Lot = "y" },
		"lot_amount":     func(e *ledger.Event) { e.More.Lots[0].Amount = money.MustParse("2") },
		"fewer_lots":     func(e *ledger.Event) { e.More.Lots = nil },
		"share":          func(e *ledger.Event) { e.More.Accounts[0].Account = "B" },
		"share_amount":   func(e *ledger.Event) { e.More.Accounts[0].Amount = money.MustParse("2") },
		"nothing_more":   func(e *ledger.Event) { e.More = nil },
	} {
		a, b := base(), base()
		change(b)
		if ledger.SameContent(a, b) || ledger.SameContent(b, a) {
			t.Errorf("events that differ in %s say the same", name)
		}
	}
	for name, change := range map[string]func(*ledger.Event){
		"nothing":        func(*ledger.Event) {},
		"identity":       func(e *ledger.Event) { e.ID = ledger.ID{2} },
		"place":          func(e *ledger.Event) { e.Origin = ledger.Origin{File: 3, Line: 4, Rows: 2} },
		"trailing_zeros": func(e *ledger.Event) { e.Amount = money.MustParse("1.500") },
		"note":           func(e *ledger.Event) { e.More.Note = "x" },
		"label":          func(e *ledger.Event) { e.More.Label = "x" },
		"hash":           func(e *ledger.Event) { e.More.TxHash = "x" },
		"source_id":      func(e *ledger.Event) { e.More.SourceID = "x" },
		"lines":          func(e *ledger.Event) { e.More.Lines = []uint32{4} },
		"records":        func(e *ledger.Event) { e.More.Records = []ledger.Ref{{ID: "x"}} },
	} {
		a, b := base(), base()
		change(b)
		if !ledger.SameContent(a, b) || !ledger.SameContent(b, a) {
			t.Errorf("events that differ in %s only do not say the same", name)
		}
	}
}

func TestParseID(t *testing.T) {
	t.Parallel()
	want := ledger.ID{0x18, 0x67, 15: 0x51}
	if id, err := ledger.ParseID(want.String()); err != nil || id != want {
		t.Errorf("%s: %s, %v", want, id, err)
	}
	for _, s := range []string{"", "18", strings.ToUpper(want.String() + "a"), want.String() + "00", strings.Repeat("g", 32), strings.Repeat("A", 32), strings.Repeat(" ", 32)} {
		if id, err := ledger.ParseID(s); err == nil || !id.IsZero() {
			t.Errorf("%q: %s", s, id)
		}
	}
}
