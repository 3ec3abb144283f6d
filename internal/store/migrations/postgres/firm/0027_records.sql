-- +goose Up

-- The name of a record may hold the hash of a transaction or an amount. keyed
-- says that id and digest are keyed hashes; the name itself is sealed.
alter table link_records add column keyed boolean not null default false;
create index link_records_plain on link_records (firm_id, link_id) where not keyed;

-- +goose Down
select 1;
