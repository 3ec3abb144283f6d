package lk

import (
	_ "embed"

	"github.com/ledgersys/ledgersys/pkg/tax"
)

//go:embed data/figures.json
var figures []byte

// Table returns Sri Lanka's figures by tax year with their sources.
func Table() (tax.Table, error) { return tax.ParseTable(figures) }
