package firm_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/once"
	"github.com/ledgersys/ledgersys/internal/session"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

func TestFirms(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada := w.person("ada@example.org")
	s := w.firm(ada, "  Ada canary-firm ")
	f, err := w.Firm(t.Context(), s)
	if err != nil || f.Name != "Ada canary-firm" || f.Country != "GB" || f.Currency != "GBP" || f.Timezone != "Europe/London" || f.Residency != "eu" || f.Version != 1 {
		t.Fatalf("made %+v: %v", f, err)
	}
	renamed := "Ada & Co canary-two"
	f, err = w.ChangeFirm(t.Context(), s, firm.Change{Name: &renamed, Version: 1})
	if err != nil || f.Name != renamed || f.Version != 2 {
		t.Errorf("renamed %+v: %v", f, err)
	}
	_, err = w.ChangeFirm(t.Context(), s, firm.Change{Name: &renamed, Version: 1})
	refused(t, "a change of an old version", err, fault.Precondition, "")
	w.firm(ada, "Second")
	mine, err := w.Mine(t.Context(), ada)
	if err != nil || len(mine) != 2 || mine[0].Name != renamed || mine[0].Role != tenant.Owner {
		t.Errorf("mine %+v: %v", mine, err)
	}
	bob := w.person("bob@example.org")
	for name, bad := range map[string]firm.Draft{
		"no_name":    {Name: " ", Country: "GB"},
		"long_name":  {Name: strings.Repeat("x", 121), Country: "GB"},
		"two_lines":  {Name: "a\nb", Country: "GB"},
		"no_rules":   {Name: "a", Country: "ZZ"},
		"other_land": {Name: "a", Country: "GB", Residency: "us"},
	} {
		if _, err := w.Create(t.Context(), bob, bad); err == nil {
			t.Errorf("%s: made", name)
		}
	}
	_, err = w.Create(t.Context(), bob, firm.Draft{Name: "a", Country: "GB", Residency: "us"})
	refused(t, "another residency", err, fault.Conflict, "residency_mismatch")
	_, err = w.try(bob, s.Firm())
	refused(t, "a stranger", err, fault.NotFound, "")
	yes := true
	if _, err := w.ChangeFirm(t.Context(), s, firm.Change{Archived: &yes}); err != nil {
		t.Fatal(err)
	}
	_, err = w.try(ada, s.Firm())
	refused(t, "an archived firm", err, fault.NotFound, "")
	sealed(t, w)
}

// sealed looks for names in every file.
func sealed(t *testing.T, w *town) {
	t.Helper()
	err := filepath.WalkDir(w.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if bytes.Contains(b, []byte("canary")) || bytes.Contains(b, []byte("@example.org")) {
			t.Errorf("%s holds a name", filepath.Base(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestEntities(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada := w.person("ada@example.org")
	s := w.firm(ada, "Ada")
	e := w.entity(s, "canary-client")
	got, err := w.Entity(t.Context(), e)
	if err != nil || got.Country != "GB" || got.Currency != "GBP" || got.Status != firm.Gathering || got.Version != 1 {
		t.Fatalf("made %+v: %v", got, err)
	}
	other, err := w.AddEntity(t.Context(), s, firm.Entity{Name: "Berlin", Country: "de", Method: "fifo"})
	if err != nil || other.Country != "DE" || other.Currency != "EUR" || other.Timezone != "Europe/Berlin" || other.Method != "fifo" {
		t.Errorf("made %+v: %v", other, err)
	}
	options, status, us := []byte(`{"filing_status":"canary-single"}`), firm.InReview, "US"
	got, err = w.ChangeEntity(t.Context(), e, firm.EntityChange{Options: &options, Status: &status, Version: 1})
	if err != nil || string(got.Options) != string(options) || got.Status != status {
		t.Errorf("changed %+v: %v", got, err)
	}
	got, err = w.ChangeEntity(t.Context(), e, firm.EntityChange{Country: &us})
	if err != nil || got.Currency != "USD" || got.Options != nil || got.Version != 3 {
		t.Errorf("moved %+v: %v", got, err)
	}
	_, err = w.ChangeEntity(t.Context(), e, firm.EntityChange{Status: &status, Version: 2})
	refused(t, "a change of an old version", err, fault.Precondition, "")
	bad := []byte(`{`)
	_, err = w.ChangeEntity(t.Context(), e, firm.EntityChange{Options: &bad})
	refused(t, "no JSON", err, fault.Invalid, "options")
	nobody := tenant.NewID()
	_, err = w.ChangeEntity(t.Context(), e, firm.EntityChange{Preparer: &nobody})
	refused(t, "a preparer of nobody", err, fault.Invalid, "member")
	yes := true
	if _, err := w.ChangeEntity(t.Context(), w.open(s, other.ID), firm.EntityChange{Archived: &yes}); err != nil {
		t.Fatal(err)
	}
	all, err := w.Entities(t.Context(), s)
	if err != nil || len(all) != 1 || all[0].ID != e.Entity() {
		t.Errorf("list %+v: %v", all, err)
	}
	links, err := audit.NewReader(w.store.AuditLog()).Page(t.Context(), s, audit.Query{Object: "entity/" + e.Entity().String()})
	if err != nil || len(links) != 3 || links[2].Action != "entity.create" || links[0].Action != "entity.change" || links[0].Actor != ada.Actor().User.String() {
		t.Errorf("audited %+v: %v", links, err)
	}
	sealed(t, w)
}

// TestOnce: what is asked for twice under one key happens once.
func TestOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada := w.person("ada@example.org")
	s := w.firm(ada, "Ada")
	var ids []tenant.ID
	for range 2 {
		ctx, _ := once.With(t.Context(), ada.Actor(), "key-1", strings.Repeat("0", 64))
		e, err := w.AddEntity(ctx, s, firm.Entity{Name: "Client"})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID)
	}
	if all, err := w.Entities(t.Context(), s); err != nil || len(all) != 1 || ids[0] != ids[1] {
		t.Errorf("made %v: %v", all, err)
	}
}

func TestSetUp(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada := w.person("ada@example.org")
	var f firm.Firm
	err := w.store.Firms().Control(t.Context(), func(tx firm.Tx) (err error) {
		by := tenant.Actor{Via: tenant.ViaCommand, Name: "admin.init"}
		f, err = w.Found(t.Context(), tx, by, ada.Actor().User, firm.Draft{Name: "Ada", Country: "DE", Timezone: "Europe/Vienna"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	e, err := w.Begin(t.Context(), f)
	if err != nil || e.Name != "Ada" || e.Timezone != "Europe/Vienna" || f.Currency != "EUR" {
		t.Fatalf("made %+v %+v: %v", f, e, err)
	}
	if s := w.enter(ada, f.ID); s.Member().Role != tenant.Owner || !w.open(s, e.ID).ValidEntity() {
		t.Error("the first owner is none")
	}
}

// TestSecondFactor: it is demanded of owners once there is a second member, or
// strangers can knock, and of nobody else.
func TestSecondFactor(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, bob := w.person("ada@example.org"), w.person("bob@example.org")
	s := w.firm(ada, "Ada")
	w.join(s, bob, tenant.Admin, nil)
	_, err := w.try(ada, s.Firm())
	refused(t, "an owner with others", err, fault.Denied, "second_factor_due")
	if _, err := w.try(bob, s.Firm()); err != nil {
		t.Errorf("an admin: %v", err)
	}
	token := tenant.Authenticated(tenant.Actor{Via: tenant.ViaToken, User: ada.Actor().User})
	if _, err := w.try(token, s.Firm()); err != nil {
		t.Errorf("a token from before: %v", err)
	}
	w.secure(ada)
	for _, id := range []tenant.Identity{ada, token} {
		if _, err := w.try(id, s.Firm()); err != nil {
			t.Errorf("with a second factor: %v", err)
		}
	}
	eve := w.person("eve@example.org")
	own, err := w.Create(t.Context(), eve, firm.Draft{Name: "Eve", Country: "GB"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.try(eve, own.ID); err != nil {
		t.Errorf("alone on loopback: %v", err)
	}
	w.Exposed = true
	_, err = w.try(eve, own.ID)
	refused(t, "alone, in the open", err, fault.Denied, "second_factor_due")
}

// TestOperator: who runs the instance has no way into a firm, not even into one
// that invites them.
func TestOperator(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, ops := w.person("ada@example.org"), w.person("ops@example.org")
	w.secure(ada)
	s := w.firm(ada, "Ada")
	_, link, err := w.Invite(t.Context(), s, firm.Invitation{Email: "ops@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Accept(t.Context(), ops, tokenOf(link)); err != nil {
		t.Fatal(err)
	}
	w.change(ops, func(p *firm.Person, u *session.User) { p.Operator, u.Operator = true, true })
	_, err = w.try(ops, s.Firm())
	refused(t, "an operator who was a member", err, fault.NotFound, "")
	_, link, err = w.Invite(t.Context(), w.firm(ada, "Second"), firm.Invitation{Email: "ops@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Accept(t.Context(), ops, tokenOf(link))
	refused(t, "an operator who is invited", err, fault.Denied, "")
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	ada, bob, eve := w.person("ada@example.org"), w.person("bob@example.org"), w.person("eve@example.org")
	w.secure(ada)
	s := w.firm(ada, "Ada")
	i, link, err := w.Invite(t.Context(), s, firm.Invitation{Email: "Bob@Example.org"})
	if err != nil || i.Role != tenant.ReadOnly || !strings.HasPrefix(link, "http://localhost:8080/invitations/") {
		t.Fatalf("invited %+v, %s: %v", i, link, err)
	}
	seen, err := w.Invitation(t.Context(), tokenOf(link))
	if err != nil || seen.FirmName != "Ada" || seen.Email != "bob@example.org" {
		t.Errorf("it says %+v: %v", seen, err)
	}
	for n := range len(link) - len("http://localhost:8080/invitations/") { // every character counts, up to padding bits
		b := tokenOf(link).Reveal()
		b[n] ^= 3
		if _, err := w.Invitation(t.Context(), tokenOf("/"+string(b))); err == nil && n != len(b)-1 {
			t.Errorf("a link with another character %d opens", n)
		}
	}
	_, err = w.Accept(t.Context(), eve, tokenOf(link))
	refused(t, "somebody else", err, fault.Denied, "other_address")
	if m, err := w.Accept(t.Context(), bob, tokenOf(link)); err != nil || m.Role != tenant.ReadOnly {
		t.Errorf("accepted %+v: %v", m, err)
	}
	_, err = w.Accept(t.Context(), bob, tokenOf(link))
	refused(t, "a second time", err, fault.NotFound, "invitation")
	_, link, err = w.Invite(t.Context(), s, firm.Invitation{Email: "eve@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	w.off.Add(int64(8 * 24 * time.Hour))
	_, err = w.Accept(t.Context(), eve, tokenOf(link))
	refused(t, "after its time", err, fault.NotFound, "invitation")
	i, link, err = w.Invite(t.Context(), s, firm.Invitation{Email: "eve@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if open, err := w.Invitations(t.Context(), s); err != nil || len(open) != 1 {
		t.Errorf("open %v: %v", open, err)
	}
	if err := w.Revoke(t.Context(), s, i.ID); err != nil {
		t.Fatal(err)
	}
	_, err = w.Accept(t.Context(), eve, tokenOf(link))
	refused(t, "one that was taken back", err, fault.NotFound, "invitation")
	_, _, err = w.Invite(t.Context(), w.enter(bob, s.Firm()), firm.Invitation{Email: "eve@example.org"})
	refused(t, "a reader invites", err, fault.Denied, "")
	_, _, err = w.Invite(t.Context(), s, firm.Invitation{Email: "eve@example.org\r\nBcc: x@example.org"})
	refused(t, "two lines", err, fault.Invalid, "")
	sealed(t, w)
}
