package tax

import (
	"errors"
	"fmt"
	"strings"
)

// ErrMethod reports a method that a country does not allow, or that does not
// exist.
var ErrMethod = errors.New("method not allowed")

// FindMethod returns the method of a name as a user gives it, among those
// that the country offers this taxpayer; "" is the default. The short and the
// long names are understood: fifo in Ireland is ie-fifo-4w.
func (r *Rules) FindMethod(name, taxpayer string) (Method, error) {
	offers := r.Offers(taxpayer)
	if name == "" {
		return offers[0], nil
	}
	for _, m := range offers {
		if name == m.String() || name == m.Short() {
			return m, nil
		}
	}
	// A name of the country's other kind of taxpayer is the same choice.
	for _, m := range append(append([]Method{}, r.Methods...), r.CompanyMethods...) {
		if name == m.String() && m.Short() == offers[0].Short() {
			return m, nil
		}
	}
	return MethodUnknown, fmt.Errorf("%w: %q for %s; it allows %s", ErrMethod, name, r.Country, shortNames(offers))
}

// FileMethod returns the method that a Ledger JSON file asks for. It is
// honoured as it stands, whether the country offers it for crypto-assets or
// not.
func (r *Rules) FileMethod(name, taxpayer string) (Method, error) {
	m, err := r.FindMethod(name, taxpayer)
	if err == nil {
		return m, nil
	}
	for m := FIFO; m < methods; m++ {
		if name == m.String() {
			return m, nil
		}
	}
	return MethodUnknown, err
}

func shortNames(list []Method) string {
	var names []string
	for _, m := range list {
		names = append(names, m.Short())
	}
	return strings.Join(names, ", ")
}
