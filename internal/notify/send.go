package notify

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// The tasks of this package.
const (
	SendKind  = "notify.send" // Args: SendArgs
	noteKind  = "notify.note"
	purgeKind = "notify.purge"
)

// SendArgs are the arguments of a task that sends a letter. The store adds one
// for every letter that it queues.
type SendArgs struct {
	Letter tenant.ID `json:"letter"`
}

// keep is how long a letter is kept that could not be delivered.
const keep = 30 * 24 * time.Hour

// tries is how often a letter is tried: with the pauses of backoff that takes
// three weeks.
const tries = 25

// backoff is the pause after a try that failed: quick at first, because mail
// servers ask for a second try, then ever slower.
func backoff(try int) time.Duration {
	pauses := []time.Duration{30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, 2 * time.Hour, 8 * time.Hour}
	return append(pauses, 24*time.Hour)[min(try-1, len(pauses))]
}

// Register adds the tasks of the post.
func (p *Post) Register(reg *job.Registry, people People) error {
	return errors.Join(
		reg.Handle(job.Kind{Name: SendKind, Tries: tries, Backoff: backoff, Limit: time.Minute, Work: p.work}),
		reg.Handle(job.Kind{Name: noteKind, Work: func(ctx context.Context, r job.Run) error { return p.note(ctx, r, people) }}),
		reg.Handle(job.Kind{Name: purgeKind, Work: func(ctx context.Context, _ job.Run) error {
			return p.Store.PurgeLetters(ctx, p.Clock().Add(-keep))
		}}),
		reg.Every(purgeKind, "41 2 * * *", job.Task{Kind: purgeKind, Key: "all"}),
	)
}

// work sends one letter. A letter that was sent already is not sent again,
// unless the process died between the server's answer and its record.
func (p *Post) work(ctx context.Context, r job.Run) error {
	var args SendArgs
	if err := r.Args(&args); err != nil {
		return err
	}
	l, found, err := p.Store.Letter(ctx, args.Letter)
	if err != nil || !found {
		return err
	}
	if l.Void {
		return p.Store.Delivered(ctx, l.ID)
	}
	if !p.On() {
		return p.Store.Refused(ctx, l.ID, 0, NotSent)
	}
	code, err := p.deliver(ctx, l)
	if err == nil {
		return p.Store.Delivered(ctx, l.ID)
	}
	state := Queued
	if r.Last {
		state = Failed
	}
	return errors.Join(err, p.Store.Refused(context.WithoutCancel(ctx), l.ID, code, state))
}

// deliver hands a letter to the mail server. The error says what failed and
// the server's code, never the server's words: they may quote the letter.
func (p *Post) deliver(ctx context.Context, l Letter) (code int, err error) {
	msg, err := p.message(l)
	if err != nil {
		return 0, job.Never(err)
	}
	client, err := p.client()
	if err != nil {
		return 0, err
	}
	err = client.DialAndSendWithContext(ctx, msg)
	var sent *gomail.SendError
	switch {
	case err == nil:
		return 0, nil
	case errors.As(err, &sent):
		return sent.ErrorCode(), fmt.Errorf("notify: the mail server refused (%s, code %d)", sent.Reason, sent.ErrorCode())
	case ctx.Err() != nil:
		return 0, fmt.Errorf("notify: mail server: %w", ctx.Err())
	}
	return 0, fmt.Errorf("notify: the mail server %s cannot be used: %w", p.server.Host, bare(err))
}

// bare keeps of an error what the machine said, not what the server said.
func bare(err error) error {
	for _, known := range []error{gomail.ErrNoActiveConnection, context.DeadlineExceeded} {
		if errors.Is(err, known) {
			return known
		}
	}
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		if _, ok := inner.(interface{ Timeout() bool }); ok {
			return inner
		}
	}
	return fmt.Errorf("connection or sign-in refused (%T)", err)
}

// message makes the mail of a letter.
func (p *Post) message(l Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	from, err := mail.ParseAddress(p.From)
	if err != nil {
		return nil, errors.New("notify: mail_from is no address")
	}
	if acts(l.To) || acts(l.Subject) {
		return nil, ErrInjection
	}
	m.FromMailAddress(from)
	if err := m.To(l.To); err != nil {
		return nil, errors.New("notify: the recipient is no address") // the error would show it
	}
	m.Subject(l.Subject)
	m.SetDateWithValue(l.Written)
	m.SetMessageIDWithValue(l.ID.String() + "@" + p.host)
	m.SetGenHeader("Auto-Submitted", "auto-generated")
	if kinds[l.Kind].optional {
		m.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+p.Link(settingsPath)+">")
	}
	m.SetBodyString(gomail.TypeTextPlain, l.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	for _, a := range l.Attachments {
		if err := m.AttachReader(a.Name, bytes.NewReader(a.Content), gomail.WithFileContentType(gomail.ContentType(a.Type))); err != nil {
			return nil, errors.New("notify: attachment")
		}
	}
	return m, nil
}

// client makes a client for one letter: encrypted from the start (smtps) or by
// STARTTLS, which is demanded unless the operator listed a server on this very
// machine.
func (p *Post) client() (*gomail.Client, error) {
	s := p.server
	conf := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: s.Hostname(), RootCAs: p.Roots, InsecureSkipVerify: p.Plain} // #nosec G402 -- only for a listed server on loopback, where even clear text is allowed
	opts := []gomail.Option{gomail.WithTimeout(30 * time.Second), gomail.WithHELO(p.host), gomail.WithTLSConfig(conf), gomail.WithPort(587)}
	switch {
	case s.Scheme == "smtps":
		opts = append(opts, gomail.WithSSL(), gomail.WithPort(465), gomail.WithDialContextFunc(encrypted(p.Dial, conf)))
	case p.Plain:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSOpportunistic), gomail.WithDialContextFunc(p.Dial))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithDialContextFunc(p.Dial))
	}
	if own := s.Port(); own != "" {
		n, err := strconv.Atoi(own)
		if err != nil {
			return nil, errors.New("notify: the port of smtp_url is no number")
		}
		opts = append(opts, gomail.WithPort(n))
	}
	if u := s.User; u != nil {
		password, _ := u.Password()
		opts = append(opts, gomail.WithUsername(u.Username()), gomail.WithPassword(password))
		if p.Plain {
			opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthPlainNoEnc))
		} else {
			opts = append(opts, gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthCramMD5))
		}
	}
	client, err := gomail.NewClient(s.Hostname(), opts...)
	if err != nil {
		return nil, errors.New("notify: the mail server's settings do not fit together")
	}
	return client, nil
}

// encrypted is a way out that is encrypted from the start.
func encrypted(dial gomail.DialContextFunc, conf *tls.Config) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		t := tls.Client(c, conf)
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		return t, nil
	}
}
