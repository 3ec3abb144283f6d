package web

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// walletPages registers the pages of watched wallets.
func (s *Site) walletPages(r *router) {
	if s.cfg.Wallets == nil {
		return
	}
	const at = entityPage + "/wallets"
	view, edit := need(tenant.Connections, tenant.View), need(tenant.Connections, tenant.Edit)
	r.get(at, view, s.walletsPage)
	r.get(at+"/add", edit, s.addWalletPage)
	r.post(at+"/check", edit, s.checkWallet, costly())
	r.post(at+"/add", edit, s.addWallet, costly(), withBody(labelsBody))
	r.get(at+"/:wallet", view, s.walletPage)
	r.get(at+"/:wallet/live", view, s.walletLive, withTimeout(-1))
	r.post(at+"/:wallet/sync", edit, s.walletSync)
	r.post(at+"/:wallet/further", edit, s.walletFurther)
	r.post(at+"/:wallet/delete", edit, s.walletDelete)
	r.post(at+"/:wallet/labels", edit, s.takeLabels, withBody(labelsBody))
	r.post(at+"/:wallet/labels/delete", edit, s.dropLabels)
}

// walletsView is the list of watched wallets.
type walletsView struct {
	base string
	edit bool
	list []walletLine
}

// walletLine is a wallet in a list.
type walletLine struct {
	href, label  string
	state        pill
	kind, source string
	transactions int
	balance      money.Amount
	w            *link.Wallet
}

// walletsPage serves GET …/wallets.
func (s *Site) walletsPage(c echo.Context) error {
	ctx := c.Request().Context()
	list, err := s.walletLines(ctx)
	if err != nil {
		return err
	}
	return s.book(c, "Wallets", nil, walletsSheet(walletsView{base: entityPath(ctx), edit: mayLink(ctx), list: list}))
}

func (s *Site) walletLines(ctx context.Context) ([]walletLine, error) {
	all, err := s.cfg.Wallets.List(ctx, scopeOf(ctx))
	if err != nil {
		return nil, err
	}
	list := make([]walletLine, len(all))
	for i := range all {
		list[i] = newWalletLine(entityPath(ctx), &all[i])
	}
	return list, nil
}

func newWalletLine(base string, w *link.Wallet) walletLine {
	return walletLine{
		href: base + "/wallets/" + w.ID.String(), label: w.Label, state: walletPill(w.State), kind: watchWords(w.Kind), source: nodeWords(w.Source),
		transactions: w.Found.Transactions, balance: satoshi(w.Found.Balance), w: w,
	}
}

// satoshi is an amount of bitcoin.
func satoshi(n int64) money.Amount { return money.FromInt(n).Mul(money.MustParse("0.00000001")) }

func walletPill(s link.WalletState) pill {
	switch s {
	case link.WalletDone:
		return pill{"gain", "✓ watched"}
	case link.WalletScanning:
		return pill{"acc", "looking"}
	case link.WalletFailed:
		return pill{"loss", "! not reached"}
	default:
		return pill{"plain", "queued"}
	}
}

func watchWords(k chain.Kind) string {
	switch k {
	case chain.XPub:
		return "extended public key"
	case chain.Descriptor:
		return "descriptor"
	default:
		return "addresses"
	}
}

func nodeWords(n link.NodeKind) string {
	if n == link.Btcd {
		return "btcd node"
	}
	return "Esplora server"
}

// walletForm is what is to be watched, in two steps: what, and where to look.
type walletForm struct {
	base, token, once string
	wrong             formErrors
	label, value, gap string
	kind              chain.Kind
	script            chain.Script
	preview           []previewRow
	more              int // branches that are not shown
	source            string
	offers            []offer
}

// previewRow is the beginning of a branch.
type previewRow struct {
	name, path string
	first      []string
}

// offer is a node that can be asked.
type offer struct{ value, title, privacy string }

// addWalletPage serves GET …/wallets/add.
func (s *Site) addWalletPage(c echo.Context) error {
	return s.drawWalletForm(c, s.newWalletForm(c))
}

func (s *Site) newWalletForm(c echo.Context) walletForm {
	v := walletForm{base: entityPath(c.Request().Context()), token: s.formToken(c), once: onceValue(), gap: strconv.Itoa(chain.DefaultGap)}
	nodes := s.cfg.Wallets.Offers()
	for _, kind := range slices.Sorted(maps.Keys(nodes)) {
		v.offers = append(v.offers, offer{string(kind), "This installation's " + nodeWords(kind), nodes[kind]})
	}
	return v
}

func (s *Site) drawWalletForm(c echo.Context, v walletForm) error {
	if len(v.preview) > 0 {
		return s.bookStatus(c, v.wrong.code(), "Confirm the wallet", nil, walletConfirmSheet(v))
	}
	return s.bookStatus(c, v.wrong.code(), "Watch a wallet", nil, walletFormSheet(v))
}

// fill takes what was written into the form.
func (v *walletForm) fill(get func(name string) string) {
	v.label, v.value, v.source = get("label"), get("value"), get("source")
	v.gap = cmp.Or(get("gap"), v.gap)
	v.kind = walletKind(v.value)
	if v.kind == chain.XPub {
		v.script = chain.Script(get("script"))
	}
}

// walletKind tells what somebody gave.
func walletKind(text string) chain.Kind {
	first, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	switch {
	case strings.Contains(text, "("): // perhaps below remarks
		return chain.Descriptor
	case len(first) > 4 && strings.Contains(first[:4], "pub"):
		return chain.XPub
	default:
		return chain.Address
	}
}

// previewed are how many addresses of a branch are shown, and how many
// branches.
const (
	previewed       = 5
	previewBranches = 8
)

// look derives the first addresses.
func (s *Site) look(v *walletForm) error {
	p, err := s.cfg.Wallets.Preview(v.kind, v.value, v.script, previewed)
	if err != nil {
		return err
	}
	for _, b := range p.Branches {
		if strings.HasSuffix(b.Name, "/1") {
			continue // change: a wallet does not show it
		}
		if len(v.preview) == previewBranches {
			v.more++
			continue
		}
		v.preview = append(v.preview, previewRow{branchWords(b.Name, b.Ranged), b.Path, b.First})
	}
	return nil
}

// scriptChoice is a way in which an extended public key makes addresses.
type scriptChoice struct {
	script chain.Script
	text   string
}

func scriptChoices() []scriptChoice {
	return []scriptChoice{
		{chain.AnyScript, "As the key says"},
		{chain.SegWit, "SegWit"},
		{chain.Taproot, "Taproot"},
		{chain.Nested, "Nested"},
		{chain.Legacy, "Legacy"},
	}
}

// branchWords is the kind of addresses of a branch, for people.
func branchWords(name string, ranged bool) string {
	if !ranged {
		return "Single address"
	}
	script, _, _ := strings.Cut(name, "/")
	if _, rest, ok := strings.Cut(script, ":"); ok {
		script = rest
	}
	switch {
	case strings.HasPrefix(script, "wpkh"):
		return "SegWit, bc1q…"
	case strings.HasPrefix(script, "tr"):
		return "Taproot, bc1p…"
	case strings.HasPrefix(script, "pkh"):
		return "Legacy, 1…"
	case strings.HasPrefix(script, "sh"):
		return "Nested SegWit, 3…"
	default:
		return name
	}
}

// checkWallet serves POST …/wallets/check: it shows the first addresses.
func (s *Site) checkWallet(c echo.Context) error {
	v := s.newWalletForm(c)
	v.fill(func(name string) string { return value(c, name) })
	if err := s.look(&v); err != nil {
		return s.refusedWallet(c, v, err)
	}
	return s.drawWalletForm(c, v)
}

// refusedWallet shows the form again. Of a secret nothing comes back.
func (s *Site) refusedWallet(c echo.Context, v walletForm, err error) error {
	wrong, ok := wrongForm(c, err)
	if !ok {
		return err
	}
	code := fault.Of(err).Code
	if code == "private_key_refused" {
		v.value, v.label, v.preview = "", "", nil
	}
	field := map[string]string{"source_not_offered": "source", "bad_gap": "gap", "bad_label": "label", "label_taken": "label", "bad_labels": "labels", "too_many_labels": "labels"}[code]
	wrong.fields = append(wrong.fields, ui.Wrong{Field: cmp.Or(field, "value"), Text: wrong.title})
	v.wrong = wrong
	return s.drawWalletForm(c, v)
}

// addWallet serves POST …/wallets/add.
func (s *Site) addWallet(c echo.Context) error {
	v := s.newWalletForm(c)
	get, labels, unread := walletFields(c)
	v.fill(get)
	if err := s.look(&v); err != nil {
		return s.refusedWallet(c, v, cmp.Or(unread, err))
	}
	if unread != nil {
		return s.refusedWallet(c, v, unread)
	}
	gap, err := strconv.Atoi(v.gap)
	if err != nil {
		gap = -1 // refused as every other number that is none
	}
	ctx := c.Request().Context()
	w, err := s.cfg.Wallets.Create(ctx, scopeOf(ctx), link.Wallet{Kind: v.kind, Value: v.value, Script: v.script, Label: v.label, Source: link.NodeKind(v.source), Gap: gap}, labels.Labels...)
	if err != nil {
		return s.refusedWallet(c, v, err)
	}
	s.notice(c, "gain", "Watching. The first look has begun.")
	return see(c, v.base+"/wallets/"+w.ID.String())
}

// walletShown is the page of one wallet.
type walletShown struct {
	base, self, token string
	edit              bool
	w                 *link.Wallet
	line              walletLine
	far               chain.Progress
	privacy           string
	branches          []scannedBranch
	coins             coinsView
	matched           []string // what its transfers met, in words
	labels            labelsView
	wrong             formErrors
}

func (v *walletShown) busy() bool {
	return v.w.State == link.WalletQueued || v.w.State == link.WalletScanning
}

func (s *Site) walletFound(ctx context.Context, c echo.Context) (v walletShown, err error) {
	id, err := walletID(&linkPath{ID: c.Param("wallet")})
	if err != nil {
		return v, err
	}
	w, far, err := s.cfg.Wallets.Find(ctx, scopeOf(ctx), id)
	if err != nil {
		return v, err
	}
	v = walletShown{base: entityPath(ctx), token: s.formToken(c), edit: mayLink(ctx), w: w, far: far, privacy: s.cfg.Wallets.Offers()[w.Source]}
	v.line, v.self = newWalletLine(v.base, w), v.base+"/wallets/"+id.String()
	v.branches = scannedBranches(w)
	return v, nil
}

// walletPage serves GET …/wallets/:id.
func (s *Site) walletPage(c echo.Context) error {
	v, err := s.walletFound(c.Request().Context(), c)
	if err != nil {
		return err
	}
	return s.drawWallet(c, v)
}

func (s *Site) drawWallet(c echo.Context, v walletShown) error {
	for _, fill := range []func(echo.Context, *walletShown) error{s.walletLabels, s.walletCoins, s.walletMatched} {
		if err := fill(c, &v); err != nil {
			return err
		}
	}
	return s.bookStatus(c, max(v.labels.wrong.code(), v.wrong.code()), v.w.Label, func(p *ui.Page) {
		if v.busy() {
			p.Refresh = 2
		}
	}, walletSheet(v))
}

// walletLive streams what changes while a wallet is looked up.
func (s *Site) walletLive(c echo.Context) error {
	return s.live(c, func(ctx context.Context) (templ.Component, bool, error) {
		v, err := s.walletFound(ctx, c)
		if err != nil {
			return nil, false, err
		}
		return walletProgress(v), !v.busy(), nil //nolint:contextcheck // a component gets it when it is drawn
	})
}

// walletSync serves POST …/wallets/:id/sync.
func (s *Site) walletSync(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := walletID(&linkPath{ID: c.Param("wallet")})
	if err != nil {
		return err
	}
	if _, err := s.cfg.Wallets.Sync(ctx, scopeOf(ctx), id); err != nil {
		return err
	}
	return see(c, entityPath(ctx)+"/wallets/"+id.String())
}

// walletDelete serves POST …/wallets/:id/delete.
func (s *Site) walletDelete(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := walletID(&linkPath{ID: c.Param("wallet")})
	if err != nil {
		return err
	}
	if value(c, "confirm") != deleteWord {
		return fault.New(fault.Invalid, nil, "Type the word %s to watch it no more.", deleteWord)
	}
	if err := s.cfg.Wallets.Delete(ctx, scopeOf(ctx), id); err != nil {
		return err
	}
	s.notice(c, "", "Forgotten. What it brought stays in the books.")
	return see(c, entityPath(ctx)+"/wallets")
}
