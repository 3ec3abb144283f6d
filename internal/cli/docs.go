package cli

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// completion prints the completion script of a shell.
type completion struct {
	Shell string `arg:"" enum:"bash,zsh,fish,powershell" help:"bash, zsh, fish or powershell."`
}

// Run prints the script. It is made from the same grammar that is parsed.
func (v *completion) Run(s *Streams, app *kong.Kong) error {
	words := map[string][]string{}
	collect(app.Model.Node, "", words)
	script := map[string]func(io.Writer, map[string][]string) error{
		"bash": bash, "zsh": zsh, "fish": fish, "powershell": powershell,
	}[v.Shell]
	return script(s.Out, words)
}

// collect lists, for each verb path, the words that may follow it.
func collect(n *kong.Node, path string, words map[string][]string) {
	var next []string
	for _, c := range n.Children {
		if c.Type == kong.CommandNode && !c.Hidden {
			next = append(next, c.Name)
			collect(c, strings.TrimSpace(path+" "+c.Name), words)
		}
	}
	for _, f := range n.Flags {
		if !f.Hidden {
			next = append(next, "--"+f.Name)
		}
	}
	words[path] = next
}

// paths are the verb paths in a fixed order, each behind those that go on from
// it: the first one that fits is the longest.
func paths(words map[string][]string) []string {
	list := slices.Sorted(maps.Keys(words))
	slices.Reverse(list)
	return slices.DeleteFunc(list, func(p string) bool { return p == "" })
}

func bash(w io.Writer, words map[string][]string) error {
	var b strings.Builder
	b.WriteString("# bash completion for ledgersys\n_ledgersys() {\n  local cur=${COMP_WORDS[COMP_CWORD]} path='' w\n  for w in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do [[ $w == -* ]] || path=\"$path $w\"; done\n  case \"${path# }\" in\n")
	for _, p := range paths(words) {
		fmt.Fprintf(&b, "    '%s'*) words='%s' ;;\n", p, strings.Join(words[p], " "))
	}
	fmt.Fprintf(&b, "    *) words='%s' ;;\n  esac\n", strings.Join(words[""], " "))
	b.WriteString("  if [[ $cur == -* || $COMP_CWORD -le 2 ]]; then COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")); fi\n  [[ ${#COMPREPLY[@]} -gt 0 ]] || COMPREPLY=($(compgen -f -- \"$cur\"))\n}\ncomplete -o filenames -F _ledgersys ledgersys\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func zsh(w io.Writer, words map[string][]string) error {
	_, err := io.WriteString(w, "#compdef ledgersys\nautoload -U +X bashcompinit && bashcompinit\n")
	if err != nil {
		return err
	}
	return bash(w, words)
}

func fish(w io.Writer, words map[string][]string) error {
	var b strings.Builder
	b.WriteString("# fish completion for ledgersys\n")
	line := func(condition string, list []string) {
		for _, x := range list {
			if name, ok := strings.CutPrefix(x, "--"); ok {
				fmt.Fprintf(&b, "complete -c ledgersys -n '%s' -l %s\n", condition, name)
			} else {
				fmt.Fprintf(&b, "complete -c ledgersys -n '%s' -f -a %s\n", condition, x)
			}
		}
	}
	line("__fish_use_subcommand", words[""])
	for _, p := range paths(words) {
		var seen []string
		for part := range strings.FieldsSeq(p) {
			seen = append(seen, "__fish_seen_subcommand_from "+part)
		}
		line(strings.Join(seen, "; and "), words[p])
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func powershell(w io.Writer, words map[string][]string) error {
	var b strings.Builder
	b.WriteString("# PowerShell completion for ledgersys\nRegister-ArgumentCompleter -Native -CommandName ledgersys -ScriptBlock {\n  param($word, $ast, $position)\n  $path = ($ast.CommandElements | Select-Object -Skip 1 | Where-Object { \"$_\" -notlike '-*' -and \"$_\" -ne $word }) -join ' '\n  $words = switch -Wildcard ($path) {\n")
	for _, p := range paths(words) {
		fmt.Fprintf(&b, "    '%s*' { '%s' }\n", p, strings.Join(words[p], " "))
	}
	fmt.Fprintf(&b, "    default { '%s' }\n  }\n  \"$(@($words)[0])\".Split(' ') | Where-Object { $_ -like \"$word*\" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }\n}\n", strings.Join(words[""], " "))
	_, err := io.WriteString(w, b.String())
	return err
}

// manual prints the manual pages.
type manual struct {
	Dir string `placeholder:"DIR" help:"Write all pages there instead of printing ledgersys(1)."`
}

// Run prints or writes.
func (v *manual) Run(s *Streams, app *kong.Kong) error {
	pages := map[string]string{
		"ledgersys.1":     page(app.Model.Node, "ledgersys", ""),
		"ledgersys-tax.1": page(child(app.Model.Node, "tax"), "ledgersys-tax", "tax "),
		"ledgersys-csv.5": csvPage,
	}
	if v.Dir == "" {
		_, err := io.WriteString(s.Out, pages["ledgersys.1"])
		return err
	}
	if err := checkFolder("--dir", v.Dir); err != nil {
		return err
	}
	if err := os.MkdirAll(v.Dir, 0o750); err != nil {
		return fmt.Errorf("--dir: %w", err)
	}
	var faults []error
	for name, text := range pages {
		faults = append(faults, os.WriteFile(filepath.Join(v.Dir, name), []byte(text), 0o600))
	}
	return errors.Join(faults...)
}

func child(n *kong.Node, name string) *kong.Node {
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return n
}

// page makes a manual page of a verb and those below it.
func page(n *kong.Node, name, prefix string) string {
	var b strings.Builder
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"ledgersys %s\"\n.SH NAME\n%s \\- %s\n.SH SYNOPSIS\n.B ledgersys %s\n[FLAGS] VERB\n.SH VERBS\n",
		strings.ToUpper(name), Version, name, roff("read-only crypto tax reconciliation"), prefix)
	verbPages(&b, n, prefix)
	b.WriteString(".SH EXIT STATUS\n")
	for _, x := range exitCodes() {
		fmt.Fprintf(&b, ".TP\n.B %s\n%s\n", x[0], roff(x[1]))
	}
	b.WriteString(".SH SEE ALSO\nledgersys(1), ledgersys-tax(1), ledgersys-csv(5)\n")
	return b.String()
}

func verbPages(b *strings.Builder, n *kong.Node, prefix string) {
	for _, c := range n.Children {
		if c.Type != kong.CommandNode || c.Hidden {
			continue
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(prefix+c.Name), roff(c.Help))
		for _, f := range c.Flags {
			if f.Hidden || f.Name == "help" {
				continue
			}
			fmt.Fprintf(b, ".RS\n.TP\n.B \\-\\-%s\n%s\n.RE\n", roff(f.Name), roff(f.Help))
		}
		verbPages(b, c, prefix+c.Name+" ")
	}
}

// roff escapes text for a manual page.
func roff(s string) string {
	s = strings.NewReplacer("\\", "\\e", "-", "\\-").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = "\\&" + s
	}
	return s
}

// csvPage describes Ledgersys CSV.
const csvPage = `.TH LEDGERSYS-CSV 5
.SH NAME
ledgersys\-csv \- the native statement format
.SH DESCRIPTION
UTF\-8, RFC 4180, a header is required, columns in any order; an unknown column is an error that names it.
.SH COLUMNS
.TP
.B id
The source's own id, or empty. Rows of one account with the same id are the same row.
.TP
.B time
RFC 3339 with offset, or a date alone. A time without offset is read in the zone of \-\-tz, and held without it.
.TP
.B type
trade deposit withdrawal transfer income airdrop spend gift_in gift_out donate lost fee opening fork split ignore
.TP
.B received_amount, received_asset, sent_amount, sent_asset
What arrived and what left, without the fee. Plain decimals, never negative.
.TP
.B fee_amount, fee_asset
Taken in addition.
.TP
.B value_amount, value_currency
Total fair value without the fee, where known. It wins over any price.
.TP
.B account, counter_account
Where it happened; the own account at the other end of a transfer.
.TP
.B tx_hash, label, note
The transaction on the chain; staking, mining, interest, airdrop, fork, salary, referral, cashback or other for income, spouse for gifts; free text.
.TP
.B received_value, fee_value, acquired, donor_cost, ratio, lots
Market value of the received side of a swap; value of a fee in kind; earlier date of acquisition; the giver's cost; new units for one old unit; id:amount;id:amount for specific identification.
`
