-- +goose Up

-- People who sign in. private (name and address), password and totp are
-- sealed; email_key finds an address.
create table users (
  id           uuid not null primary key,
  email_key    bytea not null unique,
  private      bytea not null,
  password     bytea,
  password_at  timestamptz,
  totp         bytea,
  totp_at      timestamptz,
  totp_step    bigint not null,
  mail_codes   boolean not null,
  operator     boolean not null,
  created_at   timestamptz not null,
  confirmed_at timestamptz,
  disabled_at  timestamptz
);

-- The code for the first owner: one row at most.
create table setup_code (
  id    bigint not null primary key check (id = 1),
  hash  bytea not null,
  until timestamptz not null,
  tries bigint not null
);

-- Sessions. hash finds one by its cookie, print (where and how it is used) is
-- sealed. What has ended stays ended.
create table sessions (
  id       uuid not null primary key,
  user_id  uuid not null references users (id) on delete cascade,
  hash     bytea not null unique,
  made_at  timestamptz not null,
  seen_at  timestamptz not null,
  until    timestamptz not null,
  ended_at timestamptz,
  why      text not null,
  print    bytea not null
);
create index sessions_user on sessions (user_id, ended_at);

-- Sign-ins that wait for their second factor. data is sealed.
create table attempts (
  id      uuid not null primary key,
  user_id uuid not null references users (id) on delete cascade,
  hash    bytea not null unique,
  until   timestamptz not null,
  ended   boolean not null,
  data    bytea not null
);
create index attempts_until on attempts (until);

-- Browsers in which somebody signed in before.
create table devices (
  id      uuid not null primary key,
  user_id uuid not null references users (id) on delete cascade,
  hash    bytea not null unique,
  made_at timestamptz not null,
  until   timestamptz not null
);
create index devices_user on devices (user_id);

-- Passkeys. credential_key finds one; private (its name) and data are sealed.
create table passkeys (
  id             uuid not null primary key,
  user_id        uuid not null references users (id) on delete cascade,
  credential_key bytea not null unique,
  private        bytea not null,
  data           bytea not null,
  made_at        timestamptz not null,
  used_at        timestamptz
);
create index passkeys_user on passkeys (user_id);

-- Recovery codes, as keyed hashes.
create table recovery_codes (
  user_id uuid not null references users (id) on delete cascade,
  hash    bytea not null,
  used_at timestamptz,
  primary key (user_id, hash)
);

-- API tokens. data (name, prefix, address of the last use) is sealed.
create table api_tokens (
  id         uuid not null primary key,
  user_id    uuid not null references users (id) on delete cascade,
  hash       bytea not null unique,
  scopes     text not null,
  made_at    timestamptz not null,
  expires_at timestamptz not null,
  used_at    timestamptz,
  ended_at   timestamptz,
  data       bytea not null
);
create index api_tokens_user on api_tokens (user_id, ended_at);

-- Wrong tries and other things of which there may only be so many. name is a
-- kind and a keyed hash of whom it is about.
create table locks (
  name       text not null primary key,
  fails      bigint not null,
  since      timestamptz,
  until      timestamptz,
  level      bigint not null,
  changed_at timestamptz not null
);
create index locks_changed on locks (changed_at);

-- What works once and was used.
create table spent (
  hash  bytea not null primary key,
  until timestamptz not null
);
create index spent_until on spent (until);

-- +goose Down
select 1;
