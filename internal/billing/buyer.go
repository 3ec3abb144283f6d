package billing

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ledgersys/ledgersys/internal/audit"
	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Buyer is to whom a receipt is made out, as the firm says it. All of it may be
// left out, and all of it is kept sealed.
type Buyer struct {
	Name      string
	Address   string // lines
	TaxNumber string
}

// The longest that a buyer's data may be.
const (
	MaxBuyerName    = 100
	MaxBuyerAddress = 300
	maxBuyerLines   = 5
	MaxTaxNumber    = 24
)

// Lines are the lines of the address.
func (b *Buyer) Lines() []string {
	if b.Address == "" {
		return nil
	}
	return strings.Split(b.Address, "\n")
}

// clean returns a buyer without needless spaces, and refuses what cannot stand
// on a receipt.
func (b Buyer) clean() (Buyer, error) {
	wrong := fault.Coded(fault.Invalid, "buyer", nil, "Some of this cannot stand on a receipt.")
	no := func(field, words string) {
		wrong.Details = append(wrong.Details, fault.Detail{Pointer: "/" + field, Words: words})
	}
	var lines []string
	for line := range strings.Lines(strings.ReplaceAll(b.Address, "\r", "\n")) {
		if line = oneLine(line); line != "" {
			lines = append(lines, line)
		}
	}
	b = Buyer{Name: oneLine(b.Name), Address: strings.Join(lines, "\n"), TaxNumber: strings.ToUpper(oneLine(b.TaxNumber))}
	if utf8.RuneCountInString(b.Name) > MaxBuyerName || !printable(b.Name) {
		no("name", "A name of at most 100 letters.")
	}
	if utf8.RuneCountInString(b.Address) > MaxBuyerAddress || len(lines) > maxBuyerLines || !printable(strings.Join(lines, " ")) {
		no("address", "At most five lines and 300 letters.")
	}
	if b.TaxNumber != "" && !taxNumber(b.TaxNumber) {
		no("tax_number", "A VAT or tax number has 4 to 24 letters and digits, such as DE123456789.")
	}
	if len(wrong.Details) > 0 {
		return Buyer{}, wrong
	}
	return b, nil
}

// oneLine is a text without spaces that nobody needs.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// printable refuses characters that do something: escapes, marks of direction.
func printable(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
	})
}

// taxNumber reports whether a text may be the number of a taxpayer somewhere:
// every country writes them in its own way, with letters, digits and some marks.
func taxNumber(s string) bool {
	figures, signs := 0, 0
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9':
			figures++
			signs++
		case r >= 'A' && r <= 'Z':
			signs++
		case strings.ContainsRune(" .-/+*", r):
		default:
			return false
		}
	}
	return figures >= 2 && signs >= 4 && len(s) <= MaxTaxNumber
}

// Buyer returns to whom the receipts of a firm are made out.
func (s *Service) Buyer(ctx context.Context, scope tenant.Scope) (b Buyer, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) (err error) { b, err = tx.Buyer(ctx, scope.Firm()); return err })
	return b, err
}

// SetBuyer says to whom they are made out from now on. Receipts that were made
// stay as they are.
func (s *Service) SetBuyer(ctx context.Context, scope tenant.Scope, b Buyer) error {
	b, err := b.clean()
	if err != nil {
		return err
	}
	return s.config.Store.Control(ctx, func(tx Tx) error {
		was, err := tx.Buyer(ctx, scope.Firm())
		if err != nil || was == b {
			return err
		}
		// Neither state is hashed into the chain: there are few VAT numbers, so
		// that they could be found by trying.
		e := audit.Entry{Action: "buyer.change", Object: "firm/" + scope.Firm().String(), Firm: scope.Firm(), Actor: scope.Actor()}
		if err := tx.Audit(ctx, e); err != nil {
			return err
		}
		return tx.SaveBuyer(ctx, scope.Firm(), b)
	})
}
