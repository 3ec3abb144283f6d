package binance

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
)

// build builds a command of the repository and returns the program.
func build(t *testing.T, pkg string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "program")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags=-s -w", "-o", program, pkg)
	cmd.Dir = testkit.Root(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return program
}

// EX-13: the program holds exactly the services that the list names, and the
// check finds what must not be there.
func TestNoTradingCodeIsLinked(t *testing.T) {
	t.Parallel()
	linked, err := Linked(build(t, "./cmd/ledgersys"))
	if err != nil {
		t.Fatal(err)
	}
	if want := Services(); !slices.Equal(linked, want) {
		t.Errorf("linked:\n%s\nlisted:\n%s", strings.Join(linked, "\n"), strings.Join(want, "\n"))
	}
	order, err := Linked(build(t, "./internal/exchange/binance/testdata/control/order"))
	if err != nil {
		t.Fatal(err)
	}
	if got := Beyond(order); !slices.Equal(got, []string{"go-binance/v2.(*CreateOrderService).Do"}) {
		t.Errorf("the control with an order shows %v", got)
	}
	all, err := Linked(build(t, "./internal/exchange/binance/testdata/control/client"))
	if err != nil {
		t.Fatal(err)
	}
	if got := Beyond(all); len(got) < 150 || !slices.Contains(got, "go-binance/v2.(*CreateWithdrawService).Do") {
		t.Errorf("the control with a client at large shows %d services", len(got))
	}
}
