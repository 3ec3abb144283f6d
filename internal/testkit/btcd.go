package testkit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// Btcd is a btcd of its own network of one, with an index of addresses.
type Btcd struct {
	URL, User, Password string
	client              http.Client
}

// StartBtcd starts a node on simnet whose mined coins go to an address. It
// ends with the test.
func StartBtcd(tb testing.TB, miner string) *Btcd {
	tb.Helper()
	port := FreePort(tb)
	n := &Btcd{URL: "http://127.0.0.1:" + strconv.Itoa(port), User: "user", Password: "password"}
	dir := tb.TempDir()
	// #nosec G204 -- tests run what they name
	cmd := exec.Command(Tool(tb, "btcd"), "--simnet", "--txindex", "--addrindex", "--nolisten", "--notls", "--nodnsseed",
		"--configfile="+filepath.Join(dir, "none.conf"), "--datadir="+filepath.Join(dir, "data"), "--logdir="+filepath.Join(dir, "logs"),
		"--rpclisten=127.0.0.1:"+strconv.Itoa(port), "--rpcuser="+n.User, "--rpcpass="+n.Password, "--miningaddr="+miner)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := os.WriteFile(filepath.Join(dir, "none.conf"), nil, 0o600); err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if tb.Failed() {
			tb.Logf("btcd said:\n%s", out.String())
		}
	})
	Eventually(tb, "btcd answers", func() bool { return n.call(nil, "getblockcount") == nil })
	return n
}

// Call makes a call that must succeed and reads its result.
func (n *Btcd) Call(tb testing.TB, into any, method string, args ...any) {
	tb.Helper()
	if err := n.call(into, method, args...); err != nil {
		tb.Fatal(err)
	}
}

func (n *Btcd) call(into any, method string, args ...any) error {
	if args == nil {
		args = []any{}
	}
	body, err := json.Marshal(map[string]any{"jsonrpc": "1.0", "id": 1, "method": method, "params": args})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, n.URL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.SetBasicAuth(n.User, n.Password)
	resp, err := n.client.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(resp.Body)
	if err = errors.Join(err, resp.Body.Close()); err != nil {
		return err
	}
	var out struct{ Result, Error json.RawMessage }
	if err := json.Unmarshal(answer, &out); err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	if len(out.Error) > 0 && string(out.Error) != "null" {
		return fmt.Errorf("%s: %s", method, out.Error)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(out.Result, into)
}

// FreePort returns a port of loopback that nobody listens on.
func FreePort(tb testing.TB) int {
	tb.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it was only asked for its port
	return l.Addr().(*net.TCPAddr).Port
}

// Eventually waits until something holds, and fails the test after a minute.
func Eventually(tb testing.TB, what string, holds func() bool) {
	tb.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for end := time.After(time.Minute); ; {
		if holds() {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			tb.Fatalf("waited a minute: %s", what)
		}
	}
}
