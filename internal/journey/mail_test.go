package journey_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailPass is the password of the mail server. It is a canary too.
const mailPass = "wet-otters-mend-7-nets"

// mailbox is a mail server that keeps what it is given, or refuses it.
type mailbox struct {
	t       testing.TB
	address string
	server  *smtp.Server

	mu     sync.Mutex
	refuse bool
	got    []string
}

// newMailbox starts a mail server and returns the settings that use it. The
// address with its password lies in a file outside of the data.
func newMailbox(t testing.TB) (m *mailbox, env []string) {
	t.Helper()
	m = &mailbox{t: t}
	m.server = smtp.NewServer(m)
	m.server.Domain, m.server.AllowInsecureAuth = "localhost", true
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = m.server.Serve(l) // it ends when it is closed
	}()
	t.Cleanup(func() {
		_ = m.server.Close()
		<-done
	})
	m.address = l.Addr().String()
	file := filepath.Join(t.TempDir(), "smtp_url")
	if err := os.WriteFile(file, []byte("smtp://books:"+mailPass+"@"+m.address+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return m, []string{"LEDGERSYS_SMTP_URL_FILE=" + file, "LEDGERSYS_EGRESS_ALLOW=" + m.address, "LEDGERSYS_SIGNUP=open"}
}

// refuses switches between taking and refusing mail.
func (m *mailbox) refuses(on bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refuse = on
}

var (
	mailLink = regexp.MustCompile(`http\S+?(/(?:confirm|reset|not-me|invitations)/[A-Za-z0-9_.~-]+)`)
	softLine = regexp.MustCompile("=\r?\n")
)

// link waits for a mail to somebody that leads to an address, and returns its
// path.
func (m *mailbox) link(to, kind string) string {
	m.t.Helper()
	until := time.Now().Add(30 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(until) {
		m.mu.Lock()
		all := append([]string(nil), m.got...)
		m.mu.Unlock()
		for i := len(all) - 1; i >= 0; i-- {
			text := strings.ReplaceAll(softLine.ReplaceAllString(all[i], ""), "=3D", "=")
			if !strings.Contains(text, to) {
				continue
			}
			for _, found := range mailLink.FindAllStringSubmatch(text, -1) {
				if strings.HasPrefix(found[1], kind) {
					return found[1]
				}
			}
		}
		<-tick.C
	}
	m.t.Fatalf("no mail to %s with %s", to, kind)
	return ""
}

// NewSession implements smtp.Backend.
func (m *mailbox) NewSession(*smtp.Conn) (smtp.Session, error) { return talk{m}, nil }

// talk is one connection.
type talk struct{ *mailbox }

// AuthMechanisms implements smtp.AuthSession.
func (talk) AuthMechanisms() []string { return []string{sasl.Plain} }

// Auth implements smtp.AuthSession.
func (talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "books" || password != mailPass {
			return errors.New("no")
		}
		return nil
	}), nil
}

// Mail implements smtp.Session.
func (talk) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session. A server that refuses repeats what it was told.
func (k talk) Rcpt(to string, _ *smtp.RcptOptions) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.refuse {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user " + to}
	}
	return nil
}

// Data implements smtp.Session.
func (k talk) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.got = append(k.got, string(b))
	return err
}

// Reset implements smtp.Session.
func (talk) Reset() {}

// Logout implements smtp.Session.
func (talk) Logout() error { return nil }
