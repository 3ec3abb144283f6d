package cli

import (
	"testing"

	"github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// TestEntitled: a mail goes to those whose role has the right as the owner
// edited it, not as the table has it.
func TestEntitled(t *testing.T) {
	t.Parallel()
	var roles []firm.Role
	var members []firm.Member
	for _, r := range tenant.Roles() {
		roles = append(roles, firm.Role{Role: r, Rights: tenant.DefaultRights(r)})
		members = append(members, firm.Member{Role: r})
	}
	right := tenant.Need(tenant.BillingArea, tenant.Edit)
	who := func() map[tenant.Role]bool {
		got := make(map[tenant.Role]bool)
		for _, m := range entitled(members, roles, right) {
			got[m.Role] = true
		}
		return got
	}
	before := who()
	if !before[tenant.Owner] {
		t.Error("the owner hears nothing")
	}
	for i := range roles {
		r := &roles[i]
		if r.Role == tenant.Owner {
			continue
		}
		r.Rights, r.Edited = tenant.Rights{}, true
		if !before[r.Role] {
			r.Rights[tenant.BillingArea] = tenant.Edit
		}
	}
	for i, r := range tenant.Roles() {
		if got := who(); i > 0 && got[r] == before[r] {
			t.Errorf("%s hears %v, as before it was edited", r, got[r])
		}
	}
	members = append(members, firm.Member{Role: "gone"})
	if got := entitled(members, roles, right); got[len(got)-1].Role == "gone" {
		t.Error("a role that is not there hears of it")
	}
}
