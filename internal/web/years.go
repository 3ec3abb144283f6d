package web

import (
	"context"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/filing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// yearPages registers the overview and the pages of tax years.
func (s *Site) yearPages(r *router) {
	if s.cfg.Years == nil || s.cfg.Imports == nil {
		return
	}
	r.get(entityPage, need(tenant.Records, tenant.View), s.overviewPage, withTimeout(computeTime))
	r.get(entityPage+"/reports", need(tenant.Reporting, tenant.View), s.reportsPage, withTimeout(computeTime))
	r.get(entityPage+"/reports/:year", need(tenant.Reporting, tenant.View), s.yearPage, withTimeout(computeTime))
	r.get(entityPage+"/reports/:year/pack.zip", need(tenant.Exports, tenant.View), s.sendPack, withTimeout(computeTime))
	r.get(entityPage+"/reports/:year/result.json", need(tenant.Reporting, tenant.View), func(c echo.Context) error {
		d, err := s.cfg.Years.Result(c.Request().Context(), scopeOf(c.Request().Context()), c.Param("year"))
		if err == nil {
			c.Response().Header().Set(echo.HeaderContentDisposition, `attachment; filename="result.json"`)
		}
		return sendFile(c, d, err)
	}, withTimeout(computeTime))
	r.get(entityPage+"/reports/:year/:file", need(tenant.Exports, tenant.View), s.sendForm, withTimeout(computeTime))
}

// summary returns the summary of a year and, for settings that do not compute,
// the words to show instead.
func (s *Site) summary(ctx context.Context, year string) (sum filing.Summary, wrong string, err error) {
	sum, err = s.cfg.Years.Summary(ctx, scopeOf(ctx), year)
	if f := fault.Of(err); err != nil && f.Kind == fault.Invalid {
		return sum, f.Words, nil
	}
	return sum, "", err
}

// reportsPage leads to the last year in which something happened.
func (s *Site) reportsPage(c echo.Context) error {
	ctx := c.Request().Context()
	all, wrong, err := s.summary(ctx, filing.All)
	if err != nil {
		return err
	}
	if wrong != "" || len(all.Years) == 0 {
		return s.book(c, "Reports", nil, reportsEmpty(entityPath(ctx), wrong))
	}
	return see(c, entityPath(ctx)+"/reports/"+all.Years[len(all.Years)-1])
}

// yearView is the page of a tax year.
type yearView struct {
	base   string
	self   string
	sum    filing.Summary
	export bool
	gains  gainsChart
	bars   []holdingBar
	groups []issueGroup
	forms  []formLine
	files  intake.Source // the rows of all sources together
}

// issueGroup is the issues of one kind.
type issueGroup struct {
	title, code string
	pill        pill
	list        []filing.Issue
	more        int
}

// formLine is a form to download.
type formLine struct{ name, about, href string }

// issuesShown is how many issues of one kind a page shows.
const issuesShown = 20

func (s *Site) yearPage(c echo.Context) error {
	ctx := c.Request().Context()
	base := entityPath(ctx)
	sum, wrong, err := s.summary(ctx, c.Param("year"))
	if err != nil {
		return err
	}
	if wrong != "" {
		return s.book(c, "Reports", nil, reportsEmpty(base, wrong))
	}
	v := yearView{
		base: base, self: base + "/reports/" + sum.Label, sum: sum, export: scopeOf(ctx).May(tenant.Need(tenant.Exports, tenant.View)),
		groups: groupsOf(sum.Issues), gains: waterfall("Realised gains by month, "+sum.Label, "month", sum.Currency, wholeWide, byMonth(&sum)),
	}
	if last, err := time.Parse(time.DateOnly, sum.Last); err == nil {
		v.bars = holdingBars(&sum, last)
	}
	for _, f := range sum.Forms {
		v.forms = append(v.forms, formLine{f, formWords(f), v.self + "/" + f})
	}
	for _, src := range sum.Sources {
		v.files.Rows, v.files.Events, v.files.Merged = v.files.Rows+src.Rows, v.files.Events+src.Events, v.files.Merged+src.Merged
		v.files.Duplicate, v.files.Ignored, v.files.Held = v.files.Duplicate+src.Duplicate, v.files.Ignored+src.Ignored, v.files.Held+src.Held
	}
	return s.book(c, sum.Label+" report", yearFrame(base+"/reports/", &sum), yearSheet(v))
}

// yearFrame puts the years into the bar at the top.
func yearFrame(at string, sum *filing.Summary) func(*ui.Page) {
	return func(p *ui.Page) {
		list := sum.Years
		if len(list) > 6 {
			list = list[len(list)-6:]
		}
		for _, y := range list {
			p.Years = append(p.Years, ui.Link{Text: y, Href: at + y, Current: y == sum.Label})
		}
	}
}

// groupsOf puts issues of one kind together; they come with the gravest first.
func groupsOf(list []filing.Issue) []issueGroup {
	var groups []issueGroup
	at := make(map[string]int)
	for _, is := range list {
		key := is.Severity + is.Code
		i, ok := at[key]
		if !ok {
			i, at[key] = len(groups), len(groups)
			groups = append(groups, issueGroup{title: is.Title, code: is.Code, pill: severityPill(is.Severity)})
		}
		if len(groups[i].list) < issuesShown {
			groups[i].list = append(groups[i].list, is)
		} else {
			groups[i].more++
		}
	}
	return groups
}

func severityPill(severity string) pill {
	switch severity {
	case "error":
		return pill{"loss", "! error"}
	case "warning":
		return pill{"warn", "! warning"}
	default:
		return pill{"info", "i info"}
	}
}

// formWords says what a form is.
func formWords(file string) string {
	name, ext, _ := strings.Cut(file, ".")
	if ext == "txf" {
		return "for desktop software; it cannot say the digital-asset boxes"
	}
	switch name {
	case "8949":
		return "Form 8949, sales of capital assets"
	case "schedule-d":
		return "Schedule D, totals"
	case "sa108":
		return "Self Assessment, capital gains summary"
	case "sa108-computation":
		return "computation behind the SA108"
	case "schedule-3":
		return "Schedule 3, capital gains"
	case "anlage-so":
		return "Anlage SO"
	case "itr12":
		return "ITR12"
	case "cgt":
		return "capital gains schedule"
	case "form-11":
		return "Form 11, capital gains"
	case "schedule-vda":
		return "Schedule VDA"
	case "gains":
		return "every leg of every disposal"
	case "income":
		return "everything received as income"
	case "holdings":
		return "what is left at the end of the year"
	case "lots":
		return "the lots that are left"
	default:
		return ""
	}
}

// figure returns a figure of a summary by its key.
func figure(sum *filing.Summary, key string) (a money.Amount, ok bool) {
	for _, f := range sum.Figures {
		if f.Key == key && f.Year == sum.Label {
			return f.Amount, true
		}
	}
	return a, false
}

// netOf is the net gain of a year, 0 if nothing was sold.
func netOf(sum *filing.Summary) money.Amount {
	a, _ := figure(sum, "net")
	return a
}

// issueWords counts issues by their gravity.
func issueWords(counts map[string]int) string {
	var parts []string
	for _, k := range [...][3]string{{"error", "error", "errors"}, {"warning", "warning", "warnings"}, {"info", "note", "notes"}} {
		if n := counts[k[0]]; n > 0 {
			parts = append(parts, ui.Counted(n, k[1], k[2]))
		}
	}
	if len(parts) == 0 {
		return "Nothing is in doubt."
	}
	return strings.Join(parts, ", ")
}

// overviewView is the first page of an entity's books.
type overviewView struct {
	base    string
	edit    bool
	sum     filing.Summary // of the last year
	years   gainsChart
	gains   gainsChart
	bars    []holdingBar
	sources []coverage
	links   []linkLine
	linkTo  string // where exchanges are linked; "" for who may not see it
	running bool
	wrong   string
}

func (s *Site) overviewPage(c echo.Context) error {
	ctx := c.Request().Context()
	v := overviewView{base: entityPath(ctx), edit: scopeOf(ctx).May(tenant.Need(tenant.Records, tenant.Edit))}
	_, sources, err := s.cfg.Imports.Book(ctx, scopeOf(ctx))
	if err != nil {
		return err
	}
	recent, err := s.cfg.Imports.List(ctx, scopeOf(ctx), tenant.ID{}, importsOnPage)
	if err != nil {
		return err
	}
	for i := range recent {
		v.running = v.running || recent[i].State == intake.Running
	}
	if len(sources) == 0 && !v.running {
		upload, connect := "", ""
		if v.edit {
			upload = v.base + "/imports"
		}
		if s.cfg.Links != nil && mayLink(ctx) {
			connect = v.base + "/connections"
		}
		return s.book(c, "Overview", nil, overviewEmpty("Overview", "These books are empty.", upload, connect))
	}
	for i := range sources {
		v.sources = append(v.sources, cover(sources[i].Name, sources[i].Months))
	}
	if s.cfg.Links != nil && scopeOf(ctx).May(tenant.Need(tenant.Connections, tenant.View)) {
		if v.links, err = s.linkLines(ctx); err != nil {
			return err
		}
		v.linkTo = v.base + "/connections"
	}
	if err := s.fillOverview(ctx, &v, c.QueryParam("year")); err != nil {
		return err
	}
	return s.book(c, "Overview", func(p *ui.Page) {
		yearFrame(v.base+"?year=", &v.sum)(p)
		if v.running {
			p.Refresh = 3
		}
	}, overviewSheet(v))
}

// fillOverview fills in the figures of all years and of one of them.
func (s *Site) fillOverview(ctx context.Context, v *overviewView, year string) error {
	all, wrong, err := s.summary(ctx, filing.All)
	if err != nil || wrong != "" || len(all.Years) == 0 {
		v.wrong = wrong
		return err
	}
	v.years = waterfall("Realised gains by tax year", "tax year", all.Currency, partWide, byYear(&all))
	if year == "" {
		year = all.Years[len(all.Years)-1]
	}
	if v.sum, v.wrong, err = s.summary(ctx, year); err != nil || v.wrong != "" {
		return err
	}
	v.gains = waterfall("Realised gains by month, "+v.sum.Label, "month", v.sum.Currency, wholeWide, byMonth(&v.sum))
	last, err := time.Parse(time.DateOnly, v.sum.Last)
	v.bars = holdingBars(&v.sum, last)
	return err
}

// methodWords says how a year is computed.
func methodWords(sum *filing.Summary) string {
	var parts []string
	if sum.Method != "" {
		parts = append(parts, methodName(sum.Method))
	}
	return strings.Join(append(parts, "in "+sum.Currency, "tax time zone "+sum.Zone, "rules "+sum.Rules), " · ")
}

// methodName is what a method is called; most are known by their letters.
func methodName(method string) string {
	switch method {
	case "s104":
		return "Section 104 pool"
	case "acb":
		return "Adjusted cost base"
	case "average":
		return "Average cost"
	case "specific":
		return "Specific identification"
	}
	return strings.ToUpper(method)
}

// termWords says how the net gain divides, where the country divides it.
func termWords(sum *filing.Summary) string {
	short, hasShort := figure(sum, "st")
	long, hasLong := figure(sum, "lt")
	if hasShort || hasLong {
		return "Short " + ui.SignedCents(short) + " · Long " + ui.SignedCents(long)
	}
	gains, _ := figure(sum, "gains")
	losses, _ := figure(sum, "losses")
	return "Gains " + ui.Cents(gains) + " · Losses " + ui.Cents(losses)
}

// incomeText is the income of a year; without any it is zero.
func incomeText(sum *filing.Summary) string {
	a, _ := figure(sum, "income")
	return ui.Fiat(a, sum.Currency)
}

func overviewTitle(v overviewView) string {
	if v.sum.Label == "" {
		return "Overview"
	}
	return v.sum.Label + " at a glance"
}
