package store

import (
	"context"
	"iter"
	"log/slog"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"collector/internal/timeline"
)

func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }

// openStore opens a store for writing and closes it with the test.
func openStore(t testing.TB, opt Options) *Store {
	t.Helper()
	if opt.Path == "" {
		opt.Path = t.TempDir()
	}
	opt.Log = discard()
	s, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func appendAll(t testing.TB, s *Store, target string, ticks []Tick) {
	t.Helper()
	for _, tick := range ticks {
		if err := s.Append(context.Background(), target, tick); err != nil {
			t.Fatal(err)
		}
	}
}

// everything is a window that holds all times.
func everything() timeline.Window {
	return timeline.Window{From: time.UnixMilli(-1 << 50), To: time.UnixMilli(1 << 50)}
}

// collect reads a stream to its end; clone copies what the iterator reuses.
func collect[T any](t testing.TB, seq iter.Seq2[T, error], clone func(T) T) []T {
	t.Helper()
	var all []T
	for v, err := range seq {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, clone(v))
	}
	return all
}

func cloneSessions(v SessionsAt) SessionsAt {
	v.Active, v.Idle = slices.Clone(v.Active), maps.Clone(v.Idle)
	return v
}

func cloneReplicas(v ReplicasAt) ReplicasAt {
	v.Channels = slices.Clone(v.Channels)
	return v
}

func cloneStatus(v StatusAt) StatusAt {
	v.Status = maps.Clone(v.Status)
	return v
}

func same[T any](v T) T { return v }

// readBack joins the streams of a window to ticks again.
func readBack(t testing.TB, r *Reader, target string, w timeline.Window) []Tick {
	t.Helper()
	ctx := context.Background()
	var ticks []Tick
	at := map[time.Time]int{}
	for _, h := range collect(t, r.Heartbeats(ctx, target, w), same) {
		at[h.At] = len(ticks)
		ticks = append(ticks, Tick{Heartbeat: h})
	}
	for _, v := range collect(t, r.Sessions(ctx, target, w), cloneSessions) {
		ticks[at[v.At]].Sessions = &v.Sessions
	}
	for _, v := range collect(t, r.Replicas(ctx, target, w), cloneReplicas) {
		ticks[at[v.At]].Replicas = &v.Replicas
	}
	for _, v := range collect(t, r.Status(ctx, target, w), cloneStatus) {
		ticks[at[v.At]].Status = v.Status
	}
	for _, v := range collect(t, r.Waits(ctx, target, w), func(v WaitsAt) WaitsAt { return WaitsAt{v.At, append([]LockWait{}, v.Waits...)} }) {
		ticks[at[v.At]].Waits = v.Waits
	}
	for _, v := range collect(t, r.Digests(ctx, target, w), func(v DigestsAt) DigestsAt { return DigestsAt{v.At, append([]Digest{}, v.Digests...)} }) {
		ticks[at[v.At]].Digests = v.Digests
	}
	for _, v := range collect(t, r.Facts(ctx, target, w), func(v FactsAt) FactsAt { return FactsAt{v.At, slices.Clone(v.Facts)} }) {
		ticks[at[v.At]].Facts = v.Facts
	}
	return ticks
}

func compareTicks(t testing.TB, got, want []Tick) {
	t.Helper()
	for i := range min(len(got), len(want)) {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("tick %d:\n got %+v %+v\nwant %+v %+v", i, got[i], got[i].Sessions, want[i], want[i].Sessions)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("got %d ticks, want %d", len(got), len(want))
	}
}

// TestRoundTrip appends random ticks of two servers, with every split between
// tail, small and large blocks, and reads them back.
func TestRoundTrip(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		want := map[string][]Tick{"db1": randomTicks(r, 1+r.IntN(200)), "db2": randomTicks(r, 1+r.IntN(200))}
		s := openStore(t, Options{CompactAfter: 1 << 30})
		for target, ticks := range want {
			for i := range ticks {
				appendAll(t, s, target, ticks[i:i+1])
				if r.IntN(7) == 0 {
					if err := s.Compact(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for target, ticks := range want {
			compareTicks(t, readBack(t, s.Reader, target, everything()), ticks)
			half := timeline.Window{From: ticks[len(ticks)/3].Heartbeat.At, To: ticks[len(ticks)*2/3].Heartbeat.At}
			compareTicks(t, readBack(t, s.Reader, target, half), ticks[len(ticks)/3:len(ticks)*2/3])
		}
	}
}
