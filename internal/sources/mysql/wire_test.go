package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/lab/servers"
)

// TestFaultsOnTheWire puts each fault between the recorder and a real server, and
// takes it away again. Whatever happens: the server never has two queries of ours,
// no connection stays behind, and the recording goes on within two intervals.
func TestFaultsOnTheWire(t *testing.T) {
	const (
		interval = 500 * time.Millisecond
		lasts    = 4 * interval // longer than the query timeout
	)
	faults := []struct {
		name  string
		fault fault
		bad   string // the outcomes that ticks may have meanwhile
	}{
		{"refuses", fault{refuse: true}, "U"},
		{"resets", fault{reset: true}, "U"},
		{"stalls", fault{stall: true}, "TSA"},
		{"closes half", fault{half: true}, "UTS"},
		{"cuts a header", fault{cut: 3}, "U"},
		{"cuts a packet", fault{cut: 40}, "U"},
		{"cuts a long answer", fault{cut: 300}, "UA"},
		{"delays a little", fault{delay: interval / 20}, "A"},
		{"delays too long", fault{delay: 3 * interval}, "TS"},
		{"is slow", fault{slow: 2 * time.Millisecond}, "TSA"},
		{"is very slow", fault{slow: 50 * time.Millisecond}, "TS"},
	}
	onBoth(t, servers.DBOptions{}, func(t *testing.T, db *servers.DB) {
		w := newWire(t, db.Addr())
		watched := watchServer(t, db)
		before := runtime.NumGoroutine()
		config := configFor(t, db)
		config.Address, config.Interval, config.QueryTimeout = w.address, model.Duration(interval), model.Duration(2*interval)
		memory, stop := start(t, config)
		for _, f := range faults {
			t.Run(f.name, func(t *testing.T) {
				began := time.Now()
				memory.await(t, "an answer before the fault", began, answered)
				w.set(t, f.fault)
				faulty := time.Now()
				time.Sleep(lasts)
				w.set(t, fault{})
				ended := time.Now()
				back := memory.await(t, "an answer after the fault", ended, answered).Heartbeat
				if late := back.At.Sub(ended); late > 2*interval+slack/8 {
					t.Errorf("the recording went on after %v; outcomes %s", late, memory.outcomes())
				}
				for _, tick := range memory.all() {
					beat := tick.Heartbeat
					letter := "ARDUTS"[beat.Outcome]
					if beat.At.After(faulty) && beat.At.Before(ended.Add(-interval)) && !strings.ContainsRune(f.bad, rune(letter)) {
						t.Errorf("a tick %v into the fault ended as %c", beat.At.Sub(faulty), letter)
					}
				}
				watched.settle(t, w, 1)
			})
		}
		stop()
		watched.settle(t, w, 0)
		watched.stop()
		w.close()
		if w.overlaps != 0 || w.crossed != 0 || w.late != 0 || w.commands < 20 {
			t.Errorf("%d connections while another was open; of %d commands %d while another ran, %d after they were given up", w.overlaps, w.commands, w.crossed, w.late)
		}
		if watched.queries > 1 || watched.looks < 100 {
			t.Errorf("the server had %d of our queries at once, in %d looks", watched.queries, watched.looks)
		}
		awaitGoroutines(t, before-1) // the watcher is one of them
	})
}

// serverWatch looks at the recorder's sessions on the server, again and again.
type serverWatch struct {
	session *sql.Conn
	stop    func()
	mu      sync.Mutex
	looks   int
	queries int // the most that ran at once
	open    int // sessions at the last look
}

func watchServer(t *testing.T, db *servers.DB) *serverWatch {
	t.Helper()
	table := "information_schema.PROCESSLIST"
	if db.Flavour == servers.FlavourMySQL {
		table = "performance_schema.processlist"
	}
	session, err := db.Admin.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	w := &serverWatch{session: session}
	done := make(chan struct{})
	w.stop = sync.OnceFunc(func() { cancel(); <-done })
	t.Cleanup(w.stop)
	go func() {
		defer close(done)
		defer session.Close()
		for ctx.Err() == nil {
			var open, queries int
			look := fmt.Sprintf("SELECT COUNT(*), COALESCE(SUM(COMMAND <> 'Sleep'), 0) FROM %s WHERE USER IN ('%s', 'unauthenticated user')", table, servers.CollectorAccount)
			if err := session.QueryRowContext(ctx, look).Scan(&open, &queries); err != nil {
				if ctx.Err() == nil {
					t.Errorf("watching the server: %v", err)
				}
				return
			}
			w.mu.Lock()
			w.looks++
			w.open, w.queries = open, max(w.queries, queries)
			w.mu.Unlock()
			time.Sleep(3 * time.Millisecond)
		}
	}()
	return w
}

// settle waits until the recorder has as many connections as it should, on the
// server and on the wire.
func (s *serverWatch) settle(t *testing.T, w *wire, want int) {
	t.Helper()
	var open, through int
	for limit := time.Now().Add(slack); time.Now().Before(limit); time.Sleep(10 * time.Millisecond) {
		s.mu.Lock()
		open = s.open
		s.mu.Unlock()
		if through = w.open(); open == want && through == want {
			return
		}
	}
	t.Errorf("%d sessions on the server and %d connections on the wire, want %d", open, through, want)
}

// awaitGoroutines waits until no more goroutines run than before.
func awaitGoroutines(t *testing.T, want int) {
	t.Helper()
	for limit := time.Now().Add(slack); ; time.Sleep(20 * time.Millisecond) {
		n := runtime.NumGoroutine()
		if n <= want {
			return
		}
		if time.Now().After(limit) {
			stacks := make([]byte, 1<<16)
			t.Errorf("%d goroutines, there were %d:\n%s", n, want, stacks[:runtime.Stack(stacks, true)])
			return
		}
	}
}
