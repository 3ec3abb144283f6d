package cli

import "syscall"

// adviseHuge is MADV_HUGEPAGE, which package syscall has for some machines only.
const adviseHuge = 14

// largePages asks for memory in large pages. It is advice: a system without
// them goes on with small ones.
func largePages(room []byte) { _ = syscall.Madvise(room, adviseHuge) } // advice that is not taken costs time only
