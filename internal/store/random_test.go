package store

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// randomTicks makes n ticks that look like nothing in particular: every field
// varies, every part is now and then absent or empty.
func randomTicks(r *rand.Rand, n int) []Tick {
	at := time.UnixMilli(1_720_771_200_000 + r.Int64N(1e6)).UTC()
	var all []Tick
	for range n {
		at = at.Add(time.Duration(1+r.IntN(3000)) * time.Millisecond)
		t := Tick{Heartbeat: randomHeartbeat(r, at)}
		if r.IntN(4) > 0 {
			t.Sessions = randomSessions(r)
		}
		if r.IntN(4) > 0 {
			t.Replicas = randomReplicas(r)
		}
		if r.IntN(4) > 0 {
			t.Status = randomStatus(r)
		}
		if r.IntN(4) > 0 {
			t.Waits = randomWaits(r)
		}
		if r.IntN(4) > 0 {
			t.Digests = randomDigests(r)
		}
		for range r.IntN(3) {
			t.Facts = append(t.Facts, Fact{Kind: pickText(r, "deadlock", 3), Body: pickText(r, "{}", 4)})
		}
		all = append(all, t)
	}
	return all
}

func randomHeartbeat(r *rand.Rand, at time.Time) Heartbeat {
	return Heartbeat{
		At: at, Outcome: Outcome(r.IntN(int(Skipped) + 1)), ErrorNumber: uint16(r.IntN(3) * 1040), RoundTrip: micros(r.Int64N(1e6)),
		ClockOffset: micros(r.Int64N(2e6) - 1e6), Spent: micros(r.Int64N(1e6)), Queries: uint32(r.IntN(9)), Interval: time.Second,
		UptimeSec: r.Uint64N(3) * 1e6, ServerUUID: pickText(r, "uuid", 2), ServerID: uint32(r.IntN(3)), Version: pickText(r, "10.11", 2), ReadOnly: r.IntN(2) == 0,
		Looked: Parts(r.IntN(1 << 11)),
	}
}

func randomSessions(r *rand.Rand) *Sessions {
	s := &Sessions{Active: []Session{}, Idle: map[string]int{}}
	id := uint64(0)
	for range r.IntN(30) {
		id += 1 + r.Uint64N(4)
		s.Active = append(s.Active, Session{
			ID: id, User: pickText(r, "user", 3), Host: pickText(r, "host", 5), DB: pickText(r, "db", 2), Command: pickText(r, "Query", 3),
			State: pickText(r, "state", 4), Elapsed: randomDuration(r), SQL: pickText(r, "SELECT ?", 9), Transaction: randomDuration(r),
			RowsLocked: r.Uint64N(3), RowsModified: r.Uint64N(3), RowsExamined: r.Uint64() >> r.IntN(64), LockWait: r.IntN(2) == 0,
		})
	}
	if r.IntN(20) == 0 && len(s.Active) > 0 {
		s.Active[len(s.Active)-1].ID = 1<<64 - 1
	}
	for range r.IntN(4) {
		s.Idle[pickText(r, "account", 5)] = r.IntN(4)
	}
	return s
}

func randomReplicas(r *rand.Rand) *Replicas {
	all := &Replicas{Channels: []Replica{}}
	for range r.IntN(3) {
		all.Channels = append(all.Channels, Replica{
			Channel: pickText(r, "channel", 2), SourceHost: pickText(r, "host", 2), SourcePort: uint16(r.IntN(1 << 16)), SourceUUID: pickText(r, "uuid", 2),
			SourceID: r.Uint32(), IORunning: pickText(r, "Yes", 3), SQLRunning: pickText(r, "Yes", 2), IOErrno: uint16(r.IntN(2000)), SQLErrno: uint16(r.IntN(2000)),
			IOError: pickText(r, "error ''", 2), SQLError: pickText(r, "error ''", 2), Lag: millis(r.Int64N(1e9)), LagKnown: r.IntN(2) == 0,
			GTID: fmt.Sprintf("%s:1-%d,%s:1-%d", pickText(r, "a", 2), r.IntN(1000), pickText(r, "b", 2), r.IntN(20)),
		})
	}
	return all
}

func randomStatus(r *rand.Rand) Status {
	s := Status{}
	for range r.IntN(9) {
		s[pickText(r, "Threads_", 9)] = int64(r.Uint64() >> r.IntN(64))
	}
	return s
}

// randomDuration is whole seconds for most, as MySQL tells them.
func randomDuration(r *rand.Rand) time.Duration {
	if r.IntN(50) == 0 {
		return millis(r.Int64N(1e7) - 1e3)
	}
	return time.Duration(r.IntN(5)) * time.Second
}

// pickText is one of n texts, or none.
func pickText(r *rand.Rand, prefix string, n int) string {
	k := r.IntN(n + 1)
	if k == n {
		return ""
	}
	return fmt.Sprint(prefix, k)
}

func randomWaits(r *rand.Rand) []LockWait {
	all := []LockWait{}
	for range r.IntN(9) {
		all = append(all, LockWait{
			Waiter: r.Uint64() >> r.IntN(64), Blocker: r.Uint64N(9), Class: pickText(r, "row", 2), Object: pickText(r, "shop.orders", 3), Index: pickText(r, "PRIMARY", 2),
			Mode: pickText(r, "X", 3), Held: pickText(r, "S", 3), Waited: randomDuration(r), Guessed: r.IntN(2) == 0,
		})
	}
	return all
}

func randomDigests(r *rand.Rand) []Digest {
	all := []Digest{}
	for range r.IntN(9) {
		d := Digest{
			ID: pickText(r, "a1", 9), DB: pickText(r, "shop", 2), SQL: pickText(r, "SELECT ?", 9), Count: r.Int64N(1e6), Errors: r.Int64N(3),
			Time: micros(r.Int64N(1e12)), LockTime: micros(r.Int64N(1e9)), RowsExamined: r.Int64() >> r.IntN(64), RowsSent: r.Int64N(1e6),
			RowsAffected: r.Int64N(1e3), NoIndex: r.Int64N(2), TmpDisk: r.Int64N(2),
		}
		if r.IntN(2) == 0 {
			d.FirstSeen = fromMillis(1_720_771_200_000 + r.Int64N(1e9))
		}
		all = append(all, d)
	}
	return all
}
