package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"
)

// Prefix is how the names of all variables begin.
const Prefix = "LEDGERSYS_"

const (
	fileSuffix = "_file"
	ownFile    = "config" // LEDGERSYS_CONFIG names the file and is no setting
	plans      = "plan"
	maxFile    = 1 << 20
)

// Source is where settings are looked for.
type Source struct {
	Flags   map[string]string // flags of their own, by the setting's name
	Set     map[string]string // what --set gives, by the setting's name
	Environ []string          // as os.Environ gives it
	File    string            // the file; "" looks at LEDGERSYS_CONFIG and the usual places
	Extra   []string          // variables that somebody else reads
}

// Loaded is a configuration and where each value came from.
type Loaded struct {
	Config
	File   string // the file that was read; "" if there is none
	origin map[string]origin
}

// origin is a value as it was given, and who gave it.
type origin struct{ value, from string }

// Load reads all settings. The error names everything that is wrong.
func Load(src Source) (*Loaded, error) {
	l := &Loaded{origin: make(map[string]origin)}
	known := make(map[string]setting)
	for _, s := range table() {
		known[s.name] = s
		l.origin[s.name] = origin{s.def, "default"}
	}
	var faults []error
	file, err := l.fileLayer(src)
	if err != nil {
		return nil, err
	}
	for _, la := range []layer{file, environment(src), set(src), flags(src)} {
		faults = append(faults, l.take(la, known)...)
	}
	for _, s := range table() {
		if err := l.set(s); err != nil {
			faults = append(faults, err)
		}
	}
	if len(faults) == 0 {
		faults = l.together()
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return l, nil
}

// layer is one source: names that are given, and how a person calls each.
type layer struct {
	values *koanf.Koanf
	call   func(name string) string
	open   bool // others can read it: no place for secrets
}

func flags(src Source) layer {
	return spoken(src.Flags, func(name string) string { return "flag --" + strings.ReplaceAll(name, "_", "-") })
}

func set(src Source) layer {
	return spoken(src.Set, func(name string) string { return "flag --set " + name })
}

// spoken is a layer of the command line.
func spoken(values map[string]string, call func(name string) string) layer {
	k := koanf.New("")
	given := make(map[string]any)
	for name, v := range values {
		given[name] = v
	}
	_ = k.Load(confmap.Provider(given, ""), nil) // a map without nesting: nothing can fail
	return layer{values: k, open: true, call: call}
}

func environment(src Source) layer {
	k := koanf.New("")
	_ = k.Load(env.Provider("", env.Opt{ // likewise
		Prefix: Prefix,
		EnvironFunc: func() []string {
			return slices.DeleteFunc(slices.Clone(src.Environ), func(v string) bool { return !strings.Contains(v, "=") })
		},
		TransformFunc: func(name, v string) (string, any) {
			own := strings.ToLower(strings.TrimPrefix(name, Prefix))
			if v == "" || own == ownFile || slices.Contains(src.Extra, name) {
				return "", nil // an empty variable is none
			}
			return own, v
		},
	}), nil)
	return layer{values: k, call: func(name string) string { return Prefix + strings.ToUpper(name) }}
}

// fileLayer reads the file, if there is one. Tables and keys are joined by _.
func (l *Loaded) fileLayer(src Source) (layer, error) {
	nested := koanf.New(".")
	flat := koanf.New("")
	path, must := filePath(src)
	l.File = path
	var text []byte
	if path != "" {
		var err error
		text, err = readFile(path)
		if errors.Is(err, os.ErrNotExist) && !must {
			l.File, err = "", nil
		}
		if err == nil {
			err = nested.Load(rawbytes.Provider(text), toml.Parser())
		}
		if err != nil {
			return layer{}, fmt.Errorf("%s%s: %s", path, position(err), fileReason(err))
		}
	}
	given := make(map[string]any)
	for key, v := range nested.All() {
		name := strings.ReplaceAll(key, ".", "_")
		if _, twice := given[name]; twice {
			return layer{}, fmt.Errorf("%s: %s is set twice", path, name)
		}
		given[name] = v
	}
	_ = flat.Load(confmap.Provider(given, ""), nil)
	return layer{values: flat, call: func(name string) string { return fmt.Sprintf("%s%s %s", path, line(text, name), name) }}, nil
}

// filePath returns the file to read and whether it has to exist.
func filePath(src Source) (path string, must bool) {
	if src.File != "" {
		return src.File, true
	}
	vars := make(map[string]string)
	for _, v := range src.Environ {
		name, value, _ := strings.Cut(v, "=")
		vars[name] = value
	}
	if v := vars[Prefix+"CONFIG"]; v != "" {
		return v, true
	}
	home := vars["XDG_CONFIG_HOME"]
	if home == "" && vars["HOME"] != "" {
		home = filepath.Join(vars["HOME"], ".config")
	}
	for _, dir := range []string{home, "/etc"} {
		path = filepath.Join(dir, "ledgersys", "config.toml")
		if _, err := os.Stat(path); dir != "" && err == nil {
			return path, false
		}
	}
	return "", false
}

// take lets a layer go over what stands there already.
func (l *Loaded) take(la layer, known map[string]setting) (faults []error) {
	names := la.values.Keys()
	slices.Sort(names)
	for _, name := range names {
		v := la.values.Get(name)
		if name == plans && isList(v) {
			if err := l.takePlans(v); err != nil {
				faults = append(faults, fmt.Errorf("%s: %w", la.call(name), err))
			}
			continue
		}
		s, fromFile, err := l.find(name, la, known)
		if err != nil {
			faults = append(faults, err)
			continue
		}
		text, err := scalar(v)
		if err == nil && fromFile {
			text, err = secretFile(text)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", la.call(name), err))
			continue
		}
		l.origin[s.name] = origin{text, la.call(name)}
	}
	return faults
}

// find returns the setting of a name, and whether the name is its form that
// reads the value from a file.
func (l *Loaded) find(name string, la layer, known map[string]setting) (s setting, fromFile bool, err error) {
	s, ok := known[name]
	if !ok {
		var base string
		if base, fromFile = strings.CutSuffix(name, fileSuffix); fromFile {
			s, ok = known[base]
			ok = ok && !s.path()
		}
	}
	switch {
	case !ok:
		return s, false, fmt.Errorf("%s: there is no such setting%s", la.call(name), nearest(name, la, known))
	case fromFile && la.values.Exists(s.name):
		return s, false, fmt.Errorf("%s and %s are both set: keep one", la.call(s.name), la.call(name))
	case la.open && s.secret() && !fromFile:
		return s, false, fmt.Errorf("%s: others can read the flags of a process: use %s%s_FILE", la.call(name), Prefix, strings.ToUpper(name))
	}
	return s, fromFile, nil
}

// secretFile reads a value from a file, without its last line break.
func secretFile(path string) (string, error) {
	b, err := readFile(path)
	if err != nil {
		return "", fmt.Errorf("read %s: %s", path, fileReason(err))
	}
	text := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if text == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return text, nil
}

func readFile(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, errors.New("it is larger than 1 MiB")
	}
	return os.ReadFile(path) // #nosec G304 -- the operator names it
}

// set checks one value and puts it in its place.
func (l *Loaded) set(s setting) error {
	o := l.origin[s.name]
	if o.value == "" {
		return nil
	}
	if s.check != nil {
		if err := s.check(o.value); err != nil {
			return fmt.Errorf("%s: %w", o.from, err)
		}
	}
	if err := put(s.at(&l.Config), o.value); err != nil {
		return fmt.Errorf("%s: %w", o.from, err)
	}
	return nil
}

// scalar turns what TOML gives into the text that every source gives.
func scalar(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool, int, int64:
		return fmt.Sprint(v), nil
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			part, err := scalar(x)
			if err != nil || strings.Contains(part, ",") {
				return "", errors.New("it is a list of texts without commas")
			}
			parts[i] = part
		}
		return strings.Join(parts, ","), nil
	}
	return "", errors.New("write it in quotes")
}

// position says where in a file an error of the parser is.
func position(err error) string {
	type placed interface {
		error
		Position() (row, column int)
	}
	if p, ok := errors.AsType[placed](err); ok {
		row, column := p.Position()
		return fmt.Sprintf(":%d:%d", row, column)
	}
	return ""
}

// line finds the line of a file on which a key stands, as ":12". Only its last
// part is looked for: the rest may be a table's head.
func line(text []byte, name string) string {
	for i, row := range strings.Split(string(text), "\n") {
		m := keyForm.FindStringSubmatch(row)
		if m == nil {
			continue
		}
		key := strings.ReplaceAll(m[1], ".", "_")
		if key == name || strings.HasSuffix(name, "_"+key) {
			return fmt.Sprintf(":%d", i+1)
		}
	}
	return ""
}

var keyForm = regexp.MustCompile(`^\s*\[{0,2}\s*([A-Za-z0-9_.-]+)\s*[=\]]`)

// nearest names the setting that was probably meant.
func nearest(name string, la layer, known map[string]setting) string {
	best, least := "", 1+len(name)/2
	for own, s := range known {
		for _, n := range []string{own, own + fileSuffix} {
			d := min(distance(name, n), distance(strings.TrimSuffix(name, fileSuffix), n))
			if (d < least || d == least && n < best) && (n == own || !s.path()) {
				best, least = n, d
			}
		}
	}
	if best == "" {
		return ""
	}
	if call := la.call(best); strings.HasPrefix(call, Prefix) {
		best = call
	}
	return "; did you mean " + best + "?"
}

// distance counts the changes that make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := corner
			if a[i] != b[j] {
				cost++
			}
			corner = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
