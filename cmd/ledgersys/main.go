// Command ledgersys reconciles exchange statements and computes tax results.
package main

import (
	"os"

	"github.com/ledgersys/ledgersys/internal/cli"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
