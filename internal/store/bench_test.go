package store_test

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/store"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// benchStore makes an installation with real keys and one firm.
func benchStore(b *testing.B) (*store.Store, tenant.Scope) {
	b.Helper()
	dir := b.TempDir()
	s, err := store.Open(b.Context(), store.Config{DataDir: dir, Clock: func() time.Time { return time.Now().UTC() }, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	m, err := keyring.FindMasters("", "", dir, true)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.OpenKeys(b.Context(), m, 0); err != nil {
		b.Fatal(err)
	}
	firm := tenant.NewID()
	if err := s.Control(b.Context(), func(tx *store.ControlTx) error { return tx.NewFirm(b.Context(), firm, "eu") }); err != nil {
		b.Fatal(err)
	}
	return s, tenant.ForJob(firm, tenant.EntityID{}, "bench")
}

// BenchmarkVerify measures the verification of a chain as the daily task does
// it: rows read, sealed parts opened, hashes computed.
func BenchmarkVerify(b *testing.B) {
	s, scope := benchStore(b)
	const links = 50_000
	for range links / 1000 {
		err := s.InFirm(b.Context(), scope, func(tx *store.FirmTx) error {
			for n := range 1000 {
				e := audit.Entry{Action: "test.note", Object: fmt.Sprint("entity/", n), Before: n, After: n + 1}
				if n%2 == 0 {
					e.Reason = "because"
				}
				if err := tx.Audit(b.Context(), e); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		r, err := s.Verify(b.Context(), scope.Firm().String())
		if err != nil || !r.OK() || r.Links != links {
			b.Fatal(r, err)
		}
	}
	b.ReportMetric(float64(b.N)*links/b.Elapsed().Seconds(), "links/s")
}

// BenchmarkWrite measures one small transaction of a firm, with and without
// its audit entry.
func BenchmarkWrite(b *testing.B) {
	for name, entries := range map[string]int{"bare": 0, "audited": 1} {
		b.Run(name, func(b *testing.B) {
			s, scope := benchStore(b)
			n := 0
			for b.Loop() {
				n++
				err := s.InFirm(b.Context(), scope, func(tx *store.FirmTx) error {
					for range entries {
						if err := tx.Audit(b.Context(), audit.Entry{Action: "test.note", Object: "a", Before: n, After: n + 1}); err != nil {
							return err
						}
					}
					return tx.Answer(b.Context(), "bench", fmt.Sprint(n), fmt.Sprintf("%064d", n), []byte("ok"))
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRead measures one small transaction that reads.
func BenchmarkRead(b *testing.B) {
	s, scope := benchStore(b)
	if err := s.InFirm(b.Context(), scope, func(tx *store.FirmTx) error {
		return tx.Audit(b.Context(), audit.Entry{Action: "test.note", Object: "a"})
	}); err != nil {
		b.Fatal(err)
	}
	log := s.AuditLog()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			if _, err := log.Links(b.Context(), scope, audit.Query{Limit: 10}); err != nil {
				b.Error(err)
			}
		}
	})
}
