// Package egress is the only way out: one guarded HTTP transport that passes
// listed calls to pinned public addresses and nothing else.
package egress
