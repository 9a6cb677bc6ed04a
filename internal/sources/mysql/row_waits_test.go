package mysql

import (
	"database/sql"
	"testing"
	"time"

	"collector/internal/store"
)

// TestStallsOnDataLocks pins the releases in which a look at the lock tables no
// longer stops InnoDB.
func TestStallsOnDataLocks(t *testing.T) {
	for version, stalls := range map[string]bool{
		"8.0.11": true, "8.0.39": true, "8.0.40": false, "8.0.44-35": false, "8.1.0": true, "8.3.0": true, "8.4.0": true, "8.4.2": true, "8.4.3": false, "8.4.7": false,
		"9.0.0": true, "9.0.1": true, "9.1.0": false, "9.7.4": false, "10.6.18-MariaDB": false, "11.8.2-MariaDB": false,
	} {
		v, err := ParseVersion(version)
		if err != nil {
			t.Fatal(err)
		}
		if got := stallsOnDataLocks(v); got != stalls {
			t.Errorf("%s: %v, want %v", version, got, stalls)
		}
	}
}

func lockCells(texts ...string) []sql.NullString {
	row := make([]sql.NullString, len(texts))
	for i, text := range texts {
		row[i] = sql.NullString{String: text, Valid: text != ""}
	}
	return row
}

func TestNamedWaits(t *testing.T) {
	open := map[string]transaction{
		"10": {session: 1}, "11": {session: 2, requested: "11:5:3:2", waited: 3 * time.Second}, "12": {session: 3, requested: "12:5:3:3", waited: time.Second},
		"13": {session: 4, requested: "13:5:3:9"}, "14": {},
	}
	answer := rows{values: [][]sql.NullString{lockCells("11:5:3:2", "11", "10:5:3:2", "10"), lockCells("12:5:3:3", "12", "14:5:3:3", "14"), lockCells("99:1:1:1", "99", "10:1:1:1", "10")}}
	waits := namedWaits(rowPairs(answer, open), open, map[string]lockDetail{"10:5:3:2": {"shop.orders", "PRIMARY", "X"}, "11:5:3:2": {"shop.orders", "PRIMARY", "S"}})
	want := []store.LockWait{
		{Waiter: 2, Blocker: 1, Class: store.WaitRow, Object: "shop.orders", Index: "PRIMARY", Mode: "S", Held: "X", Waited: 3 * time.Second},
		{Waiter: 3, Class: store.WaitRow, Waited: time.Second}, // a prepared XA transaction has no session
		{Waiter: 4, Class: store.WaitRow}, // in no pair
	}
	if len(waits) != len(want) {
		t.Fatalf("%+v", waits)
	}
	for i := range want {
		if waits[i] != want[i] {
			t.Errorf("%+v, want %+v", waits[i], want[i])
		}
	}
}

func TestTableOfLock(t *testing.T) {
	for text, want := range map[string]string{
		"`shop`.`orders`": "shop.orders", "`shop`.`orders` /* Partition `p0` */": "shop.orders", "": "",
	} {
		if got := tableOfLock(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzIsLockID(f *testing.F) {
	f.Add("93826143335192:2:3:4:2:93826135234080")
	f.Add("170:6:3:2")
	f.Add("1' OR '1")
	f.Fuzz(func(t *testing.T, text string) {
		if isLockID(text) {
			for _, c := range text {
				if c != ':' && (c < '0' || c > '9') {
					t.Errorf("%q may stand in a statement", text)
				}
			}
		}
	})
}
