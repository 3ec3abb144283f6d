-- +goose Up

-- Linked accounts. private holds the label, what is known about the key and
-- the proof of the balances, sealed. The key itself is in link_keys.
create table links (
  id         text not null primary key check (length(id) = 32),
  entity_id  text not null check (length(entity_id) = 32),
  exchange   text not null,
  last4      text not null,
  state      text not null,
  code       text not null,
  schedule   text not null,
  turn       integer not null,
  next_at    text,
  created_at text not null,
  stated_at  text,
  import_id  text,
  strikes    integer not null,
  private    blob not null
) strict;
create index links_entity on links (entity_id);

-- The keys, sealed; gone with the link.
create table link_keys (
  link_id text not null primary key references links (id),
  sealed  blob not null
) strict;

-- How far each stream was fetched.
create table link_streams (
  link_id text not null references links (id),
  name    text not null,
  place   integer not null,
  state   text not null,
  cursor  text not null,
  from_at text,
  to_at   text,
  rows    integer not null,
  total   integer not null,
  changed integer not null,
  primary key (link_id, name)
) strict;

-- What an exchange said, kept as it said it, sealed. digest tells whether it
-- says the same later.
create table link_records (
  link_id  text not null references links (id),
  stream   text not null,
  id       text not null,
  at       text not null,
  endpoint text not null,
  digest   text not null check (length(digest) = 64),
  sealed   blob not null,
  primary key (link_id, stream, id)
) strict;

-- The runs of each link.
create table link_runs (
  id         text not null primary key check (length(id) = 32),
  link_id    text not null references links (id),
  state      text not null,
  asked_at   text not null,
  started_at text,
  ended_at   text,
  rows       integer not null,
  code       text not null,
  until_at   text
) strict;
create index link_runs_link on link_runs (link_id, asked_at);

-- +goose Down
select 1;
