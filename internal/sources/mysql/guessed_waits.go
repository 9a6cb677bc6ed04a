package mysql

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"collector/internal/store"
)

// Where no table names the blocker, it is inferred from the processlist, and every
// wait says so. The rules:
//
//   - Row locks: the oldest open transaction that holds row locks, waits for none and
//     was open when the wait began.
//   - Metadata locks: the waiters of one table queue behind the DDL statement among
//     them. That one, or all where there is none, waits for a session that waits for
//     nothing and whose transaction or statement is older: one whose statement names
//     the table, else the one with the oldest open transaction.
//
// Nobody fits, then nobody is named.

// guessRowWaits infers who holds the rows.
func guessRowWaits(active []store.Session, open map[string]transaction) (waits []store.LockWait) {
	byAge := slices.Clone(active)
	slices.SortStableFunc(byAge, func(a, b store.Session) int {
		return cmp.Or(cmp.Compare(b.Transaction, a.Transaction), cmp.Compare(a.ID, b.ID))
	})
	statement := map[uint64]*store.Session{}
	for i := range active {
		statement[active[i].ID] = &active[i]
	}
	for _, trx := range sortedKeys(open) {
		t := open[trx]
		if t.session == 0 || t.requested == "" {
			continue
		}
		w := store.LockWait{Waiter: t.session, Class: store.WaitRow, Waited: t.waited, Guessed: true}
		if s := statement[t.session]; s != nil {
			w.Object = firstTable(s.SQL, s.DB)
		}
		for _, s := range byAge {
			if s.ID != t.session && !s.LockWait && s.RowsLocked > 0 && s.Transaction >= t.waited {
				w.Blocker = s.ID
				break
			}
		}
		waits = append(waits, w)
	}
	return waits
}

// guessMetadataWaits infers who holds the metadata locks. last has the statements of
// sessions that are idle in their transaction.
func guessMetadataWaits(active []store.Session, last map[uint64]string) (waits []store.LockWait) {
	queues := map[string][]*store.Session{}
	for i := range active {
		if s := &active[i]; waitsForMetadata(s) {
			object := firstTable(s.SQL, s.DB)
			queues[object] = append(queues[object], s)
		}
	}
	for _, object := range sortedKeys(queues) {
		queue := queues[object]
		slices.SortStableFunc(queue, func(a, b *store.Session) int {
			return cmp.Or(-compareBool(isDDL(a.SQL), isDDL(b.SQL)), cmp.Compare(b.Elapsed, a.Elapsed), cmp.Compare(a.ID, b.ID))
		})
		head := queue[0]
		blocker := holderOf(object, head, active, last)
		for _, s := range queue {
			w := store.LockWait{Waiter: s.ID, Blocker: blocker, Class: store.WaitMetadata, Object: object, Guessed: true}
			if s != head && isDDL(head.SQL) {
				w.Blocker = head.ID
			}
			waits = append(waits, w)
		}
	}
	return waits
}

// holderOf is the session that the head of a queue waits for, 0 when nobody fits.
func holderOf(object string, head *store.Session, active []store.Session, last map[uint64]string) uint64 {
	var best *store.Session
	bestNamed := false
	for i := range active {
		s := &active[i]
		age := s.Transaction
		if s.SQL != "" {
			age = max(age, s.Elapsed)
		}
		if s.ID == head.ID || waitsForMetadata(s) || s.Command == "Daemon" || age < head.Elapsed {
			continue
		}
		named := object != "" && slices.Contains(tablesIn(cmp.Or(s.SQL, last[s.ID]), s.DB), object)
		if !named && s.Transaction == 0 {
			continue // what runs outside a transaction, on other tables, holds nothing here
		}
		if best == nil || named && !bestNamed || named == bestNamed && age > max(best.Transaction, best.Elapsed) {
			best, bestNamed = s, named
		}
	}
	if best == nil {
		return 0
	}
	return best.ID
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// isDDL reports whether a statement wants a table for itself.
func isDDL(sql string) bool {
	word, _, _ := strings.Cut(strings.ToUpper(strings.TrimLeft(sql, " (")), " ")
	return oneOf(word, "ALTER", "DROP", "TRUNCATE", "RENAME", "CREATE", "OPTIMIZE", "REPAIR", "ANALYZE", "LOCK", "FLUSH")
}

// tableName is a table in a normalised statement.
var tableName = regexp.MustCompile("(?i)\\b(?:FROM|JOIN|UPDATE|INTO|TABLES?|TRUNCATE(?:\\s+TABLE)?|ON)\\s+(?:IF\\s+(?:NOT\\s+)?EXISTS\\s+)?(`[^`]+`|[\\w$]+)(?:\\s*\\.\\s*(`[^`]+`|[\\w$]+))?")

// firstTable is the first table of a statement, with its schema.
func firstTable(sql, schema string) string {
	if all := tablesIn(sql, schema); len(all) > 0 {
		return all[0]
	}
	return ""
}

// tablesIn are the tables that a normalised statement names, as far as that can be
// seen without a parser: it serves to tell sessions apart, and nothing is claimed
// of it that is not marked as inferred.
func tablesIn(sql, schema string) (out []string) {
	for _, m := range tableName.FindAllStringSubmatch(sql, -1) {
		first, second := strings.Trim(m[1], "`"), strings.Trim(m[2], "`")
		if second != "" {
			out = append(out, first+"."+second)
		} else if !isClause(first) {
			out = append(out, qualified(schema, first))
		}
	}
	return out
}

// isClause reports whether a word after FROM, UPDATE ... is no table.
func isClause(word string) bool {
	return oneOf(strings.ToUpper(word), "SELECT", "TABLE", "TABLES", "SKIP", "NOWAIT", "LOW_PRIORITY", "IGNORE", "DUPLICATE", "WITH", "DUAL", "OF", "SET", "LATERAL")
}
