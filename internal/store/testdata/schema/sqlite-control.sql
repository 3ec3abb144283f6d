CREATE TABLE answers (
  key    text not null primary key check (length(key) = 64),
  digest text not null check (length(digest) = 64),
  at     text not null,
  answer blob
) strict;
CREATE INDEX answers_at on answers (at);
CREATE TABLE api_tokens (
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
CREATE INDEX api_tokens_user on api_tokens (user_id, ended_at);
CREATE TABLE attempts (
  id      text not null primary key check (length(id) = 32),
  user_id text not null references users (id) on delete cascade,
  hash    blob not null unique,
  until   text not null,
  ended   integer not null,
  data    blob not null
) strict;
CREATE INDEX attempts_until on attempts (until);
CREATE TABLE audit (
  seq     integer not null primary key,
  at      text not null,
  via     text not null,
  actor   text not null,
  session text not null,
  firm    text not null,
  action  text not null,
  object  text not null,
  before  text not null,
  after   text not null,
  private blob,
  prev    text not null check (length(prev) = 64),
  hash    text not null check (length(hash) = 64)
) strict;
CREATE INDEX audit_firm on audit (firm, seq);
CREATE TABLE audit_checks (
  chain   text not null primary key,
  at      text not null,
  size    integer not null,
  seq     integer not null,
  finding text
) strict;
CREATE TABLE audit_heads (
  chain     text not null primary key,
  size      integer not null,
  head      text not null check (length(head) = 64),
  at        text not null,
  signature blob not null
) strict;
CREATE TABLE buyers (
  firm       text not null primary key check (length(firm) = 32),
  private    blob not null,
  changed_at text not null
) strict;
CREATE TABLE checkpoints (
  id    integer not null primary key,
  at    text not null,
  note  text not null,
  heads text not null
) strict;
CREATE TABLE deliveries (
  provider text not null,
  id       text not null,
  kind     text not null,
  ref      text not null,
  at       text not null,
  primary key (provider, id, kind, ref)
) strict;
CREATE TABLE devices (
  id      text not null primary key check (length(id) = 32),
  user_id text not null references users (id) on delete cascade,
  hash    blob not null unique,
  made_at text not null,
  until   text not null
) strict;
CREATE INDEX devices_user on devices (user_id);
CREATE TABLE events (
  id      text not null primary key check (length(id) = 32),
  at      text not null,
  kind    text not null,
  outcome text not null,
  via     text not null,
  actor   text not null,
  session text not null,
  firm    text not null,
  object  text not null,
  request text not null,
  private blob
) strict;
CREATE INDEX events_actor on events (actor, at);
CREATE INDEX events_at on events (at);
CREATE INDEX events_firm on events (firm, at);
CREATE TABLE exchange_use (
  name       text not null primary key,
  used       text not null,
  expires_at text not null
) strict;
CREATE INDEX exchange_use_over on exchange_use (expires_at);
CREATE TABLE firms (
  id          text not null primary key check (length(id) = 32),
  name        blob not null,
  country     text not null,
  currency    text not null,
  timezone    text not null,
  zone_given  integer not null,
  residency   text not null,
  created_at  text not null,
  archived_at text,
  version     integer not null
) strict;
CREATE TABLE grants (
  id           text not null primary key check (length(id) = 32),
  home         text check (length(home) = 32),
  entity       text check (length(entity) = 32),
  email        blob not null,
  to_firm      text check (length(to_firm) = 32),
  to_user      text check (length(to_user) = 32),
  role         text not null,
  state        text not null,
  until        text not null,
  private      blob not null,
  made_at      text not null,
  made_by      text,
  agreed_at    text,
  agreed_by    text,
  confirmed_at text,
  confirmed_by text,
  closed_at    text,
  closed_by    text,
  why          text not null
) strict;
CREATE INDEX grants_email on grants (email, state);
CREATE INDEX grants_home on grants (home, entity);
CREATE INDEX grants_to_firm on grants (to_firm, state);
CREATE INDEX grants_to_user on grants (to_user, state);
CREATE INDEX grants_until on grants (state, until);
CREATE TABLE homes (
  firm_id    text not null primary key check (length(firm_id) = 32),
  residency  text not null,
  created_at text not null,
  made_at    text
) strict;
CREATE TABLE installation (
  id         text not null primary key check (length(id) = 32),
  residency  text not null,
  created_at text not null
) strict;
CREATE TABLE invitations (
  id         text not null primary key check (length(id) = 32),
  firm       text not null check (length(firm) = 32),
  email      blob not null,
  role       text not null,
  entities   text,
  inviter    text,
  created_at text not null,
  expires_at text not null,
  used_at    text,
  used_by    text,
  revoked_at text
) strict;
CREATE INDEX invitations_firm on invitations (firm, created_at);
CREATE TABLE key_sets (
  owner        text not null primary key check (length(owner) = 32),
  version      integer not null,
  master       text not null,
  seal         blob,
  derive       blob,
  created_at   text not null,
  rotated_at   text not null,
  changed_at   text not null,
  destroyed_at text
) strict;
CREATE TABLE leases (
  name       text not null primary key,
  holder     text not null,
  expires_at text not null
) strict;
CREATE TABLE letters (
  id         text not null primary key check (length(id) = 32),
  kind       text not null,
  state      text not null check (state in ('queued', 'sent', 'failed', 'not_sent')),
  code       integer not null,
  tries      integer not null,
  written_at text not null,
  changed_at text not null,
  private    blob
) strict;
CREATE INDEX letters_written on letters (written_at);
CREATE TABLE locks (
  name       text not null primary key,
  fails      integer not null,
  since      text,
  until      text,
  level      integer not null,
  changed_at text not null
) strict;
CREATE INDEX locks_changed on locks (changed_at);
CREATE TABLE marks (
  name text not null primary key,
  at   text not null
) strict;
CREATE TABLE members (
  firm     text not null check (length(firm) = 32),
  person   text not null check (length(person) = 32),
  role     text not null,
  entities text,
  since    text not null,
  primary key (firm, person)
) strict;
CREATE INDEX members_person on members (person);
CREATE TABLE notices (
  id text not null primary key,
  at text not null
) strict;
CREATE TABLE orders (
  id         text not null primary key references payments (id),
  firm       text not null,
  token      text not null,
  plan       text not null,
  period     text not null,
  credit     text not null,
  expires_at text,
  watch_at   text,
  url        text not null,
  received   text not null,
  marked     integer not null,
  odd        text not null,
  noted_at   text
, kept text not null default '0', sent text not null default '0', wanted text not null default '0', held integer not null default 0, seen text not null default '', reason blob, late_paid text not null default '0', late_worth text not null default '0', reverse integer not null default 0, confirmed integer not null default 0, tax_number blob) strict;
CREATE INDEX orders_odd on orders (odd);
CREATE UNIQUE INDEX orders_token on orders (firm, token);
CREATE TABLE passkeys (
  id             text not null primary key check (length(id) = 32),
  user_id        text not null references users (id) on delete cascade,
  credential_key blob not null unique,
  private        blob not null,
  data           blob not null,
  made_at        text not null,
  used_at        text
) strict;
CREATE INDEX passkeys_user on passkeys (user_id);
CREATE TABLE payments (
  id            text not null primary key check (length(id) = 32),
  firm          text not null,
  provider      text not null,
  provider_ref  text,
  amount        text not null,
  currency      text not null,
  status        text not null,
  confirmations integer not null,
  created       text not null,
  settled       text
) strict;
CREATE INDEX payments_firm on payments (firm, created);
CREATE UNIQUE INDEX payments_ref on payments (provider, provider_ref);
CREATE TABLE periods (
  id       text not null primary key references payments (id),
  firm     text not null,
  plan     text not null,
  from_at  text not null,
  until    text not null,
  credited text not null
, price text not null default '0', begun_at text, turn integer not null default 0) strict;
CREATE INDEX periods_firm on periods (firm, from_at);
CREATE TABLE receipts (
  id         text not null primary key references payments (id),
  firm       text not null,
  number     integer not null unique,
  plan       text not null,
  from_at    text not null,
  until      text not null,
  price      text not null,
  credit     text not null,
  currency   text not null,
  tax        text not null,
  tax_rate   text not null,
  rate       text not null,
  tax_number blob,
  issued_at  text not null
, buyer blob) strict;
CREATE TABLE recovery_codes (
  user_id text not null references users (id) on delete cascade,
  hash    blob not null,
  used_at text,
  primary key (user_id, hash)
) strict;
CREATE TABLE refunds (
  id        text not null primary key check (length(id) = 32), -- the order's
  firm      text not null check (length(firm) = 32),
  private   blob not null,
  opened_at text not null
) strict;
CREATE TABLE releases (
  firm   text not null,
  entity text not null,
  year   text not null,
  primary key (firm, entity, year)
) strict;
CREATE TABLE role_rights (
  firm   text not null check (length(firm) = 32),
  role   text not null,
  rights text not null,
  primary key (firm, role)
) strict;
CREATE TABLE schedules (
  name    text not null primary key,
  spec    text not null,
  next_at text not null
) strict;
CREATE TABLE sessions (
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
CREATE INDEX sessions_user on sessions (user_id, ended_at);
CREATE TABLE setup_code (
  id    integer not null primary key check (id = 1),
  hash  blob not null,
  until text not null,
  tries integer not null
) strict;
CREATE TABLE spent (
  hash  blob not null primary key,
  until text not null
) strict;
CREATE INDEX spent_until on spent (until);
CREATE TABLE subscriptions (
  firm     text not null primary key,
  plan     text not null,
  until    text,
  credit   text not null,
  currency text not null,
  reminded integer not null,
  source   text not null
) strict;
CREATE INDEX subscriptions_until on subscriptions (until);
CREATE TABLE users (
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
