// Package notify sends mail and alerts and keeps them until they are
// delivered. A use case writes a letter and puts it into its own transaction;
// a task sends it, again and again until the mail server takes it or a month
// has passed. What waits or failed is kept sealed. Without a mail server
// letters are kept as not sent, and whoever caused one shows its link instead.
package notify

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"strings"
	"time"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/text"
)

// ErrInjection is the error of an address or a word with characters that do
// something in a mail's header.
var ErrInjection = errors.New("notify: control characters in an address or in words")

// Mail is what a use case wants to tell somebody. Its words stand in the
// catalogue: mail.KIND.subject, mail.KIND.body, with {names} for Words, and
// mail.KIND.action for the link.
type Mail struct {
	Kind        Kind
	To          string // a mail address
	Locale      string // of the person; "" is the service's
	Words       map[string]string
	N           int    // {n}, which chooses between singular and plural
	Path        string // where the link leads, below the service's address; "" is no link
	Attachments []Attachment
	Void        bool // see Letter
}

// Attachment is a file that goes with a mail.
type Attachment struct {
	Name    string
	Type    string // as text/html
	Content []byte
}

// Letter is a mail as it goes out, the same at every try.
type Letter struct {
	ID          tenant.ID
	Kind        Kind
	To          string
	Subject     string
	Text        string
	HTML        string
	Attachments []Attachment
	Written     time.Time
	// Void is a letter to nobody: written, kept and worked as any other, so that
	// how long that takes tells a stranger nothing, and never sent.
	Void bool `json:",omitempty"`
}

// State is what became of a letter.
type State string

// The states.
const (
	Queued  State = "queued"
	Sent    State = "sent"
	Failed  State = "failed"   // given up
	NotSent State = "not_sent" // there is no mail server
)

// Queue takes letters in the transaction of what they are about.
type Queue interface {
	QueueLetter(ctx context.Context, l Letter, s State) error
}

// Store is what this package needs of the one that keeps rows.
type Store interface {
	// KeepLetter is QueueLetter in a transaction of its own. A letter that is
	// there already stays as it is.
	KeepLetter(ctx context.Context, l Letter, s State) error
	// Letter returns a letter that is still to be sent.
	Letter(ctx context.Context, id tenant.ID) (l Letter, found bool, err error)
	// Delivered forgets what a letter said.
	Delivered(ctx context.Context, id tenant.ID) error
	// Refused notes a try that failed, with the mail server's code.
	Refused(ctx context.Context, id tenant.ID, code int, s State) error
	// PurgeLetters deletes letters that are older.
	PurgeLetters(ctx context.Context, before time.Time) error
}

// Config is what a Post is made of.
type Config struct {
	URL       keyring.Secret // of the mail server; empty sends nothing
	From      string         // "" is made of the host
	BaseURL   string
	Locale    string
	Operator  string // the operator's address, for alerts; may be empty
	Plain     bool   // the operator listed a server on this machine that need not encrypt
	Catalogue *text.Catalogue
	Dial      gomail.DialContextFunc // the way out
	Roots     *x509.CertPool         // by which the mail server is recognised; nil is the system's list
	Store     Store
	Clock     clock.Clock
	Log       *slog.Logger
}

// Post writes and sends letters.
type Post struct {
	Config
	host   string
	server *url.URL // nil if there is none
}

// NewPost makes a post. What is wrong with the settings is an error here.
func NewPost(c Config) (*Post, error) {
	base, err := url.Parse(c.BaseURL)
	if err != nil || base.Hostname() == "" {
		return nil, errors.New("notify: the base address has no host")
	}
	p := &Post{Config: c, host: base.Hostname()}
	if p.From == "" {
		p.From = fmt.Sprintf("%q <no-reply@%s>", "Ledgersys ("+p.host+")", p.host)
	}
	if _, err := mail.ParseAddress(p.From); err != nil {
		return nil, errors.New("notify: mail_from is no address")
	}
	if c.URL.Empty() {
		return p, nil
	}
	if p.server, err = url.Parse(string(c.URL.Reveal())); err != nil || p.server.Hostname() == "" {
		return nil, errors.New("notify: smtp_url is no address") // the parser's error would show it
	}
	return p, nil
}

// On reports whether mails are sent. If not, pages show the links that would
// be in them.
func (p *Post) On() bool { return p.server != nil }

// Host is the name under which the service writes.
func (p *Post) Host() string { return p.host }

// Link returns a full address for a path of the service.
func (p *Post) Link(path string) string { return p.BaseURL + path }

// Write makes a letter and says with which state it is queued.
func (p *Post) Write(m Mail) (Letter, State, error) {
	kind, ok := kinds[m.Kind]
	if !ok {
		return Letter{}, "", fmt.Errorf("notify: there is no mail %q", m.Kind)
	}
	to, err := mail.ParseAddress(m.To)
	if err != nil || acts(m.To) {
		return Letter{}, "", fault.Coded(fault.Invalid, "address", ErrInjection, "This is not a mail address.")
	}
	if m.Path != "" && (!strings.HasPrefix(m.Path, "/") || strings.HasPrefix(m.Path, "//")) {
		return Letter{}, "", errors.New("notify: a link leads to this service only")
	}
	pairs := []any{"host", p.host, "n", m.N}
	for name, word := range m.Words {
		if acts(word) {
			return Letter{}, "", fault.Coded(fault.Invalid, "words", ErrInjection, "Some of this cannot stand in a mail.")
		}
		pairs = append(pairs, name, word)
	}
	l := Letter{ID: tenant.NewID(), Kind: m.Kind, To: to.Address, Attachments: m.Attachments, Written: p.Clock(), Void: m.Void}
	if err := p.render(&l, m, kind, pairs); err != nil {
		return Letter{}, "", err
	}
	if !p.On() {
		return l, NotSent, nil
	}
	return l, Queued, nil
}

// Send writes a letter and puts it into a transaction.
func (p *Post) Send(ctx context.Context, tx Queue, m Mail) error {
	l, state, err := p.Write(m)
	if err != nil {
		return err
	}
	return tx.QueueLetter(ctx, l, state)
}

// Alert tells the operator that something is wrong, if there is an address for
// that; it is logged in any case by whoever found it. code names the alert.
func (p *Post) Alert(ctx context.Context, code, words string) error {
	if p.Operator == "" {
		return nil
	}
	l, state, err := p.Write(p.alert(code, words))
	if err != nil {
		return err
	}
	return p.Store.KeepLetter(ctx, l, state)
}

// AlertOnce is Alert for a task that may run again: about names what is alerted
// about, and of one thing there is one letter.
func (p *Post) AlertOnce(ctx context.Context, code, about, words string) error {
	if p.Operator == "" {
		return nil
	}
	l, state, err := p.Write(p.alert(code, words))
	if err != nil {
		return err
	}
	l.ID = About("alert/" + code + "/" + about)
	return p.Store.KeepLetter(ctx, l, state)
}

// About is the id of the letter about a thing, the same whenever it is asked
// for: a letter under it is kept, and sent, once.
func About(thing string) tenant.ID {
	sum := sha256.Sum256([]byte(thing))
	return tenant.ID(sum[:16])
}

// AlertIn is Alert in the transaction of what is alerted about.
func (p *Post) AlertIn(ctx context.Context, tx Queue, code, words string) error {
	if p.Operator == "" {
		return nil
	}
	return p.Send(ctx, tx, p.alert(code, words))
}

func (p *Post) alert(code, words string) Mail {
	return Mail{Kind: OperatorAlert, To: p.Operator, Words: map[string]string{"code": code, "words": flat(words)}}
}

// flat keeps our own words on one line.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

// acts reports whether a text holds characters that do something: line breaks,
// escapes, marks of direction. It is refused, not mended.
func acts(s string) bool {
	return len(s) > maxWord || strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) })
}

// maxWord is the longest that one word of a mail may be, in bytes.
const maxWord = 1000
