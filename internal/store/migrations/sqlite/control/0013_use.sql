-- +goose Up

-- What was used of the limits of exchanges, by all replicas together.
create table exchange_use (
  name       text not null primary key,
  used       text not null,
  expires_at text not null
) strict;
create index exchange_use_over on exchange_use (expires_at);

-- +goose Down
select 1;
