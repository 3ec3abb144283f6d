package de

import (
	"github.com/ledgersys/ledgersys/pkg/money"
	"github.com/ledgersys/ledgersys/pkg/tax"
)

// cents is the one place where figures become cells of the list to Anlage SO.
// The form itself takes whole euros; the limit is tested on exact cents.
func cents(a money.Amount) money.Amount { return a.Round(2, money.HalfUp) }

// forms returns the list that goes with Anlage SO: one row for each leg, tax
// free ones too, for they say so. Decision 58.
func forms(r *tax.Return, y *tax.Year) ([]tax.Form, error) {
	return []tax.Form{{
		Name: "anlage-so", Ext: "csv", Style: tax.Style{Semicolon: true, DecimalComma: true},
		Header: []string{
			"Wallet", "Asset", "Menge", "Anschaffungsdatum", "Veräußerungsdatum", "Haltedauer Tage", "Veräußerungspreis EUR",
			"Anschaffungskosten EUR", "Werbungskosten EUR", "Gewinn EUR", "steuerpflichtig (ja/nein)",
		},
		Rows: func(w tax.RowWriter) {
			disposals := r.During(y.First, y.Last)
			for i := range disposals {
				if !disposals[i].Counts() {
					continue
				}
				for j := range disposals[i].Legs {
					row(w, &disposals[i], &disposals[i].Legs[j])
				}
			}
		},
	}}, nil
}

func row(w tax.RowWriter, d *tax.Disposal, l *tax.Leg) {
	if d.Account == "" {
		w.Text("default")
	} else {
		w.Text(d.Account)
	}
	w.Text(d.Asset)
	w.Units(l.Amount)
	w.Date(l.Acquired, tax.DEDate)
	w.Date(d.Date, tax.DEDate)
	if l.Acquired == 0 {
		w.Text("")
	} else {
		w.Units(money.FromInt(int64(d.Date - l.Acquired)))
	}
	proceeds, cost, fees := cents(l.Proceeds), cents(l.Cost), cents(l.Fees)
	w.Money(proceeds, 2)
	w.Money(cost, 2)
	w.Money(fees, 2)
	w.Money(proceeds.Sub(cost).Sub(fees), 2)
	if l.Term == tax.LongTerm {
		w.Text("nein")
	} else {
		w.Text("ja")
	}
	w.End()
}
