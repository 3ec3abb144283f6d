table accounts: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table accounts: no bigint not null
table accounts: book_no bigint not null
table accounts: name bytea not null
table accounts: name_key bytea not null
table answers: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table answers: key text not null
table answers: digest text not null
table answers: at timestamp with time zone not null
table answers: answer bytea
table audit: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
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
table batches: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table batches: book_no bigint not null
table batches: no bigint not null
table batches: created_at timestamp with time zone not null
table books: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table books: no bigint not null
table books: entity_id uuid not null
table books: version bigint not null
table books: batches bigint not null
table decisions: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table decisions: id uuid not null
table decisions: book_no bigint not null
table decisions: seq bigint not null
table decisions: at timestamp with time zone not null
table decisions: decided_by uuid
table decisions: kind text not null
table decisions: subject text not null
table decisions: undoes uuid
table decisions: body bytea
table doubles: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table doubles: book_no bigint not null
table doubles: batch bigint not null
table doubles: first integer not null
table doubles: last integer not null
table entities: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table entities: id uuid not null
table entities: name bytea not null
table entities: country text not null
table entities: currency text not null
table entities: timezone text not null
table entities: zone_given boolean not null
table entities: method text not null
table entities: options bytea
table entities: status text not null
table entities: due_at timestamp with time zone
table entities: preparer uuid
table entities: reviewer uuid
table entities: created_at timestamp with time zone not null
table entities: archived_at timestamp with time zone
table entities: version bigint not null
table events: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
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
table file_chunks: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table file_chunks: file_id uuid not null
table file_chunks: n integer not null
table file_chunks: data bytea not null
table files: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table files: id uuid not null
table files: created_at timestamp with time zone not null
table files: kept_at timestamp with time zone
table files: size bigint not null
table files: chunks integer not null
table files: sha256 text not null
table header: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table header: residency text not null
table header: created_at timestamp with time zone not null
table held_rows: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table held_rows: book_no bigint not null
table held_rows: batch bigint not null
table held_rows: n integer not null
table held_rows: data bytea not null
table holds: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table holds: id uuid not null
table holds: entity_id uuid
table holds: reason bytea
table holds: placed_at timestamp with time zone not null
table holds: lifted_at timestamp with time zone
table import_sources: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table import_sources: id uuid not null
table import_sources: import_id uuid not null
table import_sources: book_no bigint not null
table import_sources: place integer not null
table import_sources: file_id uuid not null
table import_sources: twin boolean not null
table import_sources: rank integer not null
table import_sources: batch bigint not null
table import_sources: held_batch bigint not null
table import_sources: lost_batch bigint not null
table import_sources: private bytea not null
table imports: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table imports: id uuid not null
table imports: book_no bigint not null
table imports: state text not null
table imports: stored bigint not null
table imports: created_at timestamp with time zone not null
table imports: created_by uuid
table imports: ended_at timestamp with time zone
table imports: private bytea
table ledger_events: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table ledger_events: book_no bigint not null
table ledger_events: batch bigint not null
table ledger_events: seq integer not null
table ledger_events: tx bytea not null
table ledger_events: at bigint not null
table ledger_events: kind text not null
table ledger_events: flags integer not null
table ledger_events: account_no bigint
table ledger_events: to_account_no bigint
table ledger_events: asset text not null
table ledger_events: amount numeric not null
table ledger_events: value numeric
table ledger_events: value_currency text
table ledger_events: fee numeric
table ledger_events: fee_currency text
table ledger_events: to_asset text
table ledger_events: to_amount numeric
table ledger_events: line bigint not null
table ledger_events: row_count integer not null
table ledger_events: more bytea
table link_keys: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table link_keys: link_id uuid not null
table link_keys: sealed bytea not null
table link_records: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table link_records: link_id uuid not null
table link_records: stream text not null
table link_records: id text not null
table link_records: at timestamp with time zone not null
table link_records: endpoint text not null
table link_records: digest text not null
table link_records: sealed bytea not null
table link_records: keyed boolean not null default false
table link_runs: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table link_runs: id uuid not null
table link_runs: link_id uuid not null
table link_runs: state text not null
table link_runs: asked_at timestamp with time zone not null
table link_runs: started_at timestamp with time zone
table link_runs: ended_at timestamp with time zone
table link_runs: rows bigint not null
table link_runs: code text not null
table link_runs: until_at timestamp with time zone
table link_streams: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table link_streams: link_id uuid not null
table link_streams: name text not null
table link_streams: place bigint not null
table link_streams: state text not null
table link_streams: cursor text not null
table link_streams: from_at timestamp with time zone
table link_streams: to_at timestamp with time zone
table link_streams: rows bigint not null
table link_streams: total bigint not null
table link_streams: changed bigint not null
table links: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table links: id uuid not null
table links: entity_id uuid not null
table links: exchange text not null
table links: last4 text not null
table links: state text not null
table links: code text not null
table links: schedule text not null
table links: turn bigint not null
table links: next_at timestamp with time zone
table links: created_at timestamp with time zone not null
table links: stated_at timestamp with time zone
table links: import_id uuid
table links: strikes bigint not null
table links: private bytea not null
table outbox: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table outbox: id uuid not null
table outbox: kind text not null
table outbox: key text not null
table outbox: args text not null
table outbox: run_at timestamp with time zone not null
table outbox: created_at timestamp with time zone not null
table pairs: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table pairs: id uuid not null
table pairs: book_no bigint not null
table pairs: out_tx bytea not null
table pairs: in_tx bytea not null
table pairs: state text not null
table pairs: reason text not null
table pairs: asset text not null
table pairs: at bigint not null
table pairs: found_at timestamp with time zone not null
table pairs: private bytea not null
table price_settings: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table price_settings: entity_id uuid not null
table price_settings: revision bigint not null
table price_settings: lookups text not null
table price_settings: file_id uuid
table price_settings: file_name bytea
table price_settings: file_sha text
table price_settings: file_at timestamp with time zone
table quotes: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table quotes: entity_id uuid not null
table quotes: asset text not null
table quotes: currency text not null
table quotes: at bigint not null
table quotes: day bigint not null
table quotes: asked bigint not null
table quotes: code text not null
table quotes: price numeric
table quotes: source text
table quotes: candle_at timestamp with time zone
table quotes: width bigint
table quotes: fetched_at timestamp with time zone not null
table quotes: second_source text
table quotes: second_price numeric
table quotes: spread numeric
table reports: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table reports: book_no bigint not null
table reports: label text not null
table reports: key text not null
table reports: file_id uuid not null
table reports: size bigint not null
table reports: built_at timestamp with time zone not null
table reports: summary bytea not null
table wallet_called: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table wallet_called: wallet_id uuid not null
table wallet_called: n bigint not null
table wallet_called: tx_key bytea not null
table wallet_called: sealed bytea not null
table wallet_chain: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table wallet_chain: wallet_id uuid not null
table wallet_chain: sealed bytea not null
table wallet_coins: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table wallet_coins: wallet_id uuid not null
table wallet_coins: n bigint not null
table wallet_coins: sealed bytea not null
table wallet_labels: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table wallet_labels: wallet_id uuid not null
table wallet_labels: sealed bytea not null
table wallets: firm_id uuid not null default (current_setting('app.firm'::text))::uuid
table wallets: id uuid not null
table wallets: entity_id uuid not null
table wallets: kind text not null
table wallets: source text not null
table wallets: gap bigint not null
table wallets: state text not null
table wallets: code text not null
table wallets: created_at timestamp with time zone not null
table wallets: scanned_at timestamp with time zone
table wallets: import_id uuid
table wallets: private bytea not null
constraint on accounts: FOREIGN KEY (firm_id, book_no) REFERENCES firm.books(firm_id, no)
constraint on accounts: PRIMARY KEY (firm_id, no)
constraint on accounts: UNIQUE (firm_id, book_no, name_key)
constraint on answers: CHECK ((length(digest) = 64))
constraint on answers: CHECK ((length(key) = 64))
constraint on answers: PRIMARY KEY (firm_id, key)
constraint on audit: CHECK ((length(hash) = 64))
constraint on audit: CHECK ((length(prev) = 64))
constraint on audit: PRIMARY KEY (firm_id, seq)
constraint on batches: FOREIGN KEY (firm_id, book_no) REFERENCES firm.books(firm_id, no)
constraint on batches: PRIMARY KEY (firm_id, book_no, no)
constraint on books: PRIMARY KEY (firm_id, no)
constraint on books: UNIQUE (firm_id, entity_id)
constraint on decisions: FOREIGN KEY (firm_id, book_no) REFERENCES firm.books(firm_id, no)
constraint on decisions: FOREIGN KEY (firm_id, undoes) REFERENCES firm.decisions(firm_id, id)
constraint on decisions: PRIMARY KEY (firm_id, id)
constraint on decisions: UNIQUE (firm_id, book_no, seq)
constraint on doubles: PRIMARY KEY (firm_id, book_no, batch, first)
constraint on entities: PRIMARY KEY (firm_id, id)
constraint on events: PRIMARY KEY (firm_id, id)
constraint on file_chunks: FOREIGN KEY (firm_id, file_id) REFERENCES firm.files(firm_id, id) ON DELETE CASCADE
constraint on file_chunks: PRIMARY KEY (firm_id, file_id, n)
constraint on files: PRIMARY KEY (firm_id, id)
constraint on header: PRIMARY KEY (firm_id)
constraint on held_rows: PRIMARY KEY (firm_id, book_no, batch, n)
constraint on holds: PRIMARY KEY (firm_id, id)
constraint on import_sources: FOREIGN KEY (firm_id, book_no) REFERENCES firm.books(firm_id, no)
constraint on import_sources: FOREIGN KEY (firm_id, file_id) REFERENCES firm.files(firm_id, id)
constraint on import_sources: FOREIGN KEY (firm_id, import_id) REFERENCES firm.imports(firm_id, id)
constraint on import_sources: PRIMARY KEY (firm_id, id)
constraint on imports: FOREIGN KEY (firm_id, book_no) REFERENCES firm.books(firm_id, no)
constraint on imports: PRIMARY KEY (firm_id, id)
constraint on ledger_events: PRIMARY KEY (firm_id, book_no, batch, seq)
constraint on link_keys: FOREIGN KEY (firm_id, link_id) REFERENCES firm.links(firm_id, id)
constraint on link_keys: PRIMARY KEY (firm_id, link_id)
constraint on link_records: CHECK ((length(digest) = 64))
constraint on link_records: FOREIGN KEY (firm_id, link_id) REFERENCES firm.links(firm_id, id)
constraint on link_records: PRIMARY KEY (firm_id, link_id, stream, id)
constraint on link_runs: FOREIGN KEY (firm_id, link_id) REFERENCES firm.links(firm_id, id)
constraint on link_runs: PRIMARY KEY (firm_id, id)
constraint on link_streams: FOREIGN KEY (firm_id, link_id) REFERENCES firm.links(firm_id, id)
constraint on link_streams: PRIMARY KEY (firm_id, link_id, name)
constraint on links: PRIMARY KEY (firm_id, id)
constraint on outbox: PRIMARY KEY (firm_id, id)
constraint on pairs: CHECK ((length(in_tx) = 16))
constraint on pairs: CHECK ((length(out_tx) = 16))
constraint on pairs: FOREIGN KEY (firm_id, book_no) REFERENCES firm.books(firm_id, no)
constraint on pairs: PRIMARY KEY (firm_id, id)
constraint on pairs: UNIQUE (firm_id, book_no, out_tx, in_tx)
constraint on price_settings: FOREIGN KEY (firm_id, file_id) REFERENCES firm.files(firm_id, id)
constraint on price_settings: PRIMARY KEY (firm_id, entity_id)
constraint on quotes: CHECK (((price IS NULL) = (code <> ''::text)))
constraint on quotes: PRIMARY KEY (firm_id, entity_id, asset, currency, at, day, asked)
constraint on reports: CHECK ((length(key) = 64))
constraint on reports: FOREIGN KEY (firm_id, book_no) REFERENCES firm.books(firm_id, no)
constraint on reports: FOREIGN KEY (firm_id, file_id) REFERENCES firm.files(firm_id, id)
constraint on reports: PRIMARY KEY (firm_id, book_no, label)
constraint on wallet_called: FOREIGN KEY (firm_id, wallet_id) REFERENCES firm.wallets(firm_id, id)
constraint on wallet_called: PRIMARY KEY (firm_id, wallet_id, n)
constraint on wallet_chain: FOREIGN KEY (firm_id, wallet_id) REFERENCES firm.wallets(firm_id, id)
constraint on wallet_chain: PRIMARY KEY (firm_id, wallet_id)
constraint on wallet_coins: FOREIGN KEY (firm_id, wallet_id) REFERENCES firm.wallets(firm_id, id)
constraint on wallet_coins: PRIMARY KEY (firm_id, wallet_id, n)
constraint on wallet_labels: FOREIGN KEY (firm_id, wallet_id) REFERENCES firm.wallets(firm_id, id)
constraint on wallet_labels: PRIMARY KEY (firm_id, wallet_id)
constraint on wallets: PRIMARY KEY (firm_id, id)
CREATE INDEX answers_at ON firm.answers USING btree (firm_id, at)
CREATE INDEX events_actor ON firm.events USING btree (firm_id, actor, at)
CREATE INDEX events_at ON firm.events USING btree (firm_id, at)
CREATE INDEX files_kept ON firm.files USING btree (firm_id, kept_at, created_at)
CREATE INDEX import_sources_batch ON firm.import_sources USING btree (firm_id, book_no, batch)
CREATE INDEX import_sources_import ON firm.import_sources USING btree (firm_id, import_id, place)
CREATE INDEX imports_book ON firm.imports USING btree (firm_id, book_no, created_at, id)
CREATE INDEX ledger_events_account ON firm.ledger_events USING btree (firm_id, book_no, account_no, at)
CREATE INDEX ledger_events_asset ON firm.ledger_events USING btree (firm_id, book_no, asset, at)
CREATE INDEX ledger_events_at ON firm.ledger_events USING btree (firm_id, book_no, at, batch, seq)
CREATE INDEX ledger_events_to_account ON firm.ledger_events USING btree (firm_id, book_no, to_account_no, at) WHERE (to_account_no IS NOT NULL)
CREATE INDEX ledger_events_to_asset ON firm.ledger_events USING btree (firm_id, book_no, to_asset, at) WHERE (to_asset IS NOT NULL)
CREATE INDEX link_records_plain ON firm.link_records USING btree (firm_id, link_id) WHERE (NOT keyed)
CREATE INDEX link_runs_link ON firm.link_runs USING btree (firm_id, link_id, asked_at)
CREATE INDEX links_entity ON firm.links USING btree (firm_id, entity_id)
CREATE INDEX pairs_at ON firm.pairs USING btree (firm_id, book_no, at, id)
CREATE INDEX quotes_at ON firm.quotes USING btree (firm_id, entity_id, at, asset, currency, day, asked)
CREATE INDEX wallet_called_tx ON firm.wallet_called USING btree (firm_id, wallet_id, tx_key)
CREATE INDEX wallets_entity ON firm.wallets USING btree (firm_id, entity_id)
CREATE UNIQUE INDEX accounts_firm_id_book_no_name_key_key ON firm.accounts USING btree (firm_id, book_no, name_key)
CREATE UNIQUE INDEX accounts_pkey ON firm.accounts USING btree (firm_id, no)
CREATE UNIQUE INDEX answers_pkey ON firm.answers USING btree (firm_id, key)
CREATE UNIQUE INDEX audit_pkey ON firm.audit USING btree (firm_id, seq)
CREATE UNIQUE INDEX batches_pkey ON firm.batches USING btree (firm_id, book_no, no)
CREATE UNIQUE INDEX books_firm_id_entity_id_key ON firm.books USING btree (firm_id, entity_id)
CREATE UNIQUE INDEX books_pkey ON firm.books USING btree (firm_id, no)
CREATE UNIQUE INDEX decisions_firm_id_book_no_seq_key ON firm.decisions USING btree (firm_id, book_no, seq)
CREATE UNIQUE INDEX decisions_pkey ON firm.decisions USING btree (firm_id, id)
CREATE UNIQUE INDEX doubles_pkey ON firm.doubles USING btree (firm_id, book_no, batch, first)
CREATE UNIQUE INDEX entities_pkey ON firm.entities USING btree (firm_id, id)
CREATE UNIQUE INDEX events_pkey ON firm.events USING btree (firm_id, id)
CREATE UNIQUE INDEX file_chunks_pkey ON firm.file_chunks USING btree (firm_id, file_id, n)
CREATE UNIQUE INDEX files_pkey ON firm.files USING btree (firm_id, id)
CREATE UNIQUE INDEX header_pkey ON firm.header USING btree (firm_id)
CREATE UNIQUE INDEX held_rows_pkey ON firm.held_rows USING btree (firm_id, book_no, batch, n)
CREATE UNIQUE INDEX holds_pkey ON firm.holds USING btree (firm_id, id)
CREATE UNIQUE INDEX import_sources_pkey ON firm.import_sources USING btree (firm_id, id)
CREATE UNIQUE INDEX imports_pkey ON firm.imports USING btree (firm_id, id)
CREATE UNIQUE INDEX ledger_events_pkey ON firm.ledger_events USING btree (firm_id, book_no, batch, seq)
CREATE UNIQUE INDEX link_keys_pkey ON firm.link_keys USING btree (firm_id, link_id)
CREATE UNIQUE INDEX link_records_pkey ON firm.link_records USING btree (firm_id, link_id, stream, id)
CREATE UNIQUE INDEX link_runs_pkey ON firm.link_runs USING btree (firm_id, id)
CREATE UNIQUE INDEX link_streams_pkey ON firm.link_streams USING btree (firm_id, link_id, name)
CREATE UNIQUE INDEX links_pkey ON firm.links USING btree (firm_id, id)
CREATE UNIQUE INDEX outbox_pkey ON firm.outbox USING btree (firm_id, id)
CREATE UNIQUE INDEX pairs_firm_id_book_no_out_tx_in_tx_key ON firm.pairs USING btree (firm_id, book_no, out_tx, in_tx)
CREATE UNIQUE INDEX pairs_pkey ON firm.pairs USING btree (firm_id, id)
CREATE UNIQUE INDEX price_settings_pkey ON firm.price_settings USING btree (firm_id, entity_id)
CREATE UNIQUE INDEX quotes_pkey ON firm.quotes USING btree (firm_id, entity_id, asset, currency, at, day, asked)
CREATE UNIQUE INDEX reports_pkey ON firm.reports USING btree (firm_id, book_no, label)
CREATE UNIQUE INDEX wallet_called_pkey ON firm.wallet_called USING btree (firm_id, wallet_id, n)
CREATE UNIQUE INDEX wallet_chain_pkey ON firm.wallet_chain USING btree (firm_id, wallet_id)
CREATE UNIQUE INDEX wallet_coins_pkey ON firm.wallet_coins USING btree (firm_id, wallet_id, n)
CREATE UNIQUE INDEX wallet_labels_pkey ON firm.wallet_labels USING btree (firm_id, wallet_id)
CREATE UNIQUE INDEX wallets_pkey ON firm.wallets USING btree (firm_id, id)
policy on accounts: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on answers: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on audit: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on batches: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on books: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on decisions: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on doubles: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on entities: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on events: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on file_chunks: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on files: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on header: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on held_rows: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on holds: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on import_sources: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on imports: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on ledger_events: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on link_keys: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on link_records: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on link_runs: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on link_streams: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on links: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on outbox: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on pairs: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on price_settings: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on quotes: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on reports: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on wallet_called: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on wallet_chain: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on wallet_coins: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on wallet_labels: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
policy on wallets: firm ALL using (firm_id = (current_setting('app.firm'::text))::uuid) check (firm_id = (current_setting('app.firm'::text))::uuid)
trigger on decisions: CREATE TRIGGER decisions_stay BEFORE UPDATE OF firm_id, id, book_no, seq, at, decided_by, kind, subject, undoes ON firm.decisions FOR EACH ROW EXECUTE FUNCTION firm.decisions_stay()
