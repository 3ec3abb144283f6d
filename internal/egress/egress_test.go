package egress_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
)

// canary stands for what must never leave the process or stand in a log.
const canary = "c4n4ryS3cr3t"

// sink is a server that counts what reaches it.
type sink struct {
	*httptest.Server
	hits atomic.Int64
	last atomic.Pointer[http.Request]
}

func newSink(t *testing.T, h http.HandlerFunc) *sink {
	t.Helper()
	s := &sink{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.hits.Add(1)
		s.last.Store(r.Clone(context.WithoutCancel(r.Context())))
		if h != nil {
			h(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *sink) place() string { return strings.TrimPrefix(s.URL, "http://") }

// spy gathers what a door reports.
type spy struct {
	mu      sync.Mutex
	calls   []egress.Call
	refused []egress.Refusal
}

func (s *spy) watch(c *egress.Config) {
	c.Called = func(x egress.Call) { s.mu.Lock(); defer s.mu.Unlock(); s.calls = append(s.calls, x) }
	c.Refused = func(x egress.Refusal) { s.mu.Lock(); defer s.mu.Unlock(); s.refused = append(s.refused, x) }
}

var passes = []egress.Pass{
	{Method: "GET", Host: "api.example.com", Path: "/v1/account", Query: []string{"limit", "signature"}},
	{Method: "GET", Host: "api.example.com", Path: "/v2/accounts/{}/transactions"},
	{Method: "POST", Host: "api.example.com", Path: "/0/private/Ledgers"},
}

func client(t *testing.T, c egress.Config, caller egress.Caller) *egress.Client {
	t.Helper()
	d, err := egress.New(c)
	if err != nil {
		t.Fatal(err)
	}
	if caller.Name == "" {
		caller.Name = "example"
	}
	if caller.Passes == nil {
		caller.Passes = passes
	}
	cl, err := d.Client(caller)
	if err != nil {
		t.Fatal(err)
	}
	return cl
}

// answer is what came back, read to its end.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// doer is a client of ours or of net/http.
type doer func(*http.Request) (*http.Response, error)

func do(t *testing.T, call doer, method, address string) (answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return run(call, r)
}

// run makes a call with a secret in its header and reads the answer.
func run(call doer, r *http.Request) (answer, error) {
	r.Header.Set("X-MBX-APIKEY", canary)
	resp, err := call(r)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, body}, err
}

const account = "https://api.example.com/v1/account"

func TestOnlyListedCallsReachTheWire(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	var seen spy
	c := egress.Config{Allow: []string{s.place()}}
	seen.watch(&c)
	cl := client(t, c, egress.Caller{Base: s.URL})
	tests := []struct {
		name, method, address string
		ok                    bool
	}{
		{"listed", http.MethodGet, account, true},
		{"listed_host_in_capitals", "GET", "https://API.example.com/v1/account", true},
		{"listed_query", http.MethodGet, account + "?limit=5&signature=x", true},
		{"listed_part", "GET", "https://api.example.com/v2/accounts/2bbf394c-193b-5b2a-9155/transactions", true},
		{"listed_post", "POST", "https://api.example.com/0/private/Ledgers", true},
		{"other_method", "POST", "https://api.example.com/v1/account", false},
		{"other_method_in_small_letters", "get", "https://api.example.com/v1/account", false},
		{"other_path", "GET", "https://api.example.com/v1/order", false},
		{"longer_path", "GET", "https://api.example.com/v1/account/", false},
		{"path_that_goes_up", "GET", "https://api.example.com/v2/accounts/../transactions", false},
		{"empty_part", "GET", "https://api.example.com/v2/accounts//transactions", false},
		{"escaped_stroke", "GET", "https://api.example.com/v2/accounts/a%2Fb/transactions", false},
		{"escaped_dots", "GET", "https://api.example.com/v2/accounts/%2e%2e/transactions", false},
		{"part_with_blank", "GET", "https://api.example.com/v2/accounts/a%20b/transactions", false},
		{"write_of_kraken", "POST", "https://api.example.com/0/private/Withdraw", false},
		{"other_query_key", http.MethodGet, account + "?limit=5&side=BUY", false},
		{"query_that_cannot_be_read", http.MethodGet, account + "?limit=%zz", false},
		{"other_host", "GET", "https://evil.example.net/v1/account", false},
		{"host_with_port", "GET", "https://api.example.com:8443/v1/account", false},
		{"host_as_user", "GET", "https://api.example.com@evil.example.net/v1/account", false},
		{"user", "GET", "https://u:p@api.example.com/v1/account", false},
	}
	for _, tt := range tests {
		before := s.hits.Load()
		_, err := do(t, cl.Do, tt.method, tt.address)
		if reached := s.hits.Load() > before; reached != tt.ok || (err == nil) != tt.ok {
			t.Errorf("%s: reached %v, error %v", tt.name, reached, err)
		}
		if !tt.ok && (!errors.Is(err, egress.ErrDenied) || fault.Of(err).Code != "egress_denied") {
			t.Errorf("%s: error %v is no egress_denied", tt.name, err)
		}
	}
	if len(seen.calls) != 5 || len(seen.refused) != len(tests)-5 {
		t.Errorf("reported %d calls and %d refusals", len(seen.calls), len(seen.refused))
	}
}

func TestBaseReplacesThePlaceOnTheWireOnly(t *testing.T) {
	t.Parallel()
	s := newSink(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		_, _ = w.Write(body)
	})
	cl := client(t, egress.Config{Allow: []string{s.place()}}, egress.Caller{Base: s.URL})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.example.com/0/private/Ledgers", strings.NewReader("ofs=50"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := run(cl.Do, r)
	if err != nil || string(got.body) != "ofs=50" {
		t.Errorf("body %q, error %v", got.body, err)
	}
	if last := s.last.Load(); last.Host != s.place() || last.URL.Path != "/0/private/Ledgers" {
		t.Errorf("wire saw host %s, path %s", last.Host, last.URL.Path)
	}
	if r.URL.Host != "api.example.com" {
		t.Errorf("the caller's request changed: %s", r.URL.Host)
	}
}

func TestHostHeaderOfAnotherPlaceIsRefused(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	cl := client(t, egress.Config{Allow: []string{s.place()}}, egress.Caller{Base: s.URL})
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, account, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example.net"
	if _, err := run(cl.Do, r); !errors.Is(err, egress.ErrDenied) || s.hits.Load() != 0 {
		t.Errorf("error %v, %d calls", err, s.hits.Load())
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	target := newSink(t, nil)
	for _, status := range []int{300, 301, 302, 303, 305, 307, 308} {
		s := newSink(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, target.URL+"/v1/account", status)
		})
		var seen spy
		c := egress.Config{Allow: []string{s.place(), target.place()}}
		seen.watch(&c)
		cl := client(t, c, egress.Caller{Base: s.URL})
		for name, call := range map[string]doer{"own": cl.Do, "library": cl.HTTP().Do} {
			_, err := do(t, call, http.MethodGet, account)
			if !errors.Is(err, egress.ErrDenied) {
				t.Errorf("%d, %s client: %v", status, name, err)
			}
		}
		if len(seen.refused) != 2 {
			t.Errorf("%d: %d refusals reported", status, len(seen.refused))
		}
	}
	if n := target.hits.Load(); n != 0 {
		t.Errorf("the target of redirects saw %d calls", n)
	}
}

func TestOnlyPublicAddressesAreDialled(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	_, port, _ := net.SplitHostPort(s.place())
	lookup := func(list ...string) egress.LookupFunc {
		return func(context.Context, string) ([]netip.Addr, error) {
			var out []netip.Addr
			for _, a := range list {
				out = append(out, netip.MustParseAddr(a))
			}
			return out, nil
		}
	}
	tests := []struct {
		name   string
		lookup egress.LookupFunc
		host   string
		allow  []string
		ok     bool
	}{
		{"name_of_loopback", lookup("127.0.0.1"), "node.example.com:" + port, nil, false},
		{"name_of_lan_and_loopback", lookup("10.1.2.3", "127.0.0.1"), "node.example.com:" + port, nil, false},
		{"mapped_loopback", lookup("::ffff:127.0.0.1"), "node.example.com:" + port, nil, false},
		{"literal", nil, "127.0.0.1:" + port, nil, false},
		{"listed_name", lookup("127.0.0.1"), "node.example.com:" + port, []string{"Node.example.com:" + port}, true},
		{"listed_literal", nil, "127.0.0.1:" + port, []string{"127.0.0.1:" + port}, true},
		{"listed_with_another_port", nil, "127.0.0.1:" + port, []string{"127.0.0.1:1"}, false},
		{"another_name_listed", lookup("127.0.0.1"), "node.example.com:" + port, []string{"127.0.0.1:" + port}, false},
	}
	for _, tt := range tests {
		before := s.hits.Load()
		cl := client(t, egress.Config{Lookup: tt.lookup, Allow: tt.allow}, egress.Caller{
			Passes: []egress.Pass{{Method: "GET", Host: tt.host, Path: "/"}},
		})
		_, err := do(t, cl.Do, "GET", "http://"+tt.host+"/")
		if reached := s.hits.Load() > before; reached != tt.ok || (err == nil) != tt.ok {
			t.Errorf("%s: reached %v, error %v", tt.name, reached, err)
		}
	}
}

// https to a place that is not public fails at the dial, as a refusal too.
func TestPrivateAddressBehindHTTPS(t *testing.T) {
	t.Parallel()
	s := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(s.Close)
	place := strings.TrimPrefix(s.URL, "https://")
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	var seen spy
	c := egress.Config{}
	seen.watch(&c)
	caller := egress.Caller{Base: s.URL, Roots: pool}
	if _, err := do(t, client(t, c, caller).Do, http.MethodGet, account); !errors.Is(err, egress.ErrDenied) {
		t.Errorf("error %v", err)
	}
	if len(seen.refused) != 1 || len(seen.calls) != 0 {
		t.Errorf("reported %v, %v", seen.refused, seen.calls)
	}
	c.Allow = []string{place}
	if _, err := do(t, client(t, c, caller).Do, http.MethodGet, account); err != nil {
		t.Errorf("listed place with its own certificate: %v", err)
	}
	caller.Roots = nil
	_, err := do(t, client(t, c, caller).Do, http.MethodGet, account)
	if own := (*egress.Error)(nil); !errors.As(err, &own) || own.Kind != egress.TLS {
		t.Errorf("unknown certificate: %v", err)
	}
}

// What was looked up is what is dialled: a name that changes its address
// between two looks is looked at once.
func TestAddressIsPinned(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	_, port, _ := net.SplitHostPort(s.place())
	var looks atomic.Int64
	lookup := func(context.Context, string) ([]netip.Addr, error) {
		looks.Add(1)
		return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
	}
	host := "node.example.com:" + port
	cl := client(t, egress.Config{Lookup: lookup, Allow: []string{host}}, egress.Caller{
		Passes: []egress.Pass{{Method: "GET", Host: host, Path: "/"}},
	})
	if _, err := do(t, cl.Do, "GET", "http://"+host+"/"); err != nil || looks.Load() != 1 {
		t.Errorf("error %v, %d looks", err, looks.Load())
	}
}

func TestLargeAnswersEnd(t *testing.T) {
	t.Parallel()
	const limit = 1 << 16
	zeros := make([]byte, 1<<20)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	for range 64 {
		_, _ = z.Write(zeros)
	}
	_ = z.Close()
	tests := map[string]http.HandlerFunc{
		"said":     func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("Content-Length", "2147483648") },
		"not_said": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(zeros) },
		"packed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb.Bytes())
		},
	}
	for name, h := range tests {
		s := newSink(t, h)
		cl := client(t, egress.Config{Allow: []string{s.place()}}, egress.Caller{Base: s.URL, MaxBody: limit})
		got, err := do(t, cl.Do, http.MethodGet, account)
		var own *egress.Error
		if !errors.As(err, &own) || own.Kind != egress.TooLarge || len(got.body) > limit {
			t.Errorf("%s: read %d, error %v", name, len(got.body), err)
		}
	}
}

func TestAnswerOfExactlyTheLimit(t *testing.T) {
	t.Parallel()
	s := newSink(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 1000)) })
	cl := client(t, egress.Config{Allow: []string{s.place()}}, egress.Caller{Base: s.URL, MaxBody: 1000})
	if got, err := do(t, cl.Do, http.MethodGet, account); err != nil || len(got.body) != 1000 {
		t.Errorf("read %d, error %v", len(got.body), err)
	}
}

// TestListed: what the operator listed is their own, whether the address names
// the port or not.
func TestListed(t *testing.T) {
	t.Parallel()
	d, err := egress.New(egress.Config{Allow: []string{"node.lan:443", "127.0.0.1:3000"}})
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"https://node.lan": true, "https://NODE.lan:443": true, "http://127.0.0.1:3000": true,
		"http://node.lan": false, "https://127.0.0.1": false, "https://blockstream.info": false,
	} {
		base, err := egress.ParseBase(address)
		if err != nil || d.Listed(base) != want {
			t.Errorf("%s: listed %v, %v", address, !want, err)
		}
	}
}

func TestPublic(t *testing.T) {
	t.Parallel()
	public := []string{"1.1.1.1", "8.8.8.8", "104.16.0.1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"}
	other := []string{
		"0.0.0.0", "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
		"192.0.0.1", "192.0.2.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "2001:db8::1", "2002:7f00:1::", "2001::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
		"64:ff9b::7f00:1", "64:ff9b:1::1", "100::1", "fec0::1", "::7f00:1", "3fff::1",
	}
	for _, s := range public {
		if !egress.Public(netip.MustParseAddr(s)) {
			t.Errorf("%s is public", s)
		}
	}
	for _, s := range other {
		if egress.Public(netip.MustParseAddr(s)) {
			t.Errorf("%s is not public", s)
		}
	}
	if egress.Public(netip.Addr{}) || egress.Public(netip.MustParseAddr("fe80::1%eth0")) {
		t.Error("an address without meaning counts as public")
	}
}

// Whatever an address looks like, it reaches no place and no path that is not
// listed.
func FuzzGuard(f *testing.F) {
	for _, s := range []string{
		"https://api.example.com/v1/account", "https://api.example.com/v2/accounts/%2e%2e/transactions", "https://api.example.com\\@evil/v1/account",
		"http://api.example.com/v1/account", "https://api.example.com/v1/account?limit=1;side=2", "//api.example.com/v1/account", "https://api.example.com./v1/account",
	} {
		f.Add("GET", s)
	}
	hits := make(chan *http.Request, 1)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hits <- r }))
	f.Cleanup(s.Close)
	d, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(s.URL, "http://")}})
	if err != nil {
		f.Fatal(err)
	}
	cl, err := d.Client(egress.Caller{Name: "example", Passes: passes, Base: s.URL})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, method, address string) {
		r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
		if err != nil {
			return
		}
		if _, err := run(cl.Do, r); err != nil && strings.Contains(err.Error(), canary) {
			t.Fatalf("secret in %v", err)
		}
		select {
		case got := <-hits:
			parts := strings.Split(got.URL.Path, "/")
			listed := got.URL.Path == "/v1/account" || got.URL.Path == "/0/private/Ledgers" || len(parts) == 5 && parts[1] == "v2" && parts[4] == "transactions"
			query, err := url.ParseQuery(got.URL.RawQuery)
			delete(query, "limit")
			delete(query, "signature")
			if !listed || err != nil || len(query) > 0 {
				t.Fatalf("%s %s reached the wire as %s", method, address, got.URL)
			}
		default:
		}
	})
}
