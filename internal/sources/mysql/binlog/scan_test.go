package binlog

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"collector/internal/sources"
	"collector/internal/sources/mysql/ddl"
	"collector/internal/timeline"
)

// tape is a log being written for a scan.
type tape struct {
	scan *scan
	at   uint32 // seconds
	end  uint32 // position
}

// window of the tests: seconds 1000 to 2000.
func newTape() *tape {
	t := &tape{scan: newScan(1, time.Unix(1000, 0), time.Unix(2000, 0)), at: 900, end: 4}
	t.add(replication.ROTATE_EVENT, []byte("\x04\x00\x00\x00\x00\x00\x00\x00binlog.000001"))
	t.add(replication.FORMAT_DESCRIPTION_EVENT, nil)
	return t
}

func (t *tape) add(kind replication.EventType, body []byte) {
	t.end += uint32(headerSize + len(body))
	feed(t.scan, eventBytes(header{Seconds: t.at, Type: kind, ServerID: 1, End: t.end}, body))
}

func (t *tape) gtid() { t.add(replication.MARIADB_GTID_EVENT, make([]byte, 19)) }

// ddl writes a statement of its own transaction.
func (t *tape) ddl(at, took uint32, text string) {
	t.at = at
	t.gtid()
	t.add(replication.QUERY_EVENT, queryBody(7, took, 0, "shop", text))
}

// rows writes a transaction of so many MiB.
func (t *tape) rows(at uint32, mebibytes int) {
	t.at = at
	t.gtid()
	t.add(replication.TABLE_MAP_EVENT, tableBody("shop", "orders"))
	for range mebibytes {
		t.add(replication.WRITE_ROWS_EVENTv1, make([]byte, 1<<20))
	}
	t.add(replication.XID_EVENT, make([]byte, 8))
}

func (t *tape) found() (list []string) {
	t.scan.finish()
	for _, s := range t.scan.statements {
		for _, c := range s.Changes {
			list = append(list, c.Key())
		}
	}
	return list
}

// TestScanWindow: what ended before the window is left out, what began after it
// ends the reading, and one session with a clock of its own does not.
func TestScanWindow(t *testing.T) {
	log := newTape()
	log.ddl(950, 1, "DROP TABLE early")
	log.ddl(950, 60, "DROP TABLE lasted")
	log.ddl(1500, 0, "DROP TABLE inside")
	log.ddl(5000, 0, "DROP TABLE pretended")
	log.ddl(1600, 0, "DROP TABLE later")
	if log.scan.past {
		t.Fatal("one wrong clock ended the reading")
	}
	for range lateGroups {
		log.rows(2100, 0)
	}
	if !log.scan.past {
		t.Error("the reading goes on after the window")
	}
	got := log.found()
	if want := []string{"drop_table shop.lasted ", "drop_table shop.inside ", "drop_table shop.pretended ", "drop_table shop.later "}; !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestScanTransactions: MariaDB's large transaction is between what the log shows
// before and behind it; a small one is nothing.
func TestScanTransactions(t *testing.T) {
	log := newTape()
	log.rows(1500, 10)
	log.ddl(1510, 0, "SELECT 1")
	log.rows(1502, 64)
	log.rows(1503, 1)
	log.rows(1517, 1)
	log.scan.finish()
	if len(log.scan.transactions) != 1 {
		t.Fatalf("%+v", log.scan.transactions)
	}
	got := log.scan.transactions[0]
	lo, hi := got.ended()
	if got.Seconds != 1502 || lo != 1510*micros-tick || hi != 1518*micros+tick || got.Bytes < 64<<20 || !slices.Equal(got.Tables, []string{"shop.orders"}) {
		t.Errorf("%+v, from %d to %d", got, lo, hi)
	}
}

func TestScanLimit(t *testing.T) {
	log := newTape()
	for i := range maxStatements + 3 {
		log.ddl(1500, 0, fmt.Sprintf("CREATE TABLE t%d (a INT)", i))
	}
	if got := len(log.found()); got != maxStatements || log.scan.untold != 3 {
		t.Errorf("%d told, %d not", got, log.scan.untold)
	}
}

// TestFold: which statements are a tool's.
func TestFold(t *testing.T) {
	swap := "RENAME TABLE shop.orders TO shop._orders_del, shop._orders_gho TO shop.orders"
	for _, tc := range []struct {
		name       string
		statements []string
		rest       int
		migrations []string
	}{
		{"finished", []string{"CREATE TABLE _orders_gho LIKE orders", "ALTER TABLE _orders_gho DROP a", swap, "DROP TABLE _orders_del"}, 0, []string{"gh-ost shop.orders 2 of 4"}},
		{"twice", []string{"CREATE TABLE _orders_gho LIKE orders", swap, "CREATE TABLE _orders_gho LIKE orders", swap}, 0, []string{"gh-ost shop.orders 1 of 2", "gh-ost shop.orders 1 of 2"}},
		{"unfinished", []string{"CREATE TABLE _orders_gho LIKE orders", "DROP TABLE _orders_gho"}, 0, []string{"gh-ost shop.orders -1 of 2"}},
		{"only called so", []string{"CREATE TABLE _orders_new LIKE orders", "DROP TABLE _orders_old", "DROP TABLE _orders_del"}, 3, nil},
		{"two at once", []string{"CREATE TABLE _a_gho LIKE a", "CREATE TABLE _b_gho LIKE b"}, 0, []string{"gh-ost shop.a -1 of 1", "gh-ost shop.b -1 of 1"}},
		{"both in one statement", []string{"DROP TABLE _a_gho, orders"}, 1, nil},
		{"swap in two steps", []string{"RENAME TABLE orders TO _orders_old", "RENAME TABLE _orders_new TO orders"}, 0, []string{"pt-online-schema-change shop.orders 1 of 2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			log := newTape()
			for i, text := range tc.statements {
				log.ddl(1500+uint32(i), 0, text)
			}
			rest, migrations := fold(log.scan.statements)
			var got []string
			for _, m := range migrations {
				got = append(got, fmt.Sprintf("%s %s.%s %d of %d", m.Tool, m.Schema, m.Original, m.CutOver, len(m.Statements)))
			}
			if len(rest) != tc.rest || !slices.Equal(got, tc.migrations) {
				t.Errorf("%d others, %q", len(rest), got)
			}
		})
	}
}

// TestInterpretCoverage: what was read is a check, what was not is a gap.
func TestInterpretCoverage(t *testing.T) {
	w := timeline.Window{From: time.Unix(1000, 0).UTC(), To: time.Unix(2000, 0).UTC()}
	file := []readFile{{"binlog.000001", 2048}}
	for _, tc := range []struct {
		name       string
		coverage   coverage
		gap, check string
	}{
		{"all", coverage{Files: file, Bytes: 2048, FromUS: 900e6, LastUS: 1800e6, Ended: endLog}, "", "schema changes and transactions of 64MiB and more in the binary log (1 file, 2.0 KiB read)"},
		{"purged", coverage{FromUS: 1200e6, LastUS: 1800e6, Ended: endWindow}, "1000–1200 the binary log does not reach back that far", "schema changes"},
		{"budget", coverage{FromUS: 900e6, LastUS: 1700e6, Ended: endBudget}, "1700–2000 the binary log was not read any further: the budget of 512MiB was used up (binlog_budget)", "schema changes"},
		{"budget before the window", coverage{FromUS: 800e6, LastUS: 900e6, Ended: endBudget}, "1000–2000 the binary log was not read any further: the budget", ""},
		{"time", coverage{FromUS: 900e6, LastUS: 1700e6, Ended: endTime}, "1700–2000 the binary log was not read any further: the time", "schema changes"},
		{"nothing", coverage{Ended: endError, Reason: "error 1"}, "1000–2000 the binary log could not be read any further: error 1", ""},
		{"broken events", coverage{FromUS: 900e6, LastUS: 1800e6, Ended: endLog, Unreadable: 2}, "1000–2000 2 events of the binary log could not", "schema changes"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, err := sources.Answer(question{Kind: kindCoverage, Server: "db1", Window: w, Budget: 512 << 20, Threshold: LargeTransaction}.ask(coverageQuery), tc.coverage, w.To)
			if err != nil {
				t.Fatal(err)
			}
			f, err := Interpret(w, []timeline.Evidence{e})
			if err != nil {
				t.Fatal(err)
			}
			gap, check := "", ""
			for _, g := range f.Gaps {
				gap += fmt.Sprintf("%d–%d %s", g.From.Unix(), g.To.Unix(), g.Reason)
			}
			for _, c := range f.Checks {
				check += c.LookedFor
			}
			if !strings.HasPrefix(gap, tc.gap) || (gap == "") != (tc.gap == "") || !strings.HasPrefix(check, tc.check) || (check == "") != (tc.check == "") {
				t.Errorf("gap   %s\ncheck %s", gap, check)
			}
		})
	}
}

// TestBegan: the second in an event is not the start on a replica.
func TestBegan(t *testing.T) {
	for _, tc := range []struct {
		name           string
		place          place
		endLo, endHi   int64
		lo, at, hi     int64
		whatIsExpected string
	}{
		{"own, MariaDB", place{Seconds: 100}, 102e6, 103e6, 100e6 - tick, 100500000, 101e6 + tick, "its second"},
		{"own, MySQL", place{Seconds: 100, CommitUS: 100.2e6}, 100.2e6, 100.2e6, 100e6 - tick, 100e6 + 95000, 100.2e6, "its second up to the commit"},
		{"replica, MySQL", place{Origin: 2, Seconds: 100, OriginalUS: 110e6, CommitUS: 125e6}, 125e6, 125e6, 110e6, 115e6 - tick, 125e6, "as long before the commit as it took at the origin"},
		{"replica, MariaDB", place{Origin: 2, Seconds: 100}, 125e6, 126e6, 100e6 - tick, 113e6 - tick/2, 126e6, "anywhere"},
		{"replica, MariaDB, behind others", place{Origin: 2, Seconds: 100, After: 123}, 125e6, 126e6, 123e6 - tick, 124500000 - tick/2, 126e6, "after those in front of it"},
		{"replica, MariaDB, behind a wrong clock", place{Origin: 2, Seconds: 100, After: 999}, 125e6, 126e6, 100e6 - tick, 113e6 - tick/2, 126e6, "anywhere"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			lo, at, hi := tc.place.began(tc.endLo, tc.endHi)
			if lo != tc.lo || at != tc.at || hi != tc.hi {
				t.Errorf("%s: got %d, %d, %d", tc.whatIsExpected, lo, at, hi)
			}
		})
	}
}

func TestUnknownRecord(t *testing.T) {
	e, err := sources.Answer(question{Kind: "binlog.other"}.ask(""), ddl.Change{}, time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Interpret(timeline.Window{}, []timeline.Evidence{e}); err == nil {
		t.Error("no error")
	}
}
