package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"time"

	"gorm.io/gorm"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// chunkSize is how much of a file one row holds.
const chunkSize = 1 << 20

// fileRow is a sealed file: its content stands in rows beside it on both
// databases, so that it is kept, moved, backed up and shredded with the rest
// of the firm, and with the transaction that needs it.
type fileRow struct {
	ID        key
	CreatedAt stamp
	KeptAt    stamp // null until a transaction keeps it
	Size      int64
	Chunks    int
	SHA256    string `gorm:"column:sha256"`
}

// TableName implements gorm's Tabler.
func (fileRow) TableName() string { return "files" }

// chunkRow is a sealed part of a file.
type chunkRow struct {
	FileID key
	N      int
	Data   []byte
}

// TableName implements gorm's Tabler.
func (chunkRow) TableName() string { return "file_chunks" }

// chunkName is the row that the nth chunk of a complete file was sealed for.
func (r fileRow) chunkName(n int) string {
	if n == r.Chunks-1 {
		return chunkName(r.ID, n, lastChunk)
	}
	return chunkName(r.ID, n, "")
}

// PutFile seals what r gives, in short transactions of its own, so that a slow
// sender holds nothing up. The file is not there yet for anybody: KeepFile
// makes it so, and one that is not kept within a day is swept away.
func (s *Store) PutFile(ctx context.Context, scope tenant.Scope, r io.Reader) (id tenant.ID, size int64, sum [sha256.Size]byte, err error) {
	row := fileRow{ID: key(tenant.NewID())}
	err = s.InFirm(ctx, scope, func(t *FirmTx) error {
		row.CreatedAt = stamp{t.Now()}
		return t.db.Create(&row).Error
	})
	if err != nil {
		return id, 0, sum, err
	}
	h, buf := sha256.New(), make([]byte, chunkSize)
	for more := true; more; row.Chunks++ {
		n, err := io.ReadFull(r, buf)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			more = false
		case err != nil:
			return id, 0, sum, fmt.Errorf("read file: %w", err)
		}
		end := ""
		if !more {
			end = lastChunk
		}
		h.Write(buf[:n])
		row.Size += int64(n)
		err = s.InFirm(ctx, scope, func(t *FirmTx) error {
			data, err := t.Seal("file_chunks", chunkName(row.ID, row.Chunks, end), "data", buf[:n])
			if err != nil || n == 0 {
				return err
			}
			return t.db.Create(&chunkRow{row.ID, row.Chunks, data}).Error
		})
		if err != nil {
			return id, 0, sum, err
		}
	}
	sum = [sha256.Size]byte(h.Sum(nil))
	row.SHA256 = hex.EncodeToString(sum[:])
	err = s.InFirm(ctx, scope, func(t *FirmTx) error {
		return t.db.Model(&fileRow{}).Where("id = ?", row.ID).Select("size", "chunks", "sha256").Updates(row).Error
	})
	return tenant.ID(row.ID), row.Size, sum, err
}

// lastChunk ends the name of a file's last chunk, so that a file whose end is
// missing does not open.
const lastChunk = "/last"

// chunkName is the row that a chunk is sealed for.
func chunkName(id key, n int, end string) string {
	return fmt.Sprintf("%s/%d%s", tenant.ID(id), n, end)
}

// KeepFile makes a file there for others, with the transaction.
func (t *FirmTx) KeepFile(_ context.Context, id tenant.ID) error {
	r := t.db.Model(&fileRow{}).Where("id = ? and sha256 <> '' and kept_at is null", key(id)).Update("kept_at", stamp{t.Now()})
	if r.Error == nil && r.RowsAffected != 1 {
		return fault.New(fault.NotFound, nil, "There is no such file.")
	}
	return r.Error
}

// DropFile deletes a file, with the transaction.
func (t *FirmTx) DropFile(_ context.Context, id tenant.ID) error {
	return t.db.Where("id = ?", key(id)).Delete(&fileRow{}).Error
}

// OpenFile opens a kept file. Its content is read and opened chunk by chunk;
// at the end it is compared with the hash of what was put in.
func (s *Store) OpenFile(ctx context.Context, scope tenant.Scope, id tenant.ID) (io.ReadCloser, error) {
	f := &sealedFile{ctx: ctx, store: s, scope: scope, sum: sha256.New()}
	err := s.ReadFirm(ctx, scope, func(t *FirmTx) error {
		return t.db.Where("id = ? and kept_at is not null", key(id)).Take(&f.row).Error
	})
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, fault.New(fault.NotFound, err, "There is no such file.")
	}
	return f, err
}

// sealedFile reads a file.
type sealedFile struct {
	ctx   context.Context //nolint:containedctx // an io.Reader has none
	store *Store
	scope tenant.Scope
	row   fileRow
	next  int
	rest  []byte
	sum   hash.Hash
}

// Read implements io.Reader.
func (f *sealedFile) Read(p []byte) (int, error) {
	for len(f.rest) == 0 {
		if f.next == f.row.Chunks {
			if hex.EncodeToString(f.sum.Sum(nil)) != f.row.SHA256 {
				return 0, fmt.Errorf("file %s: its content is not what was stored", tenant.ID(f.row.ID))
			}
			return 0, io.EOF
		}
		if err := f.chunk(); err != nil {
			return 0, err
		}
	}
	n := copy(p, f.rest)
	f.rest = f.rest[n:]
	return n, nil
}

// chunk reads the next chunk.
func (f *sealedFile) chunk() error {
	if f.next == f.row.Chunks-1 && f.row.Size%chunkSize == 0 { // the end came after a full chunk: the last one is empty
		f.next++
		return nil
	}
	err := f.store.ReadFirm(f.ctx, f.scope, func(t *FirmTx) error {
		var c chunkRow
		if err := t.db.Where("file_id = ? and n = ?", f.row.ID, f.next).Take(&c).Error; err != nil {
			return fmt.Errorf("chunk %d of file %s: %w", f.next, tenant.ID(f.row.ID), err)
		}
		var err error
		f.rest, err = t.Open("file_chunks", f.row.chunkName(f.next), "data", c.Data)
		return err
	})
	f.next++
	f.sum.Write(f.rest)
	return err
}

// Close implements io.Closer.
func (f *sealedFile) Close() error {
	f.next, f.rest = f.row.Chunks, nil
	return nil
}

// dropStray deletes files that were put in and never kept.
func (t *FirmTx) dropStray() error {
	return t.db.Where("kept_at is null and created_at < ?", stamp{t.Now().Add(-24 * time.Hour)}).Delete(&fileRow{}).Error
}
