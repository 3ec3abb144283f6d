package billing

import (
	"bufio"
	"io"
	"strconv"
	"strings"
	"time"
)

// WriteLedger writes payments as CSV: the record that is kept of each and what
// it bought. Nothing else is known of them. No field holds anything but
// letters, digits and marks that no program takes for a formula.
func WriteLedger(out io.Writer, sales []Sale) error {
	w := bufio.NewWriter(out)
	line := func(fields ...string) {
		_, _ = w.WriteString(strings.Join(fields, ",") + "\n") // Flush says what went wrong
	}
	line("id", "provider", "provider_ref", "plan", "amount", "currency", "credit", "status", "confirmations", "created", "settled")
	for i := range sales {
		s := &sales[i]
		settled := ""
		if !s.Settled.IsZero() {
			settled = s.Settled.UTC().Format(time.RFC3339)
		}
		line(s.Payment.ID.String(), string(s.Provider), strings.TrimLeft(word(s.Ref), "-"), s.Plan, s.Amount.String(), s.Currency,
			s.Credit.String(), string(s.Status), strconv.Itoa(s.Confirmations), s.Created.UTC().Format(time.RFC3339), settled)
	}
	return w.Flush()
}
