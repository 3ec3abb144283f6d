-- +goose Up

-- What the owner of a watched wallet calls its transactions, addresses and
-- coins (BIP329), sealed: it locates people.
create table wallet_labels (
  firm_id   uuid not null default current_setting('app.firm')::uuid,
  wallet_id uuid not null,
  sealed    bytea not null,
  primary key (firm_id, wallet_id),
  foreign key (firm_id, wallet_id) references wallets (firm_id, id)
);
select protect('wallet_labels');

-- +goose Down
select 1;
