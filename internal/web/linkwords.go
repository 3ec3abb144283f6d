package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/link"
	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// linkPill is the state of a link in a word.
func linkPill(s link.State) pill {
	switch s {
	case link.Active:
		return pill{"gain", "✓ linked"}
	case link.Paused:
		return pill{"plain", "paused"}
	case link.NeedsReauth:
		return pill{"loss", "! needs a new key"}
	case link.Suspended:
		return pill{"loss", "! key not used"}
	case link.RateLimited:
		return pill{"info", "waits"}
	default:
		return pill{"warn", "! last run failed"}
	}
}

// proofPill says whether the balances of a link are explained.
func proofPill(l *link.Link) pill {
	wrong := 0
	for i := range l.Proof {
		if !l.Proof[i].OK {
			wrong++
		}
	}
	switch {
	case wrong > 0:
		return pill{"warn", "! " + ui.Counted(wrong, "balance differs", "balances differ")}
	case len(l.Proof) > 0:
		return pill{"gain", "✓ complete"}
	default:
		return pill{"plain", "not proved"}
	}
}

// streamPill is how a stream stands.
func streamPill(st *link.Stream, under *link.Run) pill {
	switch st.State {
	case link.Done:
		return pill{"gain", "✓ done"}
	case link.Working:
		if under == nil {
			return pill{"plain", "to be continued"}
		}
		if under.State == link.RunWaiting {
			return pill{"info", "waits"}
		}
		return pill{"acc", "working"}
	case link.NotForKey:
		return pill{"plain", "not for this key"}
	case link.Absent:
		return pill{"plain", "not offered"}
	default:
		return pill{"plain", "to come"}
	}
}

// runPill is how a run went.
func runPill(r *link.Run) pill {
	switch r.State {
	case link.RunDone:
		return pill{"gain", "✓ done"}
	case link.RunFailed:
		if stoppedByPerson(r.Code) {
			return pill{"plain", "stopped"}
		}
		return pill{"loss", "! failed"}
	case link.RunWaiting:
		return pill{"info", "waits"}
	case link.RunRunning:
		return pill{"acc", "fetching"}
	default:
		return pill{"plain", "queued"}
	}
}

func stoppedByPerson(code string) bool {
	return code == string(link.Paused) || code == string(link.Active)
}

// runWords says how a run stands or went.
func runWords(r *link.Run) string {
	switch r.State {
	case link.RunQueued:
		return "waits for its turn"
	case link.RunRunning:
		return "fetching now"
	case link.RunWaiting:
		return "waits: " + codeWords(r.Code)
	case link.RunDone:
		return ui.Counted(r.Rows, "new record", "new records")
	default:
		return codeWords(r.Code)
	}
}

// codeWords says what a trouble is, and what comes of it.
func codeWords(code string) string {
	switch exchange.Trouble(code) {
	case exchange.RateLimited:
		return "the exchange's limit of calls; it goes on by itself"
	case exchange.Banned:
		return "the exchange asked us to stay away for a while; it goes on by itself"
	case exchange.Maintenance:
		return "the exchange is closed for maintenance; it goes on by itself"
	case exchange.Forbidden:
		return "the exchange does not let this server in; the next run tries again"
	case exchange.KeyRejected:
		return "the exchange rejects the key"
	case exchange.NoPermission:
		return "the key may not read this any more"
	case exchange.ClockSkew:
		return "this server's clock is wrong"
	case exchange.Upstream:
		return "the exchange gave no answer or a broken one; it is tried again"
	case exchange.Malformed:
		return "the exchange gave an answer that cannot be read; nothing of it was kept"
	case exchange.BadRequest:
		return "the exchange did not understand a call; please report it"
	case exchange.Denied:
		return "this server stopped a call on its way out; its operator can see why"
	case "key_not_read_only":
		return "the key can do more than read"
	case "paused":
		return "stopped, because the link was paused"
	case "active":
		return "stopped, because the link was changed"
	case exchange.NotOffered:
		return "the exchange does not know a call any more; please report it"
	case exchange.Unreadable:
		return "it begins anew, because its place was kept by an older version"
	case exchange.Stopped, "":
		return "it is tried again"
	}
	return "stopped (" + strings.ReplaceAll(code, "_", " ") + ")"
}

// scheduleWords says when a link is fetched.
func scheduleWords(schedule string) string {
	switch schedule {
	case link.Hourly:
		return "every hour"
	case link.Daily:
		return "every day"
	case link.Weekly:
		return "every week"
	case link.Manual:
		return "only when somebody asks for it"
	default:
		return "by cron, in UTC: " + schedule
	}
}

// scheduleOptions are the choices of a schedule.
func scheduleOptions(now string) []ui.Option {
	list := []ui.Option{{Value: link.Hourly, Text: "Every hour"}, {Value: link.Daily, Text: "Every day"}, {Value: link.Weekly, Text: "Every week"}, {Value: link.Manual, Text: "Only when asked"}}
	for _, o := range list {
		if o.Value == now {
			return append(list, ui.Option{Value: ownSchedule, Text: "Own (cron)"})
		}
	}
	return append(list, ui.Option{Value: ownSchedule, Text: "Own: " + now})
}

// chosenSchedule is the choice that stands for a schedule.
func chosenSchedule(now string) (choice, cron string) {
	switch now {
	case link.Hourly, link.Daily, link.Weekly, link.Manual:
		return now, ""
	default:
		return ownSchedule, now
	}
}

// took writes how long something took.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return "< 1 s"
	case d < time.Minute:
		return strconv.Itoa(int(d/time.Second)) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d/time.Minute)) + " min " + strconv.Itoa(int(d%time.Minute/time.Second)) + " s"
	default:
		return strconv.Itoa(int(d/time.Hour)) + " h " + strconv.Itoa(int(d%time.Hour/time.Minute)) + " min"
	}
}

// missedWords says of which moments an exchange may have more records than it
// gives.
func missedWords(list []time.Time) string {
	const most = 3
	words := make([]string, 0, most)
	for _, at := range list[:min(len(list), most)] {
		words = append(words, at.UTC().Format("2 Jan 2006, 15:04:05.000")+" UTC")
	}
	text := strings.Join(words, "; ")
	if n := len(list) - most; n > 0 {
		text += " and " + ui.Counted(n, "more moment", "more moments")
	}
	return "not complete: the exchange has more records of one millisecond than it gives, at " + text + "; upload its own file of that day"
}
