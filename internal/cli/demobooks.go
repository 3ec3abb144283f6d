package cli

import (
	"fmt"
	"strings"
	"time"
)

// demoFile is a made-up statement.
type demoFile struct{ name, text string }

// demoHead is the header of the made-up statements.
const demoHead = "id,time,type,received_amount,received_asset,sent_amount,sent_asset,fee_amount,fee_asset,value_amount,value_currency,account,label,note\n"

// demoBooks makes four years of three accounts, always the same: regular
// purchases, frequent trades, staking, transfers of which one does not arrive,
// a sale of more than was bought and income without a price.
func demoBooks() []demoFile {
	return []demoFile{{"kraken-demo.csv", demoSaver()}, {"bitstamp-demo.csv", demoTrader()}, {"wallet-demo.csv", demoWallet()}}
}

// demoDay is the day on which the books begin.
func demoDay(n int) time.Time {
	return time.Date(2022, 1, 3, 9, 0, 0, 0, time.UTC).AddDate(0, 0, n)
}

// demoPrice is what a bitcoin cost on a day, in pence: up and down, without
// chance.
func demoPrice(day int) int {
	wave := []int{0, 14, 26, 33, 30, 21, 6, -9, -22, -30, -27, -14}
	return 100 * (24_000 + 22*day + 110*wave[day/20%len(wave)] + 37*(day*7%23))
}

// pounds writes pence as pounds.
func pounds(pence int) string { return fmt.Sprintf("%d.%02d", pence/100, pence%100) }

// coins writes hundred-millionths of a coin.
func coins(n int) string { return fmt.Sprintf("%d.%08d", n/1e8, n%1e8) }

// demoSaver buys every week, and twice a year takes coins to the wallet.
func demoSaver() string {
	var b strings.Builder
	b.WriteString(demoHead)
	for week := range 208 {
		day := 7 * week
		bought := 12_000 * 1e8 / demoPrice(day)
		fmt.Fprintf(&b, "s%d,%s,trade,%s,BTC,120.00,GBP,0.31,GBP,,,Kraken,,\n", week, demoDay(day).Format(time.RFC3339), coins(bought))
		if week%26 == 25 {
			fmt.Fprintf(&b, "sw%d,%s,withdrawal,,,%s,BTC,0.00010000,BTC,,,Kraken,,\n", week, demoDay(day).Add(2*time.Hour).Format(time.RFC3339), coins(3_000_000))
		}
	}
	return b.String()
}

// demoTrader trades back and forth every day for four years.
func demoTrader() string {
	var b strings.Builder
	b.WriteString(demoHead)
	for i := range 1_380 {
		at, price := demoDay(i).Add(5*time.Hour).Format(time.RFC3339), demoPrice(i)
		const units = 1_500_000
		worth := pounds(price * units / 1e8)
		if i%2 == 0 {
			fmt.Fprintf(&b, "t%d,%s,trade,%s,BTC,%s,GBP,0.40,GBP,,,Bitstamp,,\n", i, at, coins(units), worth)
		} else {
			fmt.Fprintf(&b, "t%d,%s,trade,%s,GBP,%s,BTC,0.40,GBP,,,Bitstamp,,\n", i, at, worth, coins(units))
		}
	}
	return b.String()
}

// demoWallet receives what the saver sent, earns by staking, and has what the
// books leave open: a deposit from nowhere, income without a price, a sale of
// coins that were never bought.
func demoWallet() string {
	var b strings.Builder
	b.WriteString(demoHead)
	for half := range 7 { // the last one is still on its way
		at := demoDay(7 * (26*half + 25)).Add(3 * time.Hour).Format(time.RFC3339)
		fmt.Fprintf(&b, "w%d,%s,deposit,%s,BTC,,,,,,,Wallet,,\n", half, at, coins(3_000_000))
	}
	for month := range 48 {
		at, worth := demoDay(30*month+11).Add(6*time.Hour).Format(time.RFC3339), pounds(1_450+17*month)
		fmt.Fprintf(&b, "i%d,%s,income,0.01100000,ETH,,,,,%s,GBP,Wallet,staking,\n", month, at, worth)
	}
	for n, row := range []string{
		"deposit,0.20000000,BTC,,,,,,,Wallet,,",
		"income,5,ADA,,,,,,,Wallet,airdrop,",
		"trade,4200.00,GBP,2.5,ETH,1.00,GBP,,,Wallet,,",
		"spend,,,0.00400000,BTC,,,160.00,GBP,Wallet,,a laptop",
		"gift_out,,,0.00200000,BTC,,,84.00,GBP,Wallet,,",
	} {
		fmt.Fprintf(&b, "o%d,%s,%s\n", n, demoDay(700+40*n).Add(8*time.Hour).Format(time.RFC3339), row)
	}
	return b.String()
}
