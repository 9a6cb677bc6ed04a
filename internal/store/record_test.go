package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// TestRecordsCarryNothingOver compares records with those that a new encoder makes.
func TestRecordsCarryNothingOver(t *testing.T) {
	used, err := newRecordEncoder()
	if err != nil {
		t.Fatal(err)
	}
	ticks := randomTicks(rand.New(rand.NewPCG(3, 4)), 200)
	ticks = append(ticks[:100:100], append([]Tick{manySessions(ticks[99].Heartbeat.At)}, ticks[100:]...)...)
	for i := range ticks {
		fresh, err := newRecordEncoder()
		if err != nil {
			t.Fatal(err)
		}
		want, err := fresh.encode(&ticks[i])
		if err != nil {
			t.Fatal(err)
		}
		got, err := used.encode(&ticks[i])
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("tick %d: %d bytes, %v, not the %d of a new encoder", i, len(got), err, len(want))
		}
	}
	if cap(used.record) > largeRecord {
		t.Errorf("%d bytes are kept of a tick long ago", cap(used.record))
	}
}

// manySessions is a tick whose record is a large one.
func manySessions(at time.Time) Tick {
	all, r := &Sessions{}, rand.New(rand.NewPCG(5, 6))
	for i := range 60_000 {
		all.Active = append(all.Active, Session{ID: uint64(7 * i), SQL: fmt.Sprintf("SELECT c_%x FROM t_%x", r.Uint64(), r.Uint64())})
	}
	return Tick{Heartbeat: Heartbeat{At: at}, Sessions: all}
}
