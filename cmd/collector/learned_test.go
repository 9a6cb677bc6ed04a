package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"collector/internal/config"
	"collector/internal/sources"
	"collector/internal/store"
)

// recordOutages writes three minutes of a server for each time, which is unreachable for
// twenty seconds from that time on.
func (b *bench) recordOutages(t *testing.T, times ...time.Time) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: b.storage, Now: func() time.Time { return b.now }, Log: discard()})
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range times {
		for i := range 180 {
			now := at.Add(time.Duration(i-60) * time.Second)
			tick := store.Tick{Heartbeat: store.Heartbeat{
				At: now, Interval: time.Second, RoundTrip: time.Millisecond, UptimeSec: uint64(now.Unix() - 1_700_000_000), Version: "10.11.19-MariaDB", ServerID: 1,
				Queries: 4, Spent: time.Millisecond, Looked: ^store.Parts(0),
			}}
			if i >= 60 && i < 80 {
				tick.Heartbeat.Outcome, tick.Heartbeat.UptimeSec, tick.Heartbeat.Looked = store.Unreachable, 0, 0
			} else {
				tick.Sessions, tick.Replicas = &store.Sessions{}, &store.Replicas{}
				tick.Status = store.Status{"Threads_connected": 3, "max_connections": 100, "Com_kill": 0, "Innodb_deadlocks": 0}
				tick.Waits, tick.Digests = []store.LockWait{}, []store.Digest{}
			}
			if err := s.Append(t.Context(), "db1", tick); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// twoOutages drafts two windows in each of which db1 was down, and returns their
// directories.
func twoOutages(t *testing.T) (b *bench, first, second string) {
	t.Helper()
	b = newBench(t)
	morning, noon := time.Date(2024, 7, 12, 9, 31, 0, 0, time.UTC), time.Date(2024, 7, 12, 11, 31, 0, 0, time.UTC)
	b.recordOutages(t, morning, noon)
	var dirs []string
	for _, at := range []time.Time{morning, noon} {
		code, dir, stderr := b.collector(t, "draft", "--config", b.config(t), "--from", at.Add(-30*time.Second).Format(time.RFC3339), "--to", at.Add(time.Minute).Format(time.RFC3339))
		if code != exitOK {
			t.Fatalf("exit code %d: %s", code, stderr)
		}
		dirs = append(dirs, dir)
	}
	return b, dirs[0], dirs[1]
}

func readText(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSeenBefore: of two incidents with the same fault the second names the first, links
// to it, and is derived again from its evidence where the first is not.
func TestSeenBefore(t *testing.T) {
	b, first, second := twoOutages(t)
	if text := readText(t, first, "postmortem.md"); !strings.Contains(text, "No other draft beside this one is of a window that was over") {
		t.Error("the first does not say that there was nothing to compare with")
	}
	text := readText(t, second, "postmortem.md")
	for _, want := range []string{"Compared with 1 earlier draft, of 2024-07-12: it has something in common with this one", "](../" + filepath.Base(first) + "/postmortem.md)", "server down on db1", "[history-"} {
		if !strings.Contains(text, want) {
			t.Errorf("the second does not say %q", want)
		}
	}
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.CopyFS(elsewhere, os.DirFS(second)); err != nil {
		t.Fatal(err)
	}
	if code, out, stderr := b.collector(t, "verify", elsewhere); code != exitOK || !strings.Contains(out, "byte for byte") {
		t.Errorf("verify: code %d: %s %s", code, out, stderr)
	}
	// An update looks beside the draft, wherever that is.
	if code, _, stderr := b.collector(t, "draft", "--config", b.config(t), "--update", elsewhere); code != exitOK {
		t.Fatalf("update: %s", stderr)
	}
	if text := readText(t, elsewhere, "postmortem.md"); !strings.Contains(text, "No other draft beside this one") {
		t.Error("after an update elsewhere it still names a draft that does not lie beside it")
	}
}

func TestPatternsCommand(t *testing.T) {
	b, first, second := twoOutages(t)
	code, out, stderr := b.collector(t, "patterns", "--config", b.config(t))
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{"2 drafts of 2 separate times compared", "2024-07-12", "server: mysql.down on db1", filepath.Join(first, "postmortem.md"), filepath.Join(second, "postmortem.md")} {
		if !strings.Contains(out, want) {
			t.Errorf("not said: %q\n%s", want, out)
		}
	}
	var file patternsFile
	_, out, _ = b.collector(t, "patterns", "--format", "json", filepath.Dir(first), first)
	if err := json.Unmarshal([]byte(out), &file); err != nil || file.Schema != "collector/patterns/v1" || file.Drafts != 2 || len(file.Patterns) == 0 || file.Patterns[0].Times != 2 || len(file.Patterns[0].Drafts) != 2 {
		t.Errorf("%v: %s", err, out)
	}
	if err := os.WriteFile(filepath.Join(first, "timeline.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, stderr := b.collector(t, "patterns", filepath.Dir(first)); code != exitOK || !strings.Contains(stderr, "not compared") || !strings.Contains(out, "1 draft of 1 separate time compared, 0 things") {
		t.Errorf("with a damaged draft: code %d, %s%s", code, out, stderr)
	}
	for _, args := range [][]string{{"patterns", "nowhere"}, {"patterns", "--format", "xml", "."}, {"actions", "--format", "xml", "."}, {"actions", "nowhere"}} {
		if code, _, stderr := b.collector(t, args...); code != exitUsage || stderr == "" {
			t.Errorf("%v: code %d, %s", args, code, stderr)
		}
	}
}

// edited fills in the table that the template leaves to people.
func edited(t *testing.T, dir, rows string) {
	t.Helper()
	const empty = "| Action | Owner | Priority | Target date |\n| --- | --- | --- | --- |\n|  |  |  |  |\n"
	text := readText(t, dir, "postmortem.md")
	if !strings.Contains(text, empty) {
		t.Fatal("the template has another table")
	}
	text = strings.Replace(text, empty, "| Action | Owner | Status | Target date |\n| --- | --- | --- | --- |\n"+rows, 1)
	if err := os.WriteFile(filepath.Join(dir, "postmortem.md"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestActionsCommand(t *testing.T) {
	b, first, second := twoOutages(t)
	edited(t, first, "| Alert on it | the DBA team | open | 2024-07-10 |\n| Test the failover | the DBA team | done | 2024-07-01 |\n")
	edited(t, second, "| Second disk | Ann Lee |  | 2024-08-01 |\n| Write a runbook |  |  | soon |\n")
	code, out, stderr := b.collector(t, "actions", "--config", b.config(t))
	if code != exitOK || stderr != "" {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for _, want := range []string{
		"2 drafts: 3 open, 1 of them overdue, 1 without owner, 1 without a date that can be read; 1 done; ", "2024-07-10, 2 days ago", "Ann Lee", `"soon" cannot be read`, "(no owner)", "postmortem.md:",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("not said: %q\n%s", want, out)
		}
	}
	if _, out, _ := b.collector(t, "actions", "--overdue", "--owner", "the dba TEAM", filepath.Dir(first)); !strings.Contains(out, "Alert on it") || !strings.Contains(out, "2 drafts: 1 open, 1 of them overdue, 0 without owner, 0 without a date that can be read; 1 done;") || strings.Contains(out, "failover") || strings.Contains(out, "Ann") {
		t.Errorf("overdue ones of a role:\n%s", out)
	}
	var file actionsFile
	_, out, _ = b.collector(t, "actions", "--format", "json", second)
	if err := json.Unmarshal([]byte(out), &file); err != nil || file.Schema != "collector/actions/v1" || file.Counts.Open != 2 || file.Actions[0].Due != "2024-08-01" || file.Actions[0].State != "open" || file.Actions[0].Line == 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// exposition is what a scrape of a registry's own metrics shows.
func exposition(t *testing.T, registry *prometheus.Registry) string {
	t.Helper()
	var b strings.Builder
	for _, f := range ours(registry.Gather()) {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// TestLearner: the metrics count by role, never by a person's name, follow what people
// write, and let go of drafts that are gone.
func TestLearner(t *testing.T) {
	b, first, second := twoOutages(t)
	edited(t, first, "| Alert on it | the DBA team | open | 2024-07-10 |\n| Test the failover | the DBA team | done | 2024-07-01 |\n| Second disk | Ann Lee |  | 2024-08-01 |\n| a |  |  | soon |\n")
	c, err := config.Load(b.config(t))
	if err != nil {
		t.Fatal(err)
	}
	c.Report.Roles = []sources.RoleRule{{Match: "^dba", Role: "the DBA team"}}
	d := newDaemon(c, nil, discard())
	look := func() string {
		t.Helper()
		if err := d.learner.look(t.Context(), c, b.now); err != nil {
			t.Fatal(err)
		}
		return exposition(t, d.registry)
	}
	want := func(text string, lines ...string) {
		t.Helper()
		for _, line := range lines {
			if !strings.Contains(text, line+"\n") {
				t.Errorf("the metrics do not say %q", line)
			}
		}
		if strings.Contains(text, "Ann") {
			t.Error("a person's name is in the metrics")
		}
	}
	text := look()
	want(text, `collector_actions_open{owner="the DBA team"} 1`, `collector_actions_open{owner="other"} 1`, `collector_actions_open{owner="none"} 1`,
		`collector_actions_overdue{owner="the DBA team"} 1`, `collector_actions_overdue{owner="other"} 0`)
	if strings.Contains(text, "collector_patterns_recurring 0\n") {
		t.Error("nothing recurs, though db1 was down twice")
	}
	edited(t, second, "| new | the DBA team |  |  |\n")
	want(look(), `collector_actions_open{owner="the DBA team"} 2`)
	if err := os.RemoveAll(first); err != nil {
		t.Fatal(err)
	}
	want(look(), `collector_actions_open{owner="the DBA team"} 1`, `collector_actions_open{owner="other"} 0`, "collector_patterns_recurring 0")
	c.Report.Roles = nil
	if text := look(); strings.Contains(text, `owner="the DBA team"`) {
		t.Error("a role that the configuration no longer has is still a label")
	}
	want(exposition(t, d.registry), `collector_actions_open{owner="other"} 1`)
}
