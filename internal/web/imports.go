package web

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// entityPage is where the pages of an entity's books lie.
const entityPage = "/f/:firm/e/:entity"

// entityPath is the address of the scope's entity.
func entityPath(ctx context.Context) string {
	s := scopeOf(ctx)
	return "/f/" + s.Firm().String() + "/e/" + s.Entity().String()
}

// book answers with a page of the product that says more about its frame.
func (s *Site) book(c echo.Context, title string, frame func(*ui.Page), content templ.Component) error {
	return s.bookStatus(c, http.StatusOK, title, frame, content)
}

func (s *Site) bookStatus(c echo.Context, status int, title string, frame func(*ui.Page), content templ.Component) error {
	p := s.frame(c, title)
	if err := s.dress(c, &p); err != nil {
		return err
	}
	if frame != nil {
		frame(&p)
	}
	return render(c, status, ui.Shell(p), content)
}

// importPages registers the pages on which data are added.
func (s *Site) importPages(r *router) {
	if s.cfg.Imports == nil {
		return
	}
	view, edit := need(tenant.Records, tenant.View), need(tenant.Records, tenant.Edit)
	r.get(entityPage+"/imports", view, s.importsPage)
	r.post(entityPage+"/imports", edit, s.addFiles, withBody(s.cfg.MaxUpload), withTimeout(uploadTime))
	r.get(entityPage+"/imports/:import", view, s.importPage)
	r.get(entityPage+"/imports/:import/live", view, s.importLive, withTimeout(-1))
	r.post(entityPage+"/imports/:import/start", edit, s.importStart)
	r.post(entityPage+"/imports/:import/revert", edit, s.importRevert, withTimeout(2*time.Minute))
	r.get(entityPage+"/imports/:import/held/:place", view, s.heldPage)
	r.get(entityPage+"/transactions", view, s.transactionsPage)
}

// importsView is the page on which files are dropped.
type importsView struct {
	base   string
	token  string
	edit   bool
	list   []importLine
	next   string
	wrong  formErrors
	upload int64 // MiB
}

// importLine is an import in the list.
type importLine struct {
	href   string
	when   time.Time
	names  string
	rows   int
	state  pill
	events int
	held   int
}

// pill is a state in a word.
type pill struct{ kind, text string }

func statePill(m *intake.Import) pill {
	switch m.State {
	case intake.Staged:
		return pill{"warn", "! waits for you"}
	case intake.Running:
		return pill{"info", "reading"}
	case intake.Done:
		return pill{"gain", "✓ done"}
	case intake.Held:
		return pill{"warn", "! rows held"}
	case intake.Failed:
		return pill{"loss", "! failed"}
	case intake.Reverted:
		return pill{"plain", "reverted"}
	}
	return pill{}
}

// importsOnPage is how many imports a page lists.
const importsOnPage = 25

func (s *Site) importsPage(c echo.Context) error { return s.importsAgain(c, formErrors{}) }

// importsAgain draws the page, with what is wrong with files that were sent.
func (s *Site) importsAgain(c echo.Context, wrong formErrors) error {
	ctx := c.Request().Context()
	v := importsView{base: entityPath(ctx), token: s.formToken(c), edit: scopeOf(ctx).May(tenant.Need(tenant.Records, tenant.Edit)), wrong: wrong, upload: s.cfg.MaxUpload >> 20}
	var after tenant.ID
	if err := s.uncursor("imports", scopeOf(ctx), c.QueryParam("cursor"), &after); err != nil {
		return err
	}
	list, err := s.cfg.Imports.List(ctx, scopeOf(ctx), after, importsOnPage+1)
	if err != nil {
		return err
	}
	if len(list) > importsOnPage {
		list = list[:importsOnPage]
		next, err := s.cursor("imports", scopeOf(ctx), list[importsOnPage-1].ID)
		if err != nil {
			return err
		}
		v.next = v.base + "/imports?cursor=" + *next
	}
	for i := range list {
		v.list = append(v.list, newImportLine(v.base, &list[i]))
	}
	return s.bookStatus(c, wrong.code(), "Add data", nil, importsList(v))
}

func newImportLine(base string, m *intake.Import) importLine {
	l := importLine{href: base + "/imports/" + m.ID.String(), when: m.Created, rows: m.Rows(), state: statePill(m)}
	var names []string
	for i := range m.Sources {
		names = append(names, m.Sources[i].Name)
		l.events += m.Sources[i].Events
		l.held += m.Sources[i].Held
	}
	l.names = several(names, 3)
	return l
}

// addFiles takes the files of the form; they wait for a person's word.
func (s *Site) addFiles(c echo.Context) error {
	m, err := s.upload(c, intake.Order{Review: true})
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		for i := range wrong.fields {
			wrong.fields[i].Field = "file"
		}
		return s.importsAgain(c, wrong)
	}
	return see(c, entityPath(c.Request().Context())+"/imports/"+m.ID.String())
}

// importShown is the page of one import.
type importShown struct {
	base   string // of the entity
	self   string
	token  string
	edit   bool
	state  intake.State
	pill   pill
	when   time.Time
	reason string
	files  []fileShown
	asks   bool // some file needs a zone
	stored int
	rows   int
	zone   string // chosen
	acct   string
}

func (v *importShown) done() bool { return v.state != intake.Running }

// fileShown is one file of an import.
type fileShown struct {
	intake.Source
	asks   bool
	cover  coverage
	held   []intake.HeldRow
	more   string // where the other held rows are
	period string
}

// heldShown is how many held rows the page of an import shows of each file.
const heldShown = 20

// shown gathers what the page of an import shows.
func (s *Site) shown(ctx context.Context, c echo.Context) (v importShown, err error) {
	id, err := importID(c.Param("import"))
	if err != nil {
		return v, err
	}
	m, err := s.cfg.Imports.Find(ctx, scopeOf(ctx), id)
	if err != nil {
		return v, err
	}
	v = importShown{
		base: entityPath(ctx), token: s.formToken(c), edit: scopeOf(ctx).May(tenant.Need(tenant.Records, tenant.Edit)),
		state: m.State, pill: statePill(m), when: m.Created, reason: m.Failure, stored: m.Stored, rows: m.Rows(),
		zone: strings.Join(m.Choice.TZ, ", "), acct: strings.Join(m.Choice.Account, ", "),
	}
	v.self = v.base + "/imports/" + id.String()
	for i := range m.Sources {
		f := fileShown{Source: m.Sources[i], asks: m.Sources[i].ZoneFrom == intake.ZoneUnknown && m.Sources[i].Held > 0, cover: cover(m.Sources[i].Name, m.Sources[i].Months)}
		if f.From != nil && f.To != nil {
			f.period = day(*f.From) + " – " + day(*f.To)
		}
		if f.held, err = s.cfg.Imports.HeldRows(ctx, scopeOf(ctx), f.Source, 0, heldShown); err != nil {
			return v, err
		}
		if f.Held > len(f.held) {
			f.more = fmt.Sprintf("%s/held/%d", v.self, i)
		}
		v.asks = v.asks || f.asks
		v.files = append(v.files, f)
	}
	return v, nil
}

// day writes the date of a time for people.
func day(rfc3339 string) string {
	t, err := time.Parse(time.RFC3339, rfc3339)
	if err != nil {
		return rfc3339
	}
	return t.Format("2 Jan 2006")
}

func (s *Site) importPage(c echo.Context) error {
	v, err := s.shown(c.Request().Context(), c)
	if err != nil {
		return err
	}
	return s.drawImport(c, v, formErrors{})
}

func (s *Site) drawImport(c echo.Context, v importShown, wrong formErrors) error {
	return s.bookStatus(c, wrong.code(), v.title(), func(p *ui.Page) {
		if !v.done() {
			p.Refresh = 2
		}
	}, importSheet(v, wrong))
}

// title says what the page is about.
func (v *importShown) title() string {
	switch v.state {
	case intake.Staged:
		return "Import check"
	case intake.Running:
		return "Reading " + ui.Counted(len(v.files), "file", "files")
	default:
		return "Import of " + v.when.Format("2 Jan 2006")
	}
}

// sub is the sentence below the title.
func (v *importShown) sub() string {
	files := ui.Counted(len(v.files), "file", "files") + ", " + ui.Counted(v.rows, "row", "rows")
	switch v.state {
	case intake.Staged:
		return files + ". Nothing counts yet."
	case intake.Running:
		return files + ". You may leave this page; reading goes on."
	case intake.Reverted:
		return files + ". It was reverted: nothing of it counts, and the same files may come again."
	case intake.Failed:
		return files + ". Nothing of it counts."
	default:
		return files + "."
	}
}

// importLive streams the part of the page that changes while rows are read.
func (s *Site) importLive(c echo.Context) error {
	return s.live(c, func(ctx context.Context) (templ.Component, bool, error) {
		v, err := s.shown(ctx, c)
		return importProgress(v), v.done(), err //nolint:contextcheck // a component gets it when it is drawn
	})
}

// importStart answers the questions of an import, or reads it again.
func (s *Site) importStart(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := importID(c.Param("import"))
	if err != nil {
		return err
	}
	zone := value(c, "tz")
	if zone == "other" || zone == "" {
		zone = value(c, "zone")
	}
	_, err = s.cfg.Imports.Start(ctx, scopeOf(ctx), id, intake.Choice{TZ: given(zone), Account: given(value(c, "account"))})
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		v, err := s.shown(c.Request().Context(), c)
		if err != nil {
			return err
		}
		return s.drawImport(c, v, wrong)
	}
	return see(c, entityPath(ctx)+"/imports/"+id.String())
}

// importRevert takes an import back.
func (s *Site) importRevert(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := importID(c.Param("import"))
	if err != nil {
		return err
	}
	if value(c, "confirm") != revertWord && value(c, "discard") == "" {
		return fault.New(fault.Invalid, nil, "Type the word %s to revert the import.", revertWord)
	}
	m, err := s.cfg.Imports.Revert(ctx, scopeOf(ctx), id)
	if err != nil {
		return err
	}
	s.notice(c, "", "Reverted. "+ui.Counted(m.Rows(), "row", "rows")+" count no more.")
	return see(c, entityPath(ctx)+"/imports")
}

// revertWord is typed before an import is reverted.
const revertWord = "revert"

// heldView is a page of held rows.
type heldView struct {
	back, name string
	rows       []intake.HeldRow
	total      int
	next       string
}

// heldOnPage is how many held rows one page lists.
const heldOnPage = 200

// heldPage lists all held rows of a file.
func (s *Site) heldPage(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := importID(c.Param("import"))
	if err != nil {
		return err
	}
	m, err := s.cfg.Imports.Find(ctx, scopeOf(ctx), id)
	if err != nil {
		return err
	}
	place, err := strconv.Atoi(c.Param("place"))
	if err != nil || place < 0 || place >= len(m.Sources) {
		return notFound(err)
	}
	var from int
	if err := s.uncursor("held", scopeOf(ctx), c.QueryParam("cursor"), &from); err != nil {
		return err
	}
	src := m.Sources[place]
	v := heldView{back: entityPath(ctx) + "/imports/" + id.String(), name: src.Name, total: src.Held}
	if v.rows, err = s.cfg.Imports.HeldRows(ctx, scopeOf(ctx), src, from, heldOnPage+1); err != nil {
		return err
	}
	if len(v.rows) > heldOnPage {
		v.rows = v.rows[:heldOnPage]
		next, err := s.cursor("held", scopeOf(ctx), from+heldOnPage)
		if err != nil {
			return err
		}
		v.next = fmt.Sprintf("%s/held/%d?cursor=%s", v.back, place, *next)
	}
	return s.book(c, "Held rows", nil, heldList(v))
}

// known lists the accounts and assets of the sources that count, for filters.
func known(sources []intake.Source) (accounts, assets []string) {
	for i := range sources {
		accounts, assets = append(accounts, sources[i].Accounts...), append(assets, sources[i].Assets...)
	}
	slices.Sort(accounts)
	slices.Sort(assets)
	return slices.Compact(accounts), slices.Compact(assets)
}

// zoneText says in which zone the times of a source were read and who knew it.
func zoneText(src intake.Source) string {
	switch src.ZoneFrom {
	case intake.ZoneFile:
		return "stated in the file"
	case intake.ZoneSource:
		return src.Zone + ", as the exchange states"
	case intake.ZoneChosen:
		return src.Zone + ", as you said"
	case intake.ZoneUnknown:
	}
	return "not known; times without one are held"
}

func sortedKeys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }
