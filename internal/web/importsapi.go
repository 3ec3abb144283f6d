package web

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// statements is the part of the intake that its pages and operations use.
type statements interface {
	Upload(ctx context.Context, s tenant.Scope, o intake.Order, next func() (intake.Incoming, error)) (*intake.Import, error)
	Start(ctx context.Context, s tenant.Scope, id tenant.ID, c intake.Choice) (*intake.Import, error)
	Revert(ctx context.Context, s tenant.Scope, id tenant.ID) (*intake.Import, error)
	Find(ctx context.Context, s tenant.Scope, id tenant.ID) (*intake.Import, error)
	List(ctx context.Context, s tenant.Scope, after tenant.ID, limit int) ([]intake.Import, error)
	HeldRows(ctx context.Context, s tenant.Scope, src intake.Source, from, limit int) ([]intake.HeldRow, error)
	Events(ctx context.Context, s tenant.Scope, f intake.Filter) ([]intake.Listed, error)
	Book(ctx context.Context, s tenant.Scope) (version int64, sources []intake.Source, err error)
}

// uploadTime is how long an upload may take.
const uploadTime = 15 * time.Minute

// importView is an import.
type importView struct {
	ID      string       `json:"id"`
	State   intake.State `json:"state" enum:"staged,running,done,held,failed,reverted"`
	Created time.Time    `json:"created"`
	Ended   *time.Time   `json:"ended"`
	Rows    int          `json:"rows" doc:"Of all files"`
	Stored  int          `json:"stored" doc:"Rows that were taken in so far"`
	Reason  string       `json:"reason,omitempty" doc:"Why it failed"`
	Files   []fileView   `json:"files"`
}

// fileView is a file as ledgersys.inspect/1 shows it.
type fileView struct {
	intake.Inspected
	HeldRows []intake.HeldRow `json:"held_rows,omitzero" doc:"Not in lists of imports"`
}

func newImportView(m *intake.Import) importView {
	v := importView{
		ID: m.ID.String(), State: m.State, Created: m.Created, Ended: timeOrNull(m.Ended), Rows: m.Rows(), Stored: m.Stored, Reason: m.Failure,
		Files: make([]fileView, len(m.Sources)),
	}
	for i := range m.Sources {
		v.Files[i] = fileView{Inspected: m.Sources[i].Inspected}
	}
	return v
}

// wholeImport is an import with its held rows.
func (s *Site) wholeImport(ctx context.Context, m *intake.Import) (importView, error) {
	v := newImportView(m)
	for i := range m.Sources {
		v.Files[i].HeldRows = []intake.HeldRow{}
		for {
			rows, err := s.cfg.Imports.HeldRows(ctx, scopeOf(ctx), m.Sources[i], len(v.Files[i].HeldRows), heldPage)
			if err != nil {
				return v, err
			}
			if v.Files[i].HeldRows = append(v.Files[i].HeldRows, rows...); len(rows) < heldPage {
				break
			}
		}
	}
	return v, nil
}

// heldPage is how many held rows are read at a time.
const heldPage = 1000

// ImportAt is the address of an import.
type ImportAt struct {
	Firm   string `path:"firm"`
	Entity string `path:"entity"`
	Import string `path:"import"`
}

// EntityAt is the address of an entity.
type EntityAt struct {
	Firm   string `path:"firm"`
	Entity string `path:"entity"`
}

const apiEntity = "/api/v1/firms/{firm}/entities/{entity}"

// importsAPI registers the operations on imports and events.
func (s *Site) importsAPI(r *router) {
	if s.cfg.Imports == nil {
		return
	}
	r.stream(call{
		method: http.MethodPost, path: apiEntity + "/imports", id: "create-import", group: "Imports", summary: "Upload statement files", status: http.StatusAccepted,
		about: "Each part named \"file\" is one file: a statement in any supported format, plain or in .gz, .zip or .xlsx. The files go together: one that cannot be used, or holds a private key, refuses all of them.",
	}, need(tenant.Records, tenant.Edit).token("imports"), describeUpload, s.takeUpload, withBody(s.cfg.MaxUpload), withTimeout(uploadTime))
	operation(r, call{method: http.MethodGet, path: apiEntity + "/imports", id: "list-imports", group: "Imports", summary: "Imports, the newest first"},
		need(tenant.Records, tenant.View), s.listImports)
	operation(r, call{method: http.MethodGet, path: apiEntity + "/imports/{import}", id: "get-import", group: "Imports", summary: "One import with its files and held rows"},
		need(tenant.Records, tenant.View), s.getImport)
	operation(r, call{
		method: http.MethodPatch, path: apiEntity + "/imports/{import}", id: "start-import", group: "Imports",
		summary: "Answer a staged import, or read one again with another zone or account",
	}, need(tenant.Records, tenant.Edit).token("imports"), s.startImport)
	operation(r, call{method: http.MethodDelete, path: apiEntity + "/imports/{import}", id: "revert-import", group: "Imports", status: http.StatusOK, summary: "Revert an import as if it had never been"},
		need(tenant.Records, tenant.Edit).token("imports"), s.revertImport, withTimeout(2*time.Minute))
	operation(r, call{method: http.MethodGet, path: apiEntity + "/events", id: "list-events", group: "Events", summary: "Events in the order of the book"},
		need(tenant.Records, tenant.View), s.listEvents)
}

// describeUpload says what an upload looks like.
func describeUpload(op *huma.Operation) {
	text := &huma.Schema{Type: "string"}
	op.Parameters = append(op.Parameters,
		&huma.Param{Name: "tz", In: "query", Schema: &huma.Schema{Type: "array", Items: text}, Description: "Zone of files whose times carry none; \"FILE=ZONE\" for one file."},
		&huma.Param{Name: "account", In: "query", Schema: &huma.Schema{Type: "array", Items: text}, Description: "Account of rows that name none; \"FILE=NAME\" for one file."})
	file := &huma.Schema{Type: "array", Items: &huma.Schema{Type: "string", Format: "binary"}}
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {
		Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"file": file}, Required: []string{"file"}},
	}}}
	op.Responses["202"] = &huma.Response{Description: "Taken in; it is read in the background", Content: map[string]*huma.MediaType{"application/json": {
		Schema: &huma.Schema{Type: "object", Properties: map[string]*huma.Schema{"id": text, "state": text}, Required: []string{"id", "state"}},
	}}}
}

// takeUpload takes the files of a request.
func (s *Site) takeUpload(c echo.Context) error {
	q := c.QueryParams()
	m, err := s.upload(c, intake.Order{Choice: intake.Choice{TZ: q["tz"], Account: q["account"]}})
	if err != nil {
		return err
	}
	markReplay(c)
	return c.JSON(http.StatusAccepted, newImportView(m))
}

// upload hands the parts of a form that are files to the intake, one after the
// other, as they arrive.
func (s *Site) upload(c echo.Context, o intake.Order) (*intake.Import, error) {
	mr, err := parts(c)
	if err != nil {
		return nil, err
	}
	return s.cfg.Imports.Upload(c.Request().Context(), scopeOf(c.Request().Context()), o, func() (intake.Incoming, error) {
		for {
			p, err := mr.NextPart()
			switch {
			case errors.Is(err, io.EOF):
				return intake.Incoming{}, err
			case err != nil:
				return intake.Incoming{}, cutShort(err)
			case p.FormName() != "file":
				return intake.Incoming{}, fault.New(fault.Malformed, nil, "Every part of this form is a file and is named \"file\".")
			case p.FileName() == "": // a form whose field was left empty
				continue
			}
			return intake.Incoming{Name: p.FileName(), Body: arriving{p}}, nil
		}
	})
}

// arriving is a file on its way: what goes wrong is the sender's.
type arriving struct{ *multipart.Part }

// Read implements io.Reader.
func (a arriving) Read(p []byte) (int, error) {
	n, err := a.Part.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = cutShort(err)
	}
	return n, err
}

// PageOf are the parameters of a list.
type PageOf struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
	Cursor string `query:"cursor" doc:"Where the page before ended"`
}

// listOf is a page of a list.
type listOf[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"The cursor of the next page; null on the last"`
}

func (s *Site) listImports(ctx context.Context, in *struct {
	EntityAt
	PageOf
},
) (*struct{ Body listOf[importView] }, error) {
	var after tenant.ID
	if err := s.uncursor("imports", scopeOf(ctx), in.Cursor, &after); err != nil {
		return nil, err
	}
	list, err := s.cfg.Imports.List(ctx, scopeOf(ctx), after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	out := listOf[importView]{Items: []importView{}}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		if out.Next, err = s.cursor("imports", scopeOf(ctx), list[in.Limit-1].ID); err != nil {
			return nil, err
		}
	}
	for i := range list {
		out.Items = append(out.Items, newImportView(&list[i]))
	}
	return &struct{ Body listOf[importView] }{out}, nil
}

// importID reads the id of an import in an address.
func importID(text string) (tenant.ID, error) {
	id, err := tenant.ParseID(text)
	if err != nil {
		return id, notFound(err)
	}
	return id, nil
}

func (s *Site) getImport(ctx context.Context, in *ImportAt) (*struct{ Body importView }, error) {
	id, err := importID(in.Import)
	if err != nil {
		return nil, err
	}
	m, err := s.cfg.Imports.Find(ctx, scopeOf(ctx), id)
	if err != nil {
		return nil, err
	}
	v, err := s.wholeImport(ctx, m)
	return &struct{ Body importView }{v}, err
}

func (s *Site) startImport(ctx context.Context, in *struct {
	ImportAt
	Body struct {
		TZ      string `json:"tz,omitempty" doc:"Zone of files whose times carry none"`
		Account string `json:"account,omitempty" doc:"Account of rows that name none"`
	}
},
) (*struct{ Body importView }, error) {
	id, err := importID(in.Import)
	if err != nil {
		return nil, err
	}
	m, err := s.cfg.Imports.Start(ctx, scopeOf(ctx), id, intake.Choice{TZ: given(in.Body.TZ), Account: given(in.Body.Account)})
	if err != nil {
		return nil, err
	}
	v, err := s.wholeImport(ctx, m)
	return &struct{ Body importView }{v}, err
}

// given is a list of what was given: nil if nothing was, which leaves things
// as they are.
func given(value string) []string {
	if value == "" {
		return nil
	}
	return []string{value}
}

func (s *Site) revertImport(ctx context.Context, in *ImportAt) (*struct{ Body importView }, error) {
	id, err := importID(in.Import)
	if err != nil {
		return nil, err
	}
	m, err := s.cfg.Imports.Revert(ctx, scopeOf(ctx), id)
	if err != nil {
		return nil, err
	}
	return &struct{ Body importView }{newImportView(m)}, nil
}

func (s *Site) listEvents(ctx context.Context, in *struct {
	EntityAt
	PageOf
	Account string `query:"account"`
	Asset   string `query:"asset" doc:"That leaves or arrives"`
	From    string `query:"from" doc:"A date of the tax zone, or a time with its offset"`
	To      string `query:"to" doc:"Likewise; included"`
},
) (*struct{ Body listOf[intake.EventView] }, error) {
	f := intake.Filter{Limit: in.Limit + 1, Account: in.Account, Asset: in.Asset, From: in.From, To: in.To}
	if err := s.uncursor("events", scopeOf(ctx), in.Cursor, &f.After); err != nil {
		return nil, err
	}
	list, err := s.cfg.Imports.Events(ctx, scopeOf(ctx), f)
	if err != nil {
		return nil, err
	}
	out := listOf[intake.EventView]{}
	if len(list) > in.Limit {
		list = list[:in.Limit]
		if out.Next, err = s.cursor("events", scopeOf(ctx), list[in.Limit-1].Cursor); err != nil {
			return nil, err
		}
	}
	out.Items, err = intake.Views(list)
	return &struct{ Body listOf[intake.EventView] }{out}, err
}
