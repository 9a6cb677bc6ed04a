package episodes

import (
	"cmp"
	"math"
	"slices"
	"time"

	"collector/internal/store"
)

// channelScan follows one replication channel.
type channelScan struct {
	name     string
	now      replicaSample
	io, sql  threadScan
	lag      lagScan
	lagCurve curve
	seen     channelSeen
	tick     int
}

// replicationScan follows all channels of a server.
type replicationScan struct {
	threshold time.Duration
	coverage  *coverageScan
	channels  []*channelScan
	tick      int
	prev      look // the previous look at replication
	hasPrev   bool
	changes   []topologyChange
}

func (r *replicationScan) observe(l look, channels []store.Replica, pause time.Duration) {
	r.tick++
	for i := range channels {
		row := &channels[i]
		s := newReplicaSample(l, row)
		c := r.channel(row.Channel)
		r.change(c, &s)
		r.take(c, &s, pause)
	}
	for _, c := range r.channels {
		if c.tick != r.tick {
			s := replicaSample{look: l, Absent: true}
			r.change(c, &s)
			r.take(c, &s, pause)
		}
	}
	r.prev, r.hasPrev = l, true
}

// channel finds a channel, or begins to follow one that was not there at the
// previous look.
func (r *replicationScan) channel(name string) *channelScan {
	for _, c := range r.channels {
		if c.name == name {
			return c
		}
	}
	c := &channelScan{name: name, io: newThreadScan(ioThread), sql: newThreadScan(sqlThread)}
	c.seen.Channel = channelName(name)
	c.lagCurve = curve{name: "replication_lag", unit: "s", channel: c.seen.Channel, window: r.coverage.window}
	if r.hasPrev {
		absent := replicaSample{look: r.prev, Absent: true}
		c.now = absent
		c.io.fine(&absent)
		c.sql.fine(&absent)
	}
	r.channels = append(r.channels, c)
	return c
}

func (r *replicationScan) change(c *channelScan, s *replicaSample) {
	if !c.now.At.IsZero() && sourceMoved(&c.now, s) {
		r.changes = append(r.changes, topologyChange{c.name, pair[replicaSample]{kept(&c.now), kept(s)}})
	}
	if s.SourceUUID == "" && !s.Absent && s.Source == c.now.Source { // not connected now; the identity stays known
		s.SourceUUID = c.now.SourceUUID
	}
	if s.SourceID == 0 && !s.Absent && s.Source == c.now.Source {
		s.SourceID = c.now.SourceID
	}
}

func (r *replicationScan) take(c *channelScan, s *replicaSample, pause time.Duration) {
	c.tick, c.now = r.tick, *s
	c.io.observe(s, pause)
	c.sql.observe(s, pause)
	c.lag.observe(s, r.threshold, pause)
	if s.Absent || !r.coverage.window.Contains(s.At) {
		return
	}
	c.seen.Samples++
	c.seen.Source = s.Source
	if s.LagMS == nil {
		c.seen.NullLag++
		c.lagCurve.add(s.At, math.NaN(), pause)
		return
	}
	c.seen.MaxLagMS = max(c.seen.MaxLagMS, *s.LagMS)
	c.lagCurve.add(s.At, s.lag().Seconds(), pause)
}

// finish orders the channels by name and returns what was seen of them.
func (r *replicationScan) finish() (seen []channelSeen) {
	slices.SortFunc(r.channels, func(a, b *channelScan) int { return cmp.Compare(a.name, b.name) })
	seen = []channelSeen{}
	for _, c := range r.channels {
		if c.seen.Samples > 0 {
			seen = append(seen, c.seen)
		}
	}
	return seen
}
