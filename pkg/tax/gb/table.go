package gb

import (
	_ "embed"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

//go:embed data/figures.json
var figures []byte

//go:embed data/boxes.json
var boxes []byte

// Table returns the United Kingdom's figures by tax year with their sources.
func Table() (tax.Table, error) { return tax.ParseTable(figures) }

// Layouts returns the boxes of the forms by tax year.
func Layouts() (map[string][]tax.Layout, error) { return tax.ParseLayouts(boxes) }
