-- +goose Up

-- How an entity's prices come about. revision changes with everything that a
-- computation can see of them. file_name is sealed.
create table price_settings (
  entity_id text not null primary key check (length(entity_id) = 32),
  revision  integer not null,
  lookups   text not null,
  file_id   text references files (id),
  file_name blob,
  file_sha  text,
  file_at   text
) strict;

-- Prices that were asked for, each with where it comes from, or with the
-- reason why there is none. One that was found is never changed.
create table quotes (
  entity_id     text not null check (length(entity_id) = 32),
  asset         text not null,
  currency      text not null,
  at            integer not null,
  day           integer not null,
  asked         integer not null,
  code          text not null,
  price         text,
  source        text,
  candle_at     text,
  width         integer,
  fetched_at    text not null,
  second_source text,
  second_price  text,
  spread        text,
  primary key (entity_id, asset, currency, at, day, asked),
  check ((price is null) = (code <> ''))
) strict, without rowid;
create index quotes_at on quotes (entity_id, at, asset, currency, day, asked);

-- +goose Down
select 1;
