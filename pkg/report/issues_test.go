package report

import (
	"io"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

func TestManyIssuesOfOneCodeAreCountedNotListed(t *testing.T) {
	t.Parallel()
	v := fixtureView(t, "us", "")
	for range 1200 {
		v.Issues = append(v.Issues, tax.Issue{Code: "price.missing", Severity: tax.Error, Event: 8, Message: "again"})
	}
	text := written(t, func(w io.Writer) error { return WriteIssues(w, v, Terminal{}) })
	for _, want := range []string{"error    price.missing      1,202  No value known\n", "    and 1,199 more; --json lists them all\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if n := strings.Count(text, "again"); n != 1 {
		t.Errorf("%d of the later issues are shown, want 1", n)
	}
}

func TestOneCodeWithTwoSeveritiesIsTwoGroups(t *testing.T) {
	t.Parallel()
	groups := groupsOf([]tax.Issue{
		{Code: "b", Severity: tax.Info},
		{Code: "basis.missing", Severity: tax.Warning},
		{Code: "a", Severity: tax.Info},
		{Code: "basis.missing", Severity: tax.Error},
	})
	var got []string
	for _, g := range groups {
		got = append(got, g.severity.String()+" "+g.code)
	}
	if want := "error basis.missing, warning basis.missing, info a, info b"; strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestStake(t *testing.T) {
	t.Parallel()
	issue := func(low, high string) tax.Issue { return tax.Issue{Stake: true, Low: m(low), High: m(high)} }
	for _, c := range []struct {
		name string
		list []tax.Issue
		want string
	}{
		{"unknown_is_not_said", []tax.Issue{{}}, ""},
		{"one_figure", []tax.Issue{issue("4206", "4206"), {}}, ", 4,206.00 USD of taxable gain at stake"},
		{"bounds_add_up", []tax.Issue{issue("-10", "4000"), issue("0", "206")}, ", -10.00 to 4,206.00 USD of taxable gain at stake"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := stake(c.list, "USD"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
