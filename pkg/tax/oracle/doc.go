// Package oracle is a second, slow reading of the ledger rules. Tests compare the engine with it on random ledgers;
// nothing else may import it.
package oracle
