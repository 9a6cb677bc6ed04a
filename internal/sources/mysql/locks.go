package mysql

import (
	"context"
	"fmt"
	"strings"
	"time"

	"collector/internal/sources/mysql/facts"
	"collector/internal/store"
)

// lockReader looks who waits for whom. It asks nothing at all while nobody waits:
// the processlist and the open transactions of the same tick say so.
// (Innodb_row_lock_current_waits does not decide: it is known to drift, and one that
// is stuck above 0 would have the lock tables read for ever.)
//
// What an account's own user-level locks (GET_LOCK) are is its own affair: their
// names are literals, and waiting for them is what they are for.
type lockReader struct {
	login    *conn // what tables and noted are true of
	tables   facts.LockTables
	noted    time.Time
	details  map[string]lockDetail // of MySQL's row locks that somebody waits for, by lock ID
	blockers map[uint64]blocker    // who was waited for at the last look
	last     map[uint64]string     // the last statement that was seen of a session in its transaction
}

// Bounds of one look.
const (
	maxWaits       = 2000 // pairs
	maxLockDetails = 40   // of row locks that were not known yet
	maxBlockers    = 20   // of one waiter; and sessions that are asked after
)

// tablesNoted is how often it is noted where blockers are read from, so that a
// draft need not read far back.
const tablesNoted = 6 * time.Hour

// errUnprobed leaves the lock tables alone at a tick without a processlist: nobody
// knows whether somebody waits.
var errUnprobed = fmt.Errorf("the processlist was not sampled: %w", errStillBusy)

func newLockReader() *lockReader {
	return &lockReader{details: map[string]lockDetail{}, blockers: map[uint64]blocker{}, last: map[uint64]string{}}
}

func (r *lockReader) read(ctx context.Context, c *conn, into *store.Tick) error {
	if into.Sessions == nil {
		return errUnprobed
	}
	r.remember(into.Sessions.Active)
	row, metadata := waiting(into.Sessions.Active)
	if err := r.learn(ctx, c, into, row || metadata); err != nil {
		return err
	}
	waits := []store.LockWait{}
	if row {
		found, err := r.rowWaits(ctx, c, into.Sessions.Active)
		if err != nil {
			return err
		}
		waits = append(waits, found...)
	} else {
		clear(r.details)
	}
	if metadata {
		found, err := r.metadataWaits(ctx, c, into.Sessions.Active)
		if err != nil {
			return err
		}
		waits = append(waits, found...)
	}
	into.Waits = waits[:min(len(waits), maxWaits)]
	return r.follow(ctx, c, into)
}

// waiting reports whether somebody waits for a row, and for a metadata lock.
func waiting(active []store.Session) (row, metadata bool) {
	for i := range active {
		row = row || active[i].LockWait
		metadata = metadata || waitsForMetadata(&active[i])
	}
	return row, metadata
}

// waitsForMetadata reports whether a session's state is one of a metadata lock's:
// "Waiting for table metadata lock", "... schema ...", "... stored procedure ...",
// or of a lock that is above them. FLUSH TABLES waits in "table flush" for those
// who have the table open, and everybody who wants it behind.
func waitsForMetadata(s *store.Session) bool {
	rest, ok := strings.CutPrefix(s.State, "Waiting for ")
	if !ok {
		return false
	}
	switch rest {
	case "global read lock", "commit lock", "backup lock", "table flush":
		return true
	}
	return strings.HasSuffix(rest, " metadata lock")
}

// learn finds out, once for each login on which somebody waits, where the blockers
// are read from, and notes it.
func (r *lockReader) learn(ctx context.Context, c *conn, into *store.Tick, somebody bool) error {
	if r.login != c && somebody {
		tables, err := c.lockTables(ctx)
		if err != nil {
			return err
		}
		r.login, r.tables, r.noted = c, tables, time.Time{}
	}
	if r.login != c || into.Heartbeat.At.Sub(r.noted) < tablesNoted {
		return nil
	}
	r.noted = into.Heartbeat.At
	return note(into, facts.KindLockTables, r.tables)
}

// remember keeps the last statement that was seen of each session in its
// transaction: when others wait for it, it may be idle.
func (r *lockReader) remember(active []store.Session) {
	if len(r.last) == 0 && len(active) == 0 {
		return
	}
	last := make(map[uint64]string, len(r.last))
	for i := range active {
		s := &active[i]
		switch {
		case s.Transaction == 0:
		case s.SQL != "":
			last[s.ID] = s.SQL
		case r.last[s.ID] != "":
			last[s.ID] = r.last[s.ID]
		}
	}
	r.last = last
}

// refusesLocks reports whether the server would not let us read the lock tables at
// this time, so that blockers can only be inferred.
func refusesLocks(err error) bool { return isLimit(errorNumber(err)) || isPrivilege(err) }
