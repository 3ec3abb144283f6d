package testkit

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// Postgres is a private PostgreSQL server of the test's process: in a folder
// of its own, on a socket there and on loopback, with nobody's data. It dies
// with the process.
type Postgres struct {
	dir  string
	port int
	bin  string
	who  *syscall.Credential
	n    atomic.Int64

	mu  sync.Mutex
	run *exec.Cmd
	end io.Closer // closing it ends the server
}

// shared is the server of this process.
var shared = sync.OnceValues(startPostgres)

// SharedPostgres returns the server of this process, started by the first
// test that asks. A machine without PostgreSQL fails the test.
func SharedPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	p, err := shared()
	if err != nil {
		tb.Fatalf("PostgreSQL: %v (Debian: apt-get install postgresql)", err)
	}
	return p
}

// NewPostgres starts a server of the test's own, which it may stop and kill.
func NewPostgres(tb testing.TB) *Postgres {
	tb.Helper()
	p, err := startPostgres()
	if err != nil {
		tb.Fatalf("PostgreSQL: %v (Debian: apt-get install postgresql)", err)
	}
	tb.Cleanup(func() {
		if err := p.Stop("immediate"); err != nil {
			tb.Error(err)
		}
		if err := os.RemoveAll(p.dir); err != nil {
			tb.Error(err)
		}
	})
	return p
}

// NewDatabase makes an empty database with an owner and with a role for the
// service that owns nothing, and returns how both reach it.
func (p *Postgres) NewDatabase(tb testing.TB) (service, owner string) {
	tb.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), p.n.Add(1))
	for _, query := range []string{
		"create role " + name + "_owner login", "create role " + name + " login",
		"create database " + name + " owner " + name + "_owner",
	} {
		if out, err := p.command("psql", "-qX", "-v", "ON_ERROR_STOP=1", "-h", p.dir, "-p", strconv.Itoa(p.port), "-U", "postgres", "-c", query, "postgres").CombinedOutput(); err != nil {
			tb.Fatalf("%s: %v\n%s", query, err, out)
		}
	}
	return p.URL(name, name), p.URL(name+"_owner", name)
}

// URL returns how a role reaches a database, through the socket.
func (p *Postgres) URL(role, name string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + name}
	u.RawQuery = url.Values{"host": {p.dir}, "port": {strconv.Itoa(p.port)}}.Encode()
	return u.String()
}

// TCP returns how a role reaches a database, through loopback.
func (p *Postgres) TCP(role, name string) string {
	u := url.URL{Scheme: "postgres", User: url.User(role), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)), Path: "/" + name}
	return u.String()
}

// Stop stops the server: "smart", "fast", or "immediate", which is a crash.
func (p *Postgres) Stop(how string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.run == nil {
		return nil
	}
	out, err := p.command("pg_ctl", "stop", "-w", "-D", filepath.Join(p.dir, "data"), "-m", how).CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	_ = p.end.Close()
	_ = p.run.Wait() // what it says is in the log
	p.run = nil
	return nil
}

// Start starts a server that was stopped.
func (p *Postgres) Start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	// The shell ends the server and takes the folder away when its input ends
	// before the server was stopped: then this process is gone.
	const script = `"$0" -D "$1/data" >>"$1/log" 2>&1 & p=$!
cat >/dev/null
if [ -e "$1/data/postmaster.pid" ]; then kill -QUIT $p; wait $p; rm -rf "$1"; fi`
	cmd := p.wrap(exec.CommandContext(context.Background(), "sh", "-c", script, filepath.Join(p.bin, "postgres"), p.dir)) // #nosec G204 -- names of this helper
	cmd.SysProcAttr.Setpgid = true
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	p.run, p.end = cmd, in
	limit, again := time.After(time.Minute), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for {
		out, err := p.command("pg_isready", "-q", "-t", "1", "-h", p.dir, "-p", strconv.Itoa(p.port)).CombinedOutput()
		if err == nil {
			return nil
		}
		select {
		case <-again.C:
		case <-limit:
			return fmt.Errorf("it does not start: %w: %s", err, out)
		}
	}
}

// startPostgres makes a cluster and starts it.
func startPostgres() (*Postgres, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("no /usr/lib/postgresql/*/bin: %w", os.ErrNotExist)
	}
	slices.Sort(found)
	p := &Postgres{bin: found[len(found)-1]}
	if p.dir, err = os.MkdirTemp("", "ledgersys-postgres-"); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 {
		if err := p.leaveRoot(); err != nil {
			return nil, err
		}
	}
	if p.port, err = freePort(); err != nil {
		return nil, err
	}
	data := filepath.Join(p.dir, "data")
	out, err := p.command("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-instructions").CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	conf := fmt.Sprintf("listen_addresses = '127.0.0.1'\nport = %d\nunix_socket_directories = '%s'\nmax_connections = 200\nshared_buffers = 64MB\nfsync = on\nlog_min_messages = warning\n", p.port, p.dir)
	// #nosec G304 -- tests read what they name
	f, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	if _, err := f.WriteString(conf); err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	return p, p.Start()
}

// leaveRoot chooses the user that the server runs as: it refuses root.
func (p *Postgres) leaveRoot() error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return err
	}
	p.who = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(p.dir, int(uid), int(gid))
}

func (p *Postgres) command(name string, args ...string) *exec.Cmd {
	return p.wrap(exec.CommandContext(context.Background(), filepath.Join(p.bin, name), args...)) // #nosec G204 -- programs of PostgreSQL
}

func (p *Postgres) wrap(cmd *exec.Cmd) *exec.Cmd {
	cmd.Dir = p.dir
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "PG") })
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: p.who}
	return cmd
}

func freePort() (int, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
