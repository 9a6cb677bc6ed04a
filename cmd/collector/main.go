// Command collector is a flight recorder for MySQL and MariaDB and a historian:
// it samples servers all the time, and for an incident window it writes a
// postmortem draft in which every statement cites its evidence.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
	_ "time/tzdata" // time zones also where the system has none: the image, a minimal host
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		lazyTimers()
	}
	// Nobody reads the profile of allocations. Each of its samples walks a stack,
	// through pages of the program that a daemon needs for nothing else.
	runtime.MemProfileRate = 0
	// Who reads our output may end before us (`collector draft … | head`, a log
	// collector that restarts). That costs a line; the draft and the daemon go on.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // whoever asks a second time is obeyed at once
	code := run(ctx, os.Args[1:], app{stdout: os.Stdout, stderr: os.Stderr, now: time.Now})
	stop()
	os.Exit(code)
}
