package chain

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/fault"
)

// esplora is a small server of the Esplora API.
func esplora(t *testing.T, answers map[string]string) *Esplora {
	t.Helper()
	if answers[tipHeight] == "" {
		answers[tipHeight] = "1"
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := answers[r.URL.Path]
		switch {
		case !ok:
			http.NotFound(w, r)
		case strings.HasPrefix(body, "!"):
			w.WriteHeader(map[string]int{"!404": 404, "!429": 429, "!500": 500}[body])
		default:
			fmt.Fprint(w, body)
		}
	}))
	t.Cleanup(srv.Close)
	return NewEsplora(srv.URL+"/", srv.Client())
}

func page(t *testing.T, from, n int) string {
	t.Helper()
	var list []map[string]any
	for i := range n {
		list = append(list, map[string]any{
			"txid":   fmt.Sprintf("t%03d", from+i),
			"status": map[string]any{"confirmed": true, "block_height": 100 - from - i, "block_hash": "h", "block_time": 1700000000},
			"vin":    []any{map[string]any{"is_coinbase": false, "txid": "before", "vout": 3, "prevout": map[string]any{"scriptpubkey_address": "them", "value": 5000}}},
			"vout":   []any{map[string]any{"scriptpubkey_address": "me", "value": 4000}, map[string]any{"value": 0}},
			"extra":  true,
		})
	}
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestPrivacySaid: each choice says who can learn what.
func TestPrivacySaid(t *testing.T) {
	t.Parallel()
	own, others := NewEsplora("https://node.lan", nil), NewEsplora("https://esplora.example", nil).OfOthers()
	for words, src := range map[string]Source{"operator's own": own, "IP address": others, "Nobody but": NewBtcd("https://node.lan", "", "", nil)} {
		if !strings.Contains(src.Privacy(), words) {
			t.Errorf("%q does not say %q", src.Privacy(), words)
		}
	}
}

// TestEsploraPages: pages are followed to the end, however full the last one
// is, and what waits for a block comes too.
func TestEsploraPages(t *testing.T) {
	t.Parallel()
	e := esplora(t, map[string]string{
		"/address/me/txs/mempool":    `[{"txid":"w","status":{"confirmed":false},"vin":[{"is_coinbase":true}],"vout":[]}]`,
		"/address/me/txs/chain":      page(t, 0, 25),
		"/address/me/txs/chain/t024": page(t, 25, 25),
		"/address/me/txs/chain/t049": `[]`,
		"/blocks/tip/height":         "812345\n",
		"/block-height/812345":       "hash",
	})
	list, err := e.History(context.Background(), "me")
	if err != nil || len(list) != 51 || list[0].ID != "w" || list[0].Confirmed() || list[50].ID != "t049" {
		t.Fatalf("got %d, %v", len(list), err)
	}
	last := list[50]
	if last.Block.Height != 51 || last.Time != time.Unix(1700000000, 0).UTC() || last.In[0].Sats != 5000 || last.Out[0] != (Coin{"me", 4000}) || last.Out[1].Address != "" || last.Spends[0] != (Outpoint{"before", 3}) {
		t.Errorf("got %+v", last)
	}
	if tip, err := e.Tip(context.Background()); err != nil || tip != (Block{812345, "hash"}) {
		t.Errorf("tip %v, %v", tip, err)
	}
	if list, err := e.History(context.Background(), "unknown"); err != nil || len(list) != 0 {
		t.Errorf("an unused address: %v, %v", list, err)
	}
}

// TestEsploraFaults: what goes wrong is an error with words, never a shorter
// history.
func TestEsploraFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answers map[string]string
		kind    fault.Kind
	}{
		"slow_down":      {map[string]string{"/address/me/txs/chain": "!429"}, fault.TooMany},
		"broken":         {map[string]string{"/address/me/txs/chain": "!500"}, fault.Upstream},
		"second_page":    {map[string]string{"/address/me/txs/chain": page(t, 0, 25), "/address/me/txs/chain/t024": "!500"}, fault.Upstream},
		"not_json":       {map[string]string{"/address/me/txs/chain": "<html>"}, fault.Upstream},
		"no_input":       {map[string]string{"/address/me/txs/chain": `[{"txid":"x","vin":[{"prevout":null}]}]`}, fault.Upstream},
		"the_same_again": {map[string]string{"/address/me/txs/chain": page(t, 0, 25), "/address/me/txs/chain/t024": page(t, 0, 25)}, fault.Upstream},
		"fraction":       {map[string]string{"/address/me/txs/chain": `[{"txid":"x","vout":[{"value":1.5}]}]`}, fault.Upstream},
	} {
		list, err := esplora(t, c.answers).History(context.Background(), "me")
		if !fault.Is(err, c.kind) || fault.Of(err).Words == "" || list != nil {
			t.Errorf("%s: %d, %v", name, len(list), err)
		}
	}
	if _, err := esplora(t, map[string]string{"/blocks/tip/height": "many"}).Tip(context.Background()); !fault.Is(err, fault.Upstream) {
		t.Errorf("a tip that is no number: %v", err)
	}
}

// TestEsploraRoot: the API is found at the root of the server and below /api,
// and a server without it is told apart from one without history.
func TestEsploraRoot(t *testing.T) {
	t.Parallel()
	e := esplora(t, map[string]string{tipHeight: "!404", "/api" + tipHeight: "7", "/api/block-height/7": "hash"})
	if tip, err := e.Tip(context.Background()); err != nil || tip != (Block{7, "hash"}) {
		t.Errorf("tip %v, %v", tip, err)
	}
	srv := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(srv.Close)
	if _, err := NewEsplora(srv.URL, srv.Client()).History(context.Background(), "me"); !fault.Is(err, fault.Upstream) {
		t.Errorf("got %v", err)
	}
}

func TestSats(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"0": 0, "50": 5_000_000_000, "0.00000001": 1, "1e-08": 1, "1.5e-7": 15, "20999999.9769": 2_099_999_997_690_000} {
		if got, err := sats(json.Number(text)); err != nil || got != want {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "-1", "0.000000001", "1e-9", "x", "1e99"} {
		if got, err := sats(json.Number(bad)); err == nil {
			t.Errorf("%q is %d", bad, got)
		}
	}
}
