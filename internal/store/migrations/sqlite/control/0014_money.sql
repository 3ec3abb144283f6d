-- +goose Up

-- What became of what was received: how much of it is credit, was sent back,
-- or is asked back; and whether the credit that the price used is taken.
alter table orders add column kept text not null default '0';
alter table orders add column sent text not null default '0';
alter table orders add column wanted text not null default '0';
alter table orders add column held integer not null default 0;

update orders set kept = received where noted_at is not null and received <> ''
  and id in (select id from payments where status in ('late', 'partial'));
update orders set sent = received where noted_at is not null and received <> ''
  and id in (select id from payments where status = 'refund');
update orders set wanted = received where odd = 'refund_wanted' and received <> ''
  and id in (select id from payments where status in ('late', 'partial', 'refund'));
-- What was too much, in whole hundredths, which are exact here.
create temporary table too_much as
  select o.id, o.odd, o.noted_at, cast((cast(o.received as real) - cast(p.amount as real)) * 100 + 0.000001 as integer) as hundredths
  from orders o join payments p on p.id = o.id where p.status = 'over' and o.received <> '';
update orders set
    sent = case when t.noted_at is not null then t.text else '0' end,
    wanted = case when t.noted_at is null and t.odd = 'refund_wanted' then t.text else '0' end,
    kept = case when t.noted_at is null and t.odd <> 'refund_wanted' then t.text else '0' end
  from (select id, odd, noted_at, printf('%d.%02d', hundredths / 100, hundredths % 100) as text from too_much where hundredths > 0) t
  where t.id = orders.id;
drop table too_much;
update orders set held = 1 where id in (select id from periods);

-- What was paid for each stretch, when, and in what turn.
alter table periods add column price text not null default '0';
alter table periods add column begun_at text;
alter table periods add column turn integer not null default 0;

update periods set
  price = coalesce((select r.price from receipts r where r.id = periods.id), '0'),
  begun_at = coalesce((select p.settled from payments p where p.id = periods.id), from_at);
update periods set turn = 1 + (select count(*) from periods q where q.firm = periods.firm
  and (q.begun_at < periods.begun_at or q.begun_at = periods.begun_at and (q.from_at < periods.from_at or q.from_at = periods.from_at and q.id < periods.id)));

-- +goose Down
select 1;
