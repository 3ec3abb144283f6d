// Package filing builds a year: the result and its forms, the same bytes as
// the command line.
package filing
