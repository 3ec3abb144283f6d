// Package exchangesim speaks the documented protocols of exchanges from a
// seeded ledger, for tests only.
package exchangesim
