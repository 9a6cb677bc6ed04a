package sqltext

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRedactError(t *testing.T) {
	r := NewRedactor()
	for _, tc := range []struct {
		name   string
		number uint16
		in     string
		want   string
	}{
		{"empty", 0, "", ""},
		{"duplicate entry", 1062, "Duplicate entry 'canary' for key 'PRIMARY'", "Duplicate entry ? for key 'PRIMARY'"},
		{"quote in the value", 1062, "Duplicate entry 'a' for key 'canary' for key 't.PRIMARY'", "Duplicate entry ? for key 't.PRIMARY'"},
		{"row event, MariaDB", 1062, "Could not execute Write_rows_v1 event on table shop.orders; Duplicate entry 'canary' for key 'PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's master log mariadb-bin.000001, end_log_pos 913", "Could not execute Write_rows_v1 event on table shop.orders; Duplicate entry ? for key 'PRIMARY'"},
		{"row event, MySQL", 1062, "Could not execute Write_rows event on table shop.orders; Duplicate entry '7' for key 'orders.PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's source log binlog.000003, end_log_pos 349", "Could not execute Write_rows event on table shop.orders; Duplicate entry ? for key 'orders.PRIMARY'"},
		{"no record", 1032, "Could not execute Update_rows event on table shop.orders; Can't find record in 'orders', Error_code: 1032; handler error HA_ERR_KEY_NOT_FOUND; the event's master log mariadb-bin.000001, end_log_pos 1", "Could not execute Update_rows event on table shop.orders; Can't find record in 'orders'"},
		{"query", 1062, "Error 'Duplicate entry 'canary' for key 'PRIMARY'' on query. Default database: 'shop'. Query: 'INSERT INTO t VALUES ('canary')'", "Error on query: Duplicate entry ? for key 'PRIMARY' (default database 'shop')"},
		{"query with a missing table", 1146, "Error 'Table 'shop.orders' doesn't exist' on query. Default database: ''. Query: 'DROP TABLE orders /* canary */'", "Error on query: Table 'shop.orders' doesn't exist"},
		{"query in doubt", 1062, "Error 'x' on query. Default database: 'canary'. Query: ' for key 'y'' on query. Default database: 'shop'. Query: 'canary'", "Error ?"},
		{"worker", 1062, "Worker 1 failed executing transaction '9eccd9e5-e583-11f1-8fea-02fc00000001:5' at source log binlog.000002, end_log_pos 1234; Could not execute Write_rows event on table shop.orders; Duplicate entry 'canary' for key 'orders.PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's source log binlog.000002, end_log_pos 1234", "Worker 1 failed executing a transaction; Could not execute Write_rows event on table shop.orders; Duplicate entry ? for key 'orders.PRIMARY'"},
		{"coordinator", 1062, "Coordinator stopped because there were error(s) in the worker(s). The most recent failure being: Worker 1 failed executing transaction 'ANONYMOUS' at source log binlog.000002, end_log_pos 1234. See error log and/or performance_schema.replication_applier_status_by_worker table for more details about this failure or others, if any.", "Coordinator stopped because worker 1 failed executing a transaction"},
		{"cannot connect, MariaDB", 2003, "error connecting to master 'canary@127.0.0.1:3306' - retry-time: 60  maximum-retries: 100000  message: Can't connect to server on '127.0.0.1' (111 \"Connection refused\")", "error connecting to the source: can't connect to server"},
		{"lost connection, MariaDB", 2013, "error reconnecting to master 'canary@127.0.0.1:3306' - retry-time: 1  maximum-retries: 100000  message: Lost connection to server at 'handshake: reading initial communication packet', system error: 104 \"Connection reset by peer\"", "error connecting to the source: lost connection to server"},
		{"lost connection to whom, MariaDB", 2013, "error reconnecting to master 'canary@127.0.0.1:3306' - retry-time: 1  maximum-retries: 100000  message: Lost connection to server during query", "error connecting to the source: lost connection to server"},
		{"cannot connect, MySQL", 2003, "Error connecting to source 'canary@127.0.0.1:3306'. This was attempt 1/86400, with a delay of 60 seconds between attempts. Message: Can't connect to MySQL server on '127.0.0.1:3306' (111)", "error connecting to the source: can't connect to server"},
		{"purged", 1236, "Got fatal error 1236 from master when reading data from binary log: 'Could not find first log file name in binary log index file'", "Got fatal error 1236 from the source when reading data from binary log"},
		{"foreign key", 1452, "Cannot add or update a child row: a foreign key constraint fails (`shop`.`items`, CONSTRAINT `fk_order` FOREIGN KEY (`order_id`) REFERENCES `orders` (`id`))", "Cannot add or update a child row: a foreign key constraint fails (`shop`.`items`, CONSTRAINT `fk_order`)"},
		{"wrong value", 1366, "Incorrect integer value: 'canary' for column `shop`.`orders`.`total` at row 1", "Incorrect integer value: ? for column 'total'"},
		{"unknown column", 1054, "Unknown column 'o.state' in 'where clause'", "Unknown column 'o.state' in 'where clause'"},
		{"signal", 1644, "canary went wrong", "?"},
		{"signal in a row event", 0, "Could not execute Write_rows event on table a.b; canary, Error_code: 1644; handler error HA_ERR_GENERIC; the event's source log b.1, end_log_pos 3", "?"},
		{"syntax", 1064, "You have an error in your SQL syntax; check the manual for the right syntax to use near 'canary' at line 1", "You have an error in your SQL syntax; check the manual for the right syntax to use near ? at line 1"},
		{"unknown, nested", 1, "Something about 'canary' and \"canary 'x'\" happened", "Something about ? happened"},
		{"unknown, apostrophe", 1, "Can't do it: `canary`", "Can't do it: ?"},
		{"apostrophe in a value", 1, "bad 'it's canary' here", "bad ? here"},
		{"cut off", 1062, "Duplicate entry 'canary", "Duplicate entry ?"},
		{"no quotes", 1205, "Lock wait timeout exceeded; try restarting transaction", "Lock wait timeout exceeded; try restarting transaction"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := r.RedactError(tc.number, tc.in); got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
}

// FuzzRedactError puts any value where servers put values.
func FuzzRedactError(f *testing.F) {
	for _, seed := range []string{"", "x", "' for key 'y", "' on query. Default database: 'z'. Query: '", "\"", "it's", "\xff", "', Error_code: 1; handler error X; the event's master log a.1, end_log_pos 2"} {
		f.Add(seed, seed)
	}
	r := NewRedactor()
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(strings.ToLower(before+after), "canary") {
			return
		}
		value := before + "canary" + after
		for _, message := range []string{
			"Duplicate entry '" + value + "' for key 'PRIMARY'",
			"Incorrect integer value: '" + value + "' for column 'x' at row 1",
			"Could not execute Write_rows event on table a.b; Duplicate entry '" + value + "' for key 't.PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's source log b.1, end_log_pos 3",
			"Error 'Duplicate entry '" + value + "' for key 'PRIMARY'' on query. Default database: 'd'. Query: 'INSERT INTO t VALUES ('" + value + "')'",
			"check the right syntax to use near '" + value + "' at line 1",
		} {
			got := r.RedactError(0, message)
			if strings.Contains(got, "canary") || !utf8.ValidString(got) {
				t.Fatalf("RedactError(%q) = %q", message, got)
			}
		}
	})
}
