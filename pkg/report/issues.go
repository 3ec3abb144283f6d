package report

import (
	"cmp"
	"io"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// examples is how many issues of one kind a summary shows.
const examples = 3

// group is issues of one code and severity, in the order of the return.
type group struct {
	code     string
	severity tax.Severity
	list     []*tax.Issue
}

// groupsOf sorts issues into groups, the gravest first, then by code.
func groupsOf(issues []tax.Issue) []group {
	type kind struct {
		code     string
		severity tax.Severity
	}
	index := make(map[kind]int)
	var groups []group
	for i := range issues {
		is := &issues[i]
		k := kind{is.Code, is.Severity}
		at, ok := index[k]
		if !ok {
			at = len(groups)
			index[k] = at
			groups = append(groups, group{code: is.Code, severity: is.Severity})
		}
		groups[at].list = append(groups[at].list, is)
	}
	slices.SortFunc(groups, func(a, b group) int {
		return cmp.Or(cmp.Compare(b.severity, a.severity), strings.Compare(a.code, b.code))
	})
	return groups
}

// WriteIssues writes the issues of a view as a summary shows them: grouped, the
// gravest first, with what to do about them; nothing if there are none.
func WriteIssues(w io.Writer, v View, t Terminal) error {
	p := newPage(w, t)
	if len(v.Issues) > 0 {
		p.issues(v)
	}
	return p.close()
}

// issues writes each group with its first issues and what to do next.
func (p *page) issues(v View) {
	groups := groupsOf(v.Issues)
	p.heading(counted(len(v.Issues), "issue") + stake(v.Issues, v.Return.Currency))
	heads := make([][]cell, len(groups))
	for i, g := range groups {
		title, _ := advice(g.code)
		heads[i] = []cell{{g.severity.String(), severityLook(g.severity)}, {g.code, normal}, {count(len(g.list)), normal}, {title, bold}}
	}
	p.columns(2, "llrl", heads)
	for _, g := range groups {
		p.group(v, g)
	}
}

// group writes the first issues of a group with their places.
func (p *page) group(v View, g group) {
	p.line()
	p.pad(2)
	p.paint(severityLook(g.severity), g.code)
	p.line()
	for _, is := range g.list[:min(examples, len(g.list))] {
		at := ""
		if is.Event != tax.NoEvent {
			if b := appendPlace(nil, v.Return.Book, is.Event); len(b) > 0 {
				at = string(b) + ": "
			}
		}
		p.fill(4, at+is.Message)
	}
	if more := len(g.list) - examples; more > 0 {
		p.fill(4, "and "+count(more)+" more; --json lists them all")
	}
	if _, next := advice(g.code); next != "" {
		p.fill(4, "Next: "+next)
	}
}

// severityLook returns the look of a grade.
func severityLook(s tax.Severity) string {
	switch s {
	case tax.Error:
		return red
	case tax.Warning:
		return yellow
	default:
		return blue
	}
}

// stake says how much taxable gain issues may move, if it is known.
func stake(issues []tax.Issue, currency string) string {
	var low, high money.Amount
	known := false
	for i := range issues {
		if is := &issues[i]; is.Stake {
			known = true
			low, high = low.Add(is.Low), high.Add(is.High)
		}
	}
	switch {
	case !known:
		return ""
	case low.Equal(high):
		return ", " + fiat(high) + " " + currency + " of taxable gain at stake"
	}
	return ", " + fiat(low) + " to " + fiat(high) + " " + currency + " of taxable gain at stake"
}
