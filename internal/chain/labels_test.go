package chain

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/fault"
)

const (
	rentTx   = "f91d0a8a78462bc59398f2c5d7a84fcff491c26ba54c4833478b202796c8aafd"
	salaryTx = "c3bdad6e7dcd7997e16a5b7b7cf4d8f6079820ff2eedd5fcbb2ad088f767b37b"
	rentLine = `{"type":"tx","ref":"` + rentTx + `","label":"Rent"}`
)

// The types, refs and members are those of the examples of BIP329.
func TestReadLabels(t *testing.T) {
	t.Parallel()
	list, skipped, err := ReadLabels(strings.NewReader("\ufeff" + rentLine + "\n\n" +
		`{ "type": "addr", "ref": "bc1q34aq5drpuwy3wgl9lhup9892qp6svr8ldzyy7c", "label": "Savings" }` + "\r\n" +
		`{"type":"pubkey","ref":"0283409659355b6d1cc3c32decd5d561abaac86c37a353b52895a5e6c196d6f448","label":"Public Key"}` + "\n" +
		`{"type":"input","ref":"` + rentTx + `:0","label":"Input"}` + "\n" +
		`{"type":"output","ref":"` + strings.ToUpper(rentTx) + `:1","label":"Output","spendable":false}` + "\n" +
		`{"type":"output","ref":"` + rentTx + `:2","spendable":true}` + "\n" +
		`{"type":"xpub","ref":"xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8","label":"Extended Public Key"}` + "\n" +
		`{"type":"coinjoin","ref":"later","label":"not known yet"}` + "\n" +
		`{"type":"tx","ref":"` + rentTx + `","label":"Rent of May","origin":"wpkh([d34db33f/84'/0'/0'])","height":800000}` + "\n" +
		`{"type":"tx","ref":"` + salaryTx + `"}` + "\n"))
	if err != nil || skipped != 1 || len(list) != 7 {
		t.Fatalf("%d labels, %d skipped, %v", len(list), skipped, err)
	}
	of := func(kind LabelType, ref string) Label {
		for _, l := range list {
			if l.Type == kind && l.Ref == ref {
				return l
			}
		}
		t.Errorf("no label of %s %s", kind, ref)
		return Label{}
	}
	if got := of(LabelTx, rentTx); got.Text != "Rent of May" {
		t.Errorf("of two labels the later counts: %q", got.Text)
	}
	if got := of(LabelOutput, rentTx+":1"); got.Text != "Output" || got.Spendable == nil || *got.Spendable {
		t.Errorf("frozen: %+v", got)
	}
	if got := of(LabelOutput, rentTx+":2"); got.Spendable == nil || !*got.Spendable {
		t.Errorf("spendable: %+v", got)
	}
	if got := of(LabelInput, rentTx+":0"); got.Spendable != nil {
		t.Errorf("an input that says nothing: %+v", got)
	}
}

func TestReadLabelsRefuses(t *testing.T) {
	t.Parallel()
	for name, bad := range map[string]string{
		"empty":     `{}`,
		"list":      `[]`,
		"csv":       `label`,
		"cut":       `{"type":"tx","ref":"a","label":`,
		"no_ref":    `{"type":"tx"}`,
		"txid":      `{"type":"tx","ref":"f00d","label":"x"}`,
		"outpoint":  `{"type":"output","ref":"` + rentTx + `","label":"x"}`,
		"index":     `{"type":"input","ref":"` + rentTx + `:-1","label":"x"}`,
		"spendable": `{"type":"output","ref":"` + rentTx + `:1","spendable":"false"}`,
		"address":   `{"type":"addr","ref":"bc1 q","label":"x"}`,
		"pubkey":    `{"type":"pubkey","ref":"xyz","label":"x"}`,
		"long":      `{"type":"addr","ref":"bc1q","label":"` + strings.Repeat("x", MaxLabelText+1) + `"}`,
		"endless":   strings.Repeat("x", maxLabelLine+10),
		"no_utf8":   "{\"type\":\"addr\",\"ref\":\"bc1q\",\"label\":\"\xff\"}",
	} {
		list, _, err := ReadLabels(strings.NewReader(rentLine + "\n" + bad))
		if !fault.Is(err, fault.Invalid) || !strings.Contains(fault.Of(err).Words, "Line 2:") || list != nil {
			t.Errorf("%s: %v, %d labels", name, err, len(list))
		}
	}
	_, _, err := ReadLabels(strings.NewReader(strings.Repeat("no\n", 9)))
	if words := fault.Of(err).Words; !strings.Contains(words, "Line 5:") || strings.Contains(words, "Line 6:") || !strings.Contains(words, "And 4 more") {
		t.Errorf("nine bad lines: %s", words)
	}
	if _, _, err := ReadLabels(strings.NewReader(strings.Repeat(strings.Repeat(" ", 1000)+"\n", MaxLabelBytes/1000))); !fault.Is(err, fault.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	var many strings.Builder
	for i := range MaxLabels + 1 {
		fmt.Fprintf(&many, "{\"type\":\"addr\",\"ref\":\"a%d\",\"label\":\"x\"}\n", i)
	}
	if _, _, err := ReadLabels(strings.NewReader(many.String())); fault.Of(err).Code != "too_many_labels" {
		t.Errorf("too many: %v", err)
	}
}

func TestLabelsWith(t *testing.T) {
	t.Parallel()
	frozen := false
	old := Labels{{LabelTx, rentTx, "Rent", nil}, {LabelAddr, "bc1q", "Savings", nil}}
	got, err := old.Merge(Labels{{LabelTx, rentTx, "Rent of May", nil}, {LabelAddr, "bc1q", "", nil}, {LabelOutput, rentTx + ":1", "", &frozen}})
	if want := "[{output " + rentTx + ":1 } {tx " + rentTx + " Rent of May}]"; err != nil || plain(got) != want {
		t.Errorf("got %s, want %s, %v", plain(got), want, err)
	}
	if again, err := got.Merge(got); err != nil || plain(again) != plain(got) {
		t.Errorf("again: %s, %v", plain(again), err)
	}
}

func plain(l Labels) string {
	var parts []string
	for _, o := range l {
		parts = append(parts, fmt.Sprintf("{%s %s %s}", o.Type, o.Ref, o.Text))
	}
	return "[" + strings.Join(parts, " ") + "]"
}

// A transaction is known by its own label, by those of its coins, and by the
// addresses that it pays or spends from.
func TestLabelIndex(t *testing.T) {
	t.Parallel()
	frozen := false
	x := Labels{
		{LabelAddr, "from", "Savings", nil},
		{LabelAddr, "to", "Landlord", nil},
		{LabelAddr, "else", "Else", nil},
		{LabelInput, rentTx + ":0", "Old coin", nil},
		{LabelOutput, rentTx + ":0", "Rent", nil},
		{LabelOutput, rentTx + ":1", "", &frozen},
		{LabelTx, rentTx, "Rent", nil},
		{LabelTx, salaryTx, "Salary", nil},
		{LabelXPub, "xpub", "Account", nil},
	}.Index()
	got := x.Of(&Tx{ID: rentTx, In: []Coin{{"from", 5}, {"from", 6}}, Out: []Coin{{"to", 4}, {"", 0}}})
	want := fmt.Sprintf("[{tx %[1]s Rent} {input %[1]s:0 Old coin} {addr to Landlord} {addr from Savings}]", rentTx)
	if plain(got) != want {
		t.Errorf("got %s, want %s", plain(got), want)
	}
	if got := x.Of(&Tx{ID: strings.Repeat("0", 64), Out: []Coin{{"nobody", 1}}}); len(got) > 0 {
		t.Errorf("of another: %s", plain(got))
	}
}
