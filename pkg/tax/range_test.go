package tax_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestFiguresTooLarge: figures that 38 digits cannot hold are an error with
// file and line, whatever the method.
func TestFiguresTooLarge(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("9", 38)
	for name, c := range map[string]struct {
		events string
		line   int // from 1, as the events stand
		prices prices
		only   string // the methods that get so far; all if empty
	}{
		"value_and_fee":          {"2024-01-01 buy 1 BTC value=1\n2024-01-02 buy 1 BTC value=" + huge + " fee=1", 2, nil, ""},
		"units_times_price":      {"2024-01-01 buy " + huge + " BTC", 1, prices{"BTC EUR": "1000"}, ""},
		"foreign_money":          {"2024-01-01 buy 1 BTC value=" + huge + " value_currency=USD", 1, prices{"USD EUR": "10"}, ""},
		"a_fee_in_kind":          {"2024-01-01 buy 1 BTC value=1\n2024-01-02 sell 1 BTC value=" + huge + " fee_asset=BTC fee_amount=1", 2, nil, ""},
		"a_split":                {"2024-01-01 buy " + huge + " BTC value=1\n2024-01-02 split BTC ratio=1000\n2024-01-03 sell 1 BTC value=1", 2, nil, ""},
		"a_split_to_almost_none": {"2024-01-01 buy 1 BTC value=1\n" + strings.Repeat("2024-01-02 split BTC ratio=0.0000000001\n", 4) + "2024-01-03 sell 1 BTC value=1", 5, nil, ""},
		"sums_of_holdings":       {"2024-01-01 buy 1 BTC value=" + huge + "\n2024-01-02 buy 1 BTC value=" + huge, 2, nil, ""},
	} {
		for _, who := range []string{"XX fifo", "XX hifo", "XX average", "GB s104", "GB uk-corporate-pool", "CA acb", "IE ie-fifo-4w", "DE de-average", `US fifo {"account_scope_from": "2024-01-02"}`} {
			t.Run(name+"/"+who, func(t *testing.T) {
				t.Parallel()
				p := prices{}
				for k, v := range c.prices {
					for _, money := range strings.Fields("EUR GBP CAD USD") {
						p[strings.Replace(k, "EUR", money, 1)] = v
					}
				}
				delete(p, "USD USD")
				s := story{who: who, events: c.events, prices: p}
				if strings.HasPrefix(who, "US") {
					s.events = strings.ReplaceAll(s.events, "=USD", "=CHF")
					p["CHF USD"] = "10"
				}
				_, err := tax.Calculate(s.input(t))
				if want := fmt.Sprintf("ledger.json:%d: ", c.line+1); !errors.Is(err, tax.ErrRange) || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("got %v, want an error that begins with %s", err, want)
				}
			})
		}
	}
}

// faulty is how an error of range begins: the file and a line of an event.
var faulty = regexp.MustCompile(`^ledger\.json:[1-9][0-9]*: `)

// extreme: whatever the figures are, the answer is a return or an error of
// range that names a line; never anything else.
func extreme(t *rapid.T) {
	r := countries()[rapid.SampledFrom([]string{"GENERIC", "US", "GB", "CA", "DE", "IE"}).Draw(t, "country")]
	in := tax.Input{Rules: r, Currency: "EUR", Calendar: ledger.NewCalendar(zoneOf(t, r))}
	in.Method = rapid.SampledFrom(append(append([]tax.Method{}, r.Methods...), r.CompanyMethods...)).Draw(t, "method")
	in.Scope.PerAccount = rapid.Bool().Draw(t, "per account")
	figure := rapid.Custom(func(t *rapid.T) money.Amount {
		s := rapid.SampledFrom([]string{"1", "9", "123456789", "99999999999999999999999999999999999999", "33333333333333333333"}).Draw(t, "digits")
		if n := rapid.IntRange(0, 38).Draw(t, "decimals"); n > 0 {
			s = strings.Repeat("0", max(n+1-len(s), 0)) + s
			s = s[:len(s)-n] + "." + s[len(s)-n:]
		}
		return money.MustParse(s)
	})
	var events []ledger.Event
	at := ledger.Instant(1_700_000_000_000_000)
	for i := range rapid.IntRange(1, 8).Draw(t, "events") {
		at += ledger.Instant(rapid.Int64Range(0, 40*24*3600_000_000).Draw(t, "later"))
		e := ledger.Event{
			At: at, Kind: ledger.Kind(rapid.IntRange(int(ledger.KindOpening), int(ledger.KindExchange)).Draw(t, "kind")),
			Asset: rapid.SampledFrom([]string{"BTC", "ETH"}).Draw(t, "asset"), Account: rapid.SampledFrom([]string{"A", "B"}).Draw(t, "account"),
			Amount: figure.Draw(t, "amount"), Value: figure.Draw(t, "value"), Flags: ledger.HasValue,
			Origin: ledger.Origin{Line: uint32(i + 2)}, ID: ledger.ID{byte(i + 1)},
		}
		e.More = &ledger.More{
			ToAsset: "SOL", ToAmount: figure.Draw(t, "to amount"), ToValue: figure.Draw(t, "to value"), ToAccount: "B",
			Ratio: figure.Draw(t, "ratio"), Order: "hifo", Accounts: []ledger.Share{{Account: "B", Amount: figure.Draw(t, "share")}},
		}
		if rapid.Bool().Draw(t, "fee") {
			e.More.FeeAsset, e.More.FeeAmount, e.Fee = "BTC", figure.Draw(t, "fee amount"), figure.Draw(t, "money fee")
		}
		events = append(events, e)
	}
	in.Book = ledger.NewBook(events, []ledger.Source{{Name: "ledger.json"}})
	in.Prices = prices{"BTC EUR": figure.Draw(t, "price").String()}
	if _, err := tax.Calculate(in); err != nil && (!errors.Is(err, tax.ErrRange) || !faulty.MatchString(err.Error())) {
		t.Fatal(err)
	}
}

func zoneOf(t *rapid.T, r *tax.Rules) *time.Location {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestExtremeFigures(t *testing.T) {
	t.Parallel()
	rapid.Check(t, extreme)
}

func FuzzExtremeFigures(f *testing.F) { f.Fuzz(rapid.MakeFuzz(extreme)) }
