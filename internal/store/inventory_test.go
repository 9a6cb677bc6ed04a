package store

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// TestInventoryAgrees counts what random ticks hold, over every split between
// tail, small and large blocks.
func TestInventoryAgrees(t *testing.T) {
	for seed := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, 3))
		ticks := randomTicks(r, 150)
		s := openStore(t, Options{CompactAfter: 1 << 30})
		for i := range ticks {
			appendAll(t, s, "db1", ticks[i:i+1])
			if r.IntN(7) == 0 && i < 140 {
				if err := s.Compact(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		want := map[string][2]int64{}
		count := func(name string, looked bool, rows int) {
			if looked {
				want[name] = [2]int64{want[name][0] + 1, want[name][1] + int64(rows)}
			}
		}
		var answered int64
		for _, tick := range ticks {
			if tick.Heartbeat.Outcome == Answered {
				answered++
			}
			count("heartbeats", true, 1)
			if tick.Sessions != nil {
				count("sessions", true, len(tick.Sessions.Active))
			}
			if tick.Replicas != nil {
				count("replication", true, len(tick.Replicas.Channels))
			}
			count("status", tick.Status != nil, len(tick.Status))
			count("waits", tick.Waits != nil, len(tick.Waits))
			count("digests", tick.Digests != nil, len(tick.Digests))
			count("facts", len(tick.Facts) > 0, len(tick.Facts))
		}
		held, err := s.Inventory(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h := held.Servers[0]
		if h.Server != "db1" || h.Ticks != 150 || h.Answered != answered || !h.First.Equal(ticks[0].Heartbeat.At) || !h.Last.Equal(ticks[149].Heartbeat.At) {
			t.Errorf("%+v", h)
		}
		if h.Tail < 9 || h.Tail == 150 || held.FileBytes == 0 || held.Format != blockVersion {
			t.Errorf("tail %d, %+v", h.Tail, held)
		}
		for _, stream := range h.Streams {
			if got := [2]int64{stream.Ticks, stream.Rows}; got != want[stream.Name] {
				t.Errorf("%s: ticks and rows %v, want %v", stream.Name, got, want[stream.Name])
			}
			if stream.Bytes == 0 || stream.Blocks == 0 {
				t.Errorf("%+v", stream)
			}
		}
	}
}

func TestInventoryHoles(t *testing.T) {
	s := openStore(t, Options{})
	from := time.UnixMilli(1_720_771_200_500).UTC()
	for _, second := range []int{0, 1, 2, 7, 8, 9, 30, 31} {
		appendAll(t, s, "db1", []Tick{{Heartbeat: Heartbeat{At: from.Add(time.Duration(second) * time.Second), Interval: time.Second}}})
	}
	// A tick that was late, and one that came early after it, are no hole.
	appendAll(t, s, "db1", []Tick{{Heartbeat: Heartbeat{At: from.Add(32400 * time.Millisecond), Interval: time.Second}}, {Heartbeat: Heartbeat{At: from.Add(33 * time.Second), Interval: time.Second}}})
	held, err := s.Inventory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h := held.Servers[0]
	if h.Holes != 2 || h.Missing != 24*time.Second || !h.Longest.From.Equal(from.Add(10*time.Second)) || !h.Longest.To.Equal(from.Add(30*time.Second)) {
		t.Errorf("%d holes, %v missing, the longest %v", h.Holes, h.Missing, h.Longest)
	}
}

func TestInventoryOfDamage(t *testing.T) {
	s := openStore(t, Options{})
	appendAll(t, s, "db1", newWorkload(20, true, false).ticks(30))
	if err := s.Compact(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(`UPDATE block SET body = CAST(substr(body, 1, length(body) - 1) || x'55' AS BLOB) WHERE stream = ?`, sessions); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Inventory(t.Context()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a damaged block gives %v", err)
	}
}

func TestInventoryOfNothing(t *testing.T) {
	held, err := openStore(t, Options{}).Inventory(t.Context())
	if err != nil || len(held.Servers) != 0 {
		t.Errorf("%+v, %v", held, err)
	}
}
