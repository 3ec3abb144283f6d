-- +goose Up

-- The book of each entity: a short number for its events, and a version that
-- changes with the sources that count.
create table books (
  no        integer not null primary key,
  entity_id text not null unique check (length(entity_id) = 32),
  version   integer not null,
  batches   integer not null
) strict;

-- Files that came together. private holds what was chosen for them and why
-- they failed, sealed.
create table imports (
  id         text not null primary key check (length(id) = 32),
  book_no    integer not null references books (no),
  state      text not null,
  stored     integer not null,
  created_at text not null,
  created_by text,
  ended_at   text,
  private    blob
) strict;
create index imports_book on imports (book_no, created_at, id);

-- One table of an import. private holds its names and what is known about it,
-- sealed. rank is its place among the sources that count; 0 does not count.
create table import_sources (
  id         text not null primary key check (length(id) = 32),
  import_id  text not null references imports (id),
  book_no    integer not null references books (no),
  place      integer not null,
  file_id    text not null references files (id),
  twin       integer not null,
  rank       integer not null,
  batch      integer not null,
  held_batch integer not null,
  lost_batch integer not null,
  private    blob not null
) strict;
create index import_sources_import on import_sources (import_id, place);
create index import_sources_batch on import_sources (book_no, batch);

-- Rows derived from sources. A batch that no source names is seen by nobody.
create table batches (
  book_no    integer not null references books (no),
  no         integer not null,
  created_at text not null,
  primary key (book_no, no)
) strict;

-- Accounts by number. name is sealed; name_key finds it.
create table accounts (
  no       integer not null primary key,
  book_no  integer not null references books (no),
  name     blob not null,
  name_key blob not null,
  unique (book_no, name_key)
) strict;

-- What happened, derived from sources. more holds the rarer fields, notes and
-- addresses among them, sealed.
create table ledger_events (
  book_no        integer not null,
  batch          integer not null,
  seq            integer not null,
  tx             blob not null,
  at             integer not null,
  kind           text not null,
  flags          integer not null,
  account_no     integer,
  to_account_no  integer,
  asset          text not null,
  amount         text not null,
  value          text,
  value_currency text,
  fee            text,
  fee_currency   text,
  to_asset       text,
  to_amount      text,
  line           integer not null,
  row_count      integer not null,
  more           blob,
  primary key (book_no, batch, seq)
) strict, without rowid;
create index ledger_events_at on ledger_events (book_no, at, batch, seq);
create index ledger_events_asset on ledger_events (book_no, asset, at);
create index ledger_events_to_asset on ledger_events (book_no, to_asset, at) where to_asset is not null;
create index ledger_events_account on ledger_events (book_no, account_no, at);
create index ledger_events_to_account on ledger_events (book_no, to_account_no, at) where to_account_no is not null;

-- Events that do not count in their source because their rows count
-- elsewhere, from one place in it to another.
create table doubles (
  book_no integer not null,
  batch   integer not null,
  first   integer not null,
  last    integer not null,
  primary key (book_no, batch, first)
) strict, without rowid;

-- Rows that led to nothing, sealed.
create table held_rows (
  book_no integer not null,
  batch   integer not null,
  n       integer not null,
  data    blob not null,
  primary key (book_no, batch, n)
) strict, without rowid;

-- What people decided, in the order in which they did. Nothing is changed or
-- taken out: an undo is a decision too. body is sealed.
create table decisions (
  id         text not null primary key check (length(id) = 32),
  book_no    integer not null references books (no),
  seq        integer not null,
  at         text not null,
  decided_by text,
  kind       text not null,
  subject    text not null,
  undoes     text references decisions (id),
  body       blob,
  unique (book_no, seq)
) strict;
-- +goose StatementBegin
create trigger decisions_stay before update on decisions begin select raise(abort, 'decisions are append-only'); end;
-- +goose StatementEnd

-- +goose Down
select 1;
