package web

import (
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/chain"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// labelsBody is the largest form with a file of labels: the file and some
// fields.
const labelsBody = chain.MaxLabelBytes + 1<<20

// labelsOnPage is how many labels the page of a wallet lists at a time.
const labelsOnPage = 50

// labelsView is the labels of a wallet, a page of them.
type labelsView struct {
	self, token string
	edit        bool
	wrong       formErrors
	rows        []labelRow
	of, frozen  int
	from        int // of the page, counted from 1
	next, first string
}

// labelRow is a label.
type labelRow struct{ what, ref, full, text, spend string }

func newLabelRow(l chain.Label) labelRow {
	r := labelRow{what: labelWords(l.Type), ref: l.Ref, full: l.Ref, text: l.Text, spend: spendWords(l.Spendable)}
	if txid, index, ok := strings.Cut(l.Ref, ":"); ok {
		r.ref = ends(txid) + ":" + index
	} else {
		r.ref = ends(l.Ref)
	}
	if l.Type == chain.LabelXPub {
		r.full = "" // what is watched is not shown again
	}
	return r
}

// ends are those of something long.
func ends(s string) string {
	if len(s) <= 20 {
		return s
	}
	return s[:8] + "…" + s[len(s)-8:]
}

func labelWords(t chain.LabelType) string {
	switch t {
	case chain.LabelTx:
		return "Transaction"
	case chain.LabelAddr:
		return "Address"
	case chain.LabelInput:
		return "Input"
	case chain.LabelOutput:
		return "Output"
	case chain.LabelPubKey:
		return "Public key"
	default:
		return "Account key"
	}
}

func spendWords(may *bool) string {
	switch {
	case may == nil:
		return ""
	case *may:
		return "may be spent"
	default:
		return "frozen"
	}
}

// walletLabels fills in the labels of the page of a wallet.
func (s *Site) walletLabels(c echo.Context, v *walletShown) error {
	ctx := c.Request().Context()
	all, err := s.cfg.Wallets.Labels(ctx, scopeOf(ctx), v.w.ID)
	if err != nil {
		return err
	}
	l := &v.labels
	l.self, l.token, l.edit, l.of = v.self, v.token, v.edit, len(all)
	from, err := strconv.Atoi(c.QueryParam("labels"))
	if err != nil || from < 0 || from >= len(all) {
		from = 0
	}
	l.from = from + 1
	for i := range all {
		if all[i].Spendable != nil && !*all[i].Spendable {
			l.frozen++
		}
		if i >= from && i < from+labelsOnPage {
			l.rows = append(l.rows, newLabelRow(all[i]))
		}
	}
	if from > 0 {
		l.first = v.self + "#labels"
	}
	if end := from + labelsOnPage; end < len(all) {
		l.next = v.self + "?labels=" + strconv.Itoa(end) + "#labels"
	}
	return nil
}

// labelsTold says what the labels of a wallet are.
func (v *labelsView) told() string {
	words := ui.Counted(v.of, "label", "labels")
	if len(v.rows) < v.of {
		words = ui.Count(v.from) + " to " + ui.Count(v.from+len(v.rows)-1) + " of " + words
	}
	if v.frozen > 0 {
		words += ", " + ui.Counted(v.frozen, "output", "outputs") + " frozen by the wallet"
	}
	return words
}

// takeLabels serves POST …/wallets/:id/labels: a file of labels.
func (s *Site) takeLabels(c echo.Context) error {
	id, err := walletID(&linkPath{ID: c.Param("wallet")})
	if err != nil {
		return err
	}
	n, in, err := s.giveLabels(c, id)
	if err == nil {
		s.notice(c, "", takenWords(n, in))
		return see(c, entityPath(c.Request().Context())+"/wallets/"+id.String()+"#labels")
	}
	wrong, ok := wrongForm(c, err)
	if !ok {
		return err
	}
	v, err := s.walletFound(c.Request().Context(), c)
	if err != nil {
		return err
	}
	v.labels.wrong = wrong
	return s.drawWallet(c, v)
}

// takenWords says what came of a file of labels.
func takenWords(n int, in link.LabelsRead) string {
	words := ui.Counted(len(in.Labels), "label", "labels") + " taken; the wallet has " + ui.Count(n) + " now."
	if in.Skipped > 0 {
		words += " " + ui.Counted(in.Skipped, "line is", "lines are") + " about something that BIP329 does not name."
	}
	return words
}

// giveLabels takes the file of a form as labels of a wallet.
func (s *Site) giveLabels(c echo.Context, id tenant.ID) (n int, in link.LabelsRead, err error) {
	ctx := c.Request().Context()
	if _, _, err := s.cfg.Wallets.Find(ctx, scopeOf(ctx), id); err != nil {
		return 0, in, err
	}
	given := false
	if err = eachPart(c, func(p *multipart.Part) (err error) {
		if p.FormName() == "file" && p.FileName() != "" && !given {
			given = true
			in, err = link.ReadLabels(arriving{p})
		}
		return err
	}); err != nil {
		return 0, in, err
	}
	if !given {
		return 0, in, fault.Coded(fault.Invalid, "no_file", nil, "Choose a file of labels.")
	}
	n, err = s.cfg.Wallets.TakeLabels(ctx, scopeOf(ctx), id, in.Labels)
	return n, in, err
}

// dropLabels serves POST …/wallets/:id/labels/delete.
func (s *Site) dropLabels(c echo.Context) error {
	ctx := c.Request().Context()
	id, err := walletID(&linkPath{ID: c.Param("wallet")})
	if err != nil {
		return err
	}
	if err := s.cfg.Wallets.DropLabels(ctx, scopeOf(ctx), id); err != nil {
		return err
	}
	s.notice(c, "", "The labels are forgotten.")
	return see(c, entityPath(ctx)+"/wallets/"+id.String())
}

// walletFields reads the form that adds a wallet, with its file of labels if
// it has one. The file comes last, so that a bad one loses no field.
func walletFields(c echo.Context) (get func(string) string, labels link.LabelsRead, err error) {
	if mediaType(c.Request()) != "multipart/form-data" {
		return func(name string) string { return value(c, name) }, labels, nil
	}
	fields := make(map[string]string)
	err = eachPart(c, func(p *multipart.Part) (err error) {
		switch {
		case p.FileName() != "":
			labels, err = link.ReadLabels(arriving{p})
			return err
		case p.FormName() == "labels": // no file was chosen
			_, err = io.Copy(io.Discard, p)
			return err
		}
		text, err := field(p)
		fields[p.FormName()] = strings.TrimSpace(text)
		return err
	})
	return func(name string) string { return fields[name] }, labels, err
}

// nameTransactions writes beside transactions of watched wallets what their
// owner calls them.
func (s *Site) nameTransactions(ctx context.Context, rows []ledgerRow, list []intake.Listed) error {
	if s.cfg.Wallets == nil {
		return nil
	}
	txids := make(map[string][]string)
	for i := range list {
		if e := &list[i].Event; e.Extra().TxHash != "" {
			txids[e.Account] = append(txids[e.Account], e.Extra().TxHash)
		}
	}
	for account, ids := range txids {
		called, err := s.cfg.Wallets.Called(ctx, scopeOf(ctx), account, ids)
		if err != nil {
			return err
		}
		for i := range rows {
			if e := &list[i].Event; e.Account == account {
				for _, l := range called[e.Extra().TxHash] {
					rows[i].labels = append(rows[i].labels, l.Text)
				}
			}
		}
	}
	return nil
}

// labelView is a label of a wallet.
type labelView struct {
	Type      chain.LabelType `json:"type" enum:"tx,addr,pubkey,input,output,xpub"`
	Ref       string          `json:"ref" doc:"What it is about; of an extended public key only the ends"`
	Label     string          `json:"label"`
	Spendable *bool           `json:"spendable" doc:"Of an output: whether the wallet may spend it; null if it does not say"`
}

// labelsTaken is what came of a file of labels.
type labelsTaken struct {
	Labels  int `json:"labels" doc:"That the wallet has now"`
	Taken   int `json:"taken" doc:"Of this file"`
	Skipped int `json:"skipped" doc:"Lines about something that BIP329 does not name"`
}

// labelsAPI registers the operations on the labels of wallets.
func (s *Site) labelsAPI(r *router) {
	const group, at = "Wallets", wallets + "/{id}/labels"
	operation(r, call{method: http.MethodGet, path: at, id: "list-wallet-labels", group: group, summary: "What the owner of a wallet calls its things"},
		need(tenant.Connections, tenant.View), func(ctx context.Context, in *linkPath) (*struct{ Body list[labelView] }, error) {
			id, err := walletID(in)
			if err != nil {
				return nil, err
			}
			all, err := s.cfg.Wallets.Labels(ctx, scopeOf(ctx), id)
			out := list[labelView]{Items: make([]labelView, len(all))}
			for i, l := range all {
				if l.Type == chain.LabelXPub {
					l.Ref = ends(l.Ref)
				}
				out.Items[i] = labelView{l.Type, l.Ref, l.Text, l.Spendable}
			}
			return &struct{ Body list[labelView] }{out}, err
		})
	r.stream(call{
		method: http.MethodPost, path: at, id: "add-wallet-labels", group: group, summary: "Give labels (BIP329)",
		about: "The part named \"file\" has one JSON object a line, with type, ref and label. Labels about the same things take the place of those before; one that says nothing takes the old one away. A line that is no label refuses the file and is named. Labels change no event and no result.",
	}, need(tenant.Connections, tenant.Edit), describeLabels, func(c echo.Context) error {
		id, err := walletID(&linkPath{ID: c.Param("id")})
		if err != nil {
			return err
		}
		n, in, err := s.giveLabels(c, id)
		if err != nil {
			return err
		}
		return c.JSON(http.StatusOK, labelsTaken{n, len(in.Labels), in.Skipped})
	}, withBody(labelsBody))
	operation(r, call{method: http.MethodDelete, path: at, id: "delete-wallet-labels", group: group, summary: "Forget the labels of a wallet", status: http.StatusNoContent},
		need(tenant.Connections, tenant.Edit), func(ctx context.Context, in *linkPath) (*struct{}, error) {
			id, err := walletID(in)
			if err != nil {
				return nil, err
			}
			return &struct{}{}, s.cfg.Wallets.DropLabels(ctx, scopeOf(ctx), id)
		})
}

// describeLabels says what an upload of labels looks like.
func describeLabels(op *huma.Operation) {
	number := &huma.Schema{Type: "integer"}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
		Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"file": {Type: "string", Format: "binary"}}, Required: []string{"file"}},
	}}}
	op.Responses["200"] = &huma.Response{Description: "Taken", Content: map[string]*huma.MediaType{"application/json": {
		Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"labels": number, "taken": number, "skipped": number}, Required: []string{"labels", "taken", "skipped"}},
	}}}
}
