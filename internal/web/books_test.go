package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/cli"
	"github.com/ledgersys/ledgersys/internal/filing"
	firms "github.com/ledgersys/ledgersys/internal/firm"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/quote"
	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/internal/web"
)

// books is a site on a real store with one entity, which a token opens.
type books struct {
	site
	t      *testing.T
	intake *intake.Service
	recon  *recon.Service
	quotes quote.Store
	scope  tenant.Scope
	api    string
	page   string
}

func newBooks(t *testing.T) *books {
	t.Helper()
	return newBooksWith(t, func(*web.Config) {})
}

// newBooksWith is newBooks on a site that has more.
func newBooksWith(t *testing.T, change func(*web.Config)) *books {
	t.Helper()
	dir := t.TempDir()
	log := slog.New(slog.DiscardHandler)
	st, err := store.Open(t.Context(), store.Config{DataDir: dir, Clock: time.Now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	masters, err := keyring.FindMasters("", "", dir, true)
	if err == nil {
		_, err = st.OpenKeys(t.Context(), masters, 0)
	}
	firm, entity, user := tenant.NewID(), tenant.NewID(), tenant.NewID()
	if err == nil {
		err = st.Control(t.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(t.Context(), firm, "eu") })
	}
	if err == nil {
		err = st.Firms().InFirm(t.Context(), tenant.ForJob(firm, entity, "test"), func(tx firms.HomeTx) error {
			return tx.AddEntity(t.Context(), firms.Entity{ID: entity, Name: "Ada", Country: "GB", Currency: "GBP", Timezone: "Europe/London", Status: firms.Gathering, Created: time.Now(), Version: 1})
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	b := &books{t: t, scope: tenant.ForJob(firm, entity, "test")}
	b.intake = intake.NewService(intake.Config{Store: st.Imports(), Vault: st, Formats: cli.Formats(), Changed: filing.Changed, Log: log, MaxUpload: 1 << 20})
	b.quotes = st.Quotes()
	prices := quote.NewService(quote.ServiceConfig{Store: st.Quotes(), Allowed: true, Changed: filing.Changed, Log: log})
	years := filing.NewService(filing.Config{Store: st.Reports(), Vault: st, Inputs: b.intake, Quotes: prices, Log: log})
	b.recon = recon.NewService(recon.Config{
		Store: st.Findings(), Changed: filing.Changed, Log: log,
		Differences: func(context.Context, tenant.Scope) ([]recon.Difference, error) { return differences(), nil },
	})
	who := &crowd{
		sessions: map[string]tenant.UserID{"s": user}, tokens: map[string]tenant.UserID{"t": user}, scopes: []string{"read", "write", "imports", "connections"},
		members: map[tenant.UserID][]tenant.Membership{user: {{Firm: firm, User: user, Role: tenant.Owner, Rights: tenant.DefaultRights(tenant.Owner)}}},
		homes:   map[tenant.EntityID]tenant.FirmID{entity: firm},
	}
	cfg := web.Config{Imports: b.intake, Years: years, Recon: b.recon, Prices: prices, MaxUpload: 1 << 20, Rate: web.Rate{PerSecond: 1e6, Burst: 1e6}}
	change(&cfg)
	b.site = newSite(t, cfg, who, nil)
	at := firm.String() + "/entities/" + entity.String()
	b.api, b.page = "/api/v1/firms/"+at, "/f/"+firm.String()+"/e/"+entity.String()
	return b
}

// call asks the API and reads the answer.
func (b *books) call(method, target string, want int, body io.Reader, header ...string) []byte {
	b.t.Helper()
	w := b.ask(method, b.api+target, body, append([]string{"Authorization", "Bearer t"}, header...)...)
	if w.Code != want {
		b.t.Fatalf("%s %s: %d, want %d: %s", method, target, w.Code, want, w.Body)
	}
	return w.Body.Bytes()
}

// form makes a multipart body of files.
func form(t *testing.T, files map[string]string) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, text := range files {
		w, err := m.CreateFormFile("file", name)
		if err == nil {
			_, err = io.WriteString(w, text)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, m.FormDataContentType()
}

// answer is what these tests read of an answer.
type answer struct {
	ID, State, Code, Detail string
	Rows                    int
	Items                   []struct {
		ID, State, Type, Asset string
		Source                 struct {
			File string
			Line int
		}
	}
	Next  *string
	Files []struct {
		Name, Format string
		Rows, Events int
		Held         int
		HeldRows     []struct {
			Line        int
			Reason, Raw string
		} `json:"held_rows"`
	}
}

func (b *books) read(text []byte) (a answer) {
	b.t.Helper()
	if err := json.Unmarshal(text, &a); err != nil {
		b.t.Fatalf("%v: %s", err, text)
	}
	return a
}

// add uploads files and does the work that a job does.
func (b *books) add(query string, files map[string]string) answer {
	b.t.Helper()
	body, kind := form(b.t, files)
	a := b.read(b.call(http.MethodPost, "/imports"+query, http.StatusAccepted, body, "Content-Type", kind))
	b.work(a.ID)
	return b.read(b.call(http.MethodGet, "/imports/"+a.ID, http.StatusOK, nil))
}

func (b *books) work(id string) {
	b.t.Helper()
	which, err := tenant.ParseID(id)
	if err == nil {
		err = b.intake.Read(b.t.Context(), b.scope, which)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}

func sampleText(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(testkit.Root(t), "scripts", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestBooksOverTheAPI: from files to forms by the API alone, with the bytes of
// the command line, and back.
func TestBooksOverTheAPI(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	held := "id,time,type,received_amount,received_asset\n1,2024-01-01T00:00:00Z,deposit,1,BTC\n2,2024-01-02T00:00:00Z,strange,1,BTC\n"
	a := b.add("", map[string]string{"kraken-ledgers.csv": sampleText(t, "kraken-ledgers.csv"), "held.csv": held})
	if a.State != "held" || len(a.Files) != 2 || a.Rows != 16 {
		t.Fatalf("%+v", a)
	}
	for _, f := range a.Files {
		if f.HeldRows == nil || f.Held != len(f.HeldRows) || f.Name == "held.csv" && (f.HeldRows[0].Line != 3 || !strings.Contains(f.HeldRows[0].Raw, "strange")) {
			t.Errorf("%+v", f)
		}
	}
	seen := b.allEvents("")
	if len(b.allEvents("&asset=DOT")) == 0 || len(b.allEvents("&from=2024-05-01&to=2024-05-01")) != 1 || len(b.allEvents("&account=nobody")) != 0 {
		t.Error("the filters do not filter")
	}
	dir := t.TempDir()
	in := filepath.Join(dir, "kraken-ledgers.csv")
	other := filepath.Join(dir, "held.csv")
	for path, text := range map[string]string{in: sampleText(t, "kraken-ledgers.csv"), other: held} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out := filepath.Join(dir, "out")
	code := cli.Run([]string{"tax", "report", "--country", "GB", "--currency", "GBP", "--timezone", "Europe/London", "--year", "2023", "--out", out, in, other},
		cli.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard})
	if code != 3 {
		t.Fatalf("the command line ends with %d", code)
	}
	for path, file := range map[string]string{"/results/2023": "result.json", "/results/2023-24": "result.json", "/reports/2023/sa108.csv": "sa108-2023-24.csv", "/reports/2023/gains.csv": "gains-2023-24.csv"} {
		want, err := os.ReadFile(filepath.Join(out, file))
		if err != nil {
			t.Fatal(err)
		}
		if got := b.call(http.MethodGet, path, http.StatusOK, nil); !bytes.Equal(got, want) {
			t.Errorf("%s differs from the command line's %s", path, file)
		}
	}
	pack := b.call(http.MethodGet, "/reports/2023/pack.zip", http.StatusOK, nil)
	if z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack))); err != nil || len(z.File) != 7 {
		t.Errorf("the pack: %v", err)
	}
	again := b.add("", map[string]string{"other-name.csv": sampleText(t, "kraken-ledgers.csv")})
	if again.State != "done" || len(b.allEvents("")) != len(seen) {
		t.Errorf("the same file again adds something: %+v", again)
	}
	for _, id := range []string{again.ID, a.ID} {
		if got := b.read(b.call(http.MethodDelete, "/imports/"+id, http.StatusOK, nil)); got.State != "reverted" {
			t.Errorf("delete: %+v", got)
		}
	}
	if len(b.allEvents("")) != 0 {
		t.Error("events are left")
	}
}

// allEvents pages through all events.
func (b *books) allEvents(query string) (ids []string) {
	b.t.Helper()
	next := ""
	for range 100 {
		a := b.read(b.call(http.MethodGet, "/events?limit=3"+query+next, http.StatusOK, nil))
		for _, e := range a.Items {
			if len(e.ID) != 32 || e.Type == "" || e.Source.File == "" || e.Source.Line == 0 {
				b.t.Errorf("event %+v", e)
			}
			ids = append(ids, e.ID)
		}
		if a.Next == nil {
			return ids
		}
		next = "&cursor=" + *a.Next
	}
	b.t.Error("the pages do not end")
	return ids
}

// TestRefusedUploads: what cannot be used is answered as the contract says, and
// nothing is stored.
func TestRefusedUploads(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	seed := strings.Repeat("abandon ", 11) + "about"
	for name, c := range map[string]struct {
		files map[string]string
		want  int
		code  string
	}{
		"unknown":  {map[string]string{"x.csv": "a,b\n1,2\n"}, 422, "unusable_file"},
		"key":      {map[string]string{"x.csv": "time,asset\n" + seed + ",1\n"}, 422, "private_key_refused"},
		"nothing":  {nil, 422, "no_file"},
		"too_much": {map[string]string{"x.csv": "a,b\n" + strings.Repeat("1,2\n", 1<<19)}, 413, ""},
	} {
		body, kind := form(t, c.files)
		text := b.call(http.MethodPost, "/imports", c.want, body, "Content-Type", kind)
		if a := b.read(text); c.code != "" && a.Code != c.code || bytes.Contains(text, []byte("abandon")) {
			t.Errorf("%s: %s", name, text)
		}
	}
	if a := b.read(b.call(http.MethodGet, "/imports", http.StatusOK, nil)); len(a.Items) != 0 {
		t.Errorf("stored: %+v", a.Items)
	}
	for _, path := range []string{"/imports/" + tenant.NewID().String(), "/imports/x", "/results/someday", "/reports/2023/8949.csv", "/reports/2023/..%2Fresult.json"} {
		b.call(http.MethodGet, path, http.StatusNotFound, nil)
	}
	b.call(http.MethodGet, "/events?from=yesterday", http.StatusUnprocessableEntity, nil)
	b.call(http.MethodGet, "/events?cursor=made-up", http.StatusUnprocessableEntity, nil)
}

// TestAnswering: an import that waits for a zone is answered over the API.
func TestAnswering(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	a := b.add("", map[string]string{"s.csv": sampleText(t, "sparrow-local.csv")})
	if a.State != "staged" {
		t.Fatalf("%+v", a)
	}
	b.call(http.MethodPatch, "/imports/"+a.ID, http.StatusUnprocessableEntity, strings.NewReader(`{"tz":"Nowhere"}`), "Content-Type", "application/json")
	if got := b.read(b.call(http.MethodPatch, "/imports/"+a.ID, http.StatusOK, strings.NewReader(`{"tz":"UTC","account":"Cold"}`), "Content-Type", "application/json")); got.State != "running" {
		t.Fatalf("%+v", got)
	}
	b.work(a.ID)
	if got := b.read(b.call(http.MethodGet, "/imports/"+a.ID, http.StatusOK, nil)); got.State != "done" || got.Files[0].Events != got.Files[0].Rows {
		t.Fatalf("%+v", got)
	}
	if len(b.allEvents("&account=Cold")) != 3 {
		t.Error("the account is not the one that was chosen")
	}
	if a := b.add("?tz=UTC", map[string]string{"s2.csv": sampleText(t, "sparrow-local.csv") + "\n"}); a.State == "staged" {
		t.Error("the zone of the request is not taken")
	}
}

// TestBookPages: the pages say what the API says, without scripts.
func TestBookPages(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	see := func(path string, want ...string) {
		t.Helper()
		w := b.ask(http.MethodGet, b.page+path, nil, "Cookie", "__Host-ls_session=s")
		for _, text := range want {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: %d, no %q", path, w.Code, text)
			}
		}
		checkHeaders(t, w)
	}
	see("", "Add your first file")
	see("/imports", `type="file"`, `enctype="multipart/form-data"`)
	see("/transactions", "No transactions yet")
	see("/reports", "No tax year yet")
	a := b.add("", map[string]string{"kraken-ledgers.csv": sampleText(t, "kraken-ledgers.csv")})
	see("", "2024-25 at a glance", "<svg", "Coverage", "kraken-ledgers.csv")
	see("/imports", "kraken-ledgers.csv", "done")
	see("/imports/"+a.ID, "Kraken ledgers", "<b>14</b> rows", "<b>8</b> events", "Revert import")
	see("/transactions?asset=BTC", "kraken-ledgers.csv:", "Purchase")
	see("/reports/2023-24", "sa108.csv", "pack.zip", "Issues")
	w := b.ask(http.MethodGet, b.page+"/reports", nil, "Cookie", "__Host-ls_session=s")
	if w.Code != http.StatusSeeOther || !strings.HasSuffix(w.Header().Get("Location"), "/reports/2024-25") {
		t.Errorf("reports: %d %s", w.Code, w.Header().Get("Location"))
	}
	if w := b.ask(http.MethodGet, b.page+"/transactions?from=never", nil, "Cookie", "__Host-ls_session=s"); w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Write a date") {
		t.Errorf("a wrong date: %d", w.Code)
	}
	for _, path := range []string{"/imports/" + tenant.NewID().String(), "/reports/x", "/imports/" + a.ID + "/held/7"} {
		if w := b.ask(http.MethodGet, b.page+path, nil, "Cookie", "__Host-ls_session=s"); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}
