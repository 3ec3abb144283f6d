package web_test

import (
	"html"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/internal/web"
)

// TestReceiptStates: a receipt says how its payment stands now, and names
// bitcoin only where all of it is known to have come and bought something.
func TestReceiptStates(t *testing.T) {
	t.Parallel()
	w := newTown()
	b := newTill(w.firm)
	s := newSite(t, web.Config{Billing: b}, w.crowd, nil)
	books := newSite(t, web.Config{Billing: b, Imports: intake.NewService(intake.Config{})}, w.crowd, nil)
	noted := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		status   billing.Status
		received string
		marked   bool
		noted    time.Time
		state    string
		coins    bool
	}{
		"settled":     {billing.Settled, "39", false, time.Time{}, "paid", true},
		"untold":      {billing.Settled, "", false, time.Time{}, "paid", true},
		"over":        {billing.Over, "40", false, time.Time{}, "paid", true},
		"marked":      {billing.Settled, "", true, time.Time{}, "paid, set by support", false},
		"marked_part": {billing.Settled, "20", true, time.Time{}, "paid, set by support", false},
		"marked_all":  {billing.Settled, "39", true, time.Time{}, "paid, set by support", true},
		"invalid":     {billing.Invalid, "39", false, time.Time{}, "not paid: the payment was not confirmed", false},
		"processing":  {billing.Processing, "39", false, time.Time{}, "not paid: payment seen, not yet confirmed", false},
		"refund":      {billing.Refund, "39", false, time.Time{}, "paid; a refund is under way", false},
		"refunded":    {billing.Refund, "39", false, noted, "sent back on 28 November 2026", false},
	} {
		b.sale.Status, b.sale.Received, b.sale.Marked, b.sale.Noted = tt.status, tt.received, tt.marked, tt.noted
		want := http.StatusConflict
		if tt.coins {
			want = http.StatusOK
		}
		if got := books.ask(http.MethodGet, "/f/"+w.firm.String()+"/e/"+w.own.String()+"/payments/"+b.sale.Payment.ID.String(), nil, "Cookie", "__Host-ls_session=owner"); got.Code != want {
			t.Errorf("%s: added to books: %d", name, got.Code)
		}
		for path, cells := range map[string][2]string{"/receipt": {"<dt>State</dt><dd>", "</dd>"}, "/receipt.html": {`<th scope="row">State</th><td>`, "</td>"}} {
			got := s.ask(http.MethodGet, b.path()+path, nil, "Cookie", "__Host-ls_session=owner")
			body := html.UnescapeString(strings.ReplaceAll(got.Body.String(), "<dd class=\"\">", "<dd>"))
			if got.Code != http.StatusOK || !strings.Contains(body, cells[0]+tt.state+cells[1]) {
				t.Errorf("%s%s: %d without the state %q", name, path, got.Code, tt.state)
			}
			if coins := strings.Contains(body, "0.000 410 53 BTC"); coins != tt.coins {
				t.Errorf("%s%s: names bitcoin: %v", name, path, coins)
			}
			if paid := strings.Contains(body, "Paid at"); paid == strings.HasPrefix(tt.state, "not paid") {
				t.Errorf("%s%s: says when it was paid: %v", name, path, paid)
			}
		}
	}
}
