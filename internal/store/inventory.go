package store

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed inventory
var inventory embed.FS

// Column says of a column of the databases what it is for. Columns of tables
// that belong to a library are one entry, "*".
type Column struct {
	Store     string `json:"store"` // "control", or "firm": each firm's own
	Table     string `json:"table"`
	Column    string `json:"column"`
	Purpose   string `json:"purpose"`
	Class     string `json:"class"`     // technical, identifier, account, personal, financial, security, secret
	Kept      string `json:"kept"`      // plain, sealed (encrypted with the firm's key) or hashed
	Retention string `json:"retention"` // how long; see Retentions
}

// Retentions says what the words for retention mean.
func Retentions() map[string]string {
	return map[string]string{
		"installation": "as long as the installation exists",
		"firm":         "as long as the firm exists; unreadable from the moment its keys are destroyed",
		"account":      "as long as the person's account exists",
		"financial":    "by the law of the firm's country, at least seven years; unreadable from the moment the firm's keys are destroyed",
		"derived":      "as long as the records it is rebuilt from",
		"security":     "ninety days",
		"session":      "until the session or token ends, at most ninety days more",
		"week":         "seven days",
		"month":        "thirty days",
		"job":          "until it is done, at most a week more",
	}
}

// classes are the kinds of data, and ways how they are kept.
const (
	classes = " technical identifier account personal financial security secret "
	ways    = " plain sealed hashed "
)

// Inventory returns every column with its purpose, class and retention.
func Inventory() ([]Column, error) {
	var all []Column
	err := fs.WalkDir(inventory, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := inventory.ReadFile(name)
		if err != nil {
			return err
		}
		tree := strings.Split(name, "/")[1]
		for i, line := range strings.Split(strings.TrimSpace(string(text)), "\n") {
			if strings.HasPrefix(line, "#") {
				continue
			}
			f := strings.Split(line, "\t")
			if len(f) != 6 || Retentions()[f[5]] == "" || !strings.Contains(classes, " "+f[3]+" ") || !strings.Contains(ways, " "+f[4]+" ") {
				return fmt.Errorf("%s:%d: table, columns, purpose, class, kept, retention are six words of the lists, with tabs between", name, i+1)
			}
			for _, column := range strings.Split(f[1], ",") {
				all = append(all, Column{tree, f[0], column, f[2], f[3], f[4], f[5]})
			}
		}
		return nil
	})
	return all, err
}
