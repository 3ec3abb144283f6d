package keyring_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// TestSecretIsNeverPrinted: no way of printing shows the value, not even from
// inside another struct.
func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	const value = "k33p-this"
	s := keyring.NewSecret([]byte(value))
	in := struct {
		Key  keyring.Secret
		deep struct{ key keyring.Secret }
	}{Key: s}
	in.deep.key = s
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&b, verb+verb, s, in)
	}
	slog.New(slog.NewTextHandler(&b, nil)).Info("test", "key", s, "in", in)
	j, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(j)
	for _, bad := range []string{value, fmt.Sprintf("%x", value), fmt.Sprint([]byte(value))} { //nolint:staticcheck // QF1010: the numbers of the bytes are meant
		if strings.Contains(b.String(), bad) {
			t.Errorf("printed: %s", b.String())
		}
	}
	if string(s.Reveal()) != value || s.Empty() {
		t.Error("the value is gone")
	}
	s.Clear()
	if !s.Empty() {
		t.Error("the value is still there")
	}
	if !(keyring.Secret{}).Empty() {
		t.Error("the zero secret is not empty")
	}
}
