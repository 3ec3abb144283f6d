package journey_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// as gives a tab the cookies of somebody who signed in elsewhere.
func (tb *tab) as(c *client) {
	tb.t.Helper()
	tb.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		for name, value := range c.cookies {
			_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: tb.in.base, Path: "/", Secure: new(true), HTTPOnly: new(true)})
			if err != nil {
				return err
			}
		}
		return nil
	}))
}

// samples are the paths of statements of the repository.
func samples(t testing.TB, names ...string) []string {
	t.Helper()
	for i, name := range names {
		names[i] = filepath.Join(root(t), "scripts", "samples", name)
	}
	return names
}

// upload sends statements over the API and waits until they are read.
func (c *client) upload(at string, files ...string) (id, state string) {
	c.in.t.Helper()
	return c.uploadWithin(patience, at, files...)
}

// uploadWithin is upload that waits longer.
func (c *client) uploadWithin(limit time.Duration, at string, files ...string) (id, state string) {
	c.in.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, path := range files {
		part, err := w.CreateFormFile("file", filepath.Base(path))
		if err != nil {
			c.in.t.Fatal(err)
		}
		if _, err := io.Copy(part, bytes.NewReader(testkit.Read(c.in.t, path))); err != nil {
			c.in.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		c.in.t.Fatal(err)
	}
	a := c.do(http.MethodPost, at+"/imports", &b, "X-Ledgersys-Token", c.token, "Sec-Fetch-Site", "same-origin", "Origin", c.in.base, "Content-Type", w.FormDataContentType())
	var got struct{ ID, State string }
	if err := json.Unmarshal([]byte(a.body), &got); err != nil || a.StatusCode != http.StatusAccepted {
		c.in.t.Fatalf("upload: %d %s", a.StatusCode, a.body)
	}
	until := time.Now().Add(limit)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for got.State == "running" && time.Now().Before(until) {
		<-tick.C
		a := c.api(http.MethodGet, at+"/imports/"+got.ID, "")
		if err := json.Unmarshal([]byte(a.body), &got); err != nil {
			c.in.t.Fatalf("import: %d %s", a.StatusCode, a.body)
		}
	}
	return got.ID, got.State
}

// patiently asks for what is being computed until it is there.
func (c *client) patiently(limit time.Duration, path string) (a answer) {
	c.in.t.Helper()
	until := time.Now().Add(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for time.Now().Before(until) {
		if a = c.api(http.MethodGet, path, ""); a.StatusCode != http.StatusServiceUnavailable && a.StatusCode != http.StatusAccepted {
			return a
		}
		<-tick.C
	}
	return a
}

// userOf returns the id of a member.
func (w *world) userOf(email string) string {
	w.t.Helper()
	var got struct {
		Items []struct{ User, Email string }
	}
	a := w.people["owner"].api(http.MethodGet, "/api/v1/firms/"+w.firm+"/members", "")
	if err := json.Unmarshal([]byte(a.body), &got); err != nil {
		w.t.Fatalf("members: %d %s", a.StatusCode, a.body)
	}
	for _, m := range got.Items {
		if strings.EqualFold(m.Email, email) {
			return m.User
		}
	}
	w.t.Fatalf("no %s among the members", email)
	return ""
}

// TestMemberPages: how every page looks to an owner whose books are filled.
func TestMemberPages(t *testing.T) {
	t.Parallel()
	script := axe(t)
	w := newWorld(t)
	ada := w.people["owner"]
	at := "/api/v1/firms/" + w.firm + "/entities/" + w.own
	id, state := ada.upload(at, samples(t, "kraken-ledgers.csv", "coinbase-transactions.csv", "cashapp.csv")...)
	if state != "done" && state != "held" {
		t.Fatalf("the import is %s", state)
	}
	values := map[string]string{
		"firm": w.firm, "entity": w.own, "import": id, "place": "0", "role": "preparer", "user": w.userOf(w.mail("preparer")), "year": "2024-25", "exchange": "kraken",
	}
	// Pages that show what is made by other journeys.
	elsewhere := map[string]bool{"file": true, "connection": true, "wallet": true}
	tb := w.open()
	tb.as(ada)
	only := os.Getenv("LEDGERSYS_PAGE")
	seen := 0
	for _, r := range allRoutes(t) {
		if r.unsafe() || r.API || r.Permission == "public" || only != "" && only != r.Path {
			continue
		}
		path, missing := r.fill(values)
		if len(missing) > 0 {
			if !elsewhere[missing[0]] {
				t.Errorf("%s: nothing to put in the place of %v", r.Path, missing)
			}
			continue
		}
		if a := ada.get(path); a.StatusCode != http.StatusOK || !strings.HasPrefix(a.body, "<!doctype html>") {
			t.Logf("%s: %d %s", path, a.StatusCode, a.Header.Get("Content-Type"))
			continue
		}
		seen++
		tb.name = strings.Trim(r.Path, "/")
		tb.checkLooks(path, script)
	}
	if only == "" && seen < 15 {
		t.Errorf("only %d pages", seen)
	}
}

// fill puts values into the {names} of a path and tells those without one.
func (r route) fill(values map[string]string) (path string, missing []string) {
	for part := range strings.SplitSeq(r.Path, "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			if name = strings.TrimSuffix(name, "}"); values[name] == "" {
				missing = append(missing, name)
			}
		}
	}
	return r.anywhere(values), missing
}
