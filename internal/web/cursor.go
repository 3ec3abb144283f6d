package web

import (
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"strings"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// cursor signs where a list goes on, for one list of one scope: it can be
// neither made up nor used elsewhere. at is what the use case gave, any JSON.
func (s *Site) cursor(of string, scope tenant.Scope, at any) (*string, error) {
	body, err := json.Marshal(at)
	if err != nil {
		return nil, err
	}
	enc := base64.RawURLEncoding
	text := enc.EncodeToString(body) + "." + enc.EncodeToString(s.mac("cursor", boundTo(of, scope, body))[:16])
	return &text, nil
}

// uncursor reads back what cursor signed; an empty one leaves at alone.
func (s *Site) uncursor(of string, scope tenant.Scope, text string, at any) error {
	if text == "" {
		return nil
	}
	head, sum, _ := strings.Cut(text, ".")
	body, err := base64.RawURLEncoding.DecodeString(head)
	got, bad := base64.RawURLEncoding.DecodeString(sum)
	if err != nil || bad != nil || !hmac.Equal(got, s.mac("cursor", boundTo(of, scope, body))[:16]) {
		return fault.Coded(fault.Invalid, "cursor", nil, "This cursor is not one of this list.")
	}
	return json.Unmarshal(body, at)
}

func boundTo(of string, scope tenant.Scope, body []byte) []byte {
	return append([]byte(of+" "+scope.Firm().String()+" "+scope.Entity().String()+" "+scope.Actor().User.String()+" "), body...)
}

// etag is the version of something, for the header of that name.
func etag(version string) string { return `"` + version + `"` }

// ifMatch checks the version that a change is based on; without one the change
// is made to whatever is there.
func ifMatch(header, version string) error {
	if header == "" || header == "*" || header == etag(version) {
		return nil
	}
	return fault.New(fault.Precondition, nil, "")
}
