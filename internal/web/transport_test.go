package web_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/web"
)

// unread fails the test when somebody reads it.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("the body of a request in clear was read")
	return 0, io.EOF
}

// TestTransport: plain http is for loopback; elsewhere it is sent to https with
// its body unread and its credentials dead; other names are nobody's.
func TestTransport(t *testing.T) {
	t.Parallel()
	base, err := url.Parse("https://books.example:8443")
	if err != nil {
		t.Fatal(err)
	}
	w := newTown()
	s := newSite(t, web.Config{
		BaseURL: base, Hosts: []string{"www.books.example"},
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")},
	}, w.crowd, nil)
	for _, tt := range []struct {
		name, host, peer, proto string
		status                  int
		to                      string
	}{
		{"loopback", "localhost:8080", "127.0.0.1:4", "", 200, ""},
		{"loopback_v4", "127.0.0.1:8080", "127.0.0.1:4", "", 200, ""},
		{"loopback_v6", "[::1]:8080", "[::1]:4", "", 200, ""},
		{"loopback_by_proxy", "localhost:8080", "10.0.0.2:4", "", 200, ""},
		{"loopback_name_from_afar", "localhost:8080", "192.0.2.7:4", "", 421, ""},
		{"loopback_name_claimed_https", "localhost:8080", "192.0.2.7:4", "https", 421, ""},
		{"in_clear", "books.example", "192.0.2.7:4", "", 308, "https://books.example:8443/livez?q=1"},
		{"in_clear_other_name", "www.books.example", "192.0.2.7:4", "", 308, "https://www.books.example/livez?q=1"},
		{"forged_https", "books.example", "192.0.2.7:4", "https", 308, "https://books.example:8443/livez?q=1"},
		{"https_by_proxy", "books.example", "10.0.0.2:4", "https", 200, ""},
		{"http_by_proxy", "books.example", "10.0.0.2:4", "http", 308, "https://books.example:8443/livez?q=1"},
		{"unknown_name", "evil.example", "192.0.2.7:4", "", 421, ""},
		{"unknown_name_by_proxy", "evil.example", "10.0.0.2:4", "https", 421, ""},
		{"trick", "books.example.evil.example", "192.0.2.7:4", "", 421, ""},
		{"loopback_name_trick", "localhost.evil.example", "127.0.0.1:4", "", 421, ""},
	} {
		for _, method := range []string{"GET", "POST"} {
			w.burned = nil
			var body io.Reader
			if method == "POST" && tt.status != 200 {
				body = unread{t}
			}
			r := httptest.NewRequest(method, "http://x/livez?q=1", body)
			r.Host, r.RemoteAddr = tt.host, tt.peer
			r.Header.Set("Cookie", "__Host-ls_session=owner")
			r.Header.Set("Authorization", "Bearer token")
			if tt.proto != "" {
				r.Header.Set("X-Forwarded-Proto", tt.proto)
			}
			got := httptest.NewRecorder()
			s.ServeHTTP(got, r)
			want := tt.status
			if method == "POST" && want == 200 {
				want = 405
			}
			if got.Code != want || got.Header().Get("Location") != tt.to || tt.status != 421 && strings.Contains(got.Body.String(), "evil") {
				t.Errorf("%s %s: %d to %q, want %d", tt.name, method, got.Code, got.Header().Get("Location"), want)
			}
			if tt.status == 308 && (got.Body.Len() > 0 || got.Header().Get("Set-Cookie") != "") {
				t.Errorf("%s: body %q, cookie %q", tt.name, got.Body, got.Header().Get("Set-Cookie"))
			}
			clear := tt.status == 308 || tt.status == 421 && tt.name != "unknown_name_by_proxy"
			if got := slices.Contains(w.burned, "ownertoken"); got != clear {
				t.Errorf("%s %s: credentials burned %v, want %v", tt.name, method, got, clear)
			}
			checkHeaders(t, got)
		}
	}
	s.checkNotLogged(t, "ownertoken", "Bearer")
}

// TestAddress: only a trusted proxy may say where a request comes from.
func TestAddress(t *testing.T) {
	t.Parallel()
	w := newTown()
	s := newSite(t, web.Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/24")}}, w.crowd, nil)
	for peer, want := range map[string]string{"10.0.0.2:4": `"address":"198.51.100.9"`, "127.0.0.1:4": `"address":"127.0.0.1"`} {
		s.log.Reset()
		r := httptest.NewRequest(http.MethodGet, "http://localhost/livez", nil)
		r.RemoteAddr = peer
		r.Header.Set("X-Forwarded-For", "203.0.113.1, 198.51.100.9")
		r.Header.Set("X-Request-Id", "chosen-by-client")
		got := httptest.NewRecorder()
		s.ServeHTTP(got, r)
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("peer %s: %s", peer, s.log)
		}
		s.log.Reset()
	}
}

// TestRate: who asks too much is told when to come back, and that is true.
func TestRate(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC)
	tick := clock.Clock(func() time.Time { return now })
	s := newSite(t, web.Config{Clock: tick, Rate: web.Rate{PerSecond: 2, Burst: 3, CostlyPerMinute: 10, CostlyBurst: 2}}, nil, nil)
	for i, want := range []string{"2", "1", "0"} {
		got := s.ask("GET", "/livez", nil)
		if got.Code != 200 || got.Header().Get("RateLimit-Remaining") != want || got.Header().Get("RateLimit-Limit") != "3" {
			t.Errorf("request %d: %d, %s left of %s", i, got.Code, got.Header().Get("RateLimit-Remaining"), got.Header().Get("RateLimit-Limit"))
		}
	}
	got := s.ask("GET", "/livez", nil)
	if got.Code != 429 || got.Header().Get("Retry-After") != "1" || !strings.Contains(got.Body.String(), `"too_many"`) {
		t.Errorf("too many: %d after %q: %s", got.Code, got.Header().Get("Retry-After"), got.Body)
	}
	checkHeaders(t, got)
	now = now.Add(time.Second)
	if got := s.ask("GET", "/livez", nil); got.Code != 200 {
		t.Errorf("a second later: %d", got.Code)
	}
	for i, want := range []int{204, 204, 429} {
		if got := s.ask("POST", "/csp-report", strings.NewReader("{}")); got.Code != want {
			t.Errorf("costly request %d: %d, want %d", i, got.Code, want)
		}
	}
}

// TestServer: slow, huge and ambiguous requests end, over a real connection.
func TestServer(t *testing.T) {
	t.Parallel()
	s := newSite(t, web.Config{MaxBody: 1 << 10}, newTown().crowd, func(r *web.Router) { r.Echoes("/echo") })
	srv := s.Server()
	if srv.ReadHeaderTimeout == 0 || srv.ReadTimeout == 0 || srv.WriteTimeout == 0 || srv.IdleTimeout == 0 || srv.MaxHeaderBytes != 16<<10 {
		t.Errorf("a limit is missing: %+v", srv)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	for _, tt := range []struct{ name, raw, status string }{
		{"fine", "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n", "200"},
		{"large_header", "GET /livez HTTP/1.1\r\nHost: localhost\r\nX: " + strings.Repeat("a", 40<<10) + "\r\n\r\n", "431"},
		{"large_body", "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 2000\r\n\r\n" + strings.Repeat("a", 2000), "413"},
		{"two_lengths", "GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"},
		{"two_hosts", "GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", "400"},
		{"absolute_form", "GET http://evil.example/livez HTTP/1.1\r\nHost: localhost\r\n\r\n", "421"},
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = io.WriteString(conn, tt.raw) }()
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		} else {
			if !strings.HasPrefix(res.Status, tt.status) {
				t.Errorf("%s: %s, want %s", tt.name, res.Status, tt.status)
			}
			_ = res.Body.Close()
		}
		_ = conn.Close()
	}
}
