package episodes

import (
	"context"
	"iter"
	"time"

	"collector/internal/store"
	"collector/internal/timeline"
)

// sourceKind begins the IDs of all records of this package.
const sourceKind = "mysql"

// Thresholds say from where on a state is worth an event. A zero field means
// its default.
type Thresholds struct {
	LongStatement   time.Duration // default 10 s
	LongTransaction time.Duration // default 30 s
	ReplicationLag  time.Duration // default 10 s
	LockWait        time.Duration // default 1 s, also of metadata locks
}

// DefaultThresholds are the documented defaults.
func DefaultThresholds() Thresholds {
	return Thresholds{LongStatement: 10 * time.Second, LongTransaction: 30 * time.Second, ReplicationLag: 10 * time.Second, LockWait: time.Second}
}

// orDefaults fills the zero fields.
func (t Thresholds) orDefaults() Thresholds {
	d := DefaultThresholds()
	if t.LongStatement > 0 {
		d.LongStatement = t.LongStatement
	}
	if t.LongTransaction > 0 {
		d.LongTransaction = t.LongTransaction
	}
	if t.ReplicationLag > 0 {
		d.ReplicationLag = t.ReplicationLag
	}
	if t.LockWait > 0 {
		d.LockWait = t.LockWait
	}
	return d
}

// Server is a recorded server as the configuration names it.
type Server struct {
	Name       string
	Cluster    string
	Interval   time.Duration // used where no heartbeat tells its own; 0 means 1 s
	Thresholds Thresholds
}

// Reader gives the recorded samples of a target whose tick lies in the window,
// in time order. What an iterator yields may be reused at its next step; only
// strings may be kept. After an error it yields nothing more. The flight
// recorder's store is one.
type Reader interface {
	Heartbeats(ctx context.Context, target string, window timeline.Window) iter.Seq2[store.Heartbeat, error]
	Sessions(ctx context.Context, target string, window timeline.Window) iter.Seq2[store.SessionsAt, error]
	Replicas(ctx context.Context, target string, window timeline.Window) iter.Seq2[store.ReplicasAt, error]
	Status(ctx context.Context, target string, window timeline.Window) iter.Seq2[store.StatusAt, error]
	Waits(ctx context.Context, target string, window timeline.Window) iter.Seq2[store.WaitsAt, error]
	Digests(ctx context.Context, target string, window timeline.Window) iter.Seq2[store.DigestsAt, error]
	Facts(ctx context.Context, target string, window timeline.Window) iter.Seq2[store.FactsAt, error]
}
