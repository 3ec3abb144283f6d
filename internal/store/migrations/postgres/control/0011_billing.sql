-- +goose Up

-- Payments: exactly these columns (AC-PAY-4). Nothing of the chain, nothing
-- about who paid.
create table payments (
  id            uuid not null primary key,
  firm          uuid not null,
  provider      text not null,
  provider_ref  text,
  amount        numeric not null,
  currency      text not null,
  status        text not null,
  confirmations bigint not null,
  created       timestamptz not null,
  settled       timestamptz
);
create unique index payments_ref on payments (provider, provider_ref);
create index payments_firm on payments (firm, created);

-- What was sold with each payment. token is a hash of the key under which it
-- was asked for.
create table orders (
  id         uuid not null primary key references payments (id),
  firm       uuid not null,
  token      text not null,
  plan       text not null,
  period     text not null,
  credit     numeric not null,
  expires_at timestamptz,
  watch_at   timestamptz,
  url        text not null,
  received   text not null,
  marked     boolean not null,
  odd        text not null,
  noted_at   timestamptz
);
create unique index orders_token on orders (firm, token);
create index orders_odd on orders (odd);

-- Webhooks that arrived: their ids and types, never their bodies.
create table deliveries (
  provider text not null,
  id       text not null,
  kind     text not null,
  ref      text not null,
  at       timestamptz not null,
  primary key (provider, id, kind, ref)
);

-- Mails that were asked for, so that none is asked for twice.
create table notices (
  id text not null primary key,
  at timestamptz not null
);

-- What each firm has.
create table subscriptions (
  firm     uuid not null primary key,
  plan     text not null,
  until    timestamptz,
  credit   numeric not null,
  currency text not null,
  reminded bigint not null,
  source   text not null
);
create index subscriptions_until on subscriptions (until);

-- What was paid for: one stretch an order.
create table periods (
  id       uuid not null primary key references payments (id),
  firm     uuid not null,
  plan     text not null,
  from_at  timestamptz not null,
  until    timestamptz not null,
  credited numeric not null
);
create index periods_firm on periods (firm, from_at);

-- Receipts in money of a state. tax_number is the buyer's, sealed.
create table receipts (
  id         uuid not null primary key references payments (id),
  firm       uuid not null,
  number     bigint not null unique,
  plan       text not null,
  from_at    timestamptz not null,
  until      timestamptz not null,
  price      numeric not null,
  credit     numeric not null,
  currency   text not null,
  tax        numeric not null,
  tax_rate   numeric not null,
  rate       numeric not null,
  tax_number bytea,
  issued_at  timestamptz not null
);

-- Years whose final reports were paid for: they stay open.
create table releases (
  firm   uuid not null,
  entity uuid not null,
  year   text not null,
  primary key (firm, entity, year)
);

-- +goose Down
select 1;
