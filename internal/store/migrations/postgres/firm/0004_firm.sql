-- +goose Up

-- The firm's entities: its clients, or oneself. name is sealed.
create table entities (
  firm_id     uuid not null default current_setting('app.firm')::uuid,
  id          uuid not null,
  name        bytea not null,
  country     text not null,
  currency    text not null,
  timezone    text not null,
  zone_given  boolean not null,
  method      text not null,
  options     bytea,
  status      text not null,
  due_at      timestamptz,
  preparer    uuid,
  reviewer    uuid,
  created_at  timestamptz not null,
  archived_at timestamptz,
  version     bigint not null,
  primary key (firm_id, id)
);
select protect('entities');

-- +goose Down
select 1;
