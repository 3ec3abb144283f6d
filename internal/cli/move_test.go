package cli_test

import (
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// TestMoveVerb: an operator moves an installation to PostgreSQL with three
// commands, and every one of them says what is missing before.
func TestMoveVerb(t *testing.T) {
	t.Parallel()
	dir, _ := books(t)
	service, owner := testkit.SharedPostgres(t).NewDatabase(t)
	env := []string{"LEDGERSYS_DATABASE_URL=" + service}
	for _, step := range []struct {
		name string
		env  []string
		args []string
		code int
		out  string
	}{
		{"without_address", nil, []string{"admin", "move", "--to", "postgres"}, 2, ""},
		{"without_schema", env, []string{"admin", "move", "--to", "postgres"}, 1, ""},
		{"without_owner", env, []string{"migrate"}, 2, ""},
		{"migrate", append(env, "LEDGERSYS_DATABASE_OWNER_URL="+owner), []string{"migrate"}, 0, ""},
		{"elsewhere", env, []string{"admin", "move", "--to", "oracle"}, 2, ""},
		{"move", env, []string{"admin", "move", "--to", "postgres"}, 0, "all audit chains verify there"},
		{"again", env, []string{"admin", "move", "--to", "postgres"}, 1, ""},
		{"verify", env, []string{"audit", "verify"}, 0, "ok n=4 chains=2"},
		{"where_it_was", nil, []string{"audit", "verify"}, 1, ""},
	} {
		code, out, errs := finished(t, dir, step.env, append(step.args, "--data-dir", dir)...)
		if code != step.code || !strings.Contains(out, step.out) {
			t.Fatalf("%s: exit %d\n%s%s", step.name, code, out, errs)
		}
	}
}
