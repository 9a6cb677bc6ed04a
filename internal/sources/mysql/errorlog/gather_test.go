package errorlog

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/timeline"
)

var hour = timeline.Window{From: at("2024-07-12T07:00:00Z"), To: at("2024-07-12T08:00:00Z")}

// fileOf writes a log.
func fileOf(t *testing.T, name, text string, modified time.Time) string {
	t.Helper()
	if strings.HasSuffix(name, ".gz") {
		f, err := os.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(f)
		fmt.Fprint(z, text)
		if err := errors.Join(z.Close(), f.Close()); err != nil {
			t.Fatal(err)
		}
	} else if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(name, modified, modified); err != nil {
		t.Fatal(err)
	}
	return name
}

// line is a MariaDB server's in UTC.
func line(when, text string) string {
	return at(when).Format("2006-01-02 ") + strings.Replace(at(when).Format("15:04:05"), "0", " ", boolInt(at(when).Hour() < 10)) + " 5 " + text + "\n"
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

const full = "[ERROR] mariadbd: Disk is full writing './x' (Errcode: 28 \"No space left on device\")"

// summaries are the events, checks and gaps in short.
func summaries(f timeline.Findings) (list []string) {
	for _, e := range f.Events {
		list = append(list, e.Start.At.Format("15:04:05 ")+e.Summary)
	}
	for _, c := range f.Checks {
		list = append(list, "check "+c.LookedFor)
	}
	for _, g := range f.Gaps {
		list = append(list, g.From.Format("gap 15:04:05–")+g.To.Format("15:04:05 ")+g.Reason)
	}
	return list
}

func expect(t *testing.T, f timeline.Findings, want ...string) {
	t.Helper()
	if got := strings.Join(summaries(f), "\n"); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	for _, e := range f.Events {
		if len(e.Evidence) != 1 {
			t.Errorf("%s has no record", e.Summary)
		}
	}
}

func TestFiles(t *testing.T) {
	old, now := line("2024-07-12T06:50:00Z", "[Note] x")+line("2024-07-12T07:10:00Z", full), line("2024-07-12T07:30:00Z", full)
	t.Run("rotated and compressed", func(t *testing.T) {
		dir := t.TempDir()
		path := fileOf(t, filepath.Join(dir, "error.log"), now, hour.To)
		fileOf(t, path+".1.gz", old, hour.From.Add(11*time.Minute))
		fileOf(t, path+".2.gz", line("2024-07-12T05:00:00Z", full), hour.From.Add(-time.Hour))
		fileOf(t, filepath.Join(dir, "error.logic"), line("2024-07-12T07:20:00Z", full), hour.To)
		f, _ := gathered(t, path, "UTC", hour)
		expect(t, f, "07:10:00 db1 had no room left on a disk", "07:30:00 db1 had no room left on a disk")
	})
	t.Run("rotated away", func(t *testing.T) {
		f, _ := gathered(t, fileOf(t, filepath.Join(t.TempDir(), "error.log"), now, hour.To), "UTC", hour)
		expect(t, f, "07:30:00 db1 had no room left on a disk", "gap 07:00:00–07:30:00 the error log begins only then: what was before was rotated away or never written")
	})
	t.Run("quiet", func(t *testing.T) {
		f, _ := gathered(t, fileOf(t, filepath.Join(t.TempDir(), "error.log"), line("2024-07-12T06:50:00Z", full)+line("2024-07-12T07:01:00Z", "[Note] InnoDB: Buffer pool(s) dump completed"), hour.To), "UTC", hour)
		expect(t, f, "check errors and warnings in the server's error log (1 message read, 1 of them of no interest)")
	})
	t.Run("empty", func(t *testing.T) {
		path := fileOf(t, filepath.Join(t.TempDir(), "error.log"), "", hour.To)
		f, _ := gathered(t, path, "UTC", hour)
		expect(t, f, "gap 07:00:00–08:00:00 the error log "+path+" is empty: it was rotated away, or the server logs elsewhere")
	})
	t.Run("a directory", func(t *testing.T) {
		dir := t.TempDir()
		f, _ := gathered(t, dir, "UTC", hour)
		expect(t, f, "gap 07:00:00–08:00:00 the error log "+dir+" cannot be read: is a directory")
	})
	t.Run("not there", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "error.log")
		f, _ := gathered(t, path, "UTC", hour)
		if len(f.Gaps) != 1 || !strings.HasPrefix(f.Gaps[0].Reason, "the error log "+path+" cannot be read: no such file") {
			t.Error(summaries(f))
		}
	})
	t.Run("too much", func(t *testing.T) {
		path := fileOf(t, filepath.Join(t.TempDir(), "error.log"), line("2024-07-12T06:55:00Z", full)+strings.Repeat(line("2024-07-12T07:10:00Z", full), 100)+now, hour.To)
		var last time.Time
		r := &reader{ctx: t.Context(), clock: Clock{Zone: time.UTC}, window: hour, budget: 2000, near: 1, whole: 1 << 20, take: func(e entry) { last = e.at.At }}
		if _, err := r.read(path); !errors.Is(err, errTooMuch) || !last.Equal(at("2024-07-12T07:10:00Z")) {
			t.Errorf("%v, last %s", err, last)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		path := fileOf(t, filepath.Join(t.TempDir(), "error.log"), now, hour.To)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		records, err := Gather(ctx, Server{Name: "db1", File: path}, request(hour))
		if err != nil {
			t.Fatal(err)
		}
		if f, err := Interpret(hour, records); err != nil || len(f.Gaps) != 1 {
			t.Errorf("%v, %v", summaries(f), err)
		}
	})
}

// TestLargeFile is searched by time, and gives what reading all of it gives.
func TestLargeFile(t *testing.T) {
	var b strings.Builder
	for i := range 40_000 {
		when := hour.From.Add(-10*time.Hour + time.Duration(i)*time.Second).Format(time.RFC3339)
		b.WriteString(line(when, "[Note] something of no interest, and rather long, to fill the file"))
		if i%400 == 0 {
			b.WriteString(line(when, full) + "UPDATE t SET x = 'a line of a dump'\n")
		}
	}
	path := fileOf(t, filepath.Join(t.TempDir(), "error.log"), b.String(), hour.To)
	read := func(size int64) (n int, report fileReport) {
		r := &reader{ctx: t.Context(), clock: Clock{Zone: time.UTC}, window: hour, budget: maxBytes, near: 4 << 10, whole: size, take: func(entry) { n++ }}
		report, err := r.read(path)
		if err != nil {
			t.Fatal(err)
		}
		return n, report
	}
	all, _ := read(1 << 30)
	some, report := read(1)
	if all != some || all == 0 || report.BytesRead > report.Size/2 || report.From == 0 {
		t.Errorf("%d messages of %d, %d bytes read of %d from %d", some, all, report.BytesRead, report.Size, report.From)
	}
}

func TestTable(t *testing.T) {
	row := func(when, prio, code, data string) Row {
		return Row{Logged: at(when), Prio: prio, Code: code, Subsystem: "Server", Data: data}
	}
	server := func(table Table, err error) Server {
		return Server{Name: "db1", Clock: Clock{Ahead: 2 * time.Second, Error: time.Millisecond}, Rows: func(_ context.Context, from, to time.Time) (Table, error) {
			if from.After(hour.From) || to.Before(hour.To.Add(2*time.Second)) {
				t.Errorf("asked from %s to %s", from, to)
			}
			return table, err
		}}
	}
	early, late := at("2024-07-12T06:00:02Z"), at("2024-07-12T07:20:02Z")
	for name, tc := range map[string]struct {
		table Table
		err   error
		want  []string
	}{
		"trouble": {Table{First: &early, Rows: []Row{row("2024-07-12T07:10:02Z", "Error", "MY-000020", "Disk is full writing 'x'"), row("2024-07-12T07:59:59.5Z", "Note", "MY-010000", "y")}}, nil,
			[]string{"07:10:00 db1 had no room left on a disk"}},
		"quiet":        {Table{First: &early}, nil, []string{"check errors and warnings in the server's error log (0 messages read, 0 of them of no interest)"}},
		"empty":        {Table{}, nil, []string{"gap 07:00:00–08:00:00 the error log is empty: performance_schema.error_log has no row"}},
		"ring buffer":  {Table{First: &late, Expired: 7, Rows: []Row{row("2024-07-12T07:30:02Z", "Note", "MY-010000", "y")}}, nil, []string{"check errors and warnings in the server's error log (1 message read, 1 of them of no interest)", "gap 07:00:00–07:20:00 the error log in performance_schema.error_log begins only then: the server dropped 7 older rows since it started; set error_log_file to read them"}},
		"not answered": {Table{}, errors.New("a privilege is missing"), []string{"gap 07:00:00–08:00:00 the error log could not be read: a privilege is missing"}},
		"too long": {Table{First: &early, Full: true, Rows: []Row{row("2024-07-12T07:30:02Z", "Note", "MY-010000", "y")}}, nil,
			[]string{"check errors and warnings in the server's error log (1 message read, 1 of them of no interest)", "gap 07:30:00–08:00:00 the error log has more rows than the 1 that are read"}},
	} {
		t.Run(name, func(t *testing.T) {
			f, _ := asked(t, server(tc.table, tc.err), hour)
			expect(t, f, tc.want...)
		})
	}
}

// TestBacktrace: what a server reads back after a crash is one event, at the second of the crash.
func TestBacktrace(t *testing.T) {
	first := at("2024-07-12T06:00:00Z")
	f, records := asked(t, Server{Name: "db1", Rows: func(context.Context, time.Time, time.Time) (Table, error) {
		return Table{First: &first, Rows: []Row{
			{at("2024-07-12T07:10:00.000000Z"), "System", "MY-013951", "Server", "2024-07-12T07:10:00Z UTC - mysqld got signal 11 ;"},
			{at("2024-07-12T07:10:00.000001Z"), "System", "MY-013951", "Server", "Query (7f00): SELECT 'canary'"},
			{at("2024-07-12T07:10:00.000002Z"), "System", "MY-013951", "Server", "Connection ID (thread ID): 8"},
		}}, nil
	}}, hour)
	expect(t, f, "07:10:00 db1 crashed (signal 11)")
	if e := f.Events[0]; e.Start.Latest.Sub(e.Start.Earliest) < time.Second || strings.Contains(fmt.Sprint(records), "canary") {
		t.Errorf("%+v", records)
	}
}

// TestUnread: nothing is tried where nothing can be.
func TestUnread(t *testing.T) {
	f, _ := asked(t, Server{Name: "db1", Unread: errors.New("the error log could not be read: why")}, hour)
	expect(t, f, "gap 07:00:00–08:00:00 the error log could not be read: why")
}

// TestRoles: accounts and hosts are the roles that the configuration names.
func TestRoles(t *testing.T) {
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: "^shop_", Role: "the shop application"}})
	if err != nil {
		t.Fatal(err)
	}
	req := request(hour)
	req.Roles = roles
	path := fileOf(t, filepath.Join(t.TempDir(), "error.log"), line("2024-07-12T06:55:00Z", full)+strings.Repeat(line("2024-07-12T07:10:00Z", "[Warning] Access denied for user 'shop_app'@'10.0.0.7' (using password: YES)"), 12), hour.To)
	records, err := Gather(t.Context(), Server{Name: "db1", File: path, Clock: Clock{Zone: time.UTC}}, req)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Interpret(hour, records)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, f, "07:10:00 db1 denied logins (the shop application, from "+sources.Roles{}.Host("10.0.0.7")+", 12 messages)")
	if f.Events[0].Attributes["level"] != levelWarning {
		t.Error("twelve refused logins are a note")
	}
}
