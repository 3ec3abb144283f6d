package journey_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"
)

// BenchmarkStrangers measures by the clock what TestStrangers counts: how far
// answers for addresses with and without an account lie apart, by their
// medians and by the test of Mann and Whitney. An hour of the service's clock
// passes between two tries, so that no address is locked.
func BenchmarkStrangers(b *testing.B) {
	_, env := newMailbox(b)
	clock, moved := clockFile(b)
	in := start(b, append(env, moved, "LEDGERSYS_TRUSTED_PROXIES=127.0.0.1", "LEDGERSYS_LOG_LEVEL=error")...)
	in.setUp()
	c := in.client()
	n := 0
	try := func(path, email string, fields ...string) time.Duration {
		n++
		c.from = fmt.Sprintf("10.3.%d.%d", n/250%250, n%250)
		c.get(path)
		began := time.Now()
		c.post(path, append([]string{"email", email}, fields...)...)
		return time.Since(began)
	}
	for b.Loop() {
		for _, r := range []struct {
			path   string
			fields []string
		}{{"/recover", nil}, {"/register", []string{"password", "another quiet ledger in fog 18"}}, {"/signin", []string{"password", "a wrong quiet ledger 17"}}} {
			var known, unknown []time.Duration
			for i := range setting(b, "PAIRS", 10) {
				clock.move(b, 61*time.Minute)
				stranger := fmt.Sprintf("eve%d-%d@example.org", n, i)
				if i%2 == 0 {
					known, unknown = append(known, try(r.path, adaMail, r.fields...)), append(unknown, try(r.path, stranger, r.fields...))
				} else {
					unknown, known = append(unknown, try(r.path, stranger, r.fields...)), append(known, try(r.path, adaMail, r.fields...))
				}
			}
			b.Logf("%-10s median %s with an account, %s without, p %.3f", r.path, quantile(known, .5), quantile(unknown, .5), mannWhitney(known, unknown))
			b.ReportMetric(float64((quantile(known, .5)-quantile(unknown, .5)).Microseconds())/1000, "ms"+r.path)
			b.ReportMetric(mannWhitney(known, unknown), "p"+r.path)
		}
	}
}

// mannWhitney is how likely two samples lie at least so far apart if nothing
// tells them apart: two-sided, by the normal approximation.
func mannWhitney(a, b []time.Duration) float64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	sum := 0.0 // of the ranks of a; equal values share theirs
	for _, d := range a {
		first, _ := slices.BinarySearch(all, d)
		next, _ := slices.BinarySearch(all, d+1)
		sum += float64(first+1+next) / 2
	}
	n, m := float64(len(a)), float64(len(b))
	z := (sum - n*(n+m+1)/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// TestMannWhitney: samples of one kind and of two are told apart.
func TestMannWhitney(t *testing.T) {
	t.Parallel()
	var even, odd, late []time.Duration
	for i := range 200 {
		even, odd, late = append(even, time.Duration(2*i)), append(odd, time.Duration(2*i+1)), append(late, time.Duration(2*i+60))
	}
	if same, apart := mannWhitney(even, odd), mannWhitney(even, late); same < .9 || apart > .001 {
		t.Errorf("p is %.3f for one kind and %.3f for two", same, apart)
	}
}
