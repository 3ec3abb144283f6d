package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// newAPI makes the JSON API: OpenAPI 3.1 out of the handlers' own types, no
// page of its own and no links to schemas in the answers.
func newAPI(s *Site) huma.API {
	cfg := huma.DefaultConfig("Ledgersys", s.cfg.Version)
	cfg.Info.Description = "Statements in, tax results out. Amounts are decimal strings, times RFC 3339, ids 32 hex digits. Errors are RFC 9457 problem documents."
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", ""
	cfg.CreateHooks = nil
	cfg.Formats = map[string]huma.Format{"application/json": {Marshal: marshal, Unmarshal: json.Unmarshal}, "json": {Marshal: marshal, Unmarshal: json.Unmarshal}}
	cfg.Transformers = []huma.Transformer{s.transform}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"token": {Type: "http", Scheme: "bearer", Description: "An API token, made under Account and security or with \"ledgersys admin token\"."},
	}
	return &documented{humaecho.New(s.echo, cfg)}
}

// documented is the API with our own description of errors in its document.
type documented struct{ huma.API }

// DocumentOperation implements huma.OperationDocumenter.
func (d *documented) DocumentOperation(op *huma.Operation) {
	schema := d.OpenAPI().Components.Schemas.Schema(problemType, true, "Problem")
	refused := map[string]*huma.MediaType{"application/problem+json": {Schema: schema}}
	for code := range op.Responses {
		if n, err := strconv.Atoi(code); code == "default" || err == nil && n >= http.StatusBadRequest {
			delete(op.Responses, code)
		}
	}
	for _, code := range errorsOf(op) {
		op.Responses[strconv.Itoa(code)] = &huma.Response{Description: http.StatusText(code), Content: refused}
	}
	op.Responses["default"] = &huma.Response{Description: "What went wrong", Content: refused}
	delete(d.OpenAPI().Components.Schemas.Map(), "ErrorModel")
	delete(d.OpenAPI().Components.Schemas.Map(), "ErrorDetail")
	d.OpenAPI().AddOperation(op)
}

// errorsOf are the errors that are worth naming for an operation.
func errorsOf(op *huma.Operation) []int {
	all := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}
	if strings.Contains(op.Path, "{") {
		all = append(all, http.StatusNotFound)
	}
	if op.Method != http.MethodGet {
		all = append(all, http.StatusUnprocessableEntity)
	}
	if len(op.Security) == 0 {
		all = []int{http.StatusTooManyRequests}
	}
	return all
}

// call describes one operation of the API.
type call struct {
	method, path string // with {name}
	id           string // operationId, as "list-imports"
	group        string // heading in the documentation
	summary      string
	about        string
	status       int // of success; 200 if 0, 204 without a body
}

// operation registers an operation of the API with who may use it. The
// handler gets its input checked and answers with a struct whose Body is the
// JSON document, or with an error.
func operation[I, O any](r *router, what call, a access, h func(context.Context, *I) (*O, error), opts ...option) {
	op, ok := r.describe(what, a, opts...)
	if !ok {
		return
	}
	huma.Register(r.site.api, *op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, in)
		if err != nil {
			return nil, &failure{err}
		}
		return out, nil
	})
}

// stream registers an operation whose body or answer is not JSON, such as an
// upload or a file: the handler reads and writes by itself.
func (r *router) stream(what call, a access, shape func(*huma.Operation), h echo.HandlerFunc, opts ...option) {
	op, ok := r.describe(what, a, opts...)
	if !ok {
		return
	}
	op.Responses = map[string]*huma.Response{}
	for _, part := range strings.Split(what.path, "/") {
		if name, isParam := strings.CutPrefix(part, "{"); isParam {
			op.Parameters = append(op.Parameters, &huma.Param{Name: strings.TrimSuffix(name, "}"), In: "path", Required: true, Schema: &huma.Schema{Type: "string"}})
		}
	}
	shape(op)
	if doc, ok := r.site.api.(huma.OperationDocumenter); ok {
		doc.DocumentOperation(op)
	}
	r.echo.Add(what.method, colons(what.path), h)
}

// describe writes the row of an operation in the table of routes and its
// description for the document.
func (r *router) describe(what call, a access, opts ...option) (*huma.Operation, bool) {
	path := colons(what.path)
	if !r.declare(what.method, path, a, opts...) {
		return nil, false
	}
	row := r.find(what.method, path)
	if !row.api {
		r.errs = append(r.errs, fmt.Errorf("web: operation %s %s is not below /api/", what.method, what.path))
		return nil, false
	}
	op := &huma.Operation{
		Method: what.method, Path: what.path, OperationID: what.id, Summary: what.summary, Description: what.about,
		Tags: []string{what.group}, DefaultStatus: what.status, MaxBodyBytes: -1, // bounded for every route in one place
		BodyReadTimeout: -1, RejectUnknownQueryParameters: true,
	}
	if a.kind != byAnyone {
		op.Security = []map[string][]string{{"token": {}}}
		op.Description = strings.TrimSpace(op.Description + "\n\nNeeds the permission `" + a.String() + "` and, of a token, the scope `" + row.tokenScope() + "`.")
	}
	return op, true
}

// colons turns {name} into :name.
func colons(path string) string {
	return strings.NewReplacer("{", ":", "}", "").Replace(path)
}

// failure carries an error of a handler through huma to the place that words it.
type failure struct{ err error }

// Error implements error.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap returns the handler's error.
func (f *failure) Unwrap() error { return f.err }

// GetStatus implements huma.StatusError.
func (f *failure) GetStatus() int { return problemOf(f.err, "").Status }

// transform words errors, huma's own and the handlers', as problemOf does for
// everything else. What was sent is never sent back.
func (s *Site) transform(ctx huma.Context, _ string, v any) (any, error) {
	markReplay(humaecho.Unwrap(ctx))
	var err error
	switch v := v.(type) {
	case *failure:
		err = v.err
	case *huma.ErrorModel:
		err = refusal(v)
	default:
		return v, nil
	}
	c := humaecho.Unwrap(ctx)
	noted(c).err = err
	p := problemOf(err, requestID(c))
	ctx.SetHeader(echo.HeaderContentType, "application/problem+json; charset=utf-8")
	if p.retryAfter > 0 {
		ctx.SetHeader(echo.HeaderRetryAfter, strconv.Itoa(p.retryAfter))
	}
	return p, nil
}

// refusal marks what huma found wrong with a request.
func refusal(m *huma.ErrorModel) error {
	kind := fault.Invalid
	switch m.Status {
	case http.StatusBadRequest:
		kind = fault.Malformed
	case http.StatusRequestEntityTooLarge:
		kind = fault.TooLarge
	case http.StatusInternalServerError:
		kind = fault.Internal
	case http.StatusUnsupportedMediaType, http.StatusNotAcceptable:
		return statusError{m.Status, "media_type", fault.New(fault.Malformed, nil, "This address does not take or give that type.")}
	}
	f := fault.New(kind, nil, "")
	for _, d := range m.Errors {
		f.Details = append(f.Details, fault.Detail{Pointer: pointer(d.Location), Code: "invalid", Words: d.Message})
	}
	return f
}

// pointer turns huma's body.items[3].name into a JSON pointer; of parameters
// it keeps the name.
func pointer(location string) string {
	rest, ok := strings.CutPrefix(location, "body")
	if !ok {
		return location
	}
	return strings.NewReplacer(".", "/", "[", "/", "]", "").Replace(rest)
}

// list is the shape of every list: a cursor leads to what comes next, null is
// the end.
type list[T any] struct {
	Items []T     `json:"items"`
	Next  *string `json:"next" doc:"Cursor of the next page; null at the end"`
}

// marshal writes JSON; what comes from people cannot end a script element.
func marshal(w io.Writer, v any) error {
	return json.NewEncoder(w).Encode(v)
}
