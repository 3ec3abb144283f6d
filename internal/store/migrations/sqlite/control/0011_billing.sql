-- +goose Up

-- Payments: exactly these columns (AC-PAY-4). Nothing of the chain, nothing
-- about who paid.
create table payments (
  id            text not null primary key check (length(id) = 32),
  firm          text not null,
  provider      text not null,
  provider_ref  text,
  amount        text not null,
  currency      text not null,
  status        text not null,
  confirmations integer not null,
  created       text not null,
  settled       text
) strict;
create unique index payments_ref on payments (provider, provider_ref);
create index payments_firm on payments (firm, created);

-- What was sold with each payment. token is a hash of the key under which it
-- was asked for.
create table orders (
  id         text not null primary key references payments (id),
  firm       text not null,
  token      text not null,
  plan       text not null,
  period     text not null,
  credit     text not null,
  expires_at text,
  watch_at   text,
  url        text not null,
  received   text not null,
  marked     integer not null,
  odd        text not null,
  noted_at   text
) strict;
create unique index orders_token on orders (firm, token);
create index orders_odd on orders (odd);

-- Webhooks that arrived: their ids and types, never their bodies.
create table deliveries (
  provider text not null,
  id       text not null,
  kind     text not null,
  ref      text not null,
  at       text not null,
  primary key (provider, id, kind, ref)
) strict;

-- Mails that were asked for, so that none is asked for twice.
create table notices (
  id text not null primary key,
  at text not null
) strict;

-- What each firm has.
create table subscriptions (
  firm     text not null primary key,
  plan     text not null,
  until    text,
  credit   text not null,
  currency text not null,
  reminded integer not null,
  source   text not null
) strict;
create index subscriptions_until on subscriptions (until);

-- What was paid for: one stretch an order.
create table periods (
  id       text not null primary key references payments (id),
  firm     text not null,
  plan     text not null,
  from_at  text not null,
  until    text not null,
  credited text not null
) strict;
create index periods_firm on periods (firm, from_at);

-- Receipts in money of a state. tax_number is the buyer's, sealed.
create table receipts (
  id         text not null primary key references payments (id),
  firm       text not null,
  number     integer not null unique,
  plan       text not null,
  from_at    text not null,
  until      text not null,
  price      text not null,
  credit     text not null,
  currency   text not null,
  tax        text not null,
  tax_rate   text not null,
  rate       text not null,
  tax_number blob,
  issued_at  text not null
) strict;

-- Years whose final reports were paid for: they stay open.
create table releases (
  firm   text not null,
  entity text not null,
  year   text not null,
  primary key (firm, entity, year)
) strict;

-- +goose Down
select 1;
