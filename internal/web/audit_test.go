package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web"
)

// auditedFirm is a firm with links and events, an owner who may see them and a
// preparer who may not.
func auditedFirm(t *testing.T) (*store.Store, *crowd, tenant.FirmID) {
	t.Helper()
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: func() time.Time { return time.Now().UTC() }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	masters, err := keyring.FindMasters("", "", dir, true)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.OpenKeys(t.Context(), masters, 0); err != nil {
		t.Fatal(err)
	}
	firm, owner, preparer := tenant.NewID(), tenant.NewID(), tenant.NewID()
	member := func(user tenant.UserID, r tenant.Role) []tenant.Membership {
		return []tenant.Membership{{Firm: firm, User: user, Role: r, Rights: tenant.DefaultRights(r)}}
	}
	who := &crowd{
		tokens: map[string]tenant.UserID{"owner": owner, "preparer": preparer}, scopes: []string{"audit"},
		sessions: map[string]tenant.UserID{"owner": owner, "preparer": preparer},
		members:  map[tenant.UserID][]tenant.Membership{owner: member(owner, tenant.Owner), preparer: member(preparer, tenant.Preparer)},
	}
	scope, err := tenant.Authenticated(tenant.Actor{Via: tenant.ViaSession, User: owner, Address: "192.0.2.7"}).Enter(who.members[owner][0])
	if err != nil {
		t.Fatal(err)
	}
	err = s.Control(t.Context(), func(tx *store.ControlTx) error {
		return errors.Join(tx.NewFirm(t.Context(), firm, "eu"),
			tx.Audit(t.Context(), audit.Entry{Action: "member.add", Object: "user/" + preparer.String(), Firm: firm, Actor: scope.Actor()}),
			tx.Audit(t.Context(), audit.Entry{Action: "member.add", Object: "user/elsewhere", Actor: scope.Actor()}))
	})
	for range 60 {
		if err == nil {
			err = s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
				return errors.Join(tx.Audit(t.Context(), audit.Entry{Action: "entity.rename", Object: "entity/1", Reason: "because <b>"}),
					tx.Event(t.Context(), audit.Event{Kind: "export", Outcome: "ok"}))
			})
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, who, firm
}

// TestAuditAPI: the log is paged to its end, exported whole, and hidden from
// whoever may not see it.
func TestAuditAPI(t *testing.T) {
	t.Parallel()
	st, who, firm := auditedFirm(t)
	s := newSite(t, web.Config{Audit: audit.NewReader(st.AuditLog())}, who, nil)
	path := "/api/v1/firms/" + firm.String()
	get := func(token, target string, status int) string {
		t.Helper()
		w := s.ask(http.MethodGet, target, nil, "Authorization", "Bearer "+token)
		if w.Code != status {
			t.Fatalf("%s: %d %s\n%s", target, w.Code, w.Body, s.log)
		}
		return w.Body.String()
	}
	seen, prev := 0, ""
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				Seq                                        uint64
				Hash, Prev, Action, Actor, Address, Reason string
			}
			Next *string
		}
		if err := json.Unmarshal([]byte(get("owner", path+"/audit?limit=25&cursor="+cursor, 200)), &page); err != nil {
			t.Fatal(err)
		}
		for _, l := range page.Items {
			if prev != "" && l.Hash != prev || l.Action != "entity.rename" || l.Address != "192.0.2.7" || l.Reason != "because <b>" || len(l.Actor) != 32 {
				t.Errorf("%+v", l)
			}
			prev = l.Prev
			seen++
		}
		if page.Next == nil {
			break
		}
		cursor = *page.Next
	}
	if seen != 60 || prev != strings.Repeat("0", 64) {
		t.Errorf("%d links, the last one follows %s", seen, prev)
	}
	if body := get("owner", path+"/audit?chain=service", 200); strings.Count(body, `"member.add"`) != 1 {
		t.Errorf("the service's chain: %s", body)
	}
	if n := strings.Count(get("owner", path+"/audit/export", 200), "\n"); n != 62 {
		t.Errorf("the export has %d lines", n)
	}
	if n := strings.Count(get("owner", path+"/security-events?limit=200", 200), `"export"`); n != 60 {
		t.Errorf("%d events", n)
	}
	for _, target := range []string{"/audit", "/audit/export", "/security-events"} {
		get("preparer", path+target, 403)
		get("owner", "/api/v1/firms/"+tenant.NewID().String()+target, 404)
		get("stranger", path+target, 401)
	}
	get("owner", path+"/audit?cursor=x", 422)
}

// TestAuditPage: the page shows each list, older rows behind a link, what is
// wrong with the chain, and no mark-up of what people wrote.
func TestAuditPage(t *testing.T) {
	t.Parallel()
	st, who, firm := auditedFirm(t)
	s := newSite(t, web.Config{Audit: audit.NewReader(st.AuditLog())}, who, nil)
	path := "/f/" + firm.String() + "/audit"
	get := func(target string, status int) string {
		t.Helper()
		w := s.ask(http.MethodGet, target, nil, "Cookie", "__Host-ls_session=owner", "Accept", "text/html")
		if w.Code != status {
			t.Fatalf("%s: %d %s\n%s", target, w.Code, w.Body, s.log)
		}
		return w.Body.String()
	}
	page := get(path, 200)
	if strings.Contains(page, "<b>\"") || !strings.Contains(page, "because &lt;b&gt;") || strings.Count(page, "entity rename") != 50 {
		t.Errorf("changes:\n%s", page)
	}
	_, older, _ := strings.Cut(page, "?cursor=")
	older, _, _ = strings.Cut(older, `"`)
	if n := strings.Count(get(path+"?cursor="+older, 200), "entity rename"); n != 10 {
		t.Errorf("%d older changes", n)
	}
	if n := strings.Count(get(path+"?show=people", 200), "member add"); n != 1 {
		t.Errorf("%d changes of people", n)
	}
	if n := strings.Count(get(path+"?show=events", 200), "<td>export</td>"); n != 50 {
		t.Errorf("%d events", n)
	}
	get("/audit/checkpoint", 404)
	if _, err := st.Verify(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	if note := get("/audit/checkpoint", 200); !strings.HasPrefix(note, "ledgersys/") || !strings.Contains(note, "\n— ledgersys/") {
		t.Errorf("checkpoint:\n%s", note)
	}
	if page := get(path, 200); !strings.Contains(page, "Verified") {
		t.Error("the page does not say that the chain was verified")
	}
}

// broken is an audit log whose last verification found something.
type broken struct{ *audit.Reader }

func (broken) Finding(context.Context, tenant.Scope) (*audit.Finding, time.Time, error) {
	return &audit.Finding{Seq: 7, What: "it was changed"}, time.Now(), nil
}

// TestAuditBanner: every page of a firm whose chain does not verify says so.
func TestAuditBanner(t *testing.T) {
	t.Parallel()
	st, who, firm := auditedFirm(t)
	s := newSite(t, web.Config{Audit: broken{audit.NewReader(st.AuditLog())}}, who, nil)
	w := s.ask(http.MethodGet, "/f/"+firm.String()+"/audit", nil, "Cookie", "__Host-ls_session=owner", "Accept", "text/html")
	if body := w.Body.String(); w.Code != 200 || !strings.Contains(body, "does not verify") || !strings.Contains(body, "Entry 7: it was changed.") {
		t.Errorf("%d %s", w.Code, body)
	}
}
