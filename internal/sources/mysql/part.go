package mysql

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"collector/internal/store"
)

// part is one of the dearer questions of a tick.
type part struct {
	name    string
	read    func(ctx context.Context, from asker, into *store.Tick) error
	due     time.Time // not asked before
	left    uint64    // the session that the server may still be busy with, after we gave up
	failing bool
}

// A part rests restFactor times as long as it took, at most maxRest: a server in
// trouble is asked less often, and still often enough to tell what the trouble was.
const (
	restFactor = 4
	maxRest    = 15 * time.Second
)

// newParts lists the parts in the order in which they are asked: what changes
// fastest first.
func newParts() []*part {
	return []*part{
		{name: "sessions", read: func(ctx context.Context, from asker, into *store.Tick) (err error) {
			into.Sessions, err = from.readSessions(ctx)
			return err
		}},
		{name: "replication", read: func(ctx context.Context, from asker, into *store.Tick) (err error) {
			into.Replicas, err = from.readReplicas(ctx)
			return err
		}},
		{name: "status", read: func(ctx context.Context, from asker, into *store.Tick) (err error) {
			into.Status, err = from.readStatus(ctx)
			return err
		}},
	}
}

// ask fills the part in. On a server that is quick enough it is due again at the
// next tick, because it took less than a fifth of the interval.
func (p *part) ask(ctx context.Context, from asker, into *store.Tick) error {
	start := time.Now()
	defer func() {
		end := time.Now()
		p.due = end.Add(min(restFactor*end.Sub(start), maxRest))
	}()
	if p.left != 0 && p.left != from.sessionID() {
		busy, err := from.stillBusy(ctx, p.left)
		if err != nil {
			return err
		}
		if busy {
			return errStillBusy
		}
	}
	p.left = 0
	err := p.read(ctx, from, into)
	if err != nil && isTimeout(err) {
		p.left = from.sessionID()
	}
	return err
}

// errStillBusy says that the server has not finished what we gave up on.
var errStillBusy = errors.New("the server is still busy with the last one")

// report logs when a part begins to fail and when it works again.
func (p *part) report(log *slog.Logger, err error) {
	switch {
	case err != nil && !p.failing && isPrivilege(err):
		log.Warn("a part is not recorded: a privilege is missing, see `collector check`", "part", p.name, "err", err)
	case err != nil && !p.failing:
		log.Warn("a part is not recorded", "part", p.name, "err", err)
	case err == nil && p.failing:
		log.Info("a part is recorded again", "part", p.name)
	}
	p.failing = err != nil
}

// transition logs when the outcome of ticks changes, and nothing in between.
type transition struct {
	known   bool
	outcome store.Outcome
	number  uint16
}

func (t *transition) report(log *slog.Logger, beat store.Heartbeat, err error) {
	if t.known && t.outcome == beat.Outcome && t.number == beat.ErrorNumber {
		return
	}
	switch {
	case err != nil:
		log.Warn("the server does not answer", "outcome", beat.Outcome.String(), "err", err)
	case t.known:
		log.Info("the server answers again", "version", beat.Version)
	default:
		log.Info("recording", "version", beat.Version, "read_only", beat.ReadOnly)
	}
	t.known, t.outcome, t.number = true, beat.Outcome, beat.ErrorNumber
}
