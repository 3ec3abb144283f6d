-- +goose Up

-- Keys, wrapped by the master key: of the service (owner is all zeros) and of
-- each firm. Destroyed ones keep their row, so that nobody takes the firm for
-- one that never was.
create table key_sets (
  owner        text not null primary key check (length(owner) = 32),
  version      integer not null,
  master       text not null,
  seal         blob,
  derive       blob,
  created_at   text not null,
  rotated_at   text not null,
  changed_at   text not null,
  destroyed_at text
) strict;

-- +goose Down
select 1;
