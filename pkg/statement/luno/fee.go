package luno

import "github.com/ledgersys/ledgersys/pkg/statement"

// parent is the sort of row that a fee belongs to.
func (k kind) parent() kind {
	if k == tradeFee {
		return trades
	}
	return movements
}

// joinFees gives each fee to the row that it was paid for.
func (w *wallet) joinFees() {
	paid := w.parents()
	for i, r := range w.rows {
		if r.why != "" || r.sort != tradeFee && r.sort != moveFee {
			continue
		}
		switch p := paid[i]; {
		case p == nil:
			r.hold(w.text, "a fee without what it was paid for; add it there in a Ledgersys CSV file")
		case p.why != "":
			r.hold(w.text, "belongs to a row that is held: "+p.why)
		case p.ignored == "":
			p.join(r)
		}
		// The trade is read from another file: the fee is an event of its own.
	}
}

// parents finds for each fee the row before it of the same wallet, with the
// same reference if there is one, else of the same time; failing that, the row
// after it.
func (w *wallet) parents() []*row {
	paid := make([]*row, len(w.rows))
	for _, step := range [...]int{1, -1} {
		byRef := make(map[string]*row)
		var last [2]*row
		i := 0
		if step < 0 {
			i = len(w.rows) - 1
		}
		for ; i >= 0 && i < len(w.rows); i += step {
			r := w.rows[i]
			switch r.sort {
			case trades, movements:
				last[r.sort-trades] = r // #nosec G602 -- sort is trades or movements here, so 0 or 1
				if r.ref != "" {
					byRef[r.key(r.sort)] = r
				}
			case tradeFee, moveFee:
				if paid[i] == nil {
					paid[i] = r.parentOf(byRef, last[r.sort.parent()-trades])
				}
			case single:
			}
		}
	}
	return paid
}

// key names what rows of one reference have in common.
func (r *row) key(sort kind) string { return string(rune('0'+sort)) + r.wallet + "\x00" + r.ref }

// parentOf chooses between the row of the same reference and the nearest one.
func (r *row) parentOf(byRef map[string]*row, near *row) *row {
	if r.ref != "" {
		if p := byRef[r.key(r.sort.parent())]; p != nil {
			return p
		}
	}
	if near == nil || near.at != r.at || near.wallet != r.wallet || near.ref != "" && r.ref != "" {
		return nil
	}
	return near
}

// join adds a fee to what it was paid for. All fees of a wallet are in its
// currency. Luno's value of the fee counts where it is no part of the trade.
func (r *row) join(fee *row) {
	e := &r.entry
	e.Fee = statement.Quantity{Amount: e.Fee.Amount.Add(fee.entry.Fee.Amount), Asset: fee.asset}
	if e.Type != statement.Trade && fee.value.Set() && (!e.Value.Set() || e.Value.Asset == fee.value.Asset) {
		e.FeeValue.Asset = fee.value.Asset
		e.FeeValue.Amount = e.FeeValue.Amount.Add(fee.value.Amount)
	}
	r.fees = append(r.fees, fee.line)
	fee.merged = true
}
