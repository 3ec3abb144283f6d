-- +goose Up

-- Whether the network has confirmed all that was received for an order. What is
-- still watched is asked about within the hour; what was received before that is
-- confirmed long since.
alter table orders add column confirmed integer not null default 0;
update orders set confirmed = 1 where received <> '';

-- +goose Down
select 1;
