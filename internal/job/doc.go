// Package job is work that waits: stored, unique, retried, leased; every job
// may run twice.
package job
