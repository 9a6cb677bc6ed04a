package main

import (
	"context"
	"os"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// garbagePercent is how much garbage the daemon lets pile up, in percent of what it
	// holds: it holds little, works little, and shares a machine with others.
	garbagePercent = 25
	// spareEvery is how often what drafts and merging of blocks needed is given back.
	spareEvery = time.Minute
)

// spareFirst are the pauses before what the start needed is given back: the start of
// the program itself, the first questions to all servers, the first blocks.
var spareFirst = []time.Duration{0, 2 * time.Second, 8 * time.Second}

// spareMemory collects garbage sooner, unless GOGC says otherwise, and returns what
// undoes it.
func spareMemory() func() {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(garbagePercent)
	return func() { debug.SetGCPercent(before) }
}

// spare gives back the memory that the daemon does not need all the time.
func (d *daemon) spare(ctx context.Context, _ chan<- error) (func(context.Context) error, error) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := 0; ; n++ {
			pause := spareEvery
			if n < len(spareFirst) {
				pause = spareFirst[n]
			}
			select {
			case <-ctx.Done():
				return
			case <-time.After(pause):
			}
			debug.FreeOSMemory()
			if err := releaseProgram(); err != nil {
				d.log.Debug("the pages of the program could not be given back", "err", err)
			}
		}
	})
	return func(limit context.Context) error {
		cancel()
		return waitFor(limit, &wg)
	}, nil
}
