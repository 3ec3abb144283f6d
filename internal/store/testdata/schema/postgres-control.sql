table answers: key text not null
table answers: digest text not null
table answers: at timestamp with time zone not null
table answers: answer bytea
table api_tokens: id uuid not null
table api_tokens: user_id uuid not null
table api_tokens: hash bytea not null
table api_tokens: scopes text not null
table api_tokens: made_at timestamp with time zone not null
table api_tokens: expires_at timestamp with time zone not null
table api_tokens: used_at timestamp with time zone
table api_tokens: ended_at timestamp with time zone
table api_tokens: data bytea not null
table attempts: id uuid not null
table attempts: user_id uuid not null
table attempts: hash bytea not null
table attempts: until timestamp with time zone not null
table attempts: ended boolean not null
table attempts: data bytea not null
table audit: seq bigint not null
table audit: at timestamp with time zone not null
table audit: via text not null
table audit: actor text not null
table audit: session text not null
table audit: firm text not null
table audit: action text not null
table audit: object text not null
table audit: before text not null
table audit: after text not null
table audit: private bytea
table audit: prev text not null
table audit: hash text not null
table audit_checks: chain text not null
table audit_checks: at timestamp with time zone not null
table audit_checks: size bigint not null
table audit_checks: seq bigint not null
table audit_checks: finding text
table audit_heads: chain text not null
table audit_heads: size bigint not null
table audit_heads: head text not null
table audit_heads: at timestamp with time zone not null
table audit_heads: signature bytea not null
table buyers: firm uuid not null
table buyers: private bytea not null
table buyers: changed_at timestamp with time zone not null
table checkpoints: id bigint not null
table checkpoints: at timestamp with time zone not null
table checkpoints: note text not null
table checkpoints: heads text not null
table deliveries: provider text not null
table deliveries: id text not null
table deliveries: kind text not null
table deliveries: ref text not null
table deliveries: at timestamp with time zone not null
table devices: id uuid not null
table devices: user_id uuid not null
table devices: hash bytea not null
table devices: made_at timestamp with time zone not null
table devices: until timestamp with time zone not null
table events: id uuid not null
table events: at timestamp with time zone not null
table events: kind text not null
table events: outcome text not null
table events: via text not null
table events: actor text not null
table events: session text not null
table events: firm text not null
table events: object text not null
table events: request text not null
table events: private bytea
table exchange_use: name text not null
table exchange_use: used text not null
table exchange_use: expires_at timestamp with time zone not null
table firms: id uuid not null
table firms: name bytea not null
table firms: country text not null
table firms: currency text not null
table firms: timezone text not null
table firms: zone_given boolean not null
table firms: residency text not null
table firms: created_at timestamp with time zone not null
table firms: archived_at timestamp with time zone
table firms: version bigint not null
table grants: id uuid not null
table grants: home uuid
table grants: entity uuid
table grants: email bytea not null
table grants: to_firm uuid
table grants: to_user uuid
table grants: role text not null
table grants: state text not null
table grants: until timestamp with time zone not null
table grants: private bytea not null
table grants: made_at timestamp with time zone not null
table grants: made_by uuid
table grants: agreed_at timestamp with time zone
table grants: agreed_by uuid
table grants: confirmed_at timestamp with time zone
table grants: confirmed_by uuid
table grants: closed_at timestamp with time zone
table grants: closed_by uuid
table grants: why text not null
table homes: firm_id uuid not null
table homes: residency text not null
table homes: created_at timestamp with time zone not null
table homes: made_at timestamp with time zone
table installation: id uuid not null
table installation: residency text not null
table installation: created_at timestamp with time zone not null
table invitations: id uuid not null
table invitations: firm uuid not null
table invitations: email bytea not null
table invitations: role text not null
table invitations: entities text
table invitations: inviter uuid
table invitations: created_at timestamp with time zone not null
table invitations: expires_at timestamp with time zone not null
table invitations: used_at timestamp with time zone
table invitations: used_by uuid
table invitations: revoked_at timestamp with time zone
table key_sets: owner text not null
table key_sets: version bigint not null
table key_sets: master text not null
table key_sets: seal bytea
table key_sets: derive bytea
table key_sets: created_at timestamp with time zone not null
table key_sets: rotated_at timestamp with time zone not null
table key_sets: changed_at timestamp with time zone not null
table key_sets: destroyed_at timestamp with time zone
table leases: name text not null
table leases: holder text not null
table leases: expires_at timestamp with time zone not null
table letters: id uuid not null
table letters: kind text not null
table letters: state text not null
table letters: code integer not null
table letters: tries integer not null
table letters: written_at timestamp with time zone not null
table letters: changed_at timestamp with time zone not null
table letters: private bytea
table locks: name text not null
table locks: fails bigint not null
table locks: since timestamp with time zone
table locks: until timestamp with time zone
table locks: level bigint not null
table locks: changed_at timestamp with time zone not null
table marks: name text not null
table marks: at timestamp with time zone not null
table members: firm uuid not null
table members: person uuid not null
table members: role text not null
table members: entities text
table members: since timestamp with time zone not null
table notices: id text not null
table notices: at timestamp with time zone not null
table orders: id uuid not null
table orders: firm uuid not null
table orders: token text not null
table orders: plan text not null
table orders: period text not null
table orders: credit numeric not null
table orders: expires_at timestamp with time zone
table orders: watch_at timestamp with time zone
table orders: url text not null
table orders: received text not null
table orders: marked boolean not null
table orders: odd text not null
table orders: noted_at timestamp with time zone
table orders: kept numeric not null default 0
table orders: sent numeric not null default 0
table orders: wanted numeric not null default 0
table orders: held boolean not null default false
table orders: seen text not null default ''::text
table orders: reason bytea
table orders: late_paid numeric not null default 0
table orders: late_worth numeric not null default 0
table orders: reverse boolean not null default false
table orders: confirmed boolean not null default false
table orders: tax_number bytea
table passkeys: id uuid not null
table passkeys: user_id uuid not null
table passkeys: credential_key bytea not null
table passkeys: private bytea not null
table passkeys: data bytea not null
table passkeys: made_at timestamp with time zone not null
table passkeys: used_at timestamp with time zone
table payments: id uuid not null
table payments: firm uuid not null
table payments: provider text not null
table payments: provider_ref text
table payments: amount numeric not null
table payments: currency text not null
table payments: status text not null
table payments: confirmations bigint not null
table payments: created timestamp with time zone not null
table payments: settled timestamp with time zone
table periods: id uuid not null
table periods: firm uuid not null
table periods: plan text not null
table periods: from_at timestamp with time zone not null
table periods: until timestamp with time zone not null
table periods: credited numeric not null
table periods: price numeric not null default 0
table periods: begun_at timestamp with time zone
table periods: turn bigint not null default 0
table receipts: id uuid not null
table receipts: firm uuid not null
table receipts: number bigint not null
table receipts: plan text not null
table receipts: from_at timestamp with time zone not null
table receipts: until timestamp with time zone not null
table receipts: price numeric not null
table receipts: credit numeric not null
table receipts: currency text not null
table receipts: tax numeric not null
table receipts: tax_rate numeric not null
table receipts: rate numeric not null
table receipts: tax_number bytea
table receipts: issued_at timestamp with time zone not null
table receipts: buyer bytea
table recovery_codes: user_id uuid not null
table recovery_codes: hash bytea not null
table recovery_codes: used_at timestamp with time zone
table refunds: id uuid not null
table refunds: firm uuid not null
table refunds: private bytea not null
table refunds: opened_at timestamp with time zone not null
table releases: firm uuid not null
table releases: entity uuid not null
table releases: year text not null
table role_rights: firm uuid not null
table role_rights: role text not null
table role_rights: rights text not null
table schedules: name text not null
table schedules: spec text not null
table schedules: next_at timestamp with time zone not null
table sessions: id uuid not null
table sessions: user_id uuid not null
table sessions: hash bytea not null
table sessions: made_at timestamp with time zone not null
table sessions: seen_at timestamp with time zone not null
table sessions: until timestamp with time zone not null
table sessions: ended_at timestamp with time zone
table sessions: why text not null
table sessions: print bytea not null
table setup_code: id bigint not null
table setup_code: hash bytea not null
table setup_code: until timestamp with time zone not null
table setup_code: tries bigint not null
table spent: hash bytea not null
table spent: until timestamp with time zone not null
table subscriptions: firm uuid not null
table subscriptions: plan text not null
table subscriptions: until timestamp with time zone
table subscriptions: credit numeric not null
table subscriptions: currency text not null
table subscriptions: reminded bigint not null
table subscriptions: source text not null
table users: id uuid not null
table users: email_key bytea not null
table users: private bytea not null
table users: password bytea
table users: password_at timestamp with time zone
table users: totp bytea
table users: totp_at timestamp with time zone
table users: totp_step bigint not null
table users: mail_codes boolean not null
table users: operator boolean not null
table users: created_at timestamp with time zone not null
table users: confirmed_at timestamp with time zone
table users: disabled_at timestamp with time zone
constraint on answers: CHECK ((length(digest) = 64))
constraint on answers: CHECK ((length(key) = 64))
constraint on answers: PRIMARY KEY (key)
constraint on api_tokens: FOREIGN KEY (user_id) REFERENCES control.users(id) ON DELETE CASCADE
constraint on api_tokens: PRIMARY KEY (id)
constraint on api_tokens: UNIQUE (hash)
constraint on attempts: FOREIGN KEY (user_id) REFERENCES control.users(id) ON DELETE CASCADE
constraint on attempts: PRIMARY KEY (id)
constraint on attempts: UNIQUE (hash)
constraint on audit: CHECK ((length(hash) = 64))
constraint on audit: CHECK ((length(prev) = 64))
constraint on audit: PRIMARY KEY (seq)
constraint on audit_checks: PRIMARY KEY (chain)
constraint on audit_heads: CHECK ((length(head) = 64))
constraint on audit_heads: PRIMARY KEY (chain)
constraint on buyers: PRIMARY KEY (firm)
constraint on checkpoints: PRIMARY KEY (id)
constraint on deliveries: PRIMARY KEY (provider, id, kind, ref)
constraint on devices: FOREIGN KEY (user_id) REFERENCES control.users(id) ON DELETE CASCADE
constraint on devices: PRIMARY KEY (id)
constraint on devices: UNIQUE (hash)
constraint on events: PRIMARY KEY (id)
constraint on exchange_use: PRIMARY KEY (name)
constraint on firms: PRIMARY KEY (id)
constraint on grants: PRIMARY KEY (id)
constraint on homes: PRIMARY KEY (firm_id)
constraint on installation: PRIMARY KEY (id)
constraint on invitations: PRIMARY KEY (id)
constraint on key_sets: CHECK ((length(owner) = 32))
constraint on key_sets: PRIMARY KEY (owner)
constraint on leases: PRIMARY KEY (name)
constraint on letters: CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'failed'::text, 'not_sent'::text])))
constraint on letters: PRIMARY KEY (id)
constraint on locks: PRIMARY KEY (name)
constraint on marks: PRIMARY KEY (name)
constraint on members: PRIMARY KEY (firm, person)
constraint on notices: PRIMARY KEY (id)
constraint on orders: FOREIGN KEY (id) REFERENCES control.payments(id)
constraint on orders: PRIMARY KEY (id)
constraint on passkeys: FOREIGN KEY (user_id) REFERENCES control.users(id) ON DELETE CASCADE
constraint on passkeys: PRIMARY KEY (id)
constraint on passkeys: UNIQUE (credential_key)
constraint on payments: PRIMARY KEY (id)
constraint on periods: FOREIGN KEY (id) REFERENCES control.payments(id)
constraint on periods: PRIMARY KEY (id)
constraint on receipts: FOREIGN KEY (id) REFERENCES control.payments(id)
constraint on receipts: PRIMARY KEY (id)
constraint on receipts: UNIQUE (number)
constraint on recovery_codes: FOREIGN KEY (user_id) REFERENCES control.users(id) ON DELETE CASCADE
constraint on recovery_codes: PRIMARY KEY (user_id, hash)
constraint on refunds: PRIMARY KEY (id)
constraint on releases: PRIMARY KEY (firm, entity, year)
constraint on role_rights: PRIMARY KEY (firm, role)
constraint on schedules: PRIMARY KEY (name)
constraint on sessions: FOREIGN KEY (user_id) REFERENCES control.users(id) ON DELETE CASCADE
constraint on sessions: PRIMARY KEY (id)
constraint on sessions: UNIQUE (hash)
constraint on setup_code: CHECK ((id = 1))
constraint on setup_code: PRIMARY KEY (id)
constraint on spent: PRIMARY KEY (hash)
constraint on subscriptions: PRIMARY KEY (firm)
constraint on users: PRIMARY KEY (id)
constraint on users: UNIQUE (email_key)
CREATE INDEX answers_at ON control.answers USING btree (at)
CREATE INDEX api_tokens_user ON control.api_tokens USING btree (user_id, ended_at)
CREATE INDEX attempts_until ON control.attempts USING btree (until)
CREATE INDEX audit_firm ON control.audit USING btree (firm, seq)
CREATE INDEX devices_user ON control.devices USING btree (user_id)
CREATE INDEX events_actor ON control.events USING btree (actor, at)
CREATE INDEX events_at ON control.events USING btree (at)
CREATE INDEX events_firm ON control.events USING btree (firm, at)
CREATE INDEX exchange_use_over ON control.exchange_use USING btree (expires_at)
CREATE INDEX grants_email ON control.grants USING btree (email, state)
CREATE INDEX grants_home ON control.grants USING btree (home, entity)
CREATE INDEX grants_to_firm ON control.grants USING btree (to_firm, state)
CREATE INDEX grants_to_user ON control.grants USING btree (to_user, state)
CREATE INDEX grants_until ON control.grants USING btree (state, until)
CREATE INDEX invitations_firm ON control.invitations USING btree (firm, created_at)
CREATE INDEX letters_written ON control.letters USING btree (written_at)
CREATE INDEX locks_changed ON control.locks USING btree (changed_at)
CREATE INDEX members_person ON control.members USING btree (person)
CREATE INDEX orders_odd ON control.orders USING btree (odd)
CREATE INDEX passkeys_user ON control.passkeys USING btree (user_id)
CREATE INDEX payments_firm ON control.payments USING btree (firm, created)
CREATE INDEX periods_firm ON control.periods USING btree (firm, from_at)
CREATE INDEX sessions_user ON control.sessions USING btree (user_id, ended_at)
CREATE INDEX spent_until ON control.spent USING btree (until)
CREATE INDEX subscriptions_until ON control.subscriptions USING btree (until)
CREATE UNIQUE INDEX answers_pkey ON control.answers USING btree (key)
CREATE UNIQUE INDEX api_tokens_hash_key ON control.api_tokens USING btree (hash)
CREATE UNIQUE INDEX api_tokens_pkey ON control.api_tokens USING btree (id)
CREATE UNIQUE INDEX attempts_hash_key ON control.attempts USING btree (hash)
CREATE UNIQUE INDEX attempts_pkey ON control.attempts USING btree (id)
CREATE UNIQUE INDEX audit_checks_pkey ON control.audit_checks USING btree (chain)
CREATE UNIQUE INDEX audit_heads_pkey ON control.audit_heads USING btree (chain)
CREATE UNIQUE INDEX audit_pkey ON control.audit USING btree (seq)
CREATE UNIQUE INDEX buyers_pkey ON control.buyers USING btree (firm)
CREATE UNIQUE INDEX checkpoints_pkey ON control.checkpoints USING btree (id)
CREATE UNIQUE INDEX deliveries_pkey ON control.deliveries USING btree (provider, id, kind, ref)
CREATE UNIQUE INDEX devices_hash_key ON control.devices USING btree (hash)
CREATE UNIQUE INDEX devices_pkey ON control.devices USING btree (id)
CREATE UNIQUE INDEX events_pkey ON control.events USING btree (id)
CREATE UNIQUE INDEX exchange_use_pkey ON control.exchange_use USING btree (name)
CREATE UNIQUE INDEX firms_pkey ON control.firms USING btree (id)
CREATE UNIQUE INDEX grants_pkey ON control.grants USING btree (id)
CREATE UNIQUE INDEX homes_pkey ON control.homes USING btree (firm_id)
CREATE UNIQUE INDEX installation_pkey ON control.installation USING btree (id)
CREATE UNIQUE INDEX invitations_pkey ON control.invitations USING btree (id)
CREATE UNIQUE INDEX key_sets_pkey ON control.key_sets USING btree (owner)
CREATE UNIQUE INDEX leases_pkey ON control.leases USING btree (name)
CREATE UNIQUE INDEX letters_pkey ON control.letters USING btree (id)
CREATE UNIQUE INDEX locks_pkey ON control.locks USING btree (name)
CREATE UNIQUE INDEX marks_pkey ON control.marks USING btree (name)
CREATE UNIQUE INDEX members_pkey ON control.members USING btree (firm, person)
CREATE UNIQUE INDEX notices_pkey ON control.notices USING btree (id)
CREATE UNIQUE INDEX orders_pkey ON control.orders USING btree (id)
CREATE UNIQUE INDEX orders_token ON control.orders USING btree (firm, token)
CREATE UNIQUE INDEX passkeys_credential_key_key ON control.passkeys USING btree (credential_key)
CREATE UNIQUE INDEX passkeys_pkey ON control.passkeys USING btree (id)
CREATE UNIQUE INDEX payments_pkey ON control.payments USING btree (id)
CREATE UNIQUE INDEX payments_ref ON control.payments USING btree (provider, provider_ref)
CREATE UNIQUE INDEX periods_pkey ON control.periods USING btree (id)
CREATE UNIQUE INDEX receipts_number_key ON control.receipts USING btree (number)
CREATE UNIQUE INDEX receipts_pkey ON control.receipts USING btree (id)
CREATE UNIQUE INDEX recovery_codes_pkey ON control.recovery_codes USING btree (user_id, hash)
CREATE UNIQUE INDEX refunds_pkey ON control.refunds USING btree (id)
CREATE UNIQUE INDEX releases_pkey ON control.releases USING btree (firm, entity, year)
CREATE UNIQUE INDEX role_rights_pkey ON control.role_rights USING btree (firm, role)
CREATE UNIQUE INDEX schedules_pkey ON control.schedules USING btree (name)
CREATE UNIQUE INDEX sessions_hash_key ON control.sessions USING btree (hash)
CREATE UNIQUE INDEX sessions_pkey ON control.sessions USING btree (id)
CREATE UNIQUE INDEX setup_code_pkey ON control.setup_code USING btree (id)
CREATE UNIQUE INDEX spent_pkey ON control.spent USING btree (hash)
CREATE UNIQUE INDEX subscriptions_pkey ON control.subscriptions USING btree (firm)
CREATE UNIQUE INDEX users_email_key_key ON control.users USING btree (email_key)
CREATE UNIQUE INDEX users_pkey ON control.users USING btree (id)
