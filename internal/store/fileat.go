package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// FileAt opens a file, kept or not, to be read from any place. Each chunk is
// opened for itself, the last one knows that it is the last; ctx must live as
// long as the reader is used.
func (s *Store) FileAt(ctx context.Context, scope tenant.Scope, id tenant.ID) (io.ReaderAt, int64, error) {
	f := &fileAt{ctx: ctx, store: s, scope: scope, held: -1}
	err := s.ReadFirm(ctx, scope, func(t *FirmTx) error {
		return t.db.Where("id = ? and sha256 <> ''", key(id)).Take(&f.row).Error
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, 0, fault.New(fault.NotFound, err, "There is no such file.")
	}
	return f, f.row.Size, err
}

// fileAt reads a file from any place. It keeps the chunk it opened last.
type fileAt struct {
	ctx   context.Context //nolint:containedctx // an io.ReaderAt has none
	store *Store
	scope tenant.Scope
	row   fileRow

	mu    sync.Mutex
	held  int // the number of chunk, -1 for none
	chunk []byte
}

// ReadAt implements io.ReaderAt.
func (f *fileAt) ReadAt(p []byte, off int64) (n int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n < len(p) {
		at := off + int64(n)
		if at >= f.row.Size {
			return n, io.EOF
		}
		if err := f.load(int(at / chunkSize)); err != nil {
			return n, err
		}
		n += copy(p[n:], f.chunk[at%chunkSize:])
	}
	return n, nil
}

// load opens a chunk.
func (f *fileAt) load(n int) error {
	if f.held == n {
		return nil
	}
	return f.store.ReadFirm(f.ctx, f.scope, func(t *FirmTx) error {
		var c chunkRow
		if err := t.db.Where("file_id = ? and n = ?", f.row.ID, n).Take(&c).Error; err != nil {
			return fmt.Errorf("chunk %d of file %s: %w", n, tenant.ID(f.row.ID), err)
		}
		plain, err := t.Open("file_chunks", f.row.chunkName(n), "data", c.Data)
		want := min(f.row.Size-int64(n)*chunkSize, chunkSize)
		if err == nil && int64(len(plain)) != want {
			err = fmt.Errorf("chunk %d of file %s: its content is not what was stored", n, tenant.ID(f.row.ID))
		}
		if err == nil {
			f.chunk, f.held = plain, n
		}
		return err
	})
}
