package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// helpVerb explains verbs and topics.
type helpVerb struct {
	Topic []string `arg:"" optional:"" help:"A verb such as tax report, or environment, exit-codes, files or formatting."`
}

// Run explains.
func (v *helpVerb) Run(s *Streams, app *kong.Kong) error {
	if len(v.Topic) == 1 {
		if text := topic(v.Topic[0]); text != "" {
			_, err := io.WriteString(s.Out, text)
			return err
		}
	}
	node := app.Model.Node
	for _, word := range v.Topic {
		i := slices.IndexFunc(node.Children, func(n *kong.Node) bool { return n.Name == word })
		if i < 0 {
			return usage(fmt.Errorf("no help for %q: name a verb, or environment, exit-codes, files, formatting\ntry: ledgersys help", strings.Join(v.Topic, " ")))
		}
		node = node.Children[i]
	}
	ctx, err := kong.Trace(app, v.Topic)
	if err != nil {
		return err
	}
	return ctx.PrintUsage(false)
}

// topic returns the text of a topic that is no verb, or "".
func topic(name string) string {
	switch name {
	case "environment":
		return environmentHelp
	case "exit-codes":
		var b strings.Builder
		b.WriteString("Every run ends with one of these; a code that is not listed is an error.\n\n")
		for _, x := range exitCodes() {
			fmt.Fprintf(&b, "  %-5s %s\n", x[0], x[1])
		}
		b.WriteString("\nWith --json the last line of stderr says it as JSON:\n  {\"message_type\":\"exit_error\",\"code\":2,\"error_code\":\"usage\",\"message\":\"…\",\"hint\":\"…\"}\n")
		return b.String()
	case "files":
		return filesHelp()
	case "formatting":
		return formattingHelp
	}
	return ""
}

// exitCodes are the exit codes with what they mean.
func exitCodes() [][2]string {
	return [][2]string{
		{"0", "fine"},
		{"1", "error"},
		{"2", "bad usage or unusable input, nothing was written"},
		{"3", "finished and wrote its output, but issues or held rows remain"},
		{"4", "sign-in or token needed"},
		{"5", "refused: locked period"},
		{"6", "verification failed"},
		{"10", "books not found"},
		{"11", "books in use by another process"},
		{"12", "wrong passphrase or key"},
		{"130", "interrupted"},
	}
}

const environmentHelp = `Variables that the command line looks at:

  NO_COLOR          any value: no colors
  CLICOLOR=0        no colors
  CLICOLOR_FORCE=1  colors although the output is no terminal
  TERM=dumb         neither colors nor progress
`

const formattingHelp = `Data goes to stdout or --out, everything else to stderr.

  --json      one JSON document; amounts are decimal strings, never rounded
              beyond 18 decimals; times are RFC 3339 with offset; null is unknown
  --schema    print the JSON Schema of that document and end
  --out DIR   forms as CSV, named FORM-YEAR.csv, and result.json
  --no-color  no colors; so do NO_COLOR and CLICOLOR=0
  --plain     neither colors nor progress
  --quiet     nothing on stderr but errors and held rows
`

// filesHelp lists the formats that are read.
func filesHelp() string {
	var b strings.Builder
	b.WriteString("Files are recognised from what is in them, not from their names; plain, or in\n.gz, .zip or .xlsx; - is standard input. Formats:\n\n")
	fmt.Fprintf(&b, "  %-24s %s\n", "ledgersys-json", "Ledger JSON, lossless")
	for _, f := range Formats() {
		fmt.Fprintf(&b, "  %-24s %s\n", f.Name, f.Title)
	}
	b.WriteString("\nFor anything else write Ledgersys CSV: ledgersys-csv(5). Side files:\n\n" +
		"  --prices       time,asset,currency,price\n" +
		"  --form-1099da  account,asset,date_sold,units,proceeds,basis,basis_reported\n" +
		"  --options      JSON: taxpayer, filing_status, years, and options of the computation\n")
	return b.String()
}
