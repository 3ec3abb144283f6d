package cli

import (
	"os"
	"strings"
	"syscall"
)

// adviseHuge is MADV_HUGEPAGE, which package syscall has for some machines only.
const adviseHuge = 14

// largePages asks for memory in large pages. It is advice: a system without
// them goes on with small ones.
func largePages(room []byte) { _ = syscall.Madvise(room, adviseHuge) } // advice that is not taken costs time only

// mostRoom is how much room may be asked for at once. Room is not memory until
// it is filled, so half of what the machine has is never too much, except for a
// system or a shell that counts room.
func mostRoom() int64 {
	var info syscall.Sysinfo_t
	var limit syscall.Rlimit
	counts, err := os.ReadFile("/proc/sys/vm/overcommit_memory")
	if err != nil || strings.TrimSpace(string(counts)) == "2" ||
		syscall.Getrlimit(syscall.RLIMIT_AS, &limit) != nil || limit.Cur != ^uint64(0) ||
		syscall.Sysinfo(&info) != nil {
		return leastLimit
	}
	return int64(info.Totalram) * int64(info.Unit) / 2 // #nosec G115 -- no machine has so much
}
