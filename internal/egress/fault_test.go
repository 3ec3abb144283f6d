package egress_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/fault"
)

// hang is a handler that answers never, or breaks off.
func hang(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func breakOff(w http.ResponseWriter, _ *http.Request) {
	if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX: "+canary+"\r\n\r\npart")
		_ = c.Close()
	}
}

func noHTTP(w http.ResponseWriter, _ *http.Request) {
	if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_, _ = io.WriteString(c, canary+" is not HTTP\r\n\r\n")
		_ = c.Close()
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	noName := func(context.Context, string) ([]netip.Addr, error) { return nil, errors.New("lookup " + canary) }
	tests := []struct {
		name   string
		h      http.HandlerFunc
		lookup egress.LookupFunc
		kind   egress.Kind
	}{
		{"no_answer_in_time", hang, nil, egress.Timeout},
		{"breaks_off", breakOff, nil, egress.Reset},
		{"no_http", noHTTP, nil, egress.Other},
		{"no_connection", nil, nil, egress.Refused},
		{"no_name", nil, noName, egress.Lookup},
	}
	for _, tt := range tests {
		base := closed.URL
		if tt.h != nil {
			base = newSink(t, tt.h).URL
		}
		if tt.lookup != nil {
			base = "http://simulator.example.com:80"
		}
		place := strings.TrimPrefix(base, "http://")
		cl := client(t, egress.Config{Allow: []string{place}, Lookup: tt.lookup}, egress.Caller{Base: base, Timeout: 300 * time.Millisecond})
		for name, call := range map[string]doer{"own": cl.Do, "library": cl.HTTP().Do} {
			_, err := do(t, call, http.MethodGet, account+"?signature="+canary)
			err = egress.Scrub(err)
			var own *egress.Error
			if !errors.As(err, &own) || own.Kind != tt.kind {
				t.Errorf("%s, %s client: error %v, want %s", tt.name, name, err, tt.kind)
			}
			if err != nil && strings.Contains(err.Error(), canary) {
				t.Errorf("%s, %s client: the error holds the secret: %v", tt.name, name, err)
			}
		}
	}
}

func TestStoppedCallSaysSo(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	s := newSink(t, func(w http.ResponseWriter, r *http.Request) {
		cancel()
		hang(w, r)
	})
	cl := client(t, egress.Config{Allow: []string{s.place()}}, egress.Caller{Base: s.URL})
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, account+"?signature="+canary, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = run(cl.Do, r)
	if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), canary) {
		t.Errorf("error %v", err)
	}
}

func TestSwitchedOff(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	cl := client(t, egress.Config{Deny: true, Allow: []string{s.place()}}, egress.Caller{Base: s.URL})
	_, err := do(t, cl.Do, http.MethodGet, account)
	if !errors.Is(err, egress.ErrDenied) || s.hits.Load() != 0 || !strings.Contains(fault.Of(err).Words, "LEDGERSYS_OUTBOUND") {
		t.Errorf("error %v, %d calls", err, s.hits.Load())
	}
}

func TestRetryAfterComesThrough(t *testing.T) {
	t.Parallel()
	s := newSink(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	cl := client(t, egress.Config{Allow: []string{s.place()}}, egress.Caller{Base: s.URL})
	got, err := do(t, cl.Do, http.MethodGet, account)
	if err != nil || got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "7" {
		t.Errorf("%+v, error %v", got, err)
	}
}

func TestNothingReportedHoldsASecret(t *testing.T) {
	t.Parallel()
	s := newSink(t, nil)
	var seen spy
	c := egress.Config{Allow: []string{s.place()}}
	seen.watch(&c)
	cl := client(t, c, egress.Caller{Base: s.URL})
	for _, address := range []string{"https://api.example.com/v1/account?signature=" + canary, "https://api.example.com/v1/order?signature=" + canary} {
		_, _ = do(t, cl.Do, "GET", address)
	}
	want := []egress.Call{{Caller: "example", Method: "GET", Host: "api.example.com", Wire: s.place(), Path: "/v1/account", Status: 200}}
	if !slices.Equal(seen.calls, want) {
		t.Errorf("calls %+v", seen.calls)
	}
	if len(seen.refused) != 1 || strings.Contains(seen.refused[0].Path+seen.refused[0].Why, canary) {
		t.Errorf("refusals %+v", seen.refused)
	}
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	for _, place := range []string{"", "localhost", ":80", "localhost:", "http://localhost:80"} {
		if _, err := egress.New(egress.Config{Allow: []string{place}}); err == nil {
			t.Errorf("%q was taken as host:port", place)
		}
	}
	for _, base := range []string{"localhost:80", "ftp://x", "http://", "https://u@h", "https://h/path", "https://h?x=1", "https://h#f", "http://[::1"} {
		if _, err := egress.ParseBase(base); err == nil {
			t.Errorf("%q was taken as an address", base)
		}
	}
	for _, base := range []string{"http://127.0.0.1:8080", "https://sim.example.com/", "http://[::1]:80"} {
		if _, err := egress.ParseBase(base); err != nil {
			t.Errorf("%q: %v", base, err)
		}
	}
}
