package cli_test

import (
	"bufio"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDemo: made-up books, there for whoever comes, gone at the end.
func TestDemo(t *testing.T) {
	t.Parallel()
	began := time.Now()
	cmd := program(t, t.TempDir(), nil, "demo", "--listen", "127.0.0.1:0")
	var temp string
	for _, v := range cmd.Env {
		if dir, ok := strings.CutPrefix(v, "TMPDIR="); ok {
			temp = dir
		}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	base := strings.TrimSpace(line[strings.LastIndex(line, " ")+1:])
	if err != nil || !strings.HasPrefix(base, "http://localhost:") {
		t.Fatalf("%q: %v", line, err)
	}
	t.Logf("ready after %s", time.Since(began))
	first := ask(t, &http.Client{}, request(t, http.MethodGet, base+"/"))
	cookie, _, _ := strings.Cut(first.header.Get("Set-Cookie"), ";")
	if first.status != http.StatusSeeOther || !strings.HasPrefix(cookie, "__Host-ls_session=") {
		t.Fatalf("a visitor gets %d %v", first.status, first.header)
	}
	at := first.header.Get("Location")
	var page reply
	for range 4 {
		r := request(t, http.MethodGet, base+at)
		r.Header.Set("Cookie", cookie)
		if page = ask(t, &http.Client{}, r); page.status != http.StatusSeeOther {
			break
		}
		at = page.header.Get("Location")
	}
	if page.status != http.StatusOK || !strings.Contains(page.body, "Demo books. Made-up data") || !strings.Contains(page.body, "Ada Example") {
		t.Errorf("%s: %d", at, page.status)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("it ends with %v", err)
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
