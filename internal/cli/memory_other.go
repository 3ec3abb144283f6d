//go:build !linux

package cli

// largePages has nothing to say to this system.
func largePages([]byte) {}

// mostRoom is how much room may be asked for at once.
func mostRoom() int64 { return leastLimit }
