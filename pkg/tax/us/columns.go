package us

import (
	"encoding/json"

	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// reporting says what the broker's form tells about a sale: which of the three
// boxes of a part it belongs to.
type reporting uint8

const (
	reportNone     reporting = iota // no Form 1099-DA: boxes I and L
	reportProceeds                  // without a basis, or with one that was not reported: H and K
	reportBasis                     // with a basis that was reported: G and J
)

// kinds is how many kinds of report there are: boxes of one part of the form.
const kinds = 3

// boxName is the name of a box in the table of layouts, by its index: the kind
// of report for the short term, kinds more for the long term.
func boxName(index int) string {
	return [...]string{"short_none", "short_proceeds", "short_basis", "long_none", "long_proceeds", "long_basis"}[index]
}

// columns are (d) to (h) of a row of Form 8949.
type columns struct {
	proceeds, basis, adjustment, gain money.Amount
	code                              string
}

// fill sets (e) to (h) by what the broker reported: the basis that the tax
// authority knows stands in (e), and (g) mends it. Decision 50.
func fill(r reporting, proceeds, basis, reported money.Amount) columns {
	c := columns{proceeds: proceeds, basis: basis}
	switch r {
	case reportBasis:
		c.basis = reported
		c.adjustment = reported.Sub(basis)
		if !c.adjustment.IsZero() {
			c.code = "B"
		}
	case reportProceeds:
		c.code = "B" // the form leaves the basis blank or shows one that was not reported
	case reportNone:
	}
	c.total()
	return c
}

// total sets h = d − e + g.
func (c *columns) total() { c.gain = c.proceeds.Sub(c.basis).Add(c.adjustment) }

// cells8949 answers us_8949.
func cells8949(year string, given json.RawMessage) ([]tax.Answer, error) {
	g := tax.NewReader(given, "term", "form", "proceeds", "basis", "broker_basis")
	index := 0
	if g.Word("term", "short", "long") == "long" {
		index = kinds
	}
	form := g.Word("form", "basis", "proceeds_only", "none")
	proceeds, basis := g.Signed("proceeds"), g.Signed("basis")
	r, reported := reportNone, money.Amount{}
	switch form {
	case "basis":
		r, reported = reportBasis, g.Signed("broker_basis")
	case "proceeds_only":
		r = reportProceeds
	}
	forms, err := Layouts()
	if err != nil {
		return nil, err
	}
	if g.Err() != nil {
		return nil, g.Err()
	}
	c := fill(r, proceeds, basis, reported)
	// The boxes of digital assets whatever the year, as the computation is defined.
	box := forms["8949"][0].Boxes[boxName(index+int(r))].Number
	return tax.AnswerOf(year,
		tax.Cell{Key: "box", Text: box},
		tax.Figure("d", c.proceeds), tax.Figure("e", c.basis),
		tax.Cell{Key: "f", Text: c.code},
		tax.Figure("g", c.adjustment), tax.Figure("h", c.gain))
}
