-- +goose Up

-- Whose file this is: one row, which must equal the file's name.
create table header (
  firm_id    text not null primary key check (length(firm_id) = 32),
  residency  text not null,
  created_at text not null
) strict;

-- The firm's audit chain. private holds address and reason, sealed.
create table audit (
  seq     integer not null primary key,
  at      text not null,
  via     text not null,
  actor   text not null,
  session text not null,
  firm    text not null,
  action  text not null,
  object  text not null,
  before  text not null,
  after   text not null,
  private blob,
  prev    text not null check (length(prev) = 64),
  hash    text not null check (length(hash) = 64)
) strict;

-- Work that a committed change needs and that is not among the jobs yet.
create table outbox (
  id         text not null primary key check (length(id) = 32),
  kind       text not null,
  key        text not null,
  args       text not null,
  run_at     text not null,
  created_at text not null
) strict;

-- +goose Down
select 1;
