package web_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/ledgersys/ledgersys/internal/web"
)

// TestCardNumber: numbers of cards are known in any writing, and what only
// looks long is let through.
func TestCardNumber(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"4242424242424242": true, "4242 4242 4242 4242": true, "5555-5555-5555-4444": true, "378282246310005": true, "6011111111111117": true,
		"3530 1113 3330 0000": true, "my card is 4000056655665556, thanks": true, "2223003122003222": true, "30569309025904": true,
		"4242424242424241": false, "1732700000000": false, "9f8e7d6c5b4a39281706f5e4d3c2b1a0": false, "0.000410530000000000": false,
		"2026-11-27 13:43:10": false, "0000000000000000": false, "": false, "holder": false, "1234567890123452": false, "a4242424242424242": false, "4242424242424242b": false, "card 4242424242424242": true, "pan=4242424242424242;": true,
	} {
		if got := web.CardNumber(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 { // ids go through every form and call
		if id := fmt.Sprintf("%016x%016x", random.Uint64(), random.Uint64()); web.CardNumber(id) {
			t.Fatalf("the id %s is no card", id)
		}
	}
	for body, want := range map[string]bool{
		`{"a":{"b":["x","4242424242424242"]}}`: true, `{"a":4242424242424242}`: true, `{"4242424242424242":1}`: true,
		`{"a":"b"}`: false, `{"a":`: false, ``: false,
	} {
		if got := web.CardInJSON([]byte(body)); got != want {
			t.Errorf("%s: %v", body, got)
		}
	}
}
