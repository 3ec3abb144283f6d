// Package exchangesim speaks the documented protocols of exchanges from a
// seeded ledger, for tests only. Each simulator checks signatures, nonces,
// windows and limits as its exchange documents them, serves its history page
// by page, and does wrong on demand: limits and bans, broken answers, pages
// that come twice or shrink, keys that are revoked or widened under way.
//
// What a simulator knows it knows from the documents, not from the clients: it
// shares no code with them.
package exchangesim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Key is the one key that a simulator knows.
type Key struct {
	ID         string
	Secret     string
	Passphrase string
}

// Sim is one simulated exchange.
type Sim struct {
	Name string
	Key  Key
	// Rows is how many rows a page has at most, where an exchange's pages may
	// be so large: of Bitfinex, Gemini, OKX, VALR. 0 is few, so that there are
	// pages. It is set before anybody asks.
	Rows int

	server *httptest.Server
	now    func() time.Time

	mu       sync.Mutex
	routes   map[string]route
	auth     func(*Request) *Reply
	words    func(Fault) *Reply // how this exchange says that something is wrong; nil for the plain HTTP form
	faults   []*planned
	log      []Request
	stolen   int // requests without a valid signature
	upgraded bool
	revoked  bool
	skew     time.Duration
	moving   bool                // the newest movements are on their way
	bent     Fault               // what is wrong with the lists of the answer under way
	waiting  int                 // calls that get no answer
	edited   bool                // rows say something else than they did
	late     bool                // some of the newest rows are not there yet
	last     map[string]*Request // the page before that had something on it, by path
	gap      gap                 // what is wrong on the way
	gone     string              // an asset whose pairs are not known any more
}

// Request is what reached a simulator.
type Request struct {
	At     time.Time
	Method string
	Path   string
	Query  url.Values
	Form   url.Values
	Header http.Header
	Raw    string // the query as it was written
	Body   string
	Weight int
	Bucket string // the limit that it counts for; "" is each of the exchange's
	Data   bool   // whether it asked for a page of history
}

// Reply is an answer.
type Reply struct {
	Status int
	Header map[string]string
	Body   any // encoded as JSON; a string or []byte is sent as it is
}

// route is one call of a simulator.
type route struct {
	weight int
	bucket string
	public bool
	data   bool
	serve  func(*Request) Reply
}

// start serves routes until the test ends.
func start(tb testing.TB, s *Sim, now func() time.Time) {
	tb.Helper()
	s.now, s.last = now, make(map[string]*Request)
	s.server = httptest.NewServer(http.HandlerFunc(s.handle))
	tb.Cleanup(s.server.Close)
}

// URL is where the simulator listens.
func (s *Sim) URL() string { return s.server.URL }

// Place is its host:port.
func (s *Sim) Place() string { return strings.TrimPrefix(s.server.URL, "http://") }

// Now is the time by the simulator's clock.
func (s *Sim) Now() time.Time { return s.now().Add(s.skew) }

// Log returns what reached the simulator so far.
func (s *Sim) Log() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.log...)
}

// Unsigned returns how many private calls came without a valid signature.
func (s *Sim) Unsigned() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stolen
}

// handle answers one call.
func (s *Sim) handle(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Date", s.Now().UTC().Format(http.TimeFormat))
	q := &Request{
		At: s.now(), Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Header: r.Header.Clone(), Raw: r.URL.RawQuery, Body: string(body),
	}
	q.Form, _ = url.ParseQuery(string(body)) // a body of another form has none
	rt, params, ok := s.find(q.Method, q.Path)
	if !ok {
		s.log = append(s.log, *q)
		write(w, Reply{Status: http.StatusNotFound, Body: map[string]string{"error": "unknown"}})
		return
	}
	for k, v := range params {
		q.Form.Set(k, v)
	}
	q.Weight, q.Bucket, q.Data = rt.weight, rt.bucket, rt.data
	s.log = append(s.log, *q)
	if r.Context().Err() != nil {
		return // the caller gave up before anybody looked at it
	}
	if s.closing() {
		w.Header().Set("Connection", "close")
	}
	s.answer(w, r, q, rt)
}

// Delist makes the exchange forget what the pairs of an asset stand for.
func (s *Sim) Delist(asset string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = asset
}

// listed reports whether the exchange knows a pair.
func (s *Sim) listed(pair string) bool { return s.gone == "" || !strings.Contains(pair, s.gone) }

// buckets says which limit each call counts for, by its path.
func (s *Sim) buckets(of func(path string) string) {
	for name, rt := range s.routes {
		_, path, _ := strings.Cut(name, " ")
		rt.bucket = of(path)
		s.routes[name] = rt
	}
}

// Used is how much of a limit was used at most in any stretch of time of its
// length, by what reached the simulator.
func (s *Sim) Used(bucket string, per time.Duration) (most int) {
	log := s.Log()
	used, first := 0, 0
	for i := range log {
		if log[i].Bucket != "" && log[i].Bucket != bucket {
			continue
		}
		for ; log[i].At.Sub(log[first].At) >= per; first++ {
			if log[first].Bucket == "" || log[first].Bucket == bucket {
				used -= log[first].Weight
			}
		}
		used += log[i].Weight
		most = max(most, used)
	}
	return most
}

// most is how many rows a page has that was asked for with a limit.
func (s *Sim) most(limit int) int {
	if s.Rows == 0 {
		return rowPage
	}
	return min(s.Rows, limit)
}

// find looks a route up; a part of its path in braces is a parameter.
func (s *Sim) find(method, path string) (route, map[string]string, bool) {
	if rt, ok := s.routes[method+" "+path]; ok {
		return rt, nil, true
	}
	got := strings.Split(path, "/")
	for key, rt := range s.routes {
		m, pattern, _ := strings.Cut(key, " ")
		want := strings.Split(pattern, "/")
		if m != method || len(want) != len(got) || !strings.Contains(pattern, "{") {
			continue
		}
		params, ok := make(map[string]string), true
		for i, w := range want {
			if strings.HasPrefix(w, "{") {
				params[strings.Trim(w, "{}")] = got[i]
			} else {
				ok = ok && w == got[i]
			}
		}
		if ok {
			return rt, params, true
		}
	}
	return route{}, nil, false
}

// answer checks who asks, does wrong if that is planned, and else serves.
func (s *Sim) answer(w http.ResponseWriter, r *http.Request, q *Request, rt route) {
	if !rt.public {
		if no := s.auth(q); no != nil {
			s.stolen++
			write(w, *no)
			return
		}
		if s.revoked {
			write(w, *s.wrong(KeyRevoked))
			return
		}
	}
	if rt.data {
		if p := s.due(q); p != nil {
			if before := s.last[q.Path]; p.fault == SamePage && before != nil {
				q = before
			}
			s.bent = p.fault
			s.misbehave(w, r, p, func() Reply { return rt.serve(q) })
			s.bent = ""
			return
		}
	}
	reply := rt.serve(q)
	// A page that comes again has something on it: an empty one would say what
	// any list says that has nothing, which nobody can tell from the truth.
	if rt.data && !bytes.Equal(bytes.TrimSpace(encode(reply.Body)), []byte("[]")) {
		s.last[q.Path] = q
	}
	if rt.data && s.edited {
		reply.Body = edit(encode(reply.Body))
	}
	write(w, reply)
}

// write sends a reply.
func write(w http.ResponseWriter, r Reply) {
	for k, v := range r.Header {
		w.Header().Set(k, v)
	}
	body := encode(r.Body)
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	if r.Status == 0 {
		r.Status = http.StatusOK
	}
	w.WriteHeader(r.Status)
	_, _ = w.Write(body)
}

func encode(body any) []byte {
	switch b := body.(type) {
	case nil:
		return nil
	case string:
		return []byte(b)
	case []byte:
		return b
	}
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	if err := e.Encode(body); err != nil {
		panic(err) // invariant: replies are maps, lists and texts
	}
	return buf.Bytes()
}
