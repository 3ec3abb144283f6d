package billing

import (
	"fmt"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// The plans. What each allows stands in the table below and nowhere else;
// what it costs is the operator's.
const (
	Free       = "free"
	Holder     = "holder"
	Preparer   = "preparer"
	Enterprise = "enterprise"
)

// Yearly is the one period that is sold.
const Yearly = "year"

// Plan is a plan with its price, as the operator set it.
type Plan struct {
	ID       string
	Price    money.Amount // for a period, in Currency, tax included
	Currency string
	Period   string
}

// rank orders the plans: each allows what the ones before it allow.
func rank(plan string) int {
	switch plan {
	case Holder:
		return 1
	case Preparer:
		return 2
	case Enterprise:
		return 3
	default:
		return 0
	}
}

// planWord is a plan as people read it.
func planWord(id string) string {
	if id == "" {
		return "the plan"
	}
	return strings.ToUpper(id[:1]) + id[1:]
}

// Feature is what a plan may allow.
type Feature uint8

// The features. Every computation, every page, every import and every export
// of one's data is open to all and is no feature.
const (
	FinalReports  Feature = iota // forms and packs to hand in
	ScheduledSync                // links that fetch by themselves
	MoreEntities                 // more than one entity in a firm
	Clients                      // grants: sharing books, working in those of others
	OwnRights                    // roles whose areas the owner edits
	Seats                        // more than five members
)

// least is the smallest plan that allows a feature.
var least = map[Feature]string{
	FinalReports: Holder, ScheduledSync: Holder, MoreEntities: Preparer, Clients: Preparer, OwnRights: Enterprise, Seats: Enterprise,
}

// allows reports whether a plan allows a feature.
func allows(plan string, f Feature) bool { return rank(plan) >= rank(least[f]) }

// refuse is the refusal of a feature, in words that say what to do.
func refuse(f Feature) error {
	words := map[Feature]string{
		FinalReports:  "Reports to hand in come with the plan %s. Every result stays open on its page and in the API.",
		ScheduledSync: "Links that fetch by themselves come with the plan %s. You can fetch by hand at any time.",
		MoreEntities:  "More than one set of books comes with the plan %s.",
		Clients:       "Sharing books, and working in those of clients, comes with the plan %s.",
		OwnRights:     "Rights of your own making come with the plan %s.",
		Seats:         "More than five members come with the plan %s.",
	}[f]
	return fault.Coded(fault.PlanRequired, "plan_required", nil, words, least[f])
}

// Grace is how long what a plan allowed goes on after its end.
const Grace = 14 * 24 * time.Hour

// State is what a firm's plan is worth at a time.
type State string

// The states of a plan.
const (
	None   State = "none"   // never had one
	Active State = "active" // paid
	Ending State = "grace"  // ran out less than Grace ago: nothing has changed yet
	Lapsed State = "lapsed" // as free; nothing is lost
)

// Subscription is what a firm has bought.
type Subscription struct {
	Firm   tenant.FirmID
	Plan   string    // of the last period; "" if there was none
	Until  time.Time // the end of what is paid
	Credit money.Amount
	// Currency of the credit; "" if there never was any.
	Currency string
	Reminded int // which reminder was sent last; see reminders
	// Source is "stripe:" and the id of the subscription at Stripe that renews
	// it, "ending:" and the id of one that we have asked Stripe to end and that
	// has not ended yet, "ended:" and the id of one that will renew it no more
	// unless somebody changes that at Stripe; "" if there is none.
	Source string
}

const (
	renewedBy  = "stripe:"
	endingWith = "ending:"
	endedWith  = "ended:"
)

// Card returns the subscription at Stripe, "" if there never was one, and
// whether it renews the plan.
func (s *Subscription) Card() (id string, renews bool) {
	if id, renews = strings.CutPrefix(s.Source, renewedBy); renews {
		return id, true
	}
	return strings.TrimPrefix(strings.TrimPrefix(s.Source, endingWith), endedWith), false
}

// ending reports whether we have asked Stripe to end its card.
func (s *Subscription) ending() bool { return strings.HasPrefix(s.Source, endingWith) }

// State returns the state at a time.
func (s *Subscription) State(now time.Time) State {
	switch {
	case s.Plan == "" || s.Plan == Free:
		return None
	case now.Before(s.Until):
		return Active
	case now.Before(s.Until.Add(Grace)):
		return Ending
	}
	return Lapsed
}

// inForce returns the plan whose features a firm has at a time.
func (s *Subscription) inForce(now time.Time) string {
	switch s.State(now) {
	case Active, Ending:
		return s.Plan
	default:
		return Free
	}
}

// Plans are the plans on sale.
type Plans []Plan

// Check refuses plans that cannot be sold.
func (p Plans) Check() error {
	seen := make(map[string]bool)
	for _, plan := range p {
		switch {
		case rank(plan.ID) == 0:
			return fmt.Errorf("plan %q: a plan on sale is holder, preparer or enterprise", plan.ID)
		case seen[plan.ID]:
			return fmt.Errorf("plan %q stands twice", plan.ID)
		case plan.Price.Sign() <= 0 || plan.Price.Decimals() > 2:
			return fmt.Errorf("plan %q: a price is above 0 and has at most two decimals", plan.ID)
		case !money.IsFiat(plan.Currency):
			return fmt.Errorf("plan %q: %q is not a currency of ISO 4217", plan.ID, plan.Currency)
		case plan.Period != Yearly:
			return fmt.Errorf("plan %q: the only period is %q", plan.ID, Yearly)
		}
		seen[plan.ID] = true
	}
	return nil
}

// find returns a plan on sale.
func (p Plans) find(id string) (Plan, error) {
	for _, plan := range p {
		if plan.ID == id {
			return plan, nil
		}
	}
	return Plan{}, fault.Coded(fault.Invalid, "unknown_plan", nil, "This plan is not on sale here.")
}
