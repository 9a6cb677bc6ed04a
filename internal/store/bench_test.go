package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"testing"
)

// workloads are what sizes and speeds are measured with: 100 active sessions.
func workloads() map[string]func() *workload {
	return map[string]func() *workload{
		"busy-mysql":      func() *workload { return newWorkload(100, false, false) },
		"busy-mariadb":    func() *workload { return newWorkload(100, true, false) },
		"pile-up-mysql":   func() *workload { return newWorkload(100, false, true) },
		"pile-up-mariadb": func() *workload { return newWorkload(100, true, true) },
	}
}

// BenchmarkSize reports bytes on disk per active session-sample of 34 minutes,
// beside JSON lines packed with `zstd -19`.
func BenchmarkSize(b *testing.B) {
	for name, fresh := range workloads() {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				ticks := fresh().ticks(2048)
				s := openStore(b, Options{CompactAfter: 1 << 30})
				for i := range len(ticks) / 64 {
					appendAll(b, s, "db1", ticks[i*64:i*64+64])
					b.StartTimer()
					if err := s.Compact(context.Background()); err != nil {
						b.Fatal(err)
					}
					b.StopTimer()
				}
				report(b, s, ticks)
				b.StartTimer()
			}
		})
	}
}

// report adds what a session-sample and the other streams take.
func report(b *testing.B, s *Store, ticks []Tick) {
	rows := 0
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	packedRows := 0
	for i, t := range ticks {
		rows += len(t.Sessions.Active)
		if i >= 256 { // -19 is slow, and gains nothing from more
			continue
		}
		packedRows = rows
		for _, row := range t.Sessions.Active {
			if err := out.Encode(struct {
				At int64
				Session
			}{t.Heartbeat.At.UnixMilli(), row}); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, stream := range streams() {
		var size float64
		if err := s.Reader.db.QueryRow(`SELECT coalesce(sum(size), 0) FROM block WHERE stream = ?`, stream).Scan(&size); err != nil {
			b.Fatal(err)
		}
		if stream == sessions {
			b.ReportMetric(size/float64(rows), "B/session-sample")
			continue
		}
		if size > 0 {
			b.ReportMetric(size/float64(len(ticks)), fmt.Sprintf("B/%s-tick", stream.name()))
		}
	}
	if zstd, err := exec.LookPath("zstd"); err == nil {
		cmd := exec.Command(zstd, "-19", "-T1", "-c")
		cmd.Stdin = &lines
		packed, err := cmd.Output()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(packed))/float64(packedRows), "B/JSON-zstd19-row")
	}
}

// BenchmarkAppend is one durable tick with 100 active sessions.
func BenchmarkAppend(b *testing.B) {
	for name, fresh := range workloads() {
		b.Run(name, func(b *testing.B) {
			s := openStore(b, Options{CompactAfter: 1 << 30})
			ticks := fresh().ticks(256)
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if err := s.Append(context.Background(), "db1", ticks[i%len(ticks)]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkCompact is the compaction of 64 ticks with 100 active sessions.
func BenchmarkCompact(b *testing.B) {
	for name, fresh := range workloads() {
		b.Run(name, func(b *testing.B) {
			s := openStore(b, Options{CompactAfter: 1 << 30})
			w := fresh()
			for b.Loop() {
				b.StopTimer()
				appendAll(b, s, "db1", w.ticks(64))
				b.StartTimer()
				if err := s.Compact(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSessions reads 2048 ticks of 50 active sessions; a window of 225
// minutes of 20 servers is 130 times as much.
func BenchmarkSessions(b *testing.B) {
	for name, w := range map[string]*workload{
		"busy-mariadb": newWorkload(50, true, false), "busy-mysql": newWorkload(50, false, false), "pile-up-mariadb": newWorkload(50, true, true),
	} {
		b.Run(name, func(b *testing.B) {
			s := openStore(b, Options{CompactAfter: 1 << 30})
			for range 32 {
				appendAll(b, s, "db1", w.ticks(64))
				if err := s.Compact(context.Background()); err != nil {
					b.Fatal(err)
				}
			}
			rows := 0
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				for v, err := range s.Sessions(context.Background(), "db1", everything()) {
					if err != nil {
						b.Fatal(err)
					}
					rows += len(v.Active)
				}
			}
			b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
