-- +goose Up

-- People who sign in. private (name and address), password and totp are
-- sealed; email_key finds an address.
create table users (
  id           text not null primary key check (length(id) = 32),
  email_key    blob not null unique,
  private      blob not null,
  password     blob,
  password_at  text,
  totp         blob,
  totp_at      text,
  totp_step    integer not null,
  mail_codes   integer not null,
  operator     integer not null,
  created_at   text not null,
  confirmed_at text,
  disabled_at  text
) strict;

-- The code for the first owner: one row at most.
create table setup_code (
  id    integer not null primary key check (id = 1),
  hash  blob not null,
  until text not null,
  tries integer not null
) strict;

-- Sessions. hash finds one by its cookie, print (where and how it is used) is
-- sealed. What has ended stays ended.
create table sessions (
  id       text not null primary key check (length(id) = 32),
  user_id  text not null references users (id) on delete cascade,
  hash     blob not null unique,
  made_at  text not null,
  seen_at  text not null,
  until    text not null,
  ended_at text,
  why      text not null,
  print    blob not null
) strict;
create index sessions_user on sessions (user_id, ended_at);

-- Sign-ins that wait for their second factor. data is sealed.
create table attempts (
  id      text not null primary key check (length(id) = 32),
  user_id text not null references users (id) on delete cascade,
  hash    blob not null unique,
  until   text not null,
  ended   integer not null,
  data    blob not null
) strict;
create index attempts_until on attempts (until);

-- Browsers in which somebody signed in before.
create table devices (
  id      text not null primary key check (length(id) = 32),
  user_id text not null references users (id) on delete cascade,
  hash    blob not null unique,
  made_at text not null,
  until   text not null
) strict;
create index devices_user on devices (user_id);

-- Passkeys. credential_key finds one; private (its name) and data are sealed.
create table passkeys (
  id             text not null primary key check (length(id) = 32),
  user_id        text not null references users (id) on delete cascade,
  credential_key blob not null unique,
  private        blob not null,
  data           blob not null,
  made_at        text not null,
  used_at        text
) strict;
create index passkeys_user on passkeys (user_id);

-- Recovery codes, as keyed hashes.
create table recovery_codes (
  user_id text not null references users (id) on delete cascade,
  hash    blob not null,
  used_at text,
  primary key (user_id, hash)
) strict;

-- API tokens. data (name, prefix, address of the last use) is sealed.
create table api_tokens (
  id         text not null primary key check (length(id) = 32),
  user_id    text not null references users (id) on delete cascade,
  hash       blob not null unique,
  scopes     text not null,
  made_at    text not null,
  expires_at text not null,
  used_at    text,
  ended_at   text,
  data       blob not null
) strict;
create index api_tokens_user on api_tokens (user_id, ended_at);

-- Wrong tries and other things of which there may only be so many. name is a
-- kind and a keyed hash of whom it is about.
create table locks (
  name       text not null primary key,
  fails      integer not null,
  since      text,
  until      text,
  level      integer not null,
  changed_at text not null
) strict;
create index locks_changed on locks (changed_at);

-- What works once and was used.
create table spent (
  hash  blob not null primary key,
  until text not null
) strict;
create index spent_until on spent (until);

-- +goose Down
select 1;
