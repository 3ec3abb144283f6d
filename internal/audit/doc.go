// Package audit is the chain in which every change stands, and its proof.
package audit
