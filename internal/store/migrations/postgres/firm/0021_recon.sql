-- +goose Up

-- Pairs of a withdrawal and a deposit that are two ends of one transaction, as
-- they were found. They are derived from events and decisions. private holds
-- the transaction and what its ends say, sealed.
create table pairs (
  firm_id  uuid not null default current_setting('app.firm')::uuid,
  id       uuid not null,
  book_no  bigint not null,
  out_tx   bytea not null check (length(out_tx) = 16),
  in_tx    bytea not null check (length(in_tx) = 16),
  state    text not null,
  reason   text not null,
  asset    text not null,
  at       bigint not null,
  found_at timestamptz not null,
  private  bytea not null,
  primary key (firm_id, id),
  unique (firm_id, book_no, out_tx, in_tx),
  foreign key (firm_id, book_no) references books (firm_id, no)
);
select protect('pairs');
create index pairs_at on pairs (firm_id, book_no, at, id);

-- A decision stays as it is, but for the seal of its body, which a new key
-- replaces.
drop trigger decisions_stay on decisions;
create trigger decisions_stay before update of firm_id, id, book_no, seq, at, decided_by, kind, subject, undoes on decisions for each row execute function decisions_stay();

-- +goose Down
select 1;
