-- +goose Up

-- The VAT number because of which the buyer owes the tax itself, sealed.
alter table orders add column tax_number bytea;

-- +goose Down
select 1;
