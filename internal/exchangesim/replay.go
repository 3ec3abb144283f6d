package exchangesim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Canned gives any call the same answer.
type Canned struct {
	Client exchange.Client

	server *httptest.Server
	reply  atomic.Pointer[Reply]
	calls  atomic.Int64
}

// NewCanned connects a client to a server of one answer.
func NewCanned(tb testing.TB, x exchange.Exchange, k Key) *Canned {
	tb.Helper()
	c := &Canned{}
	c.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c.calls.Add(1)
		write(w, *c.reply.Load())
	}))
	tb.Cleanup(c.server.Close)
	door, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(c.server.URL, "http://")}})
	if err != nil {
		tb.Fatal(err)
	}
	web, err := door.Client(egress.Caller{Name: x.Name, Passes: x.Passes, Base: c.server.URL, Timeout: 10 * time.Second})
	if err != nil {
		tb.Fatal(err)
	}
	c.Client, err = x.Open(exchange.Config{
		HTTP: web, Now: NewClock(time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)).Now,
		Key: exchange.Credentials{ID: k.ID, Secret: keyring.NewSecret([]byte(k.Secret)), Passphrase: keyring.NewSecret([]byte(k.Passphrase))},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// Say sets the answer.
func (c *Canned) Say(r Reply) { c.reply.Store(&r) }

// Sample is a recorded answer and what must come of it.
type Sample struct {
	Stream  string // a stream, or "balances"
	Cursor  string
	Records int    // how many records, or balances
	File    string // below exchange-api/<name> of the material that may stand beside the repository; "" if Body has it
	Body    string // a committed answer of the documented shape
}

// Samples gives recorded answers to a client and checks that nothing of a
// record is lost: each stands in the answer bit for bit.
func Samples(t *testing.T, x exchange.Exchange, k Key, list []Sample) {
	t.Helper()
	c := NewCanned(t, x, k)
	for i, s := range list {
		body := []byte(s.Body)
		if s.File != "" {
			path := testkit.Shared(t, "exchange-api", x.Name, s.File)
			if path == "" {
				continue
			}
			body = unwrap(s.File, testkit.Read(t, path))
		}
		name := fmt.Sprintf("sample %d (%s %s)", i, s.Stream, s.File)
		c.Say(Reply{Body: body})
		if s.Stream == "balances" {
			got, err := c.Client.Balances(t.Context())
			if err != nil || len(got) != s.Records {
				t.Errorf("%s: %d balances, want %d, error %v", name, len(got), s.Records, err)
			}
			continue
		}
		page, err := c.Client.Page(t.Context(), s.Stream, s.Cursor)
		if err != nil || len(page.Records) != s.Records {
			t.Errorf("%s: %d records, want %d, error %v", name, len(page.Records), s.Records, err)
			continue
		}
		for _, r := range page.Records {
			if !bytes.Contains(body, r.Raw) {
				t.Errorf("%s: record %s is not as it came", name, r.ID)
			}
		}
		readable(t, x, page.Records)
	}
}

// readable makes events of records and wants each to have its outcome.
func readable(tb testing.TB, x exchange.Exchange, records []exchange.Record) *statement.Collector {
	tb.Helper()
	c := statement.NewCollector(x.Venue)
	c.Tax = ledger.NewCalendar(time.UTC)
	if err := exchange.Read(&x, c, exchange.Sort(slices.Clone(records))); err != nil {
		tb.Errorf("records do not read: %v", err)
	}
	return c
}

// permissionCase is one answer of the call that tells a key's rights.
type permissionCase struct {
	Exchange string          `json:"exchange"`
	Name     string          `json:"name"`
	Status   int             `json:"http_status"`
	Body     json.RawMessage `json:"body"`
	Verdict  string          `json:"verdict"`
}

// Permission is a case of our own.
type Permission struct {
	Name    string
	Status  int
	Body    string
	Verdict exchange.Verdict
	TooMuch string // joined by commas
}

// Permissions checks what is made of the rights that an exchange tells: our own
// cases, and those that may stand beside the repository.
func Permissions(t *testing.T, x exchange.Exchange, own []Permission) {
	t.Helper()
	for _, p := range own {
		if p.Status == 0 {
			p.Status = http.StatusOK
		}
		got := x.Judge(p.Status, []byte(p.Body))
		if got.Verdict != p.Verdict || p.TooMuch != "" && strings.Join(got.TooMuch, ",") != p.TooMuch {
			t.Errorf("%s: %s, too much %v; want %s, %s", p.Name, got.Verdict, got.TooMuch, p.Verdict, p.TooMuch)
		}
	}
	path := testkit.Shared(t, "exchange-api", "key-permissions", "cases.json")
	if path == "" {
		return
	}
	var in struct {
		Cases []permissionCase `json:"cases"`
	}
	if err := json.Unmarshal(testkit.Read(t, path), &in); err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, p := range in.Cases {
		if p.Exchange != x.Name {
			continue
		}
		n++
		body := []byte(p.Body)
		var text string
		if json.Unmarshal(body, &text) == nil {
			body = []byte(text)
		}
		if got := x.Judge(p.Status, body); string(got.Verdict) != p.Verdict {
			t.Errorf("shared case %q: %s, want %s", p.Name, got.Verdict, p.Verdict)
		}
	}
	if n == 0 {
		t.Error("no shared case for this exchange")
	}
}

// Vector is one text and its signature, of the files that may stand beside the
// repository.
type Vector map[string]any

// Text returns a member as text.
func (v Vector) Text(name string) string {
	s, ok := v[name].(string)
	if !ok {
		return ""
	}
	return s
}

// Vectors are the signing vectors of an exchange, none if they are not there.
func Vectors(t *testing.T, name string) []Vector {
	t.Helper()
	path := testkit.Shared(t, "exchange-api", "signing-vectors", name+".json")
	if path == "" {
		return nil
	}
	var in struct {
		Vectors []Vector `json:"vectors"`
	}
	if err := json.Unmarshal(testkit.Read(t, path), &in); err != nil {
		t.Fatal(err)
	}
	if len(in.Vectors) == 0 {
		t.Fatalf("%s has no vectors", filepath.Base(path))
	}
	return in.Vectors
}

// Fuzz gives a client any answer at all: it either gets records that read, or
// a typed error; it never panics and never says a secret.
func Fuzz(f *testing.F, x exchange.Exchange, k Key, seeds ...string) {
	f.Helper()
	for i := range x.Streams {
		for _, s := range seeds {
			f.Add(uint8(i), 200, s) // #nosec G115 -- few streams
		}
	}
	f.Add(uint8(0), 429, `{}`)
	f.Add(uint8(0), 200, `<html>`)
	c := NewCanned(f, x, k)
	f.Fuzz(func(t *testing.T, stream uint8, status int, body string) {
		if status < 200 || status > 599 {
			status = 200
		}
		c.Say(Reply{Status: status, Body: body})
		name := x.Streams[int(stream)%len(x.Streams)].Name
		page, err := c.Client.Page(t.Context(), name, "")
		if err != nil {
			if _, ok := err.(*exchange.Fault); !ok { //nolint:errorlint // a client returns nothing else
				t.Fatalf("%T is no *exchange.Fault: %v", err, err)
			}
			if strings.Contains(err.Error(), k.Secret) {
				t.Fatalf("the secret stands in %v", err)
			}
			return
		}
		for _, r := range page.Records {
			if r.ID == "" || r.Stream != name || !json.Valid(r.Raw) {
				t.Fatalf("record without a name or content: %+v", r)
			}
		}
		events(t, readable(t, x, page.Records))
		x.Judge(status, []byte(body))
	})
}

// events says what holds for all events.
func events(t *testing.T, c *statement.Collector) {
	t.Helper()
	for i := range c.Events {
		e := &c.Events[i]
		if e.Kind == ledger.KindUnknown || e.ID.IsZero() || e.Asset == "" && e.Kind != ledger.KindExchange || e.Amount.Sign() < 0 {
			t.Fatalf("event without kind, asset, id or amount: %+v", *e)
		}
	}
}

// File is the text of a recorded answer of the material that may stand beside
// the repository, "" if it is not there.
func File(t *testing.T, exchange, file string) string {
	t.Helper()
	path := testkit.Shared(t, "exchange-api", exchange, file)
	if path == "" {
		return ""
	}
	return string(unwrap(file, testkit.Read(t, path)))
}

// unwrap takes the answer out of a file that keeps it beside its request.
func unwrap(file string, body []byte) []byte {
	if !strings.HasPrefix(file, "gct_") {
		return body
	}
	var kept []struct {
		Data json.RawMessage `json:"data"`
	}
	if json.Unmarshal(body, &kept) != nil || len(kept) == 0 {
		return body
	}
	return kept[0].Data
}

// Reading is records and what must become of them: the facts without their
// times, in any order, and how many records are ignored or held.
type Reading struct {
	Name    string
	Records []exchange.Record
	Want    []string
	Ignored int
	Held    int
}

// Readings checks what becomes of records.
func Readings(t *testing.T, x exchange.Exchange, list []Reading) {
	t.Helper()
	for _, r := range list {
		c := readable(t, x, r.Records)
		got := make([]string, len(c.Events))
		for i := range c.Events {
			_, got[i], _ = strings.Cut(FactOf(&c.Events[i]).String(), " ")
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values(r.Want))
		if !slices.Equal(got, want) || c.Tally.Ignored != r.Ignored || c.Tally.Held != r.Held {
			t.Errorf("%s: %q, ignored %d, held %d %v\nwant %q, ignored %d, held %d", r.Name, got, c.Tally.Ignored, c.Tally.Held, c.Held, want, r.Ignored, r.Held)
		}
	}
}
