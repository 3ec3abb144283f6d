-- +goose Up

-- The outputs that a watched wallet holds, in the order of their list, sealed.
create table wallet_coins (
  firm_id   uuid not null default current_setting('app.firm')::uuid,
  wallet_id uuid not null,
  n         bigint not null,
  sealed    bytea not null,
  primary key (firm_id, wallet_id, n),
  foreign key (firm_id, wallet_id) references wallets (firm_id, id)
);
select protect('wallet_coins');

-- The labels of each transaction of a watched wallet, sealed; tx_key finds
-- them. They are derived from wallet_labels and wallet_chain.
create table wallet_called (
  firm_id   uuid not null default current_setting('app.firm')::uuid,
  wallet_id uuid not null,
  n         bigint not null,
  tx_key    bytea not null,
  sealed    bytea not null,
  primary key (firm_id, wallet_id, n),
  foreign key (firm_id, wallet_id) references wallets (firm_id, id)
);
select protect('wallet_called');
create index wallet_called_tx on wallet_called (firm_id, wallet_id, tx_key);

-- +goose Down
select 1;
