// Package clock is the only source of the current time. Everything that acts
// is given a Clock; tests give it the time they want.
package clock

import "time"

// Clock tells the current time in UTC.
type Clock func() time.Time

// Fixed is a clock that stands still.
func Fixed(t time.Time) Clock { return func() time.Time { return t.UTC() } }
