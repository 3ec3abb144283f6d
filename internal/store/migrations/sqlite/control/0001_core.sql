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

-- Signed ends of all chains: a tail that was cut off shows against them.
create table audit_heads (
  chain     text not null primary key,
  size      integer not null,
  head      text not null check (length(head) = 64),
  at        text not null,
  signature blob not null
) strict;

-- What the last verification of each chain found; finding is null if all was
-- well.
create table audit_checks (
  chain   text not null primary key,
  at      text not null,
  size    integer not null,
  seq     integer not null,
  finding text
) strict;

-- Signed checkpoints of the whole installation, the same as in checkpoints.log.
-- heads are kept for the last ones.
create table checkpoints (
  id    integer not null primary key,
  at    text not null,
  note  text not null,
  heads text not null
) strict;

-- When something last happened.
create table marks (
  name text not null primary key,
  at   text not null
) strict;

-- Security events. private holds address and detail, sealed.
create table events (
  id      text not null primary key check (length(id) = 32),
  at      text not null,
  kind    text not null,
  outcome text not null,
  via     text not null,
  actor   text not null,
  session text not null,
  firm    text not null,
  object  text not null,
  request text not null,
  private blob
) strict;
create index events_at on events (at);
create index events_firm on events (firm, at);
create index events_actor on events (actor, at);

-- When each schedule comes next.
create table schedules (
  name    text not null primary key,
  spec    text not null,
  next_at text not null
) strict;

-- What only one replica at a time may do.
create table leases (
  name       text not null primary key,
  holder     text not null,
  expires_at text not null
) strict;

-- Answers of acts that were asked for under a key of the caller's.
create table answers (
  key    text not null primary key check (length(key) = 64),
  digest text not null check (length(digest) = 64),
  at     text not null,
  answer blob
) strict;
create index answers_at on answers (at);

-- +goose Down
select 1;
