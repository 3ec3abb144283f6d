package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// restWords says why a link is not fetched by itself.
func restWords(r link.Rest) string {
	switch r {
	case link.NoRest:
		return "not planned yet"
	case link.ByHand:
		return "when asked"
	case link.PlanLapsed:
		return "until there is a plan that has schedules"
	case link.Rest(link.Paused):
		return "paused"
	default:
		return "until there is a new key"
	}
}

// comparedWords says when balances were compared the last time.
func comparedWords(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return ", compared on " + at.UTC().Format("2 Jan 2006, 15:04") + " UTC"
}

// loadWords says how much of an exchange's limits is used.
func loadWords(loads []exchange.Load) (words []string) {
	for i := range loads {
		l := &loads[i]
		if l.Weight == 0 {
			continue
		}
		whose := "by all links of this installation"
		if l.ByKey {
			whose = "by this key"
		}
		words = append(words, strings.ReplaceAll(l.Bucket, "_", " ")+": "+ui.Count(l.Used)+" of "+ui.Count(l.Weight)+" in the last "+spanWords(l.Per)+
			" ("+strconv.Itoa(l.Used*100/l.Weight)+" %), "+whose)
	}
	return words
}

// spanWords is a stretch of time.
func spanWords(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}, {time.Second, "second"}} {
		if n := int(d / unit.of); n > 0 && d%unit.of == 0 {
			if n == 1 {
				return unit.name
			}
			return strconv.Itoa(n) + " " + unit.name + "s"
		}
	}
	return d.String()
}

// notGiven is what the API of an exchange does not give, in one line.
func notGiven(gaps []exchange.Absent) string {
	what := make([]string, len(gaps))
	for i, g := range gaps {
		what[i] = g.What
	}
	return strings.Join(what, "; ")
}
