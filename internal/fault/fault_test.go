package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// TestKinds: each kind has a name of its own.
func TestKinds(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, k := range fault.Kinds() {
		if k.String() == "" || seen[k.String()] {
			t.Errorf("kind %d is named %q", k, k)
		}
		seen[k.String()] = true
	}
}

func TestOf(t *testing.T) {
	t.Parallel()
	below := errors.New("disk full")
	marked := fault.Coded(fault.Conflict, "year_open", below, "Year %d is open.", 2024)
	for name, c := range map[string]struct {
		err  error
		kind fault.Kind
		code string
	}{
		"unmarked":  {below, fault.Internal, ""},
		"marked":    {marked, fault.Conflict, "year_open"},
		"wrapped":   {fmt.Errorf("report: %w", marked), fault.Conflict, "year_open"},
		"outermost": {fault.New(fault.NotFound, marked, "Nothing here."), fault.NotFound, ""},
	} {
		f := fault.Of(c.err)
		if f.Kind != c.kind || f.Code != c.code || !errors.Is(c.err, below) {
			t.Errorf("%s: got %v %q", name, f.Kind, f.Code)
		}
	}
	if strings.Contains(marked.Error(), "2024") || !strings.Contains(marked.Error(), "disk full") {
		t.Errorf("the log reads %q", marked)
	}
	if fault.Is(nil, fault.Internal) || !fault.Is(marked, fault.Conflict) {
		t.Error("Is does not tell faults apart")
	}
}
