package report

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

func TestFind(t *testing.T) {
	t.Parallel()
	id := tax.NewDisposalIDs(usReturn()).ID(1).String()
	for _, c := range []struct {
		name, label, ref string
		want             int
		fault            string // part of the error, if there is one
	}{
		{"id", "", id, 1, ""},
		{"tx_of_its_event", "", tx(usReturn(), 6), 1, ""},
		{"tx_of_a_purchase", "", tx(usReturn(), 1), 0, "give an id"},
		{"id_in_capitals", "", strings.ToUpper(id), 1, ""},
		{"id_of_another_year_is_found_all_the_same", "2024", id, 1, ""},
		{"row_of_the_year_shown", "2025", "8949:1", 1, ""},
		{"row_of_a_second_leg", "2025", "8949:2", 1, ""},
		{"row_of_a_named_year", "", "8949-2024:2", 0, ""},
		{"row_of_a_generic_form", "2025", "gains:4", 3, ""},
		{"form_of_two_years", "", "8949:1", 0, "name the year"},
		{"row_beyond_the_form", "2025", "8949:3", 0, "has 2 rows"},
		{"row_0", "2025", "8949:0", 0, "number from 1"},
		{"no_number", "2025", "8949:x", 0, "number from 1"},
		{"form_without_disposals", "2025", "income:1", 0, "no form income"},
		{"form_of_another_year", "2025", "8949-2024:1", 0, "no form 8949-2024"},
		{"unknown_id", "", strings.Repeat("0", 32), 0, "give an id"},
		{"short_id", "", id[:31], 0, "give an id"},
		{"nothing", "", "", 0, "give an id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Find(fixtureView(t, "us", c.label), c.ref)
			if c.fault == "" && (err != nil || got != c.want) {
				t.Errorf("got %d, %v; want %d", got, err, c.want)
			}
			if c.fault != "" && (!errors.Is(err, ErrNoDisposal) || !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("got %d, %v; want an error with %q", got, err, c.fault)
			}
		})
	}
}

func TestFindOfAnEventWithSeveralDisposals(t *testing.T) {
	t.Parallel()
	v := fixtureView(t, "us", "")
	d := v.Return.Disposals[0]
	d.Kind = ledger.KindFee
	v.Return.Disposals = append(v.Return.Disposals, d)
	want := tax.NewDisposalIDs(v.Return).ID(4).String()
	if _, err := Find(v, tx(v.Return, 5)); !errors.Is(err, ErrNoDisposal) || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error that names %s", err, want)
	}
	v = fixtureView(t, "gb", "")
	if i, err := Find(v, tx(v.Return, 2)); err != nil || i != 0 {
		t.Errorf("the second event of a merged day: got %d, %v", i, err)
	}
}

func TestFaultOfAFormIsReported(t *testing.T) {
	t.Parallel()
	broken := errors.New("no table for 2025")
	v := fixtureView(t, "us", "2025")
	rules := *v.Return.Rules
	rules.Forms = func(*tax.Return, *tax.Year) ([]tax.Form, error) { return nil, broken }
	v.Return.Rules = &rules
	if _, err := Find(v, "8949:1"); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

func TestExplanationOfWhatDoesNotFootSaysSo(t *testing.T) {
	t.Parallel()
	v := fixtureView(t, "us", "")
	v.Return.Disposals[0].Cost = m("30011")
	text := written(t, func(w io.Writer) error { return WriteExplainText(w, v, 0, rawLine, Terminal{Width: 200}) })
	if want := "cost 10,010 + 20,000 = 30,010, which is not the disposal's = 30,011"; !strings.Contains(text, want) {
		t.Errorf("no line %q in\n%s", want, text)
	}
}

func TestExplanationWithManyLegsAndRowsIsShort(t *testing.T) {
	t.Parallel()
	v := fixtureView(t, "gb", "")
	d := &v.Return.Disposals[0]
	leg := d.Legs[1]
	leg.Amount, leg.Proceeds, leg.Fees, leg.Cost = m("0"), m("0"), m("0"), m("0")
	for range 5 {
		d.Legs = append(d.Legs, leg)
	}
	for range 30 {
		d.Legs[0] = d.Legs[0].WithEvents(append(d.Legs[0].Events(), 3)...)
	}
	text := written(t, func(w io.Writer) error { return WriteExplainText(w, v, 0, rawLine, Terminal{}) })
	for _, want := range []string{"cost sum of 8 legs = 80", "and 11 rows more; --json lists them all"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestEveryRuleHasWords(t *testing.T) {
	t.Parallel()
	for r := tax.RuleMissing; r <= tax.RuleFourWeek; r++ {
		if ruleWords(r) == r.String() {
			t.Errorf("no words for the rule %s", r)
		}
	}
}

func TestEveryIssueTypeHasAdvice(t *testing.T) {
	t.Parallel()
	for _, code := range []string{
		"xfer.unmatched_out", "xfer.unmatched_in", "basis.missing", "balance.diff", "dup.probable", "price.missing", "price.outlier",
		"type.unknown", "time.doubt", "neg.balance", "fee.ambiguous", "link.stale", "form.unknown", "zone.default",
	} {
		if title, next := advice(code); title == code || next == "" {
			t.Errorf("no advice for %s", code)
		}
	}
}
