package binance

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/ledgersys/ledgersys/internal/exchange"
	"github.com/ledgersys/ledgersys/internal/exchangesim"
)

// long is an account whose first trade is years younger than what left it,
// what was converted and what went to a bank: it began with purchases from
// people that are told no more.
func long(t *testing.T) (*exchangesim.Drive, *exchangesim.History) {
	t.Helper()
	h := exchangesim.NewHistory(1, 60, "EUR")
	for i := range h.Moves {
		switch m := &h.Moves[i]; m.Kind {
		case exchangesim.Withdrawal, exchangesim.Convert, exchangesim.FiatOut:
			m.At = time.Date(2018+i%7, 5, 1+i%28, 12, 0, i, 0, time.UTC)
		default:
		}
	}
	slices.SortStableFunc(h.Moves, func(a, b exchangesim.Move) int { return a.At.Compare(b.At) })
	clock := exchangesim.NewClock(h.Moves[len(h.Moves)-1].At.Add(time.Hour))
	return exchangesim.NewDrive(t, Exchange(), exchangesim.Binance(t, h, clock.Now), clock), h
}

// TestWholeHistory: what is older than all that cheap calls tell is fetched.
// The calls that it takes are counted, for their limits make them slow.
func TestWholeHistory(t *testing.T) {
	t.Parallel()
	d, h := long(t)
	if err := d.Run(t); err != nil {
		t.Fatal(err)
	}
	d.Check(t, h, time.Millisecond)
	calls := make(map[string]int)
	for _, q := range d.Sim.Log() {
		calls[q.Path]++
		from, err := strconv.ParseInt(q.Query.Get("startTime"), 10, 64)
		if q.Path == payEndpoint.path && (err != nil || d.Clock.Now().Sub(time.UnixMilli(from)) > payReach+day) {
			t.Errorf("payments were asked for from %s on: %v", time.UnixMilli(from), err)
		}
	}
	for e, most := range map[*endpoint]int{
		&withdrawalsEndpoint: 40, &ordersEndpoint: 8, &convertsEndpoint: 110, &payEndpoint: 7, &rebatesEndpoint: 60, &flexibleEndpoint: 300, &lockedEndpoint: 100,
	} {
		if n := calls[e.path]; n == 0 || n > most {
			t.Errorf("%d calls of %s, at most %d", n, e.path, most)
		}
	}
	for _, stream := range []string{withdrawalStream, orderStream, convertStream} {
		page, err := d.Client.Page(t.Context(), stream, d.Cursors[stream])
		if err != nil || !page.From.Equal(began) {
			t.Errorf("%s covers time from %s on, %v", stream, page.From, err)
		}
	}
}

// TestLateWalkBeginsAnew: a walk that once began later than the list does is
// made again from its beginning, and what it fetched counts once.
func TestLateWalkBeginsAnew(t *testing.T) {
	t.Parallel()
	d, h := long(t)
	if err := d.Run(t); err != nil {
		t.Fatal(err)
	}
	d.Records = make(map[string]exchange.Record)
	clear(d.Cursors)
	until := d.Clock.Now().UnixMilli()
	for _, stream := range []string{withdrawalStream, convertStream} {
		d.Cursors[stream] = fmt.Sprintf(`{"since":%d,"until":%d}`, time.Date(2024, 11, 21, 0, 0, 0, 0, time.UTC).UnixMilli(), until)
	}
	for range 2 {
		if err := d.Run(t); err != nil {
			t.Fatal(err)
		}
		d.Check(t, h, time.Millisecond)
	}
}
