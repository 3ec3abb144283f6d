package tax_test

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// closedYears: a year that is handed out early has the forms that it has in
// the end, to the byte, and every year but the last is handed out where
// nothing looks ahead.
func closedYears(t *rapid.T) {
	in := randomInput(t)
	var until ledger.Date
	for i := range in.Book.Events {
		if day := in.Calendar.Date(in.Book.Events[i].At); i == 0 || day > until {
			_, _, until = in.Rules.YearOf(day)
			in.Snapshots = append(in.Snapshots, until)
		}
	}
	early, order := map[string][]byte{}, ""
	in.Closed = func(part *tax.Return) {
		for i := range part.Years {
			label := part.Years[i].Label
			if early[label] != nil || label < order {
				t.Fatalf("%s comes behind %s", label, order)
			}
			early[label], order = forms(t, part, label), label
		}
	}
	ret := answer(t, in)
	for i := range ret.Years {
		y := &ret.Years[i]
		got, given := early[y.Label]
		looks := in.Method == tax.FourWeekFIFO || in.Method.Pool()
		if given != (!looks && y.Last < until && in.Options.Years == nil && in.Options.Compute == "") {
			t.Fatalf("%s handed out: %v", y.Label, given)
		}
		if want := forms(t, ret, y.Label); given && !bytes.Equal(got, want) {
			t.Fatalf("%s early:\n%s\nin the end:\n%s", y.Label, got, want)
		}
		delete(early, y.Label)
	}
	if len(early) > 0 {
		t.Fatalf("years that are none in the end: %v", slices.Collect(maps.Keys(early)))
	}
}

// forms returns all forms of a year, one behind the other, and its totals.
func forms(t *rapid.T, r *tax.Return, label string) []byte {
	view, err := report.Select(r, label)
	if err != nil {
		t.Fatal(err)
	}
	var list []tax.Form
	if r.Rules.Forms != nil {
		if list, err = r.Rules.Forms(r, &view.Years[0]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	for _, f := range append(list, report.Generic(view)...) {
		if err := report.WriteForm(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	view.Issues = nil // a part has none
	if err := report.WriteJSON(&b, view); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestClosedYears(t *testing.T) {
	t.Parallel()
	rapid.Check(t, closedYears)
}

func FuzzClosedYears(f *testing.F) { f.Fuzz(rapid.MakeFuzz(closedYears)) }
