package episodes

import (
	"context"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// scan is one pass over the samples of a server. It knows no answer format: it
// only drives the state machines of the episodes.
type scan struct {
	interval    time.Duration // the configured one, where heartbeats tell none
	now         beat          // the latest heartbeat
	hasBeat     bool
	clock       beat // the latest answered heartbeat: it knows clock and version
	down        downScan
	restarts    restartScan
	roles       roleScan
	connections connectionScan
	replication replicationScan
	sessions    sessionScan
	series      seriesScan
	coverage    coverageScan
}

func newScan(s Server, w timeline.Window) *scan {
	x := &scan{interval: s.Interval, connections: newConnectionScan(), sessions: newSessionScan(s.Thresholds),
		series: newSeriesScan(w), coverage: newCoverageScan(w)}
	x.now.interval = s.Interval
	x.replication.threshold = s.Thresholds.ReplicationLag
	x.replication.coverage = &x.coverage
	return x
}

// run reads all streams side by side in the order of time. At one tick the
// heartbeat comes first and the processlist last.
func (x *scan) run(ctx context.Context, in *streams) {
	for ctx.Err() == nil {
		t := in.earliest()
		if t.IsZero() {
			break
		}
		if in.beats.due(t) {
			x.beat(&in.beats.value)
			in.beats.advance()
		}
		if in.replicas.due(t) {
			v := &in.replicas.value
			x.coverage.replicas(v.At)
			x.replication.observe(x.look(v.At), v.Channels, tooLate(x.now.interval))
			in.replicas.advance()
		}
		if in.status.due(t) {
			x.status(&in.status.value)
			in.status.advance()
		}
		if in.sessions.due(t) {
			v := &in.sessions.value
			x.coverage.sessions(v.At, len(v.Active))
			clock := x.clock
			clock.interval = x.now.interval
			tick := newSessionTick(x.look(v.At), &clock)
			x.sessions.observe(&tick, v.Active)
			in.sessions.advance()
		}
	}
	x.sessions.finish()
}

func (x *scan) beat(h *store.Heartbeat) {
	b := newBeat(h, x.interval)
	x.coverage.beat(h, &b)
	x.down.observe(&b)
	if gone, restarted := x.restarts.observe(&b); restarted {
		x.sessions.restarted(gone)
	}
	x.roles.observe(&b)
	x.connections.beat(&b)
	x.now, x.hasBeat = b, true
	if b.outcome == store.Answered {
		x.clock = b
	}
}

func (x *scan) status(v *store.StatusAt) {
	connected := v.Status[statusConnected]
	x.coverage.status(v.At, connected, v.Status[statusMaxConnections])
	x.connections.status(x.look(v.At), v.Status, &x.now)
	x.series.status(v.At, v.Status, tooLate(x.now.interval))
}

// look is when the readings of a tick were made: its heartbeat says how long the
// tick took.
func (x *scan) look(at time.Time) look {
	if x.hasBeat && x.now.At.Equal(at) {
		return x.now.look
	}
	return newLook(at, 0)
}
