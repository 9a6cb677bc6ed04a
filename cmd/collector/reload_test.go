package main

import (
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"

	"collector/internal/config"
	"collector/internal/logtest"
	"collector/internal/store"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// TestReload: with a real server, what is wrong changes nothing, what is right
// happens, and the recorder of an unchanged server notices neither.
func TestReload(t *testing.T) {
	db := realServer(t)
	c := newDaemonConfig(t, db)
	db1 := c.server("db1", "200ms")
	c.write(t, db1)
	d := startDaemon(t, c.path)
	session := sessionsOf(t, db, 1)

	for _, bad := range []struct{ name, servers, more, says string }{
		{"unknown key", db1, "colour: blue\n", "unknown key"},
		{"a part that does not start", db1, "notify: [{url: 'http://127.0.0.1:1/', template_file: /nowhere/slack.tmpl}]\n", "/nowhere/slack.tmpl"},
		{"a template of no JSON", db1, "notify: [{url: 'http://127.0.0.1:1/', template: '{{ .Kind }}'}]\n", "does not make JSON"},
		{"no server", "  []\n", "", "names no mysql server"},
	} {
		t.Run(bad.name, func(t *testing.T) {
			c.write(t, bad.servers, bad.more)
			d.hangup(t, "was not reloaded")
			if log := d.log.String(); !strings.Contains(log[strings.LastIndex(log, "was not reloaded"):], bad.says) {
				t.Errorf("the log does not say %q:\n%s", bad.says, log)
			}
			wantMetric(t, d, "collector_config_last_reload_successful 0")
			if got := sessionsOf(t, db, 1); !slices.Equal(got, session) {
				t.Errorf("sessions %v, before %v", got, session)
			}
		})
	}

	if code, text := d.post(t, "/-/reload"); code != http.StatusInternalServerError || !strings.Contains(text, "names no mysql server") {
		t.Errorf("POST /-/reload of what is wrong: %d %s", code, text)
	}
	elsewhere := c
	elsewhere.storage += "2"
	elsewhere.write(t, db1)
	d.hangup(t, "storage.path cannot change")

	c.write(t, db1+c.server("db2", "200ms"))
	d.hangup(t, "configuration reloaded")
	both := sessionsOf(t, db, 2)
	time.Sleep(2 * time.Second) // some ticks of both
	if !slices.Contains(both, session[0]) {
		t.Errorf("the unchanged server was left: session %v, now %v", session, both)
	}
	wantMetric(t, d, "collector_config_last_reload_successful 1")
	wantMetric(t, d, `collector_recorder_ticks_total{outcome="answered",server="db2"}`)

	c.write(t, db1)
	if code, text := d.post(t, "/-/reload"); code != http.StatusOK {
		t.Errorf("POST /-/reload: %d %s", code, text)
	}
	if got := sessionsOf(t, db, 1); !slices.Equal(got, session) {
		t.Errorf("sessions %v, before %v", got, session)
	}
	if text := d.metrics(t); strings.Contains(text, `server="db2"`) {
		t.Error("there are metrics of a server that is not recorded any more")
	}

	c.write(t, c.server("db1", "300ms"))
	d.hangup(t, "configuration reloaded")
	eventually(t, "the changed server has a new session", d.log.String, func() bool {
		got := sessionsOf(t, db, 1)
		return got[0] != session[0]
	})
	if code, _ := d.stop(t); code != exitOK {
		t.Errorf("exit code %d", code)
	}
	checkNoTickIsMissing(t, c.storage)
}

// checkNoTickIsMissing holds the ticks of the unchanged server against its
// interval: each is there, answered or not.
func checkNoTickIsMissing(t *testing.T, storage string) {
	t.Helper()
	reader, err := store.OpenReadOnly(t.Context(), storage)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	const interval = 200 * time.Millisecond
	var ticks []time.Time
	all := timeline.Window{From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour)}
	for beat, err := range reader.Heartbeats(t.Context(), "db1", all) {
		if err != nil {
			t.Fatal(err)
		}
		if beat.Interval == interval {
			ticks = append(ticks, beat.At)
		}
	}
	if len(ticks) < 5 {
		t.Fatalf("%d ticks", len(ticks))
	}
	want := int(ticks[len(ticks)-1].Sub(ticks[0])/interval) + 1
	if missing := want - len(ticks); missing > 1 { // the last one may be late
		t.Errorf("%d of %d ticks are missing", missing, want)
	}
	if held, err := reader.Coverage(t.Context(), "db2"); err != nil || held.Ticks == 0 {
		t.Errorf("the added server: %+v, %v", held, err)
	}
}

// sessionsOf waits until the recorders have so many sessions, and returns their numbers.
func sessionsOf(t *testing.T, db *servers.DB, n int) (ids []int64) {
	t.Helper()
	eventually(t, "the recorders' sessions", func() string { return "" }, func() bool {
		ids = nil
		rows, err := db.Admin.QueryContext(t.Context(), "SELECT ID FROM information_schema.PROCESSLIST WHERE USER = ? ORDER BY ID", servers.CollectorAccount)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
		return len(ids) == n && rows.Err() == nil
	})
	return ids
}

func wantMetric(t *testing.T, d *runningDaemon, line string) {
	t.Helper()
	if text := d.metrics(t); !strings.Contains(text, "\n"+line) {
		t.Errorf("the metrics lack %s", line)
	}
}

// TestFixed: what cannot change is named, all of it at once.
func TestFixed(t *testing.T) {
	was := config.Default()
	now := config.Default()
	now.MySQL = nil
	if err := fixed(&was, &now); err != nil {
		t.Error(err)
	}
	now.Storage.Path, now.Server.Listen, now.Storage.Retention = "/srv/collector", "127.0.0.1:1", model.Duration(time.Hour)
	err := fixed(&was, &now)
	for _, want := range []string{
		"storage.path cannot change from /var/lib/collector to /srv/collector while collector runs: restart it",
		"server.listen cannot change from 127.0.0.1:9950 to 127.0.0.1:1 while", "storage.retention cannot change from 30d to 1h while",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not say %q", err, want)
		}
	}
}

// TestReloadTooEarly: before the recorders run there is nothing to reload.
func TestReloadTooEarly(t *testing.T) {
	var log logtest.Buffer
	c := config.Default()
	d := newDaemon(&c, func() (*config.Config, error) { return &c, os.ErrNotExist }, newLog(&log))
	if err := d.reload(); !errors.Is(err, errStarting) {
		t.Errorf("error %v", err)
	}
	d.ready.Store(true)
	if err := d.reload(); !errors.Is(err, os.ErrNotExist) || !strings.Contains(log.String(), "old one stays in force") {
		t.Errorf("error %v, log %s", err, &log)
	}
}
