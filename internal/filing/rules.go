package filing

import (
	"strings"

	"github.com/ledgersys/ledgersys/pkg/tax"
	"github.com/ledgersys/ledgersys/pkg/tax/au"
	"github.com/ledgersys/ledgersys/pkg/tax/ca"
	"github.com/ledgersys/ledgersys/pkg/tax/de"
	"github.com/ledgersys/ledgersys/pkg/tax/gb"
	"github.com/ledgersys/ledgersys/pkg/tax/generic"
	"github.com/ledgersys/ledgersys/pkg/tax/ie"
	"github.com/ledgersys/ledgersys/pkg/tax/in"
	"github.com/ledgersys/ledgersys/pkg/tax/lk"
	"github.com/ledgersys/ledgersys/pkg/tax/ng"
	"github.com/ledgersys/ledgersys/pkg/tax/us"
	"github.com/ledgersys/ledgersys/pkg/tax/za"
)

// Rules returns the rules of a country by its code, or nil. GENERIC is
// another name of XX.
func Rules(country string) *tax.Rules {
	switch strings.ToUpper(country) {
	case "AU":
		return au.Rules()
	case "CA":
		return ca.Rules()
	case "DE":
		return de.Rules()
	case "GB":
		return gb.Rules()
	case "IE":
		return ie.Rules()
	case "IN":
		return in.Rules()
	case "LK":
		return lk.Rules()
	case "NG":
		return ng.Rules()
	case "US":
		return us.Rules()
	case "ZA":
		return za.Rules()
	case "XX", "GENERIC":
		return generic.Rules()
	}
	return nil
}

// Countries are the codes that Rules knows, for people.
const Countries = "US GB CA ZA DE AU IE IN NG LK, or XX for the generic rules"
