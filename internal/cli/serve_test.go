package cli_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// program is the built program, run as a process of its own.
func program(t *testing.T, dir string, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Args = append([]string{"ledgersys"}, args...) // TestMain looks at this name
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + t.TempDir(), "LEDGERSYS_METRICS_LISTEN=off"}, env...)
	return cmd
}

// finished runs the program to its end.
func finished(t *testing.T, dir string, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	cmd := program(t, dir, env, args...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), out.String(), errs.String()
	}
	if err != nil {
		t.Fatal(err)
	}
	return 0, out.String(), errs.String()
}

// running is a service under test.
type running struct {
	t     *testing.T
	cmd   *exec.Cmd
	base  string   // its address
	lines []string // what it printed before it was ready
	lock  sync.Mutex
	log   bytes.Buffer
	once  sync.Once
	ended error
}

// Write implements io.Writer for the log.
func (r *running) Write(p []byte) (int, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.log.Write(p)
}

func (r *running) logged() string {
	r.lock.Lock()
	defer r.lock.Unlock()
	return r.log.String()
}

var dataLine = regexp.MustCompile(`^Data: `)

// start runs serve in a directory until it says that it is ready.
func start(t *testing.T, dir string, env []string, args ...string) *running {
	t.Helper()
	r := &running{t: t, cmd: program(t, dir, env, append([]string{"serve"}, args...)...)}
	r.cmd.Stderr = r
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.stop()
		if t.Failed() {
			t.Log(r.logged())
		}
	})
	for s := bufio.NewScanner(out); s.Scan(); {
		r.lines = append(r.lines, s.Text())
		if dataLine.MatchString(s.Text()) {
			break
		}
	}
	if len(r.lines) == 0 {
		t.Fatalf("it did not start: %v\n%s", r.stop(), r.logged())
	}
	_, r.base, _ = strings.Cut(r.lines[0], " ready at ")
	return r
}

// stop asks the service to stop and returns how it ended.
func (r *running) stop() error {
	r.once.Do(func() {
		_ = r.cmd.Process.Signal(syscall.SIGTERM)
		r.ended = r.cmd.Wait()
	})
	return r.ended
}

// anyPort makes a service listen on a port that is free.
const anyPort = "LEDGERSYS_LISTEN=127.0.0.1:0"

// reply is what a request got.
type reply struct {
	status int
	header http.Header
	body   string
}

func ask(t *testing.T, client *http.Client, r *http.Request) reply {
	t.Helper()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply{resp.StatusCode, resp.Header, string(b)}
}

func request(t *testing.T, method, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestServe: the life of a service from nothing on.
func TestServe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	svc := start(t, dir, []string{anyPort})
	if !regexp.MustCompile(`^Ledgersys \d+\.\d+\.\d+ ready at http://localhost:\d+$`).MatchString(svc.lines[0]) {
		t.Errorf("it says %q", svc.lines)
	}
	if last := svc.lines[len(svc.lines)-1]; last != "Data: ./data  No outbound connections until you allow them." {
		t.Errorf("it says %q", last)
	}
	for _, path := range []string{"/livez", "/readyz", "/healthz"} {
		got := ask(t, http.DefaultClient, request(t, http.MethodGet, svc.base+path))
		if got.status != http.StatusOK || got.body != "ok\n" || got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %q", path, got.status, got.body)
		}
	}
	for name, mode := range map[string]os.FileMode{"": 0o700, "master.key": 0o600, "admin.sock": 0o600, "control.db": 0o600} {
		if info, err := os.Stat(filepath.Join(dir, "data", name)); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v %v", name, info, err)
		}
	}
	limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", svc.cmd.Process.Pid))
	if err != nil || !regexp.MustCompile(`Max core file size +0 +0 `).Match(limits) {
		t.Errorf("core dumps are possible: %v", err)
	}
	port := svc.base[strings.LastIndex(svc.base, ":")+1:]
	if code, _, errs := finished(t, dir, nil, "healthcheck", "--listen", "127.0.0.1:"+port); code != 0 {
		t.Errorf("healthcheck: %d %s", code, errs)
	}
	if code, _, errs := finished(t, dir, []string{anyPort}, "serve"); code != 11 || !strings.Contains(errs, "in use by another process") {
		t.Errorf("a second service: %d %s", code, errs)
	}
	if code, _, errs := finished(t, t.TempDir(), nil, "serve", "--listen", "127.0.0.1:"+port); code != 1 || !strings.Contains(errs, "listen 127.0.0.1:"+port+": in use. Try --listen 127.0.0.1:") {
		t.Errorf("a taken address: %d %s", code, errs)
	}
	if err := svc.stop(); err != nil {
		t.Errorf("it was asked to stop and ended with %v", err)
	}
	if !strings.Contains(svc.logged(), "Made a new master key in data/master.key") {
		t.Errorf("the new key is not mentioned: %s", svc.logged())
	}
	if code, _, errs := finished(t, dir, nil, "healthcheck", "--listen", "127.0.0.1:"+port); code != 1 || !strings.Contains(errs, "no answer") {
		t.Errorf("healthcheck of nothing: %d %s", code, errs)
	}
	again := start(t, dir, []string{anyPort})
	if strings.Contains(again.logged(), "Made a new master key") {
		t.Error("the second start made another key")
	}
	if err := again.stop(); err != nil {
		t.Error(err)
	}
	wrongKey(t, dir)
}

// wrongKey: without its key, and with another, nothing starts and nothing is
// written.
func wrongKey(t *testing.T, dir string) {
	t.Helper()
	key := filepath.Join(dir, "data", "master.key")
	if err := os.Rename(key, key+".away"); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := finished(t, dir, []string{anyPort}, "serve"); code != 12 {
		t.Errorf("without its key: %d %s", code, errs)
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("a new key was made for old data")
	}
	other := start(t, t.TempDir(), []string{anyPort})
	if err := other.stop(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(other.cmd.Dir, "data", "master.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := finished(t, dir, []string{anyPort}, "serve"); code != 12 {
		t.Errorf("with another key: %d %s", code, errs)
	}
}

// TestServeRefuses: what is wrong with the settings stops the start before
// anything is made.
func TestServeRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env, args []string
		want      string
	}{
		"unknown":  {env: []string{"LEDGERSYS_LISTN=x"}, want: "did you mean LEDGERSYS_LISTEN?"},
		"public":   {args: []string{"--listen", "0.0.0.0:0"}, want: "there is no TLS"},
		"no_clock": {env: []string{"LEDGERSYS_CLOCK=/nowhere"}, want: "LEDGERSYS_CLOCK: there is no such setting"},
		"set":      {args: []string{"--set", "billing=perhaps"}, want: "flag --set billing: it is on or off"},
	} {
		dir := t.TempDir()
		code, _, errs := finished(t, dir, c.env, append([]string{"serve"}, c.args...)...)
		if _, err := os.Stat(filepath.Join(dir, "data")); code != 2 || !strings.Contains(errs, c.want) || err == nil {
			t.Errorf("%s: %d %s (data: %v)", name, code, errs, err)
		}
	}
}

// TestServeTLS: encrypted with files, a second door that only redirects.
func TestServeTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cert, key, pool := testkit.Certificate(t, dir, "books.example.org")
	plain := freeAddress(t)
	svc := start(t, dir, []string{
		anyPort, "LEDGERSYS_TLS_CERT_FILE=" + cert, "LEDGERSYS_TLS_KEY_FILE=" + key,
		"LEDGERSYS_TLS_REDIRECT_LISTEN=" + plain, "LEDGERSYS_HOSTS=books.example.org,localhost",
	})
	port := svc.base[strings.LastIndex(svc.base, ":")+1:]
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "books.example.org"}}}
	r := request(t, http.MethodGet, "https://127.0.0.1:"+port+"/livez")
	r.Host = "books.example.org"
	if got := ask(t, client, r); got.status != http.StatusOK {
		t.Errorf("over TLS: %d", got.status)
	}
	for _, c := range []struct {
		method, host string
		status       int
		location     string
	}{
		{http.MethodGet, "books.example.org", http.StatusPermanentRedirect, "https://books.example.org/any/path?q=1"},
		{http.MethodPost, "books.example.org", http.StatusPermanentRedirect, "https://books.example.org/any/path?q=1"},
		{http.MethodGet, "evil.example", http.StatusMisdirectedRequest, ""},
	} {
		r := request(t, c.method, "http://"+plain+"/any/path?q=1")
		r.Host = c.host
		r.Header.Set("X-Forwarded-Proto", "https")
		got := ask(t, &http.Client{}, r)
		if got.status != c.status || got.header.Get("Location") != c.location || got.header.Get("Set-Cookie") != "" || c.location != "" && got.body != "" {
			t.Errorf("%s %s: %d, to %q, %q", c.method, c.host, got.status, got.header.Get("Location"), got.body)
		}
	}
	env := []string{"LEDGERSYS_TLS_CERT_FILE=" + cert, "LEDGERSYS_TLS_KEY_FILE=" + key, "LEDGERSYS_BASE_URL=https://books.example.org"}
	for _, args := range [][]string{{"--listen", "127.0.0.1:" + port}, {"--url", "https://127.0.0.1:" + port + "/livez"}} {
		if code, _, errs := finished(t, dir, env, append([]string{"healthcheck"}, args...)...); code != 0 {
			t.Errorf("healthcheck %v over TLS: %d %s", args, code, errs)
		}
	}
}

func TestMetricsListener(t *testing.T) {
	t.Parallel()
	dir, address := t.TempDir(), freeAddress(t)
	token := filepath.Join(dir, "token")
	if err := os.WriteFile(token, []byte("t0ken\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	svc := start(t, dir, []string{anyPort, "LEDGERSYS_METRICS_LISTEN=" + address, "LEDGERSYS_METRICS_TOKEN_FILE=" + token})
	ask(t, http.DefaultClient, request(t, http.MethodGet, svc.base+"/livez"))
	r := request(t, http.MethodGet, "http://"+address+"/metrics")
	if got := ask(t, http.DefaultClient, r); got.status != http.StatusNotFound {
		t.Errorf("without the token: %d", got.status)
	}
	r.Header.Set("Authorization", "Bearer t0ken")
	got := ask(t, http.DefaultClient, r)
	for _, want := range []string{`ledgersys_build_info{version=`, `ledgersys_http_request_duration_seconds_count{method="GET",route="/livez",status="200"} 1`, "ledgersys_disk_free_bytes"} {
		if got.status != http.StatusOK || !strings.Contains(got.body, want) {
			t.Errorf("%d lacks %s", got.status, want)
		}
	}
	rules, err := os.ReadFile(filepath.Join(testkit.Root(t), "configs", "alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range regexp.MustCompile(`ledgersys_[a-z_]+`).FindAllString(string(rules), -1) {
		if !strings.Contains(got.body, "\n"+name) {
			t.Errorf("an alert rule is about %s, which is not served", name)
		}
	}
	if got := ask(t, http.DefaultClient, request(t, http.MethodGet, svc.base+"/metrics")); got.status != http.StatusNotFound {
		t.Errorf("on the public listener: %d", got.status)
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	code, out, errs := finished(t, t.TempDir(), nil, "routes", "--json")
	var routes []struct{ Method, Path, Permission string }
	if err := json.Unmarshal([]byte(out), &routes); code != 0 || err != nil || len(routes) < 5 {
		t.Fatalf("%d %v %s %s", code, err, out, errs)
	}
	for _, r := range routes {
		if r.Method == "" || !strings.HasPrefix(r.Path, "/") || r.Permission == "" {
			t.Errorf("route %+v", r)
		}
	}
}

// freeAddress returns an address of loopback that nobody has.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestServeWithoutKMS: a program that was built without the KMS says so, and
// writes nothing.
func TestServeWithoutKMS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	code, _, errs := finished(t, dir, []string{anyPort, "LEDGERSYS_MASTER_KMS=arn:aws:kms:eu-central-1:111122223333:key/one"}, "serve")
	if code != 12 || !strings.Contains(errs, "build it with -tags awskms, or take the setting out") {
		t.Errorf("%d %s", code, errs)
	}
	for _, name := range []string{"control.db", "master.key"} {
		if _, err := os.Stat(filepath.Join(dir, "data", name)); err == nil {
			t.Errorf("%s was made", name)
		}
	}
}
