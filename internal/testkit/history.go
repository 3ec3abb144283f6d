package testkit

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// historyHead is the header of the histories below: Ledgersys CSV.
const historyHead = "id,time,type,received_amount,received_asset,sent_amount,sent_asset,fee_amount,fee_asset," +
	"value_amount,value_currency,account,counter_account,tx_hash,label,note\n"

// Histories returns the names of all histories that WriteHistory knows: the
// usual one first, then the worst cases for the methods of matching.
func Histories() []string {
	return []string{"trades", "giant-sale", "sale-a-day", "one-day", "reversed-prices", "many-assets", "many-accounts"}
}

// WriteHistory writes a made-up history of n rows for measuring, against fiat
// in a currency. The same name, n and currency give the same bytes.
//
//   - trades: purchases and sales of two assets over five years, sales always
//     covered, with a fee of a quarter of a per cent;
//   - giant-sale: purchases, then one sale of everything;
//   - sale-a-day: as many small sales as there were purchases before them;
//   - one-day: all of one asset on one day;
//   - reversed-prices: purchases at falling prices with sales among them;
//   - many-assets: a tenth as many assets as rows;
//   - many-accounts: purchases, sales and own transfers over 200 accounts.
func WriteHistory(w io.Writer, name string, n int, currency string) error {
	b := bufio.NewWriterSize(w, 1<<18)
	h := &history{w: b, n: n, currency: currency, rng: rand.New(rand.NewPCG(20260101, 7))} // #nosec G404 -- the same bytes each time
	write := map[string]func(){
		"trades": h.trades, "giant-sale": h.giantSale, "sale-a-day": h.saleADay, "one-day": h.oneDay,
		"reversed-prices": h.reversed, "many-assets": h.manyAssets, "many-accounts": h.manyAccounts,
	}[name]
	if write == nil {
		return fmt.Errorf("no history %q; there are %v", name, Histories())
	}
	fmt.Fprint(b, historyHead)
	write()
	return b.Flush()
}

type history struct {
	w        io.Writer
	n        int
	currency string
	rng      *rand.Rand
}

// deal is one purchase or sale; units are in 1e-8, money in cents.
type deal struct {
	at                time.Time
	buy               bool
	asset, account    string
	units, value, fee int64
}

func (h *history) deal(i int, d deal) {
	coins, cash := fmt.Sprintf("%d.%08d,%s", d.units/1e8, d.units%1e8, d.asset), fmt.Sprintf("%d.%02d,%s", d.value/100, d.value%100, h.currency)
	sides, fee := cash+","+coins, ","
	if d.buy {
		sides = coins + "," + cash
	}
	if d.fee > 0 {
		fee = fmt.Sprintf("%d.%02d,%s", d.fee/100, d.fee%100, h.currency)
	}
	fmt.Fprintf(h.w, "T%08d,%s,trade,%s,%s,%s,%s,,,,\n", i, d.at.Format(time.RFC3339), sides, fee, cash, d.account)
}

// market is an asset whose price walks at random.
type market struct {
	asset             string
	price             int64 // cents
	low, high, before int64
	held              int64
}

func (h *history) trades() {
	const daySlots = 20 * 3600 // 02:00 to 22:00, so that no zone moves a trade to another day
	start := time.Date(2019, 1, 1, 2, 0, 0, 0, time.UTC)
	slots := int64(5*365) * daySlots
	btc, eth := &market{asset: "BTC", price: 370_000, low: 100_000, high: 15_000_000}, &market{asset: "ETH", price: 13_300, low: 5_000, high: 1_200_000}
	for i := range h.n {
		slot := (int64(i)*1000 + h.rng.Int64N(1000)) * slots / (int64(h.n) * 1000)
		m := btc
		if h.rng.IntN(2) == 1 {
			m = eth
		}
		m.walk(h.rng, slot)
		cents := int64(24_500)
		for range 8 {
			cents = cents * (620 + h.rng.Int64N(800)) / 1000
		}
		cents = min(max(cents, 2000), 2_000_000)
		d := deal{asset: m.asset, account: "Kraken", units: cents * 1e8 / m.price, buy: h.rng.IntN(100) < 55}
		if !d.buy && m.held < d.units {
			if d.units = m.held; d.units/1e4*m.price/1e4 < 1000 {
				d.buy, d.units = true, cents*1e8/m.price
			}
		}
		m.held += d.units
		if !d.buy {
			m.held -= 2 * d.units
		}
		d.value = (d.units/1e4*m.price + 5000) / 1e4
		d.fee = max(1, d.value*25/10000)
		d.at = start.AddDate(0, 0, int(slot/daySlots)).Add(time.Duration(slot%daySlots) * time.Second)
		h.deal(i, d)
	}
}

// walk moves the price by about three and a half per cent a day, in
// millionths.
func (m *market) walk(rng *rand.Rand, slot int64) {
	const perSlot = 35_000 * 35_000 / 72_000
	var root int64
	for want := (slot - m.before) * perSlot; (root+1)*(root+1) <= want; {
		root += max(1, (want-root*root)/(2*root+2000))
	}
	m.before = slot
	noise := rng.Int64N(2001) + rng.Int64N(2001) + rng.Int64N(2001) - 3000 // deviation 1000
	m.price += m.price / 1000 * root * noise / 1_000_000
	m.price = min(max(m.price, m.low), m.high)
}

// noon is when the worst cases begin.
func noon() time.Time { return time.Date(2020, 1, 1, 12, 0, 0, 0, time.UTC) }

// small is a deal of a hundredth of a coin at a price that jumps about.
func small(i int, buy bool) deal {
	return deal{
		at: noon().Add(time.Duration(i) * time.Minute), buy: buy, asset: "BTC", account: "A",
		units: 1e6, value: int64(100+i*7919%400)*100 + int64(i%100),
	}
}

func (h *history) giantSale() {
	for i := range h.n - 1 {
		h.deal(i, small(i, true))
	}
	d := small(h.n, false)
	d.at, d.units, d.value = d.at.AddDate(0, 0, 40), int64(h.n-1)*1e6, int64(h.n-1)*30_000
	h.deal(h.n, d)
}

func (h *history) saleADay() {
	for i := range h.n {
		d := small(i, i < h.n/2)
		if !d.buy {
			d.at, d.units = d.at.AddDate(0, 0, 60), 9e5
		}
		h.deal(i, d)
	}
}

func (h *history) oneDay() {
	for i := range h.n {
		d := small(i, i%2 == 0)
		d.at = noon().Add(time.Duration(i%30000) * time.Second)
		h.deal(i, d)
	}
}

func (h *history) reversed() {
	for i := range h.n {
		d := small(i, i%3 != 2)
		d.value = int64(10*h.n-5*i) * 100
		h.deal(i, d)
	}
}

func (h *history) manyAssets() {
	assets := max(1, h.n/10)
	for i := range h.n {
		d := small(i, i/assets%2 == 0)
		d.asset = fmt.Sprintf("X%d", i%assets)
		h.deal(i, d)
	}
}

func (h *history) manyAccounts() {
	account := func(i int) string { return fmt.Sprintf("A%d", (i+200)%200) }
	for i := range h.n {
		d := small(i, true)
		switch i % 5 {
		case 3:
			fmt.Fprintf(h.w, "T%08d,%s,transfer,0.00500000,BTC,0.00500000,BTC,,,,,%s,%s,,,\n", i, d.at.Format(time.RFC3339), account(i-1), account(i+7))
		case 4:
			d.buy, d.units, d.account = false, 4e5, account(i-2)
			h.deal(i, d)
		default:
			d.account = account(i)
			h.deal(i, d)
		}
	}
}
