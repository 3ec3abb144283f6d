package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/job"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/internal/testkit"
)

// victim is the name under which this program runs as the process that is
// killed.
const victim = "store-victim"

func TestMain(m *testing.M) {
	if os.Args[0] == victim {
		if err := writeUntilKilled(os.Args[1], os.Args[2], os.Args[3], os.Args[4]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// writeUntilKilled writes to a firm in several ways at once and prints the
// number of each write once it is acknowledged.
func writeUntilKilled(dir, url, firm, from string) error {
	ctx := context.Background()
	s, err := store.Open(ctx, store.Config{
		DataDir: dir, DatabaseURL: url, Clock: func() time.Time { return time.Now().UTC() }, Log: slog.New(slog.DiscardHandler), Keys: markers{},
	})
	if err != nil {
		return err
	}
	id, err := tenant.ParseID(firm)
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(from)
	if err != nil {
		return err
	}
	reg := job.NewRegistry(2)
	if err := reg.Handle(counting(s, nil)); err != nil {
		return err
	}
	errs := make(chan error)
	go func() { errs <- s.Work(ctx, reg) }()
	scope := tenant.ForJob(id, tenant.EntityID{}, "test")
	for w := range 4 {
		go func() {
			for n := first + w; ; n += 4 {
				if err := write(ctx, s, scope, n); err != nil {
					errs <- err
					return
				}
				fmt.Println(n)
			}
		}()
	}
	return <-errs
}

// write makes one change with everything that belongs to it: a file, an audit
// entry, work, and an answer under a key.
func write(ctx context.Context, s *store.Store, scope tenant.Scope, n int) error {
	file, _, _, err := s.PutFile(ctx, scope, strings.NewReader(strings.Repeat("x", n%5000)))
	if err != nil {
		return err
	}
	return s.InFirm(ctx, scope, func(tx *store.FirmTx) error {
		name := strconv.Itoa(n)
		if _, found, err := tx.Answered(ctx, "test", name, fmt.Sprintf("%064d", n)); err != nil || found {
			return err
		}
		return errors.Join(
			tx.KeepFile(ctx, file),
			tx.Audit(ctx, audit.Entry{Action: "test.write", Object: name, Reason: file.String()}),
			tx.Enqueue(ctx, job.Task{Kind: "test.count", Args: n}),
			tx.Answer(ctx, "test", name, fmt.Sprintf("%064d", n), []byte("done")),
		)
	})
}

// counting is work that notes in the chain, once, that it was done.
func counting(s *store.Store, done chan<- int) job.Kind {
	return job.Kind{Name: "test.count", Work: func(ctx context.Context, r job.Run) error {
		var n int
		if err := r.Args(&n); err != nil {
			return err
		}
		return s.InFirm(ctx, r.Scope(tenant.EntityID{}), func(tx *store.FirmTx) error {
			if done != nil {
				tx.AfterCommit(func() { done <- n })
			}
			name, digest := "count/"+strconv.Itoa(n), fmt.Sprintf("%064d", n)
			if _, found, err := tx.Answered(ctx, "test", name, digest); err != nil || found {
				return err
			}
			return errors.Join(
				tx.Audit(ctx, audit.Entry{Action: "test.count", Object: strconv.Itoa(n)}),
				tx.Answer(ctx, "test", name, digest, nil),
			)
		})
	}}
}

// TestKill kills a process that writes, again and again, at any moment:
// nothing that was acknowledged is lost, nothing is there twice, all work is
// done, and the chain verifies.
func TestKill(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, p place) {
		s := p.open(t, store.Config{})
		scope := newFirm(t, s)
		if err := s.InFirm(t.Context(), scope, note(t.Context(), "first")); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		random, acked := rand.New(rand.NewPCG(3, 9)), make(map[int]bool)
		kills, next := times(200, 10), 1
		for range kills {
			for _, n := range killed(t, p, scope, next, random) {
				if acked[n] {
					t.Errorf("%d is acknowledged twice", n)
				}
				acked[n] = true
				next = max(next, n+100)
			}
		}
		written, counted := chainOf(t, p, scope, acked)
		t.Logf("%d kills, %d acknowledged, %d written, %d of them worked", kills, len(acked), written, counted)
		if len(acked) < kills {
			t.Errorf("only %d writes were acknowledged in %d lives", len(acked), kills)
		}
	})
}

// killed starts the process, lets it write for a random while from its first
// acknowledged write on, kills it, and returns what it acknowledged.
func killed(t *testing.T, p place, scope tenant.Scope, from int, random *rand.Rand) (acked []int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Args = []string{victim, p.dir, p.service, scope.Firm().String(), strconv.Itoa(from)}
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for in.Scan() {
		n, err := strconv.Atoi(in.Text())
		if err != nil {
			t.Fatal(err)
		}
		if acked = append(acked, n); len(acked) == 1 {
			time.AfterFunc(time.Duration(random.IntN(120_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // it was killed
	if errs.Len() > 0 {
		t.Fatal(errs.String())
	}
	return acked
}

// chainOf opens the installation again, lets the rest of the work be done and
// checks all against what was acknowledged.
func chainOf(t *testing.T, p place, scope tenant.Scope, acked map[int]bool) (written, counted int) {
	t.Helper()
	s := p.open(t, store.Config{})
	seen := make(map[string]int)
	read := func() {
		clear(seen)
		for q := (audit.Query{Limit: 200}); ; {
			links, err := s.AuditLog().Links(t.Context(), scope, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range links {
				seen[l.Action+" "+l.Object]++
				q.Before = l.Seq
				if l.Action == "test.write" {
					whole(t, s, scope, l.Reason, l.Object)
				}
			}
			if len(links) < q.Limit {
				return
			}
		}
	}
	read()
	open := make(map[int]bool) // written and not worked
	for name := range seen {
		if n, ok := strings.CutPrefix(name, "test.write "); ok && seen["test.count "+n] == 0 {
			number, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			open[number] = true
		}
	}
	reg, done := job.NewRegistry(2), make(chan int, 1000)
	handle(t, reg, counting(s, done))
	stop := work(t, s, reg)
	for len(open) > 0 {
		delete(open, wait(t, fmt.Sprint(len(open), " tasks that are left"), done, 1)[0])
	}
	stop()
	read()
	for name, times := range seen {
		if times != 1 {
			t.Errorf("%s is there %d times", name, times)
		}
		if strings.HasPrefix(name, "test.write ") {
			written++
		} else if strings.HasPrefix(name, "test.count ") {
			counted++
		}
	}
	for n := range acked {
		if seen["test.write "+strconv.Itoa(n)] != 1 {
			t.Errorf("%d was acknowledged and is lost", n)
		}
	}
	if written != counted {
		t.Errorf("%d written, %d worked", written, counted)
	}
	if r, err := s.Verify(t.Context(), ""); err != nil || !r.OK() {
		t.Errorf("%v %v", r.Findings, err)
	}
	return written, counted
}

// whole reads the file that belongs to a write.
func whole(t *testing.T, s *store.Store, scope tenant.Scope, file, n string) {
	t.Helper()
	id, err := tenant.ParseID(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.OpenFile(t.Context(), scope, id)
	if err != nil {
		t.Fatalf("file of %s: %v", n, err)
	}
	size, err := io.Copy(io.Discard, r)
	if want, _ := strconv.Atoi(n); err != nil || int(size) != want%5000 {
		t.Errorf("file of %s: %d bytes, %v", n, size, err)
	}
}

// TestRestart restarts PostgreSQL in the middle of writes, as a crash does:
// nothing that was acknowledged is lost, what was not is tried again under its
// key, and nothing is there twice.
func TestRestart(t *testing.T) {
	t.Parallel()
	server := testkit.NewPostgres(t)
	p := place{dir: t.TempDir()}
	p.service, p.owner = server.NewDatabase(t)
	if err := store.Migrate(t.Context(), p.owner, p.service); err != nil {
		t.Fatal(err)
	}
	s := p.open(t, store.Config{})
	scope := newFirm(t, s)
	const writers = 8
	each := times(300, 20)
	var wg sync.WaitGroup
	acked, mu, busy := make(map[int]bool), sync.Mutex{}, 0
	progress := make(chan struct{}, writers*each)
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				n := w*each + i
				for {
					err := write(t.Context(), s, scope, n)
					if err == nil {
						break
					}
					if !fault.Is(err, fault.Busy) {
						t.Errorf("%d: %v", n, err)
					}
					mu.Lock()
					busy++
					mu.Unlock()
					select {
					case <-time.After(20 * time.Millisecond):
					case <-t.Context().Done():
						return
					}
					if t.Failed() {
						return
					}
				}
				mu.Lock()
				acked[n] = true
				mu.Unlock()
				progress <- struct{}{}
			}
		})
	}
	restarts := times(20, 2)
	for range restarts {
		wait(t, "writes", progress, writers*each/(restarts+2))
		for _, err := range []error{server.Stop("immediate"), server.Start()} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	wg.Wait()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	written, _ := chainOf(t, p, scope, acked)
	t.Logf("%d restarts, %d writes, %d failed attempts", restarts, written, busy)
	if written != writers*each {
		t.Errorf("%d of %d are there", written, writers*each)
	}
}
