package binance

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
)

// takenBack is the direction of a distribution that was taken back.
const takenBack = "-1"

// earnWords are in the texts of distributions that the lists of Earn may tell
// as well.
var earnWords = []string{"earn", "saving", "flexible", "locked", "staking", "interest"}

// ofEarn reports whether a distribution may be one that the lists of Earn tell.
func ofEarn(f exchange.Fields) bool {
	text := strings.ToLower(f.Text("enInfo"))
	return f.Text("direction") != takenBack && slices.ContainsFunc(earnWords, func(word string) bool { return strings.Contains(text, word) })
}

// incomes are rewards that a list tells, by asset and amount.
type incomes map[string][]reward

// reward is one of them.
type reward struct {
	id string
	at time.Time
}

func (t incomes) add(x *exchange.Record, f exchange.Fields, amount string) {
	text := f.Text(amount)
	if a, err := exchange.ParseAmount(text); err == nil {
		text = a.String()
	}
	key := f.Text("asset") + " " + text
	t[key] = append(t[key], reward{x.ID, x.Time})
}

// apart is how far apart two lists may date one reward.
const apart = day

// pair names the rewards of t that other tells as well. Each of both is taken
// once: what lies nearest in time first, whatever the order of the lists.
func (t incomes) pair(other incomes) map[string]bool {
	found := make(map[string]bool)
	for key, mine := range t {
		theirs := other[key]
		order := func(a, b reward) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id)) }
		slices.SortFunc(mine, order)
		slices.SortFunc(theirs, order)
		type match struct {
			gap      time.Duration
			mine, of int
		}
		var list []match
		from := 0
		for i, m := range mine {
			for from < len(theirs) && theirs[from].at.Before(m.at.Add(-apart)) {
				from++
			}
			for j := from; j < len(theirs) && !theirs[j].at.After(m.at.Add(apart)); j++ {
				list = append(list, match{m.at.Sub(theirs[j].at).Abs(), i, j})
			}
		}
		slices.SortFunc(list, func(a, b match) int {
			return cmp.Or(cmp.Compare(a.gap, b.gap), cmp.Compare(a.mine, b.mine), cmp.Compare(a.of, b.of))
		})
		taken := make(map[int]bool)
		for _, m := range list {
			if id := mine[m.mine].id; !found[id] && !taken[m.of] {
				found[id], taken[m.of] = true, true
			}
		}
	}
	return found
}
