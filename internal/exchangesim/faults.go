package exchangesim

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Fault is one way in which an exchange does wrong.
type Fault string

// The faults, by the numbers of the security tests.
const (
	RateLimit   Fault = "EX-01 429 with Retry-After"
	Ban         Fault = "EX-02 418 with Retry-After"
	Wall        Fault = "EX-03 403 of a wall"
	Region      Fault = "EX-03 451"
	Status500   Fault = "EX-04 500"
	Status502   Fault = "EX-04 502"
	Status503   Fault = "EX-04 503"
	Status504   Fault = "EX-04 504"
	Broken      Fault = "EX-04 connection broken off"
	Silent      Fault = "EX-04 no answer"
	NoName      Fault = "EX-04 name without an address"
	BadTLS      Fault = "EX-04 certificate not to be trusted"
	HTML        Fault = "EX-05 HTML"
	Truncated   Fault = "EX-05 truncated JSON"
	WrongType   Fault = "EX-05 wrong types"
	NaN         Fault = "EX-05 NaN"
	Infinite    Fault = "EX-05 1e400"
	Negative    Fault = "EX-05 negative amounts"
	Doubled     Fault = "EX-05 duplicate keys"
	Huge        Fault = "EX-05 endless body"
	Bomb        Fault = "EX-05 gzip bomb"
	Mark        Fault = "EX-05 byte order mark"
	SamePage    Fault = "EX-06 a page comes twice"
	Mixed       Fault = "EX-06 out of order"
	Shrunk      Fault = "EX-06 page shrinks"
	PartFirst   Fault = "EX-07 partial page, then an error"
	Tail        Fault = "EX-07 tail missing, later complete"
	Late        Fault = "EX-07 rows appear up to 24 h late"
	Skewed      Fault = "EX-08 clock"
	KeyRevoked  Fault = "EX-09 key revoked"
	KeyUpgraded Fault = "EX-10 key upgraded"
	Redirected  Fault = "EX-11 redirect"
	BadRequest  Fault = "EX-08 refused"
)

// planned is a fault that waits for its page.
type planned struct {
	fault Fault
	path  string // "" is any
	after int    // data pages of that path before it
	times int    // how often it happens
	seen  int
}

// Plan makes a fault happen at the page behind the first after pages of a
// path, so many times.
func (s *Sim) Plan(f Fault, path string, after, times int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &planned{fault: f, path: path, after: after, times: times})
}

// due returns the fault that is planned for this page.
func (s *Sim) due(q *Request) *planned {
	for _, p := range s.faults {
		if p.path != "" && p.path != q.Path {
			continue
		}
		p.seen++
		if p.seen > p.after && p.times > 0 {
			p.times--
			return p
		}
	}
	return nil
}

// Skew sets the exchange's clock apart from ours.
func (s *Sim) Skew(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skew = d
}

// Upgrade gives the key a right to trade.
func (s *Sim) Upgrade() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upgraded = true
}

// Revoke makes the key unknown.
func (s *Sim) Revoke() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.revoked = true
}

// Hold makes some of the newest rows stay away until it is called with false.
func (s *Sim) Hold(late bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = late
}

// whole is what is wrong with a list as such.
func whole[T any](s *Sim, rows []T) []T {
	if s.bent == Tail {
		return rows[:len(rows)*2/3]
	}
	return rows
}

// bend is what is wrong with one page of a list.
func bend[T any](s *Sim, rows []T) []T {
	switch s.bent {
	case Shrunk:
		return rows[:(len(rows)+1)/2]
	case Mixed:
		rows = slices.Clone(rows)
		slices.Reverse(rows)
	default:
	}
	return rows
}

// Edit makes every row say another amount than before, until it is called with
// false.
func (s *Sim) Edit(edited bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.edited = edited
}

// edited finds numbers, and times and the balances behind a row, which stay as
// they were.
var edited = regexp.MustCompile(`("(?:afterAmt|cashBalance|createTime)":)?` + number.String())

// edit changes the first digit behind the point of all numbers.
func edit(body []byte) []byte {
	return edited.ReplaceAllFunc(body, func(n []byte) []byte {
		if bytes.Contains(n, []byte(":")) {
			return n
		}
		n = bytes.Clone(n)
		digit := &n[bytes.IndexByte(n, '.')+1]
		*digit = '0' + (*digit-'0'+1)%10
		return n
	})
}

// Waiting is how many calls have no answer so far and get none.
func (s *Sim) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waiting
}

// hidden reports whether a row of the newest stays away for now.
func (s *Sim) hidden(n int, at, newest time.Time) bool {
	return s.late && n%3 == 0 && newest.Sub(at) < 20*time.Hour
}

// wrong is how the exchange says that something is wrong.
func (s *Sim) wrong(f Fault) *Reply {
	if s.words != nil {
		if r := s.words(f); r != nil {
			return r
		}
	}
	plain := map[Fault]Reply{
		RateLimit:  {Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "7"}},
		Ban:        {Status: http.StatusTeapot, Header: map[string]string{"Retry-After": "120"}},
		Wall:       {Status: http.StatusForbidden, Body: "<html>Request blocked</html>"},
		Region:     {Status: http.StatusUnavailableForLegalReasons},
		Status500:  {Status: http.StatusInternalServerError, Body: "oops"},
		Status502:  {Status: http.StatusBadGateway, Body: "<html>502</html>"},
		Status503:  {Status: http.StatusServiceUnavailable},
		Status504:  {Status: http.StatusGatewayTimeout},
		KeyRevoked: {Status: http.StatusUnauthorized, Body: map[string]string{"error": "key"}},
	}
	if r, ok := plain[f]; ok {
		return &r
	}
	return nil
}

// Knows reports whether this exchange has words for a fault.
func (s *Sim) Knows(f Fault) bool { return s.wrong(f) != nil }

// misbehave answers wrongly. serve gives the right answer.
func (s *Sim) misbehave(w http.ResponseWriter, r *http.Request, p *planned, serve func() Reply) {
	switch p.fault {
	case Broken:
		hang(w, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
	case Silent:
		s.waiting++
		s.mu.Unlock()
		<-r.Context().Done()
		s.mu.Lock()
		s.waiting--
	case KeyRevoked:
		s.revoked = true
		write(w, *s.wrong(KeyRevoked))
	case Redirected:
		write(w, Reply{Status: http.StatusTemporaryRedirect, Header: map[string]string{"Location": "https://evil.example.net" + r.URL.RequestURI()}})
	case HTML:
		write(w, Reply{Header: map[string]string{"Content-Type": "text/html"}, Body: "<!doctype html><title>Maintenance</title>"})
	case Truncated, WrongType, NaN, Infinite, Negative, Doubled, Mark, Huge, Bomb, PartFirst:
		s.spoil(w, p.fault, serve())
	default:
		if reply := s.wrong(p.fault); reply != nil {
			write(w, *reply)
			return
		}
		write(w, serve())
	}
}

// number finds the amounts of an answer: texts and numbers with a point.
var number = regexp.MustCompile(`"?-?[0-9]+\.[0-9]+"?`)

// spoil sends a right answer that was made wrong on its way.
func (s *Sim) spoil(w http.ResponseWriter, f Fault, r Reply) {
	body := encode(r.Body)
	replace := func(with string) []byte { return number.ReplaceAll(body, []byte(with)) }
	switch f {
	case Truncated, PartFirst:
		body = body[:len(body)*2/3]
	case WrongType:
		body = replace(`{"value":1}`)
	case NaN:
		body = replace(`NaN`)
	case Infinite:
		body = replace(`1e400`)
	case Negative:
		body = number.ReplaceAllFunc(body, func(b []byte) []byte {
			return []byte(`"-` + strings.Trim(string(b), `"-`) + `"`)
		})
	case Doubled:
		body = bytes.Replace(body, []byte("{"), []byte(`{"x":1,"x":2,`), 1)
	case Mark:
		body = append([]byte("\xef\xbb\xbf"), body...)
	case Huge:
		r.Header = map[string]string{"Content-Length": strconv.Itoa(2 << 30)}
	case Bomb:
		r.Header, body = map[string]string{"Content-Encoding": "gzip"}, bomb()
	default:
	}
	write(w, Reply{Status: r.Status, Header: r.Header, Body: body})
}

// bomb is 64 MiB of blanks, packed once.
var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	blanks := bytes.Repeat([]byte(" "), 1<<20)
	for range 64 {
		if _, err := z.Write(blanks); err != nil {
			panic(err) // invariant: memory takes it
		}
	}
	if err := z.Close(); err != nil {
		panic(err) // invariant: memory takes it
	}
	return b.Bytes()
})

// hang writes a text to the connection and breaks off.
func hang(w http.ResponseWriter, text string) {
	h, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	c, _, err := h.Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(c, text)
	_ = c.Close()
}
