package journey_test

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// program is the built binary, once for all tests.
var program = sync.OnceValues(func() (string, error) {
	root, err := filepath.Abs("../..")
	if err != nil {
		return "", err
	}
	path := filepath.Join(work, "ledgersys")
	cmd := exec.Command("go", "build", "-tags", "testclock", "-o", path, "./cmd/ledgersys")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return path, nil
})

// work is a folder for this run of the tests.
var work string

func TestMain(m *testing.M) {
	var err error
	if work, err = os.MkdirTemp("", "journey-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	quit()
	if err := os.RemoveAll(work); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// instance is a running service with data of its own.
type instance struct {
	t    testing.TB
	dir  string // of the data
	base string // http://localhost:PORT
	code string // to set it up
	env  []string

	program string // instead of the built one
	listen  string // where it listens; any free port at first, that port later
	asked   int    // how often changes was

	cmd  *exec.Cmd
	done chan error

	mu     sync.Mutex
	stdout []string
	log    strings.Builder
}

// environ is what a program under test may see of ours.
func environ(more ...string) []string {
	env := []string{"PATH=" + os.Getenv("PATH"), "HOME=" + work, "TMPDIR=" + os.TempDir(), "LEDGERSYS_METRICS_LISTEN=127.0.0.1:0", "LEDGERSYS_LOG_LEVEL=debug"}
	return append(env, more...)
}

// start runs "ledgersys serve" on a free port until the test ends.
func start(t testing.TB, env ...string) *instance {
	t.Helper()
	in := &instance{t: t, dir: filepath.Join(t.TempDir(), "data"), env: env}
	if slices.ContainsFunc(env, func(v string) bool { return strings.HasPrefix(v, "LEDGERSYS_DATABASE_OWNER_URL=") }) {
		if out, code := in.command("migrate"); code != 0 {
			t.Fatalf("migrate: exit %d: %s", code, out)
		}
	}
	in.run()
	return in
}

var (
	readyLine = regexp.MustCompile(`ready at (http\S+)`)
	codeLine  = regexp.MustCompile(`[Ss]etup code: (\S+)`)
)

// run starts the process and waits until it is ready.
func (in *instance) run() {
	in.t.Helper()
	path, err := program()
	if err != nil {
		in.t.Fatal(err)
	}
	if in.program != "" {
		path = in.program
	}
	in.cmd = exec.Command(path, "serve", "--listen", cmp.Or(in.listen, "127.0.0.1:0"), "--data-dir", in.dir)
	in.cmd.Env = environ(in.env...)
	out, err := in.cmd.StdoutPipe()
	if err != nil {
		in.t.Fatal(err)
	}
	in.cmd.Stderr = lockedWriter{in}
	if err := in.cmd.Start(); err != nil {
		in.t.Fatal(err)
	}
	cmd, ready := in.cmd, make(chan struct{})
	in.done = make(chan error, 1)
	go func() {
		in.read(out, ready)
		in.done <- cmd.Wait()
	}()
	if in.listen == "" {
		in.t.Cleanup(in.stop)
	}
	select {
	case <-ready:
		u, err := url.Parse(in.base)
		if err != nil {
			in.t.Fatal(err)
		}
		in.listen = "127.0.0.1:" + u.Port()
	case err := <-in.done:
		in.done <- err
		in.t.Fatalf("ended before it was ready: %v\n%s", err, in.logged())
	case <-time.After(30 * time.Second):
		in.t.Fatalf("not ready after 30 s\n%s", in.logged())
	}
}

// read takes what the service prints; its last line comes after the others.
func (in *instance) read(out io.Reader, ready chan<- struct{}) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		in.mu.Lock()
		in.stdout = append(in.stdout, lines.Text())
		if m := readyLine.FindStringSubmatch(lines.Text()); m != nil {
			in.base = m[1]
		}
		if m := codeLine.FindStringSubmatch(lines.Text()); m != nil {
			in.code = m[1]
		}
		in.mu.Unlock()
		if strings.HasPrefix(lines.Text(), "Data: ") {
			close(ready)
		}
	}
}

// stop ends the service as an operator would.
func (in *instance) stop() {
	if in.cmd == nil || in.cmd.ProcessState != nil {
		return
	}
	_ = in.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-in.done:
	case <-time.After(40 * time.Second):
		_ = in.cmd.Process.Kill()
		in.t.Error("did not stop within 40 s")
	}
	in.cmd = nil
}

// logged returns what the service logged so far.
func (in *instance) logged() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.log.String()
}

type lockedWriter struct{ in *instance }

func (w lockedWriter) Write(p []byte) (int, error) {
	w.in.mu.Lock()
	defer w.in.mu.Unlock()
	return w.in.log.Write(p)
}

// command runs a verb of the program on the data of the instance.
func (in *instance) command(args ...string) (stdout string, code int) {
	in.t.Helper()
	path, err := program()
	if err != nil {
		in.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env = environ(append(in.env, "LEDGERSYS_DATA_DIR="+in.dir)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		in.t.Fatal(err)
	}
	if errs.Len() > 0 {
		in.t.Logf("%s: %s", strings.Join(args, " "), errs.String())
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// route is a row of "ledgersys routes --json".
type route struct {
	Method, Path, Permission, Scope string
	Layers                          []string
	API                             bool
}

// routes is the table of routes of the program.
var routes = sync.OnceValues(func() ([]route, error) {
	path, err := program()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(path, "routes", "--json")
	cmd.Env = environ()
	out, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	var all []route
	return all, json.Unmarshal(out, &all)
})

// allRoutes returns the table or ends the test.
func allRoutes(t testing.TB) []route {
	t.Helper()
	all, err := routes()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 10 {
		t.Fatalf("only %d routes", len(all))
	}
	return all
}

// unsafe reports whether a route changes something.
func (r route) unsafe() bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

// client keeps cookies as a browser does, and sends Secure ones to loopback
// too, as browsers do.
type client struct {
	in      *instance
	cookies map[string]string
	token   string        // of the forms
	from    string        // the address that a trusted proxy names; "" is our own
	limit   time.Duration // of one request; 30 s if 0
}

func (in *instance) client() *client { return &client{in: in, cookies: map[string]string{}} }

var transport = &http.Transport{MaxIdleConnsPerHost: 32}

// do sends a request; header is names and values in turn.
func (c *client) do(method, path string, body io.Reader, header ...string) answer {
	c.in.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), cmp.Or(c.limit, 30*time.Second))
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, c.in.base+path, body)
	if err != nil {
		c.in.t.Fatal(err)
	}
	for name, value := range c.cookies {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if c.from != "" {
		req.Header.Set("X-Forwarded-For", c.from)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		c.in.t.Fatalf("%s %s: %v\n%s", method, path, err, c.in.logged())
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		c.in.t.Fatalf("%s %s: %v", method, path, err)
	}
	for _, ck := range res.Cookies() {
		if ck.MaxAge < 0 {
			delete(c.cookies, ck.Name)
		} else {
			c.cookies[ck.Name] = ck.Value
		}
	}
	return answer{res, string(b)}
}

var (
	formToken    = regexp.MustCompile(`data-token="([^"]+)"`)
	nonces       = regexp.MustCompile(`nonce="[^"]*"`)
	hiddenFields = regexp.MustCompile(`<input type="hidden"[^>]*>`)
)

// get loads a page and remembers the token of its forms.
func (c *client) get(path string, header ...string) answer {
	c.in.t.Helper()
	a := c.do(http.MethodGet, path, nil, append([]string{"Accept", "text/html"}, header...)...)
	if m := formToken.FindStringSubmatch(a.body); m != nil {
		c.token = m[1]
	}
	return a
}

// post sends a form as a page of ours would; fields are names and values in turn.
func (c *client) post(path string, fields ...string) answer {
	c.in.t.Helper()
	if c.token == "" {
		c.get("/docs")
	}
	body := formOf(append([]string{"_token", c.token}, fields...)...)
	return c.do(http.MethodPost, path, strings.NewReader(body), "Accept", "text/html", "Content-Type", "application/x-www-form-urlencoded", "Origin", c.in.base, "Sec-Fetch-Site", "same-origin")
}

// root is the folder of the repository.
func root(t testing.TB) string {
	t.Helper()
	return testkit.Root(t)
}
