package reconcile

import (
	"github.com/ledgersys/ledgersys/pkg/ledger"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Changes are what an event does to balances: what leaves and arrives, and its
// fees. Money counts if the event says in which currency it is. An event that
// only restates units, a split or an allocation, changes none here.
func Changes(e *ledger.Event) []Row {
	var rows []Row
	add := func(account, asset string, change money.Amount) {
		if asset != "" && !change.IsZero() {
			rows = append(rows, Row{At: e.At, Account: account, Asset: asset, Change: change})
		}
	}
	m := e.Extra()
	switch e.Kind {
	case ledger.KindBuy:
		add(e.Account, e.ValueCurrency, e.Value.Neg())
		add(e.Account, e.Asset, e.Amount)
	case ledger.KindSell:
		add(e.Account, e.Asset, e.Amount.Neg())
		add(e.Account, e.ValueCurrency, e.Value)
	case ledger.KindSwap, ledger.KindExchange:
		add(e.Account, e.Asset, e.Amount.Neg())
		add(e.Account, m.ToAsset, m.ToAmount)
	case ledger.KindOpening, ledger.KindIncome, ledger.KindAirdrop, ledger.KindGiftIn, ledger.KindSpouseIn, ledger.KindDeposit:
		add(e.Account, e.Asset, e.Amount)
	case ledger.KindSpend, ledger.KindGiftOut, ledger.KindDonate, ledger.KindSpouseOut, ledger.KindFee, ledger.KindLost, ledger.KindWithdrawal:
		add(e.Account, e.Asset, e.Amount.Neg())
	case ledger.KindTransfer:
		add(e.Account, e.Asset, e.Amount.Neg())
		arrived := e.Amount
		if m.Received != nil {
			arrived = *m.Received
		}
		add(m.ToAccount, e.Asset, arrived)
	case ledger.KindFork:
		add(e.Account, m.ToAsset, m.ToAmount)
	default:
	}
	add(e.Account, e.FeeCurrency, e.Fee.Neg())
	add(e.Account, m.FeeAsset, m.FeeAmount.Neg())
	return rows
}
