-- +goose Up

-- The firm's entities: its clients, or oneself. name is sealed.
create table entities (
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

-- +goose Down
select 1;
