package billing

import (
	"context"
	"errors"

	"github.com/ledgersys/ledgersys/internal/fault"
	"github.com/ledgersys/ledgersys/internal/tenant"
	"github.com/ledgersys/ledgersys/pkg/money"
)

// Terms are what a person reads before saying yes, as far as they may change
// meanwhile.
type Terms struct {
	Price    money.Amount // for this buyer
	Amount   money.Amount // of it, what is left to pay
	Currency string
	EndsCard bool // a card renews another plan, and will not be asked again
}

// Terms are what a person reads of an offer.
func (o *Offer) Terms() Terms {
	return Terms{Price: o.Price, Amount: o.Amount, Currency: o.Plan.Currency, EndsCard: o.EndsCard}
}

// read reports whether a person has read what a sale asks for; one that did not
// say what it read, has.
func (c *Checkout) read(s *Sale) bool {
	return c.Read == nil || c.Read.Currency == s.Currency && c.Read.Amount.Equal(s.Amount) && c.Read.Price.Equal(s.Amount.Add(s.Credit))
}

// stillSo refuses a new sale that is not what the person has read.
func (*Service) stillSo(ctx context.Context, tx Tx, c Checkout, sub *Subscription, sale *Sale) error {
	if c.Read == nil {
		return nil
	}
	periods, err := boughtBy(ctx, tx, sub.Firm)
	if err != nil {
		return err
	}
	p := courseOf(*sub, periods).next(sale.purchase(), tx.Now())
	if !c.read(sale) || c.Read.EndsCard != sub.cardEnds(sale.Provider, p.Plan) {
		return changedSince()
	}
	return nil
}

func changedSince() error {
	return fault.Coded(fault.Conflict, "terms_changed", nil, "This has changed since you read it. Nothing was bought: read it again, then press the button.")
}

// Ordered reports whether an order was made under a key.
func (s *Service) Ordered(ctx context.Context, scope tenant.Scope, key string) (was bool, err error) {
	err = s.config.Store.Read(ctx, func(tx Tx) error {
		_, err := tx.SaleByKey(ctx, scope.Firm(), key)
		if was = err == nil; errors.Is(err, ErrNoSale) {
			return nil
		}
		return err
	})
	return was, err
}
