package mysql

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"collector/internal/sources/mysql/episodes"
	"collector/internal/store"
)

// Writer keeps the ticks of servers; *store.Store is one. A tick's rows and maps
// are the recorder's again when Append returns.
type Writer interface {
	Append(ctx context.Context, target string, tick store.Tick) error
}

// asker is one connection that can be asked for the parts of a tick.
type asker interface {
	readHeartbeat(ctx context.Context, beat *store.Heartbeat) error
	readPart(ctx context.Context, p *part, into *store.Tick) error
	stillBusy(ctx context.Context, session uint64) (bool, error)
	sessionID() uint64
	sent() uint32
	close()
}

// Recorder samples one server. Its rules:
//
//   - One connection, one query in flight, one login at a time.
//   - A tick starts half a second after each multiple of the interval on the wall
//     clock (see after) and ends within query_timeout, logging in included. It writes one row, whatever
//     happened; ticks that it overran are written as Skipped.
//   - A tick is Answered when the clock query was answered. Its other parts may be
//     missing.
//   - A connection that broke is opened again within the same tick, once; so a
//     killed session is no outage. Otherwise there is one login per tick. After a
//     Denied login the wait doubles up to maxDeniedWait, so that an account is not
//     locked by a wrong password: ticks in between are Skipped. A login that is
//     refused with 1040 is tried once more over admin_address; such a tick is
//     Answered and still has the error number.
//   - A part (sessions, replication, status ...) that took t rests for 4 t, at most
//     maxRest, so that no part takes more than a fifth of the time; see part.go.
//   - What is asked only now and then (topology, variables, digests) waits for the
//     next tick where this one has taken half of its interval already, all but the
//     one that waits longest. Over a slow line they would make the tick overrun
//     whenever they fall together.
//   - A part that the client gave up on is not asked again while the server still
//     works on it: SHOW REPLICA STATUS obeys no time limit, and behind a STOP
//     REPLICA that hangs each new one would hang too, until no connection is left.
type Recorder struct {
	config Config
	writer Writer
	log    *slog.Logger
	gauges serverMetrics
	open   func(ctx context.Context, limit time.Duration) (asker, error)
	admin  adminDoor

	incident atomic.Bool                     // whether it hurries, see Incident
	latest   atomic.Pointer[episodes.Latest] // never nil

	conn     asker
	closed   uint32 // queries that earlier connections sent
	parts    []*pace
	denied   time.Duration // how long to wait after the next denied login
	retryAt  time.Time     // no login before
	state    transition
	unstored bool // the writer refuses
}

const (
	maxDeniedWait = 30 * time.Second
	maxSkipped    = 60 // rows for ticks that were left out; what is longer is a hole in the recording
	writeLimit    = 10 * time.Second
)

// NewRecorder makes a recorder for a validated configuration. Metrics may be
// shared by all recorders.
func NewRecorder(config Config, writer Writer, log *slog.Logger, metrics *Metrics) *Recorder {
	r := &Recorder{
		config: config, writer: writer, log: log.With("server", config.Name),
		gauges: metrics.server(config.Name), open: opener(config),
	}
	r.latest.Store(&episodes.Latest{})
	r.parts = newPaces(newParts(config))
	for _, p := range r.parts {
		r.gauges.follow(p.name())
	}
	if config.AdminAddress != "" {
		r.admin.open = opener(config.viaAdmin())
	}
	return r
}

// opener logs in with a configuration.
func opener(config Config) func(ctx context.Context, limit time.Duration) (asker, error) {
	return func(ctx context.Context, limit time.Duration) (asker, error) {
		c, err := login(ctx, config, limit)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// Run records until the context ends. It leaves nothing behind.
func (r *Recorder) Run(ctx context.Context) {
	defer r.disconnect()
	interval := time.Duration(r.config.Interval)
	next := after(time.Now(), interval)
	for {
		if !sleepUntil(ctx, next) {
			return
		}
		tick := r.tick(ctx)
		if ctx.Err() != nil {
			return // what failed now failed because we stop
		}
		r.write(ctx, tick)
		next = r.skip(ctx, next.Add(interval), interval)
	}
}

// skip writes the ticks that passed in the meantime and returns the next one to
// come. After a jump of the clock, or the machine's sleep, it starts anew: what
// is missing then is a hole in the recording and no row.
func (r *Recorder) skip(ctx context.Context, next time.Time, interval time.Duration) time.Time {
	now := time.Now()
	if next.Sub(now) > 2*interval || now.Sub(next) > maxSkipped*interval {
		return after(now, interval)
	}
	for ; next.Before(now); next = next.Add(interval) {
		r.write(ctx, store.Tick{Heartbeat: store.Heartbeat{At: next.UTC(), Outcome: store.Skipped, Interval: interval}})
	}
	return next
}

// tick asks everything that is due.
func (r *Recorder) tick(ctx context.Context) store.Tick {
	start := time.Now()
	tick := store.Tick{Heartbeat: store.Heartbeat{At: start.UTC().Round(0), Interval: time.Duration(r.config.Interval)}}
	if start.Before(r.retryAt) {
		tick.Heartbeat.Outcome = store.Skipped
		return tick
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(r.config.QueryTimeout))
	defer cancel()
	before := r.queries()
	err := r.askClock(ctx, &tick.Heartbeat)
	if err != nil {
		tick.Heartbeat.Outcome = outcomeOf(err)
		tick.Heartbeat.ErrorNumber = errorNumber(err)
	} else {
		r.askParts(ctx, start, &tick)
		r.admin.observe(&tick)
	}
	tick.Heartbeat.Queries = r.queries() - before
	if err != nil {
		r.disconnect()
		r.postpone(tick.Heartbeat.Outcome, start)
	}
	tick.Heartbeat.Spent = time.Since(start)
	if !errors.Is(ctx.Err(), context.Canceled) {
		r.state.report(r.log, tick.Heartbeat, err)
	}
	return tick
}

// askClock logs in if need be and asks the clock. A connection that turns out to
// be broken says nothing about the server, so a new one is tried at once.
func (r *Recorder) askClock(ctx context.Context, beat *store.Heartbeat) error {
	if r.admin.leaves() {
		r.disconnect()
	}
	if r.conn != nil {
		err := r.conn.readHeartbeat(ctx, beat)
		if err == nil || !breaksConnection(err) || ctx.Err() != nil {
			return err
		}
		r.disconnect()
	}
	deadline, _ := ctx.Deadline()
	conn, err := r.open(ctx, time.Until(deadline))
	if refusal := err; outcomeOf(err) == store.Refused && r.admin.open != nil {
		if conn, err = r.admin.enter(ctx, time.Until(deadline)); err != nil {
			return refusal // the other door's reason is in `collector check`
		}
		beat.ErrorNumber = errorNumber(refusal)
	}
	if err != nil {
		return err
	}
	r.conn, r.denied = conn, 0
	return r.conn.readHeartbeat(ctx, beat)
}

// askParts asks the parts that are due, until the connection breaks.
func (r *Recorder) askParts(ctx context.Context, start time.Time, tick *store.Tick) {
	hurried := r.setTempo(start)
	longest := waitsLongest(r.parts, start, hurried)
	for _, p := range r.parts {
		if !p.ready(start, hurried) {
			if start.Before(p.tired) {
				r.gauges.rested(p.name())
			}
			continue
		}
		began := time.Now()
		if p.every > 0 && p != longest && began.Sub(start) > time.Duration(r.config.Interval)/crowdedTick {
			continue // its turn is the next tick's
		}
		err := p.ask(ctx, r.conn, tick)
		p.asked(time.Now(), time.Since(began))
		if errors.Is(err, errNotNow) {
			continue
		}
		if errors.Is(err, errStillBusy) {
			r.gauges.rested(p.name())
			continue
		}
		if !errors.Is(ctx.Err(), context.Canceled) {
			p.report(r.log, err, tick)
			r.gauges.asked(p.name(), tick.Heartbeat.At, err)
		}
		if err != nil && breaksConnection(err) {
			r.disconnect()
			return
		}
	}
}

// postpone keeps a wrong password from being tried at every tick.
func (r *Recorder) postpone(outcome store.Outcome, start time.Time) {
	if outcome != store.Denied {
		r.denied = 0
		return
	}
	r.denied = min(max(2*r.denied, time.Duration(r.config.Interval)), maxDeniedWait)
	r.retryAt = start.Add(r.denied)
}

// queries is how many queries were sent so far, over all connections.
func (r *Recorder) queries() uint32 {
	if r.conn == nil {
		return r.closed
	}
	return r.closed + r.conn.sent()
}

func (r *Recorder) disconnect() {
	if r.conn != nil {
		r.closed += r.conn.sent()
		r.conn.close()
		r.conn = nil
		r.admin.inside = false
	}
}

// write hands the tick over. A writer that refuses is reported once, and sampling
// goes on: it may recover.
func (r *Recorder) write(ctx context.Context, tick store.Tick) {
	r.gauges.observe(tick.Heartbeat)
	r.notice(&tick)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLimit)
	defer cancel()
	err := r.writer.Append(ctx, r.config.Name, tick)
	switch {
	case err != nil && !r.unstored:
		r.log.Error("samples are lost: the store refuses them", "err", err)
	case err == nil && r.unstored:
		r.log.Info("the store accepts samples again")
	}
	if err != nil {
		r.gauges.lost.Inc()
	}
	r.unstored = err != nil
}

// after is the first tick after t: a multiple of the interval on the wall clock,
// plus half a second. MySQL's TIME is a difference of two whole seconds; asked in
// the middle of a second, it says to the second when a statement began, while at
// the turn of one it may be one more or one less.
func after(t time.Time, interval time.Duration) time.Time {
	phase := min(interval, time.Second) / 2
	return t.Add(-phase).Truncate(interval).Add(interval + phase)
}

// sleepUntil reports whether the time came before the context ended.
func sleepUntil(ctx context.Context, t time.Time) bool {
	timer := time.NewTimer(time.Until(t))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
