package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// leastGarbage is how much garbage the daemon lets pile up, in percent of what it
	// holds: it holds little, works little, and shares a machine with others.
	leastGarbage = 25
	// mostGarbage is for a daemon of a few servers: collecting is a third of its work
	// with leastGarbage, and a tenth with Go's own 100.
	mostGarbage = 400
	// smallHeap is what a daemon of a few servers holds at most, in bytes. Ten hold more.
	smallHeap = 10 << 20
	// easyHeap is up to what size, in bytes, garbage may pile up beside so little.
	easyHeap = 20 << 20
	// spareEvery is how often what drafts and merging of blocks needed is given back.
	spareEvery = time.Minute
	// spareMost is how many bytes, beyond what garbage may take again, a daemon of a few
	// servers keeps: giving back collects all garbage, and each page is then asked for anew.
	spareMost = 4 << 20
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
	before := debug.SetGCPercent(leastGarbage)
	return func() { debug.SetGCPercent(before) }
}

// garbagePercent is how much garbage may pile up beside so many bytes that are held.
func garbagePercent(held uint64) int {
	if held > smallHeap {
		return leastGarbage
	}
	held = max(held, 1)
	return int(min(100*(easyHeap-held)/held, mostGarbage))
}

// heap is what the collector of garbage says, in bytes.
type heap struct {
	held uint64 // at the end of the last collection
	free uint64 // not in use, and not given back to the system
}

func readHeap() heap {
	read := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/free:bytes"}}
	metrics.Read(read)
	return heap{read[0].Value.Uint64(), read[1].Value.Uint64()}
}

// bloated reports whether memory should be given back: always where much is held, else
// when more is free than garbage will take again.
func (h heap) bloated() bool {
	return h.held > smallHeap || h.free > h.held*uint64(garbagePercent(h.held))/100+spareMost
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
			if n < len(spareFirst) || readHeap().bloated() {
				d.giveBack()
			}
			if os.Getenv("GOGC") == "" {
				debug.SetGCPercent(garbagePercent(readHeap().held))
			}
		}
	})
	return func(limit context.Context) error {
		cancel()
		return waitFor(limit, &wg)
	}, nil
}

func (d *daemon) giveBack() {
	debug.FreeOSMemory()
	if err := releaseProgram(); err != nil {
		d.log.Debug("the pages of the program could not be given back", "err", err)
	}
}
