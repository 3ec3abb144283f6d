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
create index events_actor on events (actor, at);

-- Answers of acts that were asked for under a key of the caller's.
create table answers (
  key    text not null primary key check (length(key) = 64),
  digest text not null check (length(digest) = 64),
  at     text not null,
  answer blob
) strict;
create index answers_at on answers (at);

-- Sealed files: uploads and reports. A file is there for others once it is
-- kept; one that never was is swept away.
create table files (
  id         text not null primary key check (length(id) = 32),
  created_at text not null,
  kept_at    text,
  size       integer not null,
  chunks     integer not null,
  sha256     text not null
) strict;
create index files_kept on files (kept_at, created_at);

create table file_chunks (
  file_id text not null references files (id) on delete cascade,
  n       integer not null,
  data    blob not null,
  primary key (file_id, n)
) strict;

-- Why records may not be deleted although their time has passed. entity_id
-- is null for the whole firm; reason is sealed.
create table holds (
  id        text not null primary key check (length(id) = 32),
  entity_id text check (length(entity_id) = 32),
  reason    blob,
  placed_at text not null,
  lifted_at text
) strict;

-- +goose Down
select 1;
