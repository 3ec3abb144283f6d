package web

import (
	"strconv"
	"strings"

	"github.com/ledgersys/ledgersys/internal/web/ui"
)

// scopeList is what API tokens can be given, with a sentence for each.
func scopeList() []ui.Option {
	return []ui.Option{
		{Value: "read", Text: "See firms, clients, transactions and results; download reports."},
		{Value: "write", Text: "Add and change clients, transactions and settings of books."},
		{Value: "imports", Text: "Upload statements and take imports back."},
		{Value: "connections", Text: "Link exchanges and wallets and start fetching. Keys are never shown."},
		{Value: "billing", Text: "See and pay invoices."},
		{Value: "members", Text: "See, invite and remove people."},
		{Value: "audit", Text: "Read the audit log and security events."},
		{Value: "admin", Text: "Everything that you may do."},
	}
}

func fromAddress(address string) string {
	if address == "" {
		return ""
	}
	return " from " + address
}

func viewBox(size int) string {
	n := strconv.Itoa(size)
	return "0 0 " + n + " " + n
}

func joined(codes []string) string { return strings.Join(codes, "\n") }

// tokenDays is how long an API token may be good for.
func tokenDays() []ui.Option {
	return []ui.Option{{Value: "30", Text: "30 days"}, {Value: "90", Text: "90 days"}, {Value: "365", Text: "a year"}}
}

// keyKind says where a passkey lives.
func keyKind(k passkeyRow) string {
	if k.Synced {
		return "synced"
	}
	return "this device only"
}
