package journey_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestMassExport: files that leave are on record, and whoever takes more of
// them than anybody needs is signed out.
func TestMassExport(t *testing.T) {
	t.Parallel()
	in := start(t)
	owner := in.setUp()
	firm, _ := owner.book()
	left := 0
	for range 200 {
		a := owner.get("/f/" + firm + "/audit/export")
		if a.StatusCode != http.StatusOK {
			if a.StatusCode != http.StatusTooManyRequests || !strings.Contains(a.body, "mass_export") && !strings.Contains(a.body, "Too much was downloaded") {
				t.Fatalf("after %d files: %d %s", left, a.StatusCode, a.body)
			}
			break
		}
		left++
	}
	if left != 150 {
		t.Errorf("%d files left within an hour", left)
	}
	if a := owner.get("/account/security"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("the session goes on: %d", a.StatusCode)
	}
	again := in.signIn(adaMail, adaPass)
	a := again.api(http.MethodGet, "/api/v1/firms/"+firm+"/security-events?limit=200", "")
	if n := strings.Count(a.body, `"kind":"export"`); n != left {
		t.Errorf("%d of %d are on record: %d", n, left, a.StatusCode)
	}
	if !strings.Contains(a.body, "session_revoked_suspicious") {
		t.Error("the end of the sessions is not on record")
	}
}
