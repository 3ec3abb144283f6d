package cli

import "github.com/ledgersys/ledgersys/pkg/statement/ledgersys"

// FormatNames returns the names of all formats.
func FormatNames() []string {
	names := []string{ledgersys.JSONName}
	for _, f := range Formats() {
		names = append(names, f.Name)
	}
	return names
}
