package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/web"
)

// document is a problem document as a client reads it.
type document struct {
	Type, Title, Detail, Instance, Code, Hint string
	Status                                    int
	RequestID                                 string `json:"request_id"`
	Retryable                                 bool
	Errors                                    []fault.Detail
}

// TestProblems: whatever goes wrong, huma's checks included, comes out as one
// kind of document that never repeats what was sent.
func TestProblems(t *testing.T) {
	t.Parallel()
	w := newTown()
	w.scopes = []string{"write"}
	s := newSite(t, web.Config{MaxBody: 200}, w.crowd, func(r *web.Router) {
		r.Call("POST", "/api/v1/notes", web.SignedIn(), func(_ context.Context, note string) (string, error) {
			switch note {
			case "break":
				return "", errors.New("dial tcp: password=hunter2")
			case "busy":
				f := fault.New(fault.Busy, nil, "In use.")
				f.RetryAfter = 1500 * time.Millisecond
				return "", f
			case "short":
				f := fault.Coded(fault.Invalid, "password_too_short", nil, "At least 12 characters.")
				f.Details = []fault.Detail{{Pointer: "/note", Code: "too_short", Words: "At least 12 characters."}}
				return "", f
			}
			return note, nil
		})
	})
	for _, tt := range []struct {
		name, body, ct string
		status         int
		code, pointer  string
	}{
		{"fine", `{"note":"a"}`, "application/json", 200, "", ""},
		{"own_fault", `{"note":"short"}`, "application/json", 422, "password_too_short", "/note"},
		{"unmarked", `{"note":"break"}`, "application/json", 500, "internal", ""},
		{"busy", `{"note":"busy"}`, "application/json", 503, "busy", ""},
		{"unknown_field", `{"note":"a","role":"owner"}`, "application/json", 422, "invalid", "/role"},
		{"missing_field", `{}`, "application/json", 422, "invalid", ""},
		{"wrong_type", `{"note":5}`, "application/json", 422, "invalid", "/note"},
		{"too_long", `{"note":"` + strings.Repeat("SECRET", 10) + `"}`, "application/json", 422, "invalid", "/note"},
		{"twice", `{"note":"a","note":"b"}`, "application/json", 400, "malformed", ""},
		{"no_json", `{"note":"SECRET`, "application/json", 400, "malformed", ""},
		{"no_body", ``, "application/json", 400, "malformed", ""},
		{"text", `{"note":"a"}`, "text/plain", 415, "media_type", ""},
		{"cbor", `{"note":"a"}`, "application/cbor", 415, "media_type", ""},
		{"form", `note=a`, "application/x-www-form-urlencoded", 415, "media_type", ""},
		{"too_large", `{"note":"` + strings.Repeat("SECRET", 100) + `"}`, "application/json", 413, "too_large", ""},
		{"unknown_query", `{"note":"a"}`, "application/json", 422, "invalid", ""},
	} {
		target := "/api/v1/notes"
		if tt.name == "unknown_query" {
			target += "?limit=1"
		}
		got := s.ask("POST", target, strings.NewReader(tt.body), "Authorization", "Bearer token", "Content-Type", tt.ct)
		if got.Code != tt.status {
			t.Errorf("%s: %d, want %d: %s", tt.name, got.Code, tt.status, got.Body)
			continue
		}
		checkHeaders(t, got)
		if got.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: may be cached", tt.name)
		}
		if tt.status == 200 {
			continue
		}
		checkProblem(t, tt.name, got.Header(), got.Body.Bytes(), document{Status: tt.status, Code: tt.code})
		if tt.pointer != "" && !strings.Contains(got.Body.String(), `"pointer":"`+tt.pointer+`"`) {
			t.Errorf("%s: no pointer %s in %s", tt.name, tt.pointer, got.Body)
		}
		if tt.name == "busy" && got.Header().Get("Retry-After") != "2" {
			t.Errorf("busy: retry after %q", got.Header().Get("Retry-After"))
		}
	}
}

// checkProblem checks the shape of a problem document.
func checkProblem(t *testing.T, name string, h http.Header, body []byte, want document) {
	t.Helper()
	var got document
	if err := json.Unmarshal(body, &got); err != nil {
		t.Errorf("%s: %v: %s", name, err, body)
		return
	}
	if h.Get("Content-Type") != "application/problem+json; charset=utf-8" || got.Status != want.Status || got.Code != want.Code ||
		got.Title != http.StatusText(got.Status) || got.Detail == "" || !strings.HasPrefix(got.Type, "/docs/errors#") ||
		got.RequestID != h.Get("X-Request-Id") || got.Instance != "urn:request:"+got.RequestID {
		t.Errorf("%s: %s %s", name, h.Get("Content-Type"), body)
	}
	for _, secret := range []string{"SECRET", "hunter2"} {
		if strings.Contains(string(body), secret) {
			t.Errorf("%s: repeats what it must not: %s", name, body)
		}
	}
}

// TestStatuses: every kind of fault has an answer.
func TestStatuses(t *testing.T) {
	t.Parallel()
	for _, kind := range fault.Kinds() {
		p := web.ProblemOf(fault.New(kind, nil, ""), "id")
		if p.Status < 400 || p.Code == "" || p.Detail == "" || p.Title == "" {
			t.Errorf("%s: %+v", kind, p)
		}
	}
}

// TestOpenAPI: the description of the API is valid OpenAPI 3.1 and names each
// operation, its errors and the token that it needs.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	s := newSite(t, web.Config{}, newTown().crowd, func(r *web.Router) {
		r.Call("POST", "/api/v1/notes", web.SignedIn(), nil)
	})
	got := s.ask("GET", "/openapi.json", nil)
	doc, err := openapi3.NewLoader().LoadFromData(got.Body.Bytes())
	if err != nil {
		t.Fatalf("%v: %s", err, got.Body)
	}
	if err := doc.Validate(context.Background()); err != nil {
		t.Errorf("not valid: %v", err)
	}
	if !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Errorf("version %s", doc.OpenAPI)
	}
	paths := 0
	for _, route := range s.Routes() {
		if !route.API {
			continue
		}
		paths++
		item := doc.Paths.Value(route.Path)
		if item == nil || item.GetOperation(route.Method) == nil {
			t.Errorf("%s %s is not described", route.Method, route.Path)
			continue
		}
		op := item.GetOperation(route.Method)
		if op.OperationID == "" || op.Summary == "" || len(op.Tags) != 1 || op.Responses.Value("429") == nil || op.Responses.Default() == nil {
			t.Errorf("%s %s lacks its name, heading or errors", route.Method, route.Path)
		}
		if (route.Permission == "public") != (op.Security == nil || len(*op.Security) == 0) {
			t.Errorf("%s %s: token wanted or not?", route.Method, route.Path)
		}
	}
	if paths == 0 {
		t.Error("no operation at all")
	}
}
