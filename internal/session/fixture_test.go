package session_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// world is an installation with accounts, a clock that is moved by hand and a
// post that keeps what would be sent.
type world struct {
	*session.Service
	t     *testing.T
	dir   string
	store *store.Store
	log   *bytes.Buffer

	mu      sync.Mutex
	at      time.Time
	mails   []notify.Mail
	written int // mails, with those to nobody
	alerts  []string

	demand session.Demand
}

func (w *world) now() time.Time { w.mu.Lock(); defer w.mu.Unlock(); return w.at }

func (w *world) pass(d time.Duration) { w.mu.Lock(); defer w.mu.Unlock(); w.at = w.at.Add(d) }

// On implements the post: mails are sent.
func (w *world) On() bool { return true }

// Send implements the post.
func (w *world) Send(_ context.Context, _ notify.Queue, m notify.Mail) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written++
	if !m.Void {
		w.mails = append(w.mails, m)
	}
	return nil
}

// AlertIn implements the post.
func (w *world) AlertIn(_ context.Context, _ notify.Queue, code, words string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.alerts = append(w.alerts, code+": "+words)
	return nil
}

// mail takes the last mail of a kind out.
func (w *world) mail(kind notify.Kind) notify.Mail {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.mails) - 1; i >= 0; i-- {
		if w.mails[i].Kind == kind {
			m := w.mails[i]
			w.mails = w.mails[:i]
			return m
		}
	}
	w.t.Fatalf("no mail %s", kind)
	return notify.Mail{}
}

// sent says how many mails were written since it was asked last, those to
// nobody among them.
func (w *world) sent() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.written
	w.written = 0
	return n
}

// count says how many mails of a kind are there.
func (w *world) count(kind notify.Kind) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, m := range w.mails {
		if m.Kind == kind {
			n++
		}
	}
	return n
}

// SecondFactor implements what firms demand.
func (w *world) SecondFactor(context.Context, tenant.UserID) (session.Demand, error) {
	return w.demand, nil
}

func newWorld(t *testing.T, change ...func(*session.Config)) *world {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), at: time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC), log: new(bytes.Buffer)}
	log := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if w.store, err = store.Open(t.Context(), store.Config{DataDir: w.dir, Clock: w.now, Log: log}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
	m, err := keyring.FindMasters("", "", w.dir, true)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := w.store.OpenKeys(t.Context(), m, 0)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ring.Control(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := session.Config{
		Store: w.store.Sessions(), Keys: keys, Clock: w.now, Log: log, Post: w, Open: true, Rules: w,
		BaseURL: &url.URL{Scheme: "http", Host: "localhost:8080"}, Hashers: 2,
	}
	for _, f := range change {
		f(&c)
	}
	if w.Service, err = session.New(c); err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	address = "ada@example.org"
	good    = "correct horse battery staple"
)

var (
	home  = session.Peer{Address: "198.51.100.7", Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
	thief = session.Peer{Address: "203.0.113.9", Agent: "curl/8.5.0"}
)

func secret(s string) keyring.Secret { return keyring.NewSecret([]byte(s)) }

// enlist makes an account and signs it in.
func (w *world) enlist(email string) (tenant.Identity, session.Opened) {
	w.t.Helper()
	o, err := w.Enlist(w.t.Context(), session.NewPerson{Name: "Ada", Email: email, Password: secret(good)}, nil, home)
	if err != nil {
		w.t.Fatal(err)
	}
	return w.who(o), o
}

// who recognises a session that must be good.
func (w *world) who(o session.Opened) tenant.Identity {
	w.t.Helper()
	id, err := w.Session(w.t.Context(), o.Cookie, home)
	if err != nil {
		w.t.Fatalf("a good session is refused: %v", err)
	}
	return id
}

// signIn signs in from home, with the browser of device.
func (w *world) signIn(password string, device keyring.Secret) (session.Opened, error) {
	return w.SignIn(w.t.Context(), address, secret(password), device, home)
}

// dead fails if a session is good.
func (w *world) dead(what string, cookie keyring.Secret) {
	w.t.Helper()
	if _, err := w.Session(w.t.Context(), cookie, home); !fault.Is(err, fault.Unauthenticated) {
		w.t.Errorf("%s: the session is good: %v", what, err)
	}
}

// refused fails unless an error is a fault of a kind and code.
func refused(t *testing.T, what string, err error, kind fault.Kind, code string) {
	t.Helper()
	if f := fault.Of(err); err == nil || f.Kind != kind || f.Code != code {
		t.Errorf("%s: got %v, want %s (%s)", what, err, kind, code)
	}
}

// link takes the link out of a mail's path.
func link(m notify.Mail) string { return m.Path[strings.LastIndex(m.Path, "/")+1:] }

var errStop = errors.New("stop")

func nth(format string, n int) string { return fmt.Sprintf(format, n) }
