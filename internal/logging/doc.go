// Package logging makes the one logger: listed keys only, secrets withheld,
// one line an event.
package logging
