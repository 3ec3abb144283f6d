package journey_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

// canaries are the secrets that were planted, by what they are.
type canaries map[string]string

// forms are the ways in which a secret may lie about.
func forms(secret string) [][]byte {
	b := []byte(secret)
	list := [][]byte{b, []byte(hex.EncodeToString(b)), []byte(strings.ToUpper(hex.EncodeToString(b)))}
	for shift := range 3 { // base64 of something that begins before it
		text := base64.StdEncoding.EncodeToString(append(make([]byte, shift), b...))
		text = strings.TrimRight(text, "=")[4 : len(strings.TrimRight(text, "="))-2]
		list = append(list, []byte(text), []byte(strings.NewReplacer("+", "-", "/", "_").Replace(text)))
	}
	var wide []byte
	for _, u := range utf16.Encode([]rune(secret)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	list = append(list, wide)
	if escaped := url.QueryEscape(secret); escaped != secret {
		list = append(list, []byte(escaped), []byte(url.PathEscape(secret)))
	}
	return list
}

// in tells which secrets are in some bytes.
func (c canaries) in(b []byte) (found []string) {
	for name, secret := range c {
		for _, form := range forms(secret) {
			if at := bytes.Index(b, form); at >= 0 {
				found = append(found, name)
				break
			}
		}
	}
	return found
}

// below searches every file in a folder except the master key, which the
// operator keeps elsewhere, and returns how many bytes there were and whether
// a text that is no secret was among them.
func (c canaries) below(t *testing.T, dir, known string) (size int, seen bool) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && (!d.Type().IsRegular() || d.Name() == "master.key") {
			return nil
		}
		var b []byte
		if err == nil {
			b, err = os.ReadFile(path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it went while we looked
		}
		if err != nil {
			return err
		}
		size += len(b)
		seen = seen || bytes.Contains(b, []byte(known))
		for _, name := range c.in(b) {
			t.Errorf("%s holds the %s", path, name)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return size, seen
}

var (
	tokenShown = regexp.MustCompile(`lsys_pat_[A-Za-z0-9_]+`)
	codeShown  = regexp.MustCompile(`<li>([a-z0-9 -]{8,})</li>`)
)

// swept is a service with secrets in it.
type swept struct {
	*instance
	box    *mailbox
	sim    *exchangesim.Sim
	clock  *hour
	plants canaries
	tmp    string
	figure string // the address of the metrics
	server string // the folder of the database server, "" without one
}

// newSwept starts a service whose every secret is known.
func newSwept(t *testing.T, env ...string) *swept {
	t.Helper()
	s := &swept{plants: canaries{"password of the mail server": mailPass, "token of the metrics": "metric-Token-of-Linnets-5"}, tmp: t.TempDir()}
	var more []string
	s.box, more = newMailbox(t)
	var setting string
	s.clock, setting = clockFile(t)
	s.sim = exchangesim.Binance(t, exchangesim.NewHistory(1, 5, "EUR"), s.clock.now)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.figure = l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(s.plants["token of the metrics"]), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, e := range env {
		if address, ok := strings.CutPrefix(e, "LEDGERSYS_DATABASE_URL="); ok {
			u, err := url.Parse(address)
			if err != nil {
				t.Fatal(err)
			}
			s.server = u.Query().Get("host")
			env[i] = e
		}
	}
	env = append(append(env, more...), setting, "TMPDIR="+s.tmp, "LEDGERSYS_METRICS_LISTEN="+s.figure, "LEDGERSYS_METRICS_TOKEN_FILE="+file,
		"LEDGERSYS_EXCHANGE_BINANCE_URL="+s.sim.URL(), "LEDGERSYS_EGRESS_ALLOW="+s.box.address+","+s.sim.Place())
	s.instance = start(t, env...)
	return s
}

// plant brings secrets in through the doors that people use.
func (s *swept) plant() (owner *client) {
	s.t.Helper()
	p := s.plants
	owner = s.setUp()
	p["password"] = adaPass
	owner.get("/account/security")
	m := shownKey.FindStringSubmatch(owner.post("/account/totp").body)
	if m == nil {
		s.t.Fatal("no key for an authenticator")
	}
	p["seed of the authenticator"] = strings.ReplaceAll(m[1], " ", "")
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(p["seed of the authenticator"])
	if err != nil {
		s.t.Fatal(err)
	}
	p["seed of the authenticator, decoded"] = string(raw)
	codes := codeShown.FindAllStringSubmatch(owner.post("/account/totp/confirm", "code", s.clock.code(s.t, m[1])).body, -1)
	if len(codes) != 10 {
		s.t.Fatalf("%d recovery codes", len(codes))
	}
	p["recovery code"], p["used recovery code"] = codes[0][1], codes[1][1]
	owner.get("/account/security")
	p["session"], p["device"], p["form token"] = owner.cookies["__Host-ls_session"], owner.cookies["__Host-ls_device"], owner.token
	if p["api token"] = tokenShown.FindString(owner.post("/account/tokens", "name", "sweep", "scope", "read", "days", "30").body); p["api token"] == "" {
		s.t.Fatal("no API token")
	}
	s.link(owner)

	// A sign-in that waits, and is finished by a recovery code.
	c := s.client()
	c.get("/signin")
	p["form token of a visitor"], p["visit"] = c.token, c.cookies["__Host-ls_visit"]
	p["wrong password"] = "a wrong quiet ledger 17"
	c.post("/signin", "email", adaMail, "password", p["wrong password"])
	c.post("/signin", "email", adaMail, "password", adaPass)
	p["sign-in that waits"] = c.cookies["__Host-ls_signin"]
	if a := c.post("/signin/second", "method", "recovery", "code", p["used recovery code"]); a.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("recovery code: %d", a.StatusCode)
	}

	// Links that are mailed, and mail that is refused.
	c.get("/recover")
	c.post("/recover", "email", adaMail)
	p["reset token"] = after(s.box.link(adaMail, "/reset/"))
	p["link of an alert"] = after(s.box.link(adaMail, "/not-me/"))
	visitor := s.client()
	visitor.get("/register")
	p["password of somebody new"] = "seven grey herons by a lock 88"
	visitor.post("/register", "email", "eve@example.org", "password", p["password of somebody new"])
	p["confirm token"] = after(s.box.link("eve@example.org", "/confirm/"))
	s.box.refuses(true)
	visitor.post("/recover", "email", adaMail)
	firm, _ := owner.book()
	owner.get("/account/security")
	owner.api(http.MethodPost, "/api/v1/firms/"+firm+"/invitations", `{"email":"zoe@example.org","role":"read-only"}`)
	return owner
}

func after(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// link gives the service keys of an exchange: one that is taken, one that the
// exchange does not know, and one that may do too much.
func (s *swept) link(owner *client) {
	s.t.Helper()
	firm, entity := owner.book()
	owner.get("/account/security")
	at := "/api/v1/firms/" + firm + "/entities/" + entity + "/connections"
	p := s.plants
	p["exchange key"], p["exchange secret"] = s.sim.Key.ID, s.sim.Key.Secret
	p["unknown exchange key"], p["unknown exchange secret"] = "kq7PwUnknownKeyOfWrens2", "zz9SecretOfWrensNobodyKnows4"
	send := func(key, secret string) int {
		body, err := json.Marshal(map[string]string{"exchange": "binance", "label": "Binance", "api_key": p[key], "api_secret": p[secret]})
		if err != nil {
			s.t.Fatal(err)
		}
		return owner.api(http.MethodPost, at, string(body)).StatusCode
	}
	if code := send("exchange key", "exchange secret"); code != http.StatusCreated {
		s.t.Fatalf("link: %d", code)
	}
	if code := send("unknown exchange key", "unknown exchange secret"); code < 400 || code >= 500 {
		s.t.Fatalf("link with an unknown key: %d", code)
	}
	s.sim.Upgrade()
	if code := send("exchange key", "exchange secret"); code < 400 || code >= 500 {
		s.t.Fatalf("link with a key that may trade: %d", code)
	}
}

// provoke sends every secret to where it does not belong.
func (s *swept) provoke(owner *client) {
	s.t.Helper()
	firm, entity := owner.book()
	owner.get("/account/security")
	api := "/api/v1/firms/" + firm + "/entities/" + entity + "/connections"
	for _, secret := range s.plants {
		if strings.ContainsFunc(secret, func(r rune) bool { return r < ' ' || r > '~' }) {
			continue // it cannot be sent as it is
		}
		q := url.QueryEscape(secret)
		c := s.client()
		for _, path := range []string{"/signin?password=" + q, "/" + url.PathEscape(secret), "/f/" + url.PathEscape(secret), "/api/v1/firms/" + url.PathEscape(secret), "/reset/" + url.PathEscape(secret)} {
			c.get(path)
		}
		c.do(http.MethodGet, "/api/v1/firms", nil, "Authorization", "Bearer "+secret)
		c.do(http.MethodGet, "/account/security", nil, "Cookie", "__Host-ls_session="+url.QueryEscape(secret), "Referer", s.base+"/?s="+q)
		c.do(http.MethodPost, "/signin", strings.NewReader(`{"password":"`+secret), "Content-Type", "application/json", "Origin", s.base)
		c.do("PURGE", "/signin?x="+q, nil)
		owner.api(http.MethodPost, api, `{"exchange":"binance","api_key":"`+secret+`","api_secret":`)
		owner.api(http.MethodPost, api, `{"exchange":"`+secret+`","api_key":"`+secret+`","api_secret":"`+secret+`"}`)
		owner.api(http.MethodPost, api, `{"exchange":"binance","`+secret+`":1}`)
	}
}

// slow moves the clock while people are about until a transaction seems to
// have taken long.
func (s *swept) slow(owner *client) {
	s.t.Helper()
	for i := 0; !strings.Contains(s.logged(), "slow transaction"); i++ {
		if i > 300 {
			s.t.Fatal("no transaction was slow")
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			c := s.client()
			c.get("/signin")
			c.post("/recover", "email", adaMail, "x", s.plants["password"])
			owner.get("/account/security")
		}()
		for open := true; open; {
			select {
			case <-done:
				open = false
			default:
				s.clock.move(s.t, 1100*time.Millisecond)
			}
		}
	}
}

// pages reads every page and answer as somebody who signed in afresh.
func (s *swept) pages() (size int, seen bool) {
	s.t.Helper()
	c := s.client()
	c.get("/signin")
	s.clock.move(s.t, 31*time.Second)
	c.post("/signin", "email", adaMail, "password", adaPass)
	if a := c.post("/signin/second", "method", "totp", "code", s.clock.code(s.t, s.plants["seed of the authenticator"])); a.StatusCode != http.StatusSeeOther {
		s.t.Fatalf("sign in: %d %s", a.StatusCode, a.body)
	}
	firm, entity := c.book()
	for _, r := range allRoutes(s.t) {
		if r.unsafe() || strings.HasSuffix(r.Path, "/live") || strings.Contains(r.Path, "/stream") {
			continue
		}
		a := c.do(http.MethodGet, r.anywhere(map[string]string{"firm": firm, "entity": entity, "year": "2024-25"}), nil, "X-Ledgersys-Token", c.token, "Sec-Fetch-Site", "same-origin", "Origin", s.base)
		var head bytes.Buffer
		if err := a.Header.Write(&head); err != nil {
			s.t.Fatal(err)
		}
		size += len(a.body)
		seen = seen || strings.Contains(a.body, "Ada Example")
		for _, name := range s.plants.in(append(head.Bytes(), a.body...)) {
			s.t.Errorf("%s shows the %s", r.Path, name)
		}
	}
	return size, seen
}

// metrics are the figures of the service.
func (s *swept) metrics() string {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.figure+"/metrics", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+s.plants["token of the metrics"])
	res, err := transport.RoundTrip(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		s.t.Fatalf("metrics: %d %v", res.StatusCode, err)
	}
	return string(b)
}

// TestSweep: secrets that went in through every door, rightly and wrongly, are
// found nowhere: in no file of the data, no temporary file, no file or log of
// the database server, no line of the log, no page, no figure. What is no
// secret is found in each of them.
func TestSweep(t *testing.T) {
	t.Parallel()
	for _, d := range databases() {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			s := newSwept(t, d.env(t)...)
			owner := s.plant()
			for name, secret := range s.plants {
				if len(secret) < 8 {
					t.Fatalf("the %s was not planted: %q", name, secret)
				}
			}
			s.provoke(owner)
			s.slow(owner)
			data := func(when string) {
				t.Helper()
				size, seen := s.plants.below(t, s.dir, "user.create")
				s.plants.below(t, s.tmp, "")
				if s.server != "" {
					more, there := s.plants.below(t, s.server, "user.create")
					size, seen = size+more, seen || there
				}
				t.Logf("%s: %d secrets in %d bytes of files and %d of logs", when, len(s.plants), size, len(s.logged()))
				if !seen || size < 1<<17 {
					t.Errorf("%s: the sweep sees nothing: %d bytes", when, size)
				}
			}
			data("running")
			if size, seen := s.pages(); !seen || size < 1<<16 {
				t.Errorf("the sweep sees no page: %d bytes", size)
			}
			figures := s.metrics()
			for _, name := range s.plants.in([]byte(figures)) {
				t.Errorf("the metrics show the %s", name)
			}
			if !strings.Contains(figures, `route="/signin"`) {
				t.Error("the sweep sees no metrics")
			}
			s.stop()
			data("stopped")
			for _, name := range s.plants.in([]byte(s.logged())) {
				t.Errorf("the log shows the %s", name)
			}
			if log := s.logged(); !strings.Contains(log, "security event") || !strings.Contains(log, "level=DEBUG") || !strings.Contains(log, "slow transaction") {
				t.Error("the log lacks what it should be searched for")
			}
		})
	}
}

// TestSweeper: a secret that does lie about is found, in each form.
func TestSweeper(t *testing.T) {
	t.Parallel()
	for name, secret := range map[string]string{"words": adaPass, "token": "lsys_pat_0123456789abcdefghijklmnop", "bytes": "\x00\xff\x10\x80secret\x00\x01"} {
		c := canaries{name: secret}
		for i, form := range forms(secret) {
			if len(c.in(append(append([]byte("before"), form...), "after"...))) != 1 {
				t.Errorf("%s: form %d is not found", name, i)
			}
		}
		for _, around := range []string{"", "a", "ab", "abc"} {
			whole := base64.StdEncoding.EncodeToString([]byte(around + secret + around))
			if len(c.in([]byte(whole))) != 1 {
				t.Errorf("%s after %q in base64 is not found", name, around)
			}
		}
	}
}
