package binance

import (
	"debug/elf"
	"debug/gosym"
	_ "embed" // services.txt
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// services lists what of go-binance may be linked into the program: services
// that read, one a line, as the linker names their call.
//
//go:embed services.txt
var services string

// Services are the calls of go-binance that may be linked into the program.
func Services() []string { return strings.Fields(services) }

// calls are the functions of the library that reach out: the Do of a service,
// and everything about web sockets, whose sessions place orders.
var calls = regexp.MustCompile(`go-binance/v2.*(\)\.Do$|WsService|websocket\.NewClient|wsServe)`)

// Linked returns the functions of go-binance that reach out and are linked
// into a program. It reads the table that every Go program needs to run, so
// that a program without symbols hides nothing.
func Linked(program string) ([]string, error) {
	f, err := elf.Open(program)
	if err != nil {
		return nil, fmt.Errorf("the program is read on Linux only: %w", err)
	}
	defer f.Close() //nolint:errcheck // only read
	table, text := f.Section(".gopclntab"), f.Section(".text")
	if table == nil {
		table = f.Section(".data.rel.ro.gopclntab")
	}
	if table == nil || text == nil {
		return nil, errors.New("no table of functions in the program")
	}
	data, err := table.Data()
	if err != nil {
		return nil, fmt.Errorf("table of functions: %w", err)
	}
	names, err := gosym.NewTable(nil, gosym.NewLineTable(data, text.Addr))
	if err != nil {
		return nil, fmt.Errorf("table of functions: %w", err)
	}
	if len(names.Funcs) == 0 {
		return nil, errors.New("the table of functions is empty")
	}
	var found []string
	for i := range names.Funcs {
		if name := names.Funcs[i].Name; calls.MatchString(name) {
			found = append(found, strings.TrimPrefix(name, "github.com/adshao/"))
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// Beyond returns what of a list is not among the services that may be linked.
func Beyond(linked []string) []string {
	return slices.DeleteFunc(slices.Clone(linked), func(s string) bool { return slices.Contains(Services(), s) })
}
