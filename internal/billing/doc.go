// Package billing keeps plans, invoices and payments in bitcoin and by card.
package billing
