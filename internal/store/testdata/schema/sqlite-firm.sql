CREATE TABLE accounts (
  no       integer not null primary key,
  book_no  integer not null references books (no),
  name     blob not null,
  name_key blob not null,
  unique (book_no, name_key)
) strict;
CREATE TABLE answers (
  key    text not null primary key check (length(key) = 64),
  digest text not null check (length(digest) = 64),
  at     text not null,
  answer blob
) strict;
CREATE INDEX answers_at on answers (at);
CREATE TABLE audit (
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
CREATE TABLE batches (
  book_no    integer not null references books (no),
  no         integer not null,
  created_at text not null,
  primary key (book_no, no)
) strict;
CREATE TABLE books (
  no        integer not null primary key,
  entity_id text not null unique check (length(entity_id) = 32),
  version   integer not null,
  batches   integer not null
) strict;
CREATE TRIGGER decisions_stay before update of id, book_no, seq, at, decided_by, kind, subject, undoes on decisions begin select raise(abort, 'decisions are append-only'); end;
CREATE TABLE decisions (
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
CREATE TABLE doubles (
  book_no integer not null,
  batch   integer not null,
  first   integer not null,
  last    integer not null,
  primary key (book_no, batch, first)
) strict, without rowid;
CREATE TABLE entities (
  id          text not null primary key check (length(id) = 32),
  name        blob not null,
  country     text not null,
  currency    text not null,
  timezone    text not null,
  zone_given  integer not null,
  method      text not null,
  options     blob,
  status      text not null,
  due_at      text,
  preparer    text,
  reviewer    text,
  created_at  text not null,
  archived_at text,
  version     integer not null
) strict;
CREATE TABLE events (
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
CREATE INDEX events_actor on events (actor, at);
CREATE INDEX events_at on events (at);
CREATE TABLE file_chunks (
  file_id text not null references files (id) on delete cascade,
  n       integer not null,
  data    blob not null,
  primary key (file_id, n)
) strict;
CREATE TABLE files (
  id         text not null primary key check (length(id) = 32),
  created_at text not null,
  kept_at    text,
  size       integer not null,
  chunks     integer not null,
  sha256     text not null
) strict;
CREATE INDEX files_kept on files (kept_at, created_at);
CREATE TABLE header (
  firm_id    text not null primary key check (length(firm_id) = 32),
  residency  text not null,
  created_at text not null
) strict;
CREATE TABLE held_rows (
  book_no integer not null,
  batch   integer not null,
  n       integer not null,
  data    blob not null,
  primary key (book_no, batch, n)
) strict, without rowid;
CREATE TABLE holds (
  id        text not null primary key check (length(id) = 32),
  entity_id text check (length(entity_id) = 32),
  reason    blob,
  placed_at text not null,
  lifted_at text
) strict;
CREATE TABLE import_sources (
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
CREATE INDEX import_sources_batch on import_sources (book_no, batch);
CREATE INDEX import_sources_import on import_sources (import_id, place);
CREATE TABLE imports (
  id         text not null primary key check (length(id) = 32),
  book_no    integer not null references books (no),
  state      text not null,
  stored     integer not null,
  created_at text not null,
  created_by text,
  ended_at   text,
  private    blob
) strict;
CREATE INDEX imports_book on imports (book_no, created_at, id);
CREATE TABLE ledger_events (
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
CREATE INDEX ledger_events_account on ledger_events (book_no, account_no, at);
CREATE INDEX ledger_events_asset on ledger_events (book_no, asset, at);
CREATE INDEX ledger_events_at on ledger_events (book_no, at, batch, seq);
CREATE INDEX ledger_events_to_account on ledger_events (book_no, to_account_no, at) where to_account_no is not null;
CREATE INDEX ledger_events_to_asset on ledger_events (book_no, to_asset, at) where to_asset is not null;
CREATE TABLE link_keys (
  link_id text not null primary key references links (id),
  sealed  blob not null
) strict;
CREATE TABLE link_records (
  link_id  text not null references links (id),
  stream   text not null,
  id       text not null,
  at       text not null,
  endpoint text not null,
  digest   text not null check (length(digest) = 64),
  sealed   blob not null, keyed integer not null default 0,
  primary key (link_id, stream, id)
) strict;
CREATE INDEX link_records_plain on link_records (link_id) where not keyed;
CREATE TABLE link_runs (
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
CREATE INDEX link_runs_link on link_runs (link_id, asked_at);
CREATE TABLE link_streams (
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
CREATE TABLE links (
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
CREATE INDEX links_entity on links (entity_id);
CREATE TABLE outbox (
  id         text not null primary key check (length(id) = 32),
  kind       text not null,
  key        text not null,
  args       text not null,
  run_at     text not null,
  created_at text not null
) strict;
CREATE TABLE pairs (
  id       text not null primary key check (length(id) = 32),
  book_no  integer not null references books (no),
  out_tx   blob not null check (length(out_tx) = 16),
  in_tx    blob not null check (length(in_tx) = 16),
  state    text not null,
  reason   text not null,
  asset    text not null,
  at       integer not null,
  found_at text not null,
  private  blob not null,
  unique (book_no, out_tx, in_tx)
) strict;
CREATE INDEX pairs_at on pairs (book_no, at, id);
CREATE TABLE price_settings (
  entity_id text not null primary key check (length(entity_id) = 32),
  revision  integer not null,
  lookups   text not null,
  file_id   text references files (id),
  file_name blob,
  file_sha  text,
  file_at   text
) strict;
CREATE TABLE quotes (
  entity_id     text not null check (length(entity_id) = 32),
  asset         text not null,
  currency      text not null,
  at            integer not null,
  day           integer not null,
  asked         integer not null,
  code          text not null,
  price         text,
  source        text,
  candle_at     text,
  width         integer,
  fetched_at    text not null,
  second_source text,
  second_price  text,
  spread        text,
  primary key (entity_id, asset, currency, at, day, asked),
  check ((price is null) = (code <> ''))
) strict, without rowid;
CREATE INDEX quotes_at on quotes (entity_id, at, asset, currency, day, asked);
CREATE TABLE reports (
  book_no  integer not null references books (no),
  label    text not null,
  key      text not null check (length(key) = 64),
  file_id  text not null references files (id),
  size     integer not null,
  built_at text not null,
  summary  blob not null,
  primary key (book_no, label)
) strict;
CREATE TABLE wallet_called (
  wallet_id text not null references wallets (id),
  n         integer not null,
  tx_key    blob not null,
  sealed    blob not null,
  primary key (wallet_id, n)
) strict;
CREATE INDEX wallet_called_tx on wallet_called (wallet_id, tx_key);
CREATE TABLE wallet_chain (
  wallet_id text not null primary key references wallets (id),
  sealed    blob not null
) strict;
CREATE TABLE wallet_coins (
  wallet_id text not null references wallets (id),
  n         integer not null,
  sealed    blob not null,
  primary key (wallet_id, n)
) strict;
CREATE TABLE wallet_labels (
  wallet_id text not null primary key references wallets (id),
  sealed    blob not null
) strict;
CREATE TABLE wallets (
  id         text not null primary key check (length(id) = 32),
  entity_id  text not null check (length(entity_id) = 32),
  kind       text not null,
  source     text not null,
  gap        integer not null,
  state      text not null,
  code       text not null,
  created_at text not null,
  scanned_at text,
  import_id  text,
  private    blob not null
) strict;
CREATE INDEX wallets_entity on wallets (entity_id);
