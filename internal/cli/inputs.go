package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ledgersys/ledgersys/internal/intake"
	"github.com/ledgersys/ledgersys/pkg/ledger"
)

// inputFlags are the flags of every verb that reads statements.
type inputFlags struct {
	TZ      []string `name:"tz" placeholder:"[FILE=]ZONE" sep:"none" help:"Zone of files whose times carry none. Repeatable."`
	Account []string `placeholder:"FILE=NAME" sep:"none" help:"Account of a file's rows. Repeatable."`
	Map     string   `placeholder:"FILE" help:"Mapping of unknown columns (not built yet)."`
	Files   []string `arg:"" optional:"" name:"file" help:"Statements: any supported format, plain or in .gz, .zip, .xlsx; - is standard input."`
}

// openKnown is open for verbs that need every file to be understood: one that
// no format knows refuses all.
func (f *inputFlags) openKnown(s *Streams) ([]*intake.File, error) {
	files, err := f.open(s)
	if err != nil {
		return nil, err
	}
	for _, o := range files {
		if !o.Known() {
			return nil, unknownFormat(o)
		}
	}
	return files, nil
}

// open recognises all files. One that cannot be used refuses all.
func (f *inputFlags) open(s *Streams) ([]*intake.File, error) {
	if f.Map != "" {
		return nil, &coded{exitError, errors.New("--map is not built yet")}
	}
	if len(f.Files) == 0 {
		return nil, usage(errors.New("no files given\ntry: ledgersys tax inspect statements/*.csv"))
	}
	choices, err := f.choices()
	if err != nil {
		return nil, err
	}
	var files []*intake.File
	for _, path := range f.Files {
		opened, err := openOne(s, path, choices)
		if err != nil {
			return nil, err
		}
		files = append(files, opened...)
	}
	return files, f.checkNames(files)
}

// checkNames refuses --tz and --account for a file that is not there: a slip
// of the pen must not leave another zone or account in force.
func (f *inputFlags) checkNames(files []*intake.File) error {
	var given []string
	known := map[string]bool{}
	for _, path := range f.Files {
		given = append(given, inputName(path))
		known[inputName(path)] = true
	}
	for _, o := range files {
		known[o.Name] = true
	}
	for _, flag := range [...]struct {
		name   string
		values []string
	}{{"--tz", f.TZ}, {"--account", f.Account}} {
		for _, v := range flag.values {
			if i := strings.LastIndexByte(v, '='); i >= 0 && !known[inputName(v[:i])] {
				return usage(fmt.Errorf("%s %s: no such file among the inputs: %s", flag.name, v[:i], strings.Join(given, ", ")))
			}
		}
	}
	return nil
}

// inputName is the name by which an input is known.
func inputName(path string) string {
	if path == "-" {
		return "stdin"
	}
	return filepath.Base(path)
}

// openOne opens one file, or standard input.
func openOne(s *Streams, path string, choices intake.Choices) ([]*intake.File, error) {
	if path == "-" {
		data, err := io.ReadAll(s.In)
		if err != nil {
			return nil, fmt.Errorf("standard input: %w", err)
		}
		return opened(intake.Open(inputName(path), bytes.NewReader(data), int64(len(data)), Formats(), choices))
	}
	file, err := os.Open(path) // #nosec G304 -- the user names the file
	if err != nil {
		return nil, usage(pathError(err))
	}
	info, err := file.Stat()
	if err != nil {
		return nil, usage(pathError(err))
	}
	if info.IsDir() {
		return nil, usage(fmt.Errorf("%s: is a folder\ntry: ledgersys tax inspect %s", path, filepath.Join(path, "*")))
	}
	// The file stays open as long as the program runs: rows are read again to
	// show them.
	return opened(intake.Open(inputName(path), file, info.Size(), Formats(), choices))
}

func opened(files []*intake.File, err error) ([]*intake.File, error) {
	if err != nil {
		return nil, usage(err)
	}
	return files, nil
}

// pathError says what is wrong with a path in plain words.
func pathError(err error) error {
	var p *fs.PathError
	if !errors.As(err, &p) {
		return err
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: no such file", p.Path)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: no permission to read it", p.Path)
	}
	return fmt.Errorf("%s: %w", p.Path, p.Err)
}

// unknownFormat is the error for a file that no format knows.
func unknownFormat(f *intake.File) error {
	var titles []string
	seen := map[string]bool{}
	for _, x := range Formats() {
		if !seen[x.Venue] && x.Venue != "default" {
			seen[x.Venue] = true
			titles = append(titles, x.Venue)
		}
	}
	if f.Fault != nil {
		return usage(fmt.Errorf("%s: %w: %w\n  1 | %s\ntry: mend that row; no format knows the file without it", f.Name, intake.ErrUnusable, f.Fault, f.FirstLine()))
	}
	return usage(fmt.Errorf("%s: %w: no format knows its header\n  1 | %s\nknown: Ledgersys CSV, Ledger JSON, %s\ntry: rename the columns to those of Ledgersys CSV, with commas, semicolons or tabs between them: id,time,type,received_amount,received_asset,sent_amount,sent_asset,…",
		f.Name, intake.ErrUnusable, f.FirstLine(), strings.Join(titles, ", ")))
}

// choices reads --tz and --account.
func (f *inputFlags) choices() (intake.Choices, error) {
	c := intake.Choices{Zones: map[string]*time.Location{}, Accounts: map[string]string{}}
	for _, v := range f.TZ {
		file, zone := "", v
		if i := strings.LastIndexByte(v, '='); i >= 0 {
			file, zone = inputName(v[:i]), v[i+1:]
		}
		loc, err := intake.LoadZone(zone)
		if err != nil {
			return c, usage(fmt.Errorf("--tz %s: %w", v, err))
		}
		c.Zones[file] = loc
	}
	for _, v := range f.Account {
		i := strings.LastIndexByte(v, '=')
		if i <= 0 || i == len(v)-1 {
			return c, usage(fmt.Errorf("--account %s: write FILE=NAME", v))
		}
		c.Accounts[inputName(v[:i])] = v[i+1:]
	}
	return c, nil
}

// read reads all files and puts them together.
func read(s *Streams, files []*intake.File, cal *ledger.Calendar) ([]*intake.File, *ledger.Book, error) {
	if err := readAll(s, files, cal); err != nil {
		return nil, nil, err
	}
	p := newProgress(s)
	defer p.done()
	p.say("ordering")
	settled := s.memory.settle(files)
	files, book := intake.Merge(files)
	settled()
	return files, book, nil
}

// readAll reads all files.
func readAll(s *Streams, files []*intake.File, cal *ledger.Calendar) error {
	p := newProgress(s)
	defer p.done()
	for _, f := range files {
		p.say("reading " + f.Name)
		if err := f.Read(cal); err != nil {
			return usage(err)
		}
	}
	return nil
}

// progress tells what goes on, on a terminal only.
type progress struct {
	w     io.Writer
	shown bool
}

func newProgress(s *Streams) *progress {
	if !terminal(s.Err) || s.look.Plain || s.look.Quiet {
		return &progress{}
	}
	return &progress{w: s.Err}
}

func (p *progress) say(what string) {
	if p.w != nil {
		p.shown = true
		fmt.Fprintf(p.w, "\r\033[K%s…", what)
	}
}

func (p *progress) done() {
	if p.shown {
		fmt.Fprint(p.w, "\r\033[K")
		p.shown = false
	}
}
