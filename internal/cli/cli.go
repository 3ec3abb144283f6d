// Package cli is the command line and the place where everything is wired
// together.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	_ "time/tzdata" // a bare system has no zones

	"github.com/alecthomas/kong"

	"github.com/ledgersys/ledgersys/internal/filing"
)

// Version of the program. Results carry it.
const Version = filing.Engine

// Streams are where a run reads and writes.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	look   look
	temps  *temporaries
	memory *pacer
}

// The exit codes of the contract.
const (
	exitFine      = 0
	exitError     = 1
	exitUsage     = 2
	exitIssues    = 3
	exitInterrupt = 130
)

// exitError carries an exit code with the words to print.
type coded struct {
	code int
	err  error
}

func (c *coded) Error() string { return c.err.Error() }
func (c *coded) Unwrap() error { return c.err }

// usage marks an error as bad usage or unusable input: nothing was written.
func usage(err error) error { return &coded{exitUsage, err} }

// errIssues ends a run that wrote its output although doubts remain. What
// they are was printed already.
var errIssues = &coded{exitIssues, errors.New("issues or held rows remain")}

// grammar is all verbs and their flags.
type grammar struct {
	Tax        taxVerbs      `cmd:"" help:"Compute tax from statements, offline: no server, no account, no network."`
	Serve      serveVerb     `cmd:"" help:"Run the whole service: pages, API, scheduler, jobs."`
	Demo       demoVerb      `cmd:"" help:"Run the service on made-up books, gone when it stops; no account needed."`
	Verify     notBuilt      `cmd:"" help:"Check a report pack offline (not built yet)."`
	Backup     notBuilt      `cmd:"" help:"Back up the service's data (not built yet)."`
	Restore    notBuilt      `cmd:"" help:"Restore a backup (not built yet)."`
	Audit      auditVerbs    `cmd:"" help:"Verify or export the audit chains."`
	Keys       keysVerbs     `cmd:"" help:"Rotate the keys that everything is sealed with, and list them."`
	Doctor     doctorVerbs   `cmd:"" help:"Check the installation."`
	Admin      adminVerbs    `cmd:"" help:"Administer the service: through its socket while it runs."`
	Routes     routesVerb    `cmd:"" help:"List the service's routes and who may use them."`
	Migrate    migrateVerb   `cmd:"" help:"Bring the database to the newest schema."`
	Inventory  inventoryVerb `cmd:"" name:"data-inventory" help:"List every column that is kept: why, what sort of data, how long."`
	Vulnreport notBuilt      `cmd:"" help:"Report known vulnerabilities of the parts (not built yet)."`
	Health     healthVerb    `cmd:"" name:"healthcheck" help:"Ask a running service whether it is well."`
	Config     configVerbs   `cmd:"" help:"Show the configuration, or a file that explains it."`
	Version    versionVerb   `cmd:"" help:"Print the version."`
	Completion completion    `cmd:"" help:"Print the completion script of a shell: bash, zsh, fish or powershell."`
	Help       helpVerb      `cmd:"" help:"Explain a verb, or one of: environment, exit-codes, files, formatting."`
	Man        manual        `cmd:"" help:"Print the manual page, or write all of them to a directory."`
	Flag       globalFlags   `embed:""`
}

// globalFlags hold for every verb.
type globalFlags struct {
	ShowVersion versionFlag `name:"version" help:"Print the version."`
	look
}

// look is how a run shows itself.
type look struct {
	NoColor bool `name:"no-color" help:"No colors; so do NO_COLOR and CLICOLOR=0."`
	Plain   bool `help:"Neither colors nor progress, for pipes and screen readers."`
	Quiet   bool `short:"q" help:"Nothing on stderr but errors and held rows."`
}

type versionFlag bool

// BeforeReset prints the version before anything else is looked at.
func (versionFlag) BeforeReset(app *kong.Kong, s *Streams) error {
	fmt.Fprintln(s.Out, "ledgersys "+Version)
	app.Exit(exitFine)
	return nil
}

// taxVerbs are the verbs of the offline job.
type taxVerbs struct {
	Report  reportVerb  `cmd:"" help:"Statements in, a country's tax result out."`
	Inspect inspectVerb `cmd:"" help:"Say what each file is; compute no tax."`
	Explain explainVerb `cmd:"" help:"Explain one disposal down to the raw rows."`
	Lots    lotsVerb    `cmd:"" help:"List what is held, by lot."`
	Convert convertVerb `cmd:"" help:"Rewrite statements in a native format."`
	Check   checkVerb   `cmd:"" help:"Silent when all is well, else its issues and exit 3."`
	Issues  notBuilt    `cmd:"" help:"Work through the issues (not built yet)."`
	Match   notBuilt    `cmd:"" help:"Match transfers (not built yet)."`
}

// notBuilt is a verb whose place is kept.
type notBuilt struct {
	Args []string `arg:"" optional:"" passthrough:"" hidden:""`
}

// Run says so.
func (notBuilt) Run() error {
	return &coded{exitError, errors.New("not built yet")}
}

type versionVerb struct{}

// Run prints the version.
func (versionVerb) Run(s *Streams) error {
	_, err := fmt.Fprintln(s.Out, "ledgersys "+Version)
	return err
}

// stop is how kong's exit leaves a run.
type stop struct{ code int }

// Run runs the command line and returns the exit code.
func Run(args []string, s Streams) int {
	s.temps = &temporaries{paths: make(map[string]bool)}
	return interruptible(s.temps, func() int { return run(args, s) })
}

func run(args []string, s Streams) (code int) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(stop)
			if !ok {
				panic(r) // invariant: only stop is thrown on purpose
			}
			code = e.code
		}
	}()
	var g grammar
	parser, err := kong.New(&g,
		kong.Name("ledgersys"),
		kong.Description("Read-only reconciliation of crypto exchanges and tax results, exact and explained.\n\nExample:\n  ledgersys tax report --country GB --year 2024 statements/*.csv"),
		kong.Writers(s.Out, s.Err), kong.Exit(func(code int) { panic(stop{code}) }), // invariant: Run recovers it
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Bind(&s), kong.Bind(&g),
		kong.Vars{"version": Version},
	)
	if err != nil {
		fmt.Fprintln(s.Err, "error:", err)
		return exitError
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	ctx, err := parser.Parse(gather(parser.Model.Node, args))
	if err != nil {
		return finish(usage(fmt.Errorf("%w\ntry: ledgersys --help", err)), s, args)
	}
	s.look = g.Flag.look
	return finish(ctx.Run(&s, parser), s, args)
}

// terminal reports whether a stream is a terminal, for progress and width.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("TERM") != "dumb"
}

// colored reports whether output to w may be colored.
func (s *Streams) colored(w io.Writer) bool {
	if s.look.NoColor || s.look.Plain || os.Getenv("NO_COLOR") != "" || os.Getenv("CLICOLOR") == "0" {
		return false
	}
	if v := os.Getenv("CLICOLOR_FORCE"); v != "" && v != "0" {
		return true
	}
	return terminal(w)
}
