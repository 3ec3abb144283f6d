package binance

import "github.com/ledgersys/ledgersys/pkg/statement"

// labelETH2 marks ETH given for BETH or WBETH: a swap or a deposit for
// safe-keeping, as the country has it.
const labelETH2 = "eth2-staking"

// beth is the history of ETH given for BETH, one for one. The transaction
// history tells the same as ETH 2.0 Staking with the same content, so that the
// two meet as duplicates.
func beth() statement.Format {
	return statement.Format{
		Name: "binance-beth", Title: "Binance ETH to BETH", Venue: venue, ZoneInFile: true, Zone: "UTC",
		Match: func(h statement.Header) bool {
			return dateColumn(h) >= 0 && h.Has("coin", "token", "amount", "status")
		},
		Read: func(in *statement.Input, c *statement.Collector) error {
			h := in.Header
			date, coin, token, amount, status := dateColumn(h), h.Index("coin"), h.Index("token"), h.Index("amount"), h.Index("status")
			for r := range in.Rows {
				if state := r.Cell(status); statement.Fold(state) != "success" {
					c.Ignore(r.Line, statusReason(state))
					continue
				}
				at, err := utc(r.Cell(date))
				if err != nil {
					c.HoldErr(r.Line, h.Raw[date], err)
					continue
				}
				units, _, err := numbers().Units(r.Cell(amount))
				if err != nil {
					c.HoldErr(r.Line, h.Raw[amount], err)
					continue
				}
				c.Add(&statement.Entry{
					At: at, Type: statement.Trade, Label: labelETH2,
					Sent:     statement.Quantity{Amount: units, Asset: r.Cell(coin)},
					Received: statement.Quantity{Amount: units, Asset: r.Cell(token)},
				}, r.Line)
			}
			return nil
		},
	}
}
