package intake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

const priceHead = "time,asset,currency,price\n"

// TestPrice: the last row at or before the event, at most 24 hours old; a bare
// date for that tax date; one step over another currency; never a guess.
func TestPrice(t *testing.T) {
	t.Parallel()
	sydney := testkit.Zone(t, "Australia/Sydney")
	cal := ledger.NewCalendar(sydney)
	text := "currency,time,price,asset,\n" + // in another order, with a nameless column at the end
		"AUD,2024-05-01T10:00:00Z,100,BTC,\n" +
		"AUD,2024-05-01T12:00:00Z,200,BTC,\n" +
		"aud,2024-05-10,300,BTC,\n" + // of the date in Sydney: from 9 May 14:00 UTC on
		"USD,2024-05-01T00:00:00Z,50,ETH,\n" +
		"AUD,2024-05-01T00:00:00Z,1.5,USD,\n" +
		"EUR,2024-05-01T00:00:00Z,40,DOT,\n" + // no way from EUR to AUD
		"AUD,2024-05-20T10:00:00Z,0,DUST,\n"
	p, err := intake.ReadPrices("p.csv", strings.NewReader(text), int64(len(text)), cal)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ asset, at, want string }{
		"at_the_time":               {"BTC", "2024-05-01T10:00:00Z", "100"},
		"the_last_before":           {"BTC", "2024-05-01T11:59:59Z", "100"},
		"the_later_one":             {"BTC", "2024-05-01T13:00:00Z", "200"},
		"none_before":               {"BTC", "2024-05-01T09:59:59Z", ""},
		"24_hours_old":              {"BTC", "2024-05-02T12:00:00Z", "200"},
		"older":                     {"BTC", "2024-05-02T12:00:01Z", ""},
		"a_bare_date_from_midnight": {"BTC", "2024-05-09T14:00:00Z", "300"},
		"not_before_midnight":       {"BTC", "2024-05-09T13:59:59Z", ""},
		"to_its_end":                {"BTC", "2024-05-10T13:59:59Z", "300"},
		"not_after":                 {"BTC", "2024-05-10T14:00:00Z", ""},
		"over_one_currency":         {"ETH", "2024-05-01T10:00:00Z", "75"},
		"not_over_two":              {"DOT", "2024-05-01T10:00:00Z", ""},
		"fiat_is_an_asset":          {"USD", "2024-05-01T10:00:00Z", "1.5"},
		"money_is_worth_itself":     {"AUD", "1999-05-01T10:00:00Z", "1"},
		"worth_nothing_is_known":    {"DUST", "2024-05-20T11:00:00Z", "0"},
		"nobody_knows_it":           {"SOL", "2024-05-01T10:00:00Z", ""},
	} {
		at, ok := statement.ParseRFC3339(c.at)
		if !ok {
			t.Fatal(c.at)
		}
		v, known := p.Price(c.asset, "AUD", at, cal.Date(at))
		if known != (c.want != "") || known && v.String() != c.want {
			t.Errorf("%s: %s, known %v, want %q", name, v, known, c.want)
		}
	}
}

// TestPricesRefuse: each fault with its line; none is passed over.
func TestPricesRefuse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"time,asset,price\n":                                `p.csv: line 1: column "currency" is missing; the header is time,asset,currency,price`,
		priceHead + "yesterday,BTC,EUR,1\n":                 "p.csv: line 2, time: must be a date YYYY-MM-DD or a time with its offset",
		priceHead + "2024-05-01T10:00:00,BTC,EUR,1\n":       "p.csv: line 2, time: time without zone",
		priceHead + "1950-05-01T10:00:00Z,BTC,EUR,1\n":      "p.csv: line 2, time: year out of range",
		priceHead + "2024-05-01,BTC,EUR,\n":                 "p.csv: line 2, price: missing or negative",
		priceHead + "2024-05-01,BTC,EUR,-1\n":               "p.csv: line 2, price: missing or negative",
		priceHead + "2024-05-01,BTC,EUR,\"1,5\"\n":          "p.csv: line 2, price: not a plain decimal number",
		priceHead + "2024-05-01,,EUR,1\n":                   "p.csv: line 2, asset: asset and currency are needed",
		priceHead + "\n2024-05-01,BTC,EUR,1\nx,BTC,EUR,1\n": "p.csv: line 4, time: ",
		priceHead + "2024-05-01,B\"TC,EUR,1\n":              "p.csv: line 2, column 2: a quote stands inside a cell",
		"":                                                  "p.csv: file cannot be used: the file is empty",
	} {
		_, err := intake.ReadPrices("p.csv", strings.NewReader(text), int64(len(text)), ledger.NewCalendar(time.UTC))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

// TestBrokerForms: lines of Form 1099-DA, with and without basis.
func TestBrokerForms(t *testing.T) {
	t.Parallel()
	const brokerHead = "account,asset,date_sold,units,proceeds,basis,basis_reported\n"
	text := brokerHead + "Kraken,BTC,2025-03-01,0.5,50000,45000,TRUE\nKraken,ETH,2025-03-02,1,2000,,no\n\n,SOL,2025-03-03,1,0,0,\n"
	list, err := intake.ReadBrokerForms("f.csv", strings.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || !list[0].Reported || list[0].Basis.String() != "45000" || list[1].Basis != nil || list[1].Reported ||
		list[2].Account != "" || list[2].Basis.Sign() != 0 || list[2].Date != ledger.NewDate(2025, time.March, 3) {
		t.Errorf("%+v", list)
	}
	for rowText, want := range map[string]string{
		"K,BTC,3/1/2025,1,1,,\n":           "f.csv: line 2, date_sold: ",
		"K,BTC,2025-03-01,,1,,\n":          "f.csv: line 2, units: missing or not a plain decimal number",
		"K,BTC,2025-03-01,1,1e3,,\n":       "f.csv: line 2, proceeds: missing or not a plain decimal number",
		"K,BTC,2025-03-01,1,1,abc,\n":      "f.csv: line 2, basis: not a plain decimal number",
		"K,BTC,2025-03-01,1,1,1,perhaps\n": "f.csv: line 2, basis_reported: must be true or false",
	} {
		text := brokerHead + rowText
		_, err := intake.ReadBrokerForms("f.csv", strings.NewReader(text), int64(len(text)))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", rowText, err, want)
		}
	}
}
