package host

import (
	"bufio"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// Measure reads the figures of now.
func Measure(dir string) Figures {
	f := Figures{WAL: walSize(dir)}
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err == nil && st.Bsize > 0 {
		block := uint64(st.Bsize)
		f.DiskFree, f.DiskSize = st.Bavail*block, st.Blocks*block
	}
	f.MemoryUsed, f.MemorySize = memory()
	return f
}

// memory returns what is used of the memory: of the control group's limit if
// it is lower than the machine's.
func memory() (used, size uint64) {
	info := meminfo()
	size = info["MemTotal"]
	used = size - min(size, info["MemAvailable"])
	limit, ok := number("/sys/fs/cgroup/memory.max")
	if current, there := number("/sys/fs/cgroup/memory.current"); ok && there && limit < size {
		cache, _ := stat("/sys/fs/cgroup/memory.stat", "inactive_file")
		return current - min(current, cache), limit
	}
	return used, size
}

func meminfo() map[string]uint64 {
	out := make(map[string]uint64)
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return out
	}
	defer func() { _ = f.Close() }() // it was only read
	for s := bufio.NewScanner(f); s.Scan(); {
		name, rest, _ := strings.Cut(s.Text(), ":")
		if fields := strings.Fields(rest); len(fields) > 0 {
			if kib, err := strconv.ParseUint(fields[0], 10, 54); err == nil {
				out[name] = kib << 10
			}
		}
	}
	return out
}

// number reads a file that holds one number.
func number(path string) (uint64, bool) {
	b, err := os.ReadFile(path) // #nosec G304 -- fixed names of the system
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// stat reads one line of a file of names and numbers.
func stat(path, name string) (uint64, bool) {
	b, err := os.ReadFile(path) // #nosec G304 -- fixed names of the system
	if err != nil {
		return 0, false
	}
	for row := range strings.Lines(string(b)) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(row), name+" "); ok {
			n, err := strconv.ParseUint(v, 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
