// Package link keeps linked accounts: key passports, schedules, cursors,
// coverage and completeness certificates.
package link
