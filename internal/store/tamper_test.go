package store_test

import (
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

var full = flag.Bool("full", false, "as many repetitions as a release is shown with")

// times is how often something is repeated, in a release and otherwise.
func times(release, usual int) int {
	if *full {
		return release
	}
	return usual
}

// ledgers is an installation with the chains of two firms, closed, and what
// it was when they were half as long.
type ledgers struct {
	p, half place
	a, b    tenant.Scope
	links   int
}

func newLedgers(t *testing.T, links int) ledgers {
	t.Helper()
	l := ledgers{p: place{dir: t.TempDir()}, half: place{dir: t.TempDir()}, links: links}
	fill := func(s *store.Store) {
		for i := range links / 2 {
			for _, scope := range []tenant.Scope{l.a, l.b} {
				err := s.InFirm(t.Context(), scope, func(tx *store.FirmTx) error {
					return tx.Audit(t.Context(), audit.Entry{Action: "test.note", Object: fmt.Sprint("n/", i), Before: i, After: i + 1, Reason: "because"})
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := l.p.open(t, store.Config{})
	l.a, l.b = newFirm(t, s), newFirm(t, s)
	fill(s)
	copyTo(t, l.p, l.half)
	fill(l.p.open(t, store.Config{}))
	return l
}

// copyTo copies a closed installation.
func copyTo(t *testing.T, from, to place) {
	t.Helper()
	if err := os.RemoveAll(to.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(to.dir, os.DirFS(from.dir)); err != nil {
		t.Fatal(err)
	}
}

func (p place) file(s tenant.Scope) string {
	return filepath.Join(p.dir, "firms", s.Firm().String()+".db")
}

// raw opens a file as somebody does who has the disk.
func raw(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func change(t *testing.T, db *sql.DB, query string, args ...any) {
	t.Helper()
	r, err := db.Exec(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s: nothing changed (%v)", query, err)
	}
}

// recompute writes hashes of a whole chain from a link on, as somebody does
// who knows the algorithm.
func recompute(t *testing.T, db *sql.DB, chain string, from int) {
	t.Helper()
	rows, err := db.Query("select seq, at, via, actor, session, action, object, before, after, prev, hash from audit order by seq")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var prev audit.Hash
	fresh := make(map[int64]audit.Link)
	for rows.Next() {
		l := audit.Link{Reason: "because"}
		var at, old, hash string
		if err := rows.Scan(&l.Seq, &at, &l.Via, &l.Actor, &l.Session, &l.Action, &l.Object, &l.Before, &l.After, &old, &hash); err != nil {
			t.Fatal(err)
		}
		if l.At, err = time.Parse(time.RFC3339Nano, at); err != nil {
			t.Fatal(err)
		}
		l.Prev = prev
		l.Hash = l.Sum(chain)
		if l.Seq < int64(from) && l.Hash.String() != hash {
			t.Fatalf("link %d: the test computes another hash", l.Seq)
		}
		prev = l.Hash
		fresh[l.Seq] = l
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for seq, l := range fresh {
		if seq >= int64(from) {
			change(t, db, "update audit set prev = ?, hash = ? where seq = ?", l.Prev.String(), l.Hash.String(), seq)
		}
	}
}

// tamperings are what somebody with the disk may do to one firm's file; at is
// a random link. They return the first link that is wrong, or 0 if there is
// no such one.
var tamperings = []struct {
	name string
	do   func(t *testing.T, l ledgers, db *sql.DB, random *rand.Rand, at int) (first int)
}{
	{"modify", func(t *testing.T, _ ledgers, db *sql.DB, random *rand.Rand, at int) int {
		columns := []string{"at", "via", "actor", "session", "firm", "action", "object", "before", "after", "prev", "hash", "private"}
		switch c := columns[random.IntN(len(columns))]; c {
		case "at":
			change(t, db, "update audit set at = '2020-01-01T00:00:00.000000Z' where seq = ?", at)
		case "prev", "hash":
			change(t, db, "update audit set "+c+" = ? where seq = ?", strings.Repeat("ab", 32), at)
		case "private":
			change(t, db, "update audit set private = null where seq = ?", at)
		default:
			change(t, db, "update audit set "+c+" = "+c+" || 'x' where seq = ?", at)
		}
		return at
	}},
	{"delete", func(t *testing.T, l ledgers, db *sql.DB, _ *rand.Rand, at int) int {
		change(t, db, "delete from audit where seq = ?", at)
		return at
	}},
	{"reorder", func(t *testing.T, l ledgers, db *sql.DB, _ *rand.Rand, at int) int {
		at = min(at, l.links-1)
		change(t, db, "update audit set seq = -1 where seq = ?", at)
		change(t, db, "update audit set seq = ? where seq = ?", at, at+1)
		change(t, db, "update audit set seq = ? where seq = -1", at+1)
		return at
	}},
	{"insert", func(t *testing.T, l ledgers, db *sql.DB, _ *rand.Rand, at int) int {
		change(t, db, "update audit set seq = -seq where seq >= ?", at)
		change(t, db, "update audit set seq = 1 - seq where seq < 0")
		change(t, db, "insert into audit select ?, at, via, actor, session, firm, action, object, before, after, private, prev, hash from audit where seq = ?", at, at+1)
		return at + 1 // the one at its place is what was there
	}},
	{"suffix_recomputed", func(t *testing.T, l ledgers, db *sql.DB, _ *rand.Rand, at int) int {
		change(t, db, "update audit set action = 'test.other' where seq = ?", at)
		recompute(t, db, l.a.Firm().String(), at)
		return 0
	}},
	{"tail_cut", func(t *testing.T, l ledgers, db *sql.DB, _ *rand.Rand, at int) int {
		change(t, db, "delete from audit where seq >= ?", at)
		return at
	}},
	{"rolled_back", nil}, // the whole file, see below
	{"spliced", func(t *testing.T, l ledgers, db *sql.DB, _ *rand.Rand, at int) int {
		change(t, db, "delete from audit where seq >= ?", at)
		if _, err := db.Exec("attach ? as other", l.p.file(l.b)); err != nil {
			t.Fatal(err)
		}
		change(t, db, "insert into audit select * from other.audit where seq >= ?", at)
		return at
	}},
}

// TestTampering: whatever is done to one firm's file is found, at the right
// link, and the other firm stays well.
func TestTampering(t *testing.T) {
	t.Parallel()
	l := newLedgers(t, 40)
	for i, c := range tamperings {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(7, uint64(i)))
			n, found := times(100, 5), 0
			for range n {
				at := 1 + random.IntN(l.links)
				p := place{dir: t.TempDir()}
				copyTo(t, l.p, p)
				var first int
				if c.do == nil {
					copyFile(t, l.half.file(l.a), p.file(l.a))
					first = l.links/2 + 1
				} else {
					db := raw(t, p.file(l.a))
					mine := l
					mine.p = p
					first = c.do(t, mine, db, random, at)
					if err := db.Close(); err != nil {
						t.Fatal(err)
					}
				}
				s := p.open(t, store.Config{})
				r, err := s.Verify(t.Context(), "")
				if err != nil {
					t.Fatal(err)
				}
				if len(r.Findings) != 1 || r.Findings[0].Chain != l.a.Firm().String() || first > 0 && r.Findings[0].Seq != int64(first) {
					t.Errorf("at %d, first %d: %v", at, first, r.Findings)
					continue
				}
				found++
			}
			t.Logf("%d of %d are found", found, n)
		})
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestControlTampering: what is done to the control database, to what was
// signed there and to the file of checkpoints is found too.
func TestControlTampering(t *testing.T) {
	t.Parallel()
	l := newLedgers(t, 8)
	chain := l.a.Firm().String()
	control := func(query string, args ...any) func(*testing.T, place) {
		return func(t *testing.T, p place) {
			db := raw(t, filepath.Join(p.dir, "control.db"))
			change(t, db, query, args...)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	file := func(change func([]byte) []byte) func(*testing.T, place) {
		return func(t *testing.T, p place) {
			path := filepath.Join(p.dir, "checkpoints.log")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, change(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, do := range map[string]func(*testing.T, place){
		"head_changed":        control("update audit_heads set size = size - 1 where chain = ?", chain),
		"head_of_another":     control("update audit_heads set signature = (select signature from audit_heads where chain <> ? limit 1) where chain = ?", chain, chain),
		"head_deleted":        control("delete from audit_heads where chain = ?", chain),
		"checkpoint_changed":  control("update checkpoints set note = replace(note, 'chains 2', 'chains 1')"),
		"checkpoint_heads":    control("update checkpoints set heads = replace(heads, ' 8 ', ' 7 ')"),
		"checkpoints_deleted": control("delete from checkpoints"),
		"firm_deleted":        control("delete from homes where firm_id = ?", chain),
		"file_deleted": func(t *testing.T, p place) {
			if err := os.Remove(p.file(l.a)); err != nil {
				t.Fatal(err)
			}
		},
		"file_of_another": func(t *testing.T, p place) { copyFile(t, p.file(l.b), p.file(l.a)) },
		"file_damaged": func(t *testing.T, p place) {
			b, err := os.ReadFile(p.file(l.a))
			if err != nil {
				t.Fatal(err)
			}
			for i := 4096; i < len(b); i++ {
				b[i] ^= 0x55
			}
			if err := os.WriteFile(p.file(l.a), b, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"control_rolled_back": func(t *testing.T, p place) {
			copyFile(t, filepath.Join(l.half.dir, "control.db"), filepath.Join(p.dir, "control.db"))
		},
		"all_databases_rolled_back": func(t *testing.T, p place) {
			log, err := os.ReadFile(filepath.Join(p.dir, "checkpoints.log"))
			if err != nil {
				t.Fatal(err)
			}
			copyTo(t, l.half, p)
			if err := os.WriteFile(filepath.Join(p.dir, "checkpoints.log"), log, 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"log_changed": file(func(b []byte) []byte { return []byte(strings.Replace(string(b), "chains 2", "chains 1", 1)) }),
		"log_cut":     file(func(b []byte) []byte { return b[:len(b)-20] }),
		"log_deleted": func(t *testing.T, p place) {
			if err := os.Remove(filepath.Join(p.dir, "checkpoints.log")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := place{dir: t.TempDir()}
			copyTo(t, l.p, p)
			do(t, p)
			r, err := p.open(t, store.Config{}).Verify(t.Context(), "")
			if err != nil || r.OK() {
				t.Errorf("not found: %v", err)
			}
			t.Log(r.Findings)
		})
	}
	r, err := l.p.open(t, store.Config{}).Verify(t.Context(), "")
	if err != nil || !r.OK() || r.Chains != 3 || r.Links != 16 {
		t.Errorf("untouched: %+v %v", r, err)
	}
}
