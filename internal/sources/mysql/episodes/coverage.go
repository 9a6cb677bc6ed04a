package episodes

import (
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// coverage is the answer of a mysql.coverage record: how well a server was
// watched in the window, the worst that was seen of each kind, and what the
// recorder itself cost. Checks and gaps are made from it.
type coverage struct {
	Ticks       tickCounts   `json:"ticks"`
	First       *time.Time   `json:"first"` // the first and the last heartbeat in the window
	Last        *time.Time   `json:"last"`
	Version     string       `json:"version,omitempty"`
	Unobserved  []stretch    `json:"unobserved"`
	Merged      string       `json:"unobserved_merged"` // stretches with less than this between them are one
	Sessions    sessionsSeen `json:"sessions"`
	Replication channelsSeen `json:"replication"`
	Status      statusSeen   `json:"status"`
	Cost        cost         `json:"cost"`
}

// tickCounts counts heartbeats in the window by outcome.
type tickCounts struct {
	Seen        int `json:"seen"`
	Answered    int `json:"answered"`
	Refused     int `json:"refused"`
	Denied      int `json:"denied"`
	Unreachable int `json:"unreachable"`
	TimedOut    int `json:"timed_out"`
	Skipped     int `json:"skipped"`
	Missing     int `json:"missing"` // should have been there
}

// sessionsSeen is what the processlist showed at the worst.
type sessionsSeen struct {
	Samples          int   `json:"samples"`
	Rows             int64 `json:"rows"`
	MaxActive        int   `json:"max_active"`
	MaxElapsedMS     int64 `json:"max_elapsed_ms"` // of a statement; below 1 s is not followed and 0
	MaxTransactionMS int64 `json:"max_transaction_ms"`
}

// channelsSeen is what replication showed.
type channelsSeen struct {
	Samples    int           `json:"samples"`
	MaxPauseMS int64         `json:"max_pause_ms"` // for how long at most nobody looked
	Channels   []channelSeen `json:"channels"`
}

type channelSeen struct {
	Channel  string `json:"channel"`
	Source   string `json:"source"`
	Samples  int    `json:"samples"`
	MaxLagMS int64  `json:"max_lag_ms"`
	NullLag  int    `json:"null_lag_samples"`
}

// statusSeen is what the global status showed.
type statusSeen struct {
	Samples        int   `json:"samples"`
	MaxConnected   int64 `json:"max_threads_connected"`
	MaxConnections int64 `json:"max_connections,omitempty"`
}

// count adds a heartbeat.
func (t *tickCounts) count(o store.Outcome) {
	t.Seen++
	switch o {
	case store.Answered:
		t.Answered++
	case store.Refused:
		t.Refused++
	case store.Denied:
		t.Denied++
	case store.Unreachable:
		t.Unreachable++
	case store.TimedOut:
		t.TimedOut++
	case store.Skipped:
		t.Skipped++
	}
}

// The streams beside the heartbeats.
const (
	streamTicks = iota // heartbeats
	streamSessions
	streamReplicas
	streamStatus
	streamWaits
	streamDigests
	streamFacts
	streamCount
)

func streamName(stream int) string {
	return [...]string{"heartbeats", "processlist", "replication", "status", "lock waits", "statement digests", "facts"}[stream]
}

// coverageScan watches the watching.
type coverageScan struct {
	window timeline.Window
	answer coverage
	spent  time.Duration
	holes  holeScan
}

func newCoverageScan(w timeline.Window) coverageScan {
	return coverageScan{window: w, holes: holeScan{window: w}}
}

// beat takes a heartbeat, also one from before the window, to know its neighbour.
func (c *coverageScan) beat(h *store.Heartbeat, b *beat) {
	c.holes.beat(b)
	if !c.window.Contains(b.At) {
		return
	}
	a := &c.answer
	at := b.At
	if a.First == nil {
		a.First = &at
	}
	a.Last = &at
	a.Ticks.count(b.outcome)
	if b.Version != "" {
		a.Version = b.Version
	}
	c.spent += h.Spent
	a.Cost.Queries += int64(h.Queries)
	if a.Cost.WorstAt == nil || b.SpentMS > a.Cost.WorstSpentMS {
		a.Cost.WorstAt, a.Cost.WorstSpentMS = &at, b.SpentMS
	}
}

func (c *coverageScan) sessions(at time.Time, rows int) {
	c.holes.sample(streamSessions, at)
	if c.window.Contains(at) {
		s := &c.answer.Sessions
		s.Samples++
		s.Rows += int64(rows)
		s.MaxActive = max(s.MaxActive, rows)
	}
}

func (c *coverageScan) replicas(at time.Time) {
	c.holes.sample(streamReplicas, at)
	if c.window.Contains(at) {
		c.answer.Replication.Samples++
	}
}

func (c *coverageScan) status(at time.Time, connected, limit int64) {
	c.holes.sample(streamStatus, at)
	if c.window.Contains(at) {
		s := &c.answer.Status
		s.Samples++
		s.MaxConnected, s.MaxConnections = max(s.MaxConnected, connected), max(s.MaxConnections, limit)
	}
}

// finish completes the answer. explained are the outages that the timeline tells
// as such: their failed ticks are no blind spot.
func (c *coverageScan) finish(interval time.Duration, explained []outage, unread bool) coverage {
	c.answer.Unobserved, c.answer.Merged = c.holes.finish(interval, explained, unread)
	for _, s := range c.answer.Unobserved {
		c.answer.Ticks.Missing += s.Missing
	}
	c.answer.Cost.SpentMS = c.spent.Milliseconds()
	return c.answer
}
