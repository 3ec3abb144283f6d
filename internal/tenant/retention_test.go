package tenant_test

import (
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

func TestKeptUntil(t *testing.T) {
	t.Parallel()
	made := time.Date(2025, 12, 31, 23, 59, 0, 0, time.UTC)
	for country, year := range map[string]int{"LK": 2033, "CA": 2033, "GB": 2033, "": 2033, "DE": 2036, "IN": 2034} {
		if got := tenant.KeptUntil(country, made); got != time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC) {
			t.Errorf("%q: %s", country, got)
		}
	}
}
