package koinly

import "github.com/ledgersys/ledgersys/pkg/statement"

// entries makes the entries of a record: one, two for a trade whose proceeds
// land in another wallet, none for a row without effect.
func (f *file) entries(rec record) ([]statement.Entry, *statement.Fault) {
	if fault := f.sides(rec); fault != nil {
		return nil, fault
	}
	e := statement.Entry{
		ID: rec.id, At: rec.at, DateOnly: rec.dateOnly, TxHash: rec.hash,
		Sent: rec.sent, Received: rec.received, Fee: rec.fee,
	}
	if rec.fee.Set() && !rec.fee.Fiat() {
		e.FeeValue = rec.feeWorth
	}
	switch {
	case rec.shape == moves:
		return f.transfer(e, rec)
	case rec.sent.Set() && rec.received.Set():
		return f.trade(e, rec)
	}
	u, cash, account := rec.word.out, rec.sent.Fiat(), rec.from
	if rec.received.Set() {
		u, cash, account = rec.word.in, rec.received.Fiat(), rec.to
	}
	if fault := f.fits(u, cash); fault != nil {
		return nil, fault
	}
	e.Type, e.Label, e.Account, e.Value = u.typ, u.label, account, rec.worth
	if cash { // money has no gains: it came in or went out
		e.Value = statement.Quantity{}
		if e.Type = statement.Deposit; rec.sent.Set() {
			e.Type = statement.Withdrawal
		}
	}
	return []statement.Entry{e}, nil
}

// fits checks that the label means something on rows of this shape.
func (f *file) fits(u use, cash bool) *statement.Fault {
	switch {
	case u.typ == "" && u.why == "":
		return f.fault(f.cols.label, "this label does not belong to a row of this kind: what arrives, what leaves and what is exchanged have labels of their own")
	case u.typ == "", u.why != "" && !cash:
		return f.fault(f.cols.label, u.why)
	}
	return nil
}

// sides checks the sides against the type, where the layout has types.
func (f *file) sides(rec record) *statement.Fault {
	in, out := rec.received.Set(), rec.sent.Set()
	both := rec.shape == trades || rec.shape == moves
	switch {
	case !in && !out:
		return f.fault(f.cols.sent.amount, "amount is 0: nothing was sent and nothing received")
	case !in && (both || rec.shape == arrives):
		return f.fault(f.cols.received.amount, "missing: what was received")
	case !out && (both || rec.shape == leaves):
		return f.fault(f.cols.sent.amount, "missing: what was sent")
	case in && out && rec.shape != 0 && !both:
		return f.fault(f.cols.kind, "this type has one side, the row has two")
	case in && out && rec.shape != moves && rec.sent.Asset == rec.received.Asset:
		return f.fault(f.cols.received.currency, "the same asset on both sides: a transfer needs the names of both wallets")
	}
	return nil
}

// trade sets the value, unless a side is that currency itself, and the place:
// where the coins are. Coins that are paid out to another wallet move there.
func (f *file) trade(e statement.Entry, rec record) ([]statement.Entry, *statement.Fault) {
	u := rec.word.both
	if fault := f.fits(u, false); fault != nil {
		return nil, fault
	}
	e.Type, e.Label, e.Account = u.typ, u.label, rec.from
	if rec.worth.Asset != rec.sent.Asset && rec.worth.Asset != rec.received.Asset {
		e.Value = rec.worth
	}
	switch {
	case rec.from == rec.to:
	case rec.sent.Fiat(), rec.from == "":
		e.Account = rec.to
	case !rec.received.Fiat() && rec.to != "":
		move := statement.Entry{
			ID: rec.id, At: rec.at, DateOnly: rec.dateOnly, Type: statement.Transfer,
			Account: rec.from, Counter: rec.to, Sent: rec.received,
		}
		return []statement.Entry{e, move}, nil
	}
	return []statement.Entry{e}, nil
}

// transfer moves between wallets. The fee comes on top of what was sent, unless
// what arrives shows that it was inside.
func (f *file) transfer(e statement.Entry, rec record) ([]statement.Entry, *statement.Fault) {
	lost := rec.sent.Amount.Sub(rec.received.Amount)
	switch {
	case rec.word != labels[""]:
		return nil, f.fault(f.cols.label, "a transfer between own wallets has no label: say what it was")
	case rec.sent.Asset != rec.received.Asset:
		return nil, f.fault(f.cols.received.currency, "a transfer moves one asset; this row has two")
	case lost.Sign() < 0:
		return nil, f.fault(f.cols.received.amount, "more arrives than was sent")
	case rec.from == "" || rec.to == "":
		return nil, f.fault(f.cols.to, "missing: the wallets of a transfer")
	case rec.from == rec.to && lost.IsZero() && !rec.fee.Set():
		return nil, nil
	case rec.from == rec.to:
		return nil, f.fault(f.cols.to, "a transfer into the same wallet that costs something: say what it was")
	case !lost.IsZero() && rec.fee.Asset == rec.sent.Asset:
		if !lost.Equal(rec.fee.Amount) {
			return nil, f.fault(f.cols.fee.amount, "what arrives is neither what was sent nor that without the fee")
		}
		e.Sent = rec.received
	}
	if e.Sent.Fiat() {
		return moveMoney(e, rec), nil
	}
	e.Type, e.Account, e.Counter = statement.Transfer, rec.from, rec.to
	return []statement.Entry{e}, nil
}

// moveMoney takes money out of one wallet and into another: money has no lots
// to carry along.
func moveMoney(e statement.Entry, rec record) []statement.Entry {
	in := statement.Entry{
		ID: rec.id, At: rec.at, DateOnly: rec.dateOnly, Type: statement.Deposit, Account: rec.to, Received: rec.received,
	}
	e.Type, e.Account, e.Received = statement.Withdrawal, rec.from, statement.Quantity{}
	return []statement.Entry{e, in}
}
