package mysql

import (
	"database/sql"
	"database/sql/driver"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"collector/internal/sources/mysql/sqltext"
	"collector/internal/store"
)

// TestStatementsByVersion pins which statement each flavour and version gets.
func TestStatementsByVersion(t *testing.T) {
	for _, tc := range []struct {
		version string
		schema  bool
		replica string
		session string
		beat    string
		limit   string
	}{
		{"8.0.21", true, "SHOW SLAVE STATUS", "information_schema.PROCESSLIST", "server_uuid", "max_execution_time = 1600"},
		{"8.0.22", true, "SHOW REPLICA STATUS", "performance_schema.processlist", "server_uuid", "max_execution_time = 1600"},
		{"8.4.0", false, "SHOW REPLICA STATUS", "information_schema.PROCESSLIST", "server_uuid", "max_execution_time = 1600"},
		{"9.7.4", true, "SHOW REPLICA STATUS", "performance_schema.processlist", "server_uuid", "max_execution_time = 1600"},
		{"10.6.12-MariaDB", true, "SHOW ALL REPLICAS STATUS", "TIME_MS", "information_schema.GLOBAL_STATUS", "max_statement_time = 1.600"},
		{"11.8.1-MariaDB", false, "SHOW ALL REPLICAS STATUS", "EXAMINED_ROWS", "information_schema.GLOBAL_STATUS", "max_statement_time = 1.600"},
	} {
		t.Run(tc.version, func(t *testing.T) {
			v, err := ParseVersion(tc.version)
			if err != nil {
				t.Fatal(err)
			}
			for _, pair := range [][2]string{
				{replicasStatement(v), tc.replica},
				{sessionsStatement(v, tc.schema), tc.session},
				{heartbeatStatement(v, true), tc.beat},
				{sessionSettings(v, 2*time.Second), tc.limit},
			} {
				if !strings.Contains(pair[0], pair[1]) {
					t.Errorf("%s lacks %s", pair[0], pair[1])
				}
			}
		})
	}
}

func answerOf(pairs ...string) cells {
	c := cells{row: make([]sql.NullString, 0, len(pairs)/2)}
	for i := 0; i < len(pairs); i += 2 {
		c.answer.columns = append(c.answer.columns, pairs[i])
		c.row = append(c.row, sql.NullString{String: pairs[i+1], Valid: pairs[i+1] != "NULL"})
	}
	return c
}

func TestReplica(t *testing.T) {
	messages := sqltext.NewRedactor()
	for _, tc := range []struct {
		name string
		in   cells
		want store.Replica
	}{
		{
			"MySQL 9",
			answerOf("Replica_IO_State", "", "Source_Host", "db1", "Source_Port", "3306", "Replica_IO_Running", "Yes", "Replica_SQL_Running", "No",
				"Last_SQL_Errno", "1062", "Last_SQL_Error", "Duplicate entry 'canary' for key 'orders.PRIMARY'", "Seconds_Behind_Source", "NULL",
				"Source_Server_Id", "1", "Source_UUID", "9eccd9e5-e583-11f1-8fea-02fc00000001", "Executed_Gtid_Set", "a:1-5,\nb:1-7", "Channel_Name", "east"),
			store.Replica{
				Channel: "east", SourceHost: "db1", SourcePort: 3306, SourceUUID: "9eccd9e5-e583-11f1-8fea-02fc00000001", SourceID: 1,
				IORunning: "Yes", SQLRunning: "No", SQLErrno: 1062, SQLError: "Duplicate entry ? for key 'orders.PRIMARY'", GTID: "a:1-5,b:1-7",
			},
		},
		{
			"MariaDB",
			answerOf("Connection_name", "", "Master_Host", "db1", "Master_Port", "3307", "Slave_IO_Running", "Connecting", "Slave_SQL_Running", "Yes",
				"Last_IO_Errno", "2003", "Last_IO_Error", "error connecting to master 'canary@127.0.0.1:3306' - retry-time: 60  maximum-retries: 100000  message: Can't connect to server on '127.0.0.1' (111 \"Connection refused\")",
				"Seconds_Behind_Master", "12", "Master_Server_Id", "7", "Gtid_Slave_Pos", "0-1-9"),
			store.Replica{
				SourceHost: "db1", SourcePort: 3307, SourceID: 7, IORunning: "Connecting", SQLRunning: "Yes", IOErrno: 2003,
				IOError: "error connecting to the source: can't connect to server", Lag: 12 * time.Second, LagKnown: true, GTID: "0-1-9",
			},
		},
		{"nothing", answerOf(), store.Replica{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := replica(tc.in, messages); got != tc.want {
				t.Errorf("got  %+v\nwant %+v", got, tc.want)
			}
		})
	}
}

func TestLongGTID(t *testing.T) {
	got := gtid(answerOf("Executed_Gtid_Set", strings.Repeat("9eccd9e5-e583-11f1-8fea-02fc00000001:1-5,\n", 100)))
	if len(got) > maxGTID || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

// rowOf is a row as the driver gives it: integers are parsed, "" stands for NULL.
func rowOf(values ...string) []driver.Value {
	row := make([]driver.Value, len(values))
	for i, v := range values {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			row[i] = n
		} else if v != "" {
			row[i] = []byte(v)
		}
	}
	return row
}

func TestSession(t *testing.T) {
	texts := newTexts()
	for _, tc := range []struct {
		name string
		in   []driver.Value
		unit time.Duration
		want store.Session
		idle bool
	}{
		{
			"MariaDB", rowOf("7", "shop", "10.0.0.5:40112", "shop", "Query", "1234.5", "Sending data", "SELECT 'canary' -- canary", "99"), time.Millisecond,
			store.Session{ID: 7, User: "shop", Host: "10.0.0.5", DB: "shop", Command: "Query", State: "Sending data", Elapsed: 1235 * time.Millisecond, SQL: "SELECT ?", RowsExamined: 99}, false,
		},
		{
			"sleeping", rowOf("8", "shop", "localhost", "", "Sleep", "5", "", "", "0"), time.Second,
			store.Session{ID: 8, User: "shop", Host: "localhost", Command: "Sleep", Elapsed: 5 * time.Second}, true,
		},
		{
			"scheduler", rowOf("5", "event_scheduler", "localhost", "", "Daemon", "3", "Waiting on empty queue", "", "0"), time.Second,
			store.Session{ID: 5, User: "event_scheduler", Host: "localhost", Command: "Daemon", State: "Waiting on empty queue", Elapsed: 3 * time.Second}, true,
		},
		{
			"no time", rowOf("6", "shop", "localhost", "", "Query", "18446744073709551615", "init", "", "0"), time.Second,
			store.Session{ID: 6, User: "shop", Host: "localhost", Command: "Query", State: "init"}, false,
		},
		{
			"an age of ages", rowOf("6", "shop", "localhost", "", "Query", "9223372037", "init", "", "0"), time.Second,
			store.Session{ID: 6, User: "shop", Host: "localhost", Command: "Query", State: "init"}, false,
		},
		{
			"clock stepped back", rowOf("9", "system user", "", "", "Connect", "-3", "Replica has read all relay log", "", "0"), time.Second,
			store.Session{ID: 9, User: "system user", Command: "Connect", State: "Replica has read all relay log"}, false,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := session(tc.in, tc.unit, texts)
			if got != tc.want || isIdle(got) != tc.idle {
				t.Errorf("got  %+v, idle %v\nwant %+v", got, isIdle(got), tc.want)
			}
		})
	}
}

func TestClientHost(t *testing.T) {
	texts := newTexts()
	for in, want := range map[string]string{
		"10.0.0.5:40112": "10.0.0.5", "app1.example:5": "app1.example", "localhost": "localhost", "": "",
		"::1": "::1", "2001:db8::5:40112": "2001:db8::5", "[2001:db8::5]:40112": "2001:db8::5",
	} {
		if got := texts.host([]byte(in)); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// TestTransactionOf reads the rows of transactions as each flavour writes them among the
// rows of sessions: MariaDB has decimal numbers, because a session's time is one.
func TestTransactionOf(t *testing.T) {
	waiting := transaction{session: 7, number: "170", requested: "170:6:3:2", age: 31788 * time.Millisecond, waited: 1500 * time.Millisecond, locked: 2, writes: 1}
	for name, tc := range map[string]struct {
		row  []driver.Value
		want transaction
	}{
		"MySQL":            {[]driver.Value{uint64(7), []byte("170"), []byte("170:6:3:2"), nil, nil, int64(31788000), []byte("1500000"), []byte("2"), uint64(1)}, waiting},
		"MariaDB":          {[]driver.Value{int64(7), []byte("170"), []byte("170:6:3:2"), nil, nil, []byte("31788000.000"), []byte("1500000"), []byte("2"), int64(1)}, waiting},
		"waits for none":   {[]driver.Value{uint64(7), []byte("170"), nil, nil, nil, int64(2e6), nil, []byte("0"), uint64(0)}, transaction{session: 7, number: "170", age: 2 * time.Second}},
		"the clock's hour": {[]driver.Value{uint64(7), []byte("170"), nil, nil, nil, int64(-3600e6), nil, []byte("0"), uint64(0)}, transaction{session: 7, number: "170", age: time.Millisecond}},
	} {
		if got := transactionOf(tc.row); !isTransaction(tc.row) || got != tc.want {
			t.Errorf("%s: %+v, want %+v", name, got, tc.want)
		}
	}
	session := []driver.Value{uint64(7), []byte("shop_app"), []byte("10.0.0.1:4"), nil, []byte("Sleep"), []byte("3"), nil, nil, []byte("0")}
	if isTransaction(session) {
		t.Error("an idle session is taken for a transaction")
	}
}

// TestWithTransactions: who sleeps in a transaction is active, who sleeps outside of one
// is counted, and a transaction without a session is nobody's.
func TestWithTransactions(t *testing.T) {
	listed := []store.Session{{ID: 1, User: "app", Command: "Sleep"}, {ID: 2, User: "app", Command: "Sleep"}, {ID: 3, User: "app", Command: "Query", SQL: "SELECT ?"}, {User: "system", Command: "Daemon"}}
	seen := withTransactions(listed, openTransactions{{session: 2, age: time.Second, locked: 4, writes: 3, requested: "1:2:3"}, {age: time.Hour, number: "9"}})
	want := &store.Sessions{
		Active: []store.Session{{ID: 2, User: "app", Command: "Sleep", Transaction: time.Second, RowsLocked: 4, RowsModified: 3, LockWait: true}, listed[2]},
		Idle:   map[string]int{"app": 1, "system": 1},
	}
	if !reflect.DeepEqual(seen, want) {
		t.Errorf("%+v, want %+v", seen, want)
	}
}
