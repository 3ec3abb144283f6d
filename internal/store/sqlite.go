package store

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	moderncsqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// readers is how many connections read one database at the same time.
const readers = 4

// lockOnce chooses the kind of file lock before the first database is opened:
// with locks that belong to a file handle, nobody who opens and closes a
// database's file elsewhere in the process can drop them.
var lockOnce = sync.OnceValue(func() error {
	_, err := moderncsqlite.OFDLocking(true)
	if errors.Is(err, moderncsqlite.ErrOFDLockingUnavailable) {
		return nil // not Linux: the locks of POSIX have to do
	}
	return err
})

// openSQLite opens or makes control.db.
func (s *Store) openSQLite(ctx context.Context, c Config) error {
	if c.DataDir == "" {
		return errors.New("no data directory")
	}
	if err := lockOnce(); err != nil {
		return err
	}
	dir := filepath.Join(c.DataDir, "firms")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	var err error
	if s.control, err = openFile(filepath.Join(c.DataDir, "control.db"), readers, s.newORM); err != nil {
		return err
	}
	if err := s.control.migrate(ctx, controlTree); err != nil {
		return err
	}
	if s.jobs, err = newSQLiteQueue(ctx, s.control, s.clock); err != nil {
		return err
	}
	if err := s.ReadControl(ctx, (*ControlTx).refuseMoved); err != nil {
		return err
	}
	if err := s.Control(ctx, (*ControlTx).found); err != nil {
		return err
	}
	s.firms, err = newFiles(s, dir, c.Firms)
	return err
}

// openFile opens the two pools of one file, of which so many readers stay open
// when idle. Nothing is opened before the first use, so that the file is not
// made by looking.
func openFile(path string, idle int, orm func(gorm.Dialector) (*gorm.DB, error)) (*database, error) {
	write := rememberingPool(dsn(path, "rwc", "_txlock", "immediate"))
	write.SetMaxOpenConns(1)
	read := rememberingPool(dsn(path, "rw", "_pragma", "query_only(1)"))
	read.SetMaxOpenConns(readers)
	read.SetMaxIdleConns(idle)
	d := &database{write: write, read: read, dialect: sqlite}
	var err error
	if d.orm, err = orm(dialector{gormsqlite.New(gormsqlite.Config{DriverName: "sqlite", Conn: write}).(*gormsqlite.Dialector)}); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

// dsn names a file with the settings that every connection needs.
func dsn(path, mode, extra, value string) string {
	q := url.Values{
		"mode": {mode}, "_time_format": {"sqlite"}, "_timezone": {"UTC"},
		"_pragma": {
			"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
			"secure_delete(1)", "trusted_schema(0)", "cell_size_check(1)",
		},
	}
	q.Add(extra, value)
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// dialector translates the errors of this driver, which gorm's does not know.
type dialector struct{ *gormsqlite.Dialector }

// Translate implements gorm.ErrorTranslator.
func (dialector) Translate(err error) error {
	var e *moderncsqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return errors.Join(gorm.ErrDuplicatedKey, err)
	case sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
		return errors.Join(gorm.ErrForeignKeyViolated, err)
	case sqlite3.SQLITE_CONSTRAINT_CHECK:
		return errors.Join(gorm.ErrCheckConstraintViolated, err)
	case sqlite3.SQLITE_CONSTRAINT_NOTNULL:
		return errors.Join(errNotNull, err)
	}
	return err
}

var errNotNull = errors.New("a value is missing")

// isBusy reports whether an error says that somebody else holds the database.
func isBusy(err error) bool {
	var e *moderncsqlite.Error
	return errors.As(err, &e) && (e.Code()&0xff == sqlite3.SQLITE_BUSY || e.Code()&0xff == sqlite3.SQLITE_LOCKED)
}

// fileOf returns the file of a firm. An id has only hex digits, so it cannot
// name anything else.
func fileOf(dir string, firm tenant.FirmID) string {
	return filepath.Join(dir, firm.String()+".db")
}
