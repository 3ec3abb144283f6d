-- +goose Up

-- What the owner of a watched wallet calls its transactions, addresses and
-- coins (BIP329), sealed: it locates people.
create table wallet_labels (
  wallet_id text not null primary key references wallets (id),
  sealed    blob not null
) strict;

-- +goose Down
select 1;
