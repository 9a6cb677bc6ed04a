package main

import (
	"os"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// timerSlack is how late the kernel may wake the daemon. A tick may be so late, and
// Go's monitor of its own threads (sysmon), which wants to look each 20 µs whenever
// something is to do, looks a tenth as often. On a machine without a free moment that
// monitor was a quarter of what recording took; see docs/cost.md.
const timerSlack = 10 * time.Millisecond

// lazyTimers gives all threads of the process the slack. A thread has that of the one
// that made it (prctl(2), PR_SET_TIMERSLACK), and Go's monitor runs before anything of
// ours, so the program starts itself once more with it: in the same process, unless the
// slack is set already, by systemd's TimerSlackNSec= say. Where that is not allowed, all
// goes on as it was.
func lazyTimers() {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	now, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	if err != nil || now >= int(timerSlack) {
		return
	}
	program, err := os.Executable()
	if err != nil || unix.Prctl(unix.PR_SET_TIMERSLACK, uintptr(timerSlack), 0, 0, 0) != nil {
		return
	}
	_ = syscall.Exec(program, os.Args, os.Environ()) // returns only when it is refused
}
