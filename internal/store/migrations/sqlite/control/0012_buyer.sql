-- +goose Up

-- To whom a firm's receipts are made out: name, address and VAT number, sealed.
create table buyers (
  firm       text not null primary key check (length(firm) = 32),
  private    blob not null,
  changed_at text not null
) strict;

-- Name and address of the buyer on a receipt, sealed; null if none was given.
alter table receipts add column buyer blob;

-- +goose Down
select 1;
