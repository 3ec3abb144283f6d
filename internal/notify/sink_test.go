package notify_test

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// sink is a mail server that keeps what it is given, or refuses it.
type sink struct {
	address string
	roots   *x509.CertPool

	lock   sync.Mutex
	refuse bool
	got    []string // the mails as they came
	to     []string
	secure []bool
	signed []string // who signed in
	seen   chan struct{}
}

// newSink starts a mail server. offer is whether it can encrypt: "starttls",
// "smtps" or "".
func newSink(t *testing.T, offer string) *sink {
	t.Helper()
	s := &sink{seen: make(chan struct{}, 100)}
	srv := smtp.NewServer(s)
	srv.Domain, srv.AllowInsecureAuth = "localhost", offer == ""
	cert, key, roots := testkit.Certificate(t, t.TempDir(), "mail.example.org")
	s.roots = roots
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	conf := &tls.Config{Certificates: []tls.Certificate{pair}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = l.Addr().String()
	switch offer {
	case "starttls":
		srv.TLSConfig = conf
	case "smtps":
		l = tls.NewListener(l, conf)
	}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	return s
}

// refuses switches between taking and refusing mail.
func (s *sink) refuses(on bool) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.refuse = on
}

func (s *sink) mails() []string {
	s.lock.Lock()
	defer s.lock.Unlock()
	return append([]string(nil), s.got...)
}

// NewSession implements smtp.Backend.
func (s *sink) NewSession(c *smtp.Conn) (smtp.Session, error) { return &talk{s, c}, nil }

// talk is one connection.
type talk struct {
	*sink
	c *smtp.Conn
}

func (k *talk) AuthMechanisms() []string { return []string{sasl.Plain} }

func (k *talk) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "books" || password != "s3cret" {
			return errors.New("no")
		}
		k.lock.Lock()
		defer k.lock.Unlock()
		k.signed = append(k.signed, user)
		return nil
	}), nil
}

func (k *talk) Mail(string, *smtp.MailOptions) error { return nil }

func (k *talk) Rcpt(to string, _ *smtp.RcptOptions) error {
	k.lock.Lock()
	defer k.lock.Unlock()
	k.seen <- struct{}{}
	if k.refuse {
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user " + to}
	}
	k.to = append(k.to, to)
	return nil
}

func (k *talk) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	k.lock.Lock()
	defer k.lock.Unlock()
	_, secure := k.c.TLSConnectionState()
	k.got, k.secure = append(k.got, string(b)), append(k.secure, secure)
	return err
}

func (k *talk) Reset()        {}
func (k *talk) Logout() error { return nil }
