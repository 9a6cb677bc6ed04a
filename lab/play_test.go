package main

import (
	"strings"
	"testing"

	"collector/lab/incidents"
	"collector/lab/servers"
)

// TestIncidentBecomesDraft plays the demo's incident on real servers, from the
// first sample to the scored draft. False events and start times are left to
// `lab score`: beside other tests the machine itself is an incident.
func TestIncidentBecomesDraft(t *testing.T) {
	servers.Need(t, servers.KindMariaDB, servers.KindPrometheus2, servers.KindAlertmanager25, servers.KindExporter14)
	t.Parallel()
	dir := t.TempDir()
	program, err := buildCollector(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	board, err := dashboard(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := play{incident: incidents.All()[0], flavour: servers.FlavourMariaDB, program: program, board: board, dir: t.TempDir(), out: t.TempDir(), say: t.Logf}
	r, err := p.run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for what, lines := range map[string][]string{"missed": r.Missed, "broken citation": r.Broken, "canary": r.Canaries} {
		for _, line := range lines {
			t.Errorf("%s: %s", what, line)
		}
	}
	for _, panel := range r.Panels {
		t.Logf("%s: %d frames, rows %v", panel.Title, len(panel.Rows), panel.Rows)
		if panel.Empty() {
			t.Errorf("the panel %q is empty in the snapshot", panel.Title)
		}
	}
	if len(r.Panels) < 10 {
		t.Errorf("the snapshot was not read back: %d panels, %v", len(r.Panels), r.Failures)
	}
	for _, gap := range r.Gaps {
		if strings.HasPrefix(gap, "grafana/") {
			t.Errorf("a gap: %s", gap)
		}
	}
	if r.Citations == 0 || r.Found == 0 {
		t.Errorf("%d citations, %d events found", r.Citations, r.Found)
	}
}

func TestWorkDirIsNeverMixed(t *testing.T) {
	dir := t.TempDir()
	if _, _, err := workDir(dir); err != nil {
		t.Fatal(err)
	}
	if _, _, err := workDir(dir + "/new/one"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := workDir(dir); err == nil {
		t.Error("a directory that is not empty was accepted")
	}
}

func TestFlagsMayFollowNames(t *testing.T) {
	for _, args := range [][]string{{"help"}, {}, {"score", "no-such-incident", "--jobs", "1"}, {"run", "quiet"}, {"nonsense"}} {
		want := map[string]int{"score": 1, "run": 1, "nonsense": 2}
		code := 0
		if len(args) > 0 {
			code = want[args[0]]
		}
		if got := run(args); got != code {
			t.Errorf("lab %v: exit code %d, want %d", args, got, code)
		}
	}
}
