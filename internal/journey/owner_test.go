package journey_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"
)

// The people of the journeys. Their passwords are canaries too: see sweep.
const (
	adaMail, adaPass = "ada@example.org", "a quiet ledger in the rain 41"
	bobMail, bobPass = "bob@example.org", "forty two preparers count sats"
)

// hour is a clock of the program that a test moves; simulators may read it
// at any time.
type hour struct {
	path  string
	ahead atomic.Int64 // nanoseconds before the true time
}

// clockFile makes a clock and the setting that names it.
func clockFile(t testing.TB) (*hour, string) {
	t.Helper()
	h := &hour{path: filepath.Join(t.TempDir(), "clock")}
	h.move(t, 0)
	return h, "LEDGERSYS_CLOCK=" + h.path
}

// move moves the clock on.
func (h *hour) move(t testing.TB, d time.Duration) {
	t.Helper()
	ahead := time.Duration(h.ahead.Add(int64(d)))
	if err := os.WriteFile(h.path, []byte("+"+ahead.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// now is the program's time.
func (h *hour) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

// code is what an authenticator app shows at the program's time.
func (h *hour) code(t testing.TB, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), h.now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// setUp makes the first owner over HTTP, without a script.
func (in *instance) setUp() *client {
	in.t.Helper()
	return in.setUpAs("Ada Example", adaMail)
}

// setUpAs makes the first owner of a firm.
func (in *instance) setUpAs(firm, email string) *client {
	in.t.Helper()
	c := in.client()
	c.get("/setup")
	a := c.post("/setup", "code", in.code, "name", firm, "email", email, "password", adaPass, "country", "GB", "currency", "", "timezone", "")
	if a.StatusCode != http.StatusSeeOther || c.cookies["__Host-ls_session"] == "" {
		in.t.Fatalf("setup: %d %s", a.StatusCode, a.body)
	}
	return c
}

// signIn signs in over HTTP with a password alone.
func (in *instance) signIn(email, password string) *client {
	in.t.Helper()
	c := in.client()
	c.get("/signin")
	if a := c.post("/signin", "email", email, "password", password); a.StatusCode != http.StatusSeeOther {
		in.t.Fatalf("sign in as %s: %d %s", email, a.StatusCode, a.body)
	}
	c.get("/account/security")
	return c
}

// home is where a signed-in person's books are.
func (c *client) home() string {
	c.in.t.Helper()
	a := c.get("/")
	for hops := 0; a.StatusCode == http.StatusSeeOther && hops < 3; hops++ {
		at := a.Header.Get("Location")
		if a = c.get(at); a.StatusCode == http.StatusOK {
			return at
		}
	}
	c.in.t.Fatalf("no home: %d %s", a.StatusCode, a.body)
	return ""
}

var bookAddress = regexp.MustCompile(`^/f/([0-9a-f]{32})/e/([0-9a-f]{32})`)

// book returns the firm and the entity of a person of one.
func (c *client) book() (firm, entity string) {
	c.in.t.Helper()
	m := bookAddress.FindStringSubmatch(c.home())
	if m == nil {
		c.in.t.Fatal("the first page is no book")
	}
	return m[1], m[2]
}

// authenticator gives a tab a device that makes passkeys.
func (tb *tab) authenticator() {
	tb.t.Helper()
	tb.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		if _, err := chromedp.Call(ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		_, err := chromedp.Call(ctx, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
			HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		return err
	}))
}

// TestFirstOwner: from the welcome to a second factor and a passkey, out and
// in again by each, and a second session seen and ended.
func TestFirstOwner(t *testing.T) {
	t.Parallel()
	script := axe(t)
	clock, setting := clockFile(t)
	in := start(t, setting)
	tb := in.open()
	tb.authenticator()

	tb.visit("/")
	tb.sees("Welcome to Ledgersys")
	tb.press("Start my books")
	tb.sees("Setup code")
	tb.write("code", "WRON-GONE")
	tb.write("name", "Ada Example")
	tb.write("email", adaMail)
	tb.write("password", "short")
	tb.do(chromedp.SetValue(chromedp.CSS("[name=country]"), "GB"))
	js[bool](tb, "document.querySelector('.paper form').noValidate = true")
	tb.press("Create my books")
	tb.sees("At least 12")
	tb.checkShown("setup-refused", script)
	tb.write("code", in.code)
	tb.write("password", adaPass)
	tb.press("Create my books")
	tb.sees("Add your first file")
	tb.shot("overview-empty")
	book := tb.path()

	tb.visit("/account/security")
	tb.press("Set it up")
	tb.sees("Set up an authenticator app")
	tb.checkShown("totp", script)
	secret := js[string](tb, "document.querySelector('code').innerText")
	tb.write("code", "000000")
	tb.press("Turn it on")
	tb.sees("wrong")
	tb.write("code", clock.code(t, secret))
	tb.press("Turn it on")
	tb.sees("Keep these recovery codes")
	tb.checkShown("recovery-codes", script)
	codes := js[[]string](tb, "[...document.querySelectorAll('.codes li')].map((e) => e.innerText)")
	if len(codes) != 10 {
		t.Fatalf("%d recovery codes", len(codes))
	}
	tb.do(chromedp.Click(chromedp.CSS("[name=saved]")))
	tb.press("Done")
	tb.sees("10 of 10 recovery codes left")

	tb.write("name", "Virtual key")
	tb.press("Add a passkey")
	tb.sees("The passkey is added")
	tb.sees("Virtual key")
	tb.checkLooks("/account/security", script)

	// Out, and in again with the password and the app.
	tb.press("Sign out")
	tb.sees("Sign in with a passkey")
	if _, err := chromedp.Run(tb.ctx, chromedp.Evaluate[string]("document.cookie")); err != nil {
		t.Fatal(err)
	}
	clock.move(t, 31*time.Second) // a code is good once
	tb.write("email", adaMail)
	tb.write("password", adaPass)
	tb.press("Sign in")
	tb.sees("One more step")
	tb.checkShown("second", script)
	if has := js[int](tb, "document.cookie.length"); has != 0 {
		t.Error("a script can read our cookies")
	}
	tb.write("code", clock.code(t, secret))
	tb.press("Sign in")
	tb.sees("Add your first file")
	if tb.path() != book {
		t.Errorf("signed in to %s, not %s", tb.path(), book)
	}

	// Out, and in again with the passkey alone.
	tb.visit("/account/security")
	tb.press("Sign out")
	tb.sees("Sign in with a passkey")
	tb.press("Sign in with a passkey")
	tb.sees("Add your first file")

	// A second session, by a recovery code, is listed and ended.
	other := in.client()
	other.get("/signin")
	if a := other.post("/signin", "email", adaMail, "password", adaPass); a.StatusCode != http.StatusSeeOther || other.cookies["__Host-ls_session"] != "" {
		t.Fatalf("the password alone: %d, cookie %q", a.StatusCode, other.cookies["__Host-ls_session"])
	}
	if a := other.post("/signin/second", "method", "recovery", "code", codes[0]); a.StatusCode != http.StatusSeeOther {
		t.Fatalf("recovery code: %d %s", a.StatusCode, a.body)
	}
	if a := other.get("/account/security"); a.StatusCode != http.StatusOK {
		t.Fatalf("second session: %d", a.StatusCode)
	}
	tb.visit("/account/security")
	tb.sees("9 of 10 recovery codes left")
	tb.shot("sessions")
	tb.do(chromedp.Click(chromedp.CSS("[data-session] form button")))
	tb.sees("That session has ended")
	if a := other.get("/account/security"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the ended session: %d", a.StatusCode)
	}
}
