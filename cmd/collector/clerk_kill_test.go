package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/config"
	"collector/internal/incident"
	"collector/internal/report"
	"collector/internal/timeline"
	"collector/lab/servers"
)

// TestKilledAtEveryStep kills the daemon, as a process of its own, at every step
// from the alert to the final draft, and starts it again each time. The incident
// has one directory and one final draft, and the alert is there once.
func TestKilledAtEveryStep(t *testing.T) {
	k := newKilled(t)
	file := func(pattern string) func() bool {
		return func() bool {
			found, err := filepath.Glob(filepath.Join(k.out, pattern))
			return err == nil && len(found) > 0
		}
	}
	// making is one directory more than there are: the dead leave theirs behind. It is
	// there for a few milliseconds, which a busy machine may miss; then the step is over.
	making := func(over func() bool) func() bool {
		staged := func() int { found, _ := filepath.Glob(filepath.Join(k.out, ".collector-draft-*")); return len(found) }
		before := staged()
		return func() bool { return staged() > before || over() }
	}
	says := func(step string) func() bool {
		return func() bool { return strings.Contains(k.log(), "step="+step+" dir=") }
	}
	k.start(t)
	k.post(t, "firing", time.Time{})
	k.kill(t, "the alert is accepted", func() bool { return true })
	k.start(t)
	k.kill(t, "the first draft is being made", making(file("2*/SHA256SUMS")))
	k.start(t)
	k.kill(t, "the first draft is written", file("2*/SHA256SUMS"))
	k.start(t)
	k.kill(t, "the first draft is noted", func() bool { return !k.incident(t).Draft.First.IsZero() })
	k.start(t)
	k.kill(t, "the draft is being refreshed", making(says("refresh")))
	k.start(t)
	k.kill(t, "the draft is refreshed", says("refresh"))
	k.start(t)
	k.post(t, "resolved", time.Now())
	k.kill(t, "the resolve is accepted", func() bool { return true })
	looked := func() bool {
		i := k.incident(t)
		return !i.Settled.IsZero() && !i.Draft.Recovery.Until.Before(i.Settled) || i.Draft.Final
	}
	k.start(t)
	k.kill(t, "it is being looked whether the harm is over", making(looked))
	k.start(t)
	k.kill(t, "what was seen is noted", looked)
	k.start(t)
	k.kill(t, "the final draft is being made", making(says("final")))
	k.start(t)
	k.kill(t, "the final draft is noted", func() bool { return k.incident(t).Draft.Final })
	k.start(t)
	time.Sleep(2 * time.Second)
	k.kill(t, "nothing is left to do", func() bool { return true })

	dirs, err := filepath.Glob(filepath.Join(k.out, "2*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("the directories are %v (%v), want one", dirs, err)
	}
	if code := run(t.Context(), []string{"verify", dirs[0]}, app{stdout: t.Output(), stderr: t.Output(), now: time.Now}); code != exitOK {
		t.Errorf("verify ends with %d", code)
	}
	k.judge(t, dirs[0])
	i := k.incident(t)
	if !i.Draft.Final || i.Draft.Dir != dirs[0] || i.Count != 1 || i.Draft.First.IsZero() {
		t.Errorf("the incident is %+v", i)
	}
}

// judge reads the final draft: no Prometheus told of the alert, and the server that
// cannot be reached has not come back.
func (k *killed) judge(t *testing.T, dir string) {
	t.Helper()
	bundle, err := report.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var alerts []timeline.Event
	for _, e := range bundle.Timeline.Events {
		if e.Kind == timeline.Alert {
			alerts = append(alerts, e)
		}
	}
	if len(alerts) != 1 || alerts[0].End == nil || alerts[0].Attributes["alertname"] != "MySQLDown" || len(alerts[0].Evidence) == 0 {
		t.Errorf("the alerts are %+v, want one with an end", alerts)
	}
	document, err := os.ReadFile(filepath.Join(dir, "postmortem.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"(recovery_wait)", "what had not come back by then: mysql.down on db1"} {
		if !strings.Contains(string(document), want) {
			t.Errorf("the document does not say %q:\n%s", want, document)
		}
	}
}

// killed is a daemon that dies often.
type killed struct {
	binary, config, storage, out, url, logFile string
	process                                    *exec.Cmd
	began                                      time.Time // of the alert
}

func newKilled(t *testing.T) *killed {
	t.Helper()
	dir := t.TempDir()
	k := &killed{
		binary: filepath.Join(dir, "collector"), config: filepath.Join(dir, "collector.yaml"), storage: filepath.Join(dir, "store"),
		out: filepath.Join(dir, "postmortems"), logFile: filepath.Join(dir, "log"), began: time.Now().Truncate(time.Second),
	}
	k.build(t)
	port, err := servers.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	k.url = fmt.Sprintf("http://127.0.0.1:%d", port)
	text := fmt.Sprintf("timezone: UTC\nstorage: {path: %s}\nserver: {listen: '127.0.0.1:%d'}\nreport: {out: %s}\n"+
		"mysql: [{name: db1, cluster: shop, address: '127.0.0.1:1', user: collector}]\n"+
		"incidents: {lead: 10s, settle: 2s, merge_gap: 2s, refresh: 10s, recovery_wait: 20s}\n", k.storage, port, k.out)
	if err := os.WriteFile(k.config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *killed) build(t *testing.T) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", k.binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
}

// start begins a new run with a log of its own, and waits until it takes alerts.
func (k *killed) start(t *testing.T) {
	t.Helper()
	log, err := os.Create(k.logFile)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	k.process = exec.CommandContext(context.WithoutCancel(t.Context()), k.binary, "serve", "-c", k.config)
	k.process.Stderr = log
	if err := k.process.Start(); err != nil {
		t.Fatal(err)
	}
	process := k.process
	t.Cleanup(func() { _ = process.Process.Kill() }) // dead already, unless the test failed
	eventually(t, "the daemon is ready", k.log, func() bool { code, _ := answer(http.Get(k.url + "/-/ready")); return code == http.StatusOK })
}

// kill ends the run as soon as something is so.
func (k *killed) kill(t *testing.T, when string, so func() bool) {
	t.Helper()
	for limit := time.Now().Add(time.Minute); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(limit) {
			t.Fatalf("not so: %s\n%s", when, k.log())
		}
	}
	if err := k.process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = k.process.Wait() // it was killed
	t.Logf("killed when %s", when)
}

func (k *killed) log() string {
	text, _ := os.ReadFile(k.logFile)
	return string(text)
}

func (k *killed) post(t *testing.T, status string, ended time.Time) {
	t.Helper()
	body := fmt.Sprintf(`{"version":"4","receiver":"collector","groupKey":"k","alerts":[{"status":%q,"labels":{"alertname":"MySQLDown","cluster":"shop"},"startsAt":%q,"endsAt":%q}]}`,
		status, k.began.UTC().Format(time.RFC3339), ended.UTC().Format(time.RFC3339))
	code, text := answer(http.Post(k.url+"/api/v1/alertmanager", "application/json", strings.NewReader(body)))
	if code != http.StatusOK {
		t.Fatalf("answered %d %s", code, text)
	}
}

// incident is what the book says.
func (k *killed) incident(t *testing.T) incident.Incident {
	t.Helper()
	return theIncident(t, k.config)
}

// theIncident is the only one in the book of a configuration.
func theIncident(t *testing.T, path string) incident.Incident {
	t.Helper()
	c, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	book, err := incident.OpenExisting(t.Context(), incident.Options{Path: c.Storage.Path, Config: c.Incidents})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	all, err := book.Incidents(t.Context(), time.Now())
	if err != nil || len(all) != 1 {
		t.Fatalf("the incidents are %+v (%v), want one", all, err)
	}
	return all[0]
}
