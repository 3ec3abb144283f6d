package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/ledgersys/ledgersys/internal/exchange/binance"
)

// doctorVerbs check the installation.
type doctorVerbs struct {
	Crypto   cryptoVerb   `cmd:"" help:"Check that everything that must be sealed is, and with the current keys: exit 0, or 6."`
	Volume   volumeVerb   `cmd:"" help:"Say whether the data lie on an encrypted volume: exit 0, or 6."`
	Readonly readonlyVerb `cmd:"" help:"Prove that this program can only read at exchanges: what is linked into it and which calls may leave."`
}

// readonlyVerb prints the proof that no trading code is there.
type readonlyVerb struct{}

// errTrades ends a run that found code for more than reading.
var errTrades = &coded{exitError, errors.New("code that can do more than read is linked into this program: do not use it")}

// Run reads the table of functions of the running program itself and lists the
// calls that the guard lets out.
func (readonlyVerb) Run(s *Streams) error {
	program, err := os.Executable()
	if err != nil {
		return err
	}
	linked, err := binance.Linked(program)
	if err != nil {
		return err
	}
	beyond := binance.Beyond(linked)
	fmt.Fprintf(s.Out, "Services of the exchange library in this program: %d, of which %d can do more than read\n", len(linked), len(beyond))
	for _, name := range linked {
		fmt.Fprintln(s.Out, "  "+name)
	}
	for _, name := range beyond {
		fmt.Fprintln(s.Out, "  NOT LISTED AS READING: "+name)
	}
	for _, x := range Exchanges() {
		fmt.Fprintf(s.Out, "\n%s: all calls that may leave; every other one is stopped before the network\n", x.Title)
		for _, p := range x.Passes {
			fmt.Fprintf(s.Out, "  %-4s %s%s\n", p.Method, p.Host, p.Path)
		}
	}
	if len(beyond) > 0 {
		return errTrades
	}
	return nil
}
