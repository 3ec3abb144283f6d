package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// socketName is the socket in a data directory through which its service takes
// the commands of the operator. Who may open it is who may read the data.
const socketName = "admin.sock"

// maxCommand is the size of a command.
const maxCommand = 1 << 20

// Command is a verb with its arguments, as the socket carries it.
type Command struct {
	Name string          `json:"name"`
	Args json.RawMessage `json:"args"`
}

// Answer is what a command gave.
type Answer struct {
	Output []byte `json:"output"`
	Code   int    `json:"code"` // the exit code
	Error  string `json:"error,omitempty"`
}

// Socket takes commands and hands each to do.
type Socket struct {
	listener net.Listener
	server   *http.Server
}

// OpenSocket opens the socket of a data directory, for its owner alone. The
// caller holds the directory's lock, so that a socket that lies there is a
// leftover.
func OpenSocket(ctx context.Context, dir string, do func(context.Context, Command) Answer) (*Socket, error) {
	path := filepath.Join(dir, socketName)
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	old := syscall.Umask(0o177) // between bind and chmod nobody else may come in
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "unix", shortest(path))
	syscall.Umask(old)
	if err != nil {
		return nil, fmt.Errorf("admin socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("admin socket: %w", err), l.Close())
	}
	s := &Socket{listener: l, server: plain(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var c Command
		if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxCommand)).Decode(&c); err != nil {
			http.Error(w, "this is no command", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(do(r.Context(), c)) // who asked may be gone
	}))}
	s.server.WriteTimeout = 0 // a rotation of keys takes as long as it takes
	return s, nil
}

// Serve answers until Close; it returns nil then.
func (s *Socket) Serve() error {
	if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Close lets running commands end, until the context does, and removes the
// socket.
func (s *Socket) Close(ctx context.Context) error { return s.server.Shutdown(ctx) }

// ErrNobody is the error of a data directory that no service has.
var ErrNobody = errors.New("no service runs on this data directory")

// Ask hands a command to the service on a data directory.
func Ask(ctx context.Context, dir string, c Command) (Answer, error) {
	path := shortest(filepath.Join(dir, socketName))
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		d := net.Dialer{Timeout: 5 * time.Second}
		return d.DialContext(ctx, "unix", path)
	}}}
	defer client.CloseIdleConnections()
	body, err := json.Marshal(c)
	if err != nil {
		return Answer{}, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://admin.sock/", bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	resp, err := client.Do(r)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOTDIR) {
		return Answer{}, ErrNobody
	}
	if err != nil {
		return Answer{}, fmt.Errorf("admin socket: %w", err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
		return Answer{}, fmt.Errorf("admin socket: %s", strings.TrimSpace(string(text)))
	}
	var a Answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return Answer{}, fmt.Errorf("admin socket: %w", err)
	}
	return a, nil
}

// shortest returns the shorter of a path and its form from the working
// directory: the name of a socket has at most 107 bytes.
func shortest(path string) string {
	wd, err := os.Getwd()
	if err != nil {
		return path
	}
	abs := path
	if !filepath.IsAbs(abs) {
		abs = filepath.Join(wd, path)
	}
	rel, err := filepath.Rel(wd, abs)
	if err != nil || len(abs) <= len(rel) {
		return abs
	}
	return rel
}
