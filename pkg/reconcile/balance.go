package reconcile

import (
	"cmp"
	"maps"
	"slices"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Row is one change of a balance, as the record of a source says it.
type Row struct {
	Endpoint string // where the record comes from: an endpoint, or a file's name
	ID       string // its id there
	At       ledger.Instant
	Account  string
	Asset    string
	Change   money.Amount  // negative leaves the account; fees are in it
	After    *money.Amount // the balance that the source states after it; nil if it states none
}

// Balance is what an account holds of an asset.
type Balance struct {
	Account, Asset string
	Amount         money.Amount
}

// Certificate says whether the rows explain the balance that a source reports
// for one asset of an account.
type Certificate struct {
	Account, Asset string
	Reported       money.Amount
	Calculated     money.Amount
	OK             bool
	// First is the first row after which the balance could not be explained:
	// one that states another balance than the sum of the rows so far, or the
	// first to leave less than nothing; nil if all fits or no row shows it.
	First *Row
}

type holding struct{ account, asset string }

// Walk adds up rows, balance by balance, without keeping them. The zero Walk
// has none.
type Walk struct{ at map[holding]*Certificate }

func (w *Walk) of(account, asset string) *Certificate {
	if w.at == nil {
		w.at = make(map[holding]*Certificate)
	}
	h := holding{account, asset}
	if w.at[h] == nil {
		w.at[h] = &Certificate{Account: account, Asset: asset}
	}
	return w.at[h]
}

// Add takes the next row. Those of one balance come in their order of time.
func (w *Walk) Add(r *Row) {
	c := w.of(r.Account, r.Asset)
	c.Calculated = c.Calculated.Add(r.Change)
	differs := r.After != nil && !r.After.Equal(c.Calculated) || r.After == nil && c.Calculated.Sign() < 0
	if differs && c.First == nil {
		first := *r
		c.First = &first
	}
}

// Has reports whether a balance had rows.
func (w *Walk) Has(account, asset string) bool { return w.at[holding{account, asset}] != nil }

// Certify compares where the rows end with what is reported, and ends the walk.
// What is not reported is held to be nothing; what has no rows is calculated as
// nothing. The answer is sorted by account and asset.
func (w *Walk) Certify(reported []Balance) []Certificate {
	for _, b := range reported {
		c := w.of(b.Account, b.Asset)
		c.Reported = c.Reported.Add(b.Amount)
	}
	list := make([]Certificate, 0, len(w.at))
	for _, h := range slices.SortedFunc(maps.Keys(w.at), func(a, b holding) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.asset, b.asset))
	}) {
		c := w.at[h]
		c.OK = c.Reported.Equal(c.Calculated)
		if c.OK {
			c.First = nil // rows of one instant may stand in another order than the source counted them
		}
		list = append(list, *c)
	}
	return list
}

// Certify walks rows in their order of time, those of one instant as given, and
// compares them with what is reported.
func Certify(rows []Row, reported []Balance) []Certificate {
	var w Walk
	for _, i := range byTime(rows) {
		w.Add(&rows[i])
	}
	return w.Certify(reported)
}

func byTime(rows []Row) []int {
	places := make([]int, len(rows))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(x, y int) int { return cmp.Compare(rows[x].At, rows[y].At) })
	return places
}
