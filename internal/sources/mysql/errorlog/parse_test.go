package errorlog

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParseHead(t *testing.T) {
	for _, tc := range []struct {
		name, line string
		want       head
		none       bool
	}{
		{"MySQL 9", "2026-11-21T11:25:35.133536Z 20 [Note] [MY-010926] [Server] Access denied", head{entry: entry{level: levelNote, code: 10926, subsystem: "Server", message: "Access denied"}, wall: at("2026-11-21T11:25:35.133536Z"), zone: true, day: true, step: time.Microsecond}, false},
		{"MySQL, system time", "2024-07-12T09:21:03.586408+02:00 1 [ERROR] [MY-012639] [InnoDB] Write failed", head{entry: entry{level: levelError, code: 12639, subsystem: "InnoDB", message: "Write failed"}, wall: at("2024-07-12T07:21:03.586408Z"), zone: true, day: true, step: time.Microsecond}, false},
		{"MySQL 5.7", "2018-12-04T17:19:01.023216Z 115 [Warning] IP address", head{entry: entry{level: levelWarning, message: "IP address"}, wall: at("2018-12-04T17:19:01.023216Z"), zone: true, day: true, step: time.Microsecond}, false},
		{"MariaDB, one digit", "2024-07-12  9:14:03 123 [ERROR] mysqld: Disk is full", head{entry: entry{level: levelError, message: "Disk is full"}, wall: at("2024-07-12T09:14:03Z"), day: true, step: time.Second}, false},
		{"MariaDB, two digits", "2024-07-12 19:14:03 0 [Note] InnoDB: End of log", head{entry: entry{level: levelNote, subsystem: "InnoDB", message: "End of log"}, wall: at("2024-07-12T19:14:03Z"), day: true, step: time.Second}, false},
		{"MariaDB, fatal", "2024-03-13  8:42:31 0 [ERROR] [FATAL] InnoDB: Semaphore wait has lasted > 600 seconds.", head{entry: entry{level: levelError, subsystem: "InnoDB", message: "Semaphore wait has lasted > 600 seconds."}, wall: at("2024-03-13T08:42:31Z"), day: true, step: time.Second}, false},
		{"MariaDB, InnoDB's thread", "2024-07-12  9:20:01 0x7f5d2c0f9700  InnoDB: Assertion failure in file x.cc line 1", head{entry: entry{level: levelError, subsystem: "InnoDB", message: "Assertion failure in file x.cc line 1"}, wall: at("2024-07-12T09:20:01Z"), day: true, step: time.Second}, false},
		{"MariaDB, signal", "240712  9:20:01 [ERROR] mysqld got signal 6 ;", head{entry: entry{level: levelError, message: "mysqld got signal 6 ;"}, wall: at("2024-07-12T09:20:01Z"), day: true, step: time.Second}, false},
		{"mysqld_safe", "240712 19:20:01 mysqld_safe Starting mysqld daemon with databases", head{entry: entry{level: levelNote, message: "mysqld_safe Starting mysqld daemon with databases"}, wall: at("2024-07-12T19:20:01Z"), day: true, step: time.Second}, false},
		{"MySQL, signal", "2026-11-21T11:25:54Z UTC - mysqld got signal 11 ;", head{entry: entry{level: levelError, message: "UTC - mysqld got signal 11 ;"}, wall: at("2026-11-21T11:25:54Z"), zone: true, day: true, step: time.Second}, false},
		{"MySQL, signal without a date", "11:25:54 UTC - mysqld got signal 11 ;", head{entry: entry{level: levelError, message: "UTC - mysqld got signal 11 ;"}, wall: time.Date(0, 1, 1, 11, 25, 54, 0, time.UTC), zone: true, step: time.Second}, false},
		{"JSON", `{ "prio" : 2, "err_code" : 11070, "subsystem" : "Server", "msg" : "a\nb", "time" : "2026-11-21T11:25:32.111459Z", "label" : "Warning" }`, head{entry: entry{level: levelWarning, code: 11070, subsystem: "Server", message: "a"}, wall: at("2026-11-21T11:25:32.111459Z"), zone: true, day: true, step: time.Microsecond}, false},
		{"syslog", "Jul 12 09:21:07 db1 mariadbd[812]: 2024-07-12  9:21:07 5 [ERROR] Table", head{entry: entry{level: levelError, message: "Table"}, wall: at("2024-07-12T09:21:07Z"), day: true, step: time.Second}, false},
		{"container", "2024-07-12T07:21:08.000000001Z stderr F 2024-07-12  9:21:07 5 [ERROR] Table", head{entry: entry{level: levelError, message: "Table"}, wall: at("2024-07-12T09:21:07Z"), day: true, step: time.Second}, false},
		{"statement", "UPDATE shop.t SET v='2024-07-12  9:14:03' WHERE id=1", head{}, true},
		{"record dump", " 3: len 17; hex 6465; asc x;;", head{}, true},
		{"no such day", "2024-07-32  9:14:03 123 [ERROR] x", head{}, true},
		{"unknown level", "2024-07-12  9:14:03 123 [Loud] x", head{}, true},
		{"other JSON", `{"level":"info"}`, head{}, true},
		{"empty", "", head{}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := parseHead(tc.line)
			if ok == tc.none || ok && got != tc.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, ok, tc.want)
			}
		})
	}
}

// lines are seeds: every line of the golden logs.
func seeds(f *testing.F) {
	files, err := filepath.Glob("testdata/*.[lj]*")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f.Add(line)
		}
	}
}

// FuzzParseHead: no line makes a message that is longer, of no level or not UTF-8.
func FuzzParseHead(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, line string) {
		h, ok := parseHead(line)
		if !ok {
			return
		}
		if h.level == "" || !utf8.ValidString(h.message) || strings.Contains(h.message, "\n") || h.wall.IsZero() {
			t.Errorf("%q: %+v", line, h)
		}
		got := Clock{Zone: zone("America/New_York"), Error: time.Second}.place(h)
		if err := got.Validate(); err != nil {
			t.Errorf("%q: %v", line, err)
		}
	})
}
