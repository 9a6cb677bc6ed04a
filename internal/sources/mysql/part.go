package mysql

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// partReader asks one of the dearer questions of a tick. It keeps what it must
// remember from one tick to the next, also over a new login: the counters to
// subtract, what was last written.
type partReader interface {
	// read asks, and puts what it learned into the tick. It looks at the parts
	// before it: a lock table is asked only when the processlist shows a waiter.
	read(ctx context.Context, c *conn, into *store.Tick) error
}

// readFunc is a partReader that remembers nothing.
type readFunc func(ctx context.Context, c *conn, into *store.Tick) error

func (f readFunc) read(ctx context.Context, c *conn, into *store.Tick) error { return f(ctx, c, into) }

// part is a partReader with its turn.
type part struct {
	bit     store.Parts
	every   time.Duration // at most so often; 0 at every tick
	reader  partReader
	due     time.Time // not asked before
	left    uint64    // the session that the server may still be busy with, after we gave up
	failing bool
	unread  reminder // that it fails, and why
}

func (p *part) name() string { return facts.PartName(p.bit) }

// A part rests restFactor times as long as it took, at most maxRest: a server in
// trouble is asked less often, and still often enough to tell what the trouble was.
const (
	restFactor = 4
	maxRest    = 15 * time.Second
	earlyTurn  = 100 * time.Millisecond // a tick that is a little early is a part's turn, too
)

// newParts lists the parts in the order in which they are asked: what changes
// fastest first, and what others look at before those.
func newParts(config Config) []*part {
	parts := []*part{
		{bit: store.PartSessions, reader: readFunc(readSessions)},
		{bit: store.PartWaits, reader: newLockReader()},
		{bit: store.PartReplicas, reader: &replicaReader{}},
		{bit: store.PartStatus, reader: readFunc(readStatus)},
		{bit: store.PartDeadlocks, reader: newDeadlocks()},
		{bit: store.PartTopology, every: topologyEvery, reader: &topologyReader{}},
		{bit: store.PartVariables, every: variablesEvery, reader: newVariablesReader()},
		{bit: store.PartSchema, reader: &schemaPart{}},
		{bit: store.PartDigests, every: digestsEvery, reader: newDigestReader()},
	}
	if config.Explain {
		parts = append(parts, &part{bit: store.PartPlans, reader: newPlanReader(config)})
	}
	return parts
}

// ask fills the part in. On a server that is quick enough it is due again at the
// next tick, or after `every`, because it took less than a fifth of the interval.
func (p *part) ask(ctx context.Context, from asker, into *store.Tick) error {
	start := time.Now()
	defer func() {
		end := time.Now()
		rest := min(restFactor*end.Sub(start), maxRest)
		p.due = end.Add(max(rest, p.every-end.Sub(start)-earlyTurn))
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
	err := from.readPart(ctx, p, into)
	switch {
	case errors.Is(err, errNotAsked):
		return nil
	case err == nil:
		into.Heartbeat.Looked |= p.bit
	case isTimeout(err):
		p.left = from.sessionID()
	}
	return err
}

// errStillBusy says that the server has not finished what we gave up on.
var errStillBusy = errors.New("the server is still busy with the last one")

// report logs when a part begins to fail and when it works again, and notes in
// the recording why nobody looked, now and then for as long as nobody does.
func (p *part) report(log *slog.Logger, err error, tick *store.Tick) {
	switch {
	case err != nil && !p.failing && isPrivilege(err):
		log.Warn("a part is not recorded: a privilege is missing, see `collector check`", "part", p.name(), "err", err)
	case err != nil && !p.failing:
		log.Warn("a part is not recorded", "part", p.name(), "err", err)
	case err == nil && p.failing:
		log.Info("a part is recorded again", "part", p.name())
	}
	if err != nil && p.unread.due(tick.Heartbeat.At) {
		noteUnread(tick, p.bit, err)
	}
	if err == nil {
		p.unread = reminder{}
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
	case beat.ErrorNumber == errConCount:
		log.Warn("recording over admin_address: the server has no free connection", "version", beat.Version)
	case t.known && t.outcome == beat.Outcome:
		// Only the tick that came through the other door says so.
	case t.known:
		log.Info("the server answers again", "version", beat.Version)
	default:
		log.Info("recording", "version", beat.Version, "read_only", beat.ReadOnly)
	}
	t.known, t.outcome, t.number = true, beat.Outcome, beat.ErrorNumber
}
