package episodes

import (
	"context"
	"iter"
	"log/slog"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/store"
	"collector/internal/timeline"
)

// epoch is second 0 of every test; it is not at a whole second.
var epoch = time.Date(2026, 3, 1, 9, 0, 0, 417e6, time.UTC)

func at(seconds float64) time.Time {
	return epoch.Add(time.Duration(seconds * float64(time.Second)))
}

// world is a server whose truth is known, and which is sampled as the recorder
// would do it. All times are seconds since the epoch, of the collector's clock.
type world struct {
	mariaDB    bool
	boots      []float64  // start of each process; the first one is before the recording
	down       []duration // nobody listens
	hung       []duration // no answer in time
	off        []duration // the recorder does not run
	refused    []duration // 1040 for the recorder
	denied     []duration
	skipped    []duration
	blind      []duration // processlist not sampled
	readOnly   []duration
	offset     float64 // server's clock minus the collector's
	drift      float64 // of the offset, seconds per second
	interval   float64
	spent      float64
	statements []stmt
	channels   func(t float64) []store.Replica
	status     func(t float64) store.Status
	tweak      func(t float64, tick *store.Tick)
}

type duration struct{ from, to float64 }

func in(t float64, ds []duration) bool {
	for _, d := range ds {
		if t >= d.from && t < d.to {
			return true
		}
	}
	return false
}

// stmt is one execution in truth. A zero trx opens no transaction; idle is how
// long the session stays idle in the transaction afterwards.
type stmt struct {
	id        uint64
	user      string
	sql       string
	from, to  float64
	trx, idle float64
	command   string
	state     string
}

func (w *world) offsetAt(t float64) float64 { return w.offset + w.drift*t }

// age is how old something is for the server, as it would say it.
func (w *world) age(from, now float64, exact bool) time.Duration {
	start, end := at(from+w.offsetAt(from)), at(now+w.offsetAt(now))
	if exact {
		return end.Sub(start).Truncate(time.Millisecond)
	}
	return time.Duration(end.Unix()-start.Unix()) * time.Second
}

// record samples the world and returns the tape.
func (w *world) record(from, to float64) *tape {
	if w.interval == 0 {
		w.interval = 1
	}
	if w.spent == 0 {
		w.spent = 0.004
	}
	if w.boots == nil {
		w.boots = []float64{-7200.3}
	}
	var out tape
	for n := 0; ; n++ {
		t := from + float64(n)*w.interval
		if t >= to {
			return &out
		}
		if !in(t, w.off) {
			out.ticks = append(out.ticks, w.tick(t))
		}
	}
}

func (w *world) tick(t float64) store.Tick {
	seconds := func(f float64) time.Duration { return time.Duration(f * float64(time.Second)) }
	tick := store.Tick{Heartbeat: store.Heartbeat{
		At: at(t).Truncate(time.Millisecond), Spent: seconds(w.spent), Interval: seconds(w.interval), Queries: 4,
	}}
	h := &tick.Heartbeat
	switch {
	case in(t, w.skipped):
		h.Outcome = store.Skipped
	case in(t, w.down):
		h.Outcome = store.Unreachable
	case in(t, w.hung):
		h.Outcome = store.TimedOut
		h.Spent = seconds(w.interval * 0.9)
	case in(t, w.refused):
		h.Outcome, h.ErrorNumber = store.Refused, 1040
	case in(t, w.denied):
		h.Outcome, h.ErrorNumber = store.Denied, 1045
	default:
		w.answer(t, &tick)
	}
	if w.tweak != nil {
		w.tweak(t, &tick)
	}
	return tick
}

func (w *world) answer(t float64, tick *store.Tick) {
	h := &tick.Heartbeat
	h.Version = "9.7.4"
	if w.mariaDB {
		h.Version = "10.11.19-MariaDB-log"
	}
	h.RoundTrip = time.Millisecond
	h.ClockOffset = time.Duration(w.offsetAt(t) * float64(time.Second))
	h.ReadOnly = in(t, w.readOnly)
	h.Looked = ^store.Parts(0) // at all that there is to look at
	boot := w.boots[0]
	for _, b := range w.boots {
		if b <= t {
			boot = b
		}
	}
	now := t + w.spent*0.6 // when the readings are made
	h.UptimeSec = uint64(w.age(boot, now, false) / time.Second)
	if !in(t, w.blind) {
		tick.Sessions = &store.Sessions{Idle: map[string]int{"shop": 40}}
		for _, s := range w.statements {
			if row, ok := w.row(s, now); ok {
				tick.Sessions.Active = append(tick.Sessions.Active, row)
			}
		}
	}
	tick.Replicas = &store.Replicas{}
	if w.channels != nil {
		tick.Replicas.Channels = w.channels(now)
	}
	tick.Status = store.Status{"Threads_connected": 42, "Threads_running": 2, "max_connections": 151, "Questions": 1000 + int64(t*100),
		"Connection_errors_max_connections": 7}
	if w.status != nil {
		tick.Status = w.status(now)
	}
}

func (w *world) row(s stmt, now float64) (store.Session, bool) {
	row := store.Session{ID: s.id, User: s.user, Host: "10.0.0.7", DB: "shop", Command: "Query", State: s.state, SQL: s.sql, RowsExamined: uint64(1000 * max(0, now-s.from))}
	if s.command != "" {
		row.Command = s.command
	}
	if row.User == "" {
		row.User = "shop_app"
	}
	switch {
	case now < s.from || now >= s.to+s.idle:
		return row, false
	case now >= s.to:
		row.Command, row.SQL, row.State = "Sleep", "", ""
		row.Elapsed = w.age(s.to, now, w.mariaDB)
	default:
		row.Elapsed = w.age(s.from, now, w.mariaDB)
	}
	if s.trx != 0 {
		row.Transaction = w.age(s.trx, now, false)
		row.RowsModified, row.RowsLocked = 10, 20
	}
	return row, true
}

// replica is a healthy channel.
func replica(lag float64) store.Replica {
	return store.Replica{SourceHost: "db1", SourcePort: 3306, SourceUUID: "aaaa", SourceID: 1, IORunning: "Yes", SQLRunning: "Yes",
		Lag: time.Duration(lag) * time.Second, LagKnown: true, GTID: "0-1-5"}
}

// tape is a Reader in memory. Like the store it reuses what it yields.
type tape struct{ ticks []store.Tick }

func play[T any](t *tape, ctx context.Context, w timeline.Window, get func(*store.Tick) (T, bool)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for i := range t.ticks {
			if !w.Contains(t.ticks[i].Heartbeat.At) {
				continue
			}
			if err := ctx.Err(); err != nil {
				var none T
				yield(none, err)
				return
			}
			if v, ok := get(&t.ticks[i]); ok && !yield(v, nil) {
				return
			}
		}
	}
}

func (t *tape) Heartbeats(ctx context.Context, _ string, w timeline.Window) iter.Seq2[store.Heartbeat, error] {
	return play(t, ctx, w, func(k *store.Tick) (store.Heartbeat, bool) { return k.Heartbeat, true })
}

func (t *tape) Sessions(ctx context.Context, _ string, w timeline.Window) iter.Seq2[store.SessionsAt, error] {
	var rows []store.Session
	return play(t, ctx, w, func(k *store.Tick) (store.SessionsAt, bool) {
		if k.Sessions == nil {
			return store.SessionsAt{}, false
		}
		rows = append(rows[:0], k.Sessions.Active...)
		return store.SessionsAt{At: k.Heartbeat.At, Sessions: store.Sessions{Active: rows, Idle: k.Sessions.Idle}}, true
	})
}

func (t *tape) Replicas(ctx context.Context, _ string, w timeline.Window) iter.Seq2[store.ReplicasAt, error] {
	var rows []store.Replica
	return play(t, ctx, w, func(k *store.Tick) (store.ReplicasAt, bool) {
		if k.Replicas == nil {
			return store.ReplicasAt{}, false
		}
		rows = append(rows[:0], k.Replicas.Channels...)
		return store.ReplicasAt{At: k.Heartbeat.At, Replicas: store.Replicas{Channels: rows}}, true
	})
}

func (t *tape) Status(ctx context.Context, _ string, w timeline.Window) iter.Seq2[store.StatusAt, error] {
	return play(t, ctx, w, func(k *store.Tick) (store.StatusAt, bool) {
		return store.StatusAt{At: k.Heartbeat.At, Status: k.Status}, k.Status != nil
	})
}

func (t *tape) Waits(ctx context.Context, _ string, w timeline.Window) iter.Seq2[store.WaitsAt, error] {
	var rows []store.LockWait
	return play(t, ctx, w, func(k *store.Tick) (store.WaitsAt, bool) {
		rows = append(rows[:0], k.Waits...)
		return store.WaitsAt{At: k.Heartbeat.At, Waits: rows}, k.Waits != nil
	})
}

func (t *tape) Digests(ctx context.Context, _ string, w timeline.Window) iter.Seq2[store.DigestsAt, error] {
	var rows []store.Digest
	return play(t, ctx, w, func(k *store.Tick) (store.DigestsAt, bool) {
		rows = append(rows[:0], k.Digests...)
		return store.DigestsAt{At: k.Heartbeat.At, Digests: rows}, k.Digests != nil
	})
}

func (t *tape) Facts(ctx context.Context, _ string, w timeline.Window) iter.Seq2[store.FactsAt, error] {
	var rows []store.Fact
	return play(t, ctx, w, func(k *store.Tick) (store.FactsAt, bool) {
		rows = append(rows[:0], k.Facts...)
		return store.FactsAt{At: k.Heartbeat.At, Facts: rows}, len(k.Facts) > 0
	})
}

func request(from, to float64) sources.Request {
	return sources.Request{
		Window: timeline.Window{From: at(from).Truncate(time.Millisecond), To: at(to).Truncate(time.Millisecond)},
		Now:    func() time.Time { return at(9999) }, Log: slog.New(slog.DiscardHandler), Notify: func(string) {},
	}
}

var db1 = Server{Name: "db1", Cluster: "shop", Interval: time.Second}

// findings gathers and interprets.
func findings(t *testing.T, r Reader, from, to float64) timeline.Findings {
	t.Helper()
	req := request(from, to)
	records, err := Gather(t.Context(), r, db1, req)
	if err != nil {
		t.Fatalf("Gather: %v", err)
	}
	f, err := Interpret(req.Window, records)
	if err != nil {
		t.Fatalf("Interpret: %v", err)
	}
	for _, e := range f.Events {
		if err := e.Validate(); err != nil {
			t.Errorf("%v", err)
		}
	}
	for _, e := range f.Evidence {
		if err := e.Verify(); err != nil {
			t.Error(err)
		}
		if len(e.Body) > 256<<10 {
			t.Errorf("evidence %s has %d bytes", e.ID, len(e.Body))
		}
	}
	return f
}

// watchWorld records the world from 0 to 600 and asks about 60 to 600.
func watchWorld(t *testing.T, w world) timeline.Findings {
	t.Helper()
	return findings(t, w.record(0, 600), 60, 600)
}

func only(t *testing.T, f timeline.Findings, kind timeline.Kind) timeline.Event {
	t.Helper()
	all := ofKind(f, kind)
	if len(all) != 1 {
		t.Fatalf("%d events of kind %s, want 1: %v", len(all), kind, summaries(f))
	}
	return all[0]
}

func ofKind(f timeline.Findings, kind timeline.Kind) (out []timeline.Event) {
	for _, e := range f.Events {
		if e.Kind == kind {
			out = append(out, e)
		}
	}
	return out
}

func summaries(f timeline.Findings) (out []string) {
	for _, e := range f.Events {
		out = append(out, string(e.Kind)+": "+e.Summary)
	}
	return out
}

// brackets checks that the instant holds the truth and is at most two intervals wide.
func brackets(t *testing.T, what string, i timeline.Instant, truth float64, interval float64) {
	t.Helper()
	if w := at(truth); w.Before(i.Earliest.Add(-time.Millisecond)) || w.After(i.Latest.Add(time.Millisecond)) {
		t.Errorf("%s [%s, %s] does not hold the truth %s", what, timeline.FormatTime(i.Earliest), timeline.FormatTime(i.Latest), timeline.FormatTime(w))
	}
	if width := i.Latest.Sub(i.Earliest).Seconds(); width > 2*interval+0.05 {
		t.Errorf("%s is %.3f s wide, want at most two intervals of %.0f s", what, width, interval)
	}
}

func attribute(t *testing.T, e timeline.Event, key, want string) {
	t.Helper()
	if got := e.Attributes[key]; got != want {
		t.Errorf("%s: attribute %s is %q, want %q", e.Kind, key, got, want)
	}
}

func hasCheck(f timeline.Findings, lookedFor string) bool {
	for _, c := range f.Checks {
		if c.LookedFor == lookedFor {
			return true
		}
	}
	return false
}
