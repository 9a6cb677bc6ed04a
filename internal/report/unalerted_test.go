package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"collector/internal/report/alertrules"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// silent is an incident of which only one alert told, about another server than those
// that suffered most: db1's metrics moved with no alert, db2 was down and fell behind.
func silent(t testing.TB) Draft {
	f := newFixture(t, "07:00:00", "08:30:00")
	alerts := f.record("prometheus", "main", "ALERTS", "1 series")
	errors := f.record("prometheus", "main", "sum(rate(http_errors_total[1m]))", "points")
	threads := f.record("prometheus", "main", "mysql_global_status_threads_running", "points")
	lag := f.record("prometheus", "main", "mysql_slave_status_seconds_behind_master", "points")
	events := f.record("alertmanager", "main", "event recorder", "1 line")
	beats := f.record("mysql", "db2", "heartbeat", "ticks")
	replica := f.record("mysql", "db2", "SHOW ALL REPLICAS STATUS", "samples")
	at := func(i timeline.Instant) *timeline.Instant { return &i }

	signal := func(name, target, unit, normal, peak string, start timeline.Instant, end *timeline.Instant, id string) {
		f.event(timeline.Signal, timeline.Measured, "prometheus", target, start, end, name+" rose from its normal "+normal+" to "+peak, map[string]string{
			"signal": name, "unit": unit, "direction": "up", "baseline": normal, "peak": peak,
		}, id)
	}
	signal("threads_running", "db1", "threads", "6", "212", f.around("07:15:00", 7500*time.Millisecond), nil, threads)
	signal("checkout_errors", "", "errors/s", "0.4", "84", f.around("07:14:15", 7500*time.Millisecond), at(f.around("08:10:00", 7500*time.Millisecond)), errors)
	f.event(timeline.Alert, timeline.Measured, "prometheus", "db3", f.around("07:20:00", 7500*time.Millisecond), at(f.around("07:30:00", 7500*time.Millisecond)),
		"alert DiskBusy fired", map[string]string{"alertname": "DiskBusy", "severity": "warning", "pending_at": "2024-07-12T07:18:00Z", "for": "120"}, alerts)
	f.event(timeline.Log, timeline.Logged, "alertmanager", "db3", f.exactly("07:20:31"), at(f.exactly("07:20:31")), "receiver dba was told by webhook of 1 alert firing: DiskBusy (db3)",
		map[string]string{"receiver": "dba", "firing": "DiskBusy (db3)", "reason": "first notification"}, events)
	f.event(timeline.MySQLDown, timeline.Measured, "mysql", "db2", f.sampled("07:31:00"), at(f.sampled("07:33:00")), "db2 was down for 2 min", nil, beats)
	f.event(timeline.MySQLReplicationLag, timeline.Measured, "mysql", "db2", f.sampled("07:33:04"), at(f.sampled("07:35:10")),
		"replication lag on channel default reached 2 min", map[string]string{"channel": "default", "peak_seconds": "124"}, replica)

	end := f.window.To
	f.found.Series = []timeline.Series{
		wave(f.window, "threads_running", "threads", 6, 212, clockAt(t, "07:15:00"), end, clockAt(t, "07:58:00"), threads),
		wave(f.window, "checkout_errors", "errors/s", 0.4, 84, clockAt(t, "07:14:15"), clockAt(t, "08:10:00"), clockAt(t, "07:31:00"), errors),
		wave(f.window, "replication_lag", "s", 1, 1, end, end, end, lag),
		behind(t, f.window, replica),
	}
	queries := []string{"mysql_global_status_threads_running", "sum(rate(http_errors_total[1m]))", "mysql_slave_status_seconds_behind_source or mysql_slave_status_seconds_behind_master"}
	for i, q := range queries {
		f.found.Series[i].Query, f.found.Series[i].Step = q, 15*time.Second
	}
	f.found.Series[1].Target, f.found.Series[1].Labels = "", nil
	f.found.Series[2].Target, f.found.Series[2].Labels = "db2", map[string]string{"instance": "db2:9104"}
	return f.draft()
}

// behind is db2's lag as the recorder saw it.
func behind(t testing.TB, w timeline.Window, id string) timeline.Series {
	s := timeline.Series{Source: "mysql", Target: "db2", Name: "replication_lag", Unit: "s", Labels: map[string]string{"channel": "default"}, Evidence: []string{id}}
	for at := w.From; at.Before(w.To); at = at.Add(2 * time.Second) {
		v := 0.0
		switch back, caught := clockAt(t, "07:33:00"), clockAt(t, "07:35:10"); {
		case at.After(clockAt(t, "07:31:00")) && at.Before(back):
			continue
		case !at.Before(back) && at.Before(caught):
			v = caught.Sub(at).Seconds()
		}
		s.Points = append(s.Points, timeline.Point{T: at, V: v})
	}
	return s
}

// fileNamed is a file of a rendered draft.
func fileNamed(files []File, name string) string {
	for _, f := range files {
		if f.Name == name {
			return string(f.Data)
		}
	}
	return ""
}

func TestUnalerted(t *testing.T) {
	files, err := Render(silent(t))
	if err != nil {
		t.Fatal(err)
	}
	doc := fileNamed(files, "postmortem.md")
	for _, want := range []string{
		"threads_running on db1 rose from its normal 6 to 212. It began at 09:15:00 CEST (07:15:00 UTC) ± 8 s and still went on when the window closed. No alert about db1 was pending or firing then. The rule ThreadsRunningHigh would have fired at",
		"checkout_errors rose from its normal 0.4 to 84.",
		"No rule can be written for it from these records: its metrics (replication_lag) did not leave their normal band",
		"no metric that Prometheus recorded of it shows such harm (mysql_up)",
		"| Notified: Alertmanager delivered it to receiver dba | 09:20:31 | 07:20:31 |",
		"for CheckoutErrorsHigh the tests begin at the computed signal",
		"| server | db2 | answers | did not answer for 2 min ± 2 s | answers | back 09:32:58 to 09:33:00; caught up (lag of 1 s or less) 09:35:08 to 09:35:10 |",
		"| replication lag | db2 | 0 s | 2 min 10 s at 09:33:00 | 0 s | back 09:35:08 to 09:35:10 |",
	} {
		if !strings.Contains(doc, want) {
			t.Errorf("the document does not say %q", want)
		}
	}
	sums := fileNamed(files, sumsFile)
	for _, name := range []string{alertrules.RulesFile, alertrules.TestFile} {
		if !strings.Contains(sums, "  "+name+"\n") {
			t.Errorf("%s does not list %s", sumsFile, name)
		}
	}
}

// TestAlertRulesStandUp lets real promtools check the rules of a draft and run their
// tests on the recorded values.
func TestAlertRulesStandUp(t *testing.T) {
	servers.Need(t, servers.KindPromtool)
	dir, err := Write(t.TempDir(), silent(t))
	if err != nil {
		t.Fatal(err)
	}
	for version, program := range servers.Promtools() {
		for _, args := range [][]string{{"check", "rules", filepath.Join(dir, alertrules.RulesFile)}, {"test", "rules", filepath.Join(dir, alertrules.TestFile)}} {
			if out, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
				t.Errorf("promtool %s: %v\n%s", version, err, out)
			}
		}
	}
}

// TestVerifyHoldsTheRules: a changed, missing or invented rule is named.
func TestVerifyHoldsTheRules(t *testing.T) {
	verify := func(draft Draft, change func(dir string) error) []Difference {
		t.Helper()
		dir, err := Write(t.TempDir(), draft)
		if err != nil {
			t.Fatal(err)
		}
		if err := change(dir); err != nil {
			t.Fatal(err)
		}
		found, err := Verify(dir, func([]timeline.Evidence) (Draft, error) { return draft, nil })
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	if found := verify(silent(t), func(string) error { return nil }); len(found) > 0 {
		t.Errorf("an untouched draft differs: %v", found)
	}
	for name, change := range map[string]func(dir string) error{
		"changed": func(dir string) error {
			return os.WriteFile(filepath.Join(dir, alertrules.RulesFile), []byte("groups: []\n"), 0o600)
		},
		"missing": func(dir string) error { return os.Remove(filepath.Join(dir, alertrules.RulesFile)) },
	} {
		t.Run(name, func(t *testing.T) {
			if found := verify(silent(t), change); !slices.ContainsFunc(found, func(d Difference) bool { return d.File == alertrules.RulesFile && !d.Edited }) {
				t.Errorf("it is not named: %v", found)
			}
		})
	}
	t.Run("invented", func(t *testing.T) {
		found := verify(rich(t), func(dir string) error {
			rules := []byte("groups: []\n")
			sums, err := os.ReadFile(filepath.Join(dir, sumsFile))
			if err != nil {
				return err
			}
			sums = append(sums, []byte(sumOf(rules)+"  "+alertrules.RulesFile+"\n")...)
			if err := os.WriteFile(filepath.Join(dir, alertrules.RulesFile), rules, 0o600); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, sumsFile), sums, 0o600)
		})
		if !slices.ContainsFunc(found, func(d Difference) bool { return d.File == alertrules.RulesFile }) {
			t.Errorf("it is not named: %v", found)
		}
	})
}

func TestCovered(t *testing.T) {
	f := newFixture(t, "07:00:00", "08:30:00")
	span := func(from, to string) (timeline.Instant, *timeline.Instant) {
		end := f.exactly(to)
		return f.exactly(from), &end
	}
	start, end := span("07:20:00", "07:30:00")
	e := timeline.Event{Kind: timeline.Signal, Target: "db1", Start: start, End: end}
	for name, c := range map[string]struct {
		target     string
		from, to   string
		attributes map[string]string
		labels     map[string]string
		want       bool
	}{
		"the same target":                  {target: "db1", from: "07:21:00", to: "07:40:00", want: true},
		"another target":                   {target: "db2", from: "07:21:00", to: "07:40:00"},
		"over before it began":             {target: "db1", from: "07:10:00", to: "07:19:59"},
		"begun after it was over":          {target: "db1", from: "07:30:01", to: "07:40:00"},
		"pending while it went on":         {target: "db1", from: "07:30:30", to: "07:40:00", attributes: map[string]string{"pending_at": "2024-07-12T07:29:00Z"}, want: true},
		"the same instance":                {from: "07:21:00", to: "07:40:00", attributes: map[string]string{"label_instance": "db1:9104"}, labels: map[string]string{"instance": "db1:9104"}, want: true},
		"only the same job":                {from: "07:21:00", to: "07:40:00", attributes: map[string]string{"label_job": "mysql"}, labels: map[string]string{"job": "mysql"}},
		"one of a storm":                   {from: "07:21:00", to: "07:40:00", attributes: map[string]string{"targets": "db1, db2"}, want: true},
		"a storm elsewhere":                {from: "07:21:00", to: "07:40:00", attributes: map[string]string{"targets": "db10, db2"}},
		"about no single target, not this": {from: "07:21:00", to: "07:40:00"},
	} {
		t.Run(name, func(t *testing.T) {
			from, to := span(c.from, c.to)
			a := timeline.Event{Kind: timeline.Alert, Target: c.target, Start: from, End: to, Attributes: c.attributes}
			if got := (&document{}).covered(e, c.labels, []timeline.Event{a}); got != c.want {
				t.Errorf("covered: %t", got)
			}
		})
	}
}

// TestUpdateKeepsEditedRules: a person's version of the rules stays beside the fresh one.
func TestUpdateKeepsEditedRules(t *testing.T) {
	dir, err := Write(t.TempDir(), silent(t))
	if err != nil {
		t.Fatal(err)
	}
	mine := []byte("groups: [] # mine\n")
	if err := os.WriteFile(filepath.Join(dir, alertrules.RulesFile), mine, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := Update(dir, silent(t)); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(filepath.Join(dir, "edited-"+sumOf(mine)[:8]+"-"+alertrules.RulesFile))
	if err != nil || string(kept) != string(mine) {
		t.Errorf("kept: %q, %v", kept, err)
	}
	if fresh, err := os.ReadFile(filepath.Join(dir, alertrules.RulesFile)); err != nil || !strings.Contains(string(fresh), "ThreadsRunningHigh") {
		t.Errorf("fresh: %q, %v", fresh, err)
	}
}

// TestNotifiedIsSaidWithItsSearch: where nobody knows who was told, the step says
// where it was looked for.
func TestNotifiedIsSaidWithItsSearch(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		check  string // what was looked for and not found
		gap    string // why something could not be looked for
		want   string
	}{
		"nobody was asked":          {"loki", "", "", "Notified: not looked for"},
		"only silences were asked":  {"alertmanager", "silences", "", "Notified: not looked for"},
		"Alertmanager was asked":    {"alertmanager", "notifications that were delivered, in the event recorder's file", "", "Notified: looked for in Alertmanager’s record of what it delivered, and this alert is not named there"},
		"Alertmanager's file fails": {"alertmanager", "", "could not look for its event recorder's file: permission denied", "Notified: Alertmanager’s record of what it delivered could not be read in full"},
		"the webhook was asked":     {"webhook", "alerts in the notifications that were received", "", "Notified: looked for in the notifications that collector received, and this alert is not named there"},
		"the webhook's store fails": {"webhook", "", "the store could not be read", "Notified: the notifications that collector received could not be read in full"},
		"collector was told of it":  {"received", "", "", "Notified: Alertmanager’s webhook reached collector"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, "07:00:00", "08:00:00")
			id := f.record(c.source, "x", "asked", "nothing")
			end := f.exactly("07:40:00")
			if c.check != "" {
				f.found.Checks = append(f.found.Checks, timeline.Check{Source: c.source, Target: "x", LookedFor: c.check, Evidence: []string{id}})
			}
			if c.gap != "" {
				f.found.Gaps = append(f.found.Gaps, timeline.Gap{Source: c.source, Target: "x", From: f.window.From, To: f.window.To, Reason: c.gap, Evidence: []string{id}})
			}
			attributes := map[string]string{"alertname": "A"}
			if c.source == "received" {
				attributes["received_at"] = "2024-07-12T07:10:31Z"
			}
			f.event(timeline.Alert, timeline.Measured, "prometheus", "db1", f.exactly("07:10:00"), &end, "alert A fired", attributes, id)
			f.event(timeline.MySQLLockWait, timeline.Measured, "mysql", "db1", f.exactly("07:09:00"), &end, "sessions waited", nil, id)
			doc, err := newDocument(f.draft().normal(), DefaultTemplate)
			if err != nil {
				t.Fatal(err)
			}
			rows := doc.DetectionRows()
			if len(rows) != 4 || !strings.HasPrefix(rows[3].Cells[0], c.want) {
				t.Fatalf("rows: %q", rows)
			}
			if known := rows[3].Cells[1] != "not known"; known != (c.source == "received") {
				t.Errorf("its time: %s", rows[3].Cells[1])
			}
			if !strings.HasPrefix(rows[1].Cells[0], "Condition true (pending): neither ALERTS\\_FOR\\_STATE") && rows[1].Cells[1] != "not known" {
				t.Errorf("pending: %q", rows[1].Cells)
			}
		})
	}
}

// TestTells: a notification tells of the alert that it names, not of another server's.
func TestTells(t *testing.T) {
	alert := timeline.Event{Target: "db1", Attributes: map[string]string{"alertname": "Disk full"}}
	for firing, want := range map[string]bool{
		"Disk full (db1)":                 true,
		"Other (db1), Disk full (db1)":    true,
		"Disk full":                       true,
		"Other, Disk full and 3 more":     true,
		"Disk full (db1) and 3 more":      true,
		"Disk full (db2)":                 false,
		"Disk full (db10)":                false,
		"Disk fuller (db1)":               false,
		"Disk (db1)":                      false,
		"":                                false,
		"Disk full (db2), Other (db1)":    false,
		"Disk full (db2), Disk full (db1": true,
	} {
		if got := tells(timeline.Event{Attributes: map[string]string{"firing": firing}}, alert); got != want {
			t.Errorf("%q: %t", firing, got)
		}
	}
}

// TestUpdateKeepsFilesInTheWay: a file that people put where collector writes one from now
// on stays, under another name.
func TestUpdateKeepsFilesInTheWay(t *testing.T) {
	quietly := silent(t)
	quietly.Timeline.Series = nil // no series, no rules
	dir, err := Write(t.TempDir(), quietly)
	must(t, err)
	mine := []byte("groups: [] # mine\n")
	must(t, os.WriteFile(filepath.Join(dir, alertrules.RulesFile), mine, 0o600))
	if _, err := Update(dir, silent(t)); err != nil {
		t.Fatal(err)
	}
	kept, err := os.ReadFile(filepath.Join(dir, "edited-"+sumOf(mine)[:8]+"-"+alertrules.RulesFile))
	if err != nil || string(kept) != string(mine) {
		t.Errorf("kept: %q, %v", kept, err)
	}
}
