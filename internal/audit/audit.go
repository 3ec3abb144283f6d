// Package audit is the chain in which every change stands, and its proof.
//
// Each firm has one chain and the control plane has one. A link's hash is
// SHA-256 over the hash before it and the link's canonical JSON, so that
// nothing can be changed, taken out, put in or reordered without breaking the
// chain; signed checkpoints of size and head, kept elsewhere, show a tail that
// was cut off and a file that was rolled back.
package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Control names the chain of the control plane; a firm's chain is named by
// the firm's id.
const Control = "control"

// Entry is one change, as the use case that makes it says it. Action, Object
// and the actor's name are for machines and hold ids, never names, addresses
// or amounts; what a person wrote goes into Reason, which is stored sealed.
type Entry struct {
	Action string // "member.add": lower case, from a short list of each use case
	Object string // what it was done to, "entity/<id>"
	// Before and After are the object's states, nil if there was none. Only
	// the SHA-256 of their JSON is kept.
	Before, After any
	Reason        string

	// Actor is given only to the control plane's chain. A firm's chain takes
	// it from the scope.
	Actor tenant.Actor
	// Firm is the firm that an entry of the control plane is about, if any.
	Firm tenant.FirmID
}

// Log takes entries in the transaction of the change itself.
type Log interface {
	Audit(ctx context.Context, e Entry) error
}

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// String returns 64 hex digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads 64 hex digits.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if hex.DecodedLen(len(s)) != len(h) {
		return h, fmt.Errorf("a hash has %d hex digits", 2*len(h))
	}
	_, err := hex.Decode(h[:], []byte(s))
	return h, err
}

// Link is one entry as it stands in a chain.
type Link struct {
	Seq     int64     // 1, 2, 3, …
	At      time.Time // UTC, microseconds
	Via     tenant.Via
	Actor   string // user id, or the name of a job or command; "" for nobody
	Session string // the session or token, "" if none
	Address string // of the peer, "" if none
	Firm    string // in the control plane's chain: the firm that it is about
	Action  string
	Object  string
	Before  string // hex SHA-256 of the state before, "" if there was none
	After   string
	Reason  string
	Prev    Hash // zero for the first
	Hash    Hash
}

// NewLink makes the link that follows the last one of a chain; last is the
// zero Link for an empty chain.
func NewLink(chain string, last Link, e Entry, at time.Time) (Link, error) {
	if e.Action == "" || strings.ContainsFunc(e.Action+e.Object, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return Link{}, fmt.Errorf("audit: action and object are printable ASCII without spaces")
	}
	before, err := digest(e.Before)
	if err != nil {
		return Link{}, err
	}
	after, err := digest(e.After)
	if err != nil {
		return Link{}, err
	}
	l := Link{
		Seq: last.Seq + 1, At: at.UTC().Truncate(time.Microsecond),
		Via: e.Actor.Via, Actor: e.Actor.Name, Address: e.Actor.Address,
		Action: e.Action, Object: e.Object, Before: before, After: after,
		Reason: strings.ToValidUTF8(e.Reason, "\uFFFD"), Prev: last.Hash,
	}
	if !e.Actor.User.IsZero() {
		l.Actor = e.Actor.User.String()
	}
	if !e.Actor.Session.IsZero() {
		l.Session = e.Actor.Session.String()
	}
	if !e.Firm.IsZero() {
		l.Firm = e.Firm.String()
	}
	l.Hash = l.Sum(chain)
	return l, nil
}

func digest(state any) (string, error) {
	if state == nil {
		return "", nil
	}
	b, err := json.Marshal(state)
	if err != nil {
		return "", fmt.Errorf("audit: state of the object: %w", err)
	}
	return Hash(sha256.Sum256(b)).String(), nil
}

// timeLayout writes an instant always in the same length.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// Canonical returns the JSON that is hashed: the keys sorted, no space, only
// what must be is escaped (RFC 8785; Python's json.dumps with sort_keys,
// separators (",", ":") and without ensure_ascii writes the same).
func (l Link) Canonical(chain string) []byte {
	b := make([]byte, 0, 512)
	for i, f := range []struct{ key, value string }{
		{"action", l.Action},
		{"actor", l.Actor},
		{"address", l.Address},
		{"after", l.After},
		{"before", l.Before},
		{"chain", chain},
		{"firm", l.Firm},
		{"object", l.Object},
		{"reason", l.Reason},
		{"seq", ""},
		{"session", l.Session},
		{"time", l.At.UTC().Format(timeLayout)},
		{"via", string(l.Via)},
	} {
		b = append(b, "{,"[min(i, 1)])
		b = appendString(b, f.key)
		b = append(b, ':')
		if f.key == "seq" {
			b = fmt.Appendf(b, "%d", l.Seq)
			continue
		}
		b = appendString(b, f.value)
	}
	return append(b, '}')
}

// Sum returns the hash that the link must carry in a chain.
func (l Link) Sum(chain string) Hash {
	h := sha256.New()
	h.Write(l.Prev[:])
	h.Write(l.Canonical(chain))
	return Hash(h.Sum(nil))
}

// appendString appends s as a JSON string by RFC 8785.
func appendString(b []byte, s string) []byte {
	const digits = "0123456789abcdef"
	b = append(b, '"')
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '"' || r == '\\' }) {
		return append(append(b, s...), '"')
	}
	for _, c := range []byte(s) {
		switch {
		case c == '"', c == '\\':
			b = append(b, '\\', c)
		case c == '\b':
			b = append(b, '\\', 'b')
		case c == '\t':
			b = append(b, '\\', 't')
		case c == '\n':
			b = append(b, '\\', 'n')
		case c == '\f':
			b = append(b, '\\', 'f')
		case c == '\r':
			b = append(b, '\\', 'r')
		case c < ' ':
			b = append(b, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		default:
			b = append(b, c)
		}
	}
	return append(b, '"')
}
