package journey_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// What is measured with: LEDGERSYS_BENCH_FIRMS, _ROWS and _SECONDS.
func setting(b *testing.B, name string, usual int) int {
	b.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv("LEDGERSYS_BENCH_"+name), strconv.Itoa(usual)))
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// statement writes a history of so many rows.
func statement(b *testing.B, rows int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "history.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	if err := testkit.WriteHistory(f, "trades", rows, "GBP"); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkUpload uploads one statement and asks for its year: seconds until
// each is there, and the peak of memory.
func BenchmarkUpload(b *testing.B) {
	file := statement(b, setting(b, "ROWS", 20_000))
	for b.Loop() {
		in := start(b)
		owner := in.setUp()
		owner.limit = 10 * time.Minute
		firm, entity := owner.book()
		at := "/api/v1/firms/" + firm + "/entities/" + entity
		began := time.Now()
		if _, state := owner.uploadWithin(15*time.Minute, at, file); state != "done" {
			b.Fatalf("the import is %s", state)
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/import")
		b.ReportMetric(float64(in.peak()), "MiB/import")
		b.Logf("read in %s, peak %.0f MiB", time.Since(began), float64(in.peak()))
		began = time.Now()
		a := owner.patiently(10*time.Minute, at+"/results/2020-21")
		if a.StatusCode != http.StatusOK {
			b.Fatalf("result: %d %s", a.StatusCode, last(a.body, 500))
		}
		b.ReportMetric(time.Since(began).Seconds(), "s/year")
		b.ReportMetric(float64(in.peak()), "MiB/peak")
		b.Logf("computed in %s, peak %.0f MiB", time.Since(began), float64(in.peak()))
		b.ReportMetric(float64(len(a.body))/(1<<20), "MiB/result")
		in.stop()
	}
}

// office is a service with many firms.
type office struct {
	*instance
	readers []*client // sessions of the owner, each from an address of its own
	books   []string  // addresses of their entities, /firms/…/entities/…
}

// newOffice makes firms, each with a small statement.
func newOffice(b *testing.B) *office {
	b.Helper()
	in := start(b, "LEDGERSYS_TRUSTED_PROXIES=127.0.0.1", "LEDGERSYS_LOG_LEVEL=error")
	o := &office{instance: in}
	in.setUp()
	file := statement(b, 300)
	for i := range 16 {
		c := in.client()
		c.from = fmt.Sprintf("10.1.0.%d", i)
		c.get("/signin")
		if a := c.post("/signin", "email", adaMail, "password", adaPass); a.StatusCode != http.StatusSeeOther {
			b.Fatalf("sign in: %d %s", a.StatusCode, a.body)
		}
		c.get("/account/security")
		o.readers = append(o.readers, c)
	}
	o.books = make([]string, setting(b, "FIRMS", 20))
	var wg sync.WaitGroup
	for w, c := range o.readers {
		wg.Go(func() {
			for i := w; i < len(o.books); i += len(o.readers) {
				o.books[i] = o.open(c, file, i)
			}
		})
	}
	wg.Wait()
	return o
}

// open makes a firm with a client and its books, and computes a year.
func (o *office) open(c *client, file string, i int) (at string) {
	firm := o.made(c, "/api/v1/firms", `{"name":"Firm `+strconv.Itoa(i)+`","country":"GB"}`)
	entity := o.made(c, "/api/v1/firms/"+firm+"/entities", `{"name":"Client","country":"GB"}`)
	at = "/firms/" + firm + "/entities/" + entity
	if _, state := c.uploadWithin(time.Minute, "/api/v1"+at, file); state != "done" {
		o.t.Errorf("the import is %s", state)
	}
	if a := c.patiently(time.Minute, "/api/v1"+at+"/results/2020-21"); a.StatusCode != http.StatusOK {
		o.t.Errorf("result: %d %s", a.StatusCode, a.body)
	}
	return at
}

func (o *office) made(c *client, path, body string) string {
	o.t.Helper()
	a := c.api(http.MethodPost, path, body)
	var got struct{ ID string }
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || got.ID == "" {
		o.t.Errorf("%s: %d %s", path, a.StatusCode, a.body)
	}
	return got.ID
}

// reads are the routes that people read most.
func (*office) reads(at string) map[string]string {
	firm, entity, _ := strings.Cut(strings.TrimPrefix(at, "/firms/"), "/entities/")
	book := "/f/" + firm + "/e/" + entity
	return map[string]string{
		"api events": "/api/v1" + at + "/events", "api entity": "/api/v1" + at, "api imports": "/api/v1" + at + "/imports", "api clients": "/api/v1/firms/" + firm + "/clients",
		"overview": book, "transactions": book + "/transactions", "imports": book + "/imports", "report": book + "/reports/2020-21", "clients": "/f/" + firm + "/clients",
	}
}

// took is how long requests of one route took.
type took struct {
	mu    sync.Mutex
	times map[string][]time.Duration
	wrong int
}

func (t *took) add(name string, d time.Duration, ok bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.times[name] = append(t.times[name], d)
	if !ok {
		t.wrong++
	}
}

// quantile is the time within which a share of the requests was answered.
func quantile(times []time.Duration, share float64) time.Duration {
	slices.Sort(times)
	return times[min(int(float64(len(times))*share), len(times)-1)]
}

// load sends reads for a while, from so many people at once; each waits
// between two requests, if only for nothing.
func (o *office) load(people int, during, pause time.Duration, only string) *took {
	t := &took{times: make(map[string][]time.Duration)}
	until := time.Now().Add(during)
	var wg sync.WaitGroup
	for p := range people {
		wg.Go(func() {
			c := o.readers[p]
			random := rand.New(rand.NewPCG(1, uint64(p)))
			for time.Now().Before(until) {
				routes := o.reads(o.books[random.IntN(len(o.books))])
				names := slices.Sorted(keysOf(routes))
				name := names[random.IntN(len(names))]
				if only != "" {
					name = only
				}
				began := time.Now()
				a := c.api(http.MethodGet, routes[name], "")
				t.add(name, time.Since(began), a.StatusCode == http.StatusOK)
				if pause > 0 {
					<-time.After(pause)
				}
			}
		})
	}
	wg.Wait()
	return t
}

func keysOf(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// report prints a line for each route and returns the whole.
func (t *took) report(b *testing.B, during time.Duration) (all []time.Duration) {
	b.Helper()
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for k := range t.times {
			if !yield(k) {
				return
			}
		}
	}) {
		times := t.times[name]
		all = append(all, times...)
		b.Logf("%-14s %7.0f/s  p50 %8s  p99 %8s", name, float64(len(times))/during.Seconds(), quantile(times, .5).Round(10*time.Microsecond), quantile(times, .99).Round(10*time.Microsecond))
	}
	if t.wrong > 0 {
		b.Errorf("%d of %d answers are not 200", t.wrong, len(all))
	}
	return all
}

// BenchmarkReads reads the books of many firms as fast as the machine can, all
// routes together and then each alone, with a flood of wrong sign-ins at last.
func BenchmarkReads(b *testing.B) {
	o := newOffice(b)
	during := time.Duration(setting(b, "SECONDS", 3)) * time.Second
	for b.Loop() {
		o.load(16, during/3, 0, "") // opens every file once
		before := o.worked()
		all := o.load(16, during, 0, "").report(b, during)
		b.ReportMetric(float64((o.worked()-before).Microseconds())/1000/float64(len(all)), "cpu-ms/read")
		b.ReportMetric(float64(len(all))/during.Seconds(), "reads/s")
		b.ReportMetric(float64(quantile(all, .99).Microseconds())/1000, "ms/p99")
		for _, name := range slices.Sorted(keysOf(o.reads(o.books[0]))) {
			before := o.worked()
			all := o.load(16, during/3, 0, name).report(b, during/3)
			b.Logf("alone; %s of the service's processor time each", (o.worked()-before)/time.Duration(len(all)))
		}
		b.Logf("a calm day:")
		calm := o.load(8, during, 40*time.Millisecond, "").report(b, during)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		tries := make([]int, 8)
		for p := range tries {
			wg.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					c := o.client()
					c.from = fmt.Sprintf("10.2.%d.%d", p, tries[p]%250)
					c.get("/signin")
					c.post("/signin", "email", fmt.Sprintf("eve%d@example.org", tries[p]%50), "password", "a wrong quiet ledger 17")
					tries[p]++
				}
			})
		}
		b.Logf("in a flood of wrong sign-ins:")
		flood := o.load(8, during, 40*time.Millisecond, "").report(b, during)
		close(stop)
		wg.Wait()
		sum := 0
		for _, n := range tries {
			sum += n
		}
		b.Logf("%d sign-ins, p99 %s before and %s during the flood", sum, quantile(calm, .99), quantile(flood, .99))
		b.ReportMetric(float64(quantile(flood, .99))/float64(quantile(calm, .99)), "flood/calm")
	}
}
