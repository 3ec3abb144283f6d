package notify_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/notify"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/text"
)

// office is a post on a real store.
type office struct {
	dir   string
	off   atomic.Int64 // what the clock is moved by
	log   lines
	store *store.Store
	post  *notify.Post
}

func (o *office) now() time.Time { return time.Now().UTC().Add(time.Duration(o.off.Load())) }

// open opens a post on the office's folder; change edits its settings.
func (o *office) open(t *testing.T, change func(*notify.Config)) {
	t.Helper()
	log := slog.New(slog.NewJSONHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	m, err := keyring.FindMasters("", "", o.dir, !store.HasData(o.dir))
	if err != nil {
		t.Fatal(err)
	}
	if o.store, err = store.Open(t.Context(), store.Config{DataDir: o.dir, Clock: o.now, Log: log}); err != nil {
		t.Fatal(err)
	}
	if _, err := o.store.OpenKeys(t.Context(), m, 0); err != nil {
		t.Fatal(err)
	}
	words, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	var d net.Dialer
	c := notify.Config{
		BaseURL: "https://books.example.org", Locale: "en", Catalogue: words, Store: o.store.Mail(), Clock: o.now, Log: log,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			return d.DialContext(ctx, network, strings.Replace(address, "mail.example.org", "127.0.0.1", 1))
		},
	}
	if change != nil {
		change(&c)
	}
	if o.post, err = notify.NewPost(c); err != nil {
		t.Fatal(err)
	}
}

// work works until stop is called.
func (o *office) work(t *testing.T) (stop func()) {
	t.Helper()
	reg := job.NewRegistry(1)
	if err := o.post.Register(reg, people{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- o.store.Work(ctx, reg) }()
	return sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, o.store.Close()); err != nil {
			t.Error(err)
		}
	})
}

// people knows one person.
type people struct{}

var ada = tenant.NewID()

func (people) Address(_ context.Context, user tenant.UserID) (address, locale string, err error) {
	if user != ada {
		return "", "", fault.New(fault.NotFound, nil, "There is no such person.")
	}
	return "ada@example.org", "en-GB", nil
}

func send(t *testing.T, o *office, m notify.Mail) {
	t.Helper()
	if err := o.store.Control(t.Context(), func(tx *store.ControlTx) error { return o.post.Send(t.Context(), tx, m) }); err != nil {
		t.Fatal(err)
	}
}

// seen waits until the sink was asked to take a mail.
func seen(t *testing.T, s *sink) {
	t.Helper()
	select {
	case <-s.seen:
	case <-time.After(20 * time.Second):
		t.Fatal("no mail came within 20 s")
	}
}

// until waits for what the sink or the store will show in a moment.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(20 * time.Second); !holds(); <-tick.C {
		if time.Now().After(limit) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

var invitation = notify.Mail{
	Kind: notify.Invited, To: "canary-to@example.org", Path: "/invitations/canary-token",
	Words: map[string]string{"inviter": "Ada <b>", "firm": "canary-firm", "role": "preparer", "until": "4 December 2026"},
}

// TestDelivery: encrypted as the address says, signed in, readable both ways.
func TestDelivery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		offer, url string
		plain      bool
		secure     bool
	}{
		"starttls":       {"starttls", "smtp://books:s3cret@mail.example.org:", false, true},
		"smtps":          {"smtps", "smtps://books:s3cret@mail.example.org:", false, true},
		"listed_clear":   {"", "smtp://books:s3cret@127.0.0.1:", true, false},
		"listed_can":     {"starttls", "smtp://127.0.0.1:", true, true},
		"nobody_sign_in": {"starttls", "smtp://mail.example.org:", false, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSink(t, c.offer)
			o := &office{dir: t.TempDir()}
			_, port, _ := net.SplitHostPort(s.address)
			o.open(t, func(conf *notify.Config) {
				conf.URL, conf.Plain, conf.Roots = keyring.NewSecret([]byte(c.url+port)), c.plain, s.roots
			})
			stop := o.work(t)
			send(t, o, invitation)
			until(t, "the mail", func() bool { return len(s.mails()) == 1 })
			stop()
			got, err := mail.ReadMessage(strings.NewReader(s.mails()[0]))
			if err != nil {
				t.Fatal(err)
			}
			h := got.Header
			if h.Get("Subject") != "Ada <b> invites you to canary-firm" || h.Get("To") != "<canary-to@example.org>" || h.Get("From") != `"Ledgersys (books.example.org)" <no-reply@books.example.org>` {
				t.Errorf("header %v", h)
			}
			if !regexp.MustCompile(`^<[0-9a-f]{32}@books\.example\.org>$`).MatchString(h.Get("Message-ID")) || h.Get("List-Unsubscribe") != "" {
				t.Errorf("header %v", h)
			}
			if s.secure[0] != c.secure || strings.Contains(c.url, "s3cret") != (len(s.signed) == 1) {
				t.Errorf("encrypted: %v, signed in: %v", s.secure, s.signed)
			}
		})
	}
}

// TestNoClearText: a server that does not encrypt, or that nobody vouches for,
// is told nothing.
func TestNoClearText(t *testing.T) {
	t.Parallel()
	for name, offer := range map[string]string{"no_starttls": "", "unknown_certificate": "starttls"} {
		s := newSink(t, offer)
		o := &office{dir: t.TempDir()}
		_, port, _ := net.SplitHostPort(s.address)
		o.open(t, func(conf *notify.Config) {
			conf.URL = keyring.NewSecret([]byte("smtp://books:s3cret@mail.example.org:" + port))
		})
		l, state, err := o.post.Write(invitation)
		if err != nil || state != notify.Queued {
			t.Fatal(err, state)
		}
		if err := o.store.Mail().KeepLetter(t.Context(), l, state); err != nil {
			t.Fatal(err)
		}
		stop := o.work(t)
		until(t, "a try", func() bool { return strings.Contains(o.logged(), `"state":"retry"`) })
		stop()
		if len(s.mails()) != 0 || len(s.signed) != 0 {
			t.Errorf("%s: told %v", name, s.mails())
		}
		if strings.Contains(o.logged(), "canary") || strings.Contains(o.logged(), "s3cret") {
			t.Errorf("%s: logged %s", name, o.logged())
		}
	}
}

// lines is a log that several write to.
type lines struct {
	lock sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(p []byte) (int, error) {
	l.lock.Lock()
	defer l.lock.Unlock()
	return l.text.Write(p)
}

func (o *office) logged() string {
	o.log.lock.Lock()
	defer o.log.lock.Unlock()
	return o.log.text.String()
}

// TestRefusedMailIsKeptSealed: a refused mail is nowhere in clear, is tried
// again after a restart under its own id, and goes after 30 days.
func TestRefusedMailIsKeptSealed(t *testing.T) {
	t.Parallel()
	s := newSink(t, "")
	s.refuses(true)
	o := &office{dir: t.TempDir()}
	settings := func(conf *notify.Config) { conf.URL, conf.Plain = keyring.NewSecret([]byte("smtp://"+s.address)), true }
	o.open(t, settings)
	stop := o.work(t)
	send(t, o, invitation)
	seen(t, s)
	stop()
	clean(t, o)
	s.refuses(false)
	o.off.Add(int64(time.Hour))
	o.open(t, settings)
	stop = o.work(t)
	seen(t, s)
	until(t, "the mail", func() bool { return len(s.mails()) == 1 })
	stop()
	clean(t, o)
	o.open(t, settings)
	stop = o.work(t)
	s.refuses(true)
	send(t, o, invitation)
	seen(t, s)
	stop()
	o.off.Add(int64(31 * 24 * time.Hour))
	o.open(t, settings)
	if err := o.store.Mail().PurgeLetters(t.Context(), o.now().Add(-30*24*time.Hour)); err != nil {
		t.Fatal(err)
	}
	s.refuses(false)
	stop = o.work(t)
	until(t, "the task of a letter that is gone", func() bool { return strings.Count(o.logged(), `"job":"notify.send","state":"done"`) >= 2 })
	stop()
	if n := len(s.mails()); n != 1 {
		t.Errorf("%d mails: one that was purged was sent", n)
	}
}

// clean looks for what was in the letter in every file and in the log.
func clean(t *testing.T, o *office) {
	t.Helper()
	err := filepath.WalkDir(o.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("canary")) {
			t.Errorf("%s holds the letter", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(o.logged(), "canary") {
		t.Errorf("logged: %s", o.logged())
	}
}

func TestWithoutMailServer(t *testing.T) {
	t.Parallel()
	o := &office{dir: t.TempDir()}
	o.open(t, nil)
	stop := o.work(t)
	defer stop()
	if o.post.On() {
		t.Error("it says that it sends")
	}
	l, state, err := o.post.Write(invitation)
	if err != nil || state != notify.NotSent {
		t.Fatalf("state %s: %v", state, err)
	}
	if err := o.store.Mail().KeepLetter(t.Context(), l, state); err != nil {
		t.Fatal(err)
	}
	if _, found, err := o.store.Mail().Letter(t.Context(), l.ID); err != nil || found {
		t.Errorf("it waits to be sent: %v", err)
	}
	clean(t, o)
}

// TestNotes: what happens in a firm's store is mailed to whom it concerns, once.
func TestNotes(t *testing.T) {
	t.Parallel()
	s := newSink(t, "")
	o := &office{dir: t.TempDir()}
	o.open(t, func(conf *notify.Config) { conf.URL, conf.Plain = keyring.NewSecret([]byte("smtp://"+s.address)), true })
	stop := o.work(t)
	defer stop()
	gone := notify.Note{Kind: notify.ImportFinished, User: tenant.NewID()}.Task()
	task := notify.Note{Kind: notify.ImportFinished, User: ada, Path: "/f/x"}.Task()
	err := o.store.Control(t.Context(), func(tx *store.ControlTx) error {
		return errors.Join(tx.Enqueue(t.Context(), gone), tx.Enqueue(t.Context(), task))
	})
	if err != nil {
		t.Fatal(err)
	}
	until(t, "the mail", func() bool { return len(s.mails()) == 1 })
	if got := s.mails()[0]; !strings.Contains(got, "List-Unsubscribe: <https://books.example.org/account/security>") || !strings.Contains(got, "To: <ada@example.org>") {
		t.Errorf("mail %s", got)
	}
}

func TestAlert(t *testing.T) {
	t.Parallel()
	s := newSink(t, "")
	o := &office{dir: t.TempDir()}
	o.open(t, func(conf *notify.Config) {
		conf.URL, conf.Plain, conf.Operator = keyring.NewSecret([]byte("smtp://"+s.address)), true, "ops@example.org"
	})
	stop := o.work(t)
	defer stop()
	if err := o.post.Alert(t.Context(), "disk_low", "9.9 % of the disk\nis free."); err != nil {
		t.Fatal(err)
	}
	until(t, "the alert", func() bool { return len(s.mails()) == 1 })
	if got := s.mails()[0]; !strings.Contains(got, "Subject: Ledgersys at books.example.org: disk_low") {
		t.Errorf("alert %s", got)
	}
	for range 3 { // of one thing once, however often a task runs
		if err := o.post.AlertOnce(t.Context(), "refund_wanted", "payment/1", "Money is wanted back."); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.post.AlertOnce(t.Context(), "refund_wanted", "payment/2", "More is."); err != nil {
		t.Fatal(err)
	}
	until(t, "the alerts", func() bool { return len(s.mails()) >= 3 })
	if got := strings.Join(s.mails(), ""); len(s.mails()) != 3 || strings.Count(got, "Money is wanted back.") != 2 { // as text and as HTML
		t.Errorf("%d alerts: %s", len(s.mails()), got)
	}
}

func TestInjectionIsRefused(t *testing.T) {
	t.Parallel()
	o := &office{dir: t.TempDir()}
	o.open(t, nil)
	defer o.store.Close()
	for name, change := range map[string]func(*notify.Mail){
		"recipient":  func(m *notify.Mail) { m.To = "a@example.org\r\nBcc: b@example.org" },
		"two":        func(m *notify.Mail) { m.To = "a@example.org, b@example.org" },
		"no_address": func(m *notify.Mail) { m.To = "nobody" },
		"subject":    func(m *notify.Mail) { m.Words = map[string]string{"firm": "x\nBcc: b@example.org"} },
		"escape":     func(m *notify.Mail) { m.Words = map[string]string{"firm": "x\x1b[31m"} },
		"direction":  func(m *notify.Mail) { m.Words = map[string]string{"firm": "x\u202e"} },
		"long":       func(m *notify.Mail) { m.Words = map[string]string{"firm": strings.Repeat("x", 2000)} },
		"elsewhere":  func(m *notify.Mail) { m.Path = "//evil.example/" },
		"unknown":    func(m *notify.Mail) { m.Kind = "surprise" },
	} {
		m := invitation
		change(&m)
		if l, _, err := o.post.Write(m); err == nil {
			t.Errorf("%s: written: %q to %q", name, l.Subject, l.To)
		}
	}
}

// asks finds words that ask for a secret.
var asks = regexp.MustCompile(`(?i)\b(enter|type|send|reply|answer|confirm|give|tell|provide|write)\b[^.]{0,60}\b(password|passphrase|code|key|seed)\b`)

// TestEveryMail: each has words, none asks for a password, names that people
// chose are escaped, and nothing stays to be filled in.
func TestEveryMail(t *testing.T) {
	t.Parallel()
	o := &office{dir: t.TempDir()}
	o.open(t, nil)
	defer o.store.Close()
	words, err := text.Load()
	if err != nil {
		t.Fatal(err)
	}
	hole := regexp.MustCompile(`\{([a-z_]+)\}`)
	say := words.For("en")
	for _, kind := range notify.Kinds() {
		m := notify.Mail{Kind: kind, To: "a@example.org", Path: "/somewhere", N: 3, Words: make(map[string]string)}
		for _, part := range []string{"subject", "body"} {
			for _, hit := range hole.FindAllStringSubmatch(say.Say("mail."+string(kind)+"."+part), -1) {
				if hit[1] != "host" && hit[1] != "n" {
					m.Words[hit[1]] = "<i>x</i>"
				}
			}
		}
		l, _, err := o.post.Write(m)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		for _, part := range []string{l.Subject, l.Text, l.HTML} {
			if hit := hole.FindString(part); hit != "" {
				t.Errorf("%s: %s stays", kind, hit)
			}
		}
		if hit := asks.FindString(l.Subject + " " + l.Text); hit != "" {
			t.Errorf("%s asks: %s", kind, hit)
		}
		if strings.Contains(l.HTML, "<i>") || strings.Contains(l.HTML, "<img") || strings.Contains(l.HTML, "http://") {
			t.Errorf("%s: %s", kind, l.HTML)
		}
		if !strings.Contains(l.Text, "https://books.example.org/somewhere") || len(l.Subject) > 120 {
			t.Errorf("%s: %s\n%s", kind, l.Subject, l.Text)
		}
	}
}

// TestVoid: a letter to nobody is worked as any other, and never sent.
func TestVoid(t *testing.T) {
	t.Parallel()
	s := newSink(t, "")
	o := &office{dir: t.TempDir()}
	o.open(t, func(conf *notify.Config) {
		conf.URL, conf.Plain = keyring.NewSecret([]byte("smtp://"+s.address)), true
	})
	stop := o.work(t)
	nobody := invitation
	nobody.To, nobody.Void = "nobody@example.org", true
	send(t, o, nobody)
	send(t, o, invitation)
	until(t, "both tasks", func() bool { return strings.Count(o.logged(), `"job":"notify.send","state":"done"`) >= 2 })
	stop()
	if got := s.mails(); len(got) != 1 || strings.Contains(got[0], nobody.To) {
		t.Errorf("%d mails", len(got))
	}
}
