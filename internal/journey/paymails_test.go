package journey_test

import (
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// postman is a mail server of bad days: it refuses each letter for a while the
// first time, and takes one letter of each kind in the very moment in which the
// program dies, which cannot have noted it.
type postman struct {
	kill func()

	mu    sync.Mutex
	armed bool                   // the program is ready to be killed
	by    map[string][]delivered // by subject
	died  map[string]bool        // kinds of letters, see kindOf
	taken map[string]bool        // Message-IDs whose answer was 250
	last  time.Time
}

// delivered is one try of a letter.
type delivered struct{ id, content string }

var (
	boundary = regexp.MustCompile(`boundary="?([^"\s;]+)`)
	number   = regexp.MustCompile(`[0-9a-f]{8}`)
)

// kindOf is a subject without the number of its invoice.
func kindOf(subject string) string { return number.ReplaceAllString(subject, "N") }

// answer implements payhouse.answers.
func (m *postman) answer(letter string) string {
	id := messageID.FindStringSubmatch(letter)[1]
	about := strings.TrimSpace(subject.FindStringSubmatch(letter)[1])
	content := letter
	for _, b := range boundary.FindAllStringSubmatch(letter, -1) {
		content = strings.ReplaceAll(content, b[1], "-") // made anew for each try
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = time.Now()
	m.by[about] = append(m.by[about], delivered{id, content})
	switch kind := kindOf(about); {
	case len(m.by[about]) == 1, !m.died[kind] && !m.armed:
		return "451 later"
	case !m.died[kind]:
		m.died[kind], m.armed = true, false
		m.kill()
		return ""
	}
	m.taken[id] = true
	return "250 taken"
}

// TestPaymentMails: each mail about a payment has one Message-ID and one
// content, however often it is tried: refused, or taken in the moment in which
// the program was killed before it could note that.
func TestPaymentMails(t *testing.T) {
	t.Parallel()
	clock, setting := clockFile(t)
	p := newPayhouse(t)
	p.now = clock.now
	killed := make(chan struct{}, 16)
	m := &postman{by: make(map[string][]delivered), died: make(map[string]bool), taken: make(map[string]bool)}
	p.mu.Lock()
	p.answers = m.answer
	p.mu.Unlock()
	in := start(t, append(p.settings(t), setting)...)
	m.kill = func() {
		if err := in.cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Error(err)
		}
		killed <- struct{}{}
	}
	owner := in.setUp()
	firm, _ := owner.book()
	events := []struct{ kind, status, label, paid, event string }{
		{"Your payment is 19 EUR short", "New", "PaidPartial", "20", "InvoiceReceivedPayment"},
		{"Paid. Thank you", "Settled", "None", "39", "InvoiceSettled"},
		{"Your payment for invoice N arrived late", "Expired", "PaidLate", "39", "InvoicePaidAfterExpiration"},
		{"Invoice N was not confirmed", "Invalid", "None", "39", "InvoiceInvalid"},
		{"Invoice N ran out", "Expired", "None", "0", "InvoiceExpired"},
		{"About your refund", "Settled", "None", "39", "InvoiceRefund"},
		{"You paid more than was due", "Settled", "PaidOver", "40", "InvoiceSettled"},
	}
	refs := make([]string, len(events))
	for i, e := range events {
		_, refs[i] = owner.buys(firm, "holder", e.kind)
	}
	want := map[string]int{"Invoice N": len(events)} // that each was made
	for i, e := range events {
		p.set(refs[i], e.status, e.label, e.paid)
		want[e.kind] = 1
	}
	for i, e := range events {
		in.tell("d"+refs[i], e.event, refs[i])
	}
	in.survive(killed, m, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		if time.Since(m.last) > 300*time.Millisecond { // everything waits for its next try
			m.last = time.Now()
			clock.move(t, 3*time.Minute)
		}
		got := make(map[string]int)
		for about, tries := range m.by {
			if m.taken[tries[len(tries)-1].id] {
				got[kindOf(about)]++
			}
		}
		for kind, n := range want {
			if got[kind] != n {
				return false
			}
		}
		return true
	})
	m.check(t, want)
}

// check looks at every try of every letter.
func (m *postman) check(t *testing.T, want map[string]int) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	subjects, n := make(map[string]int), 0
	for about, tries := range m.by {
		subjects[kindOf(about)]++
		n += len(tries)
		if len(tries) < 2 {
			t.Errorf("%s: %d tries", about, len(tries))
		}
		for _, try := range tries[1:] {
			if try.id != tries[0].id {
				t.Errorf("%s: Message-ID %s, then %s", about, tries[0].id, try.id)
			}
			if try.content != tries[0].content {
				t.Errorf("%s: another letter under the same id:\n%s\n%s", about, tries[0].content, try.content)
			}
		}
	}
	for kind, n := range want {
		if subjects[kind] != n || !m.died[kind] {
			t.Errorf("%s: %d letters, want %d; killed in between: %v", kind, subjects[kind], n, m.died[kind])
		}
	}
	t.Logf("%d letters in %d tries, killed %d times in between", len(m.by), n, len(m.died))
}

// survive runs the program on whenever it was killed, until all is done.
func (in *instance) survive(killed <-chan struct{}, m *postman, done func() bool) {
	in.t.Helper()
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	m.arm()
	for !done() {
		select {
		case <-killed:
			<-in.done
			in.run()
			m.arm()
		case <-tick.C:
		case <-deadline.C:
			in.t.Fatalf("never done\n%s", last(in.logged(), 3000))
		}
	}
}

// arm says that the program may be killed again.
func (m *postman) arm() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.armed = true
}
