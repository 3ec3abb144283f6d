-- +goose Up

-- Keys, wrapped by the master key: of the service (owner is all zeros) and of
-- each firm. Destroyed ones keep their row, so that nobody takes the firm for
-- one that never was.
create table key_sets (
  owner        text not null primary key check (length(owner) = 32),
  version      bigint not null,
  master       text not null,
  seal         bytea,
  derive       bytea,
  created_at   timestamptz not null,
  rotated_at   timestamptz not null,
  changed_at   timestamptz not null,
  destroyed_at timestamptz
);

-- +goose Down
select 1;
