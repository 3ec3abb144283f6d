-- +goose Up

-- What the operator tells a firm about an order whose state was set by hand,
-- sealed.
alter table orders add column reason blob;

-- Of what was received, what came after the invoice had run out: as its rate
-- counts it, and by the rate of the time at which it came.
alter table orders add column late_paid text not null default '0';
alter table orders add column late_worth text not null default '0';

-- Whether the buyer owes the tax itself, so that none is in the price.
alter table orders add column reverse integer not null default 0;

-- +goose Down
select 1;
