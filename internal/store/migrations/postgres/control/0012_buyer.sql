-- +goose Up

-- To whom a firm's receipts are made out: name, address and VAT number, sealed.
create table buyers (
  firm       uuid not null primary key,
  private    bytea not null,
  changed_at timestamptz not null
);

-- Name and address of the buyer on a receipt, sealed; null if none was given.
alter table receipts add column buyer bytea;

-- +goose Down
select 1;
