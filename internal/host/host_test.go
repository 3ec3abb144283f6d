package host_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/host"
	"github.com/ledgersys/ledgersys/internal/keyring"
)

func TestLock(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "new", "data")
	l, err := host.Take(dir)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory is %v: %v", info.Mode(), err)
	}
	if _, err := host.Take(dir); !errors.Is(err, host.ErrInUse) {
		t.Errorf("a second lock: %v", err)
	}
	if err := l.Release(); err != nil {
		t.Fatal(err)
	}
	again, err := host.Take(dir)
	if err != nil {
		t.Fatalf("after its release: %v", err)
	}
	if err := again.Release(); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Take("/dev/null/x"); err == nil || errors.Is(err, host.ErrInUse) {
		t.Errorf("an impossible directory: %v", err)
	}
}

func TestSocket(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := host.Ask(t.Context(), dir, host.Command{Name: "x"}); !errors.Is(err, host.ErrNobody) {
		t.Fatalf("nobody is there: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "admin.sock"), nil, 0o600); err != nil { // a leftover
		t.Fatal(err)
	}
	s, err := host.OpenSocket(t.Context(), dir, func(_ context.Context, c host.Command) host.Answer {
		return host.Answer{Output: append([]byte(c.Name+" "), c.Args...), Code: 3, Error: "issues"}
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve() }()
	if info, err := os.Stat(filepath.Join(dir, "admin.sock")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v: %v", info, err)
	}
	a, err := host.Ask(t.Context(), dir, host.Command{Name: "firms", Args: json.RawMessage(`{"a":1}`)})
	if err != nil || string(a.Output) != `firms {"a":1}` || a.Code != 3 || a.Error != "issues" {
		t.Errorf("answer %+v: %v", a, err)
	}
	long := json.RawMessage(`"` + strings.Repeat("x", 2<<20) + `"`)
	if _, err := host.Ask(t.Context(), dir, host.Command{Args: long}); err == nil {
		t.Error("a command of 2 MiB is taken")
	}
	if err := errors.Join(s.Close(t.Context()), <-done); err != nil {
		t.Fatal(err)
	}
	if _, err := host.Ask(t.Context(), dir, host.Command{Name: "x"}); !errors.Is(err, host.ErrNobody) {
		t.Errorf("after closing: %v", err)
	}
}

// TestLongSocket: the system's limit of 107 bytes is no limit of ours.
func TestLongSocket(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 80), strings.Repeat("e", 80))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	s, err := host.OpenSocket(t.Context(), ".", func(context.Context, host.Command) host.Answer { return host.Answer{} })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	l, err := host.Listen(t.Context(), "127.0.0.1:0", "--listen %s")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, err = host.Listen(t.Context(), l.Addr().String(), "--listen %s")
	if err == nil || !strings.HasPrefix(err.Error(), "listen "+l.Addr().String()+": in use. Try --listen 127.0.0.1:") {
		t.Errorf("in use: %v", err)
	}
	if _, err := host.Listen(t.Context(), "203.0.113.1:1", "--listen %s"); err == nil {
		t.Error("an address of another machine is listened on")
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	m := host.NewMetrics("1.2.3", func() host.Figures { return host.Figures{DiskFree: 7, DiskSize: 70, WAL: 3} })
	m.Request("GET", "/f/{firm}/clients", 200, 20*time.Millisecond)
	m.Request("GET", "", 404, time.Millisecond)
	m.Counter("auth_failures_total", "Refused sign-ins.", "kind")("password")
	m.Histogram("calc_duration_seconds", "Time to compute a year.", "country")(time.Second, "GB")
	ask := func(token, path, given string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		if given != "" {
			r.Header.Set("Authorization", "Bearer "+given)
		}
		w := httptest.NewRecorder()
		m.Server(keyring.NewSecret([]byte(token))).Handler.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	code, text := ask("", "/metrics", "")
	for _, want := range []string{
		`ledgersys_build_info{version="1.2.3"} 1`, "ledgersys_disk_free_bytes 7", "ledgersys_wal_bytes 3", "ledgersys_process_open_fds", "ledgersys_process_cpu_seconds_total",
		`ledgersys_http_request_duration_seconds_count{method="GET",route="/f/{firm}/clients",status="200"} 1`, `route="none"`,
		`ledgersys_auth_failures_total{kind="password"} 1`, "ledgersys_calc_duration_seconds_count",
	} {
		if code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("status %d, no %s", code, want)
		}
	}
	for row := range strings.Lines(text) {
		if !strings.HasPrefix(row, "#") && !strings.HasPrefix(row, "ledgersys_") {
			t.Errorf("without prefix: %s", row)
		}
	}
	for _, c := range []struct{ path, given string }{{"/metrics", ""}, {"/metrics", "other"}, {"/", "t0ken"}} {
		if code, _ := ask("t0ken", c.path, c.given); code != http.StatusNotFound {
			t.Errorf("%s with %q: %d", c.path, c.given, code)
		}
	}
	if code, _ := ask("t0ken", "/metrics", "t0ken"); code != http.StatusOK {
		t.Errorf("with the token: %d", code)
	}
}

// TestWatch: each change is told once, and writes go off and on again.
func TestWatch(t *testing.T) {
	t.Parallel()
	f := host.Figures{DiskSize: 100, DiskFree: 50, MemorySize: 100, MemoryUsed: 10}
	var told []string
	w := &host.Watch{
		Log: slog.New(slog.DiscardHandler), Measure: func(string) host.Figures { return f },
		Tell: func(_ context.Context, a host.Alert) {
			if a.Over {
				a.Code += " over"
			}
			told = append(told, a.Code)
		},
	}
	steps := []struct {
		free, used uint64
		full       bool
		told       string
	}{
		{50, 10, false, ""},
		{9, 10, false, "disk_low"},
		{9, 10, false, ""},
		{1, 95, true, "disk_full memory_low"},
		{2, 95, false, "disk_full over"},
		{10, 90, false, "disk_low over memory_low over"},
	}
	for i, s := range steps {
		f.DiskFree, f.MemoryUsed, told = s.free, s.used, nil
		w.Look(t.Context())
		if w.Full() != s.full || strings.Join(told, " ") != s.told || w.Last().DiskFree != s.free {
			t.Errorf("step %d: full %v, told %v", i, w.Full(), told)
		}
	}
}

func TestWatchRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		w := &host.Watch{Log: slog.New(slog.DiscardHandler), Measure: func(string) host.Figures { looks++; return host.Figures{} }}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w.Run(ctx, clock.Clock(time.Now))
		if looks < 3 || w.Full() {
			t.Errorf("%d looks, full %v: what is unknown must not stop writes", looks, w.Full())
		}
	})
}

func TestMeasure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.db-wal"), make([]byte, 100), 0o600); err != nil {
		t.Fatal(err)
	}
	f := host.Measure(dir)
	if f.WAL != 100 || f.DiskSize == 0 || f.DiskFree > f.DiskSize || f.MemorySize == 0 || f.MemoryUsed > f.MemorySize {
		t.Errorf("measured %+v", f)
	}
}

func TestServiceManager(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "notify")
	c, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	read := func() string {
		b := make([]byte, 100)
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err)
		}
		return string(b[:n])
	}
	m := host.NewManager(func(name string) string {
		return map[string]string{"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "2000"}[name]
	})
	if err := m.Ready(t.Context()); err != nil || read() != "READY=1" {
		t.Errorf("not ready: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); m.Alive(ctx, time.Now, func(context.Context) error { return nil }) }()
	if got := read(); got != "WATCHDOG=1" {
		t.Errorf("it says %q", got)
	}
	cancel()
	<-done
	none := host.NewManager(func(string) string { return "" })
	if err := none.Stopping(t.Context()); err != nil {
		t.Errorf("without a manager: %v", err)
	}
	none.Alive(t.Context(), time.Now, nil) // returns at once
}

// get asks once and returns status and body.
func get(t *testing.T, c *http.Client, url string) (int, string) {
	t.Helper()
	resp, err := c.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}
