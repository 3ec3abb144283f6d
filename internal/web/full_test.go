package web_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/web"
)

// full is a machine without room.
type full struct{}

func (full) Ready(context.Context) error { return errors.New("the disk is full") }
func (full) Full() bool                  { return true }

// TestFullDisk: nothing is written any more, reading goes on, and whoever
// watches is told.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	var seen []string
	s := newSite(t, web.Config{
		Health:  full{},
		Observe: func(method, route string, status int, _ time.Duration) { seen = append(seen, method+" "+route) },
	}, nil, func(r *web.Router) {
		r.Add(http.MethodPost, "/write", web.Anyone())
		r.Add(http.MethodGet, "/read", web.Anyone())
	})
	w := s.ask(http.MethodPost, "/write", strings.NewReader("a=b"), "Content-Type", "application/x-www-form-urlencoded")
	if w.Code != http.StatusInsufficientStorage || !strings.Contains(w.Body.String(), `"disk_full"`) {
		t.Errorf("a write: %d %s", w.Code, w.Body)
	}
	if w := s.ask(http.MethodGet, "/read", nil); w.Code != http.StatusOK {
		t.Errorf("a read: %d", w.Code)
	}
	if w := s.ask(http.MethodGet, "/readyz", nil); w.Code != http.StatusServiceUnavailable {
		t.Errorf("readyz: %d", w.Code)
	}
	if got := strings.Join(seen, ", "); got != "POST /write, GET /read, GET /readyz" {
		t.Errorf("observed %s", got)
	}
}
