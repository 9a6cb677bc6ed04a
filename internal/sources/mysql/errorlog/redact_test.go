package errorlog

import (
	"encoding/json"
	"strings"
	"testing"

	"collector/internal/sources"
	"collector/internal/timeline"
)

func TestMessage(t *testing.T) {
	m := newMasker(sources.Roles{})
	for _, tc := range []struct{ name, in, want string }{
		{"plain", "Event invalidates something", "Event invalidates something"},
		{"quotes", "Cannot open 'canary' and \"canary\" now", "Cannot open ? now"},
		{"numbers", "read 4711 of 12.5 MiB, error: 22, errno 13, Errcode: 28, OS error 2", "read N of N MiB, error: 22, errno 13, Errcode: 28, OS error 2"},
		{"a literal after error", "error 4111111111111111 and error 123456", "error ? and error N"},
		{"address", "refused canary@db.example.com and 10.1.2.3:3306, [2001:db8::1]:5, db1.prod.example.com:3306", "refused ? and ?, ?, ?"},
		{"named", "lost user: canary, host: canary1, db: x", "lost user: ?, host: ?, db: x"},
		{"uuid and hex", "node 4344758a-e59e-11f1-a886-02fc00000001 at 0x7f00 left", "node ? at ? left"},
		{"statement", "Found a bad plan in SELECT name FROM canary WHERE x = canary", "Found a bad plan in ?"},
		{"statement by name", "Slow query: canary", "Slow ?"},
		{"statement with a comment", "did /* canary */ it", "did ?"},
		{"statement in lower case", "failed on insert ignore into t values (canary)", "failed on ?"},
		{"a statement in a value", `Duplicate entry '"canary SELECT ' for key 'y'`, "Duplicate entry ?"},
		{"English", "could not create the file, will update its state and drop all", "could not create the file, will update its state and drop all"},
		{"table", "Table shop.orders is odd", "Table shop.orders is odd"},
		{"not UTF-8", "bad \xff byte", "bad ? byte"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := m.message(0, tc.in); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// TestLongMessage is cut.
func TestLongMessage(t *testing.T) {
	if got := newMasker(sources.Roles{}).message(0, strings.Repeat("ö word ", 200)); len(got) > maxMessage+len(" …") || !strings.HasSuffix(got, " …") {
		t.Errorf("%d bytes: %q", len(got), got)
	}
}

// FuzzPrivate puts any value where servers put values, and looks for it in what
// would be kept.
func FuzzPrivate(f *testing.F) {
	for _, seed := range []string{"", "'", "\"", "@", "' for key 'y", "'@'", ") (KILLED)", "x\n2024-07-12  9:14:03 1 [ERROR] y", "]", "/*", "\xff", ": Normal shutdown", "SELECT "} {
		f.Add(seed, seed)
	}
	roles := sources.Roles{}
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(strings.ToLower(before+after), "canary") || strings.ContainsAny(before+after, "\n\r") {
			return
		}
		value := before + "canary" + after
		for _, message := range []string{
			"Access denied for user '" + value + "'@'" + value + "' (using password: YES)",
			"Aborted connection 17 to db: '" + value + "' user: '" + value + "' host: '" + value + "' (KILLED)",
			"Duplicate entry '" + value + "' for key 'PRIMARY'",
			"Slave SQL: Error 'Duplicate entry '" + value + "' for key 'PRIMARY'' on query. Default database: 'd'. Query: 'INSERT INTO t VALUES ('" + value + "')', Internal MariaDB error code: 1062",
			"Replica SQL for channel '': Worker 1 failed executing transaction 'ANONYMOUS' at source log binlog.000001, end_log_pos 2; Could not execute Write_rows event on table a.b; Duplicate entry '" + value + "' for key 't.PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's source log b.1, end_log_pos 3, Error_code: MY-001062",
			"Unsafe statement written to the binary log using statement format. Statement: INSERT INTO t VALUES ('" + value + "')",
			"Event Scheduler: [" + "bob@%][shop.e] " + value,
			"Sort aborted, host: h, user: u, thread: 3, query: SELECT '" + value + "'",
			"Query (0x7f5d1c00ed10): SELECT '" + value + "'",
		} {
			w := timeline.Window{From: whole.From, To: whole.To}
			fold := newFolder(w, newMasker(roles))
			for _, level := range []string{levelError, levelWarning} {
				fold.add(entry{at: timeline.Exactly(at("2024-07-12T07:00:00Z")), level: level, message: message})
			}
			body, err := json.Marshal(fold.all())
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(body), "canary") {
				t.Fatalf("%q is kept as %s", message, body)
			}
		}
	})
}
