// Package chain watches bitcoin without any key that could move it: extended
// public keys, descriptors and addresses, through btcd or Esplora.
package chain
