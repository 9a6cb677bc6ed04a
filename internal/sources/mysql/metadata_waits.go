package mysql

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"collector/internal/store"
)

// metadataLock is one row of performance_schema.metadata_locks.
type metadataLock struct {
	kind, schema, name string // of the object
	mode               string
	pending            bool
	session            uint64 // 0: a thread without one
}

func (l metadataLock) sameObject(o metadataLock) bool {
	return l.kind == o.kind && l.schema == o.schema && l.name == o.name
}

// object is the locked object in words: a table and a routine by name, a schema by
// its own, the rest (global, commit, backup lock) by what it is.
func (l metadataLock) object() string {
	if name := qualified(l.schema, l.name); name != "" {
		return name
	}
	return strings.ToLower(l.kind)
}

// metadataStatement is joined with the threads by key. The names of
// user-level locks are literals.
const metadataStatement = "SELECT m.OBJECT_TYPE, m.OBJECT_SCHEMA, m.OBJECT_NAME, m.LOCK_TYPE, m.LOCK_STATUS, t.PROCESSLIST_ID" +
	" FROM performance_schema.metadata_locks m STRAIGHT_JOIN performance_schema.threads t ON t.THREAD_ID = m.OWNER_THREAD_ID" +
	" WHERE m.OBJECT_TYPE NOT IN ('USER LEVEL LOCK', 'LOCKING SERVICE')"

func (r *lockReader) metadataWaits(ctx context.Context, c *conn, active []store.Session) ([]store.LockWait, error) {
	if r.tables.Metadata == "" {
		return guessMetadataWaits(active, r.last), nil
	}
	pending, err := c.metadataLocks(ctx, " AND m.LOCK_STATUS = 'PENDING'")
	if err == nil && len(pending) > 0 {
		var granted []metadataLock
		granted, err = c.metadataLocks(ctx, " AND m.LOCK_STATUS <> 'PENDING' AND ("+objects(pending)+")")
		if err == nil {
			return withGuesses(pairMetadata(pending, granted, active), active, r.last), nil
		}
	}
	if err == nil || refusesLocks(err) {
		return guessMetadataWaits(active, r.last), nil
	}
	return nil, err
}

func (c *conn) metadataLocks(ctx context.Context, condition string) ([]metadataLock, error) {
	answer, err := c.query(ctx, metadataStatement+condition+fmt.Sprintf(" LIMIT %d", maxWaits))
	if err != nil {
		return nil, fmt.Errorf("reading the metadata locks: %w", err)
	}
	locks := make([]metadataLock, 0, len(answer.values))
	for _, row := range answer.values {
		locks = append(locks, metadataLock{
			kind: row[0].String, schema: row[1].String, name: row[2].String, mode: row[3].String, pending: row[4].String == "PENDING", session: number(row[5]),
		})
	}
	return locks, nil
}

// objects is the condition for the objects of the locks, each once.
func objects(locks []metadataLock) string {
	var seen []metadataLock
	var conditions []string
	for _, l := range locks {
		if len(seen) >= maxBlockers || slices.ContainsFunc(seen, l.sameObject) {
			continue
		}
		seen = append(seen, l)
		// <=>: a schema has no name, the global lock neither.
		conditions = append(conditions, fmt.Sprintf("m.OBJECT_TYPE = %s AND m.OBJECT_SCHEMA <=> %s AND m.OBJECT_NAME <=> %s", literal(l.kind), orNull(l.schema), orNull(l.name)))
	}
	return strings.Join(conditions, " OR ")
}

func orNull(name string) string {
	if name == "" {
		return "NULL"
	}
	return literal(name)
}

// literal writes a string for a statement of our session, whose sql_mode is empty.
func literal(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(s) + "'"
}

// pairMetadata says who waits for whom: for those whose lock is in the way, and for
// one of those who wait before.
func pairMetadata(pending, granted []metadataLock, active []store.Session) (waits []store.LockWait) {
	since := map[uint64]time.Duration{}
	for i := range active {
		since[active[i].ID] = max(active[i].Elapsed, active[i].Transaction)
	}
	oldest := func(locks []metadataLock) {
		slices.SortStableFunc(locks, func(a, b metadataLock) int {
			return cmp.Or(cmp.Compare(since[b.session], since[a.session]), cmp.Compare(a.session, b.session))
		})
	}
	oldest(pending)
	oldest(granted)
	for _, p := range pending {
		if p.session == 0 {
			continue
		}
		blockers := inTheWay(p, granted, waitsForGranted)
		if ahead := inTheWay(p, pending, waitsForPending); len(ahead) > 0 {
			blockers = append(blockers, ahead[0])
		}
		if len(blockers) == 0 {
			blockers = []metadataLock{{}}
		}
		for _, b := range blockers[:min(len(blockers), maxBlockers)] {
			waits = append(waits, store.LockWait{Waiter: p.session, Blocker: b.session, Class: store.WaitMetadata, Object: p.object(), Mode: p.mode, Held: b.mode})
		}
	}
	return waits
}

// inTheWay are the locks of others on the same object that a request waits for, one
// for each session.
func inTheWay(request metadataLock, locks []metadataLock, waits func(request, other string) bool) (out []metadataLock) {
	for _, l := range locks {
		if l.session == request.session || !l.sameObject(request) || !waits(request.mode, l.mode) {
			continue
		}
		if !slices.ContainsFunc(out, func(o metadataLock) bool { return o.session == l.session }) {
			out = append(out, l)
		}
	}
	return out
}

// withGuesses adds those who wait by their state and whom the table does not know:
// waiting for a table to be flushed is no metadata lock.
func withGuesses(waits []store.LockWait, active []store.Session, last map[uint64]string) []store.LockWait {
	known := map[uint64]bool{}
	for _, w := range waits {
		known[w.Waiter] = true
	}
	for _, w := range guessMetadataWaits(active, last) {
		if !known[w.Waiter] {
			waits = append(waits, w)
		}
	}
	return waits
}
