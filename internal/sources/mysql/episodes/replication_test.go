package episodes

import (
	"math"
	"testing"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// replicaWorld has one channel that the function changes.
func replicaWorld(change func(s float64, r *store.Replica)) world {
	return world{channels: func(s float64) []store.Replica {
		r := replica(0)
		change(s, &r)
		return []store.Replica{r}
	}}
}

func TestReplicationStopped(t *testing.T) {
	stop := func(from, to float64) func(float64, *store.Replica) {
		return func(s float64, r *store.Replica) {
			if s >= from && s < to {
				r.SQLRunning, r.SQLErrno, r.SQLError, r.LagKnown = "No", 1062, "Duplicate entry '' for key ''", false
			}
		}
	}
	t.Run("sql", func(t *testing.T) {
		f := watchWorld(t, replicaWorld(stop(200.4, 300.7)))
		e := only(t, f, timeline.MySQLReplicationStopped)
		brackets(t, "start", e.Start, 200.4, 1)
		brackets(t, "end", *e.End, 300.7, 1)
		attribute(t, e, "thread", "sql")
		attribute(t, e, "error_code", "1062")
		attribute(t, e, "channel", "default")
		attribute(t, e, "error", "Duplicate entry '' for key ''")
		if e.Summary != "replication SQL thread stopped with error 1062 on channel default" {
			t.Errorf("summary %q", e.Summary)
		}
		if len(ofKind(f, timeline.MySQLReplicationLag)) != 0 {
			t.Errorf("NULL lag became a lag: %v", summaries(f))
		}
	})
	t.Run("hours before the window", func(t *testing.T) {
		w := replicaWorld(stop(100.4, 99999))
		e := only(t, findings(t, w.record(0, 8000), 7600, 8000), timeline.MySQLReplicationStopped)
		brackets(t, "start", e.Start, 100.4, 1)
		if e.End != nil {
			t.Errorf("end %v, want none", e.End)
		}
	})
	t.Run("a gap in the middle", func(t *testing.T) {
		w := replicaWorld(stop(200.4, 300.7))
		w.off = []duration{{220, 280}}
		e := only(t, watchWorld(t, w), timeline.MySQLReplicationStopped)
		brackets(t, "end", *e.End, 300.7, 1)
		if e.Attributes["unobserved_seconds"] == "" {
			t.Errorf("attributes %v do not tell the hole", e.Attributes)
		}
	})
	t.Run("through a restart", func(t *testing.T) {
		w := replicaWorld(stop(200.4, 300.7))
		w.down, w.boots = []duration{{230, 250}}, []float64{-100, 245}
		e := only(t, watchWorld(t, w), timeline.MySQLReplicationStopped)
		brackets(t, "start", e.Start, 200.4, 1)
		brackets(t, "end", *e.End, 300.7, 1)
	})
	t.Run("flapping", func(t *testing.T) {
		f := watchWorld(t, replicaWorld(func(s float64, r *store.Replica) {
			if s >= 200.4 && s < 300 && int(s)%3 != 0 {
				r.SQLRunning, r.SQLErrno = "No", 1205
			}
		}))
		e := only(t, f, timeline.MySQLReplicationStopped)
		if e.Attributes["flaps"] == "" {
			t.Errorf("attributes %v, want flaps", e.Attributes)
		}
	})
}

func TestConnectingIsStoppedWhenItStays(t *testing.T) {
	connecting := func(from, to float64) world {
		return replicaWorld(func(s float64, r *store.Replica) {
			if s >= from && s < to {
				r.IORunning, r.IOErrno, r.IOError = "Connecting", 2003, "error connecting to master"
			}
		})
	}
	if f := watchWorld(t, connecting(200.4, 202.3)); len(f.Events) != 0 {
		t.Errorf("events %v, want none: it connected anew", summaries(f))
	}
	e := only(t, watchWorld(t, connecting(200.4, 205.3)), timeline.MySQLReplicationStopped)
	attribute(t, e, "thread", "io")
	attribute(t, e, "error_code", "2003")
	brackets(t, "start", e.Start, 200.4, 1)
	brackets(t, "end", *e.End, 205.3, 1)
}

func TestBothThreadsAreTwoEvents(t *testing.T) {
	f := watchWorld(t, replicaWorld(func(s float64, r *store.Replica) {
		if s >= 200.4 && s < 250.2 {
			r.IORunning, r.SQLRunning, r.LagKnown = "No", "No", false
		}
	}))
	if n := len(ofKind(f, timeline.MySQLReplicationStopped)); n != 2 {
		t.Errorf("%d events, want one for each thread: %v", n, summaries(f))
	}
}

func TestReplicationLag(t *testing.T) {
	blocked := func(s, from, to float64) float64 { // nothing is applied between from and to
		if s < from || s >= to {
			return 0
		}
		return math.Floor(s - from)
	}
	t.Run("an applier that waits", func(t *testing.T) {
		f := watchWorld(t, replicaWorld(func(s float64, r *store.Replica) { r.Lag = time.Duration(blocked(s, 200.4, 260.7)) * time.Second }))
		e := only(t, f, timeline.MySQLReplicationLag)
		brackets(t, "start", e.Start, 200.4, 1)
		brackets(t, "end", *e.End, 260.7, 1)
		attribute(t, e, "peak_seconds", "59")
	})
	t.Run("a jump", func(t *testing.T) { // a transaction of 60 s reaches the replica
		f := watchWorld(t, replicaWorld(func(s float64, r *store.Replica) {
			if s >= 200.4 && s < 260.7 {
				r.Lag = time.Duration(60+s-200.4).Round(1) * time.Second
			}
		}))
		e := only(t, f, timeline.MySQLReplicationLag)
		brackets(t, "start", e.Start, 200.4, 1)
		brackets(t, "end", *e.End, 260.7, 1)
	})
	t.Run("below the threshold", func(t *testing.T) {
		f := watchWorld(t, replicaWorld(func(s float64, r *store.Replica) { r.Lag = time.Duration(blocked(s, 200.4, 209.9)) * time.Second }))
		if len(f.Events) != 0 || !hasCheck(f, "replication lag of 10 s or more (worst seen: 8 s)") {
			t.Errorf("events %v, checks %v", summaries(f), f.Checks)
		}
	})
	t.Run("behind a stopped thread", func(t *testing.T) {
		f := watchWorld(t, replicaWorld(func(s float64, r *store.Replica) {
			switch {
			case s >= 200.4 && s < 300:
				r.SQLRunning, r.LagKnown = "No", false
			case s >= 300 && s < 310:
				r.Lag = time.Duration(s-200.4) * time.Second
			}
		}))
		e := only(t, f, timeline.MySQLReplicationLag)
		if e.Start.Earliest.After(at(200.4)) || e.Start.Latest.Before(at(200.4)) || e.Start.Latest.Sub(e.Start.Earliest) > 3*time.Second {
			t.Errorf("start %v, want the time from when on nothing was applied", e.Start)
		}
		brackets(t, "end", *e.End, 310, 1)
	})
	t.Run("a thread that stops while it lags", func(t *testing.T) {
		f := watchWorld(t, replicaWorld(func(s float64, r *store.Replica) {
			r.Lag = time.Duration(blocked(s, 200.4, 290.7)) * time.Second
			r.LagKnown = s < 240 || s > 250
		}))
		e := only(t, f, timeline.MySQLReplicationLag)
		brackets(t, "start", e.Start, 200.4, 1)
		brackets(t, "end", *e.End, 290.7, 1)
	})
	t.Run("still there", func(t *testing.T) {
		e := only(t, watchWorld(t, replicaWorld(func(s float64, r *store.Replica) { r.Lag = time.Duration(blocked(s, 500.4, 700)) * time.Second })), timeline.MySQLReplicationLag)
		if e.End != nil {
			t.Errorf("end %v, want none", e.End)
		}
	})
	t.Run("always a little behind", func(t *testing.T) {
		f := watchWorld(t, replicaWorld(func(s float64, r *store.Replica) {
			lag := 3 + math.Floor(math.Mod(s, 3))
			if s >= 400.4 && s < 460 {
				lag += math.Floor(s - 400.4)
			}
			r.Lag = time.Duration(lag) * time.Second
		}))
		e := only(t, f, timeline.MySQLReplicationLag)
		if e.Start.At.Before(at(360)) || e.Start.At.After(at(402)) {
			t.Errorf("start %v, want it where the lag began to grow, at %v", e.Start.At, at(400.4))
		}
		if e.End == nil || e.End.At.Before(at(459)) || e.End.At.After(at(462)) {
			t.Errorf("end %v, want it below the threshold at %v", e.End, at(460))
		}
	})
	t.Run("longer than the look-back", func(t *testing.T) {
		w := replicaWorld(func(s float64, r *store.Replica) { r.Lag = time.Duration(blocked(s, 100.4, 5000.7)) * time.Second })
		e := only(t, findings(t, w.record(0, 5400), 4800, 5400), timeline.MySQLReplicationLag)
		brackets(t, "start", e.Start, 100.4, 1)
		brackets(t, "end", *e.End, 5000.7, 1)
	})
}

func TestTopologyChanges(t *testing.T) {
	f := watchWorld(t, world{channels: func(s float64) []store.Replica {
		r := replica(0)
		switch {
		case s < 100.3, s >= 400.2:
			return nil
		case s >= 200.6 && s < 300.3:
			r.SourceHost, r.SourceUUID, r.SourceID = "db3", "", 0 // not connected yet
			if s > 203 {
				r.SourceUUID, r.SourceID = "cccc", 3
			}
		case s >= 300.3:
			r.SourceHost, r.SourceUUID, r.SourceID = "db3", "dddd", 4 // the address leads elsewhere
		}
		return []store.Replica{r}
	}})
	got := ofKind(f, timeline.MySQLTopologyChange)
	want := []struct {
		at       float64
		from, to string
	}{{100.3, "none", "db1:3306"}, {200.6, "db1:3306", "db3:3306"}, {300.3, "db3:3306 (cccc)", "db3:3306 (dddd)"}, {400.2, "db3:3306", "none"}}
	if len(got) != len(want) {
		t.Fatalf("%v, want %d changes", summaries(f), len(want))
	}
	for i, e := range got {
		brackets(t, "start", e.Start, want[i].at, 1)
		attribute(t, e, "from", want[i].from)
		attribute(t, e, "to", want[i].to)
	}
	if len(ofKind(f, timeline.MySQLReplicationStopped)) != 0 {
		t.Errorf("a removed channel is no stopped one: %v", summaries(f))
	}
}
