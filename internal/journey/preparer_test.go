package journey_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// bobFirm is the firm of the preparer.
const bobFirm = "Bob Preparers"

// join lets the one who was invited open an account by the link, with the
// keyboard alone.
func (tb *tab) join(link, name, password string) {
	tb.t.Helper()
	tb.visit(link[strings.Index(link, "/invitations/"):])
	tb.sees("You were invited as")
	tb.fill("name", name)
	tb.fill("password", password)
	tb.enter("Open an account and join")
}

// TestPreparer: a preparer is invited into a client's books and removed again,
// first as a person of the firm, then with a firm of their own: offered,
// accepted, confirmed, used, withdrawn. Both work with the keyboard alone.
func TestPreparer(t *testing.T) {
	t.Parallel()
	script := axe(t)
	clock, setting := clockFile(t)
	in := start(t, setting)
	owner := in.setUp()
	firm, entity := owner.book()
	(&world{instance: in, clock: clock}).enrol(owner) // demanded once there are two
	book := "/f/" + firm + "/e/" + entity
	ada, bob := in.open(), in.open()
	ada.as(owner)

	// Into the firm, by a link that is shown once.
	ada.visit("/f/" + firm + "/team")
	ada.fill("email", bobMail)
	ada.choose("role", "Preparer")
	ada.enter("Invite")
	ada.sees("Hand over this link")
	ada.checkShown("invitation", script)
	link := js[string](ada, "document.querySelector('.copy code, code').innerText")
	bob.name = "invitations/token"
	bob.checkLooks(link[strings.Index(link, "/invitations/"):], script)
	bob.join(link, "Bob Example", bobPass)
	bob.sees("Add your first file")
	bob.visit(book + "/imports")
	bob.sees("Drop statements here")
	bob.shot("member")
	used := in.client().get(link[strings.Index(link, "/invitations/"):])
	if used.StatusCode != http.StatusNotFound && used.StatusCode != http.StatusGone {
		t.Errorf("the link works twice: %d", used.StatusCode)
	}

	// Out of the firm: gone at the next click.
	ada.visit("/f/" + firm + "/team")
	ada.enter("Change Bob Example")
	ada.sees("Another role ends their sessions")
	ada.enter("Remove from the firm")
	ada.fill("confirm", "remove")
	ada.enter("Remove from the firm")
	ada.sees("They are out of the firm")
	bob.visit(book + "/imports")
	bob.sees("Sign in")
	bob.fill("email", bobMail)
	bob.fill("password", bobPass)
	bob.enter("Sign in")
	bob.sees("Not Found")

	// A firm of his own, and the books offered to it.
	bob.visit("/firms")
	bob.fill("name", bobFirm)
	bob.choose("country", "United Kingdom")
	bob.enter("Make a firm")
	bob.until("/^.f.[0-9a-f]{32}/.test(location.pathname)", "no firm was made")
	if strings.Contains(bob.path(), firm) {
		t.Fatalf("Bob's firm is Ada's: %s", bob.path())
	}
	home := bob.path()[:len("/f/")+32]
	ada.visit(book + "/sharing")
	ada.fill("email", bobMail)
	ada.enter("Offer")
	ada.sees("Offered. Confirm here once they have accepted.")
	bob.visit(book)
	bob.sees("Not Found") // offered is not open
	bob.visit("/shares")
	bob.checkLooks("/shares", script)
	bob.choose("firm", "the people of "+bobFirm)
	bob.enter("Accept")
	bob.sees("The books open once they confirm")
	bob.visit(book)
	bob.sees("Not Found") // accepted is not open either
	ada.visit(book + "/sharing")
	ada.sees("waits for confirmation")
	ada.checkLooks(book+"/sharing", script)
	ada.enter("Confirm")
	ada.sees("The books are open to them")

	// Used, from his own list of clients.
	bob.visit(home + "/clients")
	bob.sees("Ada Example")
	bob.shot("clients")
	bob.enter("Ada Example")
	bob.sees("Add your first file")
	if bob.path() != book {
		t.Errorf("Bob works at %s, not %s", bob.path(), book)
	}
	for _, path := range []string{"/f/" + firm + "/team", "/f/" + firm + "/audit", "/f/" + firm + "/settings"} {
		bob.visit(path)
		bob.sees("Not Found") // the books, not the firm
	}

	// Withdrawn: gone at the next click.
	ada.visit(book + "/sharing")
	ada.enter("Withdraw")
	ada.sees("It has ended")
	for _, path := range []string{book, book + "/imports", book + "/transactions", book + "/reports"} {
		bob.visit(path)
		bob.sees("Not Found")
	}
	bob.shot("gone")
	bob.visit(home + "/clients")
	if strings.Contains(bob.text(), "Ada Example") {
		t.Error("the list of clients still names the books")
	}
	clock.move(t, time.Second)
	checkChain(t, in)
}

// checkChain verifies what was written down of all that.
func checkChain(t *testing.T, in *instance) {
	t.Helper()
	if out, code := in.command("audit", "verify", "--all"); code != 0 {
		t.Errorf("audit verify: exit %d: %s", code, out)
	}
}
