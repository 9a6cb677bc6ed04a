package store

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// fill records n ticks with 50 sessions in blocks of 64 ticks.
func fill(t *testing.T, s *Store, target string, n int) []Tick {
	t.Helper()
	ticks := newWorkload(50, true, false).ticks(n)
	for len(ticks) > 0 {
		k := min(64, len(ticks))
		appendAll(t, s, target, ticks[:k])
		ticks = ticks[k:]
		if err := s.Compact(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return ticks
}

func fileSize(t *testing.T, s *Store) int64 {
	t.Helper()
	info, err := os.Stat(filepath.Join(s.opt.Path, fileName))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestRetireByAge(t *testing.T) {
	now := time.Now()
	s := openStore(t, Options{Retention: time.Hour, Now: func() time.Time { return now }, CompactAfter: 1 << 30})
	fill(t, s, "db1", 1024+64)
	appendAll(t, s, "removed", newWorkload(1, true, false).ticks(10))
	before := fileSize(t, s)
	c, err := s.Coverage(t.Context(), "db1")
	if err != nil || c.Ticks != 1024+64 {
		t.Fatalf("coverage %+v, %v", c, err)
	}

	now = c.Last.Add(time.Hour - 300*time.Second) // the last 300 s are young enough
	if err := s.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	kept, err := s.Coverage(t.Context(), "db1")
	if err != nil || kept.Ticks != 512+64 || kept.Last != c.Last { // blocks go as wholes
		t.Fatalf("kept %+v, %v", kept, err)
	}
	if got := len(collect(t, s.Sessions(t.Context(), "db1", everything()), cloneSessions)); got != 512+64 {
		t.Errorf("%d looks kept", got)
	}
	if other, err := s.Coverage(t.Context(), "removed"); err != nil || other.Ticks != 0 {
		t.Errorf("the tail of a removed server stays: %+v, %v", other, err)
	}

	now = c.Last.Add(2 * time.Hour)
	if err := s.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if kept, err := s.Coverage(t.Context(), "db1"); err != nil || kept != (Coverage{}) {
		t.Errorf("kept %+v, %v", kept, err)
	}
	if after := fileSize(t, s); after > before && after > (freeSlack+64)*4096 {
		t.Errorf("the file has %d bytes, %d before", after, before)
	}
}

func TestRetireBySize(t *testing.T) {
	const limit = 1 << 20
	s := openStore(t, Options{MaxSize: limit, CompactAfter: 1 << 30})
	fill(t, s, "db1", 5120)
	if before := fileSize(t, s); before < limit {
		t.Fatalf("the store has only %d bytes", before)
	}
	c, err := s.Coverage(t.Context(), "db1")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Retire(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.db.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if after := fileSize(t, s); after > limit {
		t.Errorf("the file has %d bytes, the limit is %d", after, limit)
	}
	kept, err := s.Coverage(t.Context(), "db1")
	if err != nil || kept.Ticks == 0 || kept.Ticks >= c.Ticks || kept.Last != c.Last {
		t.Errorf("kept %+v of %+v, %v: the newest must stay", kept, c, err)
	}
	appendAll(t, s, "db1", newWorkload(1, true, false).ticks(1))
}
