package logging

// listed reports whether the value of a key may be logged. A key is on the list
// if its values cannot be secrets, amounts, names of people or what they wrote.
func listed(key string) bool {
	switch key {
	case
		// The program.
		"version", "listen", "data", "setting", "source", "component", "signal", "port",
		// Requests.
		"request_id", "method", "route", "status", "took", "bytes", "address", "agent_hash", "limit", "kind", "code", "outcome", "deadline_fixed",
		// Who and where: ids only.
		"firm", "entity", "user", "session", "token", "actor", "via", "grant", "member", "role", "action", "object", "event", "reason",
		// Work.
		"job", "task", "try", "attempt", "unusable", "queue", "id", "count", "rows", "batch", "due", "next", "last", "age", "retry_after", "state",
		"asked", "found", "made", "dissolved",
		// The store and the machine.
		"database", "dialect", "migration", "table", "sql", "seq", "size", "free", "used", "percent", "file_hash", "open_files", "key_id", "key_version",
		// What is outside.
		"exchange", "stream", "endpoint", "host", "provider", "connection", "wallet", "import", "format", "invoice", "weight", "height", "network",
		// What went wrong: our errors name places and never quote content.
		"error", "stack":
		return true
	}
	return false
}
