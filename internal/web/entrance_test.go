package web_test

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/web"
)

// TestEntrance: a private key is refused in every kind of field, whatever it is
// wrapped in, and repeated nowhere.
func TestEntrance(t *testing.T) {
	t.Parallel()
	w := newTown()
	w.scopes = []string{"write"}
	acted := 0
	s := newSite(t, web.Config{}, w.crowd, func(r *web.Router) {
		r.Counts("POST", "/mine", web.SignedIn(), &acted)
		r.Fields("/fields", &acted)
		r.Call("POST", "/api/v1/notes", web.SignedIn(), func(_ context.Context, note string) (string, error) { acted++; return note, nil })
	})
	const seed = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"
	const wif = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
	token, _ := s.formToken(t, "__Host-ls_session=owner")
	form := []string{"Cookie", "__Host-ls_session=owner", "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:8080"}
	api := []string{"Authorization", "Bearer token", "Content-Type", "application/json"}
	var upload bytes.Buffer
	mw := multipart.NewWriter(&upload)
	for _, f := range [][2]string{{"_token", token}, {"note", seed}} {
		if err := mw.WriteField(f[0], f[1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := mw.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path, body string
		header           []string
	}{
		{"form", "/mine", url.Values{"_token": {token}, "note": {"my words: " + seed}}.Encode(), form},
		{"query", "/mine?note=" + wif, url.Values{"_token": {token}}.Encode(), form},
		{"json", "/api/v1/notes", `{"note":"` + wif + `"}`, api},
		{"json_escaped", "/api/v1/notes", `{"note":"\u0035HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"}`, api},
		{"json_name", "/api/v1/notes", `{"` + wif + `":"a"}`, api},
		{"json_deep", "/api/v1/notes", `{"note":[{"a":["` + seed + `"]}]}`, api},
		{"upload", "/fields", upload.String(), []string{"Cookie", "__Host-ls_session=owner", "Content-Type", mw.FormDataContentType(), "Origin", "http://localhost:8080"}},
	} {
		got := s.ask("POST", tt.path, strings.NewReader(tt.body), tt.header...)
		if got.Code != 422 || !strings.Contains(got.Body.String(), `"private_key_refused"`) || acted > 0 {
			t.Errorf("%s: %d %s", tt.name, got.Code, got.Body)
		}
		if strings.Contains(got.Body.String(), "abandon") || strings.Contains(got.Body.String(), wif) {
			t.Errorf("%s: repeats it: %s", tt.name, got.Body)
		}
	}
	s.checkNotLogged(t, "abandon", wif)
}

// TestKeyField: the one field for the key of an exchange takes a private key,
// on its route alone and not a level deeper.
func TestKeyField(t *testing.T) {
	t.Parallel()
	w := newTown()
	w.scopes = []string{"write"}
	s := newSite(t, web.Config{}, w.crowd, func(r *web.Router) {
		r.TakesKey("/key", "note")
		r.TakesKeyCall("/api/v1/keys", "note")
	})
	const wif = "5HueCGU8rMjxEXxiPuD5BDku4MkFqeZyd4dZ1jvhTVqvbTLvyTJ"
	token, _ := s.formToken(t, "__Host-ls_session=owner")
	form := []string{"Cookie", "__Host-ls_session=owner", "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:8080"}
	api := []string{"Authorization", "Bearer token", "Content-Type", "application/json"}
	for _, tt := range []struct {
		name, path, body string
		header           []string
		want             int
	}{
		{"form", "/key", url.Values{"_token": {token}, "note": {wif}}.Encode(), form, 200},
		{"other_field", "/key", url.Values{"_token": {token}, "other": {wif}}.Encode(), form, 422},
		{"query", "/key?note=" + wif, url.Values{"_token": {token}}.Encode(), form, 422},
		{"json", "/api/v1/keys", `{"note":"` + wif + `"}`, api, 200},
		{"json_name", "/api/v1/keys", `{"` + wif + `":"note"}`, api, 422},
		{"json_deep", "/api/v1/keys", `{"a":{"note":"` + wif + `"}}`, api, 422},
	} {
		if got := s.ask("POST", tt.path, strings.NewReader(tt.body), tt.header...); got.Code != tt.want {
			t.Errorf("%s: %d, want %d: %s", tt.name, got.Code, tt.want, got.Body)
		}
	}
}
