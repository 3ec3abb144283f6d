package kraken

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	rec := func(stream, id, raw string) exchange.Record {
		return exchange.Record{Stream: stream, ID: id, Raw: []byte(raw), Time: time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)}
	}
	exchangesim.Readings(t, Exchange(), []exchangesim.Reading{
		{Name: "trade_told_twice", Records: []exchange.Record{
			rec(ledgerStream, "L1", `{"refid":"T1","type":"trade","asset":"ZEUR","amount":"-100","fee":"0.26"}`),
			rec(ledgerStream, "L2", `{"refid":"T1","type":"trade","asset":"XXBT","amount":"0.01","fee":"0"}`),
			rec(tradeStream, "T1", `{"pair":"XXBTZEUR","type":"buy","vol":"0.01","cost":"100","fee":"0.26","margin":"0"}`),
		}, Want: []string{"buy 0.01 BTC for 100 EUR fee 0.26 EUR"}, Ignored: 1},
		{Name: "trade_that_the_ledger_lacks", Records: []exchange.Record{
			rec(tradeStream, "T1", `{"pair":"XXBTZEUR","type":"sell","vol":"0.01","cost":"100","fee":"0.26","margin":"0"}`),
		}, Want: []string{"sell 0.01 BTC for 100 EUR fee 0.26 EUR"}},
		{Name: "deposit_with_its_hash", Records: []exchange.Record{
			rec(ledgerStream, "L1", `{"refid":"R1","type":"deposit","asset":"XXBT","amount":"1","fee":"0"}`),
			rec(depositStream, "R1", `{"refid":"R1","asset":"XXBT","amount":"1","txid":"aa","status":"Success"}`),
		}, Want: []string{"deposit 1 BTC tx aa"}, Ignored: 1},
		{Name: "withdrawal_seen_on_its_way", Records: []exchange.Record{
			rec(ledgerStream, "L1", `{"refid":"R1","type":"withdrawal","asset":"XXBT","amount":"-1","fee":"0.1"}`),
			rec(withdrawalStream, "R1", `{"refid":"R1","asset":"XXBT","amount":"1","status":"Initial"}`),
			rec(withdrawalStream, "R1/Pending/aa", `{"refid":"R1","asset":"XXBT","amount":"1","txid":"aa","status":"Pending"}`),
			rec(withdrawalStream, "R1/Success/bb", `{"refid":"R1","asset":"XXBT","amount":"1","txid":"bb","status":"Success"}`),
			rec(withdrawalStream, "R1/Tomorrow/cc", `{"refid":"R1","asset":"XXBT","amount":"1","txid":"cc","status":"Of tomorrow"}`),
		}, Want: []string{"withdrawal 1 BTC fee 0.1 BTC tx bb"}, Ignored: 4},
		{Name: "withdrawal_that_the_ledger_lacks", Records: []exchange.Record{
			rec(withdrawalStream, "R1", `{"refid":"R1","asset":"XXBT","amount":"1","txid":"aa","status":"Success"}`),
			rec(withdrawalStream, "R2", `{"refid":"R2","asset":"XXBT","amount":"1","status":"Failure"}`),
		}, Held: 1, Ignored: 1},
		{Name: "unknown_type", Records: []exchange.Record{rec(ledgerStream, "L1", `{"refid":"R1","type":"of tomorrow","asset":"XXBT","amount":"1","fee":"0"}`)}, Held: 1},
	})
}

// A movement that is told again with another state, or with its transaction on
// the chain, is another record; what is on hold is told as before.
func TestMovementsSettle(t *testing.T) {
	t.Parallel()
	names := make(map[string]bool)
	for _, rest := range []string{`"status":"Initial"`, `"status":"Pending","txid":"aa"`, `"status":"Success","txid":"aa"`, `"status":"Success","txid":"aa"`} {
		r, err := withdrawalShape.Record([]byte(`{"asset":"XXBT","refid":"R1","amount":"1","fee":"0","time":1700000000,` + rest + `}`))
		if err != nil {
			t.Fatal(err)
		}
		names[r.ID] = true
	}
	if len(names) != 3 {
		t.Errorf("%d records of 3 tellings: %v", len(names), names)
	}
}
