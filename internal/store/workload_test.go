package store

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// workload plays a server with an application: a pool of connections, 60
// statements used with very different frequency, and durations as the flavour
// tells them.
type workload struct {
	r        *rand.Rand
	active   int  // sessions at each tick
	millis   bool // TIME_MS and rows examined, as MariaDB has them; else whole seconds
	piled    bool // everybody waits for the same lock from the first tick on
	at       time.Time
	started  []time.Time
	examined uint64
	status   Status
}

func newWorkload(active int, millis, piled bool) *workload {
	w := &workload{r: rand.New(rand.NewPCG(1, 2)), active: active, millis: millis, piled: piled, at: time.UnixMilli(1_720_771_200_000).UTC(), status: Status{}}
	for range active {
		w.started = append(w.started, w.at.Add(-time.Duration(w.r.IntN(9000))*time.Millisecond))
	}
	for i := range 60 {
		w.status[fmt.Sprintf("Com_or_Innodb_counter_%d", i)] = w.r.Int64N(1e9)
	}
	return w
}

func (w *workload) ticks(n int) []Tick {
	all := make([]Tick, 0, n)
	for range n {
		all = append(all, w.tick())
	}
	return all
}

// tick is the next second, give or take a millisecond.
func (w *workload) tick() Tick {
	w.at = w.at.Add(time.Duration(999+w.r.IntN(3)) * time.Millisecond)
	for name, v := range w.status {
		if w.r.IntN(3) > 0 {
			w.status[name] = v + w.r.Int64N(900)
		}
	}
	s := w.busy()
	if w.piled {
		s = w.pileUp()
	}
	return Tick{
		Heartbeat: Heartbeat{
			At: w.at, RoundTrip: micros(200 + w.r.Int64N(90)), ClockOffset: micros(w.r.Int64N(400)), Spent: micros(4000 + w.r.Int64N(900)), Queries: 4,
			Interval: time.Second, UptimeSec: uint64(w.at.Unix() - 1_720_000_000), ServerID: 1, Version: "10.11.19-MariaDB-0+deb12u1-log",
		},
		Sessions: s,
		Replicas: &Replicas{Channels: []Replica{{
			SourceHost: "db0", SourcePort: 3306, SourceID: 1, IORunning: "Yes", SQLRunning: "Yes", LagKnown: true, GTID: fmt.Sprintf("0-1-%d", w.at.UnixMilli()),
		}}},
		Status: w.status.clone(),
	}
}

func (s Status) clone() Status {
	c := make(Status, len(s))
	for k, v := range s {
		c[k] = v
	}
	return c
}

// busy is a server with load and no trouble: each look catches other
// connections of the pool, at other statements.
func (w *workload) busy() *Sessions {
	s := &Sessions{Idle: map[string]int{"shop_app": 4 * w.active, "shop_batch": 3}}
	ids := w.r.Perm(5 * w.active)[:w.active]
	slices.Sort(ids)
	for _, id := range ids {
		s.Active = append(s.Active, w.session(uint64(1000+3*id), w.elapsed()))
	}
	return s
}

// pileUp is the incident: the same sessions at every tick, waiting, and one that works.
func (w *workload) pileUp() *Sessions {
	s := &Sessions{Idle: map[string]int{"shop_app": 4 * w.active}}
	for i := range w.active {
		row := w.session(uint64(1000+7*i), w.whole(w.at.Sub(w.started[i])))
		row.SQL, row.State, row.LockWait = statement(i%5), "updating", true
		row.Transaction, row.RowsExamined, row.RowsLocked, row.RowsModified = row.Elapsed.Truncate(time.Second), 0, 1, 0
		s.Active = append(s.Active, row)
	}
	w.examined += 900_000 + w.r.Uint64N(90_000)
	s.Active[0].LockWait, s.Active[0].State, s.Active[0].RowsExamined, s.Active[0].RowsLocked = false, "Sending data", w.examined, w.examined
	return s
}

func (w *workload) session(id uint64, elapsed time.Duration) Session {
	kind := min(int(w.r.ExpFloat64()*8), 59)
	s := Session{
		ID: id, User: "shop_app", Host: fmt.Sprintf("10.0.0.%d", id%6), DB: "shop", Command: "Query", SQL: statement(kind), Elapsed: elapsed,
		State: [...]string{"executing", "executing", "executing", "statistics", "Sending data", "starting", "waiting for handler commit"}[w.r.IntN(7)],
	}
	if kind%3 == 0 {
		s.Transaction, s.RowsLocked, s.RowsModified = time.Duration(w.r.IntN(2))*time.Second, w.r.Uint64N(4), w.r.Uint64N(3)
	}
	if w.millis {
		s.RowsExamined = uint64(math.Exp(w.r.Float64() * 6))
	}
	return s
}

// elapsed is how long a statement of a healthy server has been running.
func (w *workload) elapsed() time.Duration {
	return w.whole(time.Duration(w.r.ExpFloat64() * 12 * float64(time.Millisecond)))
}

func (w *workload) whole(d time.Duration) time.Duration {
	if w.millis {
		return d.Truncate(time.Millisecond)
	}
	return d.Truncate(time.Second)
}

// statement is normalised SQL of a realistic length.
func statement(kind int) string {
	return fmt.Sprintf("SELECT o.id, o.customer_id, o.total_%d, i.sku, i.quantity FROM shop.orders_%d AS o JOIN shop.order_items AS i ON i.order_id = o.id "+
		"WHERE o.customer_id = ? AND o.state IN (...) AND i.sku_%d = ? ORDER BY o.created_at DESC LIMIT ?", kind, kind%7, kind)
}
