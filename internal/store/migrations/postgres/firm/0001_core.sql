-- +goose Up

-- protect puts a table behind the firm of the transaction: every statement
-- sees and makes only rows of that firm, the owner's too, and without one it
-- is an error. Every table of this schema calls it.
-- +goose StatementBegin
create function protect(name text) returns void language plpgsql as $$
begin
  execute format('alter table %I enable row level security', name);
  execute format('alter table %I force row level security', name);
  execute format('create policy firm on %I using (firm_id = current_setting(''app.firm'')::uuid)'
    ' with check (firm_id = current_setting(''app.firm'')::uuid)', name);
end
$$;
-- +goose StatementEnd

-- Whose data it is: one row a firm.
create table header (
  firm_id    uuid not null primary key default current_setting('app.firm')::uuid,
  residency  text not null,
  created_at timestamptz not null
);
select protect('header');

-- The firm's audit chain. private holds address and reason, sealed.
create table audit (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  seq     bigint not null,
  at      timestamptz not null,
  via     text not null,
  actor   text not null,
  session text not null,
  firm    text not null,
  action  text not null,
  object  text not null,
  before  text not null,
  after   text not null,
  private bytea,
  prev    text not null check (length(prev) = 64),
  hash    text not null check (length(hash) = 64),
  primary key (firm_id, seq)
);
select protect('audit');

-- Unused here, where a task is enqueued in the firm's own transaction; it
-- takes what a move from SQLite brings.
create table outbox (
  firm_id    uuid not null default current_setting('app.firm')::uuid,
  id         uuid not null,
  kind       text not null,
  key        text not null,
  args       text not null,
  run_at     timestamptz not null,
  created_at timestamptz not null,
  primary key (firm_id, id)
);
select protect('outbox');

-- Security events. private holds address and detail, sealed.
create table events (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  id      uuid not null,
  at      timestamptz not null,
  kind    text not null,
  outcome text not null,
  via     text not null,
  actor   text not null,
  session text not null,
  firm    text not null,
  object  text not null,
  request text not null,
  private bytea,
  primary key (firm_id, id)
);
select protect('events');
create index events_at on events (firm_id, at);
create index events_actor on events (firm_id, actor, at);

-- Answers of acts that were asked for under a key of the caller's.
create table answers (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  key     text not null check (length(key) = 64),
  digest  text not null check (length(digest) = 64),
  at      timestamptz not null,
  answer  bytea,
  primary key (firm_id, key)
);
select protect('answers');
create index answers_at on answers (firm_id, at);

-- Sealed files: uploads and reports. A file is there for others once it is
-- kept; one that never was is swept away.
create table files (
  firm_id    uuid not null default current_setting('app.firm')::uuid,
  id         uuid not null,
  created_at timestamptz not null,
  kept_at    timestamptz,
  size       bigint not null,
  chunks     integer not null,
  sha256     text not null,
  primary key (firm_id, id)
);
select protect('files');
create index files_kept on files (firm_id, kept_at, created_at);

create table file_chunks (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  file_id uuid not null,
  n       integer not null,
  data    bytea not null,
  primary key (firm_id, file_id, n),
  foreign key (firm_id, file_id) references files (firm_id, id) on delete cascade
);
alter table file_chunks alter column data set storage external; -- it is encrypted: there is nothing to compress
select protect('file_chunks');

-- Why records may not be deleted although their time has passed. entity_id
-- is null for the whole firm; reason is sealed.
create table holds (
  firm_id   uuid not null default current_setting('app.firm')::uuid,
  id        uuid not null,
  entity_id uuid,
  reason    bytea,
  placed_at timestamptz not null,
  lifted_at timestamptz,
  primary key (firm_id, id)
);
select protect('holds');

-- +goose Down
select 1;
