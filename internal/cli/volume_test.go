package cli

import (
	"os"
	"path/filepath"
	"testing"
)

// TestVolume: the mount on top counts, and a device in clear below an
// encrypted one's neighbour does not hide.
func TestVolume(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	table := filepath.Join(dir, "mountinfo")
	lines := "22 1 254:1 / / rw - ext4 /dev/vda1 rw\n23 22 253:0 / /var/my\\040data rw shared:1 - ext4 /dev/mapper/data rw\n24 22 253:7 / /home rw - fuse.gocryptfs gocryptfs rw\n25 22 253:9 / /striped rw - xfs /dev/mapper/striped rw\n"
	if err := os.WriteFile(table, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	sys := filepath.Join(dir, "sys")
	for name, uuid := range map[string]string{
		"254:1": "", "253:0": "LVM-abc", "253:0/slaves/dm-1": "CRYPT-LUKS2-def", "253:9": "LVM-x", "253:9/slaves/dm-1": "CRYPT-LUKS2-y", "253:9/slaves/sdb": "",
	} {
		at := filepath.Join(sys, "dev", "block", name, "dm")
		if err := os.MkdirAll(at, 0o700); err != nil {
			t.Fatal(err)
		}
		if uuid == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(at, "uuid"), []byte(uuid+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]struct {
		point     string
		encrypted bool
	}{
		"/srv/ledgersys": {"/", false}, "/var/my data/ledgersys": {"/var/my data", true}, "/var/my data": {"/var/my data", true},
		"/var/my database": {"/", false}, "/home/ada": {"/home", true}, "/striped/x": {"/striped", false},
	} {
		m, err := mountOf(table, path)
		if err != nil || m.point != want.point || m.encrypted(sys) != want.encrypted {
			t.Errorf("%s: on %+v, encrypted %v: %v", path, m, m.encrypted(sys), err)
		}
	}
	if _, err := mountOf(filepath.Join(dir, "none"), "/"); err == nil {
		t.Error("no table is fine")
	}
}
