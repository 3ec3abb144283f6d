//go:build !linux

package cli

// largePages has nothing to say to this system.
func largePages([]byte) {}
