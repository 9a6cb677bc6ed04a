package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/report"
	"collector/internal/timeline"
)

// analysis drafts a window as a defect escape analysis and returns its text.
func (b *bench) analysis(t *testing.T, args ...string) (dir, text, stderr string) {
	t.Helper()
	code, dir, stderr := b.collector(t, append([]string{"draft", "--config", b.config(t)}, args...)...)
	if code != exitOK {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	data, err := os.ReadFile(filepath.Join(dir, "dea.md"))
	if err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := b.collector(t, "verify", dir); code != exitOK {
		t.Errorf("verify: %s", stderr)
	}
	return dir, string(data), stderr
}

// TestDEANumber: a window has one number, however often it is drafted; another window has
// the next one; an update keeps it although the counter is lost, and nobody else gets it then.
func TestDEANumber(t *testing.T) {
	b := newBench(t)
	first := []string{"--template", "dea", "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z"}
	dir, text, stderr := b.analysis(t, first...)
	if !strings.Contains(text, "| ID | DEA-2024-001 |") {
		t.Errorf("no number in:\n%.600s", text)
	}
	if !strings.Contains(stderr, "which document fits: a postmortem, if one is needed: no harm is recorded") {
		t.Errorf("which document fits is not said: %s", stderr)
	}
	if _, text, _ := b.analysis(t, append(first, "--out", filepath.Join(b.dir, "again"))...); !strings.Contains(text, "| ID | DEA-2024-001 |") {
		t.Error("drafted again it has another number")
	}
	second := []string{"--template", "dea", "--from", "2024-07-12T08:50:00Z", "--to", "2024-07-12T09:01:00Z"}
	if _, text, _ := b.analysis(t, second...); !strings.Contains(text, "| ID | DEA-2024-002 |") {
		t.Error("another window has not the next number")
	}
	if err := os.Remove(filepath.Join(b.storage, "numbers.db")); err != nil {
		t.Fatal(err)
	}
	if _, text, _ := b.analysis(t, "--update", dir); !strings.Contains(text, "| ID | DEA-2024-001 |") {
		t.Error("updated it has another number")
	}
	third := []string{"--template", "dea", "--from", "2024-07-12T08:40:00Z", "--to", "2024-07-12T09:01:00Z"}
	if _, text, _ := b.analysis(t, third...); !strings.Contains(text, "| ID | DEA-2024-002 |") {
		t.Error("the lost counter gave a number that an updated draft has")
	}
}

// TestDEANumberCannotBeKept: the draft is written, without a number, and says why.
func TestDEANumberCannotBeKept(t *testing.T) {
	b := newBench(t)
	b.storage = filepath.Join(b.deploys, "below a file")
	_, text, stderr := b.analysis(t, "--template", "dea", "--from", "2024-07-12T08:59:00Z", "--to", "2024-07-12T09:01:00Z")
	if !strings.Contains(text, "| ID | not given") || !strings.Contains(text, "no number could be given") || !strings.Contains(stderr, "no number could be given") {
		t.Errorf("the missing number is not told:\n%s\n%.600s", stderr, text)
	}
	if !strings.Contains(text, "the number of the defect escape analysis (collector), in this draft. Reason:") {
		t.Errorf("the gap is not told as one of the draft:\n%s", text)
	}
	if strings.Contains(text, "Close the gap on the number") {
		t.Errorf("a missing number asks for an action:\n%s", text)
	}
}

func TestDetectedIn(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	eve := time.Date(2025, 12, 31, 22, 30, 0, 0, time.UTC)
	phase := func(at time.Time) *timeline.Phase { return &timeline.Phase{Instant: timeline.Exactly(at)} }
	for name, c := range map[string]struct {
		phases timeline.Phases
		want   int
	}{
		"nothing happened":    {timeline.Phases{}, 2025},
		"the first harm":      {timeline.Phases{Onset: phase(eve.Add(time.Hour))}, 2026}, // local time counts
		"the alert, not it":   {timeline.Phases{Onset: phase(eve), Detected: phase(eve.Add(time.Hour))}, 2026},
		"both in the old one": {timeline.Phases{Onset: phase(eve), Detected: phase(eve)}, 2025},
	} {
		t.Run(name, func(t *testing.T) {
			d := report.Draft{Location: berlin, Timeline: timeline.Timeline{Window: timeline.Window{From: eve, To: eve.Add(3 * time.Hour)}, Phases: c.phases}}
			if got := detectedIn(d); got != c.want {
				t.Errorf("%d, want %d", got, c.want)
			}
		})
	}
}

func TestParseDEANumber(t *testing.T) {
	for id, want := range map[string]bool{"DEA-2026-001": true, "DEA-2026-1234": true, "": false, "DEA-2026-1": false, "DEA-2026-000": false, "X-2026-001": false, "DEA-2026-001-2": false, "DEA-2026--01": false} {
		if n, ok := parseDEANumber(id); ok != want || ok && n.String() != id {
			t.Errorf("%q: %v %v", id, n, ok)
		}
	}
}

// TestDEAKey: an incident is one analysis whatever its window is; without one the window is.
func TestDEAKey(t *testing.T) {
	w := timeline.Window{From: time.Date(2026, 1, 1, 9, 0, 0, 0, time.UTC), To: time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)}
	longer := timeline.Window{From: w.From, To: w.To.Add(time.Hour)}
	base := request{Window: w}
	for name, c := range map[string]struct {
		a, b request
		same bool
	}{
		"the same window":           {base, request{Window: w, Title: "x"}, true},
		"a longer window":           {base, request{Window: longer}, false},
		"another cluster":           {base, request{Window: w, Scope: timeline.Scope{Clusters: []string{"shop"}}}, false},
		"clusters in another order": {request{Window: w, Scope: timeline.Scope{Clusters: []string{"a", "b"}}}, request{Window: w, Scope: timeline.Scope{Clusters: []string{"b", "a"}}}, true},
		"an incident that grew":     {request{Window: w, Incident: "i"}, request{Window: longer, Incident: "i"}, true},
		"two incidents":             {request{Window: w, Incident: "i"}, request{Window: w, Incident: "j"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if (c.a.deaKey() == c.b.deaKey()) != c.same {
				t.Errorf("%q and %q", c.a.deaKey(), c.b.deaKey())
			}
		})
	}
}
