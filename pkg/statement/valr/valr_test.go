package valr

import (
	"bytes"
	"encoding/csv"
	"testing"

	"github.com/ledgersys/ledgersys/internal/testkit"
	"github.com/ledgersys/ledgersys/pkg/statement"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	testkit.Statements(t, Formats())
}

// TestEveryWordOfTheVocabularyHasItsClass reads the list of words that may
// stand beside the repository.
func TestEveryWordOfTheVocabularyHasItsClass(t *testing.T) {
	t.Parallel()
	classes := map[string]statement.Word{
		"trade": {Class: statement.ClassTrade}, "deposit": {Class: statement.ClassDeposit},
		"withdrawal": {Class: statement.ClassWithdrawal}, "internal": {Class: statement.ClassInternal},
		"review": {Class: statement.ClassReview}, "loan": {Class: statement.ClassReview}, "derivative": {Class: statement.ClassReview},
		"rebate":          {Class: statement.ClassRebate, Label: "cashback"},
		"income_reward":   {Class: statement.ClassIncome, Label: "other"},
		"income_referral": {Class: statement.ClassIncome, Label: "referral"},
		"income_interest": {Class: statement.ClassIncome, Label: "interest"},
	}
	path := testkit.Shared(t, "statements", "vocab", "valr_types.csv")
	if path == "" {
		return
	}
	rows, err := csv.NewReader(bytes.NewReader(testkit.Read(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows[1:] {
		for _, name := range r[:2] {
			if name == "" {
				continue
			}
			got, want := words[folded(name)], classes[r[2]]
			if got.Class != want.Class || want.Label != "" && got.Label != want.Label {
				t.Errorf("%s: %+v, want %+v (%s)", name, got, want, r[2])
			}
		}
	}
}

func TestEveryWordIsComplete(t *testing.T) {
	t.Parallel()
	for name, w := range words {
		_, oneWay := directions[w.Class]
		switch {
		case name != folded(name):
			t.Errorf("%s: not in comparable form", name)
		case !oneWay && w.Class != statement.ClassTrade && w.Why == "":
			t.Errorf("%s: no reason", name)
		case (w.Class == statement.ClassIncome || w.Class == statement.ClassRebate) && w.Label == "":
			t.Errorf("%s: income without a label", name)
		}
	}
}

// TestSamples pins what becomes of the rows of the sample files that may stand
// beside the repository.
func TestSamples(t *testing.T) {
	t.Parallel()
	testkit.Tallies(t, Formats(), "valr", "*.csv", map[string]statement.Tally{
		"synthetic_transaction_history.csv": {Rows: 9, Events: 7, Ignored: 2},
	})
}

func FuzzParse(f *testing.F) {
	const head = "date,transaction type,debit currency,debit value,credit currency,credit value,fee currency,fee value,transactionHash\n"
	f.Add("2026-04-02 09:00:00 Z,Limit Buy,ZAR,1300.00,BTC,0.000999,BTC,0.000001,\n")
	f.Add("2026-04-02 09:00:00 Z,Send,BTC,1,,,BTC,1e-5,aa\n2026-04-02 09:00:00 Z,Deposit,,,ZAR,1,ZAR,1,\n")
	f.Fuzz(func(t *testing.T, body string) {
		c := testkit.Statement(t, Formats(), head+body)
		testkit.Sound(t, c)
		testkit.Unlike(t, c)
	})
}
