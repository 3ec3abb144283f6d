package journey_test

import (
	"database/sql" //nolint:depguard // the commits of the disk are counted, without our store
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	_ "modernc.org/sqlite" // whose commits are counted
)

// TestPaymentThroughput: a burst of deliveries is acknowledged, each once it is
// kept for good. With LEDGERSYS_TEST_DELIVERIES it is that many, compared with
// the commits that the same disk makes at the same time of day: at least 40 %
// of them, 99 of 100 within 250 ms. scripts/bench does that.
func TestPaymentThroughput(t *testing.T) {
	t.Parallel()
	n, measured := 200, false
	if text := os.Getenv("LEDGERSYS_TEST_DELIVERIES"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1000 {
			t.Fatalf("LEDGERSYS_TEST_DELIVERIES: %q is no number from 1000 on", text)
		}
		measured = true
	}
	p := newPayhouse(t)
	in := start(t, p.settings(t)...)
	owner := in.setUp()
	firm, _ := owner.book()
	_, ref := owner.buys(firm, "holder", "key")
	before := commits(t, filepath.Dir(in.dir), n/10)
	took, all := in.burst(n, ref)
	after := commits(t, filepath.Dir(in.dir), n/10)
	if !measured {
		return
	}
	slices.Sort(took)
	rate, disk := float64(n)/all.Seconds(), (before+after)/2
	p99 := took[n*99/100]
	fmt.Printf("deliveries: %d acknowledged in %.2f s: %.0f a second; the disk commits %.0f a second (%.0f before, %.0f after): %.0f %%; p50 %s, p99 %s, most %s\n",
		n, all.Seconds(), rate, disk, before, after, 100*rate/disk, took[n/2].Round(time.Microsecond), p99.Round(time.Microsecond), took[n-1].Round(time.Microsecond))
	if rate < 0.4*disk || p99 > 250*time.Millisecond {
		t.Errorf("%.0f deliveries a second of %.0f commits, p99 %s", rate, disk, p99)
	}
}

// burst delivers n events over many connections and returns how long each and
// all took.
func (in *instance) burst(n int, ref string) (took []time.Duration, all time.Duration) {
	in.t.Helper()
	took = make([]time.Duration, n)
	var next atomic.Int64
	var wg sync.WaitGroup
	begun := time.Now()
	for range 32 {
		wg.Go(func() {
			c := in.client()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				body := fmt.Sprintf(`{"deliveryId":"burst-%d","type":"InvoiceReceivedPayment","storeId":%q,"invoiceId":%q}`, i, payStore, ref)
				at := time.Now()
				a := c.do(http.MethodPost, "/webhooks/btcpay", strings.NewReader(body), "Content-Type", "application/json", "BTCPay-Sig", paySign(paySecret, body))
				took[i] = time.Since(at)
				if a.StatusCode != http.StatusOK {
					in.t.Errorf("delivery %d: %d %s", i, a.StatusCode, a.body)
				}
			}
		})
	}
	wg.Wait()
	return took, time.Since(begun)
}

// commits makes durable commits of one row each and returns how many there
// were in a second.
func commits(t *testing.T, dir string, n int) float64 {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, fmt.Sprint("commits-", time.Now().UnixNano()))+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.ExecContext(t.Context(), "create table rows (id integer primary key, text text)"); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	for range n {
		if _, err := db.ExecContext(t.Context(), "insert into rows (text) values ('one row')"); err != nil {
			t.Fatal(err)
		}
	}
	return float64(n) / time.Since(begun).Seconds()
}
