-- +goose Up

-- What was built last for a tax year, or for all of them: the sealed zip of
-- its files, and a summary, sealed. It can be built again at any time.
create table reports (
  book_no  integer not null references books (no),
  label    text not null,
  key      text not null check (length(key) = 64),
  file_id  text not null references files (id),
  size     integer not null,
  built_at text not null,
  summary  blob not null,
  primary key (book_no, label)
) strict;

-- +goose Down
select 1;
