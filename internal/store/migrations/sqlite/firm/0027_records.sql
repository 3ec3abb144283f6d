-- +goose Up

-- The name of a record may hold the hash of a transaction or an amount. keyed
-- says that id and digest are keyed hashes; the name itself is sealed.
alter table link_records add column keyed integer not null default 0;
create index link_records_plain on link_records (link_id) where not keyed;

-- +goose Down
select 1;
