package deploylog

import (
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"collector/internal/sources"
	"collector/internal/sources/deployline"
	"collector/internal/sources/sourcetest"
	"collector/internal/timeline"
)

var window, at = sourcetest.Morning(), sourcetest.At

func request(t testing.TB, w timeline.Window) sources.Request {
	t.Helper()
	roles, err := sources.NewRoles([]sources.RoleRule{{Match: `^carol`, Role: "the release engineer"}})
	if err != nil {
		t.Fatal(err)
	}
	return sources.Request{
		Window: w, Roles: roles, Log: slog.New(slog.DiscardHandler), Notify: func(string) {},
		Now: func() time.Time { return w.To.Add(time.Hour) },
	}
}

// newSource is a source of the files in a directory, by name.
func newSource(t testing.TB, config File, files map[string]string) (*Source, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if config.Paths == nil {
		config.Paths = []string{filepath.Join(dir, "*.log*")}
	}
	s, err := New(Config{Name: "releases", Cluster: "shop", File: config})
	if err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// ask gathers and interprets, and checks what must hold for any log.
func ask(t testing.TB, s *Source, w timeline.Window) timeline.Findings {
	t.Helper()
	records, err := s.Gather(t.Context(), request(t, w))
	if err != nil {
		t.Fatal(err)
	}
	return interpreted(t, w, records)
}

func interpreted(t testing.TB, w timeline.Window, records []timeline.Evidence) timeline.Findings {
	t.Helper()
	f, err := Interpret(w, records)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, e := range records {
		if err := e.Verify(); err != nil {
			t.Error(err)
		}
		if known[e.ID] {
			t.Errorf("two records are %s", e.ID)
		}
		if len(e.Body) > 256<<10 {
			t.Errorf("evidence %s has %d bytes", e.ID, len(e.Body))
		}
		known[e.ID] = true
	}
	cited := func(what string, ids []string) {
		if len(ids) == 0 {
			t.Errorf("%s cites nothing", what)
		}
		for _, id := range ids {
			if !known[id] {
				t.Errorf("%s cites %s, which is no record", what, id)
			}
		}
	}
	for _, e := range f.Events {
		if err := e.Validate(); err != nil {
			t.Error(err)
		}
		cited(e.Summary, e.Evidence)
	}
	for _, c := range f.Checks {
		cited(c.LookedFor, c.Evidence)
	}
	for _, g := range f.Gaps {
		cited(g.Reason, g.Evidence)
		if g.To.Before(g.From) || g.From.Before(w.From) || g.To.After(w.To) {
			t.Errorf("gap %s to %s is not in the window", g.From, g.To)
		}
	}
	if len(f.Events)+len(f.Checks)+len(f.Gaps) == 0 && len(records) > 0 {
		t.Error("neither events nor checks nor gaps")
	}
	return f
}

// told is what the events say, one line each.
func told(f timeline.Findings) string {
	var b strings.Builder
	for _, e := range f.Events {
		end := "…"
		if e.End != nil {
			end = e.End.At.Format("15:04:05")
		}
		b.WriteString(e.Start.At.Format("15:04:05") + "–" + end + " " + e.Summary + "\n")
	}
	return b.String()
}

func jsonLine(pairs ...string) string {
	fields := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		fields[pairs[i]] = pairs[i+1]
	}
	b, _ := json.Marshal(fields)
	return string(b) + "\n"
}

// say is a JSON line of one deploy event.
func say(clock, event, version string, more ...string) string {
	return jsonLine(append([]string{"time", "2024-07-12T" + clock + "Z", "service", "shop", "version", version, "event", event}, more...)...)
}

func TestFirstLight(t *testing.T) {
	s, _ := newSource(t, File{}, map[string]string{
		"deploy.log": say("09:10:00", deployline.DeployStarted, "1.4.2", "author", "alice", "migration", "0042") +
			say("09:10:43", deployline.DeployFailed, "1.4.2", "message", "migration 0042 exited 1."),
	})
	f := ask(t, s, window)
	const want = "09:10:00–09:10:43 deploy of shop 1.4.2 failed after 43 s: migration 0042 exited 1\n"
	if got := told(f); got != want {
		t.Fatalf("got:\n%swant:\n%s", got, want)
	}
	e := f.Events[0]
	if e.Kind != timeline.Deploy || e.Grade != timeline.Logged || e.Target != "shop" || e.Key != "shop/1.4.2" {
		t.Errorf("event %+v", e)
	}
	if e.Attributes["outcome"] != "failed" || e.Attributes["migration"] != "0042" || !strings.HasPrefix(e.Attributes["author"], "account-") {
		t.Errorf("attributes %v", e.Attributes)
	}
	if e.Start.Latest.Sub(e.Start.Earliest) != time.Second || !e.Start.At.Equal(e.Start.Earliest) {
		t.Errorf("start %+v is not one second wide", e.Start)
	}
	for _, r := range f.Evidence {
		if strings.Contains(r.Body, "alice") {
			t.Errorf("evidence names the author: %s", r.Body)
		}
	}
}
