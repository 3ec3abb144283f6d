-- +goose Up

-- Letters that wait, failed or were not sent; of those that were sent only
-- that. private holds recipient, subject and words, sealed.
create table letters (
  id         uuid not null primary key,
  kind       text not null,
  state      text not null check (state in ('queued', 'sent', 'failed', 'not_sent')),
  code       integer not null,
  tries      integer not null,
  written_at timestamptz not null,
  changed_at timestamptz not null,
  private    bytea
);
create index letters_written on letters (written_at);

-- +goose Down
select 1;
