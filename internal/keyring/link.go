package keyring

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"
)

// ErrLink is the error of a link that was changed, has run out or is meant for
// something else.
var ErrLink = errors.New("keyring: the link is not, or no longer, good")

const linkHead, linkTag = 8, 32

// SignLink signs what stands in a link of a mail. It is good for one purpose
// until a time; that it works only once is up to the payload, as the state
// that it ends.
func (s *Sealer) SignLink(purpose string, until time.Time, payload []byte) string {
	b := binary.BigEndian.AppendUint64(make([]byte, 0, linkHead+len(payload)+linkTag), uint64(until.Unix())) //nolint:gosec // not before 1970
	b = append(b, payload...)
	return base64.RawURLEncoding.EncodeToString(append(b, s.linkTag(purpose, b)...))
}

// OpenLink returns the payload of a link.
func (s *Sealer) OpenLink(purpose, link string, now time.Time) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(link)
	if err != nil || len(b) < linkHead+linkTag {
		return nil, ErrLink
	}
	b, tag := b[:len(b)-linkTag], b[len(b)-linkTag:]
	if !hmac.Equal(tag, s.linkTag(purpose, b)) || now.Unix() >= int64(binary.BigEndian.Uint64(b)) { //nolint:gosec // we signed it
		return nil, ErrLink
	}
	return b[linkHead:], nil
}

func (s *Sealer) linkTag(purpose string, b []byte) []byte {
	h := hmac.New(sha256.New, s.Derive("link", purpose).Reveal())
	h.Write(b)
	return h.Sum(nil)
}
