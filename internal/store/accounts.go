package store

import (
	"context"
	"time"

	"github.com/ledgersys/ledgersys/internal/tenant"
)

// Account is what the operator sees of an account: not whose it is.
type Account struct {
	ID           string    `json:"id"`
	Created      time.Time `json:"created"`
	Confirmed    bool      `json:"confirmed"`
	SecondFactor bool      `json:"second_factor"`
	Operator     bool      `json:"operator"`
	Disabled     bool      `json:"disabled"`
	Firms        int       `json:"firms"`
}

// Accounts lists all accounts for the operator, the oldest first.
func (s *Store) Accounts(ctx context.Context) (all []Account, err error) {
	all = []Account{}
	err = s.ReadControl(ctx, func(t *ControlTx) error {
		var rows []struct {
			ID          key
			CreatedAt   stamp
			ConfirmedAt stamp
			DisabledAt  stamp
			Operator    bool
			TOTPAt      stamp `gorm:"column:totp_at"`
			Passkeys    int
			Firms       int
		}
		err := t.db.Raw("select u.id, u.created_at, u.confirmed_at, u.disabled_at, u.operator, u.totp_at, " +
			"(select count(*) from passkeys p where p.user_id = u.id) as passkeys, (select count(*) from members m where m.person = u.id) as firms " +
			"from users u order by u.created_at, u.id").Scan(&rows).Error
		for _, r := range rows {
			all = append(all, Account{
				ID: tenant.ID(r.ID).String(), Created: r.CreatedAt.Time, Confirmed: !r.ConfirmedAt.IsZero(), Operator: r.Operator,
				SecondFactor: !r.TOTPAt.IsZero() || r.Passkeys > 0, Disabled: !r.DisabledAt.IsZero(), Firms: r.Firms,
			})
		}
		return err
	})
	return all, err
}
