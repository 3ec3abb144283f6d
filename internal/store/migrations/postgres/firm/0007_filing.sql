-- +goose Up

-- What was built last for a tax year, or for all of them: the sealed zip of
-- its files, and a summary, sealed. It can be built again at any time.
create table reports (
  firm_id  uuid not null default current_setting('app.firm')::uuid,
  book_no  bigint not null,
  label    text not null,
  key      text not null check (length(key) = 64),
  file_id  uuid not null,
  size     bigint not null,
  built_at timestamptz not null,
  summary  bytea not null,
  primary key (firm_id, book_no, label),
  foreign key (firm_id, book_no) references books (firm_id, no),
  foreign key (firm_id, file_id) references files (firm_id, id)
);
select protect('reports');

-- +goose Down
select 1;
