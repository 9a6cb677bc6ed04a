package episodes

import (
	"context"
	"iter"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// How far before the window samples are read.
const (
	lookBack       = time.Minute    // always, or the largest threshold if that is longer
	deepLookBack   = 24 * time.Hour // of heartbeats and replication, to find where a bad state began; always of facts, which are few
	digestLookBack = time.Hour      // of statement digests: their baseline
)

// head is a stream with its next value looked at.
type head[T any] struct {
	next  func() (T, error, bool)
	stop  func()
	at    func(*T) time.Time
	value T
	ok    bool
	err   error
}

func open[T any](seq iter.Seq2[T, error], at func(*T) time.Time) *head[T] {
	h := &head[T]{at: at}
	h.next, h.stop = iter.Pull2(seq)
	h.advance()
	return h
}

// advance looks at the next value; an error ends the stream.
func (h *head[T]) advance() {
	h.value, h.err, h.ok = h.next()
	if h.err != nil {
		h.ok = false
	}
}

// due reports whether the stream's next value is not after t; the zero t means
// that no other stream has one.
func (h *head[T]) due(t time.Time) bool {
	return h.ok && (t.IsZero() || !h.at(&h.value).After(t))
}

func (h *head[T]) time() time.Time {
	if !h.ok {
		return time.Time{}
	}
	return h.at(&h.value)
}

// streams are the streams of a server, side by side.
type streams struct {
	beats    *head[store.Heartbeat]
	sessions *head[store.SessionsAt]
	replicas *head[store.ReplicasAt]
	status   *head[store.StatusAt]
	waits    *head[store.WaitsAt]
	digests  *head[store.DigestsAt]
	facts    *head[store.FactsAt]
}

func openStreams(ctx context.Context, r Reader, target string, shallow, deep timeline.Window) *streams {
	earlier := timeline.Window{From: shallow.From.Add(-digestLookBack), To: shallow.To}
	history := timeline.Window{From: shallow.From.Add(-deepLookBack), To: shallow.To}
	return &streams{
		open(r.Heartbeats(ctx, target, deep), func(v *store.Heartbeat) time.Time { return v.At }),
		open(r.Sessions(ctx, target, shallow), func(v *store.SessionsAt) time.Time { return v.At }),
		open(r.Replicas(ctx, target, deep), func(v *store.ReplicasAt) time.Time { return v.At }),
		open(r.Status(ctx, target, shallow), func(v *store.StatusAt) time.Time { return v.At }),
		open(r.Waits(ctx, target, shallow), func(v *store.WaitsAt) time.Time { return v.At }),
		open(r.Digests(ctx, target, earlier), func(v *store.DigestsAt) time.Time { return v.At }),
		open(r.Facts(ctx, target, history), func(v *store.FactsAt) time.Time { return v.At }),
	}
}

func (s *streams) close() {
	s.beats.stop()
	s.sessions.stop()
	s.replicas.stop()
	s.status.stop()
	s.waits.stop()
	s.digests.stop()
	s.facts.stop()
}

// earliest is the time of the next tick; zero when all streams have ended.
func (s *streams) earliest() time.Time {
	var first time.Time
	for _, t := range [...]time.Time{s.beats.time(), s.sessions.time(), s.replicas.time(), s.status.time(), s.waits.time(), s.digests.time(), s.facts.time()} {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// advance moves every stream but the heartbeats past the tick.
func (s *streams) advance(t time.Time) {
	step(s.sessions, t)
	step(s.replicas, t)
	step(s.status, t)
	step(s.waits, t)
	step(s.digests, t)
	step(s.facts, t)
}

func step[T any](h *head[T], t time.Time) {
	if h.due(t) {
		h.advance()
	}
}

// failure is the error that ended a stream.
type failure struct {
	stream int
	err    error
}

func (s *streams) failures() (out []failure) {
	for stream, err := range [streamCount]error{s.beats.err, s.sessions.err, s.replicas.err, s.status.err, s.waits.err, s.digests.err, s.facts.err} {
		if err != nil {
			out = append(out, failure{stream, err})
		}
	}
	return out
}

// beganBefore reports whether the first samples show a state that may have begun
// long before: a server without an answer, a stopped or lagging channel.
func beganBefore(ctx context.Context, r Reader, s Server, w timeline.Window) bool {
	for h, err := range r.Heartbeats(ctx, s.Name, w) {
		if err == nil && h.Outcome != store.Answered && h.Outcome != store.Skipped {
			return true
		}
		if err != nil || h.Outcome == store.Answered {
			break
		}
	}
	for v, err := range r.Replicas(ctx, s.Name, w) {
		if err != nil {
			return false
		}
		for i := range v.Channels {
			c := &v.Channels[i]
			if c.IORunning != "Yes" || c.SQLRunning != "Yes" || c.LagKnown && c.Lag > calmLag {
				return true
			}
		}
		return false
	}
	return false
}
