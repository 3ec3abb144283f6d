// Package session knows people: passwords, second factors, sessions, tokens
// and lockout.
package session
