// Package text holds the words that people read and prints numbers and dates
// as their locale has them.
package text
