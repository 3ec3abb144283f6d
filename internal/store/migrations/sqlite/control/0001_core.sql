-- +goose Up

-- The installation itself: one row.
create table installation (
  id         text not null primary key check (length(id) = 32),
  residency  text not null,
  created_at text not null
) strict;

-- Where each firm's data lives. made_at is null until its file exists.
create table homes (
  firm_id    text not null primary key check (length(firm_id) = 32),
  residency  text not null,
  created_at text not null,
  made_at    text
) strict;

-- The control plane's audit chain. private holds address and reason, sealed.
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
create index audit_firm on audit (firm, seq);

-- +goose Down
select 1;
