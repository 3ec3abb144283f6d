-- +goose Up

-- Pairs of a withdrawal and a deposit that are two ends of one transaction, as
-- they were found. They are derived from events and decisions. private holds
-- the transaction and what its ends say, sealed.
create table pairs (
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
create index pairs_at on pairs (book_no, at, id);

-- A decision stays as it is, but for the seal of its body, which a new key
-- replaces.
drop trigger decisions_stay;
-- +goose StatementBegin
create trigger decisions_stay before update of id, book_no, seq, at, decided_by, kind, subject, undoes on decisions begin select raise(abort, 'decisions are append-only'); end;
-- +goose StatementEnd

-- +goose Down
select 1;
