package journey_test

import (
	"bytes"
	"encoding/json"
	"mime/multipart"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// labelFile writes a file of labels (BIP329).
func (tb *tab) labelFile(lines ...string) string {
	tb.t.Helper()
	path := filepath.Join(tb.t.TempDir(), "labels.jsonl")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		tb.t.Fatal(err)
	}
	return path
}

// watchWithLabels watches the wallet of the form with a file of labels: a bad
// line is named and no field is lost.
func (tb *tab) watchWithLabels() {
	tb.t.Helper()
	sold := `{"type":"tx","ref":"` + strings.Repeat("ab", 32) + `","label":"Sold the bicycle"}`
	tb.do(chromedp.SetUploadFiles(chromedp.CSS("[name=labels]"), []string{tb.labelFile(sold, "Rent")}))
	tb.press("Watch this wallet")
	tb.sees("Line 2: not an object with type, ref and label.")
	if name := js[string](tb, "document.querySelector('input[type=hidden][name=label]').value"); name != "Cold store" {
		tb.t.Errorf("the name is %q after a bad file", name)
	}
	tb.do(chromedp.SetUploadFiles(chromedp.CSS("[name=labels]"), []string{tb.labelFile(sold)}))
	tb.press("Watch this wallet")
}

// moreLabels adds labels to a wallet that is watched: what is there stays when
// a file is refused, and what the wallet says about spending is said.
func (tb *tab) moreLabels(wallet string) {
	tb.t.Helper()
	tb.sees("Sold the bicycle")
	give := func(lines ...string) {
		tb.do(chromedp.SetUploadFiles(chromedp.CSS("#labels [name=file]"), []string{tb.labelFile(lines...)}))
		tb.press("Take these labels")
	}
	give("{}")
	tb.sees("Line 1: not an object with type, ref and label.")
	tb.sees("Sold the bicycle")
	tb.visit(wallet)
	give(`{"type":"addr","ref":"bc1qother","label":"From Ann"}`, `{"type":"output","ref":"`+strings.Repeat("ab", 32)+`:0","spendable":false}`)
	tb.sees("2 labels taken; the wallet has 3 now.")
	tb.sees("From Ann")
	tb.sees("1 output frozen by the wallet")
}

// TestLabelsByAPI: labels come with a wallet and later, are given back, and
// change no result. A bad line refuses a file, names itself, and loses nothing.
func TestLabelsByAPI(t *testing.T) {
	t.Parallel()
	node := esplora(t)
	in := start(t, "LEDGERSYS_ESPLORA_URL="+node.URL, "LEDGERSYS_EGRESS_ALLOW="+strings.TrimPrefix(node.URL, "http://"))
	b, firm, entity := in.owner("GB")
	at := "/api/v1/firms/" + firm + "/entities/" + entity
	txid := strings.Repeat("ab", 32)
	watch := func(labels string, want int, into any) string {
		body, err := json.Marshal(map[string]any{"kind": "xpub", "value": key84, "label": "Cold store", "source": "esplora", "labels": labels})
		if err != nil {
			t.Fatal(err)
		}
		return b.call("POST", at+"/wallets", string(body), want, into)
	}
	sold := `{"type":"tx","ref":"` + txid + `","label":"Sold the bicycle"}`
	if said := watch(sold+"\nno label", 422, nil); !strings.Contains(said, "Line 2:") || !strings.Contains(said, "bad_labels") {
		t.Errorf("a bad line: %s", said)
	}
	var w struct{ ID string }
	watch(sold, 201, &w)
	in.eventually("the wallet is looked up", func() bool {
		var got struct{ State string }
		b.call("GET", at+"/wallets/"+w.ID, "", 200, &got)
		return got.State == "active"
	})
	before := b.call("GET", at+"/results/2023-24", "", 200, nil)
	give := func(want int, lines ...string) string {
		var form bytes.Buffer
		m := multipart.NewWriter(&form)
		part, err := m.CreateFormFile("file", "labels.jsonl")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(strings.Join(lines, "\n"))); err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		a := b.do("POST", at+"/wallets/"+w.ID+"/labels", &form, "Authorization", "Bearer "+b.token, "Content-Type", m.FormDataContentType())
		if a.StatusCode != want {
			t.Errorf("labels: %d, not %d: %s", a.StatusCode, want, a.body)
		}
		return a.body
	}
	frozen := `{"type":"output","ref":"` + txid + `:0","label":"Keep","spendable":false}`
	if said := give(422, frozen, "", sold[1:]); !strings.Contains(said, "Line 3:") {
		t.Errorf("a bad line: %s", said)
	}
	if said := give(200, frozen, `{"type":"xpub","ref":"`+key84+`","label":"Savings"}`, `{"type":"channel","ref":"x"}`); strings.TrimSpace(said) != `{"labels":3,"taken":2,"skipped":1}` {
		t.Errorf("taken: %s", said)
	}
	var got struct {
		Items []struct {
			Type, Ref, Label string
			Spendable        *bool
		}
	}
	list := b.call("GET", at+"/wallets/"+w.ID+"/labels", "", 200, &got)
	if len(got.Items) != 3 || got.Items[0].Spendable == nil || *got.Items[0].Spendable || got.Items[1].Label != "Sold the bicycle" || strings.Contains(list, key84) {
		t.Errorf("labels: %s", list)
	}
	if after := b.call("GET", at+"/results/2023-24", "", 200, nil); after != before {
		t.Error("labels changed the result")
	}
	b.call("DELETE", at+"/wallets/"+w.ID+"/labels", "", 204, nil)
	if list := b.call("GET", at+"/wallets/"+w.ID+"/labels", "", 200, &got); len(got.Items) > 0 {
		t.Errorf("forgotten: %s", list)
	}
}
