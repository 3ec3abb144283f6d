package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/ledgersys/ledgersys/internal/keyring"
)

// exitNames are the exit codes for scripts that read them as words.
var exitNames = map[int]string{
	exitError: "error", exitUsage: "usage", exitIssues: "issues_remain", 4: "sign_in_needed", 5: "locked_period",
	6: "verification_failed", 10: "books_not_found", 11: "books_in_use", exitKey: "wrong_key", exitInterrupt: "interrupted",
}

// failure is how a run ends that does not end with 0, as JSON.
type failure struct {
	MessageType string `json:"message_type"`
	Code        int    `json:"code"`
	ErrorCode   string `json:"error_code"`
	Message     string `json:"message"`
	Hint        string `json:"hint,omitempty"`
}

// finish prints what went wrong and chooses the exit code. Whoever asked for
// JSON among args gets it as a last line of JSON as well.
func finish(err error, s Streams, args []string) int {
	if err == nil {
		return exitFine
	}
	code := exitError
	var c *coded
	if errors.As(err, &c) {
		code = c.code
	}
	text := keyring.Withhold(strings.TrimSpace(err.Error()))
	if !errors.Is(err, errIssues) {
		fmt.Fprintln(s.Err, "error: "+text)
	}
	if asksForJSON(args) {
		writeFailure(s.Err, code, text)
	}
	return code
}

func writeFailure(w io.Writer, code int, text string) {
	message, hint, _ := strings.Cut(text, "\ntry: ")
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(failure{"exit_error", code, exitNames[code], message, hint}) // the run failed already; there is nowhere else to say it
}

// asksForJSON reports whether --json stands among the flags, even if the rest
// of the command line cannot be understood.
func asksForJSON(args []string) bool {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	return slices.Contains(args, "--json")
}
