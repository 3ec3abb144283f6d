// Package quote gets prices and exchange rates, each with its source, its
// time and a second opinion.
package quote
