package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/web"
)

var tokenOf = regexp.MustCompile(`data-token="([^"]+)"`)

// formToken loads a page as somebody and returns the token of its forms and
// the cookies that go with it.
func (s site) formToken(t *testing.T, cookie string) (token, cookies string) {
	t.Helper()
	var header []string
	if cookie != "" {
		header = []string{"Cookie", cookie}
	}
	w := s.ask("GET", "/docs/api", nil, header...)
	m := tokenOf.FindStringSubmatch(w.Body.String())
	if m == nil {
		t.Fatalf("no token in %s", w.Body)
	}
	cookies = cookie
	for _, c := range w.Result().Cookies() {
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || !strings.HasPrefix(c.Name, "__Host-ls_") {
			t.Errorf("cookie %v", c)
		}
		cookies = strings.TrimPrefix(cookies+"; "+c.Name+"="+c.Value, "; ")
	}
	return m[1], cookies
}

// TestForgery: an unsafe request by cookie needs our origin, the token of this
// session and no word of another site; any one missing is a no.
func TestForgery(t *testing.T) {
	t.Parallel()
	w := newTown()
	acted := 0
	s := newSite(t, web.Config{}, w.crowd, func(r *web.Router) {
		r.Counts("POST", "/mine", web.SignedIn(), &acted)
		r.Counts("POST", "/open", web.Anyone(), &acted)
	})
	const session = "__Host-ls_session=owner"
	token, _ := s.formToken(t, session)
	others, _ := s.formToken(t, "__Host-ls_session=reader")
	visitor, visit := s.formToken(t, "")
	form := "application/x-www-form-urlencoded"
	ours := []string{"Cookie", session, "Content-Type", form, "Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-origin"}
	with := func(change ...string) []string {
		all := append([]string{}, ours...)
		for i := 0; i < len(change); i += 2 {
			for j := 0; j < len(all); j += 2 {
				if all[j] == change[i] {
					all = append(all[:j], all[j+2:]...)
					break
				}
			}
			if change[i+1] != "" {
				all = append(all, change[i], change[i+1])
			}
		}
		return all
	}
	body := func(token string) string { return url.Values{"_token": {token}}.Encode() }
	for _, tt := range []struct {
		name, path, body string
		header           []string
		status           int
	}{
		{"right", "/mine", body(token), ours, 200},
		{"right_by_referer", "/mine", body(token), with("Origin", "", "Referer", "http://localhost:8080/x"), 200},
		{"right_without_metadata", "/mine", body(token), with("Sec-Fetch-Site", ""), 200},
		{"right_by_header", "/mine", "", with("X-Ledgersys-Token", token), 200},
		{"right_visitor", "/open", body(visitor), with("Cookie", visit), 200},
		{"no_token", "/mine", "", ours, 403},
		{"wrong_token", "/mine", body(token[1:] + "A"), ours, 403},
		{"other_sessions_token", "/mine", body(others), ours, 403},
		{"visitors_token", "/mine", body(visitor), with("Cookie", session+"; "+visit), 403},
		{"token_in_address", "/mine?" + body(token), "", ours, 403},
		{"no_origin_no_referer", "/mine", body(token), with("Origin", ""), 403},
		{"null_origin", "/mine", body(token), with("Origin", "null"), 403},
		{"foreign_origin", "/mine", body(token), with("Origin", "https://evil.example"), 403},
		{"other_port", "/mine", body(token), with("Origin", "http://localhost:8081"), 403},
		{"other_scheme", "/mine", body(token), with("Origin", "https://localhost:8080"), 403},
		{"suffix", "/mine", body(token), with("Origin", "http://localhost:8080.evil.example"), 403},
		{"prefix", "/mine", body(token), with("Origin", "http://evil-localhost:8080"), 403},
		{"foreign_referer", "/mine", body(token), with("Origin", "", "Referer", "https://evil.example/http://localhost:8080/"), 403},
		{"metadata_without_token", "/mine", "", with("Origin", "", "Sec-Fetch-Site", "same-origin"), 403},
		{"metadata_none", "/mine", body(token), with("Sec-Fetch-Site", "none"), 403},
		{"cross_site", "/mine", body(token), with("Sec-Fetch-Site", "cross-site"), 403},
		{"same_site", "/mine", body(token), with("Sec-Fetch-Site", "same-site"), 403},
		{"text_as_json", "/mine", `{"_token":"` + token + `"}`, with("Content-Type", "text/plain"), 403},
		{"method_in_header", "/mine", body(token), with("X-HTTP-Method-Override", "DELETE"), 403},
		{"method_in_address", "/mine?_method=DELETE", body(token), ours, 403},
		{"two_sessions", "/mine", body(token), with("Cookie", session+"; __Host-ls_session=reader"), 401},
		{"stranger_without_visit", "/open", body(visitor), with("Cookie", ""), 403},
		{"stranger_without_token", "/open", "", with("Cookie", visit), 403},
		{"json_for_a_page", "/mine", "{}", with("Content-Type", "application/json", "X-Ledgersys-Token", token), 415},
	} {
		before := acted
		got := s.ask("POST", tt.path, strings.NewReader(tt.body), tt.header...)
		if got.Code != tt.status || (acted > before) != (tt.status == 200) {
			t.Errorf("%s: %d, want %d; acted %v: %s", tt.name, got.Code, tt.status, acted > before, got.Body)
		}
	}
	s.checkNotLogged(t, token, others, visitor, "owner")
}

// checkNotLogged fails if the log holds any of these.
func (s site) checkNotLogged(t *testing.T, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(s.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// TestUploadForm: in a form with files the token is the first field, and what
// comes after it is left to the handler.
func TestUploadForm(t *testing.T) {
	t.Parallel()
	w := newTown()
	var names []string
	s := newSite(t, web.Config{}, w.crowd, func(r *web.Router) { r.Uploads("/up", &names) })
	token, _ := s.formToken(t, "__Host-ls_session=owner")
	send := func(fields ...string) int {
		var b bytes.Buffer
		mw := multipart.NewWriter(&b)
		for _, f := range fields {
			name, value, _ := strings.Cut(f, "=")
			if name == "file" {
				part, err := mw.CreateFormFile("file", value)
				if err != nil {
					t.Fatal(err)
				}
				_, _ = part.Write([]byte("a,b\n"))
			} else if err := mw.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		if err := mw.Close(); err != nil {
			t.Fatal(err)
		}
		return s.ask("POST", "/up", &b, "Cookie", "__Host-ls_session=owner", "Content-Type", mw.FormDataContentType(), "Origin", "http://localhost:8080").Code
	}
	if code := send("_token="+token, "file=a.csv", "file=b.csv"); code != 200 || strings.Join(names, " ") != "a.csv b.csv" {
		t.Errorf("right: %d, %v", code, names)
	}
	names = nil
	for name, fields := range map[string][]string{"no_token": {"file=a.csv"}, "token_last": {"file=a.csv", "_token=" + token}, "wrong": {"_token=x", "file=a.csv"}} {
		if code := send(fields...); code != 403 || names != nil {
			t.Errorf("%s: %d, %v", name, code, names)
		}
	}
	if code := s.ask("POST", "/up", strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"_token\"\r\n\r\n"+token+"\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf"),
		"Cookie", "__Host-ls_session=owner", "Content-Type", "multipart/form-data; boundary=x", "Origin", "http://localhost:8080").Code; code != 400 {
		t.Errorf("cut short: %d", code)
	}
}

// TestAPIByPage: the API takes the session of our own pages, with their token
// and nothing less, reads included.
func TestAPIByPage(t *testing.T) {
	t.Parallel()
	w := newTown()
	s := w.site(t)
	path := "/api/v1/firms/" + w.firm.String() + "/entities/" + w.own.String() + "/lots"
	token, _ := s.formToken(t, "__Host-ls_session=owner")
	cookie := []string{"Cookie", "__Host-ls_session=owner"}
	for _, tt := range []struct {
		name, method string
		header       []string
		status       int
	}{
		{"read", "GET", []string{"Sec-Fetch-Site", "same-origin", "X-Ledgersys-Token", token}, 200},
		{"delete", "DELETE", []string{"Sec-Fetch-Site", "same-origin", "X-Ledgersys-Token", token, "Origin", "http://localhost:8080"}, 200},
		{"read_without_token", "GET", []string{"Sec-Fetch-Site", "same-origin"}, 401},
		{"read_wrong_token", "GET", []string{"Sec-Fetch-Site", "same-origin", "X-Ledgersys-Token", "x"}, 403},
		{"delete_foreign", "DELETE", []string{"Sec-Fetch-Site", "same-origin", "X-Ledgersys-Token", token, "Origin", "https://evil.example"}, 403},
		{"no_metadata", "GET", []string{"X-Ledgersys-Token", token}, 401},
	} {
		if got := s.ask(tt.method, path, nil, append(cookie, tt.header...)...); got.Code != tt.status {
			t.Errorf("%s: %d, want %d: %s", tt.name, got.Code, tt.status, got.Body)
		}
	}
}
