-- +goose Up

-- Where a firm says to what address its money goes back: the payment server's
-- own page, sealed; until the refund is noted as done.
create table refunds (
  id        uuid not null primary key, -- the order's
  firm      uuid not null,
  private   bytea not null,
  opened_at timestamptz not null
);

-- Which oddity of an order the operator has seen.
alter table orders add column seen text not null default '';

-- +goose Down
select 1;
