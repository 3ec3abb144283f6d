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

// Certify walks the rows of each account and asset in their order of time
// (rows of one instant as given) and compares where they end with what is
// reported. What is not reported is held to be nothing; what has no rows is
// calculated as nothing. The answer is sorted by account and asset.
func Certify(rows []Row, reported []Balance) []Certificate {
	walks := make(map[holding]*Certificate)
	at := func(account, asset string) *Certificate {
		h := holding{account, asset}
		if walks[h] == nil {
			walks[h] = &Certificate{Account: account, Asset: asset}
		}
		return walks[h]
	}
	for _, i := range byTime(rows) {
		r := &rows[i]
		c := at(r.Account, r.Asset)
		c.Calculated = c.Calculated.Add(r.Change)
		differs := r.After != nil && !r.After.Equal(c.Calculated) || r.After == nil && c.Calculated.Sign() < 0
		if differs && c.First == nil {
			c.First = r
		}
	}
	for _, b := range reported {
		c := at(b.Account, b.Asset)
		c.Reported = c.Reported.Add(b.Amount)
	}
	list := make([]Certificate, 0, len(walks))
	for _, h := range slices.SortedFunc(maps.Keys(walks), func(a, b holding) int {
		return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.asset, b.asset))
	}) {
		c := walks[h]
		c.OK = c.Reported.Equal(c.Calculated)
		if c.OK {
			c.First = nil // rows of one instant may stand in another order than the source counted them
		}
		list = append(list, *c)
	}
	return list
}

func byTime(rows []Row) []int {
	places := make([]int, len(rows))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(x, y int) int { return cmp.Compare(rows[x].At, rows[y].At) })
	return places
}
