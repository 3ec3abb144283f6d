// Package reconcile finds, purely, what fits together and what does not:
// transfers that pair, balances that differ and where.
package reconcile
