package episodes

import (
	"context"
	"fmt"
	"iter"
	"testing"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// busyReader makes ticks as they are read: 225 minutes at 1 s, 50 sessions, of
// which a few are long.
type busyReader struct{ rows []store.Session }

const (
	busyTicks    = 13500
	busySessions = 50
)

func newBusyReader() *busyReader {
	b := &busyReader{}
	for i := range busySessions {
		b.rows = append(b.rows, store.Session{ID: uint64(100 + i), User: "shop_app", Host: "10.0.0.7", DB: "shop", Command: "Query",
			State: "Sending data", SQL: fmt.Sprintf("SELECT a FROM t%d WHERE id = ?", i%20)})
	}
	return b
}

func busy[T any](w timeline.Window, get func(n int, at time.Time) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for n := range busyTicks {
			if t := at(float64(n)); w.Contains(t) && !yield(get(n, t), nil) {
				return
			}
		}
	}
}

func (b *busyReader) Heartbeats(_ context.Context, _ string, w timeline.Window) iter.Seq2[store.Heartbeat, error] {
	return busy(w, func(n int, at time.Time) store.Heartbeat {
		return store.Heartbeat{At: at, Spent: 4 * time.Millisecond, Interval: time.Second, Queries: 4, UptimeSec: uint64(5000 + n), Version: "10.11.19-MariaDB", ServerID: 1}
	})
}

func (b *busyReader) Sessions(_ context.Context, _ string, w timeline.Window) iter.Seq2[store.SessionsAt, error] {
	return busy(w, func(n int, at time.Time) store.SessionsAt {
		for i := range b.rows {
			r := &b.rows[i]
			r.Elapsed = time.Duration((n*7+i*131)%900) * time.Millisecond
			if i < 5 { // statements of up to 20 s
				r.Elapsed = time.Duration((n+i*3)%20)*time.Second + 300*time.Millisecond
			}
			r.Transaction = r.Elapsed.Truncate(time.Second)
		}
		return store.SessionsAt{At: at, Sessions: store.Sessions{Active: b.rows}}
	})
}

func (b *busyReader) Replicas(_ context.Context, _ string, w timeline.Window) iter.Seq2[store.ReplicasAt, error] {
	channels := []store.Replica{replica(0)}
	return busy(w, func(_ int, at time.Time) store.ReplicasAt {
		return store.ReplicasAt{At: at, Replicas: store.Replicas{Channels: channels}}
	})
}

func (b *busyReader) Status(_ context.Context, _ string, w timeline.Window) iter.Seq2[store.StatusAt, error] {
	status := store.Status{"Threads_connected": 42, "Threads_running": 2, "max_connections": 151, "Questions": 1000, "Connection_errors_max_connections": 7}
	return busy(w, func(n int, at time.Time) store.StatusAt {
		status["Questions"] = int64(n) * 100
		return store.StatusAt{At: at, Status: status}
	})
}

func (b *busyReader) Waits(_ context.Context, _ string, w timeline.Window) iter.Seq2[store.WaitsAt, error] {
	return busy(w, func(_ int, at time.Time) store.WaitsAt { return store.WaitsAt{At: at, Waits: []store.LockWait{}} })
}

func (b *busyReader) Digests(_ context.Context, _ string, w timeline.Window) iter.Seq2[store.DigestsAt, error] {
	rows := []store.Digest{{ID: "a1", DB: "shop", SQL: "SELECT ?", Count: 10, Time: time.Second}}
	return busy(w, func(_ int, at time.Time) store.DigestsAt { return store.DigestsAt{At: at, Digests: rows} })
}

func (b *busyReader) Facts(context.Context, string, timeline.Window) iter.Seq2[store.FactsAt, error] {
	return func(func(store.FactsAt, error) bool) {}
}

// BenchmarkGather is one server of the 225 min window; the bar is 20 of them in 2 s.
func BenchmarkGather(b *testing.B) {
	r, req := newBusyReader(), request(60, busyTicks)
	b.ReportAllocs()
	for b.Loop() {
		records, err := Gather(b.Context(), r, db1, req)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(records)), "records")
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(busyTicks*busySessions), "ns/row")
}
