-- +goose Up

-- What became of what was received: how much of it is credit, was sent back,
-- or is asked back; and whether the credit that the price used is taken.
alter table orders add column kept numeric not null default 0;
alter table orders add column sent numeric not null default 0;
alter table orders add column wanted numeric not null default 0;
alter table orders add column held boolean not null default false;

update orders set kept = received::numeric where noted_at is not null and received <> ''
  and id in (select id from payments where status in ('late', 'partial'));
update orders set sent = received::numeric where noted_at is not null and received <> ''
  and id in (select id from payments where status = 'refund');
update orders set wanted = received::numeric where odd = 'refund_wanted' and received <> ''
  and id in (select id from payments where status in ('late', 'partial', 'refund'));
update orders set
    sent = case when orders.noted_at is not null then t.more else 0 end,
    wanted = case when orders.noted_at is null and orders.odd = 'refund_wanted' then t.more else 0 end,
    kept = case when orders.noted_at is null and orders.odd <> 'refund_wanted' then t.more else 0 end
  from (select o.id, greatest(trunc(o.received::numeric - p.amount, 2), 0) as more
        from orders o join payments p on p.id = o.id where p.status = 'over' and o.received <> '') t
  where t.id = orders.id;
update orders set held = true where id in (select id from periods);

-- What was paid for each stretch, when, and in what turn.
alter table periods add column price numeric not null default 0;
alter table periods add column begun_at timestamptz;
alter table periods add column turn bigint not null default 0;

update periods set
  price = coalesce((select r.price from receipts r where r.id = periods.id), 0),
  begun_at = coalesce((select p.settled from payments p where p.id = periods.id), from_at);
update periods set turn = 1 + (select count(*) from periods q where q.firm = periods.firm
  and (q.begun_at, q.from_at, q.id) < (periods.begun_at, periods.from_at, periods.id));

-- +goose Down
select 1;
