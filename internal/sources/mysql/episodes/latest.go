package episodes

import (
	"time"

	"collector/internal/live"
	"collector/internal/sources"
	"collector/internal/store"
)

// Bounds of what a [Latest] keeps.
const (
	latestChains    = 5
	latestChannels  = 16
	latestStatement = 1000 // bytes
	latestName      = 200  // bytes of an object's or a channel's name
)

// How long something stays so that nobody has looked at since. A part of a tick that
// costs a server too much rests up to 15 s; a tick that gets no answer takes as long
// as query_timeout.
const (
	readingLasts = 20 * time.Second
	tickLasts    = 10 * time.Second
)

// Latest is what the last ticks of one server say is so now, in few bytes, whatever
// the server's size. The zero value knows nothing. One that [Latest.Next] has returned
// is never changed, so it may be read while the next tick is taken.
type Latest struct {
	health                live.Health // empty: no tick has looked
	since, tick, answered time.Time
	interval              time.Duration
	number                uint16
	readOnly              bool
	blocking              *latestBlocking
	replication           *live.Replication
	connections           *live.Connections
}

// Next is what is so after one more tick. last has the last statement that was seen
// of sessions in their transactions. Nothing of the tick is kept but short texts.
func (l Latest) Next(t *store.Tick, last map[uint64]string) *Latest {
	beat := &t.Heartbeat
	l.tick, l.interval = beat.At, beat.Interval
	if beat.Outcome == store.Skipped {
		return &l // nobody looked
	}
	if health := healthOf(beat); health != l.health {
		l.health, l.since = health, beat.At
	}
	l.number = beat.ErrorNumber
	switch beat.Outcome {
	case store.Answered:
		l.answered, l.readOnly = beat.At, beat.ReadOnly
	case store.Unreachable: // its sessions may be gone with it
		l.blocking, l.replication, l.connections = nil, nil, nil
	}
	if t.Waits != nil {
		l.blocking = l.blocking.next(t, last)
	}
	if t.Replicas != nil {
		l.replication = latestReplication(beat.At, t.Replicas.Channels)
	}
	if used, read := t.Status[statusConnected]; read {
		l.connections = &live.Connections{At: stampOf(beat.At), Used: used, Limit: t.Status[statusMaxConnections]}
	}
	return &l
}

func healthOf(beat *store.Heartbeat) live.Health {
	switch {
	case beat.Outcome == store.Refused || beat.ErrorNumber == errTooManyConnections:
		return live.Full
	case beat.Outcome == store.Answered:
		return live.Answers
	case beat.Outcome == store.Denied:
		return live.Denied
	case beat.Outcome == store.TimedOut:
		return live.TimedOut
	}
	return live.Unreachable
}

// Server is what is so at now, with roles in the place of accounts; whoever asks
// knows the server's name. What is too old is left out.
func (l *Latest) Server(now time.Time, roles sources.Roles) live.Server {
	s := live.Server{Health: live.Unknown, Tick: stampOf(l.tick), Answered: stampOf(l.answered)}
	if l.health == "" || now.Sub(l.tick) > tickLasts+5*l.interval {
		return s
	}
	s.Health, s.Since, s.ErrorCode = l.health, stampOf(l.since), l.number
	fresh := func(at time.Time) bool { return now.Sub(at) <= readingLasts+5*l.interval }
	if fresh(l.answered) {
		s.ReadOnly = &l.readOnly
	}
	if b := l.blocking; b != nil && fresh(b.At) {
		s.Blocking = b.masked(roles)
	}
	if r := l.replication; r != nil && fresh(r.At) {
		s.Replication = r
	}
	if c := l.connections; c != nil && fresh(c.At) {
		s.Connections = c
	}
	return s
}

func latestReplication(at time.Time, channels []store.Replica) *live.Replication {
	r := &live.Replication{At: stampOf(at), Channels: []live.Channel{}, More: max(0, len(channels)-latestChannels)}
	for i := range channels[:len(channels)-r.More] {
		c := &channels[i]
		one := live.Channel{Name: shown(channelName(c.Channel), latestName), IO: c.IORunning, SQL: c.SQLRunning, IOError: c.IOErrno, SQLError: c.SQLErrno}
		if c.LagKnown {
			seconds := c.Lag.Seconds()
			one.Lag = &seconds
		}
		r.Channels = append(r.Channels, one)
	}
	return r
}

// stampOf is a time as it is told: UTC, to the millisecond.
func stampOf(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC().Truncate(time.Millisecond)
}
