package cli

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/internal/intake"
)

const (
	heldShown = 20  // held rows that a report shows on stderr
	rawShown  = 160 // characters of a row that are shown
)

// tellHeld shows held rows on stderr, most of them at most (0 is all): the
// file, the line, the reason, and the row with a mark under the cell that is
// meant. It returns how many there are.
func tellHeld(s *Streams, files []*intake.File, what string, most int) int {
	n := 0
	for _, f := range files {
		if len(f.Collector.Held) == 0 {
			continue
		}
		for _, h := range f.HeldRows() {
			if n++; most > 0 && n > most {
				continue
			}
			fmt.Fprintf(s.Err, "%s:%d: %s, %s: %s\n%s", f.Name, h.Line, what, h.Column, h.Reason, excerpt(f, h))
		}
	}
	if most > 0 && n > most {
		fmt.Fprintf(s.Err, "and %d more held rows\ntry: ledgersys tax inspect FILE...\n", n-most)
	}
	return n
}

// excerpt is a row with its line, and under it a mark at the cell that is
// meant, where it is known and in sight.
func excerpt(f *intake.File, h intake.HeldRow) string {
	line := fmt.Sprintf("  %d | ", h.Line)
	raw, _, broken := strings.Cut(h.Raw, "\n")
	if utf8.RuneCountInString(raw) > rawShown {
		raw = string([]rune(raw)[:rawShown]) + "…"
	}
	out := line + raw + "\n"
	from, to, ok := f.Cell(h.Raw, h.Column)
	if !ok || broken || strings.ContainsRune(raw, '\t') || to > len(raw) {
		return out
	}
	margin := strings.Repeat(" ", len(line)-2) + "| "
	return out + margin + strings.Repeat(" ", utf8.RuneCountInString(raw[:from])) + strings.Repeat("^", max(1, utf8.RuneCountInString(raw[from:to]))) + "\n"
}
