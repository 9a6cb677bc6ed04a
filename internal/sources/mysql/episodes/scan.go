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
	followers   []follower
	looks       lookScan
	plans       planScan
}

// follower follows a kind of episode through the samples, and makes its records
// at the end. It gets one moment after the other, in the order of time.
type follower interface {
	observe(m *moment)
	records(g *recorder)
}

// moment is everything that was sampled at one tick. What was not sampled is nil;
// what it holds is overwritten by the next one, but for strings.
type moment struct {
	look
	beat     *beat       // the tick's heartbeat, nil before the part of the window that is read in full
	clock    serverClock // of the latest answered heartbeat
	mariaDB  bool        //
	interval time.Duration
	restart  *look // set when the server's process is a new one: the last look at the old one
	sessions *[]store.Session
	replicas *[]store.Replica
	status   store.Status
	waits    *[]store.LockWait
	digests  *[]store.Digest
	facts    []store.Fact
}

// newFollowers lists the kinds of episodes beside those that the scan has a
// field for.
func newFollowers(s Server) []follower {
	return []follower{
		&deadlockScan{},
		newKillScan(),
		newLockScan(s.Thresholds.LockWait),
		&variableScan{},
		newSchemaScan(),
		newDigestScan(s),
		&topologyScan{},
	}
}

func newScan(s Server, w timeline.Window) *scan {
	x := &scan{interval: s.Interval, connections: newConnectionScan(), sessions: newSessionScan(s.Thresholds),
		series: newSeriesScan(w), coverage: newCoverageScan(w), followers: newFollowers(s), looks: newLookScan(w)}
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
		m := moment{}
		if in.beats.due(t) {
			m.restart = x.beat(&in.beats.value)
			m.beat = &x.now
			in.beats.advance()
		}
		m.look, m.interval = x.look(t), x.now.interval
		m.clock, m.mariaDB = clockOf(&x.clock), isMariaDB(x.clock.Version)
		x.samples(t, in, &m)
		x.looks.observe(&m)
		x.plans.observe(&m)
		for _, f := range x.followers {
			f.observe(&m)
		}
		in.advance(t)
	}
	x.sessions.finish()
}

// samples puts what was sampled at t into the moment, and drives the episodes that
// the scan has a field for.
func (x *scan) samples(t time.Time, in *streams, m *moment) {
	if in.replicas.due(t) {
		v := &in.replicas.value
		x.coverage.replicas(v.At)
		x.replication.observe(m.look, v.Channels, tooLate(x.now.interval))
		m.replicas = &v.Channels
	}
	if in.status.due(t) {
		x.status(&in.status.value)
		m.status = in.status.value.Status
	}
	if in.sessions.due(t) {
		v := &in.sessions.value
		x.coverage.sessions(v.At, len(v.Active))
		clock := x.clock
		clock.interval = x.now.interval
		tick := newSessionTick(m.look, &clock)
		x.sessions.observe(&tick, v.Active)
		x.connections.sessions(m.look, &v.Sessions)
		m.sessions = &v.Active
	}
	if in.waits.due(t) {
		m.waits = &in.waits.value.Waits
	}
	if in.digests.due(t) {
		m.digests = &in.digests.value.Digests
	}
	if in.facts.due(t) {
		m.facts = in.facts.value.Facts
	}
}

// beat returns the last look at the server's process when the heartbeat is of a new one.
func (x *scan) beat(h *store.Heartbeat) (restart *look) {
	b := newBeat(h, x.interval)
	x.coverage.beat(h, &b)
	x.down.observe(&b)
	if gone, restarted := x.restarts.observe(&b); restarted {
		x.sessions.restarted(gone)
		restart = &gone
	}
	x.roles.observe(&b)
	x.connections.beat(&b)
	x.now, x.hasBeat = b, true
	if b.outcome == store.Answered {
		x.clock = b
	}
	return restart
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
