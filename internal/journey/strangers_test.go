package journey_test

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// changing is what differs between two answers of the same kind.
var changing = regexp.MustCompile(`nonce="[^"]*"|nonce-[A-Z2-7]+|data-token="[^"]*"|name="_token" value="[^"]*"|[0-9a-f]{32}`)

// seen is all that somebody outside can tell two answers apart by.
func (a answer) seen(email string) string {
	var b strings.Builder
	b.WriteString(a.Status + "\n")
	for _, name := range slices.Sorted(maps.Keys(a.Header)) {
		if name == "Date" || name == "X-Request-Id" || strings.HasPrefix(name, "Ratelimit-") { // those count for all of a peer
			continue
		}
		value := strings.Join(a.Header[name], ", ")
		if name == "Set-Cookie" {
			value = regexp.MustCompile(`=[^;]*;`).ReplaceAllString(value, "=…;")
		}
		b.WriteString(name + ": " + value + "\n")
	}
	b.WriteString(a.body)
	return changing.ReplaceAllString(strings.ReplaceAll(b.String(), email, "somebody@example.org"), "…")
}

// TestStrangers: what is answered to somebody who signs in, opens an account
// or asks for a new password is the same to the last header, whether the
// address has an account or not. The pages that mails lead to are looked at.
func TestStrangers(t *testing.T) {
	t.Parallel()
	script := axe(t)
	box, env := newMailbox(t)
	in := start(t, env...)
	in.setUp()
	try := func(path, email string, fields ...string) string {
		c := in.client()
		c.get(path)
		a := c.post(path, append([]string{"email", email}, fields...)...)
		text := a.seen(email)
		if at := a.Header.Get("Location"); at != "" {
			text += c.get(at).seen(email)
		}
		return text
	}
	for name, c := range map[string]struct {
		path   string
		fields []string
		status int
	}{
		"sign_in":  {"/signin", []string{"password", "a wrong quiet ledger 17"}, http.StatusUnauthorized},
		"register": {"/register", []string{"password", "another quiet ledger in fog 18"}, http.StatusSeeOther},
		"reset":    {"/recover", nil, http.StatusSeeOther},
	} {
		known := try(c.path, adaMail, c.fields...)
		unknown := try(c.path, "eve-"+name+"@example.org", c.fields...)
		if known != unknown {
			t.Errorf("%s: with an account:\n%s\nwithout:\n%s", name, known, unknown)
		}
		if !strings.HasPrefix(known, http.StatusText(c.status)) && !strings.Contains(known[:20], http.StatusText(c.status)) {
			t.Errorf("%s: %s", name, known[:40])
		}
	}
	in.signIn(adaMail, adaPass) // from a browser that is not known
	tb := in.open()
	for name, path := range map[string]string{
		"confirm/link": box.link("eve-register@example.org", "/confirm/"), "reset/link": box.link(adaMail, "/reset/"), "not-me/link": box.link(adaMail, "/not-me/"),
	} {
		tb.name = name
		tb.checkLooks(path, script)
	}
	for _, path := range []string{"/recover?sent=yes", "/register?sent=yes"} {
		tb.name = strings.NewReplacer("?", "-", "=", "-").Replace(path)
		tb.checkLooks(path, script)
	}
}
