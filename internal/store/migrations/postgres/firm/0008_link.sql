-- +goose Up

-- Linked accounts. private holds the label, what is known about the key and
-- the proof of the balances, sealed. The key itself is in link_keys.
create table links (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  id         uuid not null,
  entity_id  uuid not null,
  exchange   text not null,
  last4      text not null,
  state      text not null,
  code       text not null,
  schedule   text not null,
  turn       bigint not null,
  next_at    timestamptz,
  created_at timestamptz not null,
  stated_at  timestamptz,
  import_id  uuid,
  strikes    bigint not null,
  private    bytea not null,
  primary key (firm_id, id)
);
select protect('links');
create index links_entity on links (firm_id, entity_id);

-- The keys, sealed; gone with the link.
create table link_keys (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  link_id uuid not null,
  sealed  bytea not null,
  primary key (firm_id, link_id),
  foreign key (firm_id, link_id) references links (firm_id, id)
);
select protect('link_keys');

-- How far each stream was fetched.
create table link_streams (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  link_id uuid not null,
  name    text not null,
  place   bigint not null,
  state   text not null,
  cursor  text not null,
  from_at timestamptz,
  to_at   timestamptz,
  rows    bigint not null,
  total   bigint not null,
  changed bigint not null,
  primary key (firm_id, link_id, name),
  foreign key (firm_id, link_id) references links (firm_id, id)
);
select protect('link_streams');

-- What an exchange said, kept as it said it, sealed. digest tells whether it
-- says the same later.
create table link_records (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  link_id  uuid not null,
  stream   text not null,
  id       text not null,
  at       timestamptz not null,
  endpoint text not null,
  digest   text not null check (length(digest) = 64),
  sealed   bytea not null,
  primary key (firm_id, link_id, stream, id),
  foreign key (firm_id, link_id) references links (firm_id, id)
);
select protect('link_records');

-- The runs of each link.
create table link_runs (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  id         uuid not null,
  link_id    uuid not null,
  state      text not null,
  asked_at   timestamptz not null,
  started_at timestamptz,
  ended_at   timestamptz,
  rows       bigint not null,
  code       text not null,
  until_at   timestamptz,
  primary key (firm_id, id),
  foreign key (firm_id, link_id) references links (firm_id, id)
);
select protect('link_runs');
create index link_runs_link on link_runs (firm_id, link_id, asked_at);

-- +goose Down
select 1;
