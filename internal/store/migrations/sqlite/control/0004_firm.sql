-- +goose Up

-- Firms, the tenants. name is sealed.
create table firms (
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

-- Who is in a firm. entities is null for all of the firm, else ids with
-- commas between them.
create table members (
  firm     text not null check (length(firm) = 32),
  person   text not null check (length(person) = 32),
  role     text not null,
  entities text,
  since    text not null,
  primary key (firm, person)
) strict;
create index members_person on members (person);

-- What the owner of a firm edited of the table of rights: a digit for each area.
create table role_rights (
  firm   text not null check (length(firm) = 32),
  role   text not null,
  rights text not null,
  primary key (firm, role)
) strict;

-- Invitations into a firm. email is sealed.
create table invitations (
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
create index invitations_firm on invitations (firm, created_at);

-- Grants of one entity to another firm or a person. private holds address and
-- names, sealed; email is a keyed hash of the address.
create table grants (
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
create index grants_home on grants (home, entity);
create index grants_to_firm on grants (to_firm, state);
create index grants_to_user on grants (to_user, state);
create index grants_email on grants (email, state);
create index grants_until on grants (state, until);

-- +goose Down
select 1;
