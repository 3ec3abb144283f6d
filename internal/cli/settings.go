package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"

	"github.com/ledgersys/ledgersys/internal/clock"
	"github.com/ledgersys/ledgersys/internal/config"
)

// settingFlags are the settings that a command line may give; each verb of the
// service has them. A secret is never a flag: other users of the machine see
// the arguments of a process.
type settingFlags struct {
	Config   string            `help:"Configuration file (TOML)." placeholder:"FILE"`
	DataDir  string            `help:"Where everything is kept." placeholder:"DIR"`
	Listen   string            `help:"Where pages and API are served." placeholder:"HOST:PORT"`
	BaseURL  string            `name:"base-url" help:"The address that people type." placeholder:"URL"`
	LogLevel string            `help:"debug, info, warn or error." placeholder:"LEVEL"`
	LogForm  string            `name:"log-format" help:"text or json." placeholder:"FORMAT"`
	Set      map[string]string `help:"Any other setting (not a secret)." placeholder:"NAME=VALUE"`
}

// load reads the configuration; what is wrong with it is bad usage.
func (f *settingFlags) load() (*config.Loaded, error) {
	given, set := make(map[string]string), make(map[string]string)
	for name, v := range f.Set {
		set[strings.ToLower(strings.ReplaceAll(name, "-", "_"))] = v
	}
	for name, v := range map[string]string{
		"data_dir": f.DataDir, "listen": f.Listen, "base_url": f.BaseURL, "log_level": f.LogLevel, "log_format": f.LogForm,
	} {
		if v != "" {
			given[name] = v
		}
	}
	l, err := config.Load(config.Source{Flags: given, Set: set, Environ: os.Environ(), File: f.Config, Extra: clock.Variables()})
	if err != nil {
		return nil, usage(err)
	}
	return l, nil
}

// configVerbs are about the configuration itself.
type configVerbs struct {
	Show     configShow     `cmd:"" help:"Print every setting with its value and where that comes from; secrets are masked."`
	Template configTemplate `cmd:"" help:"Print a configuration file that explains every setting."`
}

type configShow struct {
	settingFlags `embed:""`

	JSON bool `name:"json" help:"Print JSON."`
}

// Run prints the settings.
func (v *configShow) Run(s *Streams) error {
	l, err := v.load()
	if err != nil {
		return err
	}
	if v.JSON {
		e := json.NewEncoder(s.Out)
		e.SetIndent("", "  ")
		return e.Encode(map[string]any{"file": l.File, "settings": l.Values()})
	}
	w := tabwriter.NewWriter(s.Out, 0, 4, 2, ' ', 0)
	for _, value := range l.Values() {
		fmt.Fprintf(w, "%s\t%s\t(%s)\n", value.Name, value.Value, value.Source)
	}
	return w.Flush()
}

type configTemplate struct{}

// Run prints the explained file.
func (configTemplate) Run(s *Streams) error {
	_, err := fmt.Fprint(s.Out, config.Explained())
	return err
}
