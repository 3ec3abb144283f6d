-- +goose Up

-- The outputs that a watched wallet holds, in the order of their list, sealed.
create table wallet_coins (
  wallet_id text not null references wallets (id),
  n         integer not null,
  sealed    blob not null,
  primary key (wallet_id, n)
) strict;

-- The labels of each transaction of a watched wallet, sealed; tx_key finds
-- them. They are derived from wallet_labels and wallet_chain.
create table wallet_called (
  wallet_id text not null references wallets (id),
  n         integer not null,
  tx_key    blob not null,
  sealed    blob not null,
  primary key (wallet_id, n)
) strict;
create index wallet_called_tx on wallet_called (wallet_id, tx_key);

-- +goose Down
select 1;
