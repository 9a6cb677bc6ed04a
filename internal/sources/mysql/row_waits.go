package mysql

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"collector/internal/store"
)

// Neither flavour's server joins its lock tables well: behind a transaction with
// two million locks, 100 waiters took MySQL 9.7 7 s and MariaDB 10.11 2 s, where
// the same tables read one by one take milliseconds. So they are joined here.
// And n sessions that wait for one row are n(n+1)/2 pairs, because each waits also
// for those before it in the queue; only pairs with a holder are asked for.

// lockDetail is what a row lock is. LOCK_DATA is never read: it is the row.
type lockDetail struct{ object, index, mode string }

func (r *lockReader) rowWaits(ctx context.Context, c *conn, active []store.Session) ([]store.LockWait, error) {
	open := c.open.byNumber()
	var waits []store.LockWait
	var err error
	switch {
	case r.tables.Row == "":
		return guessRowWaits(active, open), nil
	case c.version.Flavour == MariaDB:
		waits, err = c.innodbLocks(ctx, open)
	default:
		waits, err = r.dataLockWaits(ctx, c, open)
	}
	if refusesLocks(err) {
		return guessRowWaits(active, open), nil
	}
	return waits, err
}

// requestedLocks are the IDs of the locks that somebody waits for.
func requestedLocks(open map[string]transaction) map[string]string {
	requested := map[string]string{}
	for trx, t := range open {
		if t.requested != "" && isLockID(t.requested) && len(requested) < maxWaits/2 {
			requested[t.requested] = trx
		}
	}
	return requested
}

// isLockID reports whether a text is numbers with colons: what may stand in a
// statement.
func isLockID(text string) bool {
	return text != "" && strings.Trim(text, "0123456789:") == ""
}

// dataLockWaits asks MySQL.
func (r *lockReader) dataLockWaits(ctx context.Context, c *conn, open map[string]transaction) ([]store.LockWait, error) {
	requested := requestedLocks(open)
	if len(requested) == 0 {
		return nil, nil
	}
	ids := sortedKeys(requested)
	// The index must not be used: 9.7 finds only the first of several ranges of a
	// lock table's index.
	answer, err := c.query(ctx, fmt.Sprintf("SELECT REQUESTING_ENGINE_LOCK_ID, REQUESTING_ENGINE_TRANSACTION_ID, BLOCKING_ENGINE_LOCK_ID, BLOCKING_ENGINE_TRANSACTION_ID"+
		" FROM performance_schema.data_lock_waits IGNORE INDEX (BLOCKING_ENGINE_LOCK_ID) WHERE BLOCKING_ENGINE_LOCK_ID NOT IN ('%s') LIMIT %d",
		strings.Join(ids, "','"), maxWaits))
	if err != nil {
		return nil, fmt.Errorf("reading the row lock waits: %w", err)
	}
	pairs := rowPairs(answer, open)
	behind, err := c.behindRequests(ctx, ids, pairs)
	if err != nil {
		return nil, err
	}
	pairs = append(pairs, rowPairs(behind, open)...)
	if err := r.describe(ctx, c, pairs); err != nil {
		return nil, err
	}
	return namedWaits(pairs, open, r.details), nil
}

// behindRequests asks after those who wait for no holder: who wants to share a row
// waits behind the request of one who wants it alone. One pair each, by key.
func (c *conn) behindRequests(ctx context.Context, ids []string, pairs []rowPair) (rows, error) {
	paired := map[string]bool{}
	for _, p := range pairs {
		paired[p.requestedID] = true
	}
	var lookups []string
	for _, id := range ids {
		if !paired[id] && len(lookups) < maxBlockers {
			lookups = append(lookups, "(SELECT REQUESTING_ENGINE_LOCK_ID, REQUESTING_ENGINE_TRANSACTION_ID, BLOCKING_ENGINE_LOCK_ID, BLOCKING_ENGINE_TRANSACTION_ID"+
				" FROM performance_schema.data_lock_waits WHERE REQUESTING_ENGINE_LOCK_ID = '"+id+"' LIMIT 1)")
		}
	}
	if len(lookups) == 0 {
		return rows{}, nil
	}
	answer, err := c.query(ctx, strings.Join(lookups, " UNION ALL "))
	if err != nil {
		return rows{}, fmt.Errorf("reading the row lock queues: %w", err)
	}
	return answer, nil
}

// rowPair is a waiter and a holder.
type rowPair struct {
	requestedID, heldID string
	waiter, holder      transaction
}

// rowPairs reads MySQL's pairs.
func rowPairs(answer rows, open map[string]transaction) (pairs []rowPair) {
	of := map[string]int{}
	for _, row := range answer.values {
		waiter, ok := open[row[1].String]
		if !ok || waiter.session == 0 || of[row[0].String] >= maxBlockers {
			continue // it waits no longer
		}
		of[row[0].String]++
		pairs = append(pairs, rowPair{row[0].String, row[2].String, waiter, open[row[3].String]})
	}
	return pairs
}

// describe looks up locks that are not known yet, each by its key, which costs the
// same however many locks there are. The holders' come first: a waiter's lock is on
// the same row.
func (r *lockReader) describe(ctx context.Context, c *conn, pairs []rowPair) error {
	known := make(map[string]lockDetail, len(r.details))
	var unknown []string
	want := func(id string) {
		if d, ok := r.details[id]; ok {
			known[id] = d
		} else if isLockID(id) && !slices.Contains(unknown, id) && len(unknown) < maxLockDetails {
			unknown = append(unknown, id)
		}
	}
	for _, p := range pairs {
		want(p.heldID)
	}
	for _, p := range pairs {
		want(p.requestedID)
	}
	r.details = known
	if len(unknown) == 0 {
		return nil
	}
	lookups := make([]string, len(unknown))
	for i, id := range unknown {
		lookups[i] = "SELECT ENGINE_LOCK_ID, OBJECT_SCHEMA, OBJECT_NAME, INDEX_NAME, LOCK_MODE FROM performance_schema.data_locks WHERE ENGINE = 'INNODB' AND ENGINE_LOCK_ID = '" + id + "'"
	}
	answer, err := c.query(ctx, strings.Join(lookups, " UNION ALL "))
	if err != nil {
		return fmt.Errorf("reading what row locks are of: %w", err)
	}
	for _, row := range answer.values {
		r.details[row[0].String] = lockDetail{object: qualified(row[1].String, row[2].String), index: row[3].String, mode: row[4].String}
	}
	return nil
}

// innodbLocks asks MariaDB. Its table lists only locks that somebody waits for or
// that somebody is kept waiting by, so those of one row that nobody requests are
// its holders'. The ID of a lock is its transaction's number and the row's place.
func (c *conn) innodbLocks(ctx context.Context, open map[string]transaction) ([]store.LockWait, error) {
	answer, err := c.query(ctx, fmt.Sprintf("SELECT lock_id, lock_trx_id, lock_mode, lock_table, lock_index FROM information_schema.INNODB_LOCKS LIMIT %d", 2*maxWaits))
	if err != nil {
		return nil, fmt.Errorf("reading the row locks: %w", err)
	}
	requested := requestedLocks(open)
	details := map[string]lockDetail{}
	holders, queue := map[string][]string{}, map[string][]string{}
	for _, row := range answer.values {
		id := row[0].String
		details[id] = lockDetail{object: tableOfLock(row[3].String), index: row[4].String, mode: row[2].String}
		if requested[id] == "" {
			holders[place(id)] = append(holders[place(id)], id)
		} else {
			queue[place(id)] = append(queue[place(id)], id)
		}
	}
	var pairs []rowPair
	for _, id := range sortedKeys(requested) {
		waiter := open[requested[id]]
		if waiter.session == 0 {
			continue
		}
		ahead := holders[place(id)]
		if len(ahead) == 0 {
			ahead = longest(queue[place(id)], id, requested, open)
		}
		for _, held := range ahead[:min(len(ahead), maxBlockers)] {
			trx, _, _ := strings.Cut(held, ":")
			pairs = append(pairs, rowPair{id, held, waiter, open[trx]})
		}
	}
	return namedWaits(pairs, open, details), nil
}

// longest is who has waited longest of a queue without a holder.
func longest(queue []string, self string, requested map[string]string, open map[string]transaction) []string {
	queue = slices.DeleteFunc(slices.Clone(queue), func(id string) bool { return id == self })
	slices.SortFunc(queue, func(a, b string) int {
		return cmp.Or(cmp.Compare(open[requested[b]].waited, open[requested[a]].waited), cmp.Compare(a, b))
	})
	return queue[:min(len(queue), 1)]
}

// place is a lock's ID without the transaction's number.
func place(id string) string {
	_, place, _ := strings.Cut(id, ":")
	return place
}

// namedWaits makes the waits of pairs. Whoever waits and is in no pair waits for
// somebody that the server does not name.
func namedWaits(pairs []rowPair, open map[string]transaction, details map[string]lockDetail) []store.LockWait {
	var waits []store.LockWait
	named := map[uint64]bool{}
	for _, p := range pairs {
		own, held := details[p.requestedID], details[p.heldID]
		named[p.waiter.session] = true
		waits = append(waits, store.LockWait{
			Waiter: p.waiter.session, Blocker: p.holder.session, Class: store.WaitRow,
			Object: cmp.Or(own.object, held.object), Index: cmp.Or(own.index, held.index), Mode: own.mode, Held: held.mode, Waited: p.waiter.waited,
		})
	}
	for _, trx := range sortedKeys(open) {
		if t := open[trx]; t.session != 0 && t.requested != "" && !named[t.session] {
			d := details[t.requested]
			waits = append(waits, store.LockWait{Waiter: t.session, Class: store.WaitRow, Object: d.object, Index: d.index, Mode: d.mode, Waited: t.waited})
		}
	}
	return waits
}

// qualified is a table's name with its schema's.
func qualified(schema, table string) string {
	if schema == "" || table == "" {
		return schema + table
	}
	return schema + "." + table
}

// tableOfLock reads `shop`.`orders` /* Partition `p0` */.
func tableOfLock(text string) string {
	text, _, _ = strings.Cut(text, " /*")
	schema, table, _ := strings.Cut(text, "`.`")
	return qualified(strings.Trim(schema, "`"), strings.Trim(table, "`"))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
