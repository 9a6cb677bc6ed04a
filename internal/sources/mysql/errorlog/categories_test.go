package errorlog

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"collector/internal/timeline"
)

// TestCategoriesAreDocumented compares the list with docs/error-log.md.
func TestCategoriesAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../../docs/error-log.md")
	if err != nil {
		t.Fatal(err)
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| (`.*`) \\| (\\S+) \\|").FindAllStringSubmatch(string(text), -1) {
		for _, name := range strings.Split(row[1], ", ") {
			documented[strings.Trim(name, "`")] = row[2]
		}
	}
	for _, c := range categories {
		level := c.level
		if c.part == omitted {
			level = "–"
		}
		if documented[c.name] != level {
			t.Errorf("%s has level %q, documented is %q", c.name, level, documented[c.name])
		}
		delete(documented, c.name)
	}
	if len(documented) > 0 {
		t.Errorf("documented, and not there: %v", documented)
	}
}

// TestCategoriesAreSound: every category can be found, and says what a document prints.
func TestCategoriesAreSound(t *testing.T) {
	codes := map[int]string{}
	for i, c := range categories {
		if c.part != omitted && (c.says == "" || !slices.Contains([]string{levelError, levelWarning, levelNote}, c.level)) {
			t.Errorf("%s: level %q, says %q", c.name, c.level, c.says)
		}
		if c.codes == nil && c.phrase == nil || (c.phrase == nil) != (c.hints == nil) || named(c.name) != &categories[i] {
			t.Errorf("%s can never be found", c.name)
		}
		for _, hint := range c.hints {
			if strings.ContainsFunc(hint, unicode.IsUpper) {
				t.Errorf("%s: the hint %q is never found in lower case", c.name, hint)
			}
		}
		for _, code := range c.codes {
			if other, taken := codes[code]; taken && !c.strict && !named(other).strict {
				t.Errorf("MY-%06d is %s and %s", code, other, c.name)
			}
			codes[code] = c.name
		}
	}
}

// TestClassify gives each category a message, by phrase and, where it has one, by
// number. The hints must let them through.
func TestClassify(t *testing.T) {
	for want, messages := range map[string][]string{
		"crash":                  {"UTC - mysqld got signal 11 ;", "mysqld got exception 0xc0000005 ;", "Assertion failure in file x line 1", "/usr/sbin/mariadbd got signal 6 ;"},
		"start":                  {"Starting MariaDB 10.11.19-MariaDB source revision x as process 1", "/usr/sbin/mysqld (mysqld 8.0.36) starting as process 1", "mysqld_safe Starting mysqld daemon with databases"},
		"ready":                  {"/usr/sbin/mysqld: ready for connections. Version: '8.0.36'"},
		"shutdown":               {"Received SHUTDOWN from user root. Shutting down mysqld (Version: 8.0.36).", "/usr/sbin/mariadbd (initiated by: root[root] @ localhost []): Normal shutdown", "/usr/sbin/mysqld (initiated by: unknown): Normal shutdown"},
		"stopped":                {"/usr/sbin/mysqld: Shutdown complete (mysqld 8.0.36)  MySQL."},
		"crash_recovery":         {"Starting crash recovery.", "Starting crash recovery from checkpoint LSN=4", "Database was not shutdown normally!", "Starting XA crash recovery...", "Recovering after a crash using binlog", "Starting table crash recovery..."},
		"recovery_failed":        {"Crash recovery failed. Either correct the problem", "Crash recovery is broken due to insufficient innodb_log_file_size"},
		"start_failed":           {"Aborting", "Can't start server: Bind on TCP/IP port: Address already in use", "Do you already have another server running on port: 3306 ?", "Unable to lock ./ibdata1 error: 11"},
		"disk_full":              {"Disk is full writing './a' (Errcode: 28 \"No space left on device\"). Waiting", "Error number 28 means 'No space left on device'", "Error writing file './b' (errno: 28 - No space left on device)", "Could not set the file size of './ibtmp1'. Probably out of disk space"},
		"table_full":             {"The table '/tmp/#sql_1_0' is full!", "The table 'orders' is full"},
		"corruption":             {"Table './shop/m' is marked as crashed and should be repaired", "Index for table 'm' is corrupt; try to repair it", "Incorrect key file for table './shop/m.MYI'; try to repair it", "Database page corruption on disk or a failed file read of page [page id: space=0, page number=5].", "Table `shop`.`t` is corrupted. Please drop the table and recreate.", "Page [page id: space=1, page number=2] still fields in LRU list, checksum mismatch"},
		"storage_error":          {"Got error 127 when reading table './shop/m'"},
		"out_of_memory":          {"Out of memory (Needed 128000000 bytes)", "Cannot allocate memory for the buffer pool"},
		"binlog_stopped":         {"Could not use binlog for logging (error 28). Turning logging off for the whole duration of the MySQL server process.", "Binary logging not possible. Message: x"},
		"semaphore_wait":         {"A long semaphore wait:"},
		"slow_flushing":          {"page_cleaner: 1000ms intended loop took 4249ms. The settings might not be optimal.", "Page cleaner took 6112ms to flush 0 and evict 0 pages"},
		"replication_connection": {"Slave I/O: error connecting to master 'r@h:1' - retry-time: 1  maximum-retries: 2  message: x, Internal MariaDB error code: 2003", "Replica I/O for channel '': Error connecting to source 'r@h:1'. Message: x, Error_code: MY-002003"},
		"replication_error":      {"Slave SQL: Could not execute Write_rows_v1 event on table a.b; x, Gtid 0-1-9, Internal MariaDB error code: 1062", "Replica SQL for channel 'c': x, Error_code: MY-001062", "Error running query, slave SQL thread aborted. Fix the problem"},
		"replication_thread":     {"Slave SQL thread exiting, replication stopped in log 'b' at position 1", "Slave I/O thread: connected to master 'r@h:1',replication starts at GTID position ''", "'CHANGE MASTER TO executed'. Previous state"},
		"too_many_connections":   {"Too many connections", "Aborted connection 0 to db: 'unconnected' user: 'unauthenticated' host: 'connecting host' (Too many connections)"},
		"access_denied":          {"Access denied for user 'a'@'b' (using password: NO)"},
		"host_blocked":           {"Host '10.0.0.1' is blocked because of many connection errors; unblock with 'mysqladmin flush-hosts'"},
		"killed_connection":      {"Aborted connection 17 to db: 'x' user: 'a' host: 'b' (KILLED)"},
		"aborted_connection":     {"Aborted connection 17 to db: 'x' user: 'a' host: 'b' (Got an error reading communication packets)", "Aborted connection 17 to db: 'x' user: 'a' host: 'b' real ip: 'c' (Got timeout reading communication packets)"},
		"client_network":         {"Connection was killed", "Got an error writing communication packets", "Could not read packet: fd: 26  state: 1"},
		"name_resolution":        {"IP address '10.0.0.1' could not be resolved: Name or service not known", "Hostname 'h' does not resolve to '10.0.0.1'."},
		"deadlock":               {"Transactions deadlock detected, dumping detailed information."},
		"deadlock_print":         {"*** WE ROLL BACK TRANSACTION (1)", "Transaction was aborted due to Deadlock", "*** (1) TRANSACTION:", ""},
		"event_failed":           {"Event Scheduler: [a@%][shop.e] Duplicate entry '1' for key 'PRIMARY'"},
		"event_scheduler":        {"Event Scheduler: Last execution of shop.e. Dropping."},
		"unsafe_statement":       {"Unsafe statement written to the binary log using statement format since BINLOG_FORMAT = STATEMENT."},
		"session_print":          {"MariaDB thread id 40, OS thread handle 1, query id 69 localhost root Update"},
		"deprecated":             {"The syntax 'x' is deprecated and will be removed in a future release. Please use y instead."},
		"habit":                  {"CA certificate ca.pem is self signed.", "'user' entry 'root@vm' ignored in --skip-name-resolve mode.", "Plugin 'FEEDBACK' is disabled."},
		"":                       {"Something new", "Aborting the plan is not the server's end", "Found 28 files"},
	} {
		for _, message := range messages {
			got := ""
			if c := classify(entry{at: timeline.Instant{}, message: message}); c.category != nil {
				got = c.name
			}
			if got != want {
				t.Errorf("%q is %q, want %q", message, got, want)
			}
		}
	}
}
