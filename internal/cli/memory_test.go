package cli

import (
	"testing"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

// TestSmallRunsKeepTheRuntimesRule: what is small needs no preparation, and a
// verb that prepared nothing settles nothing.
func TestSmallRunsKeepTheRuntimesRule(t *testing.T) {
	t.Parallel()
	if p := prepare([]string{"memory_test.go", "no such file", "."}); p != nil {
		t.Error("a small file was prepared for")
	}
	many := []*intake.File{{Collector: &statement.Collector{Events: make([]ledger.Event, largeBook)}}}
	var none *pacer
	none.settle(many)()
	few := &pacer{}
	few.settle([]*intake.File{{Collector: &statement.Collector{}}})()
	if few.floor.Load() != 0 {
		t.Error("the limit of a small book was moved")
	}
}

// TestMostRoom: less than all of the machine, and enough for a history of a
// hundred thousand trades.
func TestMostRoom(t *testing.T) {
	t.Parallel()
	if got := mostRoom(); got < leastLimit {
		t.Errorf("%d bytes", got)
	}
}

// TestGrowth: a small heap has room, a large one is kept short, and in between
// it goes over by degrees.
func TestGrowth(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 400, 1 << 20: 400, 32 << 20: 400, 64 << 20: 150, 80 << 20: 100, 128 << 20: 40, 1 << 30: 40, 1 << 62: 40} {
		if got := growthOf(live); got != want {
			t.Errorf("%d MiB in use may grow by %d %%, want %d", live>>20, got, want)
		}
	}
}
