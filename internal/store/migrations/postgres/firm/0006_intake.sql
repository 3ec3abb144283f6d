-- +goose Up

-- The book of each entity: a short number for its events, and a version that
-- changes with the sources that count.
create table books (
  firm_id   uuid not null default current_setting('app.firm')::uuid,
  no        bigint not null,
  entity_id uuid not null,
  version   bigint not null,
  batches   bigint not null,
  primary key (firm_id, no),
  unique (firm_id, entity_id)
);
select protect('books');

-- Files that came together. private holds what was chosen for them and why
-- they failed, sealed.
create table imports (
  firm_id    uuid not null default current_setting('app.firm')::uuid,
  id         uuid not null,
  book_no    bigint not null,
  state      text not null,
  stored     bigint not null,
  created_at timestamptz not null,
  created_by uuid,
  ended_at   timestamptz,
  private    bytea,
  primary key (firm_id, id),
  foreign key (firm_id, book_no) references books (firm_id, no)
);
select protect('imports');
create index imports_book on imports (firm_id, book_no, created_at, id);

-- One table of an import. private holds its names and what is known about it,
-- sealed. rank is its place among the sources that count; 0 does not count.
create table import_sources (
  firm_id    uuid not null default current_setting('app.firm')::uuid,
  id         uuid not null,
  import_id  uuid not null,
  book_no    bigint not null,
  place      integer not null,
  file_id    uuid not null,
  twin       boolean not null,
  rank       integer not null,
  batch      bigint not null,
  held_batch bigint not null,
  lost_batch bigint not null,
  private    bytea not null,
  primary key (firm_id, id),
  foreign key (firm_id, import_id) references imports (firm_id, id),
  foreign key (firm_id, book_no) references books (firm_id, no),
  foreign key (firm_id, file_id) references files (firm_id, id)
);
select protect('import_sources');
create index import_sources_import on import_sources (firm_id, import_id, place);
create index import_sources_batch on import_sources (firm_id, book_no, batch);

-- Rows derived from sources. A batch that no source names is seen by nobody.
create table batches (
  firm_id    uuid not null default current_setting('app.firm')::uuid,
  book_no    bigint not null,
  no         bigint not null,
  created_at timestamptz not null,
  primary key (firm_id, book_no, no),
  foreign key (firm_id, book_no) references books (firm_id, no)
);
select protect('batches');

-- Accounts by number. name is sealed; name_key finds it.
create table accounts (
  firm_id  uuid not null default current_setting('app.firm')::uuid,
  no       bigint not null,
  book_no  bigint not null,
  name     bytea not null,
  name_key bytea not null,
  primary key (firm_id, no),
  unique (firm_id, book_no, name_key),
  foreign key (firm_id, book_no) references books (firm_id, no)
);
select protect('accounts');

-- What happened, derived from sources. more holds the rarer fields, notes and
-- addresses among them, sealed.
create table ledger_events (
  firm_id        uuid not null default current_setting('app.firm')::uuid,
  book_no        bigint not null,
  batch          bigint not null,
  seq            integer not null,
  tx             bytea not null,
  at             bigint not null,
  kind           text not null,
  flags          integer not null,
  account_no     bigint,
  to_account_no  bigint,
  asset          text not null,
  amount         numeric not null,
  value          numeric,
  value_currency text,
  fee            numeric,
  fee_currency   text,
  to_asset       text,
  to_amount      numeric,
  line           bigint not null,
  row_count      integer not null,
  more           bytea,
  primary key (firm_id, book_no, batch, seq)
);
select protect('ledger_events');
create index ledger_events_at on ledger_events (firm_id, book_no, at, batch, seq);
create index ledger_events_asset on ledger_events (firm_id, book_no, asset, at);
create index ledger_events_to_asset on ledger_events (firm_id, book_no, to_asset, at) where to_asset is not null;
create index ledger_events_account on ledger_events (firm_id, book_no, account_no, at);
create index ledger_events_to_account on ledger_events (firm_id, book_no, to_account_no, at) where to_account_no is not null;

-- Events that do not count in their source because their rows count
-- elsewhere, from one place in it to another.
create table doubles (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  book_no bigint not null,
  batch   bigint not null,
  first   integer not null,
  last    integer not null,
  primary key (firm_id, book_no, batch, first)
);
select protect('doubles');

-- Rows that led to nothing, sealed.
create table held_rows (
  firm_id uuid not null default current_setting('app.firm')::uuid,
  book_no bigint not null,
  batch   bigint not null,
  n       integer not null,
  data    bytea not null,
  primary key (firm_id, book_no, batch, n)
);
select protect('held_rows');

-- What people decided, in the order in which they did. Nothing is changed or
-- taken out: an undo is a decision too. body is sealed.
create table decisions (
  firm_id    uuid not null default current_setting('app.firm')::uuid,
  id         uuid not null,
  book_no    bigint not null,
  seq        bigint not null,
  at         timestamptz not null,
  decided_by uuid,
  kind       text not null,
  subject    text not null,
  undoes     uuid,
  body       bytea,
  primary key (firm_id, id),
  unique (firm_id, book_no, seq),
  foreign key (firm_id, book_no) references books (firm_id, no),
  foreign key (firm_id, undoes) references decisions (firm_id, id)
);
select protect('decisions');
-- +goose StatementBegin
create function decisions_stay() returns trigger language plpgsql as $$
begin
  raise exception 'decisions are append-only';
end
$$;
-- +goose StatementEnd
create trigger decisions_stay before update on decisions for each row execute function decisions_stay();

-- +goose Down
select 1;
