-- +goose Up

-- Where a firm says to what address its money goes back: the payment server's
-- own page, sealed; until the refund is noted as done.
create table refunds (
  id        text not null primary key check (length(id) = 32), -- the order's
  firm      text not null check (length(firm) = 32),
  private   blob not null,
  opened_at text not null
) strict;

-- Which oddity of an order the operator has seen.
alter table orders add column seen text not null default '';

-- +goose Down
select 1;
