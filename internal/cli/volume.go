package cli

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// volumeVerb says whether the data lie on an encrypted volume.
type volumeVerb struct {
	settingFlags `embed:""`
}

// Run looks. It also says where the master key lies.
func (v *volumeVerb) Run(s *Streams) error {
	conf, err := v.load()
	if err != nil {
		return err
	}
	dir, err := filepath.EvalSymlinks(conf.DataDir)
	if err != nil {
		return &coded{exitNoBooks, fmt.Errorf("data directory: %w", err)}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	m, err := mountOf("/proc/self/mountinfo", dir)
	if err != nil {
		return fmt.Errorf("this system does not tell what volume %s is on: %w", dir, err)
	}
	verdict := "NOT on an encrypted volume, as far as this system tells"
	sealed := m.encrypted("/sys")
	if sealed {
		verdict = "on an encrypted volume"
	}
	fmt.Fprintf(s.Out, "%s is %s (%s, %s on %s)\n", dir, verdict, m.kind, m.source, m.point)
	if _, err := os.Stat(filepath.Join(dir, "master.key")); err == nil {
		fmt.Fprintln(s.Out, "The master key lies among the data that it protects: better move it to a systemd credential (ledgersys-master-key) or name another place with --master-key-file.")
	}
	if conf.Database.Encrypted {
		fmt.Fprintln(s.Out, "The operator states that the database server's volume is encrypted.")
	}
	if !sealed {
		return &coded{exitUnverified, errors.New("what is not sealed column by column, amounts and times, can be read by whoever gets the disk")}
	}
	return nil
}

// mount is where a directory is mounted.
type mount struct{ device, point, kind, source string }

// mountOf finds the mount that a directory is on.
func mountOf(table, dir string) (found mount, err error) {
	// #nosec G304 -- a file of the system
	f, err := os.Open(table)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		before, after, ok := strings.Cut(lines.Text(), " - ")
		left, right := strings.Fields(before), strings.Fields(after)
		if !ok || len(left) < 5 || len(right) < 2 {
			continue
		}
		m := mount{left[2], unescaped(left[4]), right[0], unescaped(right[1])}
		inside := dir == m.point || strings.HasPrefix(dir, strings.TrimSuffix(m.point, "/")+"/")
		if inside && len(m.point) >= len(found.point) { // the last one on top counts
			found = m
		}
	}
	if err := lines.Err(); err != nil {
		return found, err
	}
	if found.point == "" {
		return found, errors.New("no mount has it")
	}
	return found, nil
}

// unescaped reads what the kernel writes for blanks in names.
func unescaped(s string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(s)
}

// encrypted reports whether the mount, or a device below it, is encrypted.
func (m mount) encrypted(sys string) bool {
	switch m.kind {
	case "ecryptfs", "fuse.gocryptfs", "fuse.encfs", "fuse.cryfs", "fuse.securefs":
		return true
	}
	return cryptBelow(filepath.Join(sys, "dev", "block", m.device), 8)
}

// cryptBelow looks at a block device and at those that it is made of: a
// device of dm-crypt says so in its name.
func cryptBelow(dev string, depth int) bool {
	// #nosec G304 -- a file of the system
	name, err := os.ReadFile(filepath.Join(dev, "dm", "uuid"))
	if err == nil && strings.HasPrefix(string(name), "CRYPT-") {
		return true
	}
	parts, err := os.ReadDir(filepath.Join(dev, "slaves"))
	if err != nil || depth == 0 {
		return false
	}
	for _, p := range parts {
		if !cryptBelow(filepath.Join(dev, "slaves", p.Name()), depth-1) {
			return false // one part in clear is enough
		}
	}
	return len(parts) > 0
}
