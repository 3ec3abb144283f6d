package config

import (
	"fmt"
	"net/url"
	"strings"
)

// Value is one setting as `config show` prints it.
type Value struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Source string `json:"source"`
	Secret bool   `json:"secret,omitempty"`
}

// withheld stands for a secret that is set.
const withheld = "[withheld]"

// Values returns every setting with its source; secrets are masked.
func (l *Loaded) Values() []Value {
	var all []Value
	for _, s := range table() {
		o := l.origin[s.name]
		v := Value{Name: s.name, Value: o.value, Source: strings.TrimSpace(o.from), Secret: s.secret()}
		switch {
		case v.Value == "":
		case v.Secret:
			v.Value = withheld
		default:
			v.Value = masked(v.Value)
		}
		all = append(all, v)
	}
	for i, p := range l.Billing.Plans {
		all = append(all, Value{
			Name:   fmt.Sprintf("plan %d", i+1),
			Value:  fmt.Sprintf("%s %s %s a %s", p.ID, p.Price, p.Currency, p.Period),
			Source: l.File,
		})
	}
	return all
}

// masked hides a password that somebody wrote into an address.
func masked(v string) string {
	u, err := url.Parse(v)
	if err != nil || u.User == nil {
		return v
	}
	u.User = url.User("withheld")
	return u.String()
}

// Explained returns a configuration file that explains every setting, each
// switched off by a # and set to its default or an example.
func Explained() string {
	var b strings.Builder
	b.WriteString("# Every setting of Ledgersys. A line without its leading # is in force; as it stands, this file changes nothing.\n" +
		"# The same setting is LEDGERSYS_NAME in the environment; there, and here, NAME_FILE reads the value from a file,\n" +
		"# which is the way for secrets. A flag goes before the environment, the environment before this file.\n" +
		"# Durations: 90d, 12h, 30m. Sizes: 100MiB, 5GB. Switches: on/off, yes/no, true/false, 1/0. Lists: a,b.\n" +
		"# Read from --config, LEDGERSYS_CONFIG, ~/.config/ledgersys/config.toml or /etc/ledgersys/config.toml.\n")
	for _, s := range table() {
		if s.group != "" {
			fmt.Fprintf(&b, "\n\n# ---- %s ----\n", s.group)
		}
		b.WriteByte('\n')
		wrap(&b, s.help)
		name, value := s.name, s.def
		switch {
		case s.secret():
			name, value = s.name+fileSuffix, "/etc/ledgersys/"+s.name
			if s.example != "" {
				wrap(&b, "Form: "+s.example)
			}
		case value == "":
			value = s.example
		}
		fmt.Fprintf(&b, "#%s = %q\n", name, value)
	}
	b.WriteString("\n# What firms can buy, once for each plan; only with billing on.\n" +
		"#[[plan]]\n#id = \"holder\"\n#price = \"39.00\"\n#currency = \"EUR\"\n#period = \"year\"\n")
	return b.String()
}

// wrap writes a sentence as comments of at most 100 columns.
func wrap(b *strings.Builder, text string) {
	row := "#"
	for word := range strings.FieldsSeq(text) {
		if len(row)+1+len(word) > 100 {
			b.WriteString(row + "\n")
			row = "#"
		}
		row += " " + word
	}
	b.WriteString(row + "\n")
}
