package web

import (
	"net/url"
	"time"

	"github.com/ledgersys/ledgersys/internal/billing"
	"github.com/ledgersys/ledgersys/internal/web/ui"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// unitSats is what the address of an invoice's page says where amounts are
// written in sats.
const unitSats = "sats"

// sats is an amount of bitcoin in hundred millionths of one.
func sats(a money.Amount) money.Amount { return a.Mul(money.FromInt(100_000_000)) }

// digits is an amount as a wallet takes it, in the unit of the page.
func (v *invoiceShown) digits(a money.Amount) string {
	if v.sats {
		return sats(a).String()
	}
	return a.String()
}

// coins is an amount for a sentence, in the unit of the page.
func (v *invoiceShown) coins(a money.Amount) string {
	if v.sats {
		return sats(a).String() + " sats"
	}
	return ui.Coins(a) + " BTC"
}

// otherUnit is the same page with amounts in the other unit.
func (v *invoiceShown) otherUnit() string {
	if v.sats {
		return v.self
	}
	return v.self + "?unit=" + unitSats
}

// otherWord leads there.
func (v *invoiceShown) otherWord() string {
	if v.sats {
		return "Show in BTC"
	}
	return "Show in sats"
}

// live is the stream of what changes on the page.
func (v *invoiceShown) live() string {
	q := url.Values{"was": {v.mark()}}
	if v.sats {
		q.Set("unit", unitSats)
	}
	return v.self + "/live?" + q.Encode()
}

// seconds is how long the invoice can be paid, from when it was made.
func (v *invoiceShown) seconds() int { return int(v.sale.Expires.Sub(v.sale.Created) / time.Second) }

// secondsLeft is what is left of that.
func (v *invoiceShown) secondsLeft() int {
	return min(max(int(v.sale.Expires.Sub(v.now)/time.Second), 0), v.seconds())
}

// bySupport says that the state of an invoice was set by hand, and why.
func bySupport(s *billing.Sale) string {
	if s.Reason == "" {
		return "Set by support."
	}
	return "Set by support, reason: " + s.Reason
}
