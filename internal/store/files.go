package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// files keeps the files of firms open: those in use always, and of the idle
// ones the last used.
type files struct {
	store *Store
	dir   string

	mu    sync.Mutex
	open  map[tenant.FirmID]*file              // in use, idle or just opening
	idle  *simplelru.LRU[tenant.FirmID, *file] // those of open with no user, at most limit
	limit int
}

// file is the open file of one firm.
type file struct {
	firm  tenant.FirmID
	ready chan struct{} // closed when db or err is set
	db    *database
	err   error
	users int // owned by files.mu
}

func newFiles(s *Store, dir string, limit int) (*files, error) {
	f := &files{store: s, dir: dir, open: make(map[tenant.FirmID]*file), limit: limit}
	var err error
	f.idle, err = simplelru.NewLRU[tenant.FirmID, *file](limit, nil)
	return f, err
}

// acquire returns the database of a firm, opened once however many ask for it
// at the same time. release must be called when it is no longer used.
func (f *files) acquire(ctx context.Context, firm tenant.FirmID) (db *database, release func(), err error) {
	f.mu.Lock()
	one, known := f.open[firm]
	if !known {
		one = &file{firm: firm, ready: make(chan struct{})}
		f.open[firm] = one
	}
	one.users++
	f.idle.Remove(firm)
	f.mu.Unlock()
	release = sync.OnceFunc(func() { f.release(one) })
	if !known {
		// Others wait for it too: the first one's going away must not stop it.
		one.db, one.err = f.store.openFirm(context.WithoutCancel(ctx), f.dir, firm)
		close(one.ready)
	}
	select {
	case <-one.ready:
		err = one.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		release()
		return nil, nil, fmt.Errorf("firm %s: %w", firm, err)
	}
	return one.db, release, nil
}

// release gives a file back. A file that could not be opened is forgotten with
// its last user; one too many idle is closed.
func (f *files) release(one *file) {
	f.mu.Lock()
	one.users--
	var surplus *file
	switch {
	case one.users > 0:
	case one.err != nil:
		delete(f.open, one.firm)
	default:
		if f.idle.Len() == f.limit {
			_, surplus, _ = f.idle.RemoveOldest()
			delete(f.open, surplus.firm)
		}
		f.idle.Add(one.firm, one)
	}
	f.mu.Unlock()
	if surplus == nil {
		return
	}
	if err := surplus.db.close(); err != nil {
		f.store.log.Error("close firm file", "firm", surplus.firm.String(), "error", err)
	}
}

// left implements places: files that were not closed may hold tasks that were
// committed and not handed over.
func (f *files) left() (firms []tenant.FirmID, err error) {
	names, err := filepath.Glob(filepath.Join(f.dir, "*.db-wal"))
	for _, name := range names {
		if firm, err := tenant.ParseID(strings.TrimSuffix(filepath.Base(name), ".db-wal")); err == nil {
			firms = append(firms, firm)
		}
	}
	return firms, err
}

// close closes all files.
func (f *files) close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var errs []error
	for firm, one := range f.open {
		if one.users > 0 {
			errs = append(errs, fmt.Errorf("firm %s is still in use", firm))
			continue
		}
		errs = append(errs, one.db.close())
		delete(f.open, firm)
	}
	f.idle.Purge()
	return errors.Join(errs...)
}

// openFirm opens the file of a firm that the control plane knows. Only a firm
// whose file was never made gets one: a file that is gone is an error, never
// an empty firm.
func (s *Store) openFirm(ctx context.Context, dir string, firm tenant.FirmID) (_ *database, err error) {
	home, err := s.homeOf(ctx, firm)
	if err != nil {
		return nil, err
	}
	path := fileOf(dir, firm)
	if home.made() {
		if _, err := os.Stat(path); err != nil {
			return nil, fmt.Errorf("its file is missing: %w", err)
		}
	}
	db, err := openFile(path, 1, s.newORM)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, db.close())
		}
	}()
	if err := db.migrate(ctx, firmTree); err != nil {
		return nil, err
	}
	if err := s.checkHeader(ctx, db, home); err != nil {
		return nil, err
	}
	return db, s.markMade(ctx, home)
}
