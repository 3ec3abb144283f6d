package generic_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/report"
	"github.com/ledgersys/ledgersys/pkg/statement"
	"github.com/ledgersys/ledgersys/pkg/statement/ledgersys"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// TestForms computes ledger.json of each case and compares, for each tax year,
// the country's forms and its annual answers.
func TestForms(t *testing.T) {
	t.Parallel()
	testkit.Golden(t, "../*/testdata/*.txtar", func(t *testing.T, in map[string]string) map[string]string {
		r, years := calculate(t, in)
		got := map[string]string{}
		var notes strings.Builder
		for _, i := range r.Issues {
			if i.Event == tax.NoEvent {
				notes.WriteString(i.Severity.String() + " " + i.Code + ": " + i.Message + "\n")
			}
		}
		for i := range r.Years {
			y := &r.Years[i]
			answer(t, r, y, years[y.Label], &notes)
			for name, text := range files(t, r, y) {
				got[name] = text
			}
		}
		if notes.Len() > 0 {
			got["notes.txt"] = notes.String()
		}
		return got
	})
}

// calculate runs the engine on a case. What the options give for each year is
// returned, not computed.
func calculate(t *testing.T, files map[string]string) (*tax.Return, map[string]json.RawMessage) {
	t.Helper()
	doc, err := ledgersys.Decode([]byte(files["ledger.json"]))
	if err != nil {
		t.Fatal(err)
	}
	rules := countries()[doc.Jurisdiction]
	zone, err := time.LoadLocation(rules.Zone)
	if err != nil {
		t.Fatal(err)
	}
	in := tax.Input{Rules: rules, Currency: rules.Currency, Calendar: ledger.NewCalendar(zone)}
	if doc.Options != nil {
		if err := in.Options.ParseOptions(doc.Options); err != nil {
			t.Fatal(err)
		}
	}
	years := in.Options.Years
	in.Options.Years = nil
	in.Method = rules.Offers(in.Options.Person.Taxpayer)[0]
	in.Scope = in.Options.ScopeFor(rules, true)
	in.Brokers = brokers(t, files["1099da.csv"])
	c := statement.NewCollector("")
	if err := doc.Collect(in.Calendar, c); err != nil || len(c.Held) > 0 {
		t.Fatal(err, c.Held)
	}
	in.Book = ledger.NewBook(c.Events, []ledger.Source{{Name: "ledger.json", SHA256: strings.Repeat("0", 64)}})
	r, err := tax.Calculate(in)
	if err != nil {
		t.Fatal(err)
	}
	return r, years
}

// brokers reads lines of Form 1099-DA as the command line does.
func brokers(t *testing.T, text string) []tax.BrokerSale {
	t.Helper()
	if text == "" {
		return nil
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	var sales []tax.BrokerSale
	for _, row := range rows[1:] { // account,asset,date_sold,units,proceeds,basis,basis_reported
		d, err := ledger.ParseDate(row[2])
		if err != nil {
			t.Fatal(err)
		}
		s := tax.BrokerSale{
			Account: row[0], Asset: row[1], Date: d,
			Units: money.MustParse(row[3]), Proceeds: money.MustParse(row[4]), Reported: row[6] == "true",
		}
		if row[5] != "" {
			basis := money.MustParse(row[5])
			s.Basis = &basis
		}
		sales = append(sales, s)
	}
	return sales
}

// answer does the annual arithmetic of a year and notes it.
func answer(t *testing.T, r *tax.Return, y *tax.Year, given json.RawMessage, notes *strings.Builder) {
	t.Helper()
	if r.Rules.Annual == nil {
		return
	}
	cells, err := r.Rules.Annual(r, y, given)
	var part *tax.Incomplete
	if err != nil && !errors.As(err, &part) {
		t.Fatal(err)
	}
	for _, c := range cells {
		notes.WriteString(y.Label + " " + c.Key + " " + c.Text + "\n")
	}
	if part != nil {
		notes.WriteString(part.Error() + "\n")
	}
	y.Answers = cells
}

// files writes the forms of a year.
func files(t *testing.T, r *tax.Return, y *tax.Year) map[string]string {
	t.Helper()
	if r.Rules.Forms == nil {
		return nil
	}
	forms, err := r.Rules.Forms(r, y)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range forms {
		var b, again bytes.Buffer
		if err := errors.Join(report.WriteForm(&b, f), report.WriteForm(&again, f)); err != nil {
			t.Fatal(err)
		}
		if b.String() != again.String() {
			t.Errorf("%s-%s.%s: the second time gives other bytes", f.Name, y.Label, f.Ext)
		}
		got[f.Name+"-"+y.Label+"."+f.Ext] = strings.ReplaceAll(b.String(), "\r\n", "\n")
	}
	return got
}
