package intake

import (
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/pkg/statement"
)

// Cell returns where in the text of a row the cell of a column stands, as a
// held row names it: by its name in the header, or as "column 3". It is not ok
// for columns that are no single cell and for what is no text of cells.
func (f *File) Cell(raw, column string) (from, to int, ok bool) {
	if f.Format == nil || f.table == nil || f.table.Sheet() {
		return 0, 0, false
	}
	var want int
	if digits, found := strings.CutPrefix(column, "column "); found {
		n, err := strconv.Atoi(digits)
		if err != nil {
			return 0, 0, false
		}
		want = n - 1
	} else {
		want = statement.NewHeader(f.top[f.header]).Index(statement.Fold(column))
	}
	if want < 0 {
		return 0, 0, false
	}
	return nthCell(raw, f.comma, want)
}

// nthCell finds a cell, with its quotes, in a row of CSV.
func nthCell(raw string, comma byte, n int) (from, to int, ok bool) {
	quoted := false
	for i := 0; i <= len(raw); i++ {
		switch {
		case i < len(raw) && raw[i] == '"':
			quoted = !quoted
		case i < len(raw) && (quoted || raw[i] != comma):
		case n == 0:
			return from, i, true
		default:
			n--
			from = i + 1
		}
	}
	return 0, 0, false
}
