package oracle

import (
	"encoding/json"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// compute runs a ledger and keeps the exact figures.
func compute(t *rapid.T, data []byte) (*ledger, []*disposal, []holding) {
	l, err := readLedger(data)
	if err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	switch {
	case isDayPool(l.method):
		d, h := runDayPool(l)
		return l, d, h
	case isPool(l.method):
		d, h := runAverage(l)
		return l, d, h
	}
	d, h := runLots(l)
	return l, d, h
}

func legsAddUp(t *rapid.T) {
	data := Ledger(t)
	_, disposals, _ := compute(t, data)
	for _, d := range disposals {
		amount, cost, fees, proceeds := zero(), zero(), zero(), zero()
		for i := range d.legs {
			g := &d.legs[i]
			if g.amount.Sign() <= 0 || g.cost.Sign() < 0 {
				t.Fatalf("leg of %s %s has amount %s and cost %s in\n%s", d.asset, d.day, g.amount, g.cost, data)
			}
			amount, cost, fees = add(amount, g.amount), add(cost, g.cost), add(fees, g.fees)
			if d.proceeds != nil {
				proceeds = add(proceeds, g.proceeds)
			}
		}
		if amount.Cmp(d.amount) != 0 || cost.Cmp(d.cost) != 0 || fees.Cmp(d.fees) != 0 {
			t.Fatalf("legs of %s on %s do not add up in\n%s", d.asset, d.day, data)
		}
		if d.proceeds != nil && proceeds.Cmp(d.proceeds) != 0 {
			t.Fatalf("proceeds of the legs of %s on %s do not add up in\n%s", d.asset, d.day, data)
		}
	}
}

func TestLegsAddUpToTheirDisposal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, legsAddUp)
}

func FuzzLegsAddUpToTheirDisposal(f *testing.F) { f.Fuzz(rapid.MakeFuzz(legsAddUp)) }

// costIsConserved holds wherever nothing replaces the cost of a gift.
func costIsConserved(t *rapid.T) {
	data := Ledger(t)
	l, disposals, left := compute(t, data)
	if l.country == "US" {
		return
	}
	came, went := zero(), zero()
	for _, e := range l.events {
		if p, ok := l.purchaseOf(e); ok {
			came = add(came, p.cost)
		}
	}
	for _, d := range disposals {
		went = add(went, d.cost)
		came = add(came, valueOr0(d.denied))
	}
	for _, h := range left {
		went = add(went, h.cost)
	}
	if came.Cmp(went) != 0 {
		t.Fatalf("cost in %s, out and left %s in\n%s", text(came), text(went), data)
	}
}

func TestCostIsConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, costIsConserved)
}

func FuzzCostIsConserved(f *testing.F) { f.Fuzz(rapid.MakeFuzz(costIsConserved)) }

// unitsAreConserved: without splits, what came less what was covered is what is left.
func unitsAreConserved(t *rapid.T) {
	data := Ledger(t)
	l, disposals, left := compute(t, data)
	units := zero()
	for _, e := range l.events {
		if p, ok := l.purchaseOf(e); ok {
			units = add(units, p.amount)
		}
		if e.kind == "fork" {
			units = add(units, e.toAmount)
		}
		if e.kind == "split" && e.ratio.Cmp(one()) != 0 {
			return
		}
	}
	for _, d := range disposals {
		for i := range d.legs {
			if d.legs[i].rule != "missing" {
				units = sub(units, d.legs[i].amount)
			}
		}
	}
	for _, h := range left {
		units = sub(units, h.amount)
	}
	if units.Sign() != 0 {
		t.Fatalf("%s units are unaccounted for in\n%s", text(units), data)
	}
}

func TestUnitsAreConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, unitsAreConserved)
}

func FuzzUnitsAreConserved(f *testing.F) { f.Fuzz(rapid.MakeFuzz(unitsAreConserved)) }

// britishRowsInAnyOrder: under s104 the order of the file means nothing, not even within a day.
func britishRowsInAnyOrder(t *rapid.T) {
	data := LedgerOf(t, "GB", rapid.SampledFrom(Methods("GB")).Draw(t, "method"))
	want, err := Run(data)
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	slices.Reverse(file["events"].([]any))
	reversed, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Run(reversed)
	if err != nil {
		t.Fatal(err)
	}
	if d := Diff(want, got, 0, false); d != "" {
		t.Fatalf("%s after the file was turned round:\n%s", d, data)
	}
}

func TestBritishRowsMayComeInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, britishRowsInAnyOrder)
}

func FuzzBritishRowsMayComeInAnyOrder(f *testing.F) { f.Fuzz(rapid.MakeFuzz(britishRowsInAnyOrder)) }

func TestNumbersAreWrittenHalfToEven(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"0": "0", "-0.0000000000001": "0", "1/3": "0.333333333333", "-2/3": "-0.666666666667", "1200": "1200",
		"0.0000000000005": "0", "0.0000000000015": "0.000000000002", "0.0000000000025": "0.000000000002",
		"-0.0000000000015": "-0.000000000002", "10.50": "10.5",
	} {
		n, ok := new(big.Rat).SetString(in)
		if !ok {
			t.Fatal(in)
		}
		if got := text(n); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}

func TestUnitCostsAgreeInEighteenDigits(t *testing.T) {
	t.Parallel()
	number := func(s string) *big.Rat {
		n, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatal(s)
		}
		return n
	}
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"1.23456789012345678", "1.23456789012345678", 0},
		{"1.234567890123456780", "1.234567890123456781", 0},
		{"1.23456789012345678", "1.23456789012345679", -1},
		{"0.0000123456789012345678", "0.00001234567890123456781", 0},
		{"99999999999999999.9", "100000000000000000", -1},
		{"999999999999999999.9", "1000000000000000000", 0},
		{"0", "0.000000000000000000000000001", -1},
	} {
		if got := compareUnitCosts(number(c.a), one(), number(c.b), one()); got != c.want {
			t.Errorf("%s and %s: got %d, want %d", c.a, c.b, got, c.want)
		}
	}
}
