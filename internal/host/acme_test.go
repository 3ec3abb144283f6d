package host_test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/ledgersys/ledgersys/internal/host"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// xor seals for the test: enough to see that nothing is stored as it is.
type xor struct{}

func (xor) SealFile(name string, b []byte) ([]byte, error) {
	out := append([]byte(name+"\n"), b...)
	for i := range out {
		out[i] ^= 0x55
	}
	return out, nil
}

func (xor) OpenFile(name string, b []byte) ([]byte, error) {
	out := bytes.Clone(b)
	for i := range out {
		out[i] ^= 0x55
	}
	plain, ok := bytes.CutPrefix(out, []byte(name+"\n"))
	if !ok {
		return nil, fmt.Errorf("%s was sealed as another file", name)
	}
	return plain, nil
}

// resolver answers every name with 127.0.0.1 and returns its address.
func resolver(t *testing.T) string {
	t.Helper()
	c, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	go func() {
		b := make([]byte, 1500)
		for {
			n, from, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if q.Type == dnsmessage.TypeA {
				m.Answers = []dnsmessage.Resource{{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1},
					Body:   &dnsmessage.AResource{A: [4]byte{127, 0, 0, 1}},
				}}
			}
			if out, err := m.Pack(); err == nil {
				_, _ = c.WriteTo(out, from)
			}
		}
	}()
	return c.LocalAddr().String()
}

// authority starts pebble, the small authority of Let's Encrypt, which
// validates at the given port, and returns its directory and a file with the
// certificate by which it is recognised.
func authority(t *testing.T, tlsPort int) (directory, caFile string) {
	t.Helper()
	dir := t.TempDir()
	bin := filepath.Join(dir, "pebble")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "github.com/letsencrypt/pebble/v2/cmd/pebble")
	build.Dir = testkit.Root(t)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build pebble: %v\n%s", err, out)
	}
	cert, key, _ := testkit.Certificate(t, dir, "localhost")
	api, management := free(t), free(t)
	conf, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": api, "managementListenAddress": management, "certificate": cert, "privateKey": key,
		"httpPort": 1, "tlsPort": tlsPort, "ocspResponderURL": "",
		"profiles": map[string]any{"default": map[string]any{"description": "for tests", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	confFile := filepath.Join(dir, "pebble.json")
	if err := os.WriteFile(confFile, conf, 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	run := exec.CommandContext(t.Context(), bin, "-config", confFile, "-dnsserver", resolver(t))
	run.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=30")
	run.Stdout, run.Stderr = &log, &log
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	listening(t, api)
	return "https://" + strings.Replace(api, "127.0.0.1", "localhost", 1) + "/dir", cert
}

// free returns an address that nobody has.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// listening waits until something listens.
func listening(t *testing.T, address string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return
		}
	}
	t.Fatalf("nothing listens on %s", address)
}

// TestACME: from nothing to a served certificate, by an authority that checks
// the name at our own listener; the second start asks nobody, and nothing of
// it lies on disk as it is.
func TestACME(t *testing.T) {
	t.Parallel()
	const name = "books.example.org"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	directory, ca := authority(t, l.Addr().(*net.TCPAddr).Port)
	a := host.ACME{Directory: directory, Email: "ops@example.org", Domains: []string{name}, CAFile: ca, Dir: filepath.Join(t.TempDir(), "acme"), Sealer: xor{}}
	m, err := a.Manager()
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "served") })}
	go srv.Serve(tls.NewListener(l, host.ACMEConfig(m)))
	defer srv.Close()
	client := func(sni string) *http.Client {
		conf := &tls.Config{ServerName: sni, InsecureSkipVerify: true} // its root is made anew at each start of the authority
		return &http.Client{Transport: &http.Transport{TLSClientConfig: conf}, Timeout: 60 * time.Second}
	}
	if code, body := get(t, client(name), "https://"+l.Addr().String()); code != http.StatusOK || body != "served" {
		t.Fatalf("%d %s", code, body)
	}
	if resp, err := client("other.example.org").Get("https://" + l.Addr().String()); err == nil {
		resp.Body.Close()
		t.Error("a name that nobody configured is served")
	}
	files, err := os.ReadDir(a.Dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(filepath.Join(a.Dir, f.Name()))
		if block, _ := pem.Decode(b); err != nil || block != nil || bytes.Contains(b, []byte("PRIVATE KEY")) {
			t.Errorf("%s is not sealed: %v", f.Name(), err)
		}
	}
	a.Directory = "https://127.0.0.1:1/nowhere"
	again, err := a.Manager()
	if err != nil {
		t.Fatal(err)
	}
	hello := &tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}, SupportedVersions: []uint16{tls.VersionTLS13}, SignatureSchemes: []tls.SignatureScheme{tls.ECDSAWithP256AndSHA256}}
	if c, err := again.GetCertificate(hello); err != nil || c.Leaf.DNSNames[0] != name {
		t.Errorf("the second start: %v", err)
	}
}
