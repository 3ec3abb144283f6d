-- +goose Up

-- Bitcoin that is watched. private holds what is watched, the label and what
-- was found, sealed.
create table wallets (
  firm_id    uuid not null default current_setting('app.firm')::uuid,
  id         uuid not null,
  entity_id  uuid not null,
  kind       text not null,
  source     text not null,
  gap        bigint not null,
  state      text not null,
  code       text not null,
  created_at timestamptz not null,
  scanned_at timestamptz,
  import_id  uuid,
  private    bytea not null,
  primary key (firm_id, id)
);
select protect('wallets');
create index wallets_entity on wallets (firm_id, entity_id);

-- The transactions of the last scan, sealed: they locate people.
create table wallet_chain (
  firm_id   uuid not null default current_setting('app.firm')::uuid,
  wallet_id uuid not null,
  sealed    bytea not null,
  primary key (firm_id, wallet_id),
  foreign key (firm_id, wallet_id) references wallets (firm_id, id)
);
select protect('wallet_chain');

-- +goose Down
select 1;
