package coinbase

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

// tx is a completed transaction; rest are its further members.
func tx(id, typ, amount, currency, rest string) exchange.Record {
	raw := `{"id":"` + id + `","type":"` + typ + `","status":"completed","amount":{"amount":"` + amount + `","currency":"` + currency + `"}`
	if rest != "" {
		raw += "," + rest
	}
	return exchange.Record{Stream: transactionStream, ID: id + "/completed", Raw: []byte(raw + "}"), Time: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func other(stream, id, raw string) exchange.Record {
	return exchange.Record{Stream: stream, ID: id, Raw: []byte(raw), Time: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	native := `"native_amount":{"amount":"100.00","currency":"EUR"}`
	fillOf := func(order, commission string) string {
		return `"advanced_trade_fill":{"fill_price":"100","product_id":"BTC-EUR","order_id":"` + order + `","commission":"` + commission + `","order_side":"buy"}`
	}
	exchangesim.Readings(t, Exchange(), []exchangesim.Reading{
		{
			Name: "card_purchase", Records: []exchange.Record{tx("1", "buy", "0.5", "BTC",
				`"buy":{"id":"b","fee":{"amount":"1.00","currency":"EUR"},"subtotal":{"amount":"99.00","currency":"EUR"},"total":{"amount":"100.00","currency":"EUR"}},`+native)},
			Want: []string{"buy 0.5 BTC for 99 EUR fee 1 EUR", "deposit 100 EUR"},
		},
		{Name: "purchase_of_old", Records: []exchange.Record{tx("1", "buy", "0.5", "BTC", native)}, Want: []string{"buy 0.5 BTC for 100 EUR", "deposit 100 EUR"}},
		{Name: "purchase_from_the_wallet", Records: []exchange.Record{
			tx("1", "buy", "0.5", "BTC", `"buy":{"id":"b","fee":{"amount":"1.00","currency":"EUR"}}`),
			tx("2", "buy", "-100", "EUR", `"buy":{"id":"b","fee":{"amount":"1.00","currency":"EUR"}}`),
		}, Want: []string{"buy 0.5 BTC for 99 EUR fee 1 EUR"}},
		{
			Name: "sale", Records: []exchange.Record{tx("1", "sell", "-0.5", "BTC",
				`"sell":{"id":"b","fee":{"amount":"1.00","currency":"EUR"},"subtotal":{"amount":"100.00","currency":"EUR"}}`)},
			Want: []string{"sell 0.5 BTC for 100 EUR fee 1 EUR", "withdrawal 99 EUR"},
		},
		{Name: "conversion", Records: []exchange.Record{
			tx("1", "trade", "-1", "ETH", `"trade":{"id":"c","fee":{"amount":"2","currency":"EUR"}},`+native), tx("2", "trade", "0.05", "BTC", `"trade":{"id":"c"}`),
		}, Want: []string{"swap 1 ETH for 0.05 BTC"}},
		{Name: "two_conversions_of_one_moment", Records: []exchange.Record{
			tx("1", "trade", "-1", "ETH", `"trade":{"id":"c"}`), tx("2", "trade", "0.05", "BTC", `"trade":{"id":"c"}`),
			tx("3", "trade", "-2", "ETH", `"trade":{"id":"d"}`), tx("4", "trade", "0.1", "BTC", `"trade":{"id":"d"}`),
		}, Want: []string{"swap 1 ETH for 0.05 BTC", "swap 2 ETH for 0.1 BTC"}},
		{Name: "half_a_conversion", Records: []exchange.Record{tx("1", "trade", "-1", "ETH", `"trade":{"id":"c"}`)}, Held: 1},
		{Name: "order_with_its_fee_inside", Records: []exchange.Record{
			tx("1", "advanced_trade_fill", "1", "BTC", fillOf("o", "0.5")), tx("2", "advanced_trade_fill", "-100.5", "EUR", fillOf("o", "0.5")),
			other(fillStream, "e", `{"order_id":"o","product_id":"BTC-EUR","price":"100","size":"1","commission":"0.5","side":"BUY"}`),
		}, Want: []string{"buy 1 BTC for 100 EUR fee 0.5 EUR"}, Ignored: 1},
		{Name: "order_without_its_fee_inside", Records: []exchange.Record{
			tx("1", "advanced_trade_fill", "1", "BTC", fillOf("o", "0.5")), tx("2", "advanced_trade_fill", "-100", "EUR", fillOf("o", "0.5")),
		}, Want: []string{"buy 1 BTC for 100 EUR"}},
		{Name: "order_sold", Records: []exchange.Record{
			tx("1", "advanced_trade_fill", "-1", "BTC", fillOf("o", "0.5")), tx("2", "advanced_trade_fill", "99.5", "EUR", fillOf("o", "0.5")),
		}, Want: []string{"sell 1 BTC for 100 EUR fee 0.5 EUR"}},
		{Name: "fill_that_no_wallet_tells", Records: []exchange.Record{
			other(fillStream, "e", `{"entry_id":"e","order_id":"o","product_id":"BTC-EUR","price":"100","size":"1","commission":"0.5","side":"SELL","size_in_quote":false}`),
			other(fillStream, "f", `{"entry_id":"f","order_id":"p","product_id":"BTC-EUR","price":"100","size":"50","commission":"0","side":"BUY","size_in_quote":true}`),
		}, Want: []string{"sell 1 BTC for 100 EUR fee 0.5 EUR", "buy 0.5 BTC for 50 EUR"}},
		{Name: "sent_with_the_fee_of_the_network", Records: []exchange.Record{
			tx("1", "send", "-0.11", "BTC", `"network":{"status":"confirmed","hash":"aa","transaction_fee":{"amount":"0.01","currency":"BTC"}}`),
		}, Want: []string{"withdrawal 0.1 BTC fee 0.01 BTC tx aa"}},
		{Name: "received", Records: []exchange.Record{tx("1", "send", "0.1", "BTC", `"network":{"status":"confirmed","hash":"aa"}`)}, Want: []string{"deposit 0.1 BTC tx aa"}},
		{Name: "received_from_a_programme", Records: []exchange.Record{
			tx("1", "send", "0.1", "GRT", `"details":{"title":"Received","subtitle":"From Coinbase Earn"}`),
			tx("2", "send", "0.1", "GRT", `"details":{"title":"Received","subtitle":"from Coinbase Referral"}`),
		}, Want: []string{"income 0.1 GRT", "income 0.1 GRT"}},
		{Name: "money_with_fees", Records: []exchange.Record{
			tx("1", "fiat_withdrawal", "-10.15", "EUR", ""), tx("2", "fiat_deposit", "99", "EUR", ""),
			other(withdrawalStream, "w", `{"id":"w","status":"completed","transaction":{"id":"1"},"amount":{"amount":"10.15","currency":"EUR"},"fee":{"amount":"0.15","currency":"EUR"}}`),
			other(depositStream, "d", `{"id":"d","status":"completed","transaction":{"id":"2"},"amount":{"amount":"100","currency":"EUR"},"fee":{"amount":"1","currency":"EUR"}}`),
		}, Want: []string{"withdrawal 10 EUR fee 0.15 EUR", "deposit 100 EUR fee 1 EUR"}, Ignored: 2},
		{Name: "rewards", Records: []exchange.Record{
			tx("1", "staking_reward", "0.1", "ETH2", native), tx("2", "interest", "0.1", "USDC", ""), tx("3", "earn_payout", "1", "EUR", ""), tx("4", "staking_reward", "-0.1", "ETH", ""),
		}, Want: []string{"income 0.1 ETH", "income 0.1 USDC", "deposit 1 EUR"}, Held: 1},
		{Name: "spent", Records: []exchange.Record{tx("1", "cardspend", "-0.1", "BTC", ""), tx("2", "subscription", "-29.99", "EUR", "")}, Want: []string{"spend 0.1 BTC", "withdrawal 29.99 EUR"}},
		{Name: "moves_inside", Records: []exchange.Record{
			tx("1", "pro_deposit", "-1", "BTC", ""), tx("2", "retail_eth2_deprecation", "-1", "ETH2", ""), tx("3", "request", "1", "BTC", ""), tx("4", "staking_transfer", "-1", "ETH", ""),
		}, Ignored: 4},
		{Name: "for_a_person", Records: []exchange.Record{tx("1", "admin_debit", "-1", "BTC", ""), tx("2", "of_tomorrow", "-1", "BTC", ""), tx("3", "send", "1e-19", "BTC", "")}, Held: 3},
		{Name: "not_done", Records: []exchange.Record{other(transactionStream, "1/pending", `{"id":"1","type":"send","status":"pending","amount":{"amount":"1","currency":"BTC"}}`)}, Ignored: 1},
	})
}
