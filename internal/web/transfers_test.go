package web_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/ledgersys/ledgersys/internal/recon"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/reconcile"
)

// differences is what the balances of linked accounts show in these tests.
func differences() []recon.Difference {
	return []recon.Difference{
		{Name: "kraken main", Certificate: reconcile.Certificate{
			Account: "Kraken", Asset: "BTC", Reported: money.MustParse("1.5"), Calculated: money.MustParse("1.25"), First: &reconcile.Row{Endpoint: "Ledgers", ID: "L7"},
		}},
		{Name: "fits", Certificate: reconcile.Certificate{Account: "Kraken", Asset: "ETH", OK: true}},
	}
}

// transfers are both ends of a number of transactions.
func transfers(n int) map[string]string {
	const head = "id,time,type,received_amount,received_asset,sent_amount,sent_asset,account,tx_hash\n"
	var out, in strings.Builder
	out.WriteString(head)
	in.WriteString(head)
	for i := range n {
		hash := fmt.Sprintf("%064x", i+1)
		fmt.Fprintf(&out, "o%d,2024-05-%02dT10:00:00Z,withdrawal,,,1,BTC,Exchange,%s\n", i, i%28+1, hash)
		fmt.Fprintf(&in, "i%d,2024-05-%02dT10:30:00Z,deposit,0.%d,BTC,,,Wallet,%s\n", i, i%28+1, 9, hash)
	}
	return map[string]string{"exchange.csv": out.String(), "wallet.csv": in.String()}
}

type pairAnswer struct {
	ID, State, Reason string
	TxHash            string `json:"tx_hash"`
	Out, In           struct {
		Tx, Account, Amount string
		Source              struct {
			File string
			Line int
		}
	}
}

// pairsOf pages through all pairs.
func (b *books) pairsOf() (all []pairAnswer) {
	b.t.Helper()
	next := ""
	for range 100 {
		var page struct {
			Items []pairAnswer
			Next  *string
		}
		if err := json.Unmarshal(b.call(http.MethodGet, "/transfers?limit=3"+next, http.StatusOK, nil), &page); err != nil {
			b.t.Fatal(err)
		}
		if all = append(all, page.Items...); page.Next == nil {
			return all
		}
		next = "&cursor=" + *page.Next
	}
	b.t.Error("the pages do not end")
	return all
}

// TestTransfersOverTheAPI: pairs are listed, taken apart and put together, and
// the decisions come out as the command line takes them.
func TestTransfersOverTheAPI(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	b.add("", transfers(7))
	if err := b.recon.Match(t.Context(), b.scope); err != nil {
		t.Fatal(err)
	}
	all := b.pairsOf()
	if len(all) != 7 || all[0].State != "paired" || all[0].Reason != "equal_hash" || all[0].Out.Account != "Exchange" || all[0].In.Account != "Wallet" ||
		all[0].In.Amount != "0.9" || all[0].Out.Source.File != "exchange.csv" || all[0].Out.Source.Line != 8 || len(all[0].TxHash) != 64 {
		t.Fatalf("%+v", all)
	}
	issues := func() int {
		return strings.Count(string(b.call(http.MethodGet, "/results/all", http.StatusOK, nil)), `"code":"xfer.unmatched`)
	}
	before := issues()
	at := "/transfers/" + all[0].ID
	undone := b.read(b.call(http.MethodPost, at+"/undo", http.StatusOK, nil))
	if undone.State != "undone" || issues() != before+2 {
		t.Errorf("undo: %+v, %d issues after %d", undone, issues(), before)
	}
	file := string(b.call(http.MethodGet, "/decisions.json", http.StatusOK, nil))
	if !strings.Contains(file, "ledgersys.decisions/1") || !strings.Contains(file, all[0].Out.Tx) || strings.Contains(file, all[1].Out.Tx) {
		t.Errorf("decisions: %s", file)
	}
	if got := b.read(b.call(http.MethodPost, at+"/redo", http.StatusOK, nil)); got.State != "paired" || issues() != before {
		t.Errorf("redo: %+v, %d issues", got, issues())
	}
	for _, path := range []string{"/transfers/" + tenant.NewID().String() + "/undo", "/transfers/x/redo"} {
		b.call(http.MethodPost, path, http.StatusNotFound, nil)
	}
	b.call(http.MethodGet, "/transfers?cursor=x", http.StatusUnprocessableEntity, nil)
	var list struct {
		Items []struct {
			Account, Asset, Reported, Calculated string
			First                                struct{ ID string } `json:"first_diverging"`
		}
	}
	if err := json.Unmarshal(b.call(http.MethodGet, "/differences", http.StatusOK, nil), &list); err != nil || len(list.Items) != 1 ||
		list.Items[0].Reported != "1.5" || list.Items[0].Calculated != "1.25" || list.Items[0].First.ID != "L7" {
		t.Errorf("%+v %v", list, err)
	}
}

// TestTransfersPage: the page lists pairs and differences and takes pairs
// apart, without scripts.
func TestTransfersPage(t *testing.T) {
	t.Parallel()
	b := newBooks(t)
	const session = "__Host-ls_session=s"
	see := func(path string, want ...string) {
		t.Helper()
		w := b.ask(http.MethodGet, b.page+path, nil, "Cookie", session)
		for _, text := range want {
			if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), text) {
				t.Errorf("%s: %d, no %q", path, w.Code, text)
			}
		}
		checkHeaders(t, w)
	}
	see("/transfers", "No pairs yet", "Balances that differ", "kraken main", "Ledgers L7")
	b.add("", transfers(51))
	if err := b.recon.Match(t.Context(), b.scope); err != nil {
		t.Fatal(err)
	}
	id := b.pairsOf()[0].ID
	see("/transfers", "same transaction", "exchange.csv:29", "wallet.csv:29", "Next page", "/transfers/"+id+"/undo")
	token, cookies := b.formToken(t, session)
	press := func(act string) {
		t.Helper()
		w := b.ask(http.MethodPost, b.page+"/transfers/"+id+"/"+act, strings.NewReader("_token="+token), "Cookie", cookies, "Content-Type", "application/x-www-form-urlencoded", "Origin", "http://localhost:8080", "Sec-Fetch-Site", "same-origin")
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != b.page+"/transfers" {
			t.Errorf("%s: %d %s", act, w.Code, w.Body)
		}
	}
	press("undo")
	see("/transfers", "taken apart", "/transfers/"+id+"/redo")
	press("redo")
	see("/transfers", "/transfers/"+id+"/undo")
}
