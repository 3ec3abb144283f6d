package luno

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

const head = "Wallet ID,Row,Timestamp (UTC),Description,Currency,Balance delta,Available balance delta,Balance,Available balance," +
	"Cryptocurrency transaction ID,Cryptocurrency address,Value currency,Value amount,Reference\n"

func TestFormats(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, Formats())
}

func TestParseOffer(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"Bought 0.0119 ETH/MYR @ 17,140", "true true ETH MYR 0.0119 17140"},
		{"Sold 0.02 ETH/BTC @0.0187", "false true ETH BTC 0.02 0.0187"},
		{"Sold 1,000 XRP/XBT @ 0.00001", "false true XRP BTC 1000 0.00001"},
		{"Bought BTC 0.99579 for ZAR 7,500.00", "true false BTC ZAR 0.99579 7500"},
		{"bought btc 0.00003523 for idr 44,000", "true false BTC IDR 0.00003523 44000"},
		{"Sold XBT 0.08 for ZAR 50,814.27", "false false BTC ZAR 0.08 50814.27"},
		{"Bought 0.0119 ETH @ 17,140", ""},
		{"Bought 0.0119 ETH/ETH @ 17,140", ""},
		{"Bought x ETH/MYR @ 17,140", ""},
		{"Bought 0 ETH/MYR @ 17,140", ""},
		{"Bought -1 ETH/MYR @ 17,140", ""},
		{"Bought 1 ETH/MYR @ 17,14", ""},
		{"Bought BTC 1 with ZAR 7,500.00", ""},
		{"Bought a bike", ""},
		{"", ""},
	}
	for _, tt := range tests {
		got := ""
		if o, ok := parseOffer(tt.text); ok {
			got = strings.Join([]string{strconv.FormatBool(o.bought), strconv.FormatBool(o.book), o.base, o.quote, o.units.String(), o.at.String()}, " ")
		}
		if got != tt.want {
			t.Errorf("parseOffer(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestWalletsOfOneTradeMeet reads both wallets of the same trades: what both
// tell has one id and one content, and what only one may tell comes once.
func TestWalletsOfOneTradeMeet(t *testing.T) {
	t.Parallel()
	const (
		quoted = `"Bought BTC 0.5 for ZAR 3,750.00"`
		book   = `"Bought 0.2 BTC/ZAR @ 10,705"`
	)
	coin := testkit.Statement(t, Formats(), head+
		"901,1,2016-01-21 03:31:46,"+quoted+",XBT,0.5,0.5,0.5,0.5,,,ZAR,3750,\n"+
		"901,2,2016-01-21 03:31:46,"+quoted+",XBT,0.5,0.5,1,1,,,ZAR,3750.01,\n"+
		"901,3,2016-06-22 04:58:56,"+book+",XBT,0.2,0.2,1.2,1.2,,,ZAR,2141,\n"+
		"901,4,2016-06-22 04:58:56,Trading fee,XBT,-0.002,-0.002,1.198,1.198,,,ZAR,21.4,\n")
	money := testkit.Statement(t, Formats(), strings.Replace(head, ",Reference", "", 1)+
		"801,7,2016-01-21T03:31:46Z,"+quoted+",ZAR,-3750,-3750,1,1,,,ZAR,3750\n"+
		"801,8,2016-01-21T03:31:46Z,"+quoted+",ZAR,-3750.00,-3750,1,1,,,ZAR,3750\n"+
		"801,9,2016-06-22T04:58:56Z,"+book+",ZAR,-2141,-2141,1,1,,,ZAR,2141\n")
	if len(coin.Events) != 3 || len(money.Events) != 2 || money.Tally.Ignored != 1 {
		t.Fatalf("events of the coin %d, of the money %d, ignored %d", len(coin.Events), len(money.Events), money.Tally.Ignored)
	}
	for i := range money.Events {
		a, b := &coin.Events[i], &money.Events[i]
		if a.ID != b.ID || !ledger.SameContent(a, b) {
			t.Errorf("trade %d differs:\n%+v\n%+v", i+1, *a, *b)
		}
	}
	if coin.Events[0].ID == coin.Events[1].ID {
		t.Error("two equal trades have one id")
	}
}

// TestSamples pins what becomes of the rows of the sample files that may stand
// beside the repository; so far there is none.
func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, Formats(), "luno", "*.csv", nil)
}

// TestOrderOfRowsDoesNotMatter: files come newest first or oldest first.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	t.Parallel()
	_, rest, _ := strings.Cut(string(testkit.Read(t, "testdata/coin_wallet.txtar")), "-- xbt.csv --\n")
	text, _, _ := strings.Cut(rest, "\n\n")
	first, body, _ := strings.Cut(text, "\n")
	rows := strings.Split(body, "\n")
	want := testkit.Facts(testkit.Statement(t, Formats(), text))
	rapid.Check(t, func(rt *rapid.T) {
		mixed := rapid.Permutation(rows).Draw(rt, "rows")
		got := testkit.Facts(testkit.Statement(t, Formats(), first+"\n"+strings.Join(mixed, "\n")))
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("901,1,2016-01-21 03:31:46,\"Bought BTC 0.5 for ZAR 3,750.00\",XBT,0.5,0.5,0.5,0.5,,,ZAR,3750,\n" +
		"901,2,2016-06-22 04:58:56,\"Bought 0.2 BTC/ZAR @ 10,705\",XBT,0.2,0.2,1.2,1.2,,,ZAR,2141,r\n" +
		"901,3,2016-06-22 04:58:56,Trading fee,XBT,-0.002,-0.002,1.198,1.198,,,ZAR,21.4,r\n")
	f.Add("901,8,2017-01-19 15:39:07,Sent Bitcoin to x,XBT,-0.05,0,0.746,0.746,abcd01,1x,ZAR,630.3,\n" +
		"901,9,2017-01-19 15:39:07,Bitcoin send fee,XBT,-1e-5,0,0.7459,0.7459,,1x,ZAR,1.26,\n")
	f.Fuzz(func(t *testing.T, body string) {
		c := testkit.Statement(t, Formats(), head+body)
		testkit.Sound(t, c)
	})
}
