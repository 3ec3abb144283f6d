package link_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/egress"
	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/link"
)

// bulky is a client that reads one answer.
type bulky struct{ exchange.Config }

func (b bulky) Probe(ctx context.Context) (exchange.Rights, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://bulky.example/all", nil)
	if err != nil {
		return exchange.Rights{}, err
	}
	resp, err := b.HTTP.Do(r)
	if err != nil {
		return exchange.Rights{}, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return exchange.Rights{Verdict: exchange.ReadOnly}, err
}

func (bulky) Balances(context.Context) ([]exchange.Balance, error) { return nil, nil }

func (bulky) Page(context.Context, string, string) (exchange.Page, error) {
	return exchange.Page{}, nil
}

// TestMaxBody: an exchange whose answers are larger than others' is read, and
// an answer that is larger than it says is not.
func TestMaxBody(t *testing.T) {
	t.Parallel()
	const size = egress.DefaultBody + 1<<20
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.Copy(w, io.LimitReader(strings.NewReader(strings.Repeat(" ", size)), size))
	}))
	defer server.Close()
	g := newGround(t, time.Now)
	door, err := egress.New(egress.Config{Allow: []string{strings.TrimPrefix(server.URL, "http://")}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		most int64
		fits bool
	}{{0, false}, {size, true}, {size - 1, false}} {
		x := &exchange.Exchange{
			Name: "bulky", Title: "Bulky", Venue: "Bulky", MaxBody: c.most, Passes: []egress.Pass{{Method: http.MethodGet, Host: "bulky.example", Path: "/all"}},
			Open: func(c exchange.Config) (exchange.Client, error) { return bulky{c}, nil },
		}
		s, err := link.NewService(link.Config{
			Store: g.db.Links(), Exchanges: []*exchange.Exchange{x}, Door: door, Bases: map[string]string{"bulky": server.URL}, Clock: time.Now,
			Log: slog.New(slog.DiscardHandler), Private: func(string) bool { return false },
		})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Create(t.Context(), g.entity(), link.Request{Exchange: "bulky", Schedule: link.Manual, Key: exchange.Credentials{ID: "k", Secret: keyring.NewSecret([]byte("s"))}})
		own, _ := errors.AsType[*egress.Error](err)
		if c.fits != (err == nil) || !c.fits && (own == nil || own.Kind != egress.TooLarge) {
			t.Errorf("%d bytes, at most %d: %v", size, c.most, err)
		}
	}
}
