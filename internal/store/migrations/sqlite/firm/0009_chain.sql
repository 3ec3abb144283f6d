-- +goose Up

-- Bitcoin that is watched. private holds what is watched, the label and what
-- was found, sealed.
create table wallets (
  id         text not null primary key check (length(id) = 32),
  entity_id  text not null check (length(entity_id) = 32),
  kind       text not null,
  source     text not null,
  gap        integer not null,
  state      text not null,
  code       text not null,
  created_at text not null,
  scanned_at text,
  import_id  text,
  private    blob not null
) strict;
create index wallets_entity on wallets (entity_id);

-- The transactions of the last scan, sealed: they locate people.
create table wallet_chain (
  wallet_id text not null primary key references wallets (id),
  sealed    blob not null
) strict;

-- +goose Down
select 1;
