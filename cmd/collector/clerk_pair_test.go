package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/incident"
	"collector/lab/servers"
)

// TestKilledBetweenRealServers kills the daemon, as a process of its own, between a
// real Prometheus and a pair of real Alertmanagers, of which one is stopped: after
// the first draft, when the resolve was told, and while the final draft is due.
func TestKilledBetweenRealServers(t *testing.T) {
	servers.Need(t, servers.KindMariaDB, servers.KindPrometheus3, servers.KindAlertmanager33)
	s := newAlerted(t, surroundings{servers.Prometheus35, servers.Alertmanager033, true})
	dir := filepath.Dir(s.config)
	k := &killed{binary: filepath.Join(dir, "collector"), config: s.config, out: s.out, url: s.url, logFile: filepath.Join(dir, "log")}
	k.build(t)

	k.start(t)
	s.target.down(true)
	k.kill(t, "the first draft is written", func() bool { return strings.Contains(k.log(), "step=first dir=") })
	k.start(t)
	if err := s.managers[0].Stop(); err != nil {
		t.Fatal(err)
	}
	s.target.down(false)
	k.kill(t, "the resolve is told", func() bool { return k.incident(t).State != incident.StateOpen })
	k.start(t)
	k.kill(t, "the final draft is due", func() bool { return k.incident(t).State == incident.StateClosed })
	k.start(t)
	k.kill(t, "the final draft is noted", func() bool { return k.incident(t).Draft.Final })

	dirs, err := filepath.Glob(filepath.Join(s.out, "2*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("the directories are %v (%v), want one", dirs, err)
	}
	s.judge(t, dirs[0])
	if code := run(t.Context(), []string{"verify", dirs[0]}, app{stdout: t.Output(), stderr: t.Output(), now: time.Now}); code != exitOK {
		t.Errorf("verify ends with %d", code)
	}
	if i := k.incident(t); i.Count != 1 || i.Draft.Dir != dirs[0] || i.Alerts[0].Ended != incident.WasResolved {
		t.Errorf("the incident is %+v", i)
	}
}
