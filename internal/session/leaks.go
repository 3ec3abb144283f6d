package session

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha1" // #nosec G505 -- the lists of breached passwords are made of it
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// Ranges returns the lines "SUFFIX:COUNT" of all breached passwords whose
// SHA-1 begins with five hex digits. Nothing else about a password goes out.
type Ranges func(ctx context.Context, prefix string) (string, error)

// Leaks is the operator's file of breached passwords: SHA-1 in hex, sorted,
// one a line, with or without a count after a colon. A sorted file stays on
// disk, however large; an unsorted one must be small.
type Leaks struct {
	file   *os.File
	size   int64
	sorted [][sha1.Size]byte // of a file that was not
}

const (
	leakDigits = 2 * sha1.Size
	leakLine   = 128      // the longest line
	leakSmall  = 64 << 20 // a file that may be sorted in memory
)

var errLeaks = errors.New("the file of breached passwords holds SHA-1 hashes in hex, sorted, one a line")

// OpenLeaks opens the file.
func OpenLeaks(path string) (_ *Leaks, err error) {
	// #nosec G304 -- the operator names it
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("breached passwords: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close())
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("breached passwords: %w", err)
	}
	l := &Leaks{file: f, size: info.Size()}
	if l.size > leakSmall {
		_, err := l.hashAt(0) // of a large one we trust that it is sorted
		return l, err
	}
	all, sorted, err := readLeaks(f)
	if err != nil {
		return nil, err
	}
	if !sorted {
		slices.SortFunc(all, compareLeaks)
		l.sorted = all
	}
	return l, nil
}

func compareLeaks(a, b [sha1.Size]byte) int { return bytes.Compare(a[:], b[:]) }

func readLeaks(r io.Reader) (all [][sha1.Size]byte, sorted bool, err error) {
	sorted = true
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		h, ok := leakOf(line)
		if !ok {
			return nil, false, fmt.Errorf("%w: line %d does not", errLeaks, n)
		}
		sorted = sorted && (len(all) == 0 || compareLeaks(all[len(all)-1], h) <= 0)
		all = append(all, h)
	}
	return all, sorted, lines.Err()
}

// leakOf reads the hash of a line.
func leakOf(line []byte) (h [sha1.Size]byte, ok bool) {
	if len(line) < leakDigits || len(line) > leakDigits && line[leakDigits] != ':' {
		return h, false
	}
	_, err := hex.Decode(h[:], line[:leakDigits])
	return h, err == nil
}

// Close closes the file.
func (l *Leaks) Close() error { return l.file.Close() }

// has looks for a hash.
func (l *Leaks) has(want [sha1.Size]byte) (bool, error) {
	if l.sorted != nil {
		_, found := slices.BinarySearchFunc(l.sorted, want, compareLeaks)
		return found, nil
	}
	low, high := int64(0), l.size // the line, if there is one, begins in between
	for low < high {
		middle := low + (high-low)/2
		line, err := l.lineFrom(middle)
		if err != nil {
			return false, err
		}
		if line >= high {
			high = middle
			continue
		}
		h, err := l.hashAt(line)
		if err != nil {
			return false, err
		}
		switch c := compareLeaks(h, want); {
		case c == 0:
			return true, nil
		case c < 0:
			low = line + leakDigits
		default:
			high = middle
		}
	}
	return false, nil
}

// lineFrom returns where the first line at or after an offset begins, or the
// size of the file.
func (l *Leaks) lineFrom(at int64) (int64, error) {
	if at == 0 {
		return 0, nil
	}
	buf := make([]byte, leakLine)
	n, err := l.file.ReadAt(buf, at-1)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("breached passwords: %w", err)
	}
	i := bytes.IndexByte(buf[:n], '\n')
	if i < 0 || at+int64(i) >= l.size {
		return l.size, nil
	}
	return at + int64(i), nil
}

func (l *Leaks) hashAt(at int64) (h [sha1.Size]byte, err error) {
	buf := make([]byte, leakDigits+1)
	n, err := l.file.ReadAt(buf, at)
	if err != nil && !errors.Is(err, io.EOF) {
		return h, fmt.Errorf("breached passwords: %w", err)
	}
	h, ok := leakOf(bytes.TrimRight(buf[:n], "\r\n"))
	if !ok {
		return h, errLeaks
	}
	return h, nil
}

// leaked reports whether a password is known from a breach. A service outside
// that does not answer is logged and does not keep anybody from signing up.
func (s *Service) leaked(ctx context.Context, password keyring.Secret) (bool, error) {
	// #nosec G401 -- the form of the public list
	sum := sha1.Sum(password.Reveal())
	if s.Leaks != nil {
		if found, err := s.Leaks.has(sum); err != nil || found {
			return found, err
		}
	}
	if s.Ranges == nil {
		return false, nil
	}
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	lines, err := s.Ranges(ctx, digits[:5])
	if err != nil {
		s.Log.WarnContext(ctx, "breached passwords cannot be asked for", "error", err)
		return false, nil
	}
	for line := range strings.Lines(lines) {
		suffix, count, _ := strings.Cut(strings.TrimSpace(line), ":")
		if strings.EqualFold(suffix, digits[5:]) && count != "0" { // 0 is padding
			return true, nil
		}
	}
	return false, nil
}
