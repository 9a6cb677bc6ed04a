package mysql

import (
	"context"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/model"

	"collector/internal/sources/mysql/sqltext"
	"collector/internal/store"
	"collector/lab/servers"
)

// The soak: an hour of ten servers with 50 active sessions each, at speed.
const (
	soakServers  = 10
	soakSessions = 50
	soakStep     = 5 * time.Minute // between two readings of the memory
	soakSteps    = 12
	soakGrowth   = 1.15 // the last quarter against the second; the first fills caches and blocks
)

// TestSoak lets ten recorders write an hour of ticks into a real store, on a clock
// that jumps, and reads this process's resident memory every five minutes of it:
// what is kept for ever would show as a slope.
func TestSoak(t *testing.T) {
	servers.Need(t) // nothing but time
	var curve []float64
	synctest.Test(t, func(t *testing.T) {
		s, err := store.Open(t.Context(), store.Options{Path: t.TempDir(), Retention: 30 * time.Minute, Log: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		metrics := NewMetrics(prometheus.NewRegistry())
		var running sync.WaitGroup
		for n := range soakServers {
			config := Config{Name: fmt.Sprintf("db%d", n), Address: "db:3306", User: "collector", Interval: model.Duration(time.Second)}
			config.SetDefaults()
			r := NewRecorder(config, s, slog.New(slog.DiscardHandler), metrics)
			r.open = func(context.Context, time.Duration) (asker, error) { return &busyServer{texts: newTexts()}, nil }
			running.Go(func() { r.Run(ctx) })
		}
		for range soakSteps {
			time.Sleep(soakStep)
			curve = append(curve, residentMiB(t))
		}
		cancel()
		running.Wait()
		held, err := s.Inventory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range held.Servers {
			if h.Ticks < 1700 || h.Ticks > 2500 || h.Holes > 0 { // the retention is half of the soak
				t.Errorf("%s has %d ticks and %d holes", h.Server, h.Ticks, h.Holes)
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	t.Logf("resident memory every %v of the hour, MiB: %.1f", soakStep, curve)
	second, last := mean(curve[soakSteps/4:soakSteps/2]), mean(curve[soakSteps*3/4:])
	if last > second*soakGrowth {
		t.Errorf("memory grows: %.1f MiB in the second quarter of the hour, %.1f MiB in the last", second, last)
	}
}

func mean(of []float64) (sum float64) {
	for _, v := range of {
		sum += v
	}
	return sum / float64(len(of))
}

func residentMiB(t *testing.T) float64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	n, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	if err != nil {
		t.Fatal(err)
	}
	return n / 1024
}

// busyServer answers at once, with connections that come and go and statements
// that each last some ticks and never come again.
type busyServer struct {
	texts *texts
	tick  int
	asked uint32
}

func (f *busyServer) readHeartbeat(_ context.Context, beat *store.Heartbeat) error {
	f.tick++
	f.asked++
	beat.Version, beat.UptimeSec, beat.RoundTrip = "10.11.19-MariaDB", uint64(f.tick), 200*time.Microsecond
	return nil
}

func (f *busyServer) readPart(_ context.Context, p *part, into *store.Tick) error {
	f.asked++
	switch p.bit {
	case store.PartSessions:
		into.Sessions = &store.Sessions{Idle: map[string]int{"shop": 40}}
		for i := range soakSessions {
			into.Sessions.Active = append(into.Sessions.Active, session(f.row(i), time.Second, f.texts))
		}
	case store.PartReplicas:
		into.Replicas = &store.Replicas{Channels: []store.Replica{{SourceHost: "db0", IORunning: "Yes", SQLRunning: "Yes", LagKnown: true, GTID: fmt.Sprintf("0-1-%d", f.tick)}}}
	case store.PartStatus:
		into.Status = store.Status{}
		for i, name := range statusNames() {
			into.Status[name] = int64(f.tick * (i + 1))
		}
	}
	return nil
}

// row is a line of the processlist.
func (f *busyServer) row(i int) []driver.Value {
	begun := (f.tick + i) / 20 // fifty statements of a server take turns
	shape := (begun*7 + i*13) % 3000
	statement := fmt.Sprintf("SELECT o.id, o.total AS total_%d FROM orders AS o JOIN items AS i ON i.order_id = o.id WHERE o.customer = %d AND i.note LIKE '%%tick %d%%' %s",
		shape, begun*100+i, begun, strings.Repeat("AND i.state <> 'gone' ", shape%8))
	return rowOf(strconv.Itoa(1000+i+f.tick/60), "shop", "10.0.0.5:40000", "shop", "Query", fmt.Sprintf("%d.%03d", i%3, f.tick%1000), "executing",
		statement[:min(len(statement), sqltext.MaxInput)], strconv.Itoa(f.tick*i))
}

func (f *busyServer) stillBusy(context.Context, uint64) (bool, error) { return false, nil }
func (f *busyServer) sessionID() uint64                               { return 1 }
func (f *busyServer) sent() uint32                                    { return f.asked }
func (f *busyServer) close()                                          {}
