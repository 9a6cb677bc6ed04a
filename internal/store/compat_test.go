package store

import (
	"bytes"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestReadsEarlierVersions reads stores that earlier versions wrote: blocks, merged
// blocks and a tail. Whoever breaks it breaks every store that is in use. -update
// writes the newest one anew, which is right only until it was released.
func TestReadsEarlierVersions(t *testing.T) {
	for _, version := range []struct{ name, has string }{
		{"v1", "heartbeats, sessions, replication, status"},
		{"v2", "also lock waits, statement digests, facts, and what a tick looked at"},
		{newestGolden, "with split columns"},
	} {
		t.Run(version.name+": "+version.has, func(t *testing.T) {
			golden := filepath.Join("testdata", version.name)
			if update := flag.Lookup("update"); update.Value.String() == "true" && version.name == newestGolden {
				writeGolden(t, golden)
			}
			file, err := os.ReadFile(filepath.Join(golden, fileName))
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, fileName), file, 0o600); err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(golden, "ticks.jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			r, err := OpenReadOnly(t.Context(), dir)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = r.Close() }()
			compareTicks(t, readBack(t, r, "db1", everything()), fromJSON(t, want))
		})
	}
}

// newestGolden is the version that this code writes.
const newestGolden = "v3"

// fromJSON reads one line for each tick; what the version did not record yet is absent.
func fromJSON(t *testing.T, lines []byte) []Tick {
	t.Helper()
	var ticks []Tick
	for in := json.NewDecoder(bytes.NewReader(lines)); in.More(); {
		var tick Tick
		if err := in.Decode(&tick); err != nil {
			t.Fatal(err)
		}
		ticks = append(ticks, tick)
	}
	return ticks
}

// asJSON is one line for each tick.
func asJSON(t *testing.T, ticks []Tick) []byte {
	t.Helper()
	var lines bytes.Buffer
	out := json.NewEncoder(&lines)
	for _, tick := range ticks {
		if err := out.Encode(tick); err != nil {
			t.Fatal(err)
		}
	}
	return lines.Bytes()
}

// crowd is a look at many sessions.
func crowd(r *rand.Rand) *Sessions {
	s := Sessions{Idle: map[string]int{"shop": 3}}
	for id := range 700 {
		s.Active = append(s.Active, Session{ID: uint64(100 + 3*id), User: "shop", Command: "Query", SQL: "SELECT ?", Elapsed: time.Duration(r.IntN(5000)) * time.Millisecond})
	}
	return &s
}

func writeGolden(t *testing.T, dir string) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), Options{Path: dir, CompactAfter: 1 << 30, Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	ticks := randomTicks(r, 22)
	ticks[5].Sessions = crowd(r) // so large that columns are split
	for i := range ticks {
		appendAll(t, s, "db1", ticks[i:i+1])
		if i < 20 && i%2 == 1 {
			if err := s.Compact(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, lockName)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ticks.jsonl"), asJSON(t, ticks), 0o600); err != nil {
		t.Fatal(err)
	}
}
