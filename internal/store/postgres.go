package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	gormpostgres "gorm.io/driver/postgres"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// connections is how many connections each of the two pools has at most.
const connections = 10

// openPostgres opens an installation on PostgreSQL.
func (s *Store) openPostgres(ctx context.Context, c Config) error {
	if err := s.connect(ctx, c); err != nil {
		return err
	}
	return s.Control(ctx, (*ControlTx).found)
}

// connect opens the pools of the service, whose role owns nothing. The schema
// must have been made by Migrate.
func (s *Store) connect(ctx context.Context, c Config) error {
	pools := make(map[string]*pgxpool.Pool)
	for _, schema := range []string{controlTree, firmTree} {
		pool, err := openPool(ctx, c.DatabaseURL, schema, "60s")
		if err != nil {
			return err
		}
		s.pools = append(s.pools, pool)
		pools[schema] = pool
	}
	var err error
	if s.control, err = s.newPostgres(pools[controlTree]); err != nil {
		return err
	}
	firms, err := s.newPostgres(pools[firmTree])
	if err != nil {
		return err
	}
	s.firms = &rows{store: s, db: firms}
	if err := s.fitForService(ctx); err != nil {
		return err
	}
	s.jobs, err = newPostgresQueue(pools[controlTree], s.clock)
	return err
}

// newPostgres makes a database of a pool; readers and writers share it.
func (s *Store) newPostgres(pool *pgxpool.Pool) (*database, error) {
	db := stdlib.OpenDBFromPool(pool)
	d := &database{write: db, read: db, dialect: postgres}
	var err error
	d.orm, err = s.newORM(postgresDialector{gormpostgres.Dialector{Config: &gormpostgres.Config{Conn: db}}})
	return d, err
}

// postgresDialector names the errors that gorm's does not.
type postgresDialector struct{ gormpostgres.Dialector }

// Translate implements gorm.ErrorTranslator.
func (d postgresDialector) Translate(err error) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && e.Code == "23502" {
		return errors.Join(errNotNull, err)
	}
	return d.Dialector.Translate(err)
}

// openPool opens a pool whose connections look into one schema. A statement
// has a limit of time, "0" for none.
func openPool(ctx context.Context, dsn, schema, limit string) (*pgxpool.Pool, error) {
	dsn, err := secured(dsn)
	if err != nil {
		return nil, err
	}
	c, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the database's address cannot be read") // the cause quotes it, with its password
	}
	if err := checkTLS(c.ConnConfig); err != nil {
		return nil, err
	}
	c.MaxConns = connections
	for name, value := range map[string]string{
		"search_path": schema, "timezone": "UTC", "application_name": "ledgersys",
		"lock_timeout": "5s", "statement_timeout": limit, "idle_in_transaction_session_timeout": "60s",
	} {
		c.ConnConfig.RuntimeParams[name] = value
	}
	return pgxpool.NewWithConfig(ctx, c)
}

// secured asks for a verified TLS connection where the address says nothing.
func secured(dsn string) (string, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		return "", errors.New("the database's address is not like postgres://user@host/name")
	}
	q := u.Query()
	if q.Has("sslmode") || local(u.Hostname()) && local(q.Get("host")) {
		return dsn, nil
	}
	q.Set("sslmode", "verify-full")
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// checkTLS refuses a connection that leaves the machine and is not encrypted
// with a certificate that is verified in full.
func checkTLS(c *pgx.ConnConfig) error {
	hosts := []*pgconn.FallbackConfig{{Host: c.Host, TLSConfig: c.TLSConfig}}
	for _, h := range append(hosts, c.Fallbacks...) {
		if !local(h.Host) && (h.TLSConfig == nil || h.TLSConfig.InsecureSkipVerify || h.TLSConfig.ServerName == "") {
			return fmt.Errorf("database on %s: only sslmode=verify-full is accepted beyond this machine", h.Host)
		}
	}
	return nil
}

// local reports whether a host is this machine: a socket, or loopback. "" is
// none, which pgx takes for a socket.
func local(host string) bool {
	if host == "" || host == "localhost" || strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// enter begins a transaction's work on PostgreSQL: writers of one firm, or of
// the control plane, wait for each other as they do in SQLite, and a firm's
// transaction sees only its rows.
func enter(ctx context.Context, in *sql.Tx, m mode) error {
	var err error
	switch {
	case m.firm.IsZero() && m.write:
		_, err = in.ExecContext(ctx, "select pg_advisory_xact_lock(hashtextextended('control', 0))")
	case m.firm.IsZero():
	case m.write:
		_, err = in.ExecContext(ctx, "select set_config('app.firm', $1, true), pg_advisory_xact_lock(hashtextextended($1, 0))", m.firm.String())
	default:
		_, err = in.ExecContext(ctx, "select set_config('app.firm', $1, true)", m.firm.String())
	}
	return err
}

// rows is where firms live on PostgreSQL: all in one schema, each seeing its
// own.
type rows struct {
	store *Store
	db    *database
	known sync.Map // firms whose header was checked
}

// acquire implements places.
func (r *rows) acquire(ctx context.Context, firm tenant.FirmID) (*database, func(), error) {
	if _, ok := r.known.Load(firm); !ok {
		h, err := r.store.homeOf(ctx, firm)
		if err == nil {
			err = r.store.checkHeader(ctx, r.db, h)
		}
		if err == nil {
			err = r.store.markMade(ctx, h)
		}
		if err != nil {
			return nil, nil, fmt.Errorf("firm %s: %w", firm, err)
		}
		r.known.Store(firm, true)
	}
	return r.db, func() {}, nil
}

// close implements places.
func (r *rows) close() error { return r.db.close() }

// left implements places: nothing is left over, tasks commit with their rows.
func (r *rows) left() ([]tenant.FirmID, error) { return nil, nil }

// fitForService refuses a schema that is not the newest, and a role that could
// get around row-level security.
func (s *Store) fitForService(ctx context.Context) error {
	var strong bool
	err := s.ReadControl(ctx, func(t *ControlTx) error {
		return t.db.Raw("select r.rolsuper or r.rolbypassrls or exists (select 1 from pg_tables" +
			" where schemaname in ('control', 'firm') and tableowner = current_user) from pg_roles r where r.rolname = current_user").Scan(&strong).Error
	})
	if err != nil {
		return err
	}
	if strong {
		return errors.New("the database role of the service owns its tables or is a superuser: give it a role of its own, and the owner only to `ledgersys migrate`")
	}
	for tree, db := range map[string]*database{controlTree: s.control, firmTree: s.firms.(*rows).db} {
		have, want, err := db.version(ctx, tree)
		if err != nil || have != want {
			return errors.Join(fmt.Errorf("the %s schema is at version %d and this program needs %d: run `ledgersys migrate`", tree, have, want), err)
		}
	}
	return nil
}

// isConnection reports whether an error of PostgreSQL says that the server
// cannot be reached or does not have the time, rather than that a statement
// was wrong.
func isConnection(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		switch e.Code {
		case "55P03", "40001", "40P01", "57P01", "57P02", "57P03", "57014", "25P03":
			return true // lock not available, serialization, deadlock, shutdown, starting, timeouts
		}
		return strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "53")
	}
	var dial *pgconn.ConnectError
	var call *os.SyscallError // of the network
	return errors.As(err, &dial) || errors.As(err, &call) || pgconn.SafeToRetry(err) ||
		errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}
