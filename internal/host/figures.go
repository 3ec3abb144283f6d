package host

import (
	"io/fs"
	"path/filepath"
	"strings"
)

// Figures are what the machine has left for the process. A figure that the
// system does not tell is 0.
type Figures struct {
	DiskFree, DiskSize     uint64 // bytes of the volume of the data directory
	MemoryUsed, MemorySize uint64 // bytes, of the control group if there is one
	WAL                    uint64 // bytes that databases have yet to fold in
}

// DiskShare returns the free share of the volume in percent; 100 if unknown.
func (f Figures) DiskShare() float64 { return share(f.DiskFree, f.DiskSize, 100) }

// MemoryShare returns the used share of the memory in percent; 0 if unknown.
func (f Figures) MemoryShare() float64 { return share(f.MemoryUsed, f.MemorySize, 0) }

func share(part, whole uint64, unknown float64) float64 {
	if whole == 0 {
		return unknown
	}
	return float64(part) / float64(whole) * 100
}

// walSize adds up the write-ahead files of a data directory.
func walSize(dir string) (sum uint64) {
	_ = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.HasSuffix(path, "-wal") {
			if info, err := e.Info(); err == nil {
				sum += uint64(max(0, info.Size()))
			}
		}
		return nil // what cannot be read is not counted
	})
	return sum
}
