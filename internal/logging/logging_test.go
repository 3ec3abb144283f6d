package logging_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/keyring"
	"github.com/ledgersys/ledgersys/internal/logging"
)

func logger(t *testing.T, level, format string) (*slog.Logger, *bytes.Buffer) {
	t.Helper()
	var b bytes.Buffer
	l, err := logging.New(&b, level, format)
	if err != nil {
		t.Fatal(err)
	}
	return l, &b
}

// TestOnlyListedKeys: what nobody put on the list is withheld, at every depth.
func TestOnlyListedKeys(t *testing.T) {
	t.Parallel()
	const canary = "k33p-this"
	for _, format := range []string{"text", "json"} {
		log, out := logger(t, "debug", format)
		ctx := logging.WithRequest(t.Context(), "req-1")
		secret := keyring.NewSecret([]byte(canary))
		log.With("password", canary).WithGroup("g").InfoContext(ctx, "asked",
			"route", "/livez", "note", canary, "code", secret, slog.Group("deep", "status", 200, "amount", canary),
			"reason", struct{ S keyring.Secret }{secret}, "error", errors.New("read row 3"))
		text := out.String()
		if strings.Contains(text, canary) || strings.Count(text, "\n") != 1 {
			t.Errorf("%s: %s", format, text)
		}
		for _, want := range []string{"/livez", "200", "read row 3", "req-1", "[withheld]"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %s: %s", format, want, text)
			}
		}
	}
}

// TestOneLine: whatever somebody typed stays on its line and does nothing to a
// terminal.
func TestOneLine(t *testing.T) {
	t.Parallel()
	const bad = "a\r\nlevel=ERROR msg=forged\x1b[31m\u2028\u202e\x9b1m\xff\x00"
	for _, format := range []string{"text", "json"} {
		log, out := logger(t, "info", format)
		var odd slog.Attr
		odd.Key, odd.Value = bad, slog.IntValue(1)
		log.LogAttrs(logging.WithRequest(t.Context(), bad), slog.LevelInfo, bad, slog.String("reason", bad), slog.Any("error", errors.New(bad)), odd)
		text := out.String()
		if strings.Count(text, "\n") != 1 || strings.ContainsAny(text, "\r\x1b\u2028\u202e\u009b\x00") {
			t.Errorf("%s: %q", format, text)
		}
		if format == "json" && !json.Valid(out.Bytes()) {
			t.Errorf("no JSON: %s", text)
		}
	}
	log, out := logger(t, "info", "json")
	log.Info("long", "reason", strings.Repeat("é", 5000))
	if out.Len() > 5000 || !json.Valid(out.Bytes()) {
		t.Errorf("%d bytes", out.Len())
	}
}

func TestLevelsAndForms(t *testing.T) {
	t.Parallel()
	log, out := logger(t, "warn", "text")
	log.Info("quiet")
	log.Warn("loud")
	if strings.Contains(out.String(), "quiet") || !strings.Contains(out.String(), "loud") {
		t.Errorf("logged: %s", out)
	}
	if _, err := logging.New(out, "loud", "text"); err == nil {
		t.Error("an unknown level is accepted")
	}
	if _, err := logging.New(out, "info", "xml"); err == nil {
		t.Error("an unknown format is accepted")
	}
	if logging.Request(t.Context()) != "" {
		t.Error("a context without request has one")
	}
}
