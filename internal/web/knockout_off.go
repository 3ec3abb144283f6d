//go:build !knockout

package web

// knockedOut reports whether a layer is left out, which only a build for the
// test of their independence does.
func knockedOut(string) bool { return false }
