-- +goose Up

-- How an entity's prices come about. revision changes with everything that a
-- computation can see of them. file_name is sealed.
create table price_settings (
  firm_id   uuid not null default current_setting('app.firm')::uuid,
  entity_id uuid not null,
  revision  bigint not null,
  lookups   text not null,
  file_id   uuid,
  file_name bytea,
  file_sha  text,
  file_at   timestamptz,
  primary key (firm_id, entity_id),
  foreign key (firm_id, file_id) references files (firm_id, id)
);
select protect('price_settings');

-- Prices that were asked for, each with where it comes from, or with the
-- reason why there is none. One that was found is never changed.
create table quotes (
  firm_id       uuid not null default current_setting('app.firm')::uuid,
  entity_id     uuid not null,
  asset         text not null,
  currency      text not null,
  at            bigint not null,
  day           bigint not null,
  asked         bigint not null,
  code          text not null,
  price         numeric,
  source        text,
  candle_at     timestamptz,
  width         bigint,
  fetched_at    timestamptz not null,
  second_source text,
  second_price  numeric,
  spread        numeric,
  primary key (firm_id, entity_id, asset, currency, at, day, asked),
  check ((price is null) = (code <> ''))
);
select protect('quotes');
create index quotes_at on quotes (firm_id, entity_id, at, asset, currency, day, asked);

-- +goose Down
select 1;
