package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// releaseProgram lets go of the pages of the program's own file. The start of a Go
// program walks through all of its packages, and the kernel maps what lies around
// each page, too: half of what is resident then is never looked at again. What is
// needed comes back from the page cache when it is touched (madvise(2),
// MADV_DONTNEED of a read-only mapping of a file).
func releaseProgram() error {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err
	}
	program, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(maps)) {
		var from, to uintptr
		var permissions string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &from, &to, &permissions); err != nil {
			return fmt.Errorf("reading /proc/self/maps: %w", err)
		}
		if !strings.HasSuffix(strings.TrimSpace(line), " "+program) || strings.Contains(permissions, "w") {
			continue
		}
		if _, _, errno := unix.Syscall(unix.SYS_MADVISE, from, to-from, unix.MADV_DONTNEED); errno != 0 {
			return fmt.Errorf("madvise: %w", errno)
		}
	}
	return nil
}
