package web

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// linkPages registers the pages of linked accounts.
func (s *Site) linkPages(r *router) {
	if s.cfg.Links == nil {
		return
	}
	const at = entityPage + "/connections"
	view, edit := need(tenant.Connections, tenant.View), need(tenant.Connections, tenant.Edit)
	r.get(at, view, s.linksPage)
	r.get(at+"/add/:exchange", edit, s.addLinkPage)
	r.post(at+"/add/:exchange", edit, s.addLink, costly(), withTimeout(linkTime), withKey("secret"))
	r.get(at+"/:connection", view, s.linkPage)
	r.get(at+"/:connection/live", view, s.linkLive, withTimeout(-1))
	r.get(at+"/:connection/runs", view, s.linkRunsPage)
	r.post(at+"/:connection/sync", edit, s.linkSync)
	r.post(at+"/:connection/pause", edit, s.linkPause)
	r.post(at+"/:connection/settings", edit, s.linkSettings)
	r.get(at+"/:connection/key", edit, s.linkKeyPage)
	r.post(at+"/:connection/key", edit, s.linkKey, costly(), withTimeout(linkTime), withKey("secret"))
	r.post(at+"/:connection/delete", edit, s.linkDelete)
}

// mayLink reports whether the person may change linked accounts.
func mayLink(ctx context.Context) bool {
	return scopeOf(ctx).May(tenant.Need(tenant.Connections, tenant.Edit))
}

// linkLine is a link in a list.
type linkLine struct {
	href, label, title, last4 string
	state                     pill
	run                       string // how the last run went
	at, next                  time.Time
	rest                      string // why there is no next run
	stale                     int    // days
	proof                     pill
}

// linksView is the list of linked accounts.
type linksView struct {
	base    string
	edit    bool
	list    []linkLine
	offers  []*exchange.Exchange
	wallets bool
	uploads bool
}

// linksPage serves GET …/connections.
func (s *Site) linksPage(c echo.Context) error {
	ctx := c.Request().Context()
	v := linksView{base: entityPath(ctx), edit: mayLink(ctx), offers: s.cfg.Links.Offered(), wallets: s.cfg.Wallets != nil, uploads: s.cfg.Imports != nil}
	var err error
	if v.list, err = s.linkLines(ctx); err != nil {
		return err
	}
	return s.book(c, "Linked accounts", nil, linksSheet(v))
}

// linkLines are the links of the scope's entity as lists show them.
func (s *Site) linkLines(ctx context.Context) ([]linkLine, error) {
	all, err := s.cfg.Links.List(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	lapsed, err := s.cfg.Links.Lapsed(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	lines := make([]linkLine, 0, len(all))
	for i := range all {
		runs, err := s.cfg.Links.Runs(ctx, scopeOf(ctx), all[i].ID, 1)
		if err != nil {
			return nil, err
		}
		lines = append(lines, s.newLinkLine(entityPath(ctx), &all[i], runs, lapsed))
	}
	return lines, nil
}

func (s *Site) newLinkLine(base string, l *link.Link, runs []link.Run, lapsed bool) linkLine {
	line := linkLine{
		href: base + "/connections/" + l.ID.String(), label: l.Label, title: s.exchangeTitle(l.Exchange), last4: l.Last4, state: linkPill(l.State),
		next: l.NextRun(lapsed), rest: restWords(l.Rests(lapsed)), stale: l.Stale(s.cfg.Clock(), lapsed),
		proof: proofPill(l), run: "never fetched",
	}
	if len(runs) > 0 {
		line.run, line.at = runWords(&runs[0]), cmp.Or(runs[0].Ended, runs[0].Started)
	}
	return line
}

// exchangeTitle is the name of an exchange for people.
func (s *Site) exchangeTitle(name string) string {
	x, err := s.cfg.Links.Exchange(name)
	if err != nil {
		return name // it cannot be linked any more
	}
	return x.Title
}

// linkForm is the page on which a key is given, for a new link or in the place
// of another key.
type linkForm struct {
	base   string
	action string
	token  string
	x      *exchange.Exchange
	guide  guide
	bind   string // the addresses to bind the key to; "" if they are not fixed
	wrong  formErrors
	much   []ui.Wrong // the rights that a refused key has too many
	oauth  bool

	label, key, schedule string
	stated               bool

	old *link.Link // whose key is replaced
}

// addLinkPage serves GET …/connections/add/:exchange.
func (s *Site) addLinkPage(c echo.Context) error {
	v, err := s.newLinkForm(c)
	if err != nil {
		return err
	}
	return s.drawLinkForm(c, v)
}

// addresses are those that calls come from, as exchanges take them.
func (s *Site) addresses() string {
	list := make([]string, len(s.cfg.Addresses))
	for i, p := range s.cfg.Addresses {
		if list[i] = p.String(); p.IsSingleIP() {
			list[i] = p.Addr().String()
		}
	}
	return strings.Join(list, " ")
}

// newLinkForm is the empty form of the exchange that the address names.
func (s *Site) newLinkForm(c echo.Context) (v linkForm, err error) {
	name := c.Param("exchange")
	x, err := s.cfg.Links.Exchange(name)
	if err != nil {
		return v, notFound(err)
	}
	base := entityPath(c.Request().Context())
	return linkForm{
		base: base, action: base + "/connections/add/" + name, token: s.formToken(c), x: x, guide: guides()[name], bind: s.addresses(), label: x.Title, schedule: link.Daily,
		oauth: x.Form.OAuth && s.cfg.Consents != nil,
	}, nil
}

func (s *Site) drawLinkForm(c echo.Context, v linkForm) error {
	title := "Link " + v.x.Title
	if v.old != nil {
		title = "New key for " + v.old.Label
	}
	return s.bookStatus(c, v.wrong.code(), title, nil, linkFormSheet(v, title))
}

// addLink serves POST …/connections/add/:exchange: the exchange is asked what
// the key may do, and only one that reads is kept.
func (s *Site) addLink(c echo.Context) error {
	v, err := s.newLinkForm(c)
	if err != nil {
		return err
	}
	v.fill(c)
	ctx := c.Request().Context()
	l, err := s.cfg.Links.Create(ctx, scopeOf(ctx), link.Request{
		Exchange: v.x.Name, Label: v.label, Key: credentials(v.key, secretText(c), c.Request().PostFormValue("passphrase")), Schedule: v.schedule, Stated: v.stated,
	})
	if err != nil {
		return s.refusedKey(c, v, err)
	}
	word := "The key can only read. It is kept encrypted, and the first sync has begun."
	if v.x.Silent {
		word = "Linked on your word that the key only reads. The first sync has begun."
	}
	s.notice(c, "gain", word)
	return see(c, v.base+"/connections/"+l.ID.String())
}

// fill takes what was written into the form; a secret is never shown again.
func (v *linkForm) fill(c echo.Context) {
	v.key, v.stated = value(c, "key"), value(c, "stated") != ""
	v.label = cmp.Or(value(c, "label"), v.label)
	v.schedule = cmp.Or(value(c, "cron"), value(c, "schedule"))
}

// secretText is the secret of a form. Keys that are PEM files come with line
// ends.
func secretText(c echo.Context) string { return value(c, "secret") }

// refusedKey shows the form again with what is wrong with a key.
func (s *Site) refusedKey(c echo.Context, v linkForm, err error) error {
	wrong, ok := wrongForm(c, err)
	if !ok {
		return err
	}
	f := fault.Of(err)
	if f.Code == "key_not_read_only" {
		v.much, wrong.fields = wrong.fields, nil
	}
	field := map[string]string{
		"key_missing": "key", "key_rejected": "key", "key_cannot_read": "key", "rights_unknown": "key", "key_not_read_only": "key",
		"passphrase_missing": "passphrase", "statement_required": "stated", "bad_label": "label", "label_taken": "label", "bad_schedule": "schedule",
	}[f.Code]
	if field != "" {
		wrong.fields = append(wrong.fields, ui.Wrong{Field: field, Text: shortRefusal(f.Code)})
	}
	if f.Code == "private_key_refused" {
		v.key, v.label = "", v.x.Title // nothing of it comes back
	}
	v.wrong = wrong
	return s.drawLinkForm(c, v)
}

// shortRefusal says at a field what is wrong with it; the whole stands above.
func shortRefusal(code string) string {
	switch code {
	case "key_missing":
		return "Key and secret are both needed."
	case "key_not_read_only":
		return "Make a new key that only reads, and give that."
	case "key_rejected":
		return "The exchange does not accept this key."
	case "key_cannot_read", "rights_unknown":
		return "Make a key as the picture shows."
	case "passphrase_missing":
		return "The passphrase is missing."
	case "statement_required":
		return "State that the key can only read, after checking it."
	case "label_taken":
		return "Another link has this name."
	case "bad_schedule":
		return "Choose one of the list, or five fields of cron."
	default:
		return "This name cannot be used."
	}
}

// linkKeyPage serves GET …/connections/:connection/key.
func (s *Site) linkKeyPage(c echo.Context) error {
	v, err := s.newKeyForm(c)
	if err != nil {
		return err
	}
	return s.drawLinkForm(c, v)
}

// newKeyForm is the form for another key of a link.
func (s *Site) newKeyForm(c echo.Context) (v linkForm, err error) {
	l, _, err := s.foundLink(c)
	if err != nil {
		return v, err
	}
	x, err := s.cfg.Links.Exchange(l.Exchange)
	if err != nil {
		return v, err
	}
	base := entityPath(c.Request().Context())
	return linkForm{
		base: base, action: base + "/connections/" + l.ID.String() + "/key", token: s.formToken(c), x: x, guide: guides()[l.Exchange], bind: s.addresses(), label: l.Label, old: l,
	}, nil
}

// linkKey serves POST …/connections/:connection/key.
func (s *Site) linkKey(c echo.Context) error {
	v, err := s.newKeyForm(c)
	if err != nil {
		return err
	}
	v.key, v.stated = value(c, "key"), value(c, "stated") != ""
	key := credentials(v.key, secretText(c), c.Request().PostFormValue("passphrase"))
	ctx := c.Request().Context()
	if _, err := s.cfg.Links.Change(ctx, scopeOf(ctx), v.old.ID, link.Change{Key: &key, Stated: v.stated}); err != nil {
		return s.refusedKey(c, v, err)
	}
	s.notice(c, "gain", "The new key is in place and the old one destroyed. Fetching goes on where it stood.")
	return see(c, v.base+"/connections/"+v.old.ID.String())
}

// foundLink is the link that the address names, with its last run.
func (s *Site) foundLink(c echo.Context) (*link.Link, *link.Run, error) {
	in := linkPath{ID: c.Param("connection")}
	id, err := in.id()
	if err != nil {
		return nil, nil, err
	}
	ctx := c.Request().Context()
	return s.cfg.Links.Find(ctx, scopeOf(ctx), id)
}

// linkDelete serves POST …/connections/:connection/delete.
func (s *Site) linkDelete(c echo.Context) error {
	l, _, err := s.foundLink(c)
	if err != nil {
		return err
	}
	if value(c, "confirm") != deleteWord {
		return fault.New(fault.Invalid, nil, "Type the word %s to end the link.", deleteWord)
	}
	ctx := c.Request().Context()
	if err := s.cfg.Links.Delete(ctx, scopeOf(ctx), l.ID); err != nil {
		return err
	}
	s.notice(c, "", "The link has ended and its key is destroyed. Delete the key at "+s.exchangeTitle(l.Exchange)+" too.")
	return see(c, entityPath(ctx)+"/connections")
}

// deleteWord is typed before a link or a wallet is ended.
const deleteWord = "delete"

// linkDone ends a form of a link.
func (s *Site) linkDone(c echo.Context, l *link.Link, err error, word string) error {
	if err != nil {
		wrong, ok := wrongForm(c, err)
		if !ok {
			return err
		}
		return s.drawLink(c, wrong)
	}
	s.notice(c, "", word)
	return see(c, entityPath(c.Request().Context())+"/connections/"+l.ID.String())
}

// linkSync serves POST …/connections/:connection/sync.
func (s *Site) linkSync(c echo.Context) error {
	l, _, err := s.foundLink(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	_, err = s.cfg.Links.Sync(ctx, scopeOf(ctx), l.ID)
	return s.linkDone(c, l, err, "Fetching.")
}

// linkPause serves POST …/connections/:connection/pause: it pauses, or resumes.
func (s *Site) linkPause(c echo.Context) error {
	l, _, err := s.foundLink(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	pause := value(c, "paused") == "yes"
	if _, err = s.cfg.Links.Change(ctx, scopeOf(ctx), l.ID, link.Change{Paused: &pause}); err != nil {
		return s.linkDone(c, l, err, "")
	}
	if pause {
		return s.linkDone(c, l, nil, "Paused. What was fetched stays; a run under way stops after its page.")
	}
	_, err = s.cfg.Links.Sync(ctx, scopeOf(ctx), l.ID)
	return s.linkDone(c, l, err, "Resumed where it stood.")
}

// linkSettings serves POST …/connections/:connection/settings.
func (s *Site) linkSettings(c echo.Context) error {
	l, _, err := s.foundLink(c)
	if err != nil {
		return err
	}
	label, schedule := value(c, "label"), value(c, "schedule")
	if schedule == ownSchedule {
		schedule = value(c, "cron")
	}
	change := link.Change{}
	if label != l.Label {
		change.Label = &label
	}
	if schedule != l.Schedule {
		change.Schedule = &schedule
	}
	ctx := c.Request().Context()
	_, err = s.cfg.Links.Change(ctx, scopeOf(ctx), l.ID, change)
	return s.linkDone(c, l, err, "Saved.")
}

// ownSchedule is the choice of a schedule in the words of cron.
const ownSchedule = "cron"

// linkRunsPage serves GET …/connections/:connection/runs.
func (s *Site) linkRunsPage(c echo.Context) error {
	l, _, err := s.foundLink(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	const most = 200
	runs, err := s.cfg.Links.Runs(ctx, scopeOf(ctx), l.ID, most)
	if err != nil {
		return err
	}
	return s.book(c, "Runs of "+l.Label, nil, linkRunsSheet(entityPath(ctx)+"/connections/"+l.ID.String(), l.Label, newRunLines(runs)))
}
