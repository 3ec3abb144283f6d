package cli

// adminVerbs are what the operator does; each is audited.
type adminVerbs struct {
	Move adminMove `cmd:"" help:"Move the whole installation to another database."`
}
