// Package recon keeps findings, decisions and their undoing.
package recon
