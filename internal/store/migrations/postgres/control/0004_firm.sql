-- +goose Up

-- Firms, the tenants. name is sealed.
create table firms (
  id          uuid not null primary key,
  name        bytea not null,
  country     text not null,
  currency    text not null,
  timezone    text not null,
  zone_given  boolean not null,
  residency   text not null,
  created_at  timestamptz not null,
  archived_at timestamptz,
  version     bigint not null
);

-- Who is in a firm. entities is null for all of the firm, else ids with
-- commas between them.
create table members (
  firm     uuid not null,
  person   uuid not null,
  role     text not null,
  entities text,
  since    timestamptz not null,
  primary key (firm, person)
);
create index members_person on members (person);

-- What the owner of a firm edited of the table of rights: a digit for each area.
create table role_rights (
  firm   uuid not null,
  role   text not null,
  rights text not null,
  primary key (firm, role)
);

-- Invitations into a firm. email is sealed.
create table invitations (
  id         uuid not null primary key,
  firm       uuid not null,
  email      bytea not null,
  role       text not null,
  entities   text,
  inviter    uuid,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at    timestamptz,
  used_by    uuid,
  revoked_at timestamptz
);
create index invitations_firm on invitations (firm, created_at);

-- Grants of one entity to another firm or a person. private holds address and
-- names, sealed; email is a keyed hash of the address.
create table grants (
  id           uuid not null primary key,
  home         uuid,
  entity       uuid,
  email        bytea not null,
  to_firm      uuid,
  to_user      uuid,
  role         text not null,
  state        text not null,
  until        timestamptz not null,
  private      bytea not null,
  made_at      timestamptz not null,
  made_by      uuid,
  agreed_at    timestamptz,
  agreed_by    uuid,
  confirmed_at timestamptz,
  confirmed_by uuid,
  closed_at    timestamptz,
  closed_by    uuid,
  why          text not null
);
create index grants_home on grants (home, entity);
create index grants_to_firm on grants (to_firm, state);
create index grants_to_user on grants (to_user, state);
create index grants_email on grants (email, state);
create index grants_until on grants (state, until);

-- +goose Down
select 1;
