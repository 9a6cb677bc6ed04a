package mysql

import (
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/store"
)

const mdlState = "Waiting for table metadata lock"

func TestGuessRowWaits(t *testing.T) {
	active := []store.Session{
		{ID: 1, Transaction: 40 * time.Second, RowsLocked: 5}, {ID: 2, Transaction: 60 * time.Second}, // locks nothing
		{ID: 3, Transaction: 90 * time.Second, RowsLocked: 9, LockWait: true}, {ID: 4, Transaction: 10 * time.Second, RowsLocked: 5},
		{ID: 5, Transaction: 5 * time.Second, LockWait: true, SQL: "UPDATE orders SET n = ?", DB: "shop"},
	}
	waits := guessRowWaits(active, map[string]transaction{"7": {session: 5, requested: "7:1:1:1", waited: 4 * time.Second}, "8": {session: 3, requested: "8:1:1:1", waited: 80 * time.Second}})
	want := []store.LockWait{
		{Waiter: 5, Blocker: 1, Class: store.WaitRow, Object: "shop.orders", Waited: 4 * time.Second, Guessed: true},
		{Waiter: 3, Class: store.WaitRow, Waited: 80 * time.Second, Guessed: true}, // nobody is that old
	}
	if !slices.Equal(waits, want) {
		t.Errorf("%+v", waits)
	}
}

func TestGuessMetadataWaits(t *testing.T) {
	alter := store.Session{ID: 20, State: mdlState, SQL: "ALTER TABLE orders ADD COLUMN c INT", DB: "shop", Elapsed: 9 * time.Second}
	reader := store.Session{ID: 21, State: mdlState, SQL: "SELECT * FROM shop.orders", Elapsed: 5 * time.Second}
	idle := store.Session{ID: 1, Command: "Sleep", Transaction: 30 * time.Second}
	older := store.Session{ID: 2, Command: "Sleep", Transaction: 50 * time.Second, DB: "shop"}
	young := store.Session{ID: 3, Command: "Sleep", Transaction: 2 * time.Second}
	report := store.Session{ID: 4, Command: "Query", SQL: "SELECT COUNT(*) FROM shop.orders", Elapsed: 20 * time.Second}
	other := store.Session{ID: 5, Command: "Query", SQL: "SELECT COUNT(*) FROM shop.users", Elapsed: 80 * time.Second}
	for name, x := range map[string]struct {
		active []store.Session
		last   map[uint64]string
		want   map[uint64]uint64
	}{
		"the oldest transaction":         {[]store.Session{alter, reader, idle, older, young, other}, nil, map[uint64]uint64{20: 2, 21: 20}},
		"one that names the table":       {[]store.Session{alter, reader, older, report}, nil, map[uint64]uint64{20: 4, 21: 20}},
		"one that named the table":       {[]store.Session{alter, idle, older}, map[uint64]string{1: "SELECT * FROM shop.orders"}, map[uint64]uint64{20: 1}},
		"nobody is old enough":           {[]store.Session{alter, young, other}, nil, map[uint64]uint64{20: 0}},
		"no DDL waits":                   {[]store.Session{reader, idle}, nil, map[uint64]uint64{21: 1}},
		"the head of the queue is young": {[]store.Session{{ID: 22, State: mdlState, SQL: "SELECT ? FROM shop.orders", Elapsed: 11 * time.Second}, alter, idle}, nil, map[uint64]uint64{20: 1, 22: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			waits := guessMetadataWaits(x.active, x.last)
			if len(waits) != len(x.want) {
				t.Fatalf("%+v", waits)
			}
			for _, w := range waits {
				if want, ok := x.want[w.Waiter]; !ok || w.Blocker != want || !w.Guessed || w.Object != "shop.orders" || w.Class != store.WaitMetadata {
					t.Errorf("%+v, want it behind %d", w, want)
				}
			}
		})
	}
}

func TestTablesIn(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT * FROM orders o JOIN `pay ments` ON o.id = ?": "shop.orders shop.pay ments", "UPDATE a.b SET c = ?": "a.b", "INSERT INTO t SELECT * FROM `x`.`y`": "shop.t x.y",
		"SELECT ? FOR UPDATE SKIP LOCKED": "", "DROP TABLE IF EXISTS t": "shop.t", "INSERT INTO t VALUES (?) ON DUPLICATE KEY UPDATE n = ?": "shop.t shop.n", "SELECT ? FROM (SELECT ?)": "",
		"FLUSH TABLES WITH READ LOCK": "", "TRUNCATE TABLE t": "shop.t",
	} {
		if got := tablesIn(sql, "shop"); strings.Join(got, " ") != want && !strings.HasPrefix(strings.Join(got, " "), want+" ") {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}

func FuzzTablesIn(f *testing.F) {
	for _, sql := range []string{"SELECT * FROM orders o JOIN `pay ments`", "UPDATE `a` . b SET", "DROP TABLE IF EXISTS", "FROM ``.``"} {
		f.Add(sql, "shop")
	}
	f.Fuzz(func(t *testing.T, sql, schema string) {
		for _, table := range tablesIn(sql, schema) {
			if table == "" {
				t.Errorf("a table without a name in %q", sql)
			}
		}
	})
}

func TestMetadataConflicts(t *testing.T) {
	locks := func(mode string, pending bool, session uint64) metadataLock {
		return metadataLock{kind: "TABLE", schema: "shop", name: "orders", mode: mode, pending: pending, session: session}
	}
	// An ALTER that wants to become exclusive holds SHARED_UPGRADABLE itself.
	granted := []metadataLock{locks("SHARED_READ", false, 1), locks("SHARED_UPGRADABLE", false, 2), {kind: "TABLE", schema: "shop", name: "users", mode: "EXCLUSIVE", session: 9}}
	pending := []metadataLock{locks("EXCLUSIVE", true, 2), locks("SHARED_READ", true, 3), locks("SHARED_WRITE", true, 4), locks("SHARED_HIGH_PRIO", true, 5)}
	active := []store.Session{{ID: 2, Elapsed: 9 * time.Second}, {ID: 3, Elapsed: 5 * time.Second}, {ID: 4, Elapsed: 4 * time.Second}, {ID: 5, Elapsed: 3 * time.Second}}
	want := map[uint64]uint64{2: 1, 3: 2, 4: 2, 5: 0}
	waits := pairMetadata(pending, granted, active)
	if len(waits) != len(want) {
		t.Fatalf("%+v", waits)
	}
	for _, w := range waits {
		if w.Blocker != want[w.Waiter] || w.Object != "shop.orders" || w.Guessed {
			t.Errorf("%+v, want it behind %d", w, want[w.Waiter])
		}
	}
	for _, x := range []struct {
		request, held string
		waits         bool
	}{
		{"SHARED_WRITE", "SHARED_READ", false}, {"SHARED_WRITE", "SHARED_NO_WRITE", true}, {"SHARED_READ", "SHARED_NO_WRITE", false}, {"SHARED_UPGRADABLE", "SHARED_UPGRADABLE", true},
		{"EXCLUSIVE", "SHARED", true}, {"INTENTION_EXCLUSIVE", "INTENTION_EXCLUSIVE", false}, {"INTENTION_EXCLUSIVE", "SHARED", true}, {"SHARED_NO_READ_WRITE", "SHARED_READ", true},
	} {
		if got := waitsForGranted(x.request, x.held); got != x.waits {
			t.Errorf("%s behind %s: %v", x.request, x.held, got)
		}
	}
}
