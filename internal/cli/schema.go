package cli

import (
	"embed"
	"io"
)

//go:embed schema/*.json
var schemas embed.FS

// schemaFlag prints what a verb's JSON looks like, for who programs against it.
type schemaFlag struct {
	Schema bool `help:"Print the JSON Schema of the output and end."`
}

// print prints the schema of a document of ours.
func (schemaFlag) print(w io.Writer, name string) error {
	text, err := schemas.ReadFile("schema/" + name + ".json")
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}
