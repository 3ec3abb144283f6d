// Package journey walks the whole built program as people do, in a browser
// and over HTTP, for tests only.
package journey
