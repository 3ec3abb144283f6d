package web_test

import (
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/web"
)

// TestLive: progress is pushed when it changes and ends when it is done;
// without scripts the same part is a plain answer.
func TestLive(t *testing.T) {
	t.Parallel()
	w := newTown()
	words := []string{"0 of 2", "0 of 2", "1 of 2", "2 of 2"}
	at := 0
	s := newSite(t, web.Config{}, w.crowd, func(r *web.Router) {
		r.Lives("/far", func() (string, bool) {
			at++
			return words[min(at, len(words))-1], at >= len(words)
		})
	})
	cookie := []string{"Cookie", "__Host-ls_session=owner"}
	got := s.ask("GET", "/far", nil, append(cookie, "Accept", "text/html, text/event-stream")...)
	want := "data: 0 of 2\n\n: still\n\ndata: 1 of 2\n\ndata: 2 of 2\n\nevent: done\ndata: done\n\n"
	if got.Header().Get("Content-Type") != "text/event-stream; charset=utf-8" || got.Body.String() != want {
		t.Errorf("%s: %q", got.Header().Get("Content-Type"), got.Body)
	}
	checkHeaders(t, got)
	if got := s.ask("GET", "/far", nil, append(cookie, "Accept", "text/html")...); got.Body.String() != "2 of 2" {
		t.Errorf("without a stream: %q", got.Body)
	}
}

// TestLiveEnds: a stream does not outlive the session that opened it.
func TestLiveEnds(t *testing.T) {
	t.Parallel()
	w := newTown()
	beats := 0
	s := newSite(t, web.Config{}, w.crowd, func(r *web.Router) {
		r.Lives("/far", func() (string, bool) {
			if beats++; beats == 3 {
				delete(w.sessions, "owner")
			}
			return "busy", beats > 1000
		})
	})
	got := s.ask("GET", "/far", nil, "Cookie", "__Host-ls_session=owner", "Accept", "text/event-stream")
	if beats > 10 || !strings.HasSuffix(got.Body.String(), "event: done\ndata: done\n\n") {
		t.Errorf("ended after %d beats: %q", beats, got.Body)
	}
}
